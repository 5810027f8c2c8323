"""The table of limits and changes: one rule of one patient, from idle to over."""

from collections.abc import Callable

from tests.oracle.facts import Facts
from tests.oracle.rulebook import CUFF_SIGNS, Bound, Clauses, Rule, read_file

NEVER = float("inf")


class Course:
    """Where one rule stands. `since`, `deadline`: of what is pending. `n`: the occurrence."""

    def __init__(self, rule: Rule, facts: Facts, say: Callable[["Course", int, str, str], None]) -> None:
        self.rule = rule
        self.facts = facts
        self.tell = say
        self.state = "idle"
        self.n = 0
        self.since = 0
        self.deadline: float = NEVER
        self.began_doubtful = False
        self.first_cuff = 0
        self.cleared_since: int | None = None
        self.cleared_count = 0
        self.doubt_since: int | None = None
        row = rule.row
        self.onset = round(row.get("onset_s", 0) * 1000)
        self.confirm = row.get("confirm")
        self.hold = round(read_file()["admission"]["questionable_hold_s"] * 1000)

    # --- questions ----------------------------------------------------------------------------------------------------------------

    def _holds(self, clauses: Clauses, at: int) -> bool:
        return any(all(self._is_in(bound, at) for bound in clause) for clause in clauses)

    def _is_in(self, bound: Bound, at: int) -> bool:
        fact = self.facts.newest(bound.sign, at)
        return fact is not None and bound.is_breached_by(fact.value)

    def breached(self, at: int) -> bool:
        return self._holds(self.rule.any, at) or self._holds(self.rule.immediate, at)

    def clauses_with(self, signs: set[str]) -> Clauses:
        return tuple(clause for clause in (*self.rule.any, *self.rule.immediate) if any(bound.sign in signs for bound in clause))

    def own_cuffs(self, new: set[str]) -> set[str]:
        return new & CUFF_SIGNS & self.rule.signs

    def inside_every_limit(self, at: int) -> bool:
        return self._is_each_out(at, lambda bound, value: not bound.is_breached_by(value))

    def all_clear(self, at: int) -> bool:
        return self._is_each_out(at, Bound.is_cleared_by)

    def _is_each_out(self, at: int, is_out: Callable[[Bound, float], bool]) -> bool:
        """Whether every clause has a term whose value is out of it. What has no value is out of nothing."""
        for clause in (*self.rule.any, *self.rule.immediate):
            if not all(self.facts.has_had(bound.sign) for bound in clause):
                continue  # what was never measured or asked holds nothing
            values = [self.facts.newest(bound.sign, at) for bound in clause]
            if not any(fact is not None and is_out(bound, fact.value) for bound, fact in zip(clause, values, strict=True)):
                return False
        return True

    def doubtful(self, at: int) -> bool:
        facts = (self.facts.newest(sign, at) for sign in self.rule.signs)
        return any(fact is not None and fact.is_doubtful for fact in facts)

    # --- steps --------------------------------------------------------------------------------------------------------------------

    def move(self, at: int, state: str, why: str) -> None:
        self.state = state
        self.deadline, self.doubt_since = NEVER, None
        if state != "acknowledged":
            self.cleared_since, self.cleared_count = None, 0
        self.tell(self, at, state, why)
        if state in ("resolved", "withdrawn"):
            self.state = "idle"

    def judge(self, at: int, new: set[str]) -> None:
        """One of its signs has a new usable value, its phase begins (`new` is empty) or a limit was moved (empty)."""
        match self.state:
            case "idle":
                self._begin(at)
            case "pending":
                self._pending(at, new)
            case "latched":
                self._latched(at)
            case _:
                self._raised(at, new)

    def _begin(self, at: int) -> None:
        if not self.breached(at):
            return
        doubtful = self.doubtful(at)
        self.n += 1
        self.since = at
        if not doubtful and (self._holds(self.rule.immediate, at) or not (self.onset or self.confirm)):
            self.move(at, "active", "immediate")
            return
        self.move(at, "pending", "condition_began")
        self.began_doubtful = doubtful
        self.first_cuff = at
        wait = round(self.confirm["within_s"] * 1000) if self.confirm else self.onset
        self.deadline = at + (max(wait, self.hold) if doubtful else wait)

    def _pending(self, at: int, new: set[str]) -> None:
        if self.doubtful(at):
            return
        if self._holds(self.rule.immediate, at):
            self.move(at, "active", "immediate")
        elif self.confirm:
            if not self.own_cuffs(new) or at - self.first_cuff < self.confirm["min_gap_s"] * 1000:
                return
            if self._holds(self.clauses_with(self.own_cuffs(new)), at):
                self.move(at, "active", "confirmed")
            elif self.inside_every_limit(at):
                self.move(at, "withdrawn", "not_confirmed")
        elif self.breached(at):
            if self.began_doubtful:
                self.began_doubtful = False
                self.deadline = self.since + self.onset
                if self.deadline <= at:
                    self.move(at, "active", "onset_passed")
        elif new and self.all_clear(at):
            self.move(at, "withdrawn", "condition_ended")

    def _raised(self, at: int, new: set[str]) -> None:
        if not new:
            return  # a moved limit clears nothing: the next value does
        if self.doubtful(at):
            self.cleared_since, self.cleared_count = None, 0
            return
        if self.confirm and not self.own_cuffs(new):
            return
        if not self.all_clear(at):
            self.cleared_since, self.cleared_count = None, 0
            return
        if self.cleared_since is None:
            self.cleared_since = at
        self.cleared_count += 1
        row = self.rule.row
        if self.cleared_count < row.get("clear_readings", 1) or at - self.cleared_since < row.get("clear_hold_s", 0) * 1000:
            return
        self.end(at, "condition_ended")

    def end(self, at: int, why: str) -> None:
        if self.state == "pending":
            self.move(at, "withdrawn", why)
        elif self.state == "active" and self.rule.row.get("latch", False) and why != "session_ended":
            self.move(at, "latched", why)
        else:
            self.move(at, "resolved", why)

    def _latched(self, at: int) -> None:
        if not self.breached(at):
            if self.inside_every_limit(at):  # silence says nothing
                self.doubt_since, self.deadline = None, NEVER
        elif not self.doubtful(at):
            self.move(at, "active", "recurred")
        elif self.doubt_since is None:
            self.doubt_since = at
            self.deadline = at + self.hold

    # --- time, answers, phases ----------------------------------------------------------------------------------------------------

    def fall_due(self, at: int) -> None:
        if self.state == "latched":
            self.move(at, "active", "recurred")
        else:
            self.move(at, "active", "not_confirmed_in_time" if self.confirm else "onset_passed")

    def acknowledge(self, at: int) -> bool:
        """Whether it was latched: where its condition is true again a new occurrence begins."""
        was_latched = self.state == "latched"
        if self.state in ("active", "latched"):
            self.move(at, "resolved" if was_latched else "acknowledged", "acknowledged")
        return was_latched
