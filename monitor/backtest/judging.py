"""One session under one rule set: every input of a log through an engine, and what it raised.

People acted on the alerts of then. What they did is an input too, and an engine with other rules may refuse it: an answer to an alert
that does not exist here, a start for which its baseline is not complete. It is translated where that is honest, left out where it is not,
and counted either way.
"""

from collections import Counter
from typing import Final

import msgspec

from monitor.backtest.logged import AlertName, Said
from monitor.core.engine import Engine, Step
from monitor.core.refused import Refused
from schemas.alert import FOLLOWS, Alert, AlertKind, AlertState, Priority, Why
from schemas.log import AlertChanged, Input, PhaseOrdered, RemeasureRequested, SessionCreated
from schemas.session import Phase

MAX_RAISED: Final = 100_000  # alerts of one session under one rule set; beyond it the log is not judged
MAX_REFUSALS: Final = 20  # described one by one in a session; all are counted
OVERRIDE: Final = "backtest: the session went on then; under this rule set it would have needed a reason"

_OVER = (AlertState.LATCHED, AlertState.RESOLVED, AlertState.WITHDRAWN)
_UNANSWERED = (AlertState.ACTIVE, AlertState.LATCHED)


class TooManyRaised(Exception):
    """A rule set that raises without end: MAX_RAISED."""


class Raised(msgspec.Struct, frozen=True):
    """One time that an alert called: from when its condition began to when it ended (or latched).

    A latched alert that recurs calls again: that is one more, with the same `alert`, and its condition counts from the moment it recurred.
    `ended_ms` None: it still held at the end of the log.
    """

    alert: str
    began_ms: int
    cause: str
    ended_ms: int | None
    is_recurrence: bool
    kind: AlertKind
    priority: Priority
    raised_at_ms: int
    reason: str
    rule: str
    title: str


class Refusal(msgspec.Struct, frozen=True):
    """An input of the log that this rule set refuses, and what was done about it."""

    at_ms: int
    done: str
    kind: str
    why: str


class Judged(msgspec.Struct, frozen=True):
    """A session under one rule set. `refused` counts by kind of input and what was done; `refusals` are the first of them. `cuffs_asked`:
    how often a second cuff was asked for; whether one came is what happened then, not what would have happened here."""

    raised: tuple[Raised, ...]
    cuffs_asked: int
    refusals: tuple[Refusal, ...]
    refused: dict[str, int]


class Judge:
    """Feed it the inputs in order; read `phase`; `finish` gives the result. Raises LimitsError for a rule set that cannot be used."""

    def __init__(self, session: str, created: SessionCreated, at_ms: int) -> None:
        self.engine = Engine(session, created, at_ms)
        self._raised: list[Raised] = []
        self._cuffs_asked = 0
        self._holding: dict[str, tuple[Raised, int]] = {}  # alert id -> what holds now, and its place in `_raised`
        self._refused: Counter[str] = Counter()
        self._refusals: list[Refusal] = []

    @property
    def phase(self) -> Phase:
        return self.engine.phase

    # --- inputs -------------------------------------------------------------------------------------------------------------------

    def measure(self, said: Said, at_ms: int) -> None:
        engine = self.engine
        try:
            steps = engine.measure(said, said.received_at_ms, at_ms, is_kept=False)
        except KeyError:
            if said.device in engine.devices:
                raise
            self._note(at_ms, "measurement", "left out", f"{said.device} is not bound to the session")
            return
        if steps:
            self._take(steps)

    def advance(self, at_ms: int) -> None:
        """Time passes: what falls due is raised at its deadline."""
        self._take(self.engine.advance(at_ms))

    def apply(self, body: Input, at_ms: int, target: AlertName | None, seq: int) -> None:
        """Any other input, the entry `seq` of the log. `target`: the alert of then that it speaks of."""
        self._apply(body, at_ms, target)
        self.engine.corrections.take(seq, at_ms, body)

    def _apply(self, body: Input, at_ms: int, target: AlertName | None) -> None:
        refusal = self._try(body, at_ms)
        if refusal is None:
            return
        kind = str(type(body).__struct_config__.tag)
        if isinstance(body, PhaseOrdered) and body.override is None:
            if self._try(msgspec.structs.replace(body, override=OVERRIDE), at_ms) is None:
                self._note(at_ms, kind, "ordered with an override", refusal.detail)
                return
        elif target is not None:
            for done, other in self._instead(target):
                if self._try(msgspec.structs.replace(body, alert=other.id), at_ms) is None:
                    self._note(at_ms, kind, done, refusal.detail)
                    return
        self._note(at_ms, kind, "left out", refusal.detail)

    def _try(self, body: Input, at_ms: int) -> Refused | None:
        try:
            self._take(self.engine.apply(body, at_ms))
        except Refused as refusal:
            self._take(refusal.steps)
            return refusal
        return None

    def _instead(self, target: AlertName) -> list[tuple[str, Alert]]:
        """What a person who answered `target` would have answered here: the open alert of its rule, else the first of its cause."""
        open_alerts = [alert for alert in self.engine.alerts() if alert.state in _UNANSWERED]
        same_rule = [("taken for the open alert of the same rule", alert) for alert in open_alerts if alert.rule == target.rule]
        same_cause = [("taken for the open alert of the same cause", alert) for alert in open_alerts if alert.cause == target.cause]
        return [*same_rule[:1], *same_cause[:1]]

    def _note(self, at_ms: int, kind: str, done: str, why: str) -> None:
        self._refused[f"{kind}: {done}"] += 1
        if len(self._refusals) < MAX_REFUSALS:
            self._refusals.append(Refusal(at_ms, done, kind, why))

    # --- outputs ------------------------------------------------------------------------------------------------------------------

    def _take(self, steps: list[Step]) -> None:
        for at_ms, body in steps:
            if isinstance(body, AlertChanged) and body.why not in FOLLOWS:
                self._changed(at_ms, body.alert, body.why)
            elif isinstance(body, RemeasureRequested):
                self._cuffs_asked += 1

    def _changed(self, at_ms: int, alert: Alert, why: Why) -> None:
        held = self._holding.get(alert.id)
        if held is None:
            if alert.state is AlertState.ACTIVE:
                self._begin(at_ms, alert, is_recurrence=why is Why.RECURRED)
        elif alert.state in _OVER:
            raised, place = self._holding.pop(alert.id)
            self._raised[place] = msgspec.structs.replace(raised, ended_ms=at_ms)

    def _begin(self, at_ms: int, alert: Alert, *, is_recurrence: bool) -> None:
        if len(self._raised) >= MAX_RAISED:
            raise TooManyRaised(f"more than {MAX_RAISED} alerts in one session, the last by {alert.rule}")
        raised = Raised(
            alert=alert.id,
            began_ms=at_ms if is_recurrence else alert.since_ms,
            cause=alert.cause,
            ended_ms=None,
            is_recurrence=is_recurrence,
            kind=alert.kind,
            priority=alert.priority,
            raised_at_ms=at_ms,
            reason=alert.reason,
            rule=alert.rule,
            title=alert.title,
        )
        self._holding[alert.id] = (raised, len(self._raised))
        self._raised.append(raised)

    def finish(self, at_ms: int) -> Judged:
        """The log ends at `at_ms`; nobody knows what came after it."""
        self.advance(at_ms)
        return Judged(tuple(self._raised), self._cuffs_asked, tuple(self._refusals), dict(self._refused))
