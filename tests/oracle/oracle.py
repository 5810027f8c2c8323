"""What a log's inputs must lead to, worked out by docs/explanation/alerts.md alone."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.log import (
    AlertAcknowledged,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    BolusGiven,
    Entry,
    LimitConfirmed,
    LimitProposed,
    PhaseOrdered,
    RateSet,
    SessionCreated,
)
from schemas.session import OPEN_PHASES
from tests.oracle.conditions import NEVER, Course
from tests.oracle.dose import Dose
from tests.oracle.facts import Facts
from tests.oracle.rulebook import Baselines, concerned, fitted, rules
from tests.oracle.signals import Signals
from tests.oracle.silence import Silence

MONITORED = ("infusing", "paused", "recovery")


class Transition(NamedTuple):
    at: int
    rule: str
    n: int
    state: str
    why: str


class Oracle:
    def __init__(self) -> None:
        self.facts = Facts()
        self.said: list[Transition] = []
        say = self._say
        self.courses = [(Silence if rule.is_silence else Course)(rule, self.facts, say) for rule in rules()]
        self.silences = [course for course in self.courses if isinstance(course, Silence)]
        self.in_due_order = sorted(self.courses, key=lambda course: course.rule.is_silence)  # limits and changes, then silence
        self.baselines: Baselines = ()
        self.proposals: list[LimitProposed] = []  # that wait for a second person
        self.phase = "planned"
        self.now = 0
        self.signals = Signals(self.courses)
        self.dose = Dose()
        self.raised: list[tuple[Course, str]] = []  # with the reason, since the sound was last looked at
        self.has_started = False

    def _say(self, course: Course, at: int, state: str, why: str) -> None:
        self.said.append(Transition(at, course.rule.id, course.n, state, why))
        self.signals.follow(course, at, state)
        if state == "active":
            self.raised.append((course, why))

    def _was_called(self, course: Course, at: int) -> bool:
        """Something of the same cause, as high or higher, called already and still does."""
        row, said = course.rule.row, self.signals.of
        others = [other for other in self.courses if other is not course and other.state in ("active", "latched")]
        return any(o.rule.row["cause"] == row["cause"] and o.rule.rank >= course.rule.rank and said[o.rule.id].raised < at for o in others)

    def _resume(self, at: int, why: str) -> None:
        if self.signals.pause_ends != NEVER:
            self.signals.pause_ends = NEVER
            self.said.append(Transition(at, "sound", 0, "resumed", why))

    # --- time ---------------------------------------------------------------------------------------------------------------------

    def advance(self, until: int) -> None:
        """Everything that falls due by then happens, each at its own time; at equal times in the order of this function."""
        while self.has_started or self.signals.pause_ends != NEVER:  # before the start no rule applies
            deadlines = [course.deadline for course in self.in_due_order]
            deadline = min(deadlines)
            growth = self.dose.next_growth(self.now)
            signal, signalled, why = self.signals.next()
            due = min(growth, deadline, self.signals.pause_ends, signal)
            if due > until:
                return
            at = int(due)
            if due == growth:
                self._judge(at, self._new_doses(at))
                self.now = at
            elif due == deadline:
                self.in_due_order[deadlines.index(deadline)].fall_due(at)
            elif due == self.signals.pause_ends:
                self._resume(at, "time_passed")
            elif signalled is not None:
                self.signals.give(signalled, why)
                self.said.append(Transition(at, signalled.rule.id, signalled.n, signalled.state, why))
            self._look_at_alerts(at)

    def _new_doses(self, at: int) -> set[str]:
        new = set()
        for sign, value in self.dose.signs(at).items():
            new |= self.facts.work_out(sign, at, value)
        return new

    def _look_at_alerts(self, at: int) -> None:
        """Signs that are made of alerts. A rule on them may raise an alert in its turn."""
        raised, self.raised = self.raised, []
        if any(why == "recurred" or not self._was_called(course, at) for course, why in raised):
            self._resume(at, "new_alert")
        if not self.signals.has_moved:
            return
        self.signals.has_moved = False
        new = set()
        for sign, count in self.signals.counts().items():
            fact = self.facts.newest(sign, at)
            if count != (0 if fact is None else fact.value):
                new |= self.facts.work_out(sign, at, count)
        if new:
            self._judge(at, new)
            self._look_at_alerts(at)

    # --- inputs -------------------------------------------------------------------------------------------------------------------

    def take(self, at: int, body: object) -> None:
        self.advance(at)
        self.now = at
        match body:
            case SessionCreated():
                self.dose.ordered(body.order)
            case RateSet():
                self.dose.set_rate(at, body.rate_ug_per_min)
                self._judge(at, self._new_doses(at))
            case BolusGiven():
                self.dose.bolus(at, body.amount_ug)
                self._judge(at, self._new_doses(at))
            case AudioPaused():
                self.signals.pause_ends = at + min(body.for_ms, self.signals.pause_max)
            case AudioPauseEnded():
                self._resume(at, "ended_by_person")
            case AlertShown():
                self.signals.show(body.alert)
            case PhaseOrdered():
                self._enter(at, str(body.phase))
            case AlertAcknowledged():
                self._answer(at, body.alert)
            case LimitProposed():
                self._propose(at, body)
            case LimitConfirmed():
                self._move_limit(at, self.proposals[body.proposal - 1])
            case _:
                self._judge(at, self.facts.tell(at, body))
        self._look_at_alerts(at)
        for silence in self.silences:
            silence.last_input = at
            silence.arrange()
        self.advance(at)

    def _judge(self, at: int, new: set[str]) -> None:
        if not self.has_started:
            return
        for course in self._concerned(new):
            if self.phase in course.rule.row["phases"]:
                course.judge(at, new)

    def _concerned(self, new: set[str]) -> list[Course]:
        return [self.courses[index] for index in concerned(frozenset(new))]

    def _enter(self, at: int, phase: str) -> None:
        before, self.phase = self.phase, phase
        self.dose.enter(at, phase)
        new = self._new_doses(at)
        if phase == "infusing" and not self.has_started:
            self.has_started = True
            self.baselines = tuple(self.facts.baselines(at).items())
            for course in self.courses:
                course.rule = fitted(course.rule.index, self.baselines, course.rule.own)
        for course in self.courses:
            was, now = before in course.rule.row["phases"], phase in course.rule.row["phases"]
            if isinstance(course, Silence):
                course.is_watched = now
                if before not in MONITORED and phase in MONITORED:
                    course.monitored_since = at
            if course.state != "idle" and phase not in OPEN_PHASES:
                course.end(at, "session_ended")
            elif course.state not in ("idle", "latched") and was and not now:
                course.end(at, "phase_ended")
            elif now and not was:
                course.judge(at, set())
        for course in self._concerned(new):
            if {before, phase} <= set(course.rule.row["phases"]):
                course.judge(at, new)
        if phase not in OPEN_PHASES:
            self._resume(at, "session_ended")

    def _answer(self, at: int, alert: str) -> None:
        rule_id = alert.rpartition(".")[0]
        answered = next(course for course in self.courses if course.rule.id == rule_id)
        cause, rank = answered.rule.row["cause"], answered.rule.rank
        lesser = [course for course in self.courses if course.rule.row["cause"] == cause and course.rule.rank < rank]
        for course in [course for course in (answered, *lesser) if course.acknowledge(at)]:
            if self.phase in course.rule.row["phases"]:
                course.judge(at, set())

    # --- limits of one patient's own ----------------------------------------------------------------------------------------------

    def _propose(self, at: int, body: LimitProposed) -> None:
        rule = next(course.rule for course in self.courses if course.rule.id == body.rule)
        difference = body.limit_milli / 1000 - rule.adjustable(body.vital, body.direction)
        loosens = difference > 0 if body.direction == "high" else difference < 0
        if rule.row["priority"] == "high" and loosens:
            self.proposals.append(body)
        else:
            self._move_limit(at, body)

    def _move_limit(self, at: int, body: LimitProposed) -> None:
        course = next(course for course in self.courses if course.rule.id == body.rule)
        own = {**dict(course.rule.own), (str(body.vital), str(body.direction)): body.limit_milli / 1000}
        course.rule = fitted(course.rule.index, self.baselines, tuple(sorted(own.items())))
        if self.phase in course.rule.row["phases"]:
            course.judge(at, set())


def predict(inputs: Iterable[Entry], until: int, begun: Oracle | None = None) -> list[Transition]:
    """`begun`: an oracle that has taken the inputs before these."""
    oracle = begun or Oracle()
    for entry in inputs:
        oracle.take(entry.at_ms, entry.body)
    oracle.advance(until)
    return oracle.said
