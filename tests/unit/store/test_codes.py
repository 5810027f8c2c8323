"""The codes are in every database file that was ever written: this test holds them as they are."""

from collections.abc import Mapping
from typing import Any

from monitor.store.codes import MODE, REASON, VALIDITY, VITAL
from schemas.measurement import Mode, Reason, Validity
from schemas.vitals import Vital

PINNED = {
    "vital": {
        "heart_rate": 1,
        "pulse_rate": 2,
        "systolic_bp": 3,
        "diastolic_bp": 4,
        "mean_bp": 5,
        "spo2": 6,
        "respiratory_rate": 7,
        "etco2": 8,
    },
    "validity": {"valid": 1, "questionable": 2, "invalid": 3},
    "reason": {
        "none": 0,
        "not_measured": 1,
        "out_of_range": 2,
        "cross_field": 3,
        "not_advancing": 4,
        "late": 5,
        "second_source": 6,
        "jump": 7,
        "uncalibrated": 8,
        "pulse_pressure": 9,
        "device_doubt": 10,
    },
    "mode": {"real": 1, "simulated": 2, "replayed": 3},
}


def test_codes_never_change() -> None:
    now: dict[str, Mapping[Any, int]] = {"vital": VITAL, "validity": VALIDITY, "reason": REASON, "mode": MODE}
    assert {name: {str(word): code for word, code in codes.items()} for name, codes in now.items()} == PINNED


def test_every_word_has_a_code_of_its_own() -> None:
    for codes, words in ((VITAL, Vital), (VALIDITY, Validity), (REASON, Reason), (MODE, Mode)):
        assert set(codes) == set(words)
        assert len(set(codes.values())) == len(words)
