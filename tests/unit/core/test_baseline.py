"""The personal baseline: medians of what was measured before the infusion."""

import pytest

from monitor.core.baseline import MAX_STREAM_VALUES, BaselineCollector
from monitor.core.refused import Refused
from schemas.log import BaselineSet
from schemas.session import Baseline, Phase
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM, CALM_CUFF, WATCHED, Bedside, default_limits

SBP, HR = Vital.SYSTOLIC_BP, Vital.HEART_RATE


def collector() -> BaselineCollector:
    return BaselineCollector(default_limits().baseline)


def test_the_median_of_all_cuffs_a_minute_apart() -> None:
    collect = collector()
    for at_ms, value in ((0, 120_000), (59_999, 200_000), (60_000, 130_000), (200_000, 126_000)):
        collect.add(SBP, value, at_ms)
    assert collect.take(10**9) == (Baseline(3, 126_000, SBP),), "the second came too early; cuffs do not age here"


def test_one_cuff_is_none() -> None:
    collect = collector()
    collect.add(SBP, 120_000, 0)
    assert collect.take(0) == ()


def test_of_an_even_number_the_lower_middle_that_was_really_measured() -> None:
    collect = collector()
    for index, value in enumerate((120_000, 131_000)):
        collect.add(SBP, value, index * 60_000)
    assert collect.take(0)[0].value_milli == 120_000


def test_streams_count_for_their_window() -> None:
    collect = collector()
    for at_ms, value in ((0, 50_000), (1, 70_000), (150_000, 80_000), (300_001, 90_000)):
        collect.add(HR, value, at_ms)
    assert collect.take(300_001) == (Baseline(3, 80_000, HR),)
    assert collect.take(600_002) == ()


def test_the_newest_values_of_a_fast_stream() -> None:
    collect = collector()
    for index in range(2 * MAX_STREAM_VALUES):
        collect.add(HR, index, index)
    assert collect.take(0)[0].count == MAX_STREAM_VALUES


@pytest.mark.parametrize(
    ("cuffs", "streams", "why"),
    [
        (0, CALM, "0 of 2 cuff values"),
        (1, CALM, "1 of 2 cuff values"),
        (2, {"hr": 72.0}, "no baseline of SpO2"),
        (2, {"spo2": 98.0}, "no baseline of HR"),
        (2, {}, "no baseline of HR, SpO2"),
    ],
)
def test_an_infusion_does_not_start_on_half_a_baseline(cuffs: int, streams: dict[str, float], why: str) -> None:
    bed = Bedside()
    bed.to_baseline()
    for _ in range(cuffs):
        bed.wait(60)
        bed.say(**CALM_CUFF)
    if streams:
        bed.say(**streams)
    with pytest.raises(Refused, match=why) as refused:
        bed.order(Phase.INFUSING)
    assert refused.value.reason == "baseline_incomplete"
    assert bed.engine.phase is Phase.BASELINE
    assert bed.order(Phase.INFUSING, override="known patient")


def test_a_session_that_is_only_watched_starts_with_what_there_is() -> None:
    bed = Bedside(order=WATCHED)
    bed.to_baseline()
    made = bed.order(Phase.RECOVERY)
    assert BaselineSet(()) in [entry.body for entry in made]


def test_only_valid_values_of_the_source_in_the_baseline_phase_count() -> None:
    bed = Bedside()
    bed.bind()
    bed.bind("d2")
    bed.join()
    bed.join("d2")
    bed.say(hr=50)  # planned, not yet baseline
    bed.order(Phase.BASELINE)
    bed.wait(10)
    for value in (70.0, 200.0, None, 400.0):  # valid, a jump, nothing, implausible
        bed.wait(1)
        bed.say(hr=value)
    bed.say(hr=90, behind_ms=60_000)
    bed.say(hr=90, counter_step=0)
    bed.say(device="d2", hr=90)
    made = bed.start_all_the_same()
    assert BaselineSet((Baseline(1, 70_000, HR),)) in [entry.body for entry in made]


def test_a_rule_whose_baseline_is_missing_stays_inert() -> None:
    """No blood pressure baseline: the relative rules are silent, the absolute ones are not."""
    bed = Bedside()
    bed.to_baseline()
    bed.start_all_the_same()
    bed.say(sbp=185, dbp=96, map=120)
    assert {alert.rule for alert in bed.engine.alerts()} == {"BP-H1", "BP-M1", "BP-L2"}
