"""Alerts. "Alert", not "alarm": an alarm system has a regulated meaning that this project does not claim."""

from enum import StrEnum

import msgspec

from schemas.vitals import Vital


class AlertKind(StrEnum):
    PHYSIOLOGICAL = "physiological"
    TECHNICAL = "technical"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    __hash__ = str.__hash__


PRIORITY_RANK = {Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 3}


class AlertState(StrEnum):
    """pending: the condition holds, its onset time has not passed. active: raised, nobody has answered.
    acknowledged: raised and answered, the condition still holds. latched: a high alert whose condition ended before anybody answered.
    resolved: over. withdrawn: a pending condition that ended before it was raised."""

    PENDING = "pending"
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    LATCHED = "latched"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class Why(StrEnum):
    """The named reason of every transition."""

    CONDITION_BEGAN = "condition_began"  # -> pending
    ONSET_PASSED = "onset_passed"  # -> active: held for its onset time
    CONFIRMED = "confirmed"  # -> active: a second cuff agreed
    NOT_CONFIRMED_IN_TIME = "not_confirmed_in_time"  # -> active: the second cuff did not come
    IMMEDIATE = "immediate"  # -> active: the rule has no delay, or the value skips it
    RECURRED = "recurred"  # latched -> active: the condition holds again
    ACKNOWLEDGED = "acknowledged"  # a person answered
    CONDITION_ENDED = "condition_ended"  # cleared by valid readings
    NOT_CONFIRMED = "not_confirmed"  # pending -> withdrawn: the second cuff disagreed
    UNSEEN = "unseen"  # no screen that can be seen and heard has shown it in time: the second channel is used
    ESCALATED = "escalated"  # nobody has acknowledged it: one more is called
    REMINDED = "reminded"  # acknowledged some time ago, and its condition still holds
    PHASE_ENDED = "phase_ended"  # the rule does not apply in the new phase
    SESSION_ENDED = "session_ended"


RAISES = frozenset({Why.ONSET_PASSED, Why.CONFIRMED, Why.NOT_CONFIRMED_IN_TIME, Why.IMMEDIATE, Why.RECURRED})  # it calls from here on
FOLLOWS = frozenset({Why.UNSEEN, Why.ESCALATED, Why.REMINDED})  # follows a raised alert and moves no state


class Alert(msgspec.Struct, frozen=True):
    """One occurrence of one rule as it stands. `id` is unique in its session, e.g. 'BP-H1.2', the second occurrence of BP-H1."""

    acknowledged_at_ms: int | None
    acknowledged_by: str | None
    cause: str  # alerts of one cause are presented as one, the highest first
    escalation: int  # how often it was escalated
    id: str
    kind: AlertKind
    priority: Priority
    raised_at_ms: int | None  # None while pending
    reason: str  # for people: 'SBP 184 >= 180, confirmed by 2 cuffs, +47 % of baseline 125'
    rule: str
    shown_at_ms: int | None  # when a screen that can be seen and heard first showed it
    since_ms: int  # when the condition began
    state: AlertState
    title: str
    vital: Vital | None
