"""The virtual patient: one seed, one patient; events act on the body and follow the drug."""

from itertools import pairwise
from statistics import fmean, stdev

from simulators.events import Desaturation, Event, Surge, Tachycardia, VagalReaction
from simulators.patient import Patient, Vitals
from simulators.response import PeakRise
from simulators.scenario import PatientSpec

SPEC = PatientSpec(
    label="x",
    weight_kg=70,
    heart_rate=70,
    systolic=125,
    diastolic=76,
    spo2=98,
    respiratory_rate=14,
    peak_rise=PeakRise(14, 9, 4),
)


def _course(seed: int, *events: Event, minutes: int = 60, spec: PatientSpec = SPEC, stop_min: float = 40.0) -> list[Vitals]:
    patient = Patient(spec, events, seed)
    return [patient.step(rate_mg_per_min=0.875 if second < stop_min * 60 else 0.0, at_min=second / 60) for second in range(minutes * 60)]


def _mean(course: list[Vitals], name: str, from_min: float, to_min: float) -> float:
    return fmean(getattr(vitals, name) for vitals in course[round(from_min * 60) : round(to_min * 60)])


def test_same_seed_same_patient_and_another_seed_another():
    assert _course(3, minutes=5) == _course(3, minutes=5)
    assert _course(3, minutes=5) != _course(4, minutes=5)


def test_what_a_scenario_gives_changes_nothing_that_is_drawn():
    drawn = Patient(PatientSpec(label="x", weight_kg=70), (), 9).baseline
    given = Patient(PatientSpec(label="x", weight_kg=70, heart_rate=61.0), (), 9).baseline
    assert given.heart_rate == 61.0
    assert (given.systolic, given.spo2, given.respiratory_rate) == (drawn.systolic, drawn.spo2, drawn.respiratory_rate)


def test_a_hundred_drawn_patients_are_plausible():
    for seed in range(100):
        baseline = Patient(PatientSpec(label="x", weight_kg=70), (), seed).baseline
        assert 95 <= baseline.systolic <= 160
        assert 50 <= baseline.diastolic <= baseline.systolic - 28
        assert baseline.diastolic < baseline.mean < baseline.systolic
        assert 50 <= baseline.heart_rate <= 100
        assert 95 <= baseline.spo2 <= 99.5


def test_pressure_rises_with_the_drug_and_falls_after_it():
    course = _course(1, minutes=120)
    assert 8 < _mean(course, "systolic", 35, 41) - 125 < 20
    assert abs(_mean(course, "systolic", 110, 120) - 125) < 6


def test_resting_values_wander_and_breathe():
    patient = Patient(SPEC, (), 1)
    course = [patient.step(rate_mg_per_min=0.0, at_min=0.0) for _ in range(3600)]
    assert 1.0 < stdev(vitals.heart_rate for vitals in course) < 4.0
    assert 1.5 < stdev(vitals.systolic for vitals in course) < 5.0
    assert abs(fmean(vitals.spo2 for vitals in course) - 98) < 0.5
    assert all(vitals.diastolic < vitals.mean < vitals.systolic and vitals.spo2 <= 100 for vitals in course)


def test_surge_multiplies_the_response_and_ends_when_the_drug_is_gone():
    surge = Surge(from_min=20, to_min=300, factor=3.0)
    surging, usual = _course(1, surge, minutes=180), _course(1, minutes=180)
    assert _mean(surging, "systolic", 35, 40) - _mean(usual, "systolic", 35, 40) > 20
    assert _mean(surging, "systolic", 170, 180) - _mean(usual, "systolic", 170, 180) < 8


def test_a_surge_falls_when_the_infusion_is_really_stopped():
    surge = Surge(from_min=10, to_min=60, factor=3.0)
    assert _mean(_course(1, surge), "systolic", 35, 40) - _mean(_course(1, surge, stop_min=20), "systolic", 35, 40) > 15


def test_tachycardia_sets_in_and_passes():
    course = _course(1, Tachycardia(from_min=20, to_min=30, rise_per_min=50))
    assert _mean(course, "heart_rate", 24, 30) > 115
    assert _mean(course, "heart_rate", 38, 45) < 85


def test_desaturation_reaches_its_level_slows_breathing_and_recovers():
    course = _course(1, Desaturation(from_min=20, to_min=22, lowest=84))
    assert 83 < _mean(course, "spo2", 21, 22) < 86
    assert _mean(course, "respiratory_rate", 21, 22) < 0.8 * _mean(course, "respiratory_rate", 15, 20)
    assert _mean(course, "spo2", 24, 26) > 96.5
    falls = [before.spo2 - after.spo2 for before, after in pairwise(course)]
    assert max(falls) < 4  # a body does not jump: the monitor would call it an artefact


def test_an_event_that_hangs_on_the_infusion_ends_with_it():
    spell = Desaturation(from_min=20, to_min=40, lowest=84, only_while_infusing=True)
    assert _mean(_course(1, spell), "spo2", 30, 35) < 86
    assert _mean(_course(1, spell, stop_min=25), "spo2", 30, 35) > 96.5


def test_vagal_reaction_lowers_pressure_and_pulse():
    course = _course(1, VagalReaction(from_min=45, to_min=50, systolic_fall=45, heart_rate_fall=30))
    assert _mean(course, "systolic", 48, 50) < 95
    assert _mean(course, "heart_rate", 48, 50) < 48
