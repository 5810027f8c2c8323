"""The plain limits of a session, open or ended, as its log tells them: of its rule set, and where one was moved for the patient. Pure."""

from collections.abc import Iterable

import msgspec

from monitor.core.limits import decode_limits
from schemas.alert import Priority
from schemas.limits import Direction, RuleKind
from schemas.log import Entry, LimitChanged, SessionCreated
from schemas.vitals import Vital, from_milli


class LimitInForce(msgspec.Struct, frozen=True):
    """In the unit of the vital sign. `ordinary`: that of the rule set; another one than `limit` where it was moved for this patient."""

    rule: str
    title: str
    priority: Priority
    vital: Vital
    direction: Direction
    limit: float
    ordinary: float


def limits_in_force(entries: Iterable[Entry]) -> tuple[LimitInForce, ...]:
    """Of the log's `session_created` and `limit_changed`, in order. Limits on a change from the baseline are none of these."""
    limits = None
    moved: dict[tuple[str, Vital, str], float] = {}
    for entry in entries:
        body = entry.body
        if isinstance(body, SessionCreated):
            limits = decode_limits(body.limits)
        elif isinstance(body, LimitChanged):
            moved[body.rule, body.vital, body.direction] = from_milli(body.new_milli)
    return tuple(
        LimitInForce(
            rule=rule.id,
            title=rule.title,
            priority=rule.priority,
            vital=term.vital,
            direction=term.direction,
            limit=moved.get((rule.id, term.vital, term.direction), term.limit),
            ordinary=term.limit,
        )
        for rule in (limits.rule if limits is not None else ())
        if rule.kind is RuleKind.LIMIT
        for clause in rule.any
        if len(clause.all) == 1
        for term in clause.all
        if term.vital is not None and term.limit is not None
    )
