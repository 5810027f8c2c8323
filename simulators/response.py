"""What ketamine at its effect sites does to one patient: pressure and heart rate, dissociation, sedation, breathing.

Circulation: the Emax form of the BioGears substance file, as a share of the effect at the peak of the reference dose (the usual infusion;
of esketamine a nasal dose), less a slow counter-effect. People differ far more than that file says, so each patient has an own rise at that
peak, drawn from the published mean and spread. All numbers are in pharmacology.toml.
"""

import math
import random
from typing import Annotated, Final

import msgspec

from simulators.compartments import lognormal_factor
from simulators.pharmacology import COMEDICATIONS, PHARMACOLOGY, Normal

_CIRCULATION: Final = PHARMACOLOGY.circulation
_RISE: Final = PHARMACOLOGY.rise
_BREATHING: Final = PHARMACOLOGY.breathing
_MIDDLE_AGE: Final = 45.0  # years, where the shift by age is 0


class PeakRise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One patient's rise over baseline at the peak of the reference dose, in mm[Hg] and 1/min. Below zero for the few who fall."""

    systolic: Annotated[float, msgspec.Meta(ge=-40, le=70)]
    diastolic: Annotated[float, msgspec.Meta(ge=-30, le=50)]
    heart_rate: Annotated[float, msgspec.Meta(ge=-30, le=50)]


class Sensitivity(msgspec.Struct, frozen=True):
    """How one patient's mind and breathing differ. `cadss`: dissociation at the reference dose; the others factors on concentrations."""

    cadss: float = PHARMACOLOGY.dissociation.mean
    sedation: float = 1.0
    depression: float = 1.0


class Reference(msgspec.Struct, frozen=True):
    """The reference dose in this body: highest concentrations in ng/ml, and what is left of each effect beside its counter-effect."""

    pressure_ng_ml: float
    brain_ng_ml: float
    pressure_net: float
    pulse_net: float


class Mind(msgspec.Struct, frozen=True):
    """CADSS total 0-92, and the sedation 0-1 that MOAA/S is read from."""

    dissociation: float
    sedation: float


def draw_peak_rise(rng: random.Random, *, has_hypertension: bool, age: float | None = None, takes: tuple[str, ...] = ()) -> PeakRise:
    """A patient of the published population. `takes`: names of comedications."""
    common, own, pulse = (max(-_RISE.widest, min(_RISE.widest, rng.gauss(0.0, 1.0))) for _ in range(3))
    deviations = (common, _RISE.together * common + (1 - _RISE.together**2) ** 0.5 * own, pulse)
    years = 0.0 if age is None else age - _MIDDLE_AGE
    rises = []
    for index, (row, deviation) in enumerate(zip((_RISE.systolic, _RISE.diastolic, _RISE.heart_rate), deviations, strict=True)):
        shift = years * _RISE.per_year_from_45[index] + sum(COMEDICATIONS[name].rise[index] for name in takes)
        shift += _RISE.hypertension[index] if has_hypertension else 0.0
        rises.append(_drawn(row, deviation) + shift)
    return PeakRise(*rises)


def draw_sensitivity(rng: random.Random, takes: tuple[str, ...] = ()) -> Sensitivity:
    """Dissociation is log-normal with the published mean and SD."""
    row = PHARMACOLOGY.dissociation
    spread = math.sqrt(math.log(1 + (row.sd / row.mean) ** 2))
    cadss = math.exp(rng.gauss(math.log(row.mean) - spread**2 / 2, spread))
    sedation = lognormal_factor(rng, PHARMACOLOGY.sedation.cv)
    depression = lognormal_factor(rng, _BREATHING.cv)
    for name in takes:
        other = COMEDICATIONS[name]
        cadss, sedation, depression = cadss * other.dissociation, sedation * other.sedation, depression / other.depression_ec50
    return Sensitivity(cadss, sedation, depression)


class Counter:
    """An effect less its slow counter-effect, which follows it."""

    def __init__(self, gain: float, step_s: float) -> None:
        self._gain = gain
        self._follows = 1.0 - math.exp(-step_s / 60 / _CIRCULATION.counter_min)
        self._level = 0.0

    def step(self, effect: float) -> float:
        self._level += (effect - self._level) * self._follows
        return effect - self._gain * self._level


class Circulation:
    """Pressure and pulse of one patient. Of the reference dose the highest value of each is `peak`."""

    def __init__(self, peak: PeakRise, reference: Reference, step_s: float) -> None:
        self._peak = peak
        self._reference = reference
        self._pressure = Counter(_CIRCULATION.counter_pressure, step_s)
        self._pulse = Counter(_CIRCULATION.counter_pulse, step_s)

    def step(self, pressure_ng_ml: float, brain_ng_ml: float) -> PeakRise:
        """One step later: the rise over baseline."""
        reference = self._reference
        pressure = self._pressure.step(occupied(pressure_ng_ml) / occupied(reference.pressure_ng_ml)) / reference.pressure_net
        pulse = self._pulse.step(occupied(brain_ng_ml) / occupied(reference.brain_ng_ml)) / reference.pulse_net
        return PeakRise(self._peak.systolic * pressure, self._peak.diastolic * pressure, self._peak.heart_rate * pulse)


def mind_at(brain_ng_ml: float, reference: Reference, own: Sensitivity) -> Mind:
    """Dissociation saturates at the scale's end; sedation is an Emax curve."""
    dissociation, sedation = PHARMACOLOGY.dissociation, PHARMACOLOGY.sedation
    cadss = own.cadss * (brain_ng_ml / reference.brain_ng_ml) ** dissociation.hill
    return Mind(min(92.0, cadss), hill(brain_ng_ml * own.sedation, sedation.ec50, sedation.hill))


def drive_at(brain_ng_ml: float, own: Sensitivity, depression_ec50: float = 1.0) -> float:
    """The drive to breathe, as a share of the usual one. `depression_ec50`: a factor by other medicines."""
    rate = 1 + _BREATHING.emax * hill(brain_ng_ml, _BREATHING.ec50, 1.0)
    return rate * (1 - hill(brain_ng_ml * own.depression, _BREATHING.depression_ec50 * depression_ec50, _BREATHING.depression_hill))


def moaas(sedation: float) -> int:
    """MOAA/S of a level: 5 alert to 0 no response."""
    return 5 - sum(sedation >= limit for limit in PHARMACOLOGY.sedation.moaas)


def cadss_six(dissociation: float) -> int:
    """The six items of a CADSS total, 0-24."""
    return min(24, round(dissociation * PHARMACOLOGY.dissociation.six_share))


def occupied(concentration_ng_ml: float) -> float:
    return hill(concentration_ng_ml, _CIRCULATION.ec50, 1.0)


def hill(concentration: float, half: float, steepness: float) -> float:
    """0 to 1; a half at `half`."""
    if concentration <= 0.0:
        return 0.0
    power: float = (concentration / half) ** steepness
    return power / (1.0 + power)


def _drawn(row: Normal, deviation: float) -> float:
    return row[0] + row[1] * deviation
