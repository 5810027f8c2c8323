"""Alerts beside the truth: what was noticed, when, and what was raised for nothing."""

from collections.abc import Iterable, Sequence
from math import inf

import msgspec

from benchmarks.alert_quality.occurrence import Occurrence
from benchmarks.alert_quality.truth import LOOK_BACK_S, Demand, Event, Stretch, Truth
from schemas.alert import PRIORITY_RANK
from schemas.limits import Rule


class Alerts(msgspec.Struct, frozen=True):
    """What one way of raising alerts made of one rule in one session. `doubtful`: false ones that a sensor's own error explains."""

    raised: int = 0
    false: int = 0
    doubtful: int = 0


class Verdict(msgspec.Struct, frozen=True):
    """One rule in one session. `excess_s`: beyond the rule's own time, one for each demand that was met; `delay_s`: from the patient's
    onset, one for each event that was detected. `ended_early`: alerts that values ended while the condition surely held."""

    rule: str
    engine: Alerts
    naive: Alerts
    events: int = 0  # stretches of true condition, however short or slight
    sustained: int = 0
    at_once: int = 0  # of the sustained: those of the rule's immediate clauses too
    missed: tuple[float, ...] = ()  # onset of each, in seconds of the session
    excess_s: tuple[float, ...] = ()
    delay_s: tuple[float, ...] = ()
    ended_early: int = 0
    slight: int = 0  # long enough to be noticed, but within a sensor's error of the limit, or hidden: nobody is asked to
    slight_detected: int = 0


def judge(rule: Rule, truth: Truth, alerts: Sequence[Occurrence], naive: Sequence[Occurrence]) -> Verdict:
    """`alerts` and `naive` are those of this rule alone."""
    events = truth.events(rule)
    sustained = [event for event in events if event.demands]
    missed: list[float] = []
    excess: list[float] = []
    delays: list[float] = []
    for event in sustained:
        answers = [answer_s(demand, event, alerts) for demand in event.demands]
        excess += [answer - demand.due_s for demand, answer in zip(event.demands, answers, strict=True) if answer is not None]
        if None in answers:
            missed.append(event.demands[0].onset_s)
        elif answers[0] is not None:
            delays.append(max(0.0, answers[0] - event.demands[0].onset_s))
    plain = [event.stretch for event in events]
    wait_s = truth.longest_wait_s(rule)
    slight = [event.stretch for event in events if not event.demands and event.stretch.end_s - event.stretch.start_s > wait_s]
    doubtful = truth.doubtful(rule) if alerts or naive else []
    sure = truth.sure(rule, (*rule.any, *rule.immediate)) if any(alert.is_cleared for alert in alerts) else []
    return Verdict(
        rule=rule.id,
        engine=count(alerts, plain, doubtful),
        naive=count(naive, plain, doubtful),
        events=len(events),
        sustained=len(sustained),
        at_once=sum(any(demand.is_at_once for demand in event.demands) for event in sustained),
        missed=tuple(missed),
        excess_s=tuple(excess),
        delay_s=tuple(delays),
        slight=len(slight),
        slight_detected=sum(any(alert.raised_s < end_s and _end(alert) > start_s for alert in alerts) for start_s, end_s in slight),
        ended_early=sum(alert.is_cleared and _is_inside(sure, alert.ended_s) for alert in alerts),
    )


def answer_s(demand: Demand, event: Event, alerts: Iterable[Occurrence]) -> float | None:
    """When the alert was there for this demand: raised in the event, or before it and still open when it was due. None: missed.

    One that was open already answers at the onset.
    """
    answers = [
        max(alert.raised_s, float(demand.onset_s))
        for alert in alerts
        if alert.raised_s < event.stretch.end_s
        and (alert.raised_s >= demand.onset_s or alert.ended_s is None or alert.ended_s > demand.due_s)
    ]
    return min(answers, default=None)


def count(occurrences: Iterable[Occurrence], plain: Sequence[Stretch], doubtful: Sequence[Stretch]) -> Alerts:
    """False: the condition did not hold at any moment from LOOK_BACK_S before it was first seen until as long after the raising."""
    raised = false = near = 0
    for occurrence in occurrences:
        raised += 1
        from_s, to_s = occurrence.since_s - LOOK_BACK_S, occurrence.raised_s + LOOK_BACK_S
        if not _touches(plain, from_s, to_s):
            false += 1
            near += _touches(doubtful, from_s, to_s)
    return Alerts(raised, false, near)


def audible(occurrences: Iterable[Occurrence]) -> int:
    """Alerts that make a sound of their own: not those that come together with, or under, a higher or equal open one of the same cause."""
    heard: list[Occurrence] = []
    for alert in sorted(occurrences, key=lambda alert: (alert.raised_s, -PRIORITY_RANK[alert.priority])):
        is_under = any(
            other.cause == alert.cause
            and PRIORITY_RANK[other.priority] >= PRIORITY_RANK[alert.priority]
            and (other.ended_s is None or other.ended_s > alert.raised_s)
            for other in heard
        )
        if not is_under:
            heard.append(alert)
    return len(heard)


def _end(alert: Occurrence) -> float:
    return inf if alert.ended_s is None else alert.ended_s


def _touches(stretches: Iterable[Stretch], from_s: float, to_s: float) -> bool:
    return any(stretch.start_s <= to_s and stretch.end_s > from_s for stretch in stretches)


def _is_inside(stretches: Iterable[Stretch], at_s: float | None) -> bool:
    return at_s is not None and any(stretch.start_s <= at_s < stretch.end_s for stretch in stretches)
