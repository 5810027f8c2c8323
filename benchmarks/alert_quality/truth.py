"""What was true: when the simulated patient was beyond a limit, and by when a perfect user of the rules would have said so.

Nothing here asks the engine. All numbers are the patient's own, before noise, artefact and rounding:

- A streamed value is averaged as the device averages (its time constant, without its noise): no rule can act on what no number shows yet.
- A pressure is the mean of 11 s around the moment, which takes the breath out of it.
- `plain`: beyond the limit. `sure`: beyond it by `MARGIN_SDS` standard deviations of the sensor's own error, in a phase of the rule, and
  no fault or artefact hides the streamed signs that it takes. `doubtful`: not `plain`, but no further inside than that margin.
- The baseline of a change is the median of the true values of the baseline phase.

A true *event* is a stretch of `plain`. It is *sustained* where within it a stretch of `sure` outlasts the allowed time; each such stretch
is a *demand*: the alert must be open by its deadline.
"""

from itertools import accumulate
from statistics import median
from typing import Final, NamedTuple

from benchmarks.alert_quality.bounds import Bounds, bounds, is_of_cuffs
from benchmarks.alert_quality.course import Course, CuffSeen
from schemas.limits import Clause, Rule
from schemas.session import Phase
from schemas.vitals import VITAL_SIGNS, Vital
from simulators.sensors import AVERAGING_S, ERROR_SD

MARGIN_SDS: Final = 3.0
MARGIN: Final = {vital: MARGIN_SDS * sd for vital, sd in ERROR_SD.items()}
TOLERANCE_S: Final = 2.0  # beyond the rule's own time
LOOK_BACK_S: Final = 30  # how far before the averaged crossing the physiological one is looked for
_BREATH_S: Final = 5  # on either side
Series = dict[Vital, list[float]]


class Stretch(NamedTuple):
    """Seconds `start_s` <= t < `end_s`."""

    start_s: int
    end_s: int


class Demand(NamedTuple):
    """The alert must be open by `due_s` + TOLERANCE_S. `onset_s`: when the patient, not yet the averaged number, was surely beyond."""

    onset_s: int
    due_s: float
    is_at_once: bool


class Event(NamedTuple):
    """`demands` empty: too short, too near the limit, or hidden: nobody is asked to notice it."""

    stretch: Stretch
    demands: tuple[Demand, ...]


