"""The engine: one session's state, moved on by one input at a time.

`apply` and `measure` take an input and the time of the decision and return what goes into the log, in order: what fell due before, the
input, what it caused. They are deterministic: the same inputs at the same times give the same outputs. Time never goes back: an input
with an earlier time is taken at the last one. `wake_ms` says when the engine next wants to be advanced; it may be early, never late.
"""

from collections.abc import Iterable, Sequence

from monitor.core.baseline import BaselineCollector
from monitor.core.channel import NEVER_MS, Channel
from monitor.core.corrections import Corrections
from monitor.core.derived import Derivation
from monitor.core.dose import Dose, amount_ug, planned_rate_ug_per_min
from monitor.core.drug import DrugAccount
from monitor.core.gates import Facts, gates_of, judge_gates, no_baseline, refuse_closed
from monitor.core.judge import Judge, Step
from monitor.core.limits import decode_limits
from monitor.core.own_limits import OwnLimit, OwnLimits
from monitor.core.phases import JUDGED_PHASES, refuse_step
from monitor.core.refused import Refused
from monitor.core.signals import UNANSWERED, Signals
from monitor.core.sources import Sources, plain_readings
from schemas.alert import Alert
from schemas.announcement import DeviceAnnounced
from schemas.limits import Before
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertNotified,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    BaselineSet,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    DrugDrawn,
    DrugWasted,
    EntryVoided,
    GateFinding,
    GatesJudged,
    Input,
    LimitChanged,
    LimitConfirmed,
    LimitProposed,
    Measured,
    MonitorRestarted,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    ScreensChanged,
    SessionCreated,
    SignedOff,
    WasteWitnessed,
)
from schemas.measurement import Measurement, Mode, Validity
from schemas.patient import PatientCorrected
from schemas.session import INFUSED, OPEN_PHASES, Baseline, Phase, Treatment
from schemas.signs import SIGNS, Charted, Derived
from schemas.vitals import Vital

__all__ = ["NEVER_MS", "Engine", "Step"]


