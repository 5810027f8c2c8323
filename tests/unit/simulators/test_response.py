"""The response of the simulated population against the published one."""

from statistics import fmean, stdev

import pytest

from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN, Pharmacokinetics, domino
from simulators.response import PEAK_BLOOD_PRESSURE_SITE_NG_ML, PEAK_BRAIN_SITE_NG_ML, PeakRise, draw_peak_rise, rise_at
from simulators.seeds import seeded

PATIENTS = 500


@pytest.fixture(scope="module")
def sites() -> list[tuple[float, float]]:
    """Concentrations at both effect sites for each minute of the usual infusion and two hours after it."""
    pk = Pharmacokinetics(domino(70))
    course = []
    for second in range(160 * 60):
        pk.step(0.875 if second < 2400 else 0.0)
        if second % 60 == 59:
            course.append((pk.effect_ng_ml(KE0_BLOOD_PRESSURE_PER_MIN), pk.effect_ng_ml(KE0_BRAIN_PER_MIN)))
    return course


@pytest.fixture(scope="module")
def peaks(sites: list[tuple[float, float]]) -> list[PeakRise]:
    """The largest change of each patient over the whole course, found on the course and not taken from the draw."""
    found = []
    for seed in range(PATIENTS):
        patient = draw_peak_rise(seeded(seed, "patient"), has_hypertension=False)
        rises = [rise_at(patient, *site) for site in sites]
        systolic, diastolic, heart_rate = (
            max((getattr(rise, name) for rise in rises), key=abs) for name in ("systolic", "diastolic", "heart_rate")
        )
        found.append(PeakRise(systolic, diastolic, heart_rate))
    return found


def test_reference_concentrations_are_those_of_the_model(sites: list[tuple[float, float]]):
    assert sites[39][0] == pytest.approx(PEAK_BLOOD_PRESSURE_SITE_NG_ML, rel=1e-4)
    assert sites[39][1] == pytest.approx(PEAK_BRAIN_SITE_NG_ML, rel=1e-4)


def test_systolic_rise_of_the_population(peaks: list[PeakRise]):
    systolic = [peak.systolic for peak in peaks]
    assert 13.0 <= fmean(systolic) <= 16.0
    assert stdev(systolic) == pytest.approx(11.2, rel=0.08)


def test_diastolic_rise_of_the_population(peaks: list[PeakRise]):
    diastolic = [peak.diastolic for peak in peaks]
    assert 8.5 <= fmean(diastolic) <= 11.0
    assert stdev(diastolic) == pytest.approx(8.45, rel=0.08)


def test_heart_rate_rise_of_the_population(peaks: list[PeakRise]):
    heart_rate = [peak.heart_rate for peak in peaks]
    assert 0.55 <= fmean(heart_rate) <= 7.63
    assert min(heart_rate) < 0 < max(heart_rate)
    assert stdev(heart_rate) > 6


def test_pressure_is_back_within_an_hour_and_a_half_of_the_stop(sites: list[tuple[float, float]]):
    usual = PeakRise(14.5, 9.75, 4.1)
    by_minute = [rise_at(usual, *site).systolic / 14.5 for site in sites]
    assert by_minute[39] == pytest.approx(1.0, abs=0.001)
    assert by_minute[59] == pytest.approx(0.45, abs=0.1)
    assert by_minute[129] < 0.25


def test_breathing_slows_only_a_little():
    assert 0.95 < rise_at(PeakRise(0, 0, 0), 225, 238).breathing < 1.0


def test_hypertensive_patients_rise_more_with_less_pulse():
    rng = seeded(5, "a"), seeded(5, "a")
    with_it, without = draw_peak_rise(rng[0], has_hypertension=True), draw_peak_rise(rng[1], has_hypertension=False)
    assert with_it.systolic > without.systolic
    assert with_it.heart_rate < without.heart_rate
