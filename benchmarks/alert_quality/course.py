"""One simulated session from its beginning to its end: the truth of every second, and the alerts of engine and naive rules."""

from typing import Final

import msgspec

from benchmarks.alert_quality.bedside import START_MS, Bedside, naive_of
from benchmarks.alert_quality.occurrence import Occurrence
from schemas.device_wire import WireMeasurement
from schemas.instant import to_ms
from schemas.limits import Limits
from schemas.measurement import Mode
from schemas.session import Order, Patient, Phase
from schemas.vitals import Vital
from simulators.bed import Bed, BedScript
from simulators.bedside_monitor import bed_intervals
from simulators.scenario import Scenario

KNOWN: Final = frozenset(  # vital signs of which the simulated patient has a truth
    {Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE, Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP}
)
CUFF: Final = Vital.SYSTOLIC_BP  # a measurement with it is a cuff cycle's


class CuffSeen(msgspec.Struct, frozen=True):
    """A cuff cycle's result as it reached the monitor. `is_right`: values of this patient, in time. Wrong: values of something else."""

    at_s: int
    is_right: bool
    is_wrong: bool


class Course(msgspec.Struct):
    """Lists have one element a second. `hidden`: whose number need not be the patient's then; `live`: whether a measurement of the
    streamed signs arrived in its order."""

    truth: dict[Vital, list[float]] = msgspec.field(default_factory=lambda: {vital: [] for vital in KNOWN})
    hidden: list[frozenset[Vital]] = []
    live: list[bool] = []
    phases: list[Phase] = []
    cuffs: list[CuffSeen] = []
    baselines: frozenset[Vital] = frozenset()  # of which vital signs the engine has one
    alerts: list[Occurrence] = []
    naive: list[Occurrence] = []
    naive_silences: list[Occurrence] = []
    cuff_interval_s: float = 300.0
    is_started: bool = True
    overrides: int = 0

    @property
    def seconds(self) -> int:
        return len(self.phases)


def play(scenario: Scenario, seed: int, judged: Limits, engine_limits: Limits) -> Course:
    """`judged` are the rules that are asked about, `engine_limits` those that the engine has: the same, but in a negative control."""
    bed = Bed(scenario, seed, START_MS)
    script = BedScript(bed)
    course = Course(cuff_interval_s=scenario.timeline.cuff_min * 60)
    intervals_s = {interval.vital: interval.interval_s for interval in bed_intervals(scenario)}
    naive = naive_of(judged, KNOWN, intervals_s)
    patient = Patient(scenario.patient.birth_year, scenario.patient.label, round(scenario.patient.weight_kg * 1000))
    order = Order(round(scenario.dose_mg * 1000), round(scenario.order.duration_min * 60_000), scenario.order.treatment)
    bedside = Bedside(engine_limits, naive, order, patient, Mode.SIMULATED, intervals_s, bed.remeasure)
    line = _Line(judged)
    kept: list[tuple[int, WireMeasurement]] = []  # what a device without a line keeps, and sends when it is back
    while True:
        at_s, faults = bed.elapsed_s, bed.faults
        done = script.step()
        if bed.phase is not bedside.phase and not bedside.order(bed.phase, at_s):
            course.is_started = bed.has_ended  # a refused end is no loss: everything was played
            break
        if bed.has_ended:
            break
        boots = bed.boots
        said_now = [(at_s, said) for said in bed.next_frame().measurements]
        bedside.pass_to(at_s)
        for action in done:
            bedside.record(action, at_s)
        if bed.boots != boots:  # the monitor is back and remembers nothing
            kept.clear()
            bedside.restarted(f"boot.{bed.boots}", at_s)
            line.restarted()
        if not faults.is_off:
            kept += said_now
        line.look(faults.clock_s, at_s)
        is_live = False
        if not faults.is_disconnected and not faults.is_off:
            for made_s, said in kept:
                values = {reading.vital: reading.value for reading in said.readings}
                bedside.measure(said.counter, to_ms(said.measured_at), values, at_s)
                is_seen = line.is_live(said.counter, made_s, at_s)
                if CUFF not in values:
                    is_live = is_live or is_seen
                else:
                    is_seen = is_seen and values[CUFF] is not None
                    is_right = CUFF not in bed.hidden
                    course.cuffs.append(CuffSeen(at_s, is_right=is_seen and is_right, is_wrong=is_seen and not is_right))
            kept.clear()
        course.live.append(is_live)
        _note(course, bed, bedside, hides_all=at_s < line.believed_at_s)
    course.baselines = frozenset(bedside.baselines)
    course.alerts, course.naive, course.naive_silences = bedside.occurrences, naive.occurrences, naive.silences
    course.overrides = bedside.overrides
    return course


class _Line:
    """What the wire's contract and the rule set say of order and lateness, so that nobody is asked for what was not there to be seen:
    a measurement behind the counter is history, and so is all from a clock that was set back, until it is believed again."""

    def __init__(self, limits: Limits) -> None:
        self._late_s = limits.admission.late_after_s
        self._rebase_s = limits.admission.rebase_after_s
        self._clock_s = 0.0
        self._counter = -1
        self.believed_at_s = 0.0

    def look(self, clock_s: float, at_s: int) -> None:
        if self._clock_s - clock_s > self._late_s:
            self.believed_at_s = at_s + self._rebase_s + 1
        self._clock_s = clock_s

    def restarted(self) -> None:
        self._counter = -1

    def is_live(self, counter: int, made_s: int, at_s: int) -> bool:
        is_in_order, self._counter = counter > self._counter, max(counter, self._counter)
        return is_in_order and at_s - made_s <= self._late_s and at_s >= self.believed_at_s


def _note(course: Course, bed: Bed, bedside: Bedside, *, hides_all: bool) -> None:
    truth = bed.truth
    for vital, value in (
        (Vital.HEART_RATE, truth.heart_rate),
        (Vital.SPO2, truth.spo2),
        (Vital.RESPIRATORY_RATE, truth.respiratory_rate),
        (Vital.SYSTOLIC_BP, truth.systolic),
        (Vital.DIASTOLIC_BP, truth.diastolic),
        (Vital.MEAN_BP, truth.mean),
    ):
        course.truth[vital].append(value)
    course.hidden.append(KNOWN if hides_all else bed.hidden)
    course.phases.append(bedside.phase)
