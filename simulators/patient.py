"""A virtual patient: the true vital signs, second by second.

Baseline, response to the drug and variability come from one seed. Variability is a slow wander (first-order autoregressive) and a wiggle
with each breath. Events set in and fade with a time constant. The size of all of these is own proposal, chosen to look like a resting
adult.
"""

import math
import random
from typing import Final

import msgspec

from simulators.events import Desaturation, Event, PatientEvent, Surge, Tachycardia, VagalReaction
from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN, Pharmacokinetics, domino
from simulators.response import PeakRise, draw_peak_rise, rise_at
from simulators.scenario import PatientSpec
from simulators.seeds import seeded

# Population of adults at rest: mean and SD. Pressure as in the alert burden calculation of the clinical evidence; the rest general
# knowledge.
_SYSTOLIC: Final = (125.0, 15.0)
_DIASTOLIC: Final = (76.0, 10.0)
_HEART_RATE: Final = (72.0, 9.0)
_SPO2: Final = (97.5, 0.8)
_RESPIRATORY_RATE: Final = (14.0, 1.5)
_SETS_IN_S: Final[dict[type[PatientEvent], float]] = {Surge: 120.0, Tachycardia: 40.0, Desaturation: 14.0, VagalReaction: 25.0}
_FADES_S: Final[dict[type[PatientEvent], float]] = {Surge: 240.0, Tachycardia: 60.0, Desaturation: 20.0, VagalReaction: 60.0}


class Vitals(msgspec.Struct, frozen=True):
    """The truth at one moment: pressures in mm[Hg], rates in 1/min, SpO2 in %. What no sensor can know exactly."""

    heart_rate: float
    systolic: float
    diastolic: float
    mean: float
    spo2: float
    respiratory_rate: float


class Wander:
    """A first-order autoregressive process: mean 0, standard deviation `sd`, correlation time `tau_s`."""

    def __init__(self, rng: random.Random, sd: float, tau_s: float) -> None:
        self._rng = rng
        self._keep = math.exp(-1.0 / tau_s)
        self._kick = sd * math.sqrt(1.0 - self._keep**2)
        self.value = rng.gauss(0.0, sd)

    def step(self) -> float:
        self.value = self._keep * self.value + self._rng.gauss(0.0, self._kick)
        return self.value


class Patient:
    """Moved on one second at a time by `step`; the drug comes in through `pk`."""

    def __init__(self, spec: PatientSpec, events: tuple[Event, ...], seed: int) -> None:
        rng = seeded(seed, "patient")
        self.pk = Pharmacokinetics(domino(spec.weight_kg))
        self.peak_rise: PeakRise = draw_peak_rise(rng, has_hypertension=spec.hypertension)
        if spec.peak_rise is not None:
            self.peak_rise = spec.peak_rise
        self.baseline = _baseline(spec, rng)
        self._events: tuple[PatientEvent, ...] = tuple(
            event for event in events if isinstance(event, Surge | Tachycardia | Desaturation | VagalReaction)
        )
        self._levels = [0.0] * len(self._events)
        self._breath = rng.random()
        wander = seeded(seed, "wander")
        self._systolic = Wander(wander, 3.0, 180.0)
        self._diastolic = Wander(wander, 1.5, 180.0)
        self._heart_rate = Wander(wander, 2.0, 60.0)
        self._spo2 = Wander(wander, 0.4, 40.0)
        self._respiratory_rate = Wander(wander, 0.8, 40.0)

    def step(self, *, rate_mg_per_min: float, at_min: float) -> Vitals:
        """One second with the pump at this rate. `at_min` is the minute of the scenario, for its events."""
        self.pk.step(rate_mg_per_min)
        self._move_levels(at_min, is_infusing=rate_mg_per_min > 0)
        rise = rise_at(self.peak_rise, self.pk.effect_ng_ml(KE0_BLOOD_PRESSURE_PER_MIN), self.pk.effect_ng_ml(KE0_BRAIN_PER_MIN))
        surge, pulse, unsaturated, fall = 1.0, 0.0, 0.0, 0.0
        breathing = rise.breathing
        for event, level in zip(self._events, self._levels, strict=True):
            match event:
                case Surge():
                    surge += (event.factor - 1.0) * level
                case Tachycardia():
                    pulse += event.rise_per_min * level
                case Desaturation():
                    unsaturated = max(unsaturated, (self.baseline.spo2 - event.lowest) * level)
                    breathing *= 1.0 - 0.3 * level
                case VagalReaction():
                    fall += event.systolic_fall * level
                    pulse -= event.heart_rate_fall * level
        respiratory_rate = max(0.0, self.baseline.respiratory_rate * breathing + self._respiratory_rate.step())
        self._breath = (self._breath + respiratory_rate / 60.0) % 1.0
        breath = math.sin(2.0 * math.pi * self._breath)
        wander = self._systolic.step()
        systolic = _within(self.baseline.systolic + rise.systolic * surge - fall + wander + 1.5 * breath, 50.0, 260.0)
        diastolic = self.baseline.diastolic + rise.diastolic * surge - 0.55 * fall + 0.5 * wander + self._diastolic.step() + 0.7 * breath
        diastolic = _within(diastolic, 25.0, systolic - 18.0)
        return Vitals(
            heart_rate=_within(self.baseline.heart_rate + rise.heart_rate + pulse + self._heart_rate.step() + 1.2 * breath, 25.0, 220.0),
            systolic=systolic,
            diastolic=diastolic,
            mean=diastolic + 0.35 * (systolic - diastolic),
            spo2=_within(self.baseline.spo2 - unsaturated + self._spo2.step(), 40.0, 100.0),
            respiratory_rate=respiratory_rate,
        )

    def _move_levels(self, at_min: float, *, is_infusing: bool) -> None:
        """Each event's strength, 0 to 1, moves towards 1 while it holds and towards 0 otherwise."""
        for index, event in enumerate(self._events):
            is_on = event.holds(at_min) and (is_infusing or not event.only_while_infusing)
            tau_s = (_SETS_IN_S if is_on else _FADES_S)[type(event)]
            self._levels[index] += (float(is_on) - self._levels[index]) * (1.0 - math.exp(-1.0 / tau_s))


def _baseline(spec: PatientSpec, rng: random.Random) -> Vitals:
    """What the scenario gives, the rest drawn. All are drawn first, so that giving one changes no other."""
    heart_rate, spo2, respiratory_rate, systolic, diastolic = (
        rng.gauss(*numbers) for numbers in (_HEART_RATE, _SPO2, _RESPIRATORY_RATE, _SYSTOLIC, _DIASTOLIC)
    )
    if spec.systolic is not None and spec.diastolic is not None:
        systolic, diastolic = spec.systolic, spec.diastolic
    else:
        systolic = _within(systolic, 95.0, 160.0)
        diastolic = _within(diastolic, 50.0, min(100.0, systolic - 28.0))
    return Vitals(
        heart_rate=_given_or(spec.heart_rate, _within(heart_rate, 50.0, 100.0)),
        systolic=systolic,
        diastolic=diastolic,
        mean=diastolic + 0.35 * (systolic - diastolic),
        spo2=_given_or(spec.spo2, _within(spo2, 95.0, 99.5)),
        respiratory_rate=_given_or(spec.respiratory_rate, _within(respiratory_rate, 10.0, 20.0)),
    )


def _given_or(given: float | None, drawn: float) -> float:
    return drawn if given is None else given


def _within(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))