class Truth:
    """Of one course. Series have one value a second."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.raw: Series = course.truth
        self.seen: Series = {vital: _as_seen(vital, values) for vital, values in course.truth.items()}
        in_baseline = [second for second, phase in enumerate(course.phases) if phase is Phase.BASELINE]
        taken = course.baselines & self.seen.keys() if in_baseline else frozenset()
        self.baselines = {vital: median(self.seen[vital][second] for second in in_baseline) for vital in taken}

    def plain(self, rule: Rule) -> list[Stretch]:
        """When the condition of the rule held."""
        return self._where(rule, bounds((*rule.any, *rule.immediate), self.baselines), self.seen)

    def doubtful(self, rule: Rule) -> list[Stretch]:
        """When it held, or may have seemed to by the sensors' own error."""
        inward = {vital: -margin for vital, margin in MARGIN.items()}
        return self._where(rule, bounds((*rule.any, *rule.immediate), self.baselines, inward), self.seen)

    def sure(self, rule: Rule, clauses: tuple[Clause, ...]) -> list[Stretch]:
        """When no error of a sensor could excuse not to see it."""
        return self._where(rule, bounds(clauses, self.baselines, MARGIN), self.seen, is_visible=True)

    def events(self, rule: Rule) -> list[Event]:
        """Every event of the rule, with what is asked of an alert system."""
        demands = self._demands(rule, (*rule.any, *rule.immediate), is_at_once=False)
        demands += self._demands(rule, rule.immediate, is_at_once=True)
        return [
            Event(stretch, tuple(demand for demand in demands if stretch.start_s <= demand.due_s < stretch.end_s))
            for stretch in self.plain(rule)
        ]

    def longest_wait_s(self, rule: Rule) -> float:
        """How long a condition may last without being due: the rule's time, and for cuffs the way to the next one."""
        if not is_of_cuffs(rule):
            return rule.onset_s + TOLERANCE_S
        return self.course.cuff_interval_s + (rule.confirm.within_s if rule.confirm is not None else rule.onset_s) + TOLERANCE_S

    def _demands(self, rule: Rule, clauses: tuple[Clause, ...], *, is_at_once: bool) -> list[Demand]:
        stretches = self.sure(rule, clauses)
        if not is_of_cuffs(rule):
            wait_s = 0.0 if is_at_once else rule.onset_s
            shown = [(stretch, first_live(self.course.live, stretch)) for stretch in stretches]
            return [
                Demand(self._onset(clauses, stretch.start_s), shown_s + wait_s, is_at_once)
                for stretch, shown_s in shown
                if stretch.end_s - shown_s > wait_s + TOLERANCE_S
            ]
        wait_s = 0.0 if is_at_once else rule.confirm.within_s if rule.confirm is not None else rule.onset_s
        return [
            Demand(stretch.start_s, at_s + wait_s, is_at_once)
            for stretch in stretches
            for at_s in first_cuffs(self.course.cuffs, stretch)
            if at_s + wait_s + TOLERANCE_S < stretch.end_s and not _is_misled(self.course.cuffs, at_s, at_s + wait_s)
        ]

    def _onset(self, clauses: tuple[Clause, ...], start_s: int) -> int:
        found = bounds(clauses, self.baselines, MARGIN)
        first_s = max(0, start_s - LOOK_BACK_S)
        return next((second for second in range(first_s, start_s) if _holds_at(found, self.raw, second)), start_s)

    def _where(self, rule: Rule, found: tuple[Bounds, ...], series: Series, *, is_visible: bool = False) -> list[Stretch]:
        phases, hidden = self.course.phases, self.course.hidden
        flags = [False] * self.course.seconds
        for clause in found:
            (_, is_high, limit), *others = clause
            streams = frozenset(bound.vital for bound in clause if not VITAL_SIGNS[bound.vital].is_cuff) if is_visible else frozenset()
            for second, value in enumerate(series[clause[0].vital]):
                if (
                    (value >= limit if is_high else value <= limit)
                    and phases[second] in rule.phases
                    and all(other.is_beyond(series[other.vital][second]) for other in others)
                    and streams.isdisjoint(hidden[second])
                ):
                    flags[second] = True
        return stretches_of(flags)


def first_live(live: list[bool], stretch: Stretch) -> int:
    """When a measurement first shows the stretch: its beginning, but where the line held that one back. Its end where none does."""
    return next((second for second in range(stretch.start_s, stretch.end_s) if live[second]), stretch.end_s)


def first_cuffs(cuffs: list[CuffSeen], stretch: Stretch) -> list[int]:
    """When cuffs first show the stretch: the first right one in it, and after each wrong one the first right one again."""
    found: list[int] = []
    is_shown = False
    for cuff in cuffs:
        if not stretch.start_s <= cuff.at_s < stretch.end_s:
            continue
        if cuff.is_wrong:
            is_shown = False
        elif cuff.is_right and not is_shown:
            is_shown = True
            found.append(cuff.at_s)
    return found


def stretches_of(flags: list[bool]) -> list[Stretch]:
    """Runs of True."""
    found: list[Stretch] = []
    start_s: int | None = None
    for second, flag in enumerate([*flags, False]):
        if flag and start_s is None:
            start_s = second
        elif not flag and start_s is not None:
            found.append(Stretch(start_s, second))
            start_s = None
    return found


def _is_misled(cuffs: list[CuffSeen], from_s: float, to_s: float) -> bool:
    """Whether a wrong cuff value came while the rule waited for a second one."""
    return any(cuff.is_wrong and from_s < cuff.at_s <= to_s for cuff in cuffs)


def _as_seen(vital: Vital, values: list[float]) -> list[float]:
    if VITAL_SIGNS[vital].is_cuff:
        sums = [0.0, *accumulate(values)]
        edges = [(max(0, second - _BREATH_S), min(len(values), second + _BREATH_S + 1)) for second in range(len(values))]
        return [(sums[to] - sums[since]) / (to - since) for since, to in edges]
    tau_s = AVERAGING_S[vital]
    return list(accumulate(values, lambda before, value: before + (value - before) / tau_s))


def _holds_at(clauses: tuple[Bounds, ...], series: Series, second: int) -> bool:
    return any(all(bound.is_beyond(series[bound.vital][second]) for bound in clause) for clause in clauses)
