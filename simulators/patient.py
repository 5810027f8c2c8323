"""A virtual patient: the true vital signs, step by step.

Who it is, the response to the drug and the variability come from one seed. Variability is a slow wander (first-order autoregressive) and a
wiggle with each breath; the size of both is own proposal, chosen to look like a resting adult.
"""

import math
import random
from typing import Final

import msgspec

from schemas.session import Treatment
from simulators.compartments import compartments, draw_spread, lognormal_factor
from simulators.events import Event
from simulators.gas import Gas
from simulators.medicines import Effects, Medicines
from simulators.pharmacology import DEFAULT_KINETICS, DRUG, PHARMACOLOGY, ROUTES
from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, Pharmacokinetics
from simulators.population import draw
from simulators.reference_dose import reference_of
from simulators.response import Circulation, PeakRise, draw_peak_rise, draw_sensitivity, drive_at, mind_at
from simulators.scenario import PatientSpec
from simulators.seeds import seeded
from simulators.upsets import Upset, Upsets

_POPULATION: Final = PHARMACOLOGY.population
_MEAN_LIES: Final = 0.35  # of the way from diastolic to systolic


class Vitals(msgspec.Struct, frozen=True):
    """The truth at one moment: pressures in mm[Hg], rates in 1/min, SpO2 in %; carbon dioxide at the end of a breath in mm[Hg], sedation
    0-1 and the CADSS total. What no sensor can know exactly."""

    heart_rate: float
    systolic: float
    diastolic: float
    mean: float
    spo2: float
    respiratory_rate: float
    etco2: float = 36.0
    sedation: float = 0.0
    dissociation: float = 0.0


class Wander:
    """A first-order autoregressive process: mean 0, standard deviation `sd`, correlation time `tau_s`. Exact for any step."""

    def __init__(self, rng: random.Random, sd: float, tau_s: float, step_s: float = 1.0) -> None:
        self._rng = rng
        self._keep = math.exp(-step_s / tau_s)
        self._kick = sd * math.sqrt(1.0 - self._keep**2)
        self.value = rng.gauss(0.0, sd)

    def step(self) -> float:
        self.value = self._keep * self.value + self._rng.gauss(0.0, self._kick)
        return self.value


