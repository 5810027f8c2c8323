"""The same limits used naively: any value beyond a limit raises at once, any value inside clears at once, each crossing is a new alert.

No onset, no hysteresis, no second cuff, no doubt, no lateness. It is spared what any driver would keep out: a value that is missing, and
one outside the plausible range of its vital sign. Phases and baselines are those of the session.

Missing data used as naively: a device that says it has no value, or is half an interval overdue, raises at once.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from benchmarks.alert_quality.bounds import Baselines, Bounds, bounds, vitals_of
from benchmarks.alert_quality.occurrence import Occurrence
from schemas.limits import Rule
from schemas.session import Phase
from schemas.vitals import VITAL_SIGNS, Vital

OVERDUE_INTERVALS: Final = 1.5


class NaiveRule:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.vitals = vitals_of(rule)
        self.occurrences: list[Occurrence] = []
        self._clauses: tuple[Bounds, ...] = ()
        self._is_on = False

    def arm(self, baselines: Baselines) -> None:
        self._clauses = bounds((*self.rule.any, *self.rule.immediate), baselines)

    def judge(self, latest: Mapping[Vital, float], phase: Phase, at_s: float) -> None:
        is_beyond = phase in self.rule.phases and any(_holds(clause, latest) for clause in self._clauses)
        if is_beyond and not self._is_on:
            self.occurrences.append(Occurrence(self.rule.id, at_s, at_s, cause=self.rule.cause, priority=self.rule.priority))
        elif self._is_on and not is_beyond:
            self.occurrences[-1].ended_s = at_s
        self._is_on = is_beyond


class NaiveSilence:
    """A rule of kind missing without its time."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.occurrences: list[Occurrence] = []

    def judge(self, missing: frozenset[Vital], phase: Phase, at_s: float) -> None:
        is_missing = phase in self.rule.phases and missing.issuperset(self.rule.missing)
        is_on = bool(self.occurrences) and self.occurrences[-1].ended_s is None
        if is_missing and not is_on:
            self.occurrences.append(Occurrence(self.rule.id, at_s, at_s, cause=self.rule.cause, priority=self.rule.priority))
        elif is_on and not is_missing:
            self.occurrences[-1].ended_s = at_s


class Naive:
    """Sees what the engine sees, value by value in the order of arrival. `rules` limit vital signs, `silences` notice missing ones."""

    def __init__(self, rules: Iterable[Rule], silences: Iterable[Rule], intervals_s: Mapping[Vital, float]) -> None:
        self.rules = tuple(NaiveRule(rule) for rule in rules)
        self._silences = tuple(NaiveSilence(rule) for rule in silences)
        self._overdue_s = {
            vital: OVERDUE_INTERVALS * intervals_s[vital]
            for silence in self._silences
            for vital in silence.rule.missing
            if vital in intervals_s
        }
        self._latest: dict[Vital, float] = {}
        self._given_s: dict[Vital, float] = {}  # when the newest measurement of it came, where that had a value
        self._watched_since_s = 0.0
        self._without: frozenset[Vital] = frozenset()  # whose newest measurement had no value
        self._missing: frozenset[Vital] = frozenset()
        self._phase = Phase.PLANNED

    @property
    def occurrences(self) -> list[Occurrence]:
        return [occurrence for rule in self.rules for occurrence in rule.occurrences]

    @property
    def silences(self) -> list[Occurrence]:
        return [occurrence for silence in self._silences for occurrence in silence.occurrences]

    def enter(self, phase: Phase, baselines: Baselines, at_s: float) -> None:
        if not any(self._phase in silence.rule.phases for silence in self._silences):
            self._watched_since_s = at_s
        self._phase = phase
        for rule in self.rules:
            rule.arm(baselines)
            rule.judge(self._latest, phase, at_s)
        for silence in self._silences:
            silence.judge(self._missing, phase, at_s)

    def pass_to(self, at_s: float) -> None:
        self._look(at_s)

    def take(self, values: Mapping[Vital, float | None], at_s: float) -> None:
        changed = {vital: value for vital, value in values.items() if value is not None and _is_plausible(vital, value)}
        self._given_s.update(dict.fromkeys(changed, at_s))
        if self._without or self._missing or len(changed) < len(values):
            self._without = (self._without | values.keys()) - changed.keys()
            self._look(at_s)
        moved = {vital for vital, value in changed.items() if self._latest.get(vital) != value}
        if not moved:
            return
        self._latest.update(changed)
        for rule in self.rules:
            if not rule.vitals.isdisjoint(moved):
                rule.judge(self._latest, self._phase, at_s)

    def _look(self, at_s: float) -> None:
        since_s = self._watched_since_s
        missing = frozenset(
            vital
            for vital, overdue_s in self._overdue_s.items()
            if vital in self._without or at_s - max(self._given_s.get(vital, since_s), since_s) > overdue_s
        )
        if missing != self._missing:
            self._missing = missing
            for silence in self._silences:
                silence.judge(missing, self._phase, at_s)


def _holds(clause: Bounds, latest: Mapping[Vital, float]) -> bool:
    return all(bound.vital in latest and bound.is_beyond(latest[bound.vital]) for bound in clause)


def _is_plausible(vital: Vital, value: float) -> bool:
    sign = VITAL_SIGNS[vital]
    return sign.plausible_min <= value <= sign.plausible_max
