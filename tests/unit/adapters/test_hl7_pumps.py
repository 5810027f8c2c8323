"""A pump beside the vital signs: programmed and delivered rate, what was given, and its stops from beginning to end."""

from datetime import datetime

from monitor.adapters.base import CodecSettings
from monitor.adapters.hl7.codec import Hl7Codec
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceEvent, Phase, Said
from simulators.devices.hl7 import PumpState, space_pump
from simulators.devices.mllp import framed
from tests.contract.adapter_laws import measurements

AT_MS = 1_795_344_067_000
OCCLUDED = "pump-stopped-occlusion"


def told(*states: PumpState) -> list[Said]:
    codec = Hl7Codec(CodecSettings())
    at = datetime(2026, 11, 22, 10, 41, 7)
    messages = (framed(space_pump(at.replace(second=place), place, state)) for place, state in enumerate(states))
    return [item for message in messages for item in codec.feed(message, AT_MS)]


def stops(*states: PumpState) -> list[tuple[Phase, str]]:
    return [(item.phase, item.text) for item in told(*states) if isinstance(item, DeviceEvent)]


def running(rate: float = 25.0) -> PumpState:
    return PumpState(25.0, rate, 4.2)


def stopped(why: str = OCCLUDED) -> PumpState:
    return PumpState(25.0, 0.0, 4.2, why_not=why)


def test_programmed_and_delivered_rate_are_two_numbers() -> None:
    (item,) = measurements(told(stopped()))
    assert {value.quantity: value.value_milli for value in item.values} == {
        Quantity.INFUSION_RATE_SET: 25_000,
        Quantity.INFUSION_RATE: 0,
        Quantity.VOLUME_INFUSED: 4_200,
        Quantity.CONCENTRATION: 2_000,
    }
    assert item.sender.device == "P00001"
    assert {text.name: text.origin.value for text in item.texts}["drug"] == "Ketamine"


def test_a_stop_is_told_when_it_begins_when_its_reason_changes_and_when_it_ends() -> None:
    assert stops(running(), stopped(), stopped(), stopped("pump-stopped-user"), running()) == [
        (Phase.START, f"stopped: {OCCLUDED}"),
        (Phase.CONTINUE, "stopped: pump-stopped-user"),
        (Phase.END, "stopped: pump-stopped-user"),
    ]


def test_a_pump_that_runs_has_nothing_to_tell() -> None:
    assert stops(running(), running(30.0)) == []


def test_a_stop_that_stands_when_the_line_is_made_is_told() -> None:
    assert stops(stopped()) == [(Phase.START, f"stopped: {OCCLUDED}")]