class Patient:
    """Moved on by `step`, `step_s` seconds at a time; the drug comes in by the rate, `bolus` and `dose`, other medicines by `medicines`."""

    def __init__(
        self, spec: PatientSpec, events: tuple[Event, ...], seed: int, *, treatment: Treatment = Treatment.KETAMINE_IV, step_s: float = 1.0
    ) -> None:
        rng = seeded(seed, "patient")
        age = None if spec.birth_year is None else float(PHARMACOLOGY.year - spec.birth_year)
        self.peak_rise: PeakRise = draw_peak_rise(rng, has_hypertension=spec.hypertension, age=age, takes=spec.takes)
        if spec.peak_rise is not None:
            self.peak_rise = spec.peak_rise
        self.baseline = _baseline(spec, rng)
        self._breath = rng.random()
        body = seeded(seed, "body")
        drug = DRUG[treatment]
        kinetics = spec.kinetics or DEFAULT_KINETICS[drug]
        model = compartments(kinetics, spec.weight_kg, age=age, spread=draw_spread(kinetics, body))
        depots = ROUTES[treatment].depot if treatment in ROUTES else ()
        absorption = tuple(lognormal_factor(body, depot.cv) for depot in depots)
        self._sites = (KE0_BLOOD_PRESSURE_PER_MIN, model.ke0_brain)
        self.pk = Pharmacokinetics(model, self._sites, depots, absorption, step_s=step_s)
        self._reference = reference_of(model, drug, spec.weight_kg)
        self._circulation = Circulation(self.peak_rise, self._reference, step_s)
        self._own = draw_sensitivity(body, spec.takes)
        self.medicines = Medicines(step_s)
        self._gas = Gas(step_s)
        self._upsets = Upsets(events, self.baseline.spo2, step_s)
        self._step_s = step_s
        wander = seeded(seed, "wander")
        self._systolic = Wander(wander, 3.0, 180.0, step_s)
        self._diastolic = Wander(wander, 1.5, 180.0, step_s)
        self._heart_rate = Wander(wander, 2.0, 60.0, step_s)
        self._spo2 = Wander(wander, 0.4, 40.0, step_s)
        self._respiratory_rate = Wander(wander, 0.8, 40.0, step_s)

    def step(self, *, rate_mg_per_min: float, at_min: float) -> Vitals:
        """One step with the pump at this rate. `at_min` is the minute of the scenario, for its events."""
        self.pk.step(rate_mg_per_min)
        pressure_ng_ml, brain_ng_ml = (self.pk.effect_ng_ml(ke0) for ke0 in self._sites)
        other = self.medicines.step()
        upset = self._upsets.step(at_min, is_infusing=rate_mg_per_min > 0, calm=other.calm)
        rate = self._breathe(brain_ng_ml, other, upset)
        breath = math.sin(2.0 * math.pi * self._breath)
        rise = self._circulation.step(pressure_ng_ml, brain_ng_ml)
        wander = self._systolic.step()
        base = self.baseline
        systolic = base.systolic + rise.systolic * upset.surge + upset.systolic + other.systolic + wander + 1.5 * breath
        systolic = _within(systolic, 50.0, 260.0)
        diastolic = base.diastolic + rise.diastolic * upset.surge + upset.diastolic + other.diastolic
        diastolic = _within(diastolic + 0.5 * wander + self._diastolic.step() + 0.7 * breath, 25.0, systolic - 18.0)
        heart_rate = base.heart_rate + rise.heart_rate + upset.heart_rate + other.heart_rate + self._heart_rate.step() + 1.2 * breath
        mind = mind_at(brain_ng_ml, self._reference, self._own)
        return Vitals(
            heart_rate=_within(heart_rate, 25.0, 220.0),
            systolic=systolic,
            diastolic=diastolic,
            mean=_mean(systolic, diastolic),
            spo2=_within(base.spo2 + self._gas.saturation_change - upset.unsaturated + self._spo2.step(), 20.0, 100.0),
            respiratory_rate=rate,
            etco2=self._gas.end_tidal,
            sedation=min(1.0, mind.sedation + other.sedation),
            dissociation=mind.dissociation * other.dissociation,
        )

    def _breathe(self, brain_ng_ml: float, other: Effects, upset: Upset) -> float:
        """The rate of breathing in 1/min, 0 in apnoea; moves the gases on."""
        drive = (drive_at(brain_ng_ml, self._own, other.depression_ec50) + other.breathing) * upset.drive
        if drive < PHARMACOLOGY.breathing.apnoea_below:
            drive = 0.0
        self._gas.step(drive, other.oxygen_l_per_min, upset.breathing)
        wander = self._respiratory_rate.step()
        rate = max(0.0, self.baseline.respiratory_rate * drive * upset.breathing + wander) if drive else 0.0
        self._breath = (self._breath + rate * self._step_s / 60.0) % 1.0
        return rate


def _baseline(spec: PatientSpec, rng: random.Random) -> Vitals:
    """What the scenario gives, the rest drawn. All are drawn first, so that giving one changes no other."""
    heart_rate, spo2, respiratory_rate, systolic, diastolic = (
        draw(row, rng)
        for row in (_POPULATION.heart_rate, _POPULATION.spo2, _POPULATION.respiratory_rate, _POPULATION.systolic, _POPULATION.diastolic)
    )
    if spec.systolic is not None and spec.diastolic is not None:
        systolic, diastolic = spec.systolic, spec.diastolic
    else:
        diastolic = min(diastolic, systolic - 28.0)
    return Vitals(
        heart_rate=_given_or(spec.heart_rate, heart_rate),
        systolic=systolic,
        diastolic=diastolic,
        mean=_mean(systolic, diastolic),
        spo2=_given_or(spec.spo2, spo2),
        respiratory_rate=_given_or(spec.respiratory_rate, respiratory_rate),
    )


def _mean(systolic: float, diastolic: float) -> float:
    return diastolic + _MEAN_LIES * (systolic - diastolic)


def _given_or(given: float | None, drawn: float) -> float:
    return drawn if given is None else given


def _within(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))
