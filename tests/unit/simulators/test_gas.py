"""Oxygen and carbon dioxide: still at rest, the known pace of an apnoea, and what oxygen buys."""

import pytest

from simulators.gas import USUAL_CARBON_DIOXIDE, USUAL_OXYGEN, Gas, saturation


def _seconds_to(points: float, *, oxygen_l_per_min: float = 0.0) -> int:
    """How long an apnoea lasts before SpO2 has fallen by `points`."""
    gas = Gas(1.0)
    for _ in range(300):
        gas.step(1.0, oxygen_l_per_min)
    for second in range(900):
        if gas.saturation_change < -points:
            return second
        gas.step(0.0, oxygen_l_per_min)
    raise AssertionError("never")


@pytest.mark.parametrize(("oxygen", "percent"), [(27, 50), (60, 90), (100, 97.5)])
def test_the_dissociation_curve(oxygen: float, percent: float):
    assert saturation(oxygen) == pytest.approx(percent, abs=1.5)


def test_usual_breathing_changes_nothing():
    gas = Gas(1.0)
    for _ in range(3600):
        gas.step(1.0)
    assert gas.oxygen == pytest.approx(USUAL_OXYGEN)
    assert gas.carbon_dioxide == pytest.approx(USUAL_CARBON_DIOXIDE)
    assert gas.saturation_change == pytest.approx(0.0)


def test_an_apnoea_desaturates_in_about_a_minute_and_later_with_oxygen():
    assert 35 <= _seconds_to(7.5) <= 75
    assert _seconds_to(7.5, oxygen_l_per_min=2.0) > 1.5 * _seconds_to(7.5)


def test_carbon_dioxide_rises_by_four_a_minute_in_an_apnoea():
    gas = Gas(1.0)
    for _ in range(120):
        gas.step(0.0)
    assert gas.carbon_dioxide - USUAL_CARBON_DIOXIDE == pytest.approx(8.0, abs=1.0)


def test_fast_breathing_washes_carbon_dioxide_out():
    gas = Gas(1.0)
    for _ in range(1800):
        gas.step(2.0)
    assert gas.end_tidal < 25


def test_a_long_step_ends_where_short_ones_do():
    short, long = Gas(1.0), Gas(20.0)
    for second in range(120):
        short.step(0.5)
        if second % 20 == 19:
            long.step(0.5)
    assert long.carbon_dioxide == pytest.approx(short.carbon_dioxide, rel=1e-6)
    assert long.oxygen == pytest.approx(short.oxygen, rel=0.01)
