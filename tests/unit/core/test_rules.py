"""Every rule of the default rule set by name: what raises it and when, what just does not, what ends it. Numbers are written out here, not
read from the file: a changed limit must change a test."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pytest

from schemas.alert import AlertState
from tests.unit.core.bedside import CALM, Bedside, default_limits, infusing
from tests.unit.core.test_catalogue import CATALOGUE
from tests.unit.core.test_rules_cuffs import CUFFS

LATCHING = {"BP-H1", "BP-H3", "HR-H1", "HR-H2", "OX-H1", "OX-H2", "TEC-H1"}


# --- streams --------------------------------------------------------------------------------------------------------------------------


class Stream(NamedTuple):
    rule: str
    vital: str
    breach: float
    inside: float  # a thousandth inside the limit
    onset_s: int
    clear: float
    kept: float  # a thousandth before it clears
    baseline: Mapping[str, float] = MappingProxyType({})


STREAMS = [
    Stream("HR-H1", "hr", 131, 130.999, 15, 124.999, 125),
    Stream("HR-M1", "hr", 111, 110.999, 30, 105.999, 106),
    Stream("HR-L1", "hr", 100, 99.999, 60, 86.399, 86.4),  # floor 100: +30 % of 72 is 93.6; clears below +20 %
    Stream("HR-L1", "hr", 104, 103.999, 60, 95.999, 96, {"hr": 80}),  # +30 % of 80
    Stream("HR-H2", "hr", 40, 40.001, 10, 45, 44.999),
    Stream("HR-M2", "hr", 49.999, 50, 20, 53, 52.999),
    Stream("HR-M2", "hr", 43.999, 44, 20, 47, 46.999, {"hr": 54}),  # a slow baseline: 10 below it, cleared 3 above that
    Stream("OX-H1", "spo2", 80, 80.001, 0, 85, 84.999),
    Stream("OX-H2", "spo2", 89.999, 90, 15, 92, 91.999),
    Stream("OX-M1", "spo2", 91, 91.001, 20, 93, 92.999),
    Stream("OX-L1", "spo2", 93.999, 94, 30, 95, 94.999, {"spo2": 97}),
    Stream("OX-L1", "spo2", 96, 96.001, 30, 97, 96.999, {"spo2": 100}),  # 4 below the own baseline
]
NAMES = [f"{row.rule} {row.vital} {row.breach:g}" for row in STREAMS]


@pytest.mark.parametrize("row", STREAMS, ids=NAMES)
def test_a_stream_beyond_its_limit_is_raised_at_its_onset(row: Stream) -> None:
    bed = infusing(**row.baseline)
    since_s = bed.since_start_s + 1
    bed.stream(row.onset_s + 1, **{row.vital: row.breach})
    raised = (since_s, "active", "immediate") if row.onset_s == 0 else (since_s + row.onset_s, "active", "onset_passed")
    began = [] if row.onset_s == 0 else [(since_s, "pending", "condition_began")]
    assert bed.changes(row.rule) == [*began, raised]


@pytest.mark.parametrize("row", STREAMS, ids=NAMES)
def test_a_stream_just_inside_its_limit_is_not_raised(row: Stream) -> None:
    bed = infusing(**row.baseline)
    bed.stream(row.onset_s + 61, **{row.vital: row.inside})
    assert bed.changes(row.rule) == []


@pytest.mark.parametrize("row", STREAMS, ids=NAMES)
def test_a_stream_that_ends_a_moment_before_the_onset_is_withdrawn(row: Stream) -> None:
    if row.onset_s == 0:
        assert row.rule == "OX-H1"  # the one without an onset
        return
    bed = infusing(**row.baseline)
    bed.wait(1)
    since_s = bed.since_start_s
    bed.say(**{**CALM, row.vital: row.breach})
    bed.wait(row.onset_s - 0.001)
    bed.say(**{**CALM, row.vital: row.clear})
    assert bed.changes(row.rule) == [
        (since_s, "pending", "condition_began"),
        (since_s + row.onset_s - 0.001, "withdrawn", "condition_ended"),
    ]


@pytest.mark.parametrize("row", STREAMS, ids=NAMES)
def test_a_stream_alert_ends_past_its_clearing_value(row: Stream) -> None:
    bed = infusing(**row.baseline)
    bed.stream(row.onset_s + 1, **{row.vital: row.breach})
    bed.stream(30, **{row.vital: row.kept})
    assert bed.state(row.rule) is AlertState.ACTIVE
    hold_s = 5 if row.rule == "OX-H2" else 0
    ended_s = bed.since_start_s + 1 + hold_s
    bed.stream(1 + hold_s, **{row.vital: row.clear})
    latches = row.rule in LATCHING
    assert bed.changes(row.rule)[-1] == (ended_s, "latched" if latches else "resolved", "condition_ended")
    assert bed.state(row.rule) is (AlertState.LATCHED if latches else None)


def test_a_cleared_value_must_hold_its_time() -> None:
    """OX-H2 clears at 92 % for 5 s: a single good second does not end it."""
    bed = infusing()
    bed.stream(16, spo2=88)
    bed.stream(5, spo2=92)
    bed.stream(1, spo2=91.999)
    bed.stream(5, spo2=92)
    assert bed.state("OX-H2") is AlertState.ACTIVE
    bed.stream(1, spo2=92)
    assert bed.state("OX-H2") is AlertState.LATCHED


def test_flapping_at_the_limit_is_raised_all_the_same() -> None:
    """One second beyond, one second just inside: only a value past the clearing value starts the onset anew."""
    bed = infusing()
    since_s = bed.since_start_s + 1
    for _ in range(8):
        bed.stream(1, hr=131)
        bed.stream(1, hr=130)
    assert (since_s + 15, "active", "onset_passed") in bed.changes("HR-H1")


# --- missing data ---------------------------------------------------------------------------------------------------------------------

MISSING = [
    ("TEC-L2", ("hr",), 5), ("TEC-M1", ("hr",), 15), ("TEC-L3", ("spo2",), 5), ("TEC-M2", ("spo2",), 15), ("TEC-H1", ("hr", "spo2"), 30),
    ("TEC-L1", ("sbp",), 450), ("TEC-M3", ("sbp",), 600),
]  # fmt: skip
CALM_VALUE = {**CALM, "sbp": 125.0}


@pytest.mark.parametrize(("rule", "vitals", "after_s"), MISSING)
def test_silence_is_raised_at_its_time(rule: str, vitals: tuple[str, ...], after_s: int) -> None:
    bed = infusing()
    bed.say(**{vital: CALM_VALUE[vital] for vital in vitals})
    said_s = bed.since_start_s
    bed.wait(after_s + 60)
    of_this_silence = [change for change in bed.changes(rule) if change[0] > said_s]
    assert of_this_silence == [(said_s + after_s, "active", "onset_passed")]


@pytest.mark.parametrize(("rule", "vitals", "after_s"), MISSING)
def test_a_value_a_moment_before_is_in_time(rule: str, vitals: tuple[str, ...], after_s: int) -> None:
    bed = Bedside()
    bed.start()
    for _ in range(3):
        bed.wait(after_s - 0.001)
        bed.say(**{vital: CALM_VALUE[vital] for vital in vitals})
    assert bed.changes(rule) == []


@pytest.mark.parametrize(("rule", "vitals", "after_s"), MISSING)
def test_any_usable_value_ends_the_silence(rule: str, vitals: tuple[str, ...], after_s: int) -> None:
    bed = infusing()
    bed.wait(after_s)
    for faults in ({"behind_ms": 60_000}, {"counter_step": 0}):
        bed.say(**{vital: CALM_VALUE[vital] for vital in vitals}, **faults)
    bed.say(**dict.fromkeys(vitals, None))
    bed.say(**dict.fromkeys(vitals, 301.0))
    assert bed.state(rule) is AlertState.ACTIVE
    bed.say(**{vitals[0]: CALM_VALUE[vitals[0]]})
    assert bed.state(rule) is (AlertState.LATCHED if rule in LATCHING else None)


def test_a_latched_silence_that_comes_again_is_the_same_occurrence() -> None:
    bed = infusing()
    bed.wait(40)
    bed.say(**CALM)
    assert bed.state("TEC-H1") is AlertState.LATCHED
    said_s = bed.since_start_s
    bed.wait(30)
    assert bed.changes("TEC-H1")[-1] == (said_s + 30, "active", "recurred")
    assert bed.alert("TEC-H1") is not None
    assert [alert.id for alert in bed.engine.alerts() if alert.rule == "TEC-H1"] == ["TEC-H1.1"]


def test_every_rule_of_the_default_set_is_in_these_tables() -> None:
    named = {row.rule for row in STREAMS} | {row.rule for row in CUFFS} | {rule for rule, _, _ in MISSING} | {row.rule for row in CATALOGUE}
    assert {rule.id for rule in default_limits().rule} == named
    assert {rule.id for rule in default_limits().rule if rule.latch} >= LATCHING
