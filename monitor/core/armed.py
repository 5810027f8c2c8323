"""A rule's terms as numbers: resolved against the personal baseline, so that judging is one integer comparison."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from schemas.limits import Clause, Direction, Rule, Term
from schemas.signs import SIGNS, Sign
from schemas.vitals import Vital, to_milli

_RULES: Final = 1_024  # that are remembered: several rule sets; one more is worked out anew


class ArmedTerm(msgspec.Struct, frozen=True):
    """A term in thousandths. High: breached at value >= limit, cleared at < clear. Low: breached at value <= limit, cleared at >= clear."""

    sign: Sign
    is_high: bool
    limit_milli: int
    clear_milli: int
    shown_milli: int  # the limit as people read it
    symbol: str  # '>=', '>', '<=' or '<'
    baseline_milli: int | None


ArmedClause = tuple[ArmedTerm, ...]
ArmedRule = tuple[tuple[ArmedClause, ...], tuple[ArmedClause, ...]]
"""(all clauses that can breach, of them those that need no confirmation)."""
Own = Mapping[tuple[Sign, Direction], int]
"""A patient's own limits, in thousandths."""


def rule_sign(rule: Rule) -> Sign:
    """The sign a rule is named for: that of its first term, or the first missing one."""
    return rule.any[0].all[0].sign if rule.any else rule.silent[0]


def rule_vital(rule: Rule) -> Vital | None:
    """The same, where it is a vital sign."""
    sign = rule_sign(rule)
    return sign if isinstance(sign, Vital) else None


@lru_cache(maxsize=_RULES)
def rule_signs(rule: Rule) -> frozenset[Sign]:
    """Every sign that can move a rule."""
    return frozenset(term.sign for clause in (*rule.any, *rule.immediate) for term in clause.all) | frozenset(rule.silent)


def arm_rule(rule: Rule, baselines: Mapping[Sign, int], own: Own) -> ArmedRule:
    """A clause with a term that lacks its baseline stays inert. Own limits move the limit of a clause of one term; where the values lie
    beyond which the rule needs no confirmation stays as it is."""
    return _arm(rule, baselines, own) if baselines or own else _of_the_rule_set(rule)


@lru_cache(maxsize=_RULES)
def _of_the_rule_set(rule: Rule) -> ArmedRule:
    """The same for every session that begins."""
    return _arm(rule, {}, {})


def _arm(rule: Rule, baselines: Mapping[Sign, int], own: Own) -> ArmedRule:
    immediate = _armed(rule.immediate, baselines, {})
    alone = (_armed((clause,), baselines, own if len(clause.all) == 1 else {}) for clause in rule.any)
    return tuple(armed for one in alone for armed in one) + immediate, immediate


def _armed(clauses: tuple[Clause, ...], baselines: Mapping[Sign, int], own: Own) -> tuple[ArmedClause, ...]:
    found: list[ArmedClause] = []
    for clause in clauses:
        terms = [arm_term(moved(term, own.get((term.sign, term.direction))), baselines.get(term.sign)) for term in clause.all]
        armed = tuple(term for term in terms if term is not None)
        if len(armed) == len(terms):
            found.append(armed)
    return tuple(found)


def moved(term: Term, limit_milli: int | None) -> Term:
    """The term with another limit of this patient's own; where it clears moves along."""
    if limit_milli is None or term.limit is None:
        return term
    limit = limit_milli / 1000
    return msgspec.structs.replace(term, limit=limit, clear=None if term.clear is None else limit + term.clear - term.limit)


def arm_term(term: Term, baseline_milli: int | None) -> ArmedTerm | None:
    """Resolve a term; None where it needs a baseline that was never taken."""
    limit = _limit_milli(term, baseline_milli)
    if limit is None:
        return None
    is_high = term.direction is Direction.HIGH
    exact = limit if term.at_limit else (limit + 1 if is_high else limit - 1)
    symbol = (">" if is_high else "<") + ("=" if term.at_limit else "")
    return ArmedTerm(term.sign, is_high, exact, _clear_milli(term, baseline_milli, limit, exact), limit, symbol, baseline_milli)


def _limit_milli(term: Term, baseline_milli: int | None) -> int | None:
    if term.limit is not None:
        below = term.unless_baseline_below
        if below is not None and term.then_change is not None and baseline_milli is not None and baseline_milli < to_milli(below):
            return baseline_milli + to_milli(term.then_change)
        return to_milli(term.limit)
    if baseline_milli is None:
        return None
    if term.change is not None:
        limit = baseline_milli + to_milli(term.change)
    else:
        limit = round(baseline_milli * (1 + (term.change_percent or 0.0) / 100))
    return max(limit, to_milli(term.floor)) if term.floor is not None else limit


def _clear_milli(term: Term, baseline_milli: int | None, limit: int, exact: int) -> int:
    """Where the condition ends: never inside the breach, and never where no plausible value could reach it."""
    is_high = term.direction is Direction.HIGH
    clear = exact if is_high else exact + 1
    if term.clear is not None:
        clear = to_milli(term.clear)
        if term.unless_baseline_below is not None and term.limit is not None:
            clear = min(clear, limit + to_milli(term.clear - term.limit))  # a personal limit keeps its own distance
    elif term.clear_change_percent is not None and baseline_milli is not None:
        clear = round(baseline_milli * (1 + term.clear_change_percent / 100))
    elif term.clear_margin is not None:
        clear = limit + to_milli(term.clear_margin) * (-1 if is_high else 1)
    row = SIGNS[term.sign]
    if is_high:
        return min(max(clear, to_milli(row.low) + 1), exact)
    return max(min(clear, to_milli(row.high)), exact + 1)