class Engine:
    """State of one session. Read it freely; only `apply`, `measure` and `advance` change it."""

    def __init__(self, session: str, created: SessionCreated, at_ms: int) -> None:
        self.session = session
        self.created = created
        self.limits = decode_limits(created.limits)
        self.at_ms = at_ms
        self.phase = Phase.PLANNED
        self.phase_since_ms = at_ms
        self.created_at_ms = at_ms
        self.started_at_ms: int | None = None
        self.stopped_at_ms: int | None = None
        self.dose = Dose()
        self.corrections = Corrections(created.order)
        self.drug = DrugAccount(self.corrections)
        self.signed_off: tuple[SignedOff, int] | None = None  # the last one, and when
        self._sources = Sources(self.limits)
        self.devices = self._sources.devices
        self.channels = self._sources.channels
        self.baselines: tuple[Baseline, ...] = ()
        self.charted: dict[Charted, tuple[ObservationCharted, int]] = {}  # what stands, and when it was charted
        self.wake_ms = NEVER_MS
        self.signals = Signals(self.limits.signals)
        self._input_ms = at_ms  # the last input: nothing falls due before it any more
        self._resume_rate = 0
        self._collector = BaselineCollector(self.limits.baseline)
        self._judge = Judge(self.limits, self._sources)
        self._own_limits = OwnLimits(self._judge)
        self._derived = Derivation(self.limits, self._sources, created.order, created.patient, at_ms)

    # --- time ---------------------------------------------------------------------------------------------------------------------

    def advance(self, at_ms: int) -> list[Step]:
        """Move on to `at_ms`: everything that falls due on the way, each at its own deadline."""
        if at_ms > self.at_ms:
            self.at_ms = at_ms
        if at_ms < self.wake_ms:
            return []
        steps: list[Step] = []
        while True:
            crosses_ms, sign, limit_milli = self._derived.next_crossing(self.dose, self._input_ms)
            due_ms, state = self._judge.next_due(self._input_ms)
            next_ms = min(crosses_ms, due_ms, self.signals.wake_ms)
            if next_ms > at_ms:
                self.wake_ms = self._judge.wake_ms = next_ms
                return steps
            begun = len(steps)
            if sign is not None and crosses_ms == next_ms:
                self._judge_fresh(self._derived.cross(sign, limit_milli, next_ms), next_ms, steps)
            elif state is not None and due_ms == next_ms:
                steps.append((next_ms, self._judge.fall_due(state, next_ms)))
            else:
                steps.append((next_ms, self.signals.fall_due(next_ms)))
            self._follow(steps, begun, next_ms)

    def _wake_at(self, at_ms: int) -> None:
        """Look at the deadlines anew, at the latest then."""
        if at_ms < self.wake_ms:
            self.wake_ms = at_ms

    def _look_anew(self, at_ms: int) -> None:
        """With a source its interval may have changed, and with it how long silence may last."""
        self._judge.intervals_changed()
        self._wake_at(at_ms)

    # --- measurements -------------------------------------------------------------------------------------------------------------

    def measure(self, measurement: Measurement, received_at_ms: int, at_ms: int, *, is_kept: bool = True) -> list[Step]:
        """A measurement of a bound device. Raises KeyError for a device that is not bound here: routing is the caller's. `is_kept` false:
        the caller has its entry and wants only what it caused."""
        name = measurement.device
        device = self.devices[name]
        if at_ms < self.at_ms:
            at_ms = self.at_ms
        steps = self.advance(at_ms) if at_ms >= self.wake_ms else []
        self.at_ms = self._input_ms = at_ms
        judged, fresh, is_claimed = self._sources.take(device, measurement, received_at_ms, at_ms)
        is_calm = judged is None and self._derived.is_calm(device, at_ms)
        if is_kept or not is_calm:
            readings = plain_readings(measurement) if judged is None else judged
            if is_kept:
                body = Measured(measurement.counter, name, measurement.measured_at_ms, device.mode, readings, received_at_ms)
                steps.append((at_ms, body))
            if not is_calm:
                fresh = [*fresh, *self._derived.measured(name, device, readings, fresh, at_ms)]
        if is_claimed:
            self._look_anew(at_ms)
        if self.phase in JUDGED_PHASES:
            begun = len(steps)
            self._judge.judge(fresh, at_ms, steps)
            if len(steps) > begun:
                self._follow(steps, begun, at_ms)
            self._wake_at(self._judge.wake_ms)
        elif self.phase is Phase.BASELINE:
            self._collect(fresh, at_ms)
        return steps

    def _collect(self, fresh: Iterable[Channel], at_ms: int) -> None:
        """What is valid goes into the baseline."""
        for channel in fresh:
            if channel.validity is Validity.VALID and channel.value_milli is not None and isinstance(channel.sign, Vital):
                self._collector.add(channel.sign, channel.value_milli, at_ms)

    def _judge_fresh(self, fresh: Sequence[Channel], at_ms: int, steps: list[Step]) -> None:
        if fresh and self.phase in JUDGED_PHASES:
            self._judge.judge(fresh, at_ms, steps)
            self._wake_at(self._judge.wake_ms)

    def _follow(self, steps: list[Step], begun: int, at_ms: int) -> None:
        """What changes of alerts from `begun` on bring about: their signals, and the rules that look at alerts themselves."""
        index, has_alert = begun, False
        while index < len(steps):
            body = steps[index][1]
            index += 1
            if type(body) is AlertChanged:
                has_alert = True
                state = self._judge.by_id[body.alert.rule]
                steps.extend((at_ms, effect) for effect in self.signals.follow(state, body.why, at_ms, self._judge.rules))
            if has_alert and index == len(steps):
                has_alert = False
                self._judge.alerts_changed()
                self._judge_fresh(self._look_at_alerts(at_ms), at_ms, steps)
        self._wake_at(min(self.signals.wake_ms, self._judge.wake_ms))

    def _look_at_alerts(self, at_ms: int) -> list[Channel]:
        states = [state for state in self._judge.rules if state.alert is not None and state.alert.state in UNANSWERED]
        unseen = sum(state.was_unseen and state.alert is not None and state.alert.shown_at_ms is None for state in states)
        return self._derived.alerts_changed([state.alert for state in states if state.alert is not None], unseen, at_ms)

    # --- commands, devices, screens -----------------------------------------------------------------------------------------------

    def apply(self, body: Input, at_ms: int) -> list[Step]:
        """Any input but a measurement. Raises Refused, and changes nothing then but the time."""
        at_ms = max(at_ms, self.at_ms)
        steps = self.advance(at_ms)
        try:
            effects, fresh = self._effects(body, at_ms)
        except Refused as refusal:
            refusal.steps = steps
            raise
        self._input_ms = at_ms
        steps.append((at_ms, body))
        begun = len(steps)
        steps.extend((at_ms, effect) for effect in effects)
        self._judge_fresh(fresh, at_ms, steps)
        self._follow(steps, begun, at_ms)
        return steps

    def _effects(self, body: Input, at_ms: int) -> tuple[Sequence[Body], Sequence[Channel]]:
        """What an input brings about at once, and the signs that are new by it."""
        match body:
            case PhaseOrdered():
                return self._enter(body, at_ms)
            case AlertAcknowledged():
                return self._judge.acknowledge(body, at_ms), ()
            case DeviceBound() | DeviceUnbound() | DeviceJoined() | DeviceLeft() | MonitorRestarted():
                return (), self._device(body, at_ms)
            case DeviceAnnounced():
                self._sources.announce(body)
                return (), ()
            case RateSet() | BolusGiven():
                return (), self._give(body, at_ms)
            case ObservationCharted():
                return (), self._chart(body, at_ms)
            case EntryVoided():
                return (), self._void(body, at_ms)
            case DrugDrawn() | DrugWasted() | WasteWitnessed() | SignedOff():
                self._account_for(body, at_ms)
                return (), ()
            case ScreensChanged():
                return (), self._derived.screens_changed(body.screens, at_ms)
            case AlertShown():
                return self._show(body, at_ms)
            case AudioPaused():
                self.signals.pause(body, at_ms)
                return (), ()
            case AudioPauseEnded():
                return self.signals.resume("ended_by_person"), ()
            case LimitProposed() | LimitConfirmed():
                return self._move_limit(body, at_ms), ()
            case NoteAdded() | AlertNotified() | PatientCorrected():
                return (), ()
            case _:  # the beginning of a log, a measurement, an output
                raise Refused("not_a_command", f"{type(body).__name__} is not a command")

    def _device(self, body: DeviceBound | DeviceUnbound | DeviceJoined | DeviceLeft | MonitorRestarted, at_ms: int) -> Sequence[Channel]:
        if isinstance(body, DeviceBound) and self.phase not in OPEN_PHASES:
            raise Refused("session_ended", f"the session is {self.phase}")
        self._sources.follow(body, at_ms)
        self._look_anew(at_ms)
        return self._derived.devices_changed(at_ms)

    def _give(self, body: RateSet | BolusGiven, at_ms: int) -> Sequence[Channel]:
        if isinstance(body, RateSet):
            if self.created.order.treatment not in INFUSED:
                raise Refused("no_rate", f"{self.created.order.treatment} is not infused: record each dose as it is given")
            if self.phase is not Phase.INFUSING:
                raise Refused("not_infusing", f"a rate can be set while infusing; the session is {self.phase}")
            self.dose.set_rate(amount_ug(body.rate_ug_per_min), at_ms)
        else:
            if self.phase not in JUDGED_PHASES:
                raise Refused("not_infusing", f"a bolus can be recorded from the start of the infusion on; the session is {self.phase}")
            self.dose.add_bolus(amount_ug(body.amount_ug))
        self._wake_at(at_ms)
        return self._derived.dose_changed(self.dose, self.stopped_at_ms, at_ms)

    def _chart(self, body: ObservationCharted, at_ms: int) -> Sequence[Channel]:
        row = SIGNS[body.sign]
        if self.phase not in OPEN_PHASES:
            raise Refused("session_ended", f"the session is {self.phase}")
        if not row.low <= body.value <= row.high:
            raise Refused("out_of_range", f"{row.label}: {body.value} is not between {row.low:g} and {row.high:g}")
        self.charted[body.sign] = (body, at_ms)
        channel = self.channels[body.sign]
        channel.set(body.value * 1000, at_ms)
        return (channel,)

    def _void(self, body: EntryVoided, at_ms: int) -> Sequence[Channel]:
        """Dose and charted signs follow what counts from here on; what was decided by the entry until now stands."""
        if self.phase not in OPEN_PHASES:
            raise Refused("session_ended", f"the session is {self.phase}")
        target = self.corrections.void(body)
        self._wake_at(at_ms)
        if isinstance(target, RateSet | BolusGiven):
            self.dose, self._resume_rate = self.corrections.dose()
            return self._derived.dose_changed(self.dose, self.stopped_at_ms, at_ms)
        if not isinstance(target, ObservationCharted):
            return ()
        return self.corrections.chart_back(target.sign, self.charted, self.channels[target.sign])

    def _account_for(self, body: DrugDrawn | DrugWasted | WasteWitnessed | SignedOff, at_ms: int) -> None:
        """Looked at by the gates alone."""
        self.drug.check(body, self.phase)
        if isinstance(body, SignedOff):
            self.signed_off = (body, at_ms)

    def _show(self, body: AlertShown, at_ms: int) -> tuple[Sequence[Body], Sequence[Channel]]:
        state = self._judge.state_of(body.alert)
        if state is None:
            raise Refused("no_such_alert", f"no open alert {body.alert} in this session")
        if state.shown(at_ms):
            self.signals.look(state, at_ms)
        return (), self._look_at_alerts(at_ms)

    def _move_limit(self, body: LimitProposed | LimitConfirmed, at_ms: int) -> Sequence[Body]:
        if self.phase not in OPEN_PHASES:
            raise Refused("session_ended", f"the session is {self.phase}")
        effects = self._own_limits.propose(body) if isinstance(body, LimitProposed) else self._own_limits.confirm(body)
        moved = [self._judge.by_id[effect.rule] for effect in effects if isinstance(effect, LimitChanged)]
        return [*effects, *(body for state in moved for body in self._judge.limit_moved(state, at_ms))]

    def _enter(self, body: PhaseOrdered, at_ms: int) -> tuple[Sequence[Body], Sequence[Channel]]:
        then, order = body.phase, self.created.order
        refusal = refuse_step(self.phase, then, order)
        if refusal is not None:
            raise Refused("phase_step", refusal)
        effects: list[Body] = []
        is_start = self.phase is Phase.BASELINE and then in JUDGED_PHASES
        before = Before.START if is_start else Before.DISCHARGE if then is Phase.CLOSED else None
        if before is not None and order.treatment is not Treatment.NONE:
            findings = self.gate_findings(before, at_ms)
            refuse_closed(findings, body.override)
            effects.append(GatesJudged(before, findings))
        if is_start:
            effects.append(self._take_baseline(at_ms))
        self._set_dose(then, at_ms)
        self.phase, self.phase_since_ms = then, at_ms
        fresh = self._derived.dose_changed(self.dose, self.stopped_at_ms, at_ms)
        effects.extend(self._judge.enter(then, at_ms))
        if then not in OPEN_PHASES:
            effects.extend(self.signals.resume("session_ended"))
        self.wake_ms = self._judge.wake_ms
        return effects, fresh

    def _take_baseline(self, at_ms: int) -> BaselineSet:
        self.baselines = self._collector.take(at_ms)
        self._judge.arm(self.baselines, at_ms)
        return BaselineSet(self.baselines)

    def _set_dose(self, then: Phase, at_ms: int) -> None:
        order = self.created.order
        if then is Phase.INFUSING:
            if self.started_at_ms is None:
                self.started_at_ms = at_ms
                self.dose.set_rate(planned_rate_ug_per_min(order.dose_ug, order.duration_ms), at_ms)
            else:
                self.dose.set_rate(self._resume_rate, at_ms)
            return
        if self.phase is Phase.INFUSING:
            self._resume_rate = self.dose.rate_ug_per_min
            self.dose.set_rate(0, at_ms)
        if then is not Phase.PAUSED and self.started_at_ms is not None and self.stopped_at_ms is None:
            self.stopped_at_ms = at_ms

    # --- what others read ---------------------------------------------------------------------------------------------------------

    def gate_findings(self, before: Before, at_ms: int) -> tuple[GateFinding, ...]:
        """What stands against a step if it were taken now."""
        grown = self._derived.grown(self.dose, at_ms)
        grown[Derived.DRUG_UNACCOUNTED] = self.drug.unaccounted_ug(self.dose.given_ug(at_ms))
        grown[Derived.SIGNED_OFF] = 0 if self.signed_off is None else 1000
        baselines = self._collector.take(at_ms) if before is Before.START else self.baselines
        first_ms = self.corrections.first_dose_at_ms(self.started_at_ms)
        grown[Derived.MINUTES_SINCE_FIRST_DOSE] = 0 if first_ms is None else (at_ms - first_ms) // 60
        gates = gates_of(self.limits.gate, self.created.order.treatment)
        findings = judge_gates(gates, before, Facts(self.channels, grown, baselines, self.alerts(), before, at_ms))
        incomplete = self._collector.refuse_start(at_ms) if before is Before.START else None
        return findings if incomplete is None else (*findings, no_baseline(incomplete))

    def alerts(self) -> tuple[Alert, ...]:
        """All that are not over, highest priority first, unanswered before answered, oldest first."""
        return self._judge.alerts()

    def own_limits(self) -> tuple[OwnLimit, ...]:
        """Limits that are this patient's own, and proposed ones that wait for a second person."""
        return self._own_limits.all()

    @property
    def mode(self) -> Mode:
        """Real only if every device is."""
        modes = {device.mode for device in self.devices.values()}
        return next((mode for mode in (Mode.SIMULATED, Mode.REPLAYED) if mode in modes), Mode.REAL)
