"""The terms of a rule as numbers, read here anew and not with the core's code: what judges the core must not share its mistakes.

`slack` moves a bound away from the harmless side: above 0 a value beyond it is surely beyond the limit, below 0 it may be by error alone.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.limits import Clause, Direction, Rule, RuleKind, Term
from schemas.vitals import VITAL_SIGNS, Vital

Baselines = Mapping[Vital, float]


class Bound(NamedTuple):
    vital: Vital
    is_high: bool
    limit: float

    def is_beyond(self, value: float) -> bool:
        return value >= self.limit if self.is_high else value <= self.limit


Bounds = tuple[Bound, ...]  # of one clause: beyond while all are


def is_judged(rule: Rule, known: Iterable[Vital]) -> bool:
    """Whether truth can judge the rule: it limits nothing but vital signs whose true values are known."""
    vitals = set(known)
    return rule.kind in (RuleKind.LIMIT, RuleKind.CHANGE) and all(term.vital in vitals for clause in _clauses(rule) for term in clause.all)


def is_of_cuffs(rule: Rule) -> bool:
    return any(VITAL_SIGNS[vital].is_cuff for vital in vitals_of(rule))


def vitals_of(rule: Rule) -> frozenset[Vital]:
    return frozenset(_vital(term) for clause in _clauses(rule) for term in clause.all)


def _vital(term: Term) -> Vital:
    """What a term of a judged rule limits: `is_judged` lets no other in."""
    assert term.vital is not None
    return term.vital


def _clauses(rule: Rule) -> tuple[Clause, ...]:
    return (*rule.any, *rule.immediate)


def bounds(clauses: Iterable[Clause], baselines: Baselines, slack: Mapping[Vital, float] | None = None) -> tuple[Bounds, ...]:
    """The clauses as numbers. One that needs a baseline that was not taken is left out, as the rule set says."""
    outward = slack or {}
    found = [tuple(_bound(term, baselines.get(_vital(term)), outward.get(_vital(term), 0.0)) for term in clause.all) for clause in clauses]
    return tuple(tuple(bound for bound in terms if bound is not None) for terms in found if None not in terms)


def _bound(term: Term, baseline: float | None, slack: float) -> Bound | None:
    is_high = term.direction is Direction.HIGH
    outward = 1.0 if is_high else -1.0
    limit: float | None
    if term.limit is not None:
        limit = term.limit
        if term.unless_baseline_below is not None and term.then_change is not None and baseline is not None:
            limit = _personal(term.limit, term.unless_baseline_below, term.then_change, baseline, slack)
    elif baseline is None:
        return None
    elif term.change is not None:
        limit = baseline + term.change
    else:
        limit = baseline * (1.0 + (term.change_percent or 0.0) / 100.0)
    if term.floor is not None:
        limit = max(limit, term.floor)
    return Bound(_vital(term), is_high, limit + outward * slack)


def _personal(limit: float, below: float, change: float, baseline: float, slack: float) -> float:
    """A limit that hangs on the baseline's side of a number: where the baseline's own error decides, the one that `slack` asks for."""
    candidates = [limit] if baseline + abs(slack) >= below else []
    if baseline - abs(slack) < below:
        candidates.append(baseline + change)
    return min(candidates) if slack >= 0 else max(candidates)
