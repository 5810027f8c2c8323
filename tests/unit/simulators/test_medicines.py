"""Other medicines: when each acts, how strongly, and that the patient feels them."""

from collections.abc import Callable
from statistics import fmean

import pytest

from simulators.events import Apnoea, Event, Panic
from simulators.medicines import Effects, Medicines
from simulators.patient import Patient, Vitals
from simulators.pharmacology import MEDICINES
from simulators.scenario import PatientSpec

SPEC = PatientSpec(label="x", weight_kg=70, heart_rate=70, systolic=130, diastolic=78, spo2=98, respiratory_rate=14)


def _effects(name: str, amount: float, minutes: int) -> list[Effects]:
    medicines = Medicines(60.0)
    medicines.give(name, amount)
    return [medicines.step() for _ in range(minutes)]


@pytest.mark.parametrize(("name", "least_min", "most_min"), [("labetalol", 2, 15), ("clonidine", 60, 240), ("midazolam", 2, 12)])
def test_one_usual_dose_peaks_at_its_stated_effect_in_its_time(name: str, least_min: int, most_min: int):
    row = MEDICINES[name]
    systolic = [effects.systolic for effects in _effects(name, row.usual, 300)]
    assert min(systolic) == pytest.approx(row.systolic, rel=0.05)
    assert least_min <= systolic.index(min(systolic)) <= most_min


def test_twice_the_dose_does_more_but_not_twice_as_much():
    one, two = (min(effects.systolic for effects in _effects("labetalol", mg, 60)) for mg in (20.0, 40.0))
    assert 2 * one < two < 1.2 * one


def _course(act: Callable[[Patient], None], *events: Event, seed: int = 3) -> list[Vitals]:
    """Ten minutes of rest, the act, half an hour more."""
    patient = Patient(SPEC, events, seed)
    course = []
    for second in range(40 * 60):
        if second == 600:
            act(patient)
        course.append(patient.step(rate_mg_per_min=0.0, at_min=second / 60))
    return course


def _mean(course: list[Vitals], name: str, from_min: float, to_min: float) -> float:
    return fmean(getattr(vitals, name) for vitals in course[round(from_min * 60) : round(to_min * 60)])


def test_labetalol_lowers_pressure_and_pulse():
    given, not_given = _course(lambda patient: patient.medicines.give("labetalol", 20.0)), _course(lambda _: None)
    assert _mean(given, "systolic", 15, 25) - _mean(not_given, "systolic", 15, 25) == pytest.approx(-11, abs=2)
    assert _mean(given, "heart_rate", 15, 25) < _mean(not_given, "heart_rate", 15, 25) - 3
    assert given[:600] == not_given[:600]


def test_midazolam_calms_panic():
    panic = Panic(from_min=5, to_min=35)
    calmed, afraid = _course(lambda patient: patient.medicines.give("midazolam", 2.0), panic), _course(lambda _: None, panic)
    assert _mean(afraid, "heart_rate", 20, 30) > 95
    assert _mean(calmed, "heart_rate", 20, 30) < _mean(afraid, "heart_rate", 20, 30) - 10


def _oxygen(patient: Patient) -> None:
    patient.medicines.oxygen_l_per_min = 3.0


def test_oxygen_raises_what_an_apnoea_leaves():
    apnoea = Apnoea(from_min=20, to_min=21)
    with_it, without = _course(_oxygen, apnoea), _course(lambda _: None, apnoea)
    assert min(vitals.spo2 for vitals in without) < 92
    assert min(vitals.spo2 for vitals in with_it) > min(vitals.spo2 for vitals in without) + 3
    assert min(vitals.respiratory_rate for vitals in without[1200:1260]) == 0.0
    assert max(vitals.etco2 for vitals in without) > without[600].etco2 + 2
