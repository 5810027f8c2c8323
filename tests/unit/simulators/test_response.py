"""What the drug does to one patient: rises and their return, mind, and breath; and how patients differ."""

from itertools import pairwise
from statistics import fmean, stdev

import pytest

from simulators.compartments import compartments
from simulators.pharmacology import PHARMACOLOGY
from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN, Pharmacokinetics
from simulators.reference_dose import reference_of
from simulators.response import (
    Circulation,
    PeakRise,
    Sensitivity,
    cadss_six,
    draw_peak_rise,
    draw_sensitivity,
    drive_at,
    mind_at,
    moaas,
)
from simulators.seeds import seeded

USUAL = PeakRise(14.0, 9.0, 4.0)
TYPICAL = Sensitivity()
REFERENCE = reference_of(compartments("domino", 70), "ketamine", 70)


@pytest.fixture(scope="module")
def rises() -> list[PeakRise]:
    """Of the usual infusion and two hours after it, minute by minute."""
    pk, circulation = Pharmacokinetics(compartments("domino", 70)), Circulation(USUAL, REFERENCE, 1.0)
    course = []
    for second in range(160 * 60):
        pk.step(0.875 if second < 2400 else 0.0)
        rise = circulation.step(pk.effect_ng_ml(KE0_BLOOD_PRESSURE_PER_MIN), pk.effect_ng_ml(KE0_BRAIN_PER_MIN))
        if second % 60 == 59:
            course.append(rise)
    return course


def test_the_reference_dose_reaches_the_published_concentrations():
    assert REFERENCE.pressure_ng_ml == pytest.approx(225, rel=0.02)
    assert REFERENCE.brain_ng_ml == pytest.approx(238, rel=0.02)


def test_the_peak_of_the_usual_infusion_is_the_patient_s_own(rises: list[PeakRise]):
    assert max(rise.systolic for rise in rises) == pytest.approx(14.0, rel=0.01)
    assert max(rise.diastolic for rise in rises) == pytest.approx(9.0, rel=0.01)
    assert max(rise.heart_rate for rise in rises) == pytest.approx(4.0, rel=0.01)
    assert 30 <= max(range(len(rises)), key=lambda minute: rises[minute].systolic) <= 40


def test_pressure_is_back_and_the_pulse_may_be_below_within_an_hour_and_a_half_of_the_stop(rises: list[PeakRise]):
    by_minute = [rise.systolic / 14.0 for rise in rises]
    assert by_minute[54] < 0.55
    assert abs(by_minute[129]) < 0.1
    assert min(rise.heart_rate for rise in rises[60:]) < 0


def test_drawn_rises_have_the_mean_and_spread_of_the_table():
    drawn = [draw_peak_rise(seeded(seed, "patient"), has_hypertension=False) for seed in range(1000)]
    row = PHARMACOLOGY.rise
    for name in ("systolic", "diastolic", "heart_rate"):
        values, (mean, sd) = [getattr(rise, name) for rise in drawn], getattr(row, name)
        assert fmean(values) == pytest.approx(mean, abs=4 * sd / 1000**0.5)
        assert stdev(values) == pytest.approx(sd, rel=0.1)


@pytest.mark.parametrize(
    ("other", "is_more"),
    [
        ({"has_hypertension": True}, True),
        ({"has_hypertension": False, "age": 70.0}, True),
        ({"has_hypertension": False, "takes": ("ssri",)}, True),
        ({"has_hypertension": False, "takes": ("clonidine",)}, False),
    ],
)
def test_who_rises_more(other: dict[str, object], is_more: bool):
    plain = draw_peak_rise(seeded(5, "a"), has_hypertension=False)
    changed = draw_peak_rise(seeded(5, "a"), **other)
    assert (changed.systolic > plain.systolic) is is_more


def test_hypertensive_patients_rise_with_less_pulse():
    assert (
        draw_peak_rise(seeded(5, "a"), has_hypertension=True).heart_rate < draw_peak_rise(seeded(5, "a"), has_hypertension=False).heart_rate
    )


def test_dissociation_of_the_population():
    drawn = [draw_sensitivity(seeded(seed, "body")).cadss for seed in range(3000)]
    assert fmean(drawn) == pytest.approx(PHARMACOLOGY.dissociation.mean, rel=0.1)
    assert stdev(drawn) == pytest.approx(PHARMACOLOGY.dissociation.sd, rel=0.3)


def test_mind_and_breath_go_one_way_with_the_concentration():
    levels = [0.0, 50.0, 238.0, 500.0, 1000.0, 2000.0, 4000.0]
    minds = [mind_at(level, REFERENCE, TYPICAL) for level in levels]
    assert minds[0].dissociation == minds[0].sedation == 0.0
    assert all(one.sedation < other.sedation for one, other in pairwise(minds))
    assert all(one.dissociation < other.dissociation for one, other in pairwise(minds[:4]))
    drives = [drive_at(level, TYPICAL) for level in levels]
    assert drives[0] == 1.0
    assert all(one > other for one, other in pairwise(drives))
    assert drives[2] > 0.95  # the usual infusion hardly slows breathing
    assert drives[-1] < PHARMACOLOGY.breathing.apnoea_below  # a fast push stops it


def test_opioids_and_midazolam_weaken_the_drive():
    with_opioid = draw_sensitivity(seeded(1, "body"), ("opioid",))
    assert drive_at(900, with_opioid) < drive_at(900, draw_sensitivity(seeded(1, "body")))
    assert drive_at(900, TYPICAL, 0.7) < drive_at(900, TYPICAL)


@pytest.mark.parametrize(("level", "score"), [(0.0, 5), (0.26, 5), (0.4, 4), (0.6, 3), (0.75, 2), (0.85, 1), (0.95, 0)])
def test_the_scale_of_sedation(level: float, score: int):
    assert moaas(level) == score


def test_the_six_items_stay_on_their_scale():
    assert [cadss_six(total) for total in (0.0, 7.7, 92.0)] == [0, 3, 24]
