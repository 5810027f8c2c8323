"""Short cuts of the core change nothing: neither the log nor what a backtest finds."""

import pytest
from hypothesis import given, settings

from monitor.core import channel
from monitor.core.judge import Judge, Step
from schemas.log import Measured
from schemas.measurement import Measurement
from schemas.vitals import Vital
from tests.unit.core.bedside import values_of
from tests.unit.core.histories import History, bedside, histories, play

some = settings(max_examples=40)


# --- idle rules are not judged while every new value is inside every limit ----------------------------------------------------------


@some
@given(histories())
def test_the_quiet_band_changes_nothing(history: History) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Judge, "set_bands", everything_is_outside)
        thorough = play(history)
    assert play(history) == thorough


def test_a_band_that_is_too_wide_is_noticed() -> None:
    history: History = [(1_000, "stretch", (20, {"spo2": 85.0}))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Judge, "set_bands", lambda _: None)
        careless = play(history)
    assert play(history) != careless


def everything_is_outside(judge: Judge) -> None:
    for each in judge.channels.values():
        each.band = (1, 0)


# --- a plain value is not looked at closely -----------------------------------------------------------------------------------------


@some
@given(histories())
def test_the_plain_range_changes_nothing(history: History) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel, "plain", lambda *_: (1, 0, 0))
        thorough = play(history)
    assert play(history) == thorough


def test_a_plain_range_that_is_too_wide_is_noticed() -> None:
    history: History = [(1_000, "stretch", (2, {"spo2": 98.0})), (1_000, "stretch", (1, {"spo2": 60.0}))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel, "plain", lambda sign, _: (0, 100_000, 100_000) if sign is Vital.SPO2 else (1, 0, 0))
        careless = play(history)
    assert play(history) != careless


# --- who has the entry of a measurement does not want it again ----------------------------------------------------------------------


@pytest.mark.parametrize("said", [{"hr": 72.0, "spo2": 97.0}, {"sbp": 120.0, "dbp": 80.0, "map": 93.0}, {"spo2": None}])
def test_what_a_measurement_causes_is_the_same_without_its_entry(said: dict[str, float | None]) -> None:
    def caused(*, is_kept: bool) -> list[Step]:
        bed, steps = bedside(), list[Step]()
        for counter in range(1, 4):
            at_ms = bed.now_ms + counter * 1_000
            steps = bed.engine.measure(Measurement("d1", 1_000 + counter, at_ms, values_of(said)), at_ms, at_ms, is_kept=is_kept)
        return steps

    kept = caused(is_kept=True)
    assert [step for step in kept if not isinstance(step[1], Measured)] == caused(is_kept=False)
    assert any(isinstance(step[1], Measured) for step in kept)
