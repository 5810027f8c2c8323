"""What the device itself doubts is questionable: raised late, ending nothing, and the same when the log is replayed."""

from typing import Any

import pytest

from monitor.core.replay import replay
from schemas.alert import AlertState
from schemas.log import Measured
from schemas.measurement import Reason, Validity
from tests.unit.core.bedside import CALM_CUFF, SHORT, Bedside


def doubted(bed: Bedside, device: str = "d1", behind_ms: int = 0, **said: float | None) -> dict[str, tuple[Validity, Reason]]:
    """Say it with the device's doubt on every value; what admission made of it."""
    options: dict[str, Any] = {f"{name}?": value for name, value in said.items()}
    made = bed.say(device=device, behind_ms=behind_ms, **options)
    readings = next(entry.body.readings for entry in made if isinstance(entry.body, Measured))
    return {short: (reading.validity, reading.reason) for short in said for reading in readings if reading.vital is SHORT[short]}


def started() -> Bedside:
    bed = Bedside()
    bed.start()
    bed.wait(10)
    return bed


def test_a_doubted_value_is_raised_late_and_ends_nothing() -> None:
    bed = started()
    since_s = bed.since_start_s
    doubted(bed, spo2=78)
    for _ in range(30):
        bed.wait(1)
        doubted(bed, spo2=78)
    assert bed.changes("OX-H1") == [(since_s, "pending", "condition_began"), (since_s + 30, "active", "onset_passed")]
    bed.wait(1)
    doubted(bed, spo2=97)
    assert bed.state("OX-H1") is AlertState.ACTIVE
    for _ in range(3):
        bed.wait(1)
        bed.say(spo2=97)
    assert bed.state("OX-H1") is AlertState.LATCHED, "a value that is vouched for does"
    assert list(replay(bed.log)) == []


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"spo2": 97}, (Validity.QUESTIONABLE, Reason.DEVICE_DOUBT)),
        ({"spo2": 0}, (Validity.INVALID, Reason.OUT_OF_RANGE)),
        ({"spo2": None}, (Validity.INVALID, Reason.NOT_MEASURED)),
        ({"sbp": 80, "dbp": 90}, (Validity.INVALID, Reason.CROSS_FIELD)),
        ({"sbp": 180, "dbp": 170}, (Validity.QUESTIONABLE, Reason.PULSE_PRESSURE)),
        (CALM_CUFF, (Validity.QUESTIONABLE, Reason.DEVICE_DOUBT)),
    ],
    ids=["plausible", "impossible", "missing", "crossed", "weak-pulse", "cuff"],
)
def test_a_doubt_makes_nothing_better(said: dict[str, float | None], verdict: tuple[Validity, Reason]) -> None:
    bed = started()
    assert set(doubted(bed, **said).values()) == {verdict}
    assert list(replay(bed.log)) == []


def test_late_and_of_a_second_source_it_stays_questionable_and_is_replayed_so() -> None:
    bed = started()
    bed.bind("d2")
    bed.join("d2")
    doubted(bed, "d2", spo2=90)
    bed.wait(1)
    assert doubted(bed, "d2", behind_ms=60_000, spo2=90) == {"spo2": (Validity.QUESTIONABLE, Reason.LATE)}
    bed.wait(1)
    assert doubted(bed, "d2", spo2=90) == {"spo2": (Validity.QUESTIONABLE, Reason.SECOND_SOURCE)}
    assert list(replay(bed.log)) == []
