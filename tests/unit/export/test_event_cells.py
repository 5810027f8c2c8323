"""Every kind of event has its row."""

import typing

import pytest

from monitor.export.event_cells import EventCells, event_cells
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.log import Body, Measured
from schemas.measurement import Mode
from tests.unit.export.session_log import every_event, short_log

CELLS = {
    "device_joined": EventCells(device="sim-room-1"),
    "phase_ordered": EventCells(),
    "baseline_set": EventCells(),
    "rate_set": EventCells(value="0.937", unit="mg/min"),
    "bolus_given": EventCells(value="5.25", unit="mg"),
    "remeasure_requested": EventCells(vital="systolic_bp"),
    "alert_changed": EventCells(vital="systolic_bp", reason="immediate"),
    "alert_acknowledged": EventCells(),
    "note_added": EventCells(),
    "device_left": EventCells(device="sim-room-1"),
    "device_announced": EventCells(device="sim-room-1", mode="simulated"),
    "monitor_restarted": EventCells(),
    "device_unbound": EventCells(device="sim-room-1"),
    "observation_charted": EventCells(value="4", unit="{score}"),
    "drug_drawn": EventCells(value="50", unit="mg"),
    "drug_wasted": EventCells(value="15", unit="mg"),
    "waste_witnessed": EventCells(),
    "signed_off": EventCells(),
    "entry_voided": EventCells(),
    "patient_corrected": EventCells(),
    "alert_shown": EventCells(),
    "screens_changed": EventCells(value="1"),
    "alert_notified": EventCells(),
    "audio_paused": EventCells(value="60", unit="s"),
    "audio_pause_ended": EventCells(),
    "audio_resumed": EventCells(),
    "limit_proposed": EventCells(vital="systolic_bp", value="190", unit="mm[Hg]"),
    "limit_awaits_confirmation": EventCells(),
    "limit_confirmed": EventCells(),
    "limit_changed": EventCells(vital="systolic_bp", value="190", unit="mm[Hg]"),
    "gates_judged": EventCells(),
}


@pytest.mark.parametrize("body", every_event(), ids=lambda body: str(body.__struct_config__.tag))
def test_an_event_fills_the_columns_it_has(body: Body):
    assert event_cells(body) == CELLS[str(body.__struct_config__.tag)]


def test_a_binding_carries_its_own_mode():
    assert event_cells(short_log().entries[1].body) == EventCells(device="sim-room-1", mode="simulated")


RATE = Fact("infusion_rate", unit="mL/h", value_milli=12_500)
STOPPED = Fact("stopped", turn=Turn.START)


@pytest.mark.parametrize(
    ("facts", "value", "unit"),
    [
        ((RATE,), "12.5", "mL/h"),
        ((Fact("infusion_rate", unit="mL/h", value_milli=-500),), "-0.5", "mL/h"),
        ((Fact("infusion_rate", unit="mL/h"),), "", ""),
        ((Fact("drug"),), "", ""),
        ((RATE, Fact("volume_infused", unit="mL", value_milli=1)), "", ""),
        ((RATE, STOPPED), "", ""),
        ((STOPPED,), "", ""),
        ((Fact("battery", unit="%", turn=Turn.START, value_milli=9_000),), "", ""),
    ],
)
def test_one_figure_alone_is_a_number(facts: tuple[Fact, ...], value: str, unit: str):
    body = DeviceAnnounced("pump-1", facts, Mode.REPLAYED, 2, 1)
    assert event_cells(body) == EventCells(device="pump-1", mode="replayed", value=value, unit=unit)


def test_the_builder_knows_every_kind_there_is():
    known = {type(body) for body in every_event()} | {type(entry.body) for entry in short_log().entries} | {Measured}
    assert known == set(typing.get_args(Body))
