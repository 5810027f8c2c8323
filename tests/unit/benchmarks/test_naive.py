"""The naive use of the same limits: every crossing an alert."""

import pytest

from benchmarks.alert_quality.naive import Naive
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.benchmarks.courses import rule

HR, SPO2, SBP, DBP, MAP = Vital.HEART_RATE, Vital.SPO2, Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP
STREAMS_S = {HR: 1.0, SPO2: 1.0}


def _naive(*names: str, phase: Phase = Phase.INFUSING) -> Naive:
    rules = [rule(name) for name in names]
    naive = Naive([rule for rule in rules if rule.any], [rule for rule in rules if rule.missing], STREAMS_S)
    naive.enter(phase, {SPO2: 98.0}, 0.0)
    return naive


@pytest.mark.parametrize(
    ("values", "crossings"),
    [
        ([72, 130, 130], []),
        ([72, 131, 131, 131], [1]),
        ([131, 130, 131, 130], [0, 2]),
        ([131, None, 131], [0]),  # no value says nothing
        ([72, 301, 72], []),  # no living patient: a driver keeps it out
        ([72, 140, 72, 140, 72, 140], [1, 3, 5]),
    ],
)
def test_every_crossing_is_an_alert(values: list[float | None], crossings: list[int]):
    naive = _naive("HR-H1")
    for second, value in enumerate(values):
        naive.take({HR: value}, float(second))
    assert [occurrence.raised_s for occurrence in naive.occurrences] == crossings


def test_each_rule_counts_for_itself_and_ends_at_once():
    naive = _naive("HR-H1", "HR-M1")
    for second, value in enumerate([120, 140, 120, 72]):
        naive.take({HR: value}, float(second))
    assert [(one.rule, one.raised_s, one.ended_s) for one in naive.occurrences] == [("HR-H1", 1.0, 2.0), ("HR-M1", 0.0, 3.0)]


def test_one_cuff_is_enough_and_the_next_one_ends_it():
    naive = _naive("BP-M1")
    for second, systolic in ((0, 161), (300, 159), (600, 161)):
        naive.take({SBP: systolic, DBP: 80, MAP: 100}, float(second))
    assert [occurrence.raised_s for occurrence in naive.occurrences] == [0, 600]


def test_phases_and_baselines_are_those_of_the_session():
    naive = _naive("OX-L1", phase=Phase.BASELINE)
    naive.take({SPO2: 90.0}, 1.0)
    assert naive.occurrences == []
    naive.enter(Phase.INFUSING, {SPO2: 98.0}, 2.0)
    assert [occurrence.raised_s for occurrence in naive.occurrences] == [2.0]
    naive.enter(Phase.CLOSED, {SPO2: 98.0}, 3.0)
    assert naive.occurrences[0].ended_s == 3.0


def test_missing_data_raises_at_once():
    naive = _naive("TEC-L3", "TEC-H1")
    naive.take({HR: 72.0, SPO2: 98.0}, 1.0)
    naive.take({HR: 72.0, SPO2: None}, 2.0)  # said to be missing
    naive.take({HR: 72.0, SPO2: 98.0}, 3.0)
    naive.pass_to(4.0)
    assert [(one.rule, one.raised_s, one.ended_s) for one in naive.silences] == [("TEC-L3", 2.0, 3.0)]
    naive.pass_to(5.0)  # overdue: both signs
    assert [(one.rule, one.raised_s) for one in naive.silences[1:]] == [("TEC-L3", 5.0), ("TEC-H1", 5.0)]


def test_what_was_missing_before_the_infusion_counts_from_its_start():
    naive = _naive("TEC-L3", phase=Phase.BASELINE)
    naive.pass_to(100.0)
    assert naive.silences == []
    naive.enter(Phase.INFUSING, {}, 100.0)
    naive.pass_to(101.0)
    naive.pass_to(102.0)
    assert [occurrence.raised_s for occurrence in naive.silences][-1:] == [102.0]
