"""What follows a raised alert: the second channel where no screen has shown it, escalation, the reminder, and the pause of the sound.

An alert's condition (its state) and its signal (what calls a person) are two things. The condition moves by values alone. The signal is
worked out from it, by this table, and from the pause:

    state         visual    sound
    pending       none      none
    active        flashing  the tones of its priority, unless paused
    latched       flashing  the tones of its priority, unless paused
    acknowledged  steady    none; a reminder from time to time
    resolved      none      none

A pause holds for this session's sounds, ends by itself at its time, and a new or higher alert ends it at once.
"""

from collections.abc import Sequence

from monitor.core.channel import NEVER_MS
from monitor.core.refused import Refused
from monitor.core.rule_state import RuleState
from schemas.alert import PRIORITY_RANK, RAISES, Alert, AlertState, Priority, Why
from schemas.limits import Signals as Numbers
from schemas.log import AlertChanged, AudioPaused, AudioResumed, Body
from schemas.stream_wire import Presented

UNANSWERED = frozenset({AlertState.ACTIVE, AlertState.LATCHED})
RAISED = frozenset({*UNANSWERED, AlertState.ACKNOWLEDGED})
WATCH_CAUSE = "nobody_watching"  # an alert about missing screens is not itself waited for on them


class Signals:
    """The clock of one session's signals. `wake_ms` is exact."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._due: dict[str, int] = {}  # rule -> when its alert's next signal falls due
        self._states: dict[str, RuleState] = {}
        self.paused_until_ms: int | None = None
        self.paused_by: str | None = None
        self.wake_ms = NEVER_MS

    # --- the pause ----------------------------------------------------------------------------------------------------------------

    def pause(self, body: AudioPaused, at_ms: int) -> None:
        """Raises Refused where it is longer than the rule set allows."""
        longest_ms = int(self._numbers.audio_pause_max_s * 1000)
        if not 0 < body.for_ms <= longest_ms:
            raise Refused("pause_too_long", f"the sound can be paused for at most {longest_ms / 1000:g} s")
        self.paused_until_ms, self.paused_by = at_ms + body.for_ms, body.by
        self._set_wake()

    def resume(self, why: str) -> list[Body]:
        """The sound is back; nothing where it was not away."""
        if self.paused_until_ms is None:
            return []
        self.paused_until_ms = self.paused_by = None
        self._set_wake()
        return [AudioResumed(why)]

    # --- alerts -------------------------------------------------------------------------------------------------------------------

    def follow(self, state: RuleState, why: Why, at_ms: int, rules: Sequence[RuleState]) -> list[Body]:
        """An alert has moved: its timers are set anew; one that calls ends the pause, unless one of its cause that is as high or higher
        had called before: of that the pause was made."""
        self.look(state, at_ms)
        if why not in RAISES or self.paused_until_ms is None or (why is not Why.RECURRED and _is_outranked(state, at_ms, rules)):
            return []
        return self.resume("new_alert")

    def look(self, state: RuleState, not_before_ms: int) -> None:
        """After any change of an alert. What is overdue falls due at `not_before_ms`."""
        due_ms = self._next_ms(state)
        if due_ms is None:
            self._due.pop(state.rule.id, None)
        else:
            self._due[state.rule.id] = max(due_ms, not_before_ms)
            self._states[state.rule.id] = state
        self._set_wake()

    def fall_due(self, due_ms: int) -> Body:
        """What fell due at `wake_ms`."""
        if self.paused_until_ms == due_ms:
            return self.resume("time_passed")[0]
        rule = next(rule for rule, when_ms in self._due.items() if when_ms == due_ms)
        state = self._states[rule]
        changed = self._signal(state, due_ms)
        self.look(state, due_ms)
        return changed

    def _set_wake(self) -> None:
        due_ms = min(self._due.values(), default=NEVER_MS)
        self.wake_ms = due_ms if self.paused_until_ms is None else min(due_ms, self.paused_until_ms)

    def _next_ms(self, state: RuleState) -> int | None:
        """When the alert at hand next wants somebody's attention."""
        alert = state.alert
        if alert is None or alert.raised_at_ms is None or alert.state not in RAISED:
            return None
        if alert.state is AlertState.ACKNOWLEDGED:
            if alert.priority is Priority.LOW:
                return None
            since_ms = state.reminded_at_ms or alert.acknowledged_at_ms or alert.raised_at_ms
            return since_ms + int(self._numbers.remind_every_s * 1000)
        due = [due_ms for due_ms in (self._unseen_ms(state, alert), self._escalation_ms(alert)) if due_ms is not None]
        return min(due, default=None)

    def _unseen_ms(self, state: RuleState, alert: Alert) -> int | None:
        if alert.shown_at_ms is not None or state.was_unseen or alert.raised_at_ms is None or alert.cause == WATCH_CAUSE:
            return None
        return alert.raised_at_ms + int(self._numbers.shown_within_s * 1000)

    def _escalation_ms(self, alert: Alert) -> int | None:
        steps = self._numbers.escalate_after_s
        if alert.priority is not Priority.HIGH or alert.raised_at_ms is None or alert.escalation >= len(steps):
            return None
        return alert.raised_at_ms + int(steps[alert.escalation] * 1000)

    def _signal(self, state: RuleState, due_ms: int) -> AlertChanged:
        alert = state.alert
        assert alert is not None  # an alert that is over has no timer
        if alert.state is AlertState.ACKNOWLEDGED:
            return state.remind(due_ms)
        unseen_ms, escalation_ms = self._unseen_ms(state, alert), self._escalation_ms(alert)
        if unseen_ms is not None and (escalation_ms is None or unseen_ms <= escalation_ms):
            return state.unseen()
        return state.escalate()


def _is_outranked(state: RuleState, at_ms: int, rules: Sequence[RuleState]) -> bool:
    """Whether another alert of its cause, as high or higher, had called before this instant and is unanswered."""
    return any(
        other.alert is not None
        and other is not state
        and other.rule.cause == state.rule.cause
        and other.rank >= state.rank
        and other.alert.state in UNANSWERED
        and (other.alert.raised_at_ms or 0) < at_ms
        for other in rules
    )


def present(alerts: Sequence[Alert], *, is_paused: bool) -> tuple[Presented, ...]:
    """One for each cause: the highest raised alert, the others beside it. Highest first, unanswered before answered, oldest first."""
    by_cause: dict[str, list[Alert]] = {}
    for alert in alerts:
        if alert.state in RAISED:
            by_cause.setdefault(alert.cause, []).append(alert)
    made: list[tuple[tuple[int, bool, int, str], Presented]] = []
    for group in by_cause.values():
        first = min(group, key=lambda alert: (-PRIORITY_RANK[alert.priority], alert.raised_at_ms or 0, alert.id))
        calls = any(alert.state in UNANSWERED for alert in group)
        also = tuple(alert.id for alert in group if alert is not first)
        order = (-PRIORITY_RANK[first.priority], not calls, first.raised_at_ms or 0, first.id)
        made.append((order, Presented(alert=first.id, also=also, is_flashing=calls, sound=calls and not is_paused)))
    return tuple(presented for _, presented in sorted(made, key=lambda pair: pair[0]))
