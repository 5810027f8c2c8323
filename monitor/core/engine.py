"""The engine: one session's state, moved on by one input at a time.

`apply` and `measure` take an input and the time of the decision and return what goes into the log, in order: what fell due before, the
input, what it caused. They are deterministic: the same inputs at the same times give the same outputs. Time never goes back: an input
with an earlier time is taken at the last one. `wake_ms` says when the engine next wants to be advanced; it may be early, never late.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from monitor.core.armed import rule_vital
from monitor.core.baseline import BaselineCollector
from monitor.core.channel import Channel
from monitor.core.dose import Dose, planned_rate_ug_per_min
from monitor.core.limits import decode_limits
from monitor.core.phases import JUDGED_PHASES, refuse_step
from monitor.core.refused import Refused
from monitor.core.rule_state import RuleState
from monitor.core.sources import Sources
from schemas.alert import PRIORITY_RANK, Alert, AlertState, Why
from schemas.log import (
    MAX_MICROGRAMS,
    AlertAcknowledged,
    BaselineSet,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Input,
    Measured,
    MonitorRestarted,
    NoteAdded,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode, Validity
from schemas.session import OPEN_PHASES, Baseline, Phase, Treatment
from schemas.vitals import Vital

Step = tuple[int, Body]
NEVER_MS: Final = 1 << 62  # later than any instant
_REMEASURE_WITHIN_MS: Final = 300_000  # a rule that waits longer for its second cuff waits for the scheduled one


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
        self._sources = Sources(self.limits)
        self.devices = self._sources.devices
        self.channels = self._sources.channels
        self.baselines: tuple[Baseline, ...] = ()
        self.wake_ms = NEVER_MS
        self._input_ms = at_ms  # the last input: nothing falls due before it any more
        self._judged_since_ms = 0  # start of monitoring: silence counts from here at the earliest
        self._resume_rate = 0
        self._collector = BaselineCollector(self.limits.baseline)
        self._rules = tuple(RuleState(rule, self.limits) for rule in self.limits.rule)
        self._missing: tuple[RuleState, ...] = ()
        self._applies: tuple[RuleState, ...] = ()
        self._by_fresh: dict[int, tuple[RuleState, ...]] = {}
        self._remeasure_until_ms: dict[Vital, int] = {}

    # --- time ---------------------------------------------------------------------------------------------------------------------

    def advance(self, at_ms: int) -> list[Step]:
        """Move on to `at_ms`: everything that falls due on the way, each at its own deadline."""
        if at_ms > self.at_ms:
            self.at_ms = at_ms
        if at_ms < self.wake_ms:
            return []
        steps: list[Step] = []
        while True:
            due_ms, state = self._next_due()
            if state is None or due_ms > at_ms:
                self.wake_ms = due_ms
                return steps
            if state.is_missing:
                steps.append((due_ms, state.raise_missing(self._silent_since_ms(state), due_ms)))
            else:
                steps.append((due_ms, state.fall_due()))

    def _next_due(self) -> tuple[int, RuleState | None]:
        """The earliest deadline and whose it is; of equal ones that of the first rule."""
        best_ms, best = NEVER_MS, None
        for state in self._applies:
            due_ms = state.deadline_ms
            if due_ms is not None and due_ms < best_ms:
                best_ms, best = due_ms, state
        for state in self._missing:
            if state.alert is None or state.alert.state is AlertState.LATCHED:
                due_ms = max(self._silent_since_ms(state) + self._missing_after_ms(state), self._input_ms)
                if due_ms < best_ms:
                    best_ms, best = due_ms, state
        return best_ms, best

    def _silent_since_ms(self, state: RuleState) -> int:
        since_ms = self._judged_since_ms
        for vital in state.rule.missing:
            seen_ms = self.channels[vital].seen_at_ms
            if seen_ms is not None and seen_ms > since_ms:
                since_ms = seen_ms
        return since_ms

    def _missing_after_ms(self, state: RuleState) -> int:
        rule = state.rule
        interval_ms = max(self.channels[vital].interval_ms for vital in rule.missing)
        if rule.after_intervals is not None:
            return int(rule.after_intervals * interval_ms)
        return int((rule.after_s or 0) * max(interval_ms, 1000))

    def _wake_at(self, due_ms: int | None) -> None:
        if due_ms is not None and due_ms < self.wake_ms:
            self.wake_ms = due_ms

    # --- measurements -------------------------------------------------------------------------------------------------------------

    def measure(self, measurement: Measurement, received_at_ms: int, at_ms: int) -> list[Step]:
        """A measurement of a bound device. Raises KeyError for a device that is not bound here: routing is the caller's."""
        device = self.devices[measurement.device]
        at_ms = max(at_ms, self.at_ms)
        steps = self.advance(at_ms)
        self._input_ms = at_ms
        readings, fresh, is_claimed = self._sources.take(device, measurement, received_at_ms, at_ms)
        steps.append(
            (at_ms, Measured(measurement.counter, measurement.device, measurement.measured_at_ms, device.mode, readings, received_at_ms))
        )
        if is_claimed:
            self._wake_at(at_ms)  # with the source its interval may have changed: look at the deadlines anew
        if fresh:
            if self.phase in JUDGED_PHASES:
                self._judge(fresh, at_ms, steps)
            elif self.phase is Phase.BASELINE:
                self._collect(fresh, at_ms)
        return steps

    def _collect(self, fresh: Iterable[Channel], at_ms: int) -> None:
        """What is valid goes into the baseline."""
        for channel in fresh:
            if channel.validity is Validity.VALID and channel.value_milli is not None:
                self._collector.add(channel.vital, channel.value_milli, at_ms)

    def _judge(self, fresh: Sequence[Channel], at_ms: int, steps: list[Step]) -> None:
        """Every rule that is open or breached by a new value; an idle one whose new values are inside every limit has nothing to say."""
        bits = outside = 0
        for channel in fresh:
            bits |= channel.bit
            low, high = channel.band
            if not low < channel.value_milli < high:  # type: ignore[operator]  # a fresh channel has a value
                outside |= channel.bit
            if channel.is_cuff:
                self._remeasure_until_ms.pop(channel.vital, None)  # what was asked for has come
        concerned = self._by_fresh.get(bits)
        if concerned is None:  # at most one entry for each set of vital signs
            concerned = self._by_fresh[bits] = tuple(state for state in self._applies if state.bits & bits)
        for state in concerned:
            alert = state.alert
            if state.is_missing:
                if alert is not None and alert.state is not AlertState.LATCHED:
                    steps.append((at_ms, state.condition_ended(alert)))
                    self._wake_at(at_ms + self._missing_after_ms(state))
            elif alert is not None or state.bits & outside:
                self._judge_one(state, at_ms, steps)

    def _judge_one(self, state: RuleState, at_ms: int, steps: list[Step]) -> None:
        sources = self._sources
        is_questionable = sources.questionable & state.bits != 0 and sources.is_questionable(state.bits, at_ms)
        changed = state.judge(self.channels, at_ms, is_questionable=is_questionable)
        self._wake_at(state.deadline_ms)
        if changed is not None:
            steps.append((at_ms, changed))
            if changed.alert.state is AlertState.PENDING:
                steps.extend(self._ask_again(state, changed.alert, at_ms))

    def _ask_again(self, state: RuleState, alert: Alert, at_ms: int) -> Sequence[Step]:
        """A first cuff beyond a limit asks for a second one, once for all rules that wait for it."""
        confirm = state.rule.confirm
        vital = rule_vital(state.rule)
        if confirm is None or confirm.within_s * 1000 > _REMEASURE_WITHIN_MS or self._remeasure_until_ms.get(vital, 0) > at_ms:
            return ()
        within_ms = int(confirm.within_s * 1000)
        self._remeasure_until_ms[vital] = at_ms + within_ms
        return ((at_ms, RemeasureRequested(alert.id, vital, within_ms)),)

    # --- commands and the coming and going of devices ------------------------------------------------------------------------------

    def apply(self, body: Input, at_ms: int) -> list[Step]:
        """Any input but a measurement. Raises Refused, and changes nothing then but the time."""
        at_ms = max(at_ms, self.at_ms)
        steps = self.advance(at_ms)
        try:
            effects = self._effects(body, at_ms)
        except Refused as refusal:
            refusal.steps = steps
            raise
        self._input_ms = at_ms
        return [*steps, (at_ms, body), *((at_ms, effect) for effect in effects)]

    def _effects(self, body: Input, at_ms: int) -> Sequence[Body]:
        match body:
            case PhaseOrdered():
                return self._enter(body, at_ms)
            case AlertAcknowledged():
                return self._acknowledge(body, at_ms)
            case DeviceBound():
                if self.phase not in OPEN_PHASES:
                    raise Refused("session_ended", f"the session is {self.phase}")
                self._sources.bind(body)
            case DeviceUnbound():
                self._sources.unbind(body.device)
                self._wake_at(at_ms)  # with the source its interval is gone: look at the deadlines anew
            case DeviceJoined():
                self._sources.join(body)
                self._wake_at(at_ms)
            case DeviceLeft():
                self._sources.leave(body.device)
            case MonitorRestarted():
                self._sources.restart()
            case RateSet():
                if self.phase is not Phase.INFUSING:
                    raise Refused("not_infusing", f"a rate can be set while infusing; the session is {self.phase}")
                self.dose.set_rate(_amount(body.rate_ug_per_min), at_ms)
            case BolusGiven():
                if self.phase not in JUDGED_PHASES:
                    raise Refused("not_infusing", f"a bolus can be recorded from the start of the infusion on; the session is {self.phase}")
                self.dose.add_bolus(_amount(body.amount_ug))
            case NoteAdded():
                pass
            case _:  # the beginning of a log, a measurement, an output
                raise Refused("not_a_command", f"{type(body).__name__} is not a command")
        return ()

    def _enter(self, body: PhaseOrdered, at_ms: int) -> Sequence[Body]:
        then, order = body.phase, self.created.order
        refusal = refuse_step(self.phase, then, order)
        if refusal is not None:
            raise Refused("phase_step", refusal)
        effects: list[Body] = []
        is_start = self.phase is Phase.BASELINE and then in JUDGED_PHASES
        if is_start:
            incomplete = self._collector.refuse_start(at_ms)
            if incomplete is not None and body.override is None and order.treatment is not Treatment.NONE:
                raise Refused("baseline_incomplete", f"{incomplete}; give a reason to start all the same")
            self.baselines = self._collector.take(at_ms)
            for state in self._rules:
                state.arm(self.baselines)
            effects.append(BaselineSet(self.baselines))
            self._judged_since_ms = at_ms
        self._set_dose(then, at_ms)
        self.phase, self.phase_since_ms = then, at_ms
        effects.extend(self._rearm(at_ms))
        return effects

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

    def _rearm(self, at_ms: int) -> list[Body]:
        """The rules of the new phase: those that no longer apply end, a condition that is already true begins."""
        applies = tuple(state for state in self._rules if self.phase in state.rule.phases)
        why = Why.PHASE_ENDED if self.phase in OPEN_PHASES else Why.SESSION_ENDED
        ended = [state.end(why) for state in self._applies if state not in applies]
        begins = [state for state in applies if state not in self._applies]
        self._applies = applies
        self._missing = tuple(state for state in applies if state.is_missing)
        self._by_fresh = {}
        self._set_bands()
        self.wake_ms = at_ms if applies else NEVER_MS
        return [*(changed for changed in ended if changed is not None), *self._begin(begins, at_ms)]

    def _begin(self, states: Iterable[RuleState], at_ms: int) -> list[Body]:
        """Idle rules whose condition is true already begin, without waiting for the next reading."""
        steps: list[Step] = []
        for state in states:
            if state.alert is None and not state.is_missing:
                self._judge_one(state, at_ms, steps)
        return [body for _, body in steps]

    def _set_bands(self) -> None:
        """Between which values of each vital sign no term of any rule is breached."""
        for channel in self.channels.values():
            channel.band = (-1, NEVER_MS)
        for state in self._applies:
            for term in state.terms():
                channel = self.channels[term.vital]
                low, high = channel.band
                channel.band = (low, min(high, term.limit_milli)) if term.is_high else (max(low, term.limit_milli), high)

    def _acknowledge(self, body: AlertAcknowledged, at_ms: int) -> list[Body]:
        """Answers an alert and with it the lesser ones of the same cause."""
        target = next((state for state in self._rules if state.alert is not None and state.alert.id == body.alert), None)
        if target is None or target.alert is None:
            raise Refused("no_such_alert", f"no open alert {body.alert} in this session")
        changed = target.acknowledge(body.by, at_ms)
        if changed is None:
            is_pending = target.alert.state is AlertState.PENDING
            detail = "its onset time is still running" if is_pending else f"{target.alert.acknowledged_by} did so"
            raise Refused("not_open", f"{body.alert} cannot be acknowledged: {detail}")
        lesser = [state for state in self._rules if state.rule.cause == target.rule.cause and state.rank < target.rank]
        also = [state.acknowledge(body.by, at_ms) for state in lesser]
        return [changed, *(other for other in also if other is not None), *self._begin([target, *lesser], at_ms)]

    # --- what others read ---------------------------------------------------------------------------------------------------------

    def alerts(self) -> tuple[Alert, ...]:
        """All that are not over, highest priority first, unanswered before answered, oldest first."""
        open_alerts = [state.alert for state in self._rules if state.alert is not None]
        return tuple(sorted(open_alerts, key=_alert_order))

    @property
    def mode(self) -> Mode:
        """Real only if every device is."""
        modes = {device.mode for device in self.devices.values()}
        return next((mode for mode in (Mode.SIMULATED, Mode.REPLAYED) if mode in modes), Mode.REAL)


def _alert_order(alert: Alert) -> tuple[int, int, int, str]:
    answered = {AlertState.ACTIVE: 0, AlertState.LATCHED: 0, AlertState.ACKNOWLEDGED: 1}.get(alert.state, 2)
    return (-PRIORITY_RANK[alert.priority] if answered < 2 else 0, answered, alert.since_ms, alert.id)


def _amount(micrograms: int) -> int:
    if not 0 <= micrograms <= MAX_MICROGRAMS:
        raise Refused("out_of_range", f"{micrograms} ug is not between 0 and {MAX_MICROGRAMS}")
    return micrograms
