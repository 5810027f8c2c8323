"""All rules of a session over its signs: which of them a new value concerns, what falls due by time alone, what a new phase ends or begins.

The judge appends what happens to the list of steps it is given; it knows neither inputs nor the log.
"""

from collections.abc import Iterable, Mapping, Sequence

from monitor.core.armed import rule_sign
from monitor.core.channel import CUFF_BITS, NEVER_MS, Channel
from monitor.core.refused import Refused
from monitor.core.rule_state import RuleState
from monitor.core.sources import Sources
from schemas.alert import PRIORITY_RANK, Alert, AlertState, Why
from schemas.limits import Limits
from schemas.log import AlertAcknowledged, AlertChanged, Body, RemeasureRequested
from schemas.session import OPEN_PHASES, Baseline, Phase
from schemas.signs import Sign
from schemas.vitals import Vital

Step = tuple[int, Body]
_LATCHED = AlertState.LATCHED


class Judge:
    """`wake_ms`: when something may fall due; early perhaps, never late. Owned by one engine."""

    def __init__(self, limits: Limits, sources: Sources) -> None:
        self._sources = sources
        self._cuff_interval_s = limits.freshness.default_cuff_interval_s
        self.channels: Mapping[Sign, Channel] = sources.channels
        self.rules = tuple(RuleState(rule, limits) for rule in limits.rule)
        self.by_id = {state.rule.id: state for state in self.rules}
        self.applies: tuple[RuleState, ...] = ()
        self.since_ms = 0  # start of monitoring: silence counts from here at the earliest
        self.wake_ms = NEVER_MS
        self._missing: tuple[RuleState, ...] = ()
        self._after_ms: tuple[tuple[RuleState, tuple[Channel, ...], int], ...] | None = None
        self._open: tuple[RuleState, ...] = ()
        self._open_bits = 0
        self._by_fresh: dict[int, tuple[RuleState, ...]] = {}
        self._remeasure_until_ms: dict[Sign, int] = {}

    def wake_at(self, due_ms: int | None) -> None:
        if due_ms is not None and due_ms < self.wake_ms:
            self.wake_ms = due_ms

    # --- time ---------------------------------------------------------------------------------------------------------------------

    def next_due(self, not_before_ms: int) -> tuple[int, RuleState | None]:
        """The earliest deadline and whose it is; of equal ones that of the first rule. Silence falls due at `not_before_ms` or later."""
        best_ms, best = NEVER_MS, None
        for state in self._open:
            due_ms = state.deadline_ms
            if due_ms is not None and due_ms < best_ms:
                best_ms, best = due_ms, state
        for state, channels, after_ms in self._silences():
            if state.alert is None or state.alert.state is _LATCHED:
                due_ms = self._silent_since_ms(channels) + after_ms
                if due_ms < not_before_ms:
                    due_ms = not_before_ms
                if due_ms < best_ms:
                    best_ms, best = due_ms, state
        return best_ms, best

    def fall_due(self, state: RuleState, due_ms: int) -> AlertChanged:
        """Its deadline is reached."""
        if state.is_missing:
            return state.raise_missing(self._silent_since_ms(self._silent(state)), due_ms, self.channels)
        return state.fall_due(self.channels)

    def _silent(self, state: RuleState) -> tuple[Channel, ...]:
        return tuple(self.channels[sign] for sign in state.rule.silent)

    def _silent_since_ms(self, channels: tuple[Channel, ...]) -> int:
        since_ms = self.since_ms
        for channel in channels:
            seen_ms = channel.seen_at_ms
            if seen_ms is not None and seen_ms > since_ms:
                since_ms = seen_ms
        return since_ms

    def _silences(self) -> tuple[tuple[RuleState, tuple[Channel, ...], int], ...]:
        """The rules about silence, on what, and how long each waits; worked out anew when an interval may have changed."""
        if self._after_ms is None:
            self._after_ms = tuple((state, self._silent(state), self._missing_after_ms(state)) for state in self._missing)
        return self._after_ms

    def intervals_changed(self) -> None:
        """A device came, went or became the source of a vital sign."""
        self._after_ms = None

    def _missing_after_ms(self, state: RuleState) -> int:
        rule = state.rule
        interval_ms = max(self.channels[sign].interval_ms for sign in rule.silent)
        if rule.after_intervals is not None:
            return int(rule.after_intervals * interval_ms)
        return int((rule.after_s or 0) * max(interval_ms, 1000))

    # --- new values ---------------------------------------------------------------------------------------------------------------

    def judge(self, fresh: Sequence[Channel], at_ms: int, steps: list[Step]) -> None:
        """Every rule that is open or breached by a new value; an idle one whose new values are inside every limit has nothing to say.
        Most values are of that sort: this is on the path of every measurement."""
        bits = outside = 0
        for channel in fresh:
            bit = channel.bit
            bits |= bit
            low, high = channel.band
            if not low < channel.value_milli < high:  # type: ignore[operator]  # a fresh channel has a value
                outside |= bit
            if channel.is_cuff:
                self._remeasure_until_ms.pop(channel.sign, None)  # what was asked for has come
        if not (outside or bits & self._open_bits):
            return
        concerned = self._by_fresh.get(bits)
        if concerned is None:  # at most one entry for each set of signs
            concerned = self._by_fresh[bits] = tuple(state for state in self.applies if state.bits & bits)
        for state in concerned:
            alert = state.alert
            if state.is_missing:
                if alert is not None and alert.state is not AlertState.LATCHED:
                    steps.append((at_ms, state.condition_ended(alert)))
                    self.wake_at(at_ms + self._missing_after_ms(state))
            elif state.bits & outside or (alert is not None and (alert.state is not _LATCHED or state.deadline_ms is not None)):
                self._judge_one(state, at_ms, steps, bits & CUFF_BITS)

    def _judge_one(self, state: RuleState, at_ms: int, steps: list[Step], new_cuffs: int = 0) -> None:
        sources = self._sources
        is_questionable = sources.questionable & state.bits != 0 and sources.is_questionable(state.bits, at_ms)
        changed = state.judge(self.channels, at_ms, new_cuffs & state.bits, is_questionable=is_questionable)
        self.wake_at(state.deadline_ms)
        if changed is not None:
            steps.append((at_ms, changed))
            if changed.alert.state is AlertState.PENDING:
                steps.extend(self._ask_again(state, changed.alert, at_ms))

    def _ask_again(self, state: RuleState, alert: Alert, at_ms: int) -> Sequence[Step]:
        """A first cuff beyond a limit asks for a second one, once for all rules that wait for it. A rule that can wait longer than the
        ordinary cuff interval waits for the scheduled one."""
        confirm = state.rule.confirm
        sign = rule_sign(state.rule)
        if confirm is None or confirm.within_s > self._cuff_interval_s or self._remeasure_until_ms.get(sign, 0) > at_ms:
            return ()
        within_ms = int(confirm.within_s * 1000)
        self._remeasure_until_ms[sign] = at_ms + within_ms
        vital = sign if isinstance(sign, Vital) else Vital.SYSTOLIC_BP  # what is derived at a cuff is derived from it
        return ((at_ms, RemeasureRequested(alert.id, vital, within_ms)),)

    def alerts_changed(self) -> None:
        """After every transition: which rules have an open alert, and on which signs."""
        self._open = tuple(state for state in self.rules if state.alert is not None)
        bits = 0
        for state in self._open:
            bits |= state.bits
        self._open_bits = bits

    # --- rules come and go --------------------------------------------------------------------------------------------------------

    def arm(self, baselines: tuple[Baseline, ...], at_ms: int) -> None:
        """The infusion starts: changes are changes from these values from here on."""
        for state in self.rules:
            state.arm(baselines)
        self.since_ms = at_ms

    def enter(self, phase: Phase, at_ms: int) -> list[Body]:
        """The rules of the new phase: those that no longer apply end, a condition that is already true begins."""
        applies = tuple(state for state in self.rules if phase in state.rule.phases)
        if phase in OPEN_PHASES:
            ended = [state.end(Why.PHASE_ENDED) for state in self.applies if state not in applies]
        else:
            ended = [state.end(Why.SESSION_ENDED) for state in self.rules]
        begins = [state for state in applies if state not in self.applies]
        self.applies = applies
        self._missing = tuple(state for state in applies if state.is_missing)
        self._by_fresh = {}
        self._after_ms = None
        self.set_bands()
        self.wake_ms = at_ms if applies else NEVER_MS
        return [*(changed for changed in ended if changed is not None), *self.begin(begins, at_ms)]

    def begin(self, states: Iterable[RuleState], at_ms: int) -> list[Body]:
        """Rules that are idle or latched and whose condition is true already begin or recur, without waiting for the next value."""
        steps: list[Step] = []
        for state in states:
            is_quiet = state.alert is None or state.alert.state is _LATCHED
            if is_quiet and not state.is_missing and state in self.applies:
                self._judge_one(state, at_ms, steps)
        return [body for _, body in steps]

    def limit_moved(self, state: RuleState, at_ms: int) -> list[Body]:
        """What the new limit makes true begins, recurs, or is carried as by a new value; it takes a new value to end anything."""
        if state.alert is None or state.alert.state is not AlertState.PENDING:
            return self.begin([state], at_ms)
        steps: list[Step] = []
        if state.is_breached(self.channels, at_ms):
            self._judge_one(state, at_ms, steps)
        return [body for _, body in steps]

    def set_bands(self) -> None:
        """Between which values of each sign no term of any rule is breached."""
        for channel in self.channels.values():
            channel.band = (-NEVER_MS, NEVER_MS)
        for state in self.applies:
            for term in state.terms():
                channel = self.channels[term.sign]
                low, high = channel.band
                channel.band = (low, min(high, term.limit_milli)) if term.is_high else (max(low, term.limit_milli), high)

    # --- people -------------------------------------------------------------------------------------------------------------------

    def acknowledge(self, body: AlertAcknowledged, at_ms: int) -> list[Body]:
        """Answers an alert and with it the lesser ones of the same cause. Raises Refused."""
        target = self.state_of(body.alert)
        if target is None or target.alert is None:
            raise Refused("no_such_alert", f"no open alert {body.alert} in this session")
        changed = target.acknowledge(body.by, at_ms)
        if changed is None:
            is_pending = target.alert.state is AlertState.PENDING
            detail = "its onset time is still running" if is_pending else f"{target.alert.acknowledged_by} did so"
            raise Refused("not_open", f"{body.alert} cannot be acknowledged: {detail}")
        lesser = [state for state in self.rules if state.rule.cause == target.rule.cause and state.rank < target.rank]
        also = [state.acknowledge(body.by, at_ms) for state in lesser]
        return [changed, *(other for other in also if other is not None), *self.begin([target, *lesser], at_ms)]

    def state_of(self, alert: str) -> RuleState | None:
        """The rule whose open occurrence has this id."""
        state = self.by_id.get(alert.rpartition(".")[0])
        return state if state is not None and state.alert is not None and state.alert.id == alert else None

    def alerts(self) -> tuple[Alert, ...]:
        """All that are not over, highest priority first, unanswered before answered, oldest first."""
        open_alerts = [state.alert for state in self.rules if state.alert is not None]
        return tuple(sorted(open_alerts, key=_alert_order))


def _alert_order(alert: Alert) -> tuple[int, int, int, str]:
    answered = {AlertState.ACTIVE: 0, AlertState.LATCHED: 0, AlertState.ACKNOWLEDGED: 1}.get(alert.state, 2)
    return (-PRIORITY_RANK[alert.priority] if answered < 2 else 0, answered, alert.since_ms, alert.id)
