"""Rules of silence: nothing usable came for a time."""

from schemas.vitals import VITAL_SIGNS
from tests.oracle.conditions import NEVER, Course


class Silence(Course):
    """Counted from the last usable value or the start of monitoring, whichever is later."""

    monitored_since = 0
    is_watched = False
    last_input = 0

    def _last(self, sign: str) -> int:
        if sign in VITAL_SIGNS:
            facts = self.facts.vitals.get(sign)
            return facts[-1].at if facts else 0
        fact = self.facts.standing.get(sign)
        return fact.at if fact else 0

    def _silent_ms(self, sign: str) -> float:
        row = self.rule.row
        if "after_intervals" in row:
            return float(row["after_intervals"] * self.facts.interval_ms(sign))
        interval_s = self.facts.interval_ms(sign) / 1000 if sign in VITAL_SIGNS else 1
        return float(row["after_s"] * 1000 * max(1, interval_s))

    def _due(self) -> float:
        if not self.is_watched or self.state not in ("idle", "latched"):
            return NEVER
        last = max(self.monitored_since, *(self._last(sign) for sign in self.rule.signs))
        return max(last + max(self._silent_ms(sign) for sign in self.rule.signs), self.last_input)

    def arrange(self) -> None:
        """After every input: when it falls due, if nothing comes."""
        self.deadline = self._due()

    def fall_due(self, at: int) -> None:
        if self.state == "latched":
            self.move(at, "active", "recurred")
        else:
            self.n += 1
            self.move(at, "active", "onset_passed")

    def judge(self, at: int, new: set[str]) -> None:
        if self.state in ("active", "acknowledged") and new & self.rule.signs:
            self.end(at, "condition_ended")
