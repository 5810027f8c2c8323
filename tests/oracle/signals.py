"""What follows an alert: unseen, escalated, reminded; and the pause of the sound."""

from dataclasses import dataclass

from tests.oracle.conditions import NEVER, Course
from tests.oracle.rulebook import read_file

UNANSWERED = ("active", "latched")
NOBODY_WATCHES = "nobody_watching"


@dataclass
class Following:
    """Of one raised alert. Times in milliseconds."""

    raised: int
    due: float = NEVER  # the next signal, and which
    why: str = ""
    shown: bool = False
    unseen: bool = False
    escalated: int = 0
    acknowledged: int = 0
    reminded: int = 0


class Signals:
    def __init__(self, courses: list[Course]) -> None:
        numbers = read_file()["signals"]
        self.unseen_after = numbers["shown_within_s"] * 1000
        self.escalate_after = [seconds * 1000 for seconds in numbers["escalate_after_s"]]
        self.remind_every = numbers["remind_every_s"] * 1000
        self.pause_max = numbers["audio_pause_max_s"] * 1000
        self.courses = courses
        self.open: dict[str, Course] = {}
        self.of: dict[str, Following] = {}
        self.pause_ends: float = NEVER
        self.has_moved = False  # an alert or what follows it, since somebody looked

    def follow(self, course: Course, at: int, state: str) -> None:
        """A course moved."""
        rule = course.rule.id
        if state == "active":
            self.open[rule] = course
            self.of.setdefault(rule, Following(at))  # a recurrence is the same occurrence: its signals go on
        elif state == "acknowledged":
            self.of[rule].acknowledged = at
        elif state in ("resolved", "withdrawn"):
            self.open.pop(rule, None)
            self.of.pop(rule, None)
        self._arrange(course)

    def _arrange(self, course: Course) -> None:
        """After anything that its next signal depends on."""
        self.has_moved = True
        one = self.of.get(course.rule.id)
        if one is not None:
            one.due, one.why = self._due(course, one)

    def _due(self, course: Course, one: Following) -> tuple[float, str]:
        """The next signal of an alert and when."""
        if course.state not in (*UNANSWERED, "acknowledged"):
            return NEVER, ""
        if course.state == "acknowledged":
            if course.rule.rank < 2:
                return NEVER, ""
            return one.acknowledged + (one.reminded + 1) * self.remind_every, "reminded"
        found: list[tuple[float, str]] = []
        if not one.shown and not one.unseen and course.rule.row["cause"] != NOBODY_WATCHES:
            found.append((one.raised + self.unseen_after, "unseen"))
        if course.rule.row["priority"] == "high" and one.escalated < len(self.escalate_after):
            found.append((one.raised + self.escalate_after[one.escalated], "escalated"))
        return min(found, default=(NEVER, ""))

    def next(self) -> tuple[float, Course | None, str]:
        best: tuple[float, Course | None, str] = (NEVER, None, "")
        for rule, course in self.open.items():
            one = self.of[rule]
            if one.due < best[0]:
                best = (one.due, course, one.why)
        return best

    def give(self, course: Course, why: str) -> None:
        one = self.of[course.rule.id]
        one.unseen |= why == "unseen"
        one.escalated += why == "escalated"
        one.reminded += why == "reminded"
        self._arrange(course)

    def show(self, alert: str) -> None:
        rule, _, n = alert.rpartition(".")
        for course in self.courses:
            if course.rule.id == rule and course.n == int(n) and rule in self.of:
                self.of[rule].shown = True
                self._arrange(course)

    # --- derived signs of them ----------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        unanswered = [course for course in self.open.values() if course.state in UNANSWERED]
        unseen = [one for one in (self.of[course.rule.id] for course in unanswered) if one.unseen and not one.shown]
        high = [course for course in unanswered if course.rule.rank == 3 and course.rule.row["alert_kind"] == "physiological"]
        return {"unseen_alerts": len(unseen), "unanswered_high": len(high)}
