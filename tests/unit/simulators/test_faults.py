"""Faults by the minute of the scenario."""

import pytest

from schemas.vitals import Vital
from simulators.events import CuffFails, Disconnect, Frozen, LeadsOff, ProbeOff, Stuck, Tachycardia
from simulators.faults import NO_FAULTS, Faults, faults_at

EVENTS = (
    ProbeOff(from_min=10, to_min=12),
    LeadsOff(from_min=11, to_min=13),
    CuffFails(from_min=20, to_min=21),
    Stuck(from_min=22, to_min=23, vital=Vital.SPO2),
    Frozen(from_min=24, to_min=25),
    Disconnect(from_min=26, to_min=27),
    Tachycardia(from_min=0, to_min=60, rise_per_min=40),
)


@pytest.mark.parametrize(
    ("at_min", "expected"),
    [
        (9.99, NO_FAULTS),
        (10.0, Faults(lost=frozenset({Vital.SPO2}))),
        (11.5, Faults(lost=frozenset({Vital.SPO2, Vital.HEART_RATE, Vital.RESPIRATORY_RATE}))),
        (12.0, Faults(lost=frozenset({Vital.HEART_RATE, Vital.RESPIRATORY_RATE}))),
        (20.5, Faults(cuff_fails=True)),
        (21.0, NO_FAULTS),
        (22.5, Faults(stuck=frozenset({Vital.SPO2}))),
        (24.5, Faults(is_frozen=True)),
        (26.5, Faults(is_disconnected=True)),
    ],
)
def test_faults_hold_from_their_first_minute_up_to_their_last(at_min: float, expected: Faults):
    assert faults_at(EVENTS, at_min) == expected
