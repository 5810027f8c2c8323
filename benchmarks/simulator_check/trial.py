"""The usual infusion given to drawn patients, and what a study would have measured of them.

Who comes with a pressure above 140/90 is sent home, as the label has it: no study saw what would have become of him. Cuffs as studies
take them: one on arrival, one before, every 10 min while infusing, every 15 min for two hours after, each with this arm's bias and the
cuff's own error. The patient is the one of the simulator, moved on in longer steps (which its equations allow without loss).
"""

from collections.abc import Iterator
from statistics import fmean, stdev
from typing import Final, NamedTuple

from schemas.session import Treatment
from simulators.patient import Patient, Vitals
from simulators.pharmacology import PHARMACOLOGY
from simulators.population import draw_spec
from simulators.seeds import seeded
from simulators.sensors import CUFF_BIAS_SD, measure_cuff

STEP_S: Final = 20.0
BASELINE_MIN: Final = 5
INFUSION_MIN: Final = 40
CUFFS_MIN: Final = (10, 20, 30, 40, 55, 70, 85, 100, 115, 130, 145, 160)  # after the start
SEVERE: Final = (180, 110)
TOO_HIGH: Final = (140, 90)  # who comes with more is not given ketamine that day (label, and the caution of our own rule set)
RETURN_PEOPLE: Final = 49  # of Szarmach 2020: a mean that so few cannot tell from the baseline counts as back
_Z: Final = 1.959964
_DOSE_MG_PER_KG: Final = PHARMACOLOGY.circulation.reference_iv_mg_per_kg
_DEVICES_MG: Final = PHARMACOLOGY.circulation.reference_nasal_mg
_GAP_MIN: Final = PHARMACOLOGY.circulation.reference_nasal_gap_min


class Seen(NamedTuple):
    """One patient at one time: rises over the baseline, whether a cuff was severe, and the CADSS total."""

    systolic: float
    diastolic: float
    heart_rate: float
    is_severe: bool
    dissociation: float


Course = dict[int, Seen]


class Visit(NamedTuple):
    """`is_begun`: the cuff on arrival let the infusion begin. The course is that of giving it all the same."""

    course: Course
    is_begun: bool


def run(number: int, seed: int, treatment: Treatment = Treatment.KETAMINE_IV) -> Visit:
    """Patient `number` of a seed."""
    own_seed = seed * 1_000_003 + number
    spec = draw_spec(seeded(own_seed, "who"))
    patient = Patient(spec, (), own_seed, treatment=treatment, step_s=STEP_S)
    rng = seeded(own_seed, "study")
    bias = rng.gauss(0.0, CUFF_BIAS_SD)
    per_min = round(60 / STEP_S)
    course: Course = {}
    before: tuple[float, float, float] | None = None
    is_begun = True
    rate = _DOSE_MG_PER_KG * spec.weight_kg / INFUSION_MIN if treatment is Treatment.KETAMINE_IV else 0.0
    for minute in range(-BASELINE_MIN, CUFFS_MIN[-1]):
        device, rest = divmod(minute, round(_GAP_MIN))
        if treatment is Treatment.ESKETAMINE_NASAL and rest == 0 and 0 <= device < len(_DEVICES_MG):
            patient.pk.give(_DEVICES_MG[device])
        truth = [patient.step(rate_mg_per_min=rate if 0 <= minute < INFUSION_MIN else 0.0, at_min=0.0) for _ in range(per_min)][-1]
        if minute == -BASELINE_MIN:
            arrival = measure_cuff(truth, bias, rng)
            is_begun = arrival.systolic <= TOO_HIGH[0] and arrival.diastolic <= TOO_HIGH[1]
        if minute + 1 in (0, *CUFFS_MIN):
            cuff = measure_cuff(truth, bias, rng)
            now = (cuff.systolic, cuff.diastolic, truth.heart_rate)
            before = before or now
            course[minute + 1] = _seen(now, before, truth)
    return Visit(course, is_begun)


def _seen(now: tuple[float, float, float], before: tuple[float, float, float], truth: Vitals) -> Seen:
    systolic, diastolic, heart_rate = (value - first for value, first in zip(now, before, strict=True))
    return Seen(systolic, diastolic, heart_rate, now[0] >= SEVERE[0] or now[1] >= SEVERE[1], truth.dissociation)


class Group:
    """All patients of one dose."""

    def __init__(self, courses: list[Course]) -> None:
        self.courses = courses

    def values(self, name: str, minute: int) -> list[float]:
        return [float(getattr(course[minute], name)) for course in self.courses]

    def mean(self, name: str, minute: int) -> float:
        return fmean(self.values(name, minute))

    def sd(self, name: str, minute: int) -> float:
        return stdev(self.values(name, minute))

    def peak_min(self, name: str) -> int:
        """When the mean rise is largest."""
        return max(CUFFS_MIN, key=lambda minute: self.mean(name, minute))

    def return_min(self, name: str) -> int | None:
        """Minutes after the end from which on `RETURN_PEOPLE` could not tell the mean from that before the start; None if never seen."""
        back: int | None = None
        for minute in CUFFS_MIN:
            if minute <= INFUSION_MIN:
                continue
            if abs(self.mean(name, minute)) >= _Z * self.sd(name, minute) / RETURN_PEOPLE**0.5:
                back = None
            elif back is None:
                back = minute - INFUSION_MIN
        return back

    def severe_share(self) -> float:
        """Sessions with a severe cuff after the start, %."""
        return 100 * fmean(any(course[minute].is_severe for minute in CUFFS_MIN) for course in self.courses)


def measures(usual: Group, nasal: Group) -> Iterator[tuple[str, float | None]]:
    """What published.toml asks for, by name."""
    for name in ("systolic", "diastolic", "heart_rate"):
        yield f"{name}_rise_mean", usual.mean(name, INFUSION_MIN)
        yield f"{name}_rise_sd", usual.sd(name, INFUSION_MIN)
        yield f"{name}_return_min", usual.return_min(name)
    yield "dissociation_mean", usual.mean("dissociation", INFUSION_MIN)
    yield "dissociation_sd", usual.sd("dissociation", INFUSION_MIN)
    yield "systolic_peak_min", usual.peak_min("systolic")
    yield "severe_hypertension_share", usual.severe_share()
    yield "nasal_peak_min", nasal.peak_min("systolic")
