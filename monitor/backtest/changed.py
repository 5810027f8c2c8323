"""One limit changed and everything else as it is: the question that is asked before a limit is changed."""

import msgspec

from monitor.backtest.rule_set import UNREVIEWED, RuleSet
from monitor.core.armed import moved
from monitor.core.limits import LimitsError, decode_limits, encode_limits
from schemas.alert import Priority
from schemas.limits import Clause, Direction, Limits, Rule
from schemas.vitals import Vital, to_milli


class NotAdjustable(ValueError):
    """The rule set does not let this limit be moved, or not that far."""


class Movable(msgspec.Struct, frozen=True):
    """A limit that may be moved for one patient, and how far."""

    rule: str
    title: str
    priority: Priority
    vital: Vital
    direction: Direction
    limit: float
    low: float
    high: float


def movable(limits: Limits) -> list[Movable]:
    """In the order of the rule set."""
    return [
        Movable(rule.id, rule.title, rule.priority, bound.vital, bound.direction, limit, bound.min, bound.max)
        for rule in limits.rule
        for bound in rule.adjust
        if (limit := _limit_of(rule, bound.vital, bound.direction)) is not None
    ]


def as_it_is(text: str, digest: str) -> RuleSet:
    """A rule set in its canonical text. Raises LimitsError."""
    limits = decode_limits(text)
    unreviewed = sum(rule.reviewer == UNREVIEWED for rule in limits.rule)
    return RuleSet("the rule set in force", limits.version, digest, len(limits.rule), unreviewed, text)


def with_limit(text: str, rule: str, vital: Vital, direction: Direction, limit: float) -> RuleSet:
    """The same rule set with another limit; where it clears moves along, as with a patient's own limit.

    Raises NotAdjustable, LimitsError."""
    limits = decode_limits(text)
    bound = next((each for each in movable(limits) if (each.rule, each.vital, each.direction) == (rule, vital, direction)), None)
    if bound is None:
        raise NotAdjustable(f"{rule} has no {direction} limit on {vital} that may be moved")
    if not bound.low <= limit <= bound.high:
        raise NotAdjustable(f"{rule}: the limit may be moved between {bound.low:g} and {bound.high:g}")
    if limit == bound.limit:
        raise NotAdjustable(f"{rule} is judged by {limit:g} already")
    changed = tuple(_moved(each, vital, direction, to_milli(limit)) if each.id == rule else each for each in limits.rule)
    new_text, digest = encode_limits(msgspec.structs.replace(limits, rule=changed, version=f"{limits.version}, {rule} at {limit:g}"))
    made = as_it_is(new_text, digest)
    return msgspec.structs.replace(made, source=f"the rule set in force with {rule} at {limit:g} instead of {bound.limit:g}")


def _is_it(clause: Clause, vital: Vital, direction: Direction) -> bool:
    """As a patient's own limit counts: a clause of its own with a limit on the vital sign."""
    (*rest, term) = clause.all
    return not rest and term.vital is vital and term.direction is direction and term.limit is not None


def _limit_of(rule: Rule, vital: Vital, direction: Direction) -> float | None:
    return next((clause.all[0].limit for clause in rule.any if _is_it(clause, vital, direction)), None)


def _moved(rule: Rule, vital: Vital, direction: Direction, limit_milli: int) -> Rule:
    clauses = tuple(
        msgspec.structs.replace(clause, all=(moved(clause.all[0], limit_milli),)) if _is_it(clause, vital, direction) else clause
        for clause in rule.any
    )
    return msgspec.structs.replace(rule, any=clauses)


__all__ = ["LimitsError", "Movable", "NotAdjustable", "as_it_is", "movable", "with_limit"]
