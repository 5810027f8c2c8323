"""Scenarios: strict files, and the ones that come with the package keep what they promise about the patient."""

import itertools

import pytest

from schemas.device_wire import WireMeasurement
from schemas.vitals import Vital
from simulators.bed import Bed, BedScript
from simulators.scenario import ScenarioError, load_scenario, parse_scenario, scenario_names

GOOD = """
title = "A scenario"
description = "Something that happens."
[patient]
label = "A.B."
weight_kg = 70
[order]
dose_mg_per_kg = 0.5
duration_min = 40
"""


def _truth(name: str, seed: int) -> list[tuple[float, float, float, float]]:
    """(minute, systolic, SpO2, heart rate) of the true patient at every second, with nobody intervening."""
    bed = Bed(load_scenario(name), seed, 0)
    script = BedScript(bed)
    course = []
    while True:
        script.step()
        if bed.has_ended:
            return course
        bed.next_frame()
        course.append((bed.elapsed_s / 60, bed.truth.systolic, bed.truth.spo2, bed.truth.heart_rate))


def _longest_run_s(flags: list[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


def test_the_package_brings_its_scenarios():
    names = scenario_names()
    assert {"uneventful", "hypertensive-surge", "tachycardia", "desaturation", "probe-off", "cuff-fails"} <= set(names)
    for name in names:
        scenario = load_scenario(name)
        assert scenario.name == name
        if scenario.order.duration_min:  # infused; other doses are given at once
            assert scenario.dose_mg == pytest.approx(0.5 * scenario.patient.weight_kg)
            assert scenario.rate_mg_per_min * scenario.order.duration_min == pytest.approx(scenario.dose_mg)
        assert scenario.timeline.baseline_min / scenario.timeline.baseline_cuff_min >= 3
        assert scenario.expects or scenario.never or scenario.nothing_else, "it says what must come of it"


@pytest.mark.parametrize("seed", [1, 2])
def test_hypertensive_surge_stays_above_180_for_ten_minutes(seed: int):
    course = _truth("hypertensive-surge", seed)
    window = [systolic > 180 for minute, systolic, _, _ in course if 31 <= minute <= 46]  # minutes 25 to 40 of the infusion
    assert _longest_run_s(window) >= 600
    assert course[-1][1] < 170


@pytest.mark.parametrize("seed", [1, 2])
def test_desaturation_stays_below_90_for_more_than_a_minute_and_recovers(seed: int):
    course = _truth("desaturation", seed)
    assert _longest_run_s([spo2 < 90 for _, _, spo2, _ in course]) > 60
    assert min(spo2 for _, _, spo2, _ in course) < 80
    assert course[-1][2] > 95


def test_tachycardia_passes_131_for_more_than_its_onset_time():
    assert _longest_run_s([heart_rate >= 131 for _, _, _, heart_rate in _truth("tachycardia", 1)]) > 60


def test_uneventful_patient_stays_far_from_every_limit():
    course = _truth("uneventful", 1)
    assert max(systolic for _, systolic, _, _ in course) < 145
    assert min(spo2 for _, _, spo2, _ in course) > 95
    assert all(55 < heart_rate < 95 for _, _, _, heart_rate in course)


def test_a_good_file_is_read_and_what_is_left_out_has_its_default():
    scenario = parse_scenario("mine", GOOD)
    assert scenario.name == "mine"
    assert (scenario.timeline.baseline_min, scenario.timeline.infusion_min, scenario.timeline.recovery_min) == (6, 40, 30)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("weight_kg = 70", "weight_kg = 70\nheight_cm = 180"), "height_cm"),
        (GOOD.replace("weight_kg = 70", 'weight_kg = "70"'), "weight_kg"),
        (GOOD.replace("weight_kg = 70", "weight_kg = true"), "weight_kg"),
        (GOOD.replace("weight_kg = 70", "weight_kg = 7000"), "weight_kg"),
        (GOOD.replace("weight_kg = 70", "weight_kg = 70\nsystolic = 120"), "together"),
        (GOOD.replace("weight_kg = 70", "weight_kg = 70\nsystolic = 120\ndiastolic = 115"), "20 above"),
        (GOOD + '[[event]]\nkind = "earthquake"\nfrom_min = 1\nto_min = 2\n', "earthquake"),
        (GOOD + '[[event]]\nkind = "probe_off"\nfrom_min = 5\nto_min = 5\n', "to_min must be after"),
        (GOOD + '[[event]]\nkind = "probe_off"\nfrom_min = 80\nto_min = 90\n', "after the end"),
        (GOOD + '[[event]]\nkind = "stuck"\nvital = "systolic_bp"\nfrom_min = 5\nto_min = 6\n', "not a streamed value"),
        (GOOD + '[[event]]\nkind = "surge"\nfactor = 2\nfrom_min = 5\nto_min = 6\n', "peak_rise"),
        ('expects = [{ rule = "BP-H1", by_min = 500 }]' + GOOD, "after the end"),
        ('expects = [{ rule = "bp", by_min = 5 }]' + GOOD, "rule"),
        ('never = ["BP-H1"]\nexpects = [{ rule = "BP-H1", by_min = 5 }]' + GOOD, "both expected and never"),
        ('name = "x"' + GOOD, "name of its file"),
        ("title = ", "Invalid value"),
    ],
)
def test_a_wrong_file_is_refused_and_the_place_is_named(text: str, says: str):
    with pytest.raises(ScenarioError, match=says) as caught:
        parse_scenario("mine", text)
    assert "mine" in str(caught.value)


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(ScenarioError, match="hypertensive-surge"):
        load_scenario("../secrets")


def test_every_cuff_of_the_baseline_is_there_for_the_baseline():
    bed = Bed(load_scenario("uneventful"), 1, 0)
    script = BedScript(bed)
    at_s = []
    while bed.elapsed_s < 6 * 60:
        script.step()
        at_s += [bed.elapsed_s for part in bed.next_frame().measurements if _is_cuff(part)]
    assert len(at_s) == 3
    assert all(after - before >= 60 for before, after in itertools.pairwise(at_s))


def _is_cuff(part: WireMeasurement) -> bool:
    return part.readings[0].vital is Vital.SYSTOLIC_BP
