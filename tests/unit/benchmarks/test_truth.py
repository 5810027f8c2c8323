"""Truth: which stretches count, when an alert is due, and when nobody is asked."""

import pytest

from benchmarks.alert_quality.truth import MARGIN, Stretch, Truth, first_cuffs, stretches_of
from schemas.vitals import Vital
from tests.unit.benchmarks.courses import BASELINE_S, rule, truth_of

HR, SPO2, SBP, DBP, MAP = Vital.HEART_RATE, Vital.SPO2, Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP


def _demands(truth: Truth, name: str) -> list[tuple[int, float]]:
    """(onset, due) of each demand, in seconds of the infusion."""
    return [(demand.onset_s - BASELINE_S, demand.due_s - BASELINE_S) for event in truth.events(rule(name)) for demand in event.demands]


@pytest.mark.parametrize(
    ("flags", "stretches"),
    [
        ([], []),
        ([False, False], []),
        ([True], [(0, 1)]),
        ([False, True, True, False, True], [(1, 3), (4, 5)]),
    ],
)
def test_stretches(flags: list[bool], stretches: list[tuple[int, int]]):
    assert stretches_of(flags) == [Stretch(*stretch) for stretch in stretches]


def test_a_streamed_event_is_due_when_its_onset_has_passed_since_the_averaged_number_showed_it():
    """150 from second 100 on: averaged over 5 s the number is beyond 131 + margin some seconds later; the patient is so at once."""
    ((onset_s, due_s),) = _demands(truth_of((HR, 150.0, 100, 200)), "HR-H1")
    assert onset_s == 100
    assert 105 <= due_s - 15 <= 110


@pytest.mark.parametrize(
    ("value", "seconds", "is_sustained"),
    [
        (150.0, 100, True),
        (150.0, 20, False),  # the averaged number is beyond for less than onset + 2 s
        (131.0 + MARGIN[HR] - 0.1, 600, False),  # a sensor's error may hide it
        (131.0 + MARGIN[HR] + 0.5, 600, True),
        (130.0, 600, False),
    ],
)
def test_only_a_sustained_event_is_asked_for(value: float, seconds: int, is_sustained: bool):
    assert bool(_demands(truth_of((HR, value, 100, 100 + seconds)), "HR-H1")) is is_sustained


def test_an_event_behind_an_artefact_is_asked_for_when_it_shows():
    spell = (HR, 150.0, 100, 400)
    assert _demands(truth_of(spell, hidden=[(HR, 90, 450)]), "HR-H1") == []
    ((_, due_s),) = _demands(truth_of(spell, hidden=[(HR, 90, 200)]), "HR-H1")
    assert due_s == 200 + 15
    assert len(_demands(truth_of(spell, hidden=[(HR, 200, 230)]), "HR-H1")) == 2  # before it, and again after it
    assert len(_demands(truth_of(spell, hidden=[(SPO2, 90, 450)]), "HR-H1")) == 1


def test_a_measurement_that_the_line_held_back_is_asked_for_when_the_next_one_comes():
    ((_, due_s),) = _demands(truth_of((HR, 150.0, 100, 200)), "HR-H1")
    start_s = round(due_s) - 15
    ((_, later_s),) = _demands(truth_of((HR, 150.0, 100, 200), silent=range(start_s, start_s + 4)), "HR-H1")
    assert later_s == due_s + 4


def test_nothing_is_asked_for_before_the_infusion():
    truth = truth_of((HR, 150.0, -300, -60))
    assert truth.plain(rule("HR-H1")) == []
    assert truth_of((HR, 150.0, -30, 60)).plain(rule("HR-H1"))[0].start_s == BASELINE_S  # averaged since before: true at the start


@pytest.mark.parametrize(
    ("cuffs", "due"),
    [
        ({150: "right", 450: "right"}, [270.0]),  # the first cuff in it + 120 s
        ({50: "right", 350: "right"}, [470.0]),
        ({150: "failed", 450: "right"}, [570.0]),
        ({150: "wrong", 450: "right"}, [570.0]),
        ({150: "right", 200: "wrong", 240: "right"}, [360.0]),  # misled while it waited: from the next right one on
        ({150: "right", 450: "wrong", 500: "right"}, [270.0, 620.0]),  # it may have ended the alert: it must be there again
        ({650: "right"}, []),  # 120 s later it is over
        ({}, []),
    ],
)
def test_a_pressure_is_due_after_the_first_right_cuff(cuffs: dict[int, str], due: list[float]):
    truth = truth_of((SBP, 185.0, 100, 700), cuffs=cuffs)
    assert [due_s for _, due_s in _demands(truth, "BP-M1")] == due


def test_a_pressure_within_the_error_of_a_cuff_is_slight():
    truth = truth_of((SBP, 165.0, 100, 900), cuffs={150: "right", 450: "right"})
    (event,) = truth.events(rule("BP-M1"))
    assert event.demands == ()
    assert event.stretch.end_s - event.stretch.start_s > truth.longest_wait_s(rule("BP-M1"))


def test_an_immediate_clause_is_due_at_the_cuff():
    truth = truth_of((SBP, 230.0, 100, 900), cuffs={150: "right"})
    found = [demand for event in truth.events(rule("BP-H1")) for demand in event.demands]
    assert [(demand.due_s - BASELINE_S, demand.is_at_once) for demand in found] == [(270.0, False), (150.0, True)]


def test_a_clause_of_two_signs_needs_both_and_both_shown():
    both = [(SBP, 72.0, 100, 900), (HR, 40.0, 100, 900), (MAP, 80.0, 100, 900)]
    bradycardia = rule("BP-H3")
    assert truth_of(*both[:1]).plain(bradycardia) != []  # below 80 on its own
    together = [(SBP, 74.0, 100, 900), (HR, 40.0, 100, 900)]
    cuffs = {150: "right"}
    assert len(_demands(truth_of(*together, cuffs=cuffs), "BP-H3")) == 1
    assert _demands(truth_of(*together, cuffs=cuffs, hidden=[(HR, 0, 1000)]), "BP-H3") == []


def test_a_change_is_measured_from_the_true_baseline():
    """98 % in the baseline: 4 below it is 94; 92.5 is below by more than the margin."""
    assert len(_demands(truth_of((SPO2, 92.5, 100, 300)), "OX-L1")) == 1
    truth = truth_of((SPO2, 92.5, 100, 300))
    assert truth.baselines[SPO2] == pytest.approx(98.0)


def test_first_cuffs_begin_anew_after_a_wrong_one():
    truth = truth_of(cuffs={10: "right", 20: "right", 30: "wrong", 40: "failed", 50: "right"})
    found = first_cuffs(truth.course.cuffs, Stretch(BASELINE_S, BASELINE_S + 100))
    assert [at_s - BASELINE_S for at_s in found] == [10, 50]
