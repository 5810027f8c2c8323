"""The reason of an alert, as people read it."""

import pytest

from monitor.core.reason import held_reason, missing_reason, seconds
from schemas.session import Phase
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM, Bedside, infusing


@pytest.mark.parametrize(
    ("said", "after_s", "rule", "reason"),
    [
        ({"hr": 140}, 15, "HR-H1", "HR 140 >= 131 for 15 s, +94 % of baseline 72"),
        ({"hr": 49.5}, 20, "HR-M2", "HR 49.5 < 50 for 20 s, -31 % of baseline 72"),
        ({"spo2": 79}, 0, "OX-H1", "SpO2 79 <= 80, -19 % of baseline 98"),
        ({"sbp": 184}, 120, "BP-H1", "SBP 184 >= 180, +47 % of baseline 125, no second cuff in 120 s"),
        ({"sbp": 88, "hr": 49}, 0, "BP-H3", "SBP 88 < 90 and HR 49 < 50, -30 % of baseline 125, -32 % of baseline 72"),
        ({"sbp": 163}, 0, "BP-M2", "SBP 163 >= 162.5, +30 % of baseline 125"),
        ({}, 5, "TEC-L2", "no usable HR for 5 s, last HR 72"),
        ({}, 30, "TEC-H1", "no usable HR and SpO2 for 30 s, last HR 72 and SpO2 98"),
        ({}, 450, "TEC-L1", "no usable SBP for 450 s, last SBP 125"),
    ],
)
def test_reasons(said: dict[str, float], after_s: float, rule: str, reason: str) -> None:
    bed = Bedside()
    bed.start()
    if said:
        bed.wait(10)
        bed.say(**said)
    for _ in range(round(after_s) if "sbp" not in said else 0):
        bed.wait(1)
        if said:
            bed.say(**said)
    bed.wait(after_s if "sbp" in said else 0)
    alert = bed.alert(rule)
    assert alert is not None
    assert alert.reason == reason


def test_a_confirmed_reason_names_the_second_value() -> None:
    bed = Bedside()
    bed.start()
    bed.say(sbp=184)
    bed.wait(31)
    bed.say(sbp=190)
    alert = bed.alert("BP-H1")
    assert alert is not None
    assert alert.reason == "SBP 190 >= 180, confirmed by 2 cuffs, +52 % of baseline 125"


def test_without_a_baseline_there_is_no_distance() -> None:
    bed = Bedside()
    bed.to_baseline()
    bed.order(Phase.INFUSING, override="test")
    bed.say(**{**CALM, "spo2": 79.0})
    alert = bed.alert("OX-H1")
    assert alert is not None
    assert alert.reason == "SpO2 79 <= 80"


def test_a_rise_that_comes_again_has_its_new_value() -> None:
    bed = Bedside()
    bed.start()
    bed.wait(10)
    bed.say(spo2=79)
    bed.wait(3)
    bed.say(spo2=98)
    bed.wait(3)
    bed.say(spo2=75)
    alert = bed.alert("OX-H1")
    assert alert is not None
    assert alert.reason == "SpO2 75 <= 80, -23 % of baseline 98"


def test_a_condition_that_was_held_for_no_time_says_nothing_of_it() -> None:
    assert held_reason("HR 140 >= 131", 0) == "HR 140 >= 131"
    assert held_reason("HR 140 >= 131", 500) == "HR 140 >= 131 for 0.5 s"


def test_durations_and_silences() -> None:
    assert (seconds(15_000), seconds(1), seconds(90_500)) == ("15 s", "0.001 s", "90.5 s")


def test_a_silence_says_what_was_last_known() -> None:
    bed = infusing()
    channels, signs = bed.engine.channels, (Vital.HEART_RATE, Vital.RESPIRATORY_RATE)
    assert missing_reason(signs, 30_000, channels) == "no usable HR and RR for 30 s, last HR 72"
    assert missing_reason(signs[1:], 30_000, channels) == "no usable RR for 30 s"
    bed.stream(1, hr=88, rr=14)
    assert missing_reason(signs, 30_000, channels) == "no usable HR and RR for 30 s, last HR 88 and RR 14"
    assert missing_reason((Charted.SEDATION,), 30_000, channels).endswith(" for 30 s")


def test_a_condition_whose_value_fell_silent_does_not_claim_to_have_held() -> None:
    bed = infusing()
    bed.say(hr=105)
    bed.wait(60)
    alert = bed.alert("HR-L1")
    assert alert is not None
    assert alert.reason == "HR 105 >= 100, no value for 60 s, +46 % of baseline 72"


def test_the_last_value_of_a_silence_stands_in_the_alert() -> None:
    bed = infusing()
    bed.say(hr=95)
    bed.wait(15)
    alert = bed.alert("TEC-M1")
    assert alert is not None
    assert alert.reason == "no usable HR for 15 s, last HR 95"
