"""The rule set, read from its file once more, and what a limit is for one patient. All numbers in the units of their signs."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LIMITS_FILE = Path(__file__).parents[2] / "monitor" / "limits.toml"
RANK = {"low": 1, "medium": 2, "high": 3}
CUFF_SIGNS = {"systolic_bp", "diastolic_bp", "mean_bp", "shock_index", "rate_pressure", "systolic_projected"}


@cache
def read_file() -> dict[str, Any]:
    return tomllib.loads(LIMITS_FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Bound:
    """One term for one patient: `limit` and the `clear` value past which it is cleared."""

    sign: str
    is_high: bool
    at_limit: bool
    limit: float
    clear: float

    def is_breached_by(self, value: float) -> bool:
        if value == self.limit:
            return self.at_limit
        return value > self.limit if self.is_high else value < self.limit

    def is_cleared_by(self, value: float) -> bool:
        if self.is_breached_by(value):
            return False
        if self.clear == self.limit:
            return True  # no clearing value of its own: cleared where it is not breached
        if value == self.clear:
            return not self.is_high
        return value < self.clear if self.is_high else value > self.clear


def bound_of(term: dict[str, Any], baselines: dict[str, float], own: float | None) -> Bound | None:
    """None where a baseline is wanted and there is none."""
    sign = term.get("vital") or term.get("charted") or term["derived"]
    is_high = term["direction"] == "high"
    base = baselines.get(sign)
    clear = term.get("clear")
    if "limit" in term:
        limit = term["limit"]
        if base is not None and base < term.get("unless_baseline_below", 0):
            limit = base + term["then_change"]
            clear += limit - term["limit"]  # where it clears moves along
        if own is not None:
            clear = None if clear is None else clear + own - limit
            limit = own
    elif base is None:
        return None
    else:
        limit = base + term["change"] if "change" in term else base * (1 + term["change_percent"] / 100)
        limit = max(limit, term["floor"]) if "floor" in term else limit
    if "clear_change_percent" in term:
        if base is None:
            return None
        clear = base * (1 + term["clear_change_percent"] / 100)
    if "clear_margin" in term:
        clear = limit - term["clear_margin"] if is_high else limit + term["clear_margin"]
    return Bound(sign, is_high, term.get("at_limit", True), round(limit, 6), round(limit if clear is None else clear, 6))


Clauses = tuple[tuple[Bound, ...], ...]
Baselines = tuple[tuple[str, float], ...]
Own = tuple[tuple[tuple[str, str], float], ...]  # ((sign, direction), limit): what a person moved, sorted


@dataclass(frozen=True, eq=False)
class Rule:
    """One row of the file, and its clauses for one patient. A clause that lacks its baseline is left out."""

    row: dict[str, Any]
    index: int
    id: str
    rank: int
    signs: frozenset[str]
    any: Clauses
    immediate: Clauses
    own: Own

    @property
    def is_silence(self) -> bool:
        return bool(self.row["kind"] == "missing")

    def adjustable(self, vital: str, direction: str) -> float:
        """The limit in force that a person may move. The file's clauses have one of each."""
        limits = [
            term["limit"]
            for clause in self.row["any"]
            for term in clause["all"]
            if term.get("vital") == vital and term["direction"] == direction and "limit" in term
        ]
        return dict(self.own).get((vital, direction), limits[0])


@cache
def fitted(index: int, baselines: Baselines = (), own: Own = ()) -> Rule:
    """A row worked out for one patient. Kept, since every history asks the same."""
    row = read_file()["rule"][index]
    terms = [term for clause in (*row.get("any", ()), *row.get("immediate", ())) for term in clause["all"]]
    signs = {term.get("vital") or term.get("charted") or term["derived"] for term in terms} | set(row.get("missing", ()))
    if "missing_charted" in row:
        signs.add(row["missing_charted"])
    of_any = _clauses(row.get("any", ()), dict(baselines), dict(own))
    immediate = _clauses(row.get("immediate", ()), dict(baselines), {})
    return Rule(row, index, row["id"], RANK[row["priority"]], frozenset(signs), of_any, immediate, own)


def _clauses(clauses: Iterable[dict[str, Any]], baselines: dict[str, float], own: dict[tuple[str, str], float]) -> Clauses:
    made = []
    for clause in clauses:
        bounds = []
        for term in clause["all"]:
            moved = own.get((term.get("vital", ""), term["direction"])) if "limit" in term else None
            bounds.append(bound_of(term, baselines, moved))
        known = tuple(bound for bound in bounds if bound is not None)
        if len(known) == len(bounds):
            made.append(known)
    return tuple(made)


def rules(baselines: Baselines = ()) -> list[Rule]:
    return [fitted(index, baselines) for index in range(len(read_file()["rule"]))]


@cache
def concerned(signs: frozenset[str]) -> tuple[int, ...]:
    """The rules, by their place in the file, that one of these signs concerns."""
    return tuple(rule.index for rule in rules() if signs & rule.signs)
