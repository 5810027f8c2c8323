"""The engine at a bedside without sockets or clocks: it is told everything and its alerts are kept; a simulated clinician answers them.

The only module here that drives the core.
"""

import heapq
from collections.abc import Callable, Mapping
from typing import Final

from benchmarks.alert_quality.bounds import is_judged
from benchmarks.alert_quality.naive import Naive
from benchmarks.alert_quality.occurrence import Occurrence
from monitor.core.engine import Engine, Step
from monitor.core.limits import encode_limits
from monitor.core.refused import Refused
from schemas.alert import Alert, AlertState, Why
from schemas.limits import Before, Limits, RuleKind
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertShown,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    Input,
    Interval,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    ScreensChanged,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode, Value
from schemas.session import Order, Patient, Phase
from schemas.signs import Charted
from schemas.vitals import Vital, from_milli, to_milli
from simulators.actions import Action, Chart, Push, SetRate

START_MS: Final = 1_763_800_000_000
ACKNOWLEDGED_AFTER_S: Final = 20
SHOWN_AFTER_MS: Final = 500
CHECKED_EVERY_S: Final = 480  # the response check
CLINICIAN: Final = "simulated clinician"
OVERRIDE: Final = "benchmark: the session is played as it is"
DEVICE: Final = "bed"
RESPONSE_CHECK: Final = ObservationCharted(by=CLINICIAN, note=None, sign=Charted.SEDATION, value=5)
_OVER: Final = frozenset({AlertState.RESOLVED, AlertState.WITHDRAWN})


