"""What was given and what happened, over time: spans of rates, boluses, dose so far, limits in force, stretches of alerts. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from monitor.core.dose import planned_rate_ug_per_min
from monitor.core.limits import LimitsError
from monitor.export.views.doses import voided_of
from monitor.sessions.limits_in_force import LimitInForce, limits_in_force
from schemas.alert import PRIORITY_RANK, AlertKind, AlertState
from schemas.limits import Direction
from schemas.log import AlertChanged, BolusGiven, Entry, LimitChanged, PhaseOrdered, RateSet, SessionCreated
from schemas.session import Phase

_STANDING = frozenset({AlertState.ACTIVE, AlertState.ACKNOWLEDGED, AlertState.LATCHED})


class RateSpan(msgspec.Struct, frozen=True):
    from_ms: int
    until_ms: int
    ug_per_min: int


class Given(msgspec.Struct, frozen=True):
    """Of the entries that count. Spans in which nothing ran are not among `rates`."""

    rates: tuple[RateSpan, ...]
    boluses: tuple[tuple[int, int], ...]  # (at, micrograms)

    def by_ug(self, at_ms: int) -> int:
        """Micrograms given by then, rounded down, as the monitor itself counts."""
        infused = sum(span.ug_per_min * max(0, min(span.until_ms, at_ms) - span.from_ms) for span in self.rates)
        return infused // 60_000 + sum(ug for when, ug in self.boluses if when <= at_ms)

    @property
    def span_ms(self) -> tuple[int, int] | None:
        times = [time for span in self.rates for time in (span.from_ms, span.until_ms)] + [when for when, _ in self.boluses]
        return (min(times), max(times)) if times else None


def given(events: Sequence[Entry], until_ms: int) -> Given:
    """The start runs at the planned rate and a resumed infusion at the one before the pause, until another is recorded."""
    voided = voided_of(events)
    spans: list[RateSpan] = []
    boluses: list[tuple[int, int]] = []
    planned, kept, rate, since_ms, phase = 0, 0, 0, 0, Phase.PLANNED
    is_started = False

    def turn(to: int, at_ms: int) -> None:
        nonlocal rate, since_ms
        if rate and at_ms > since_ms:
            spans.append(RateSpan(since_ms, at_ms, rate))
        rate, since_ms = to, at_ms

    for entry in events:
        body = entry.body
        if isinstance(body, SessionCreated):
            planned = planned_rate_ug_per_min(body.order.dose_ug, body.order.duration_ms)
        elif isinstance(body, PhaseOrdered):
            if body.phase is Phase.INFUSING:
                turn(kept if is_started else planned, entry.at_ms)
                is_started = True
            elif phase is Phase.INFUSING:
                kept = rate
                turn(0, entry.at_ms)
            phase = body.phase
        elif entry.seq in voided:
            continue
        elif isinstance(body, RateSet):
            turn(body.rate_ug_per_min, entry.at_ms)
        elif isinstance(body, BolusGiven):
            boluses.append((entry.at_ms, body.amount_ug))
    turn(0, until_ms)
    return Given(tuple(spans), tuple(boluses))


class LimitSpan(msgspec.Struct, frozen=True):
    from_ms: int
    until_ms: int
    limit: LimitInForce


def limit_spans(events: Sequence[Entry], until_ms: int) -> Iterator[LimitSpan]:
    """Of each vital sign and direction the limit of the highest priority, for as long as it stood; none of a rule set of another form."""
    told = [entry for entry in events if isinstance(entry.body, SessionCreated | LimitChanged)]
    ends = [*(entry.at_ms for entry in told), until_ms]
    for count, (from_ms, to_ms) in enumerate(pairwise(ends), start=1):
        try:
            in_force = limits_in_force(told[:count])
        except LimitsError:
            return
        for limit in _highest(in_force):
            yield LimitSpan(from_ms, to_ms, limit)


def _highest(limits: Sequence[LimitInForce]) -> list[LimitInForce]:
    best: dict[tuple[str, Direction], LimitInForce] = {}
    for limit in limits:
        key = (limit.vital, limit.direction)
        known = best.get(key)
        if known is None or _rank(limit) > _rank(known):
            best[key] = limit
    return list(best.values())


def _rank(limit: LimitInForce) -> tuple[int, float]:
    """Of equals the one that a value meets first."""
    return PRIORITY_RANK[limit.priority], -limit.limit if limit.direction is Direction.HIGH else limit.limit


class AlertSpan(msgspec.Struct, frozen=True):
    """One time an alert stood. `tone`: its priority, or technical."""

    id: str
    tone: str
    from_ms: int
    until_ms: int
    answered_ms: int | None


def alert_spans(events: Sequence[Entry], until_ms: int) -> list[AlertSpan]:
    open_: dict[str, AlertSpan] = {}
    spans: list[AlertSpan] = []
    for entry in events:
        body = entry.body
        if not isinstance(body, AlertChanged):
            continue
        alert = body.alert
        span = open_.get(alert.id)
        if alert.state in _STANDING:
            tone = "technical" if alert.kind is AlertKind.TECHNICAL else alert.priority.value
            span = span or AlertSpan(alert.id, tone, entry.at_ms, until_ms, None)
            answered_ms = entry.at_ms if alert.state is AlertState.ACKNOWLEDGED and span.answered_ms is None else span.answered_ms
            open_[alert.id] = msgspec.structs.replace(span, answered_ms=answered_ms)
        elif span is not None:
            spans.append(msgspec.structs.replace(open_.pop(alert.id), until_ms=entry.at_ms))
    return sorted([*spans, *open_.values()], key=lambda one: one.from_ms)
