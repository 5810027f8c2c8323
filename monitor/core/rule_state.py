"""The life of one rule in one session: idle -> pending -> raised (-> latched) -> idle, one transition at a time, each with its reason.

Only usable readings move it. Missing data never ends a condition: no reading, no call. A questionable reading may begin or carry a
condition, but it must hold `questionable_hold_s`, and it never clears one. What falls due by time alone (onset passed, no second cuff)
fires at its deadline, whoever notices it when.
"""

from msgspec.structs import replace

from monitor.core.armed import ArmedTerm, arm_rule, rule_signs, rule_vital
from monitor.core.breach import Channels, breached_clause, is_cleared, is_denied
from monitor.core.channel import BITS
from monitor.core.reason import breach_reason, held_reason, missing_reason, seconds, unheld_reason
from schemas.alert import PRIORITY_RANK, Alert, AlertState, Why
from schemas.limits import Confirm, Direction, Limits, Rule, RuleKind, Term
from schemas.log import AlertChanged
from schemas.session import Baseline
from schemas.signs import Sign
from schemas.vitals import Vital, to_milli

_PENDING, _LATCHED = AlertState.PENDING, AlertState.LATCHED


class RuleState:
    """One rule armed for one session. Methods return the transitions they caused, in order."""

    __slots__ = (
        "_again",
        "_baselines",
        "_clauses",
        "_cleared_readings",
        "_cleared_since_ms",
        "_hold_ms",
        "_immediate",
        "_is_questionable",
        "_occurrence",
        "_own",
        "alert",
        "bits",
        "deadline_ms",
        "is_missing",
        "rank",
        "reminded_at_ms",
        "rule",
        "signs",
        "was_unseen",
    )

    def __init__(self, rule: Rule, limits: Limits) -> None:
        self.rule = rule
        self.is_missing = rule.kind is RuleKind.MISSING
        self.rank = PRIORITY_RANK[rule.priority]
        self.signs = rule_signs(rule)
        self.bits = sum(BITS[sign] for sign in self.signs)
        self.alert: Alert | None = None  # the occurrence at hand; None while idle
        self.deadline_ms: int | None = None  # when a pending condition is raised
        self._hold_ms = int(limits.admission.questionable_hold_s * 1000)
        self._occurrence = 0
        self._is_questionable = False
        self._cleared_readings = 0
        self._cleared_since_ms: int | None = None
        self._baselines: dict[Sign, int] = {}
        self._own: dict[tuple[Sign, Direction], int] = {}
        self._again = ""  # the reason with which a latched alert recurs
        self.was_unseen = False  # said of the occurrence at hand
        self.reminded_at_ms: int | None = None
        self._arm()

    def arm(self, baselines: tuple[Baseline, ...]) -> None:
        """Resolve the terms against the baseline. A clause with a term that lacks its baseline stays inert."""
        theirs: dict[Sign, int] = {baseline.vital: baseline.value_milli for baseline in baselines if baseline.vital in self.signs}
        if theirs != self._baselines:
            self._baselines = theirs
            self._arm()

    def own_limit(self, vital: Vital, direction: Direction, limit_milli: int) -> None:
        """From here on this patient's own limit. Where the values beyond which the rule needs no confirmation lie stays as it is."""
        self._own[vital, direction] = limit_milli
        self._arm()

    def limit_milli(self, vital: Vital, direction: Direction) -> int | None:
        """The limit in force; None where the rule has none on this vital sign."""
        term = self._limit_term(vital, direction)
        return None if term is None or term.limit is None else self._own.get((vital, direction), to_milli(term.limit))

    def ordinary_milli(self, vital: Vital, direction: Direction) -> int | None:
        """The limit of the rule set."""
        term = self._limit_term(vital, direction)
        return None if term is None or term.limit is None else to_milli(term.limit)

    def _limit_term(self, vital: Vital, direction: Direction) -> Term | None:
        terms = (term for clause in self.rule.any if len(clause.all) == 1 for term in clause.all)
        return next((term for term in terms if term.vital is vital and term.direction is direction and term.limit is not None), None)

    def _arm(self) -> None:
        self._clauses, self._immediate = arm_rule(self.rule, self._baselines, self._own)

    def terms(self) -> tuple[ArmedTerm, ...]:
        """Every term that can breach."""
        return tuple(term for clause in self._clauses for term in clause)

    # --- readings -----------------------------------------------------------------------------------------------------------------

    def judge(self, channels: Channels, at_ms: int, new_cuffs: int, *, is_questionable: bool) -> AlertChanged | None:
        """A new usable reading of one of the rule's vital signs; `new_cuffs`: which of them are of a cuff, as bits of signs. Two
        measurements of one instant have one time, so that time does not tell. `is_questionable`: the newest value of any of them is."""
        alert = self.alert
        if alert is None:
            return self._begin(channels, at_ms, is_questionable=is_questionable)
        if is_questionable:  # carries what has begun; a clearing that had begun starts anew
            self._cleared_readings, self._cleared_since_ms = 0, None
            if alert.state is _LATCHED:
                self._hold_again(channels, at_ms)
            return None
        if alert.state is not _PENDING:
            return self._carry_raised(alert, channels, at_ms, new_cuffs)
        if self.rule.confirm is not None:
            return self._second_cuff(alert, self.rule.confirm, channels, at_ms, new_cuffs)
        return self._carry_pending(alert, channels, at_ms)

    def is_breached(self, channels: Channels, at_ms: int) -> bool:
        """By the newest usable values, beyond the limits in force."""
        return breached_clause(self._clauses, channels, at_ms) is not None

    def _begin(self, channels: Channels, at_ms: int, *, is_questionable: bool) -> AlertChanged | None:
        rule = self.rule
        breached = breached_clause(self._clauses, channels, at_ms)
        if breached is None:
            return None
        if not is_questionable:
            now = breached_clause(self._immediate, channels, at_ms)
            if now is not None or (rule.onset_s == 0 and rule.confirm is None):
                return self._raise(at_ms, at_ms, Why.IMMEDIATE, breach_reason(now or breached, channels))
        onset_ms = int((rule.confirm.within_s if rule.confirm is not None else rule.onset_s) * 1000)
        self._is_questionable = is_questionable
        self.deadline_ms = at_ms + (max(onset_ms, self._hold_ms) if is_questionable else onset_ms)
        self._occurrence += 1
        self.alert = self._new(_PENDING, since_ms=at_ms, raised_at_ms=None, reason=breach_reason(breached, channels))
        return AlertChanged(self.alert, Why.CONDITION_BEGAN)

    def _second_cuff(self, alert: Alert, confirm: Confirm, channels: Channels, at_ms: int, new_cuffs: int) -> AlertChanged | None:
        """Another cuff value decides; a reading of anything else, or one that lacks what was breached, decides nothing. What is so far
        beyond that it needs no second cuff waited for the end of a doubt alone."""
        now = breached_clause(self._immediate, channels, at_ms)
        if now is not None:
            return self._raise(alert.since_ms, at_ms, Why.IMMEDIATE, breach_reason(now, channels))
        if at_ms - alert.since_ms < confirm.min_gap_s * 1000:
            return None
        breached = breached_clause(self._clauses, channels, at_ms, new_cuffs)
        if breached is not None:
            return self._raise(alert.since_ms, at_ms, Why.CONFIRMED, breach_reason(breached, channels, confirmed=True))
        if new_cuffs and is_denied(self._clauses, channels, at_ms):
            return self._end(alert, AlertState.WITHDRAWN, Why.NOT_CONFIRMED)
        return None

    def _carry_pending(self, alert: Alert, channels: Channels, at_ms: int) -> AlertChanged | None:
        if breached_clause(self._clauses, channels, at_ms) is None:
            return self._end(alert, AlertState.WITHDRAWN, Why.CONDITION_ENDED) if is_cleared(self._clauses, channels, at_ms) else None
        now = breached_clause(self._immediate, channels, at_ms)
        if now is not None:
            return self._raise(alert.since_ms, at_ms, Why.IMMEDIATE, breach_reason(now, channels))
        if self._is_questionable:  # valid evidence now: the ordinary onset counts
            due_ms = alert.since_ms + int(self.rule.onset_s * 1000)
            if due_ms <= at_ms:
                return self._raise(alert.since_ms, at_ms, Why.ONSET_PASSED, held_reason(alert.reason, at_ms - alert.since_ms))
            self.deadline_ms = due_ms
        return None

    def _carry_raised(self, alert: Alert, channels: Channels, at_ms: int, new_cuffs: int) -> AlertChanged | None:
        breached = breached_clause(self._clauses, channels, at_ms)
        if alert.state is _LATCHED:
            if breached is None:
                self._hold_no_more(channels, at_ms)
                return None
            return self._move(alert, AlertState.ACTIVE, Why.RECURRED, reason=breach_reason(breached, channels))
        if breached is None and self.rule.confirm is not None and not new_cuffs:
            return None  # nothing but a cuff clears it, or takes a clearing back
        if breached is not None or not is_cleared(self._clauses, channels, at_ms):
            self._cleared_readings, self._cleared_since_ms = 0, None
            return None
        self._cleared_readings += 1
        if self._cleared_since_ms is None:
            self._cleared_since_ms = at_ms
        if self._cleared_readings < self.rule.clear_readings or at_ms - self._cleared_since_ms < self.rule.clear_hold_s * 1000:
            return None
        return self.condition_ended(alert)

    def _hold_again(self, channels: Channels, at_ms: int) -> None:
        """Latched, and questionable evidence that it is there again: it recurs once that has held, as it would have begun."""
        breached = breached_clause(self._clauses, channels, at_ms)
        if breached is None:
            self._hold_no_more(channels, at_ms)
        elif self.deadline_ms is None:
            self.deadline_ms, self._again = at_ms + self._hold_ms, breach_reason(breached, channels)

    def _hold_no_more(self, channels: Channels, at_ms: int) -> None:
        """A value inside every limit says that it is not there again; a value that is gone says nothing."""
        if is_denied(self._clauses, channels, at_ms):
            self.deadline_ms = None

    # --- time ---------------------------------------------------------------------------------------------------------------------

    def fall_due(self, channels: Channels) -> AlertChanged:
        """The deadline of a pending condition is reached: raise it, at the deadline. Where its signs fell silent meanwhile it is raised all
        the same, and the reason says so."""
        assert self.alert is not None and self.deadline_ms is not None  # noqa: PT018 - the engine asks only then
        if self.alert.state is _LATCHED:
            return self._move(self.alert, AlertState.ACTIVE, Why.RECURRED, reason=held_reason(self._again, self._hold_ms))
        at_ms, since_ms, reason = self.deadline_ms, self.alert.since_ms, self.alert.reason
        if self.rule.confirm is not None:
            return self._raise(since_ms, at_ms, Why.NOT_CONFIRMED_IN_TIME, f"{reason}, no second cuff in {seconds(at_ms - since_ms)}")
        age_ms = self._silent_for_ms(channels, at_ms)
        said = held_reason(reason, at_ms - since_ms) if age_ms is None else unheld_reason(reason, age_ms)
        return self._raise(since_ms, at_ms, Why.ONSET_PASSED, said)

    def _silent_for_ms(self, channels: Channels, at_ms: int) -> int | None:
        """How long none of its vital signs has had a value, where none has a usable one any more."""
        seen = [channels[sign] for sign in self.signs if channels[sign].is_vital]
        if not seen or any(channel.usable_milli(at_ms) is not None for channel in seen):
            return None
        return at_ms - max(channel.seen_at_ms or 0 for channel in seen)

    def raise_missing(self, since_ms: int, at_ms: int, channels: Channels) -> AlertChanged:
        """Kind missing: nothing usable came for the rule's time."""
        reason = missing_reason(self.rule.silent, at_ms - since_ms, channels)
        if self.alert is not None:  # latched, and missing again
            return self._move(self.alert, AlertState.ACTIVE, Why.RECURRED, reason=reason)
        return self._raise(since_ms, at_ms, Why.ONSET_PASSED, reason)

    # --- people and phases --------------------------------------------------------------------------------------------------------

    def acknowledge(self, by: str, at_ms: int) -> AlertChanged | None:
        """A person answered; None where there is nothing to answer."""
        alert = self.alert
        if alert is None or alert.state not in (AlertState.ACTIVE, _LATCHED):
            return None
        if alert.state is _LATCHED:
            return self._end(replace(alert, acknowledged_by=by, acknowledged_at_ms=at_ms), AlertState.RESOLVED, Why.ACKNOWLEDGED)
        self.alert = replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at_ms=at_ms)
        return AlertChanged(self.alert, Why.ACKNOWLEDGED)

    def condition_ended(self, alert: Alert) -> AlertChanged:
        """The condition is over: latched where a person must still answer, resolved otherwise."""
        if self.rule.latch and alert.state is AlertState.ACTIVE:
            return self._move(alert, _LATCHED, Why.CONDITION_ENDED)
        return self._end(alert, AlertState.RESOLVED, Why.CONDITION_ENDED)

    def end(self, why: Why) -> AlertChanged | None:
        """The rule no longer applies. What must be answered is still to be answered, while the session lasts."""
        alert = self.alert
        if alert is None:
            return None
        if why is Why.PHASE_ENDED and self.rule.latch and alert.state in (AlertState.ACTIVE, _LATCHED):
            return None if alert.state is _LATCHED else self._move(alert, _LATCHED, why)
        return self._end(alert, AlertState.WITHDRAWN if alert.state is _PENDING else AlertState.RESOLVED, why)

    # --- what follows an alert nobody answers -----------------------------------------------------------------------------------------

    def shown(self, at_ms: int) -> bool:
        """A screen has shown the occurrence at hand; whether that was the first."""
        alert = self.alert
        if alert is None or alert.raised_at_ms is None or alert.shown_at_ms is not None:
            return False
        self.alert = replace(alert, shown_at_ms=at_ms)
        return True

    def unseen(self) -> AlertChanged:
        """No screen has shown it in time."""
        assert self.alert is not None
        self.was_unseen = True
        return AlertChanged(self.alert, Why.UNSEEN)

    def escalate(self) -> AlertChanged:
        """Nobody has acknowledged it in time."""
        assert self.alert is not None
        self.alert = replace(self.alert, escalation=self.alert.escalation + 1)
        return AlertChanged(self.alert, Why.ESCALATED)

    def remind(self, at_ms: int) -> AlertChanged:
        """It was acknowledged some time ago and is still there."""
        assert self.alert is not None
        self.reminded_at_ms = at_ms
        return AlertChanged(self.alert, Why.REMINDED)

    # --- transitions --------------------------------------------------------------------------------------------------------------

    def _raise(self, since_ms: int, at_ms: int, why: Why, reason: str) -> AlertChanged:
        if self.alert is None:
            self._occurrence += 1
        self._forget()
        self.alert = self._new(AlertState.ACTIVE, since_ms=since_ms, raised_at_ms=at_ms, reason=reason)
        return AlertChanged(self.alert, why)

    def _move(self, alert: Alert, state: AlertState, why: Why, *, reason: str | None = None) -> AlertChanged:
        self._forget()
        self.alert = replace(alert, state=state) if reason is None else replace(alert, state=state, reason=reason)
        return AlertChanged(self.alert, why)

    def _end(self, alert: Alert, state: AlertState, why: Why) -> AlertChanged:
        self._forget()
        self.alert = None
        return AlertChanged(replace(alert, state=state), why)

    def _forget(self) -> None:
        """A new state: what was counted for the one before is void."""
        self.deadline_ms = None
        self._is_questionable = False
        self._cleared_readings, self._cleared_since_ms = 0, None

    def _new(self, state: AlertState, *, since_ms: int, raised_at_ms: int | None, reason: str) -> Alert:
        rule = self.rule
        self.was_unseen, self.reminded_at_ms = False, None
        return Alert(
            acknowledged_at_ms=None,
            acknowledged_by=None,
            cause=rule.cause,
            escalation=0,
            id=f"{rule.id}.{self._occurrence}",
            kind=rule.alert_kind,
            priority=rule.priority,
            raised_at_ms=raised_at_ms,
            reason=reason,
            rule=rule.id,
            shown_at_ms=None,
            since_ms=since_ms,
            state=state,
            title=rule.title,
            vital=rule_vital(rule),
        )