class Bedside:
    """One session. Seconds are those since its beginning; nothing goes back in time. `naive` sees what the engine sees."""

    def __init__(
        self,
        engine_limits: Limits,
        naive: Naive,
        order: Order,
        patient: Patient,
        mode: Mode,
        intervals_s: Mapping[Vital, float],
        on_remeasure: Callable[[Vital], None] = lambda _: None,
    ) -> None:
        text, digest = encode_limits(engine_limits)
        created = SessionCreated(by=CLINICIAN, limits=text, limits_sha256=digest, order=order, patient=patient, room="Benchmark")
        self.engine = Engine("S-000001", created, START_MS)
        self.occurrences: list[Occurrence] = []
        self.overrides = 0
        self._naive = naive
        self._on_remeasure = on_remeasure
        self._open: dict[str, Occurrence] = {}
        self._to_do: list[tuple[int, int, Input]] = []  # (when, order, what the clinician and the screen do then)
        self._done = 0
        self._take(self.engine.apply(DeviceBound(by=CLINICIAN, device=DEVICE, mode=mode, source="benchmark"), START_MS))
        self._intervals = tuple(Interval(interval_ms=round(interval_s * 1000), vital=vital) for vital, interval_s in intervals_s.items())
        self.restarted("boot", 0.0)
        self._take(self.engine.apply(ScreensChanged(people=(CLINICIAN,), screens=1), START_MS))
        for gate in engine_limits.gate:
            for sign, answer in (*((sign, 1) for sign in gate.needs), *((sign, 0) for sign in gate.asked if gate.before is Before.START)):
                self._chart(sign, answer)

    @property
    def phase(self) -> Phase:
        return self.engine.phase

    @property
    def baselines(self) -> dict[Vital, float]:
        return {baseline.vital: from_milli(baseline.value_milli) for baseline in self.engine.baselines}

    def _chart(self, sign: Charted, value: int) -> None:
        self._take(self.engine.apply(ObservationCharted(by=CLINICIAN, note=None, sign=sign, value=value), self.engine.at_ms))

    def _later(self, at_ms: int, body: Input) -> None:
        self._done += 1
        heapq.heappush(self._to_do, (at_ms, self._done, body))

    def order(self, phase: Phase, at_s: float) -> bool:
        """A step of the session, with an override where the engine refuses it without. False where it is refused all the same."""
        self.pass_to(at_s)
        for override in (None, OVERRIDE):
            try:
                self._take(self.engine.apply(PhaseOrdered(by=CLINICIAN, override=override, phase=phase), _ms(at_s)))
            except Refused as refused:
                self._take(refused.steps)
                continue
            self.overrides += override is not None and phase is Phase.INFUSING
            if phase is Phase.INFUSING:
                self._later(_ms(at_s) + CHECKED_EVERY_S * 1000, RESPONSE_CHECK)
            self._naive.enter(phase, self.baselines, at_s)
            return True
        return False

    def record(self, action: Action, at_s: float) -> None:
        """What the clinician of the scenario writes down of what was done."""
        body: Input
        match action:
            case Chart():
                body = ObservationCharted(by=CLINICIAN, note=None, sign=action.sign, value=action.value)
            case SetRate():
                body = RateSet(CLINICIAN, round(action.mg_per_min * 1000))
            case Push():
                body = BolusGiven(round(action.mg * 1000), CLINICIAN)
            case _:
                return
        self._take(self.engine.apply(body, _ms(at_s)))

    def restarted(self, boot: str, at_s: float) -> None:
        """The device is back with a new boot."""
        self._take(self.engine.apply(DeviceJoined(boot=boot, device=DEVICE, intervals=self._intervals), _ms(at_s)))

    def measure(self, counter: int, measured_ms: int, values: Mapping[Vital, float | None], at_s: float) -> None:
        """What the device says, as it arrives."""
        said = tuple(Value(vital, None if value is None else to_milli(value)) for vital, value in values.items())
        at_ms = _ms(at_s)
        self._take(self.engine.measure(Measurement(DEVICE, counter, measured_ms, said), at_ms, at_ms))
        self._naive.take(values, at_s)

    def pass_to(self, at_s: float) -> None:
        """Time passes; alerts that have waited long enough are answered when they are due."""
        self._naive.pass_to(at_s)
        at_ms = _ms(at_s)
        while self._to_do and self._to_do[0][0] <= at_ms:
            due_ms, _, body = heapq.heappop(self._to_do)
            self._take(self.engine.advance(due_ms))
            try:
                self._take(self.engine.apply(body, due_ms))
            except Refused as refused:  # over by now, or answered together with a higher one of its cause
                self._take(refused.steps)
            if body is RESPONSE_CHECK and self.phase is Phase.INFUSING:
                self._later(due_ms + CHECKED_EVERY_S * 1000, body)
        self._take(self.engine.advance(at_ms))

    def _take(self, steps: list[Step]) -> None:
        for at_ms, body in steps:
            if isinstance(body, AlertChanged):
                self._note(body.alert, body.why, at_ms)
            elif isinstance(body, RemeasureRequested):
                self._on_remeasure(body.vital)

    def _note(self, alert: Alert, why: Why, at_ms: int) -> None:
        at_s = (at_ms - START_MS) / 1000
        before = self._open.get(alert.id)
        if alert.state in _OVER:
            if before is not None:
                before.ended_s, before.is_cleared = at_s, why is Why.CONDITION_ENDED
                del self._open[alert.id]
        elif alert.state is AlertState.ACTIVE and (before is None or why is Why.RECURRED):
            if before is not None:  # latched, and its condition is back: it sounds again
                before.ended_s = at_s
            since_s = at_s if before is not None else (alert.since_ms - START_MS) / 1000
            raised = Occurrence(alert.rule, since_s, at_s, cause=alert.cause, priority=alert.priority)
            self._open[alert.id] = raised
            self.occurrences.append(raised)
            self._later(at_ms + SHOWN_AFTER_MS, AlertShown(alert=alert.id, by=CLINICIAN, latency_ms=SHOWN_AFTER_MS))
            self._later(at_ms + ACKNOWLEDGED_AFTER_S * 1000, AlertAcknowledged(alert=alert.id, by=CLINICIAN, comment=None))


def naive_of(limits: Limits, known: frozenset[Vital], intervals_s: Mapping[Vital, float]) -> Naive:
    """The naive use of the rules that truth can judge, and of those for missing vital signs."""
    silences = [rule for rule in limits.rule if rule.kind is RuleKind.MISSING and rule.missing]
    return Naive([rule for rule in limits.rule if is_judged(rule, known)], silences, intervals_s)


def _ms(at_s: float) -> int:
    return START_MS + round(at_s * 1000)
