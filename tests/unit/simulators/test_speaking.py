"""A virtual device says what its patient's monitor shows, each second, in the words its adapter reads."""

import asyncio

import pytest

from monitor.adapters.base import CodecSettings, StreamCodec
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.registry import codec_of
from monitor.adapters.said import DeviceMeasurement
from monitor.clock import ManualClock
from schemas.vitals import MILLI, Vital
from simulators.bed import Bed, BedScript
from simulators.devices.speaking import SPEECHES, speak
from simulators.scenario import load_scenario
from tests.unit.api.asgi_socket import turns

SECONDS = 2_000


class Heard:
    def __init__(self) -> None:
        self.data = b""

    def send(self, data: bytes) -> None:
        self.data += data

    def unplug(self) -> None:
        """There is no plug."""


@pytest.mark.parametrize("name", SPEECHES)
async def test_the_adapter_of_its_name_reads_what_the_patient_has(name: str) -> None:
    clock, wire, play = ManualClock(), Heard(), load_scenario("probe-off")
    speaking = asyncio.ensure_future(speak(SPEECHES[name], Bed(play, 1, clock.now_ms()), wire, clock))
    for _ in range(SECONDS):
        await turns(3)
        clock.advance(1_000)
    speaking.cancel()
    await asyncio.wait({speaking})
    codec = codec_of(name, CodecSettings())
    assert isinstance(codec, StreamCodec)
    read = [item.values for item in codec.feed(wire.data, 0) if isinstance(item, DeviceMeasurement)]
    bed = Bed(play, 1, 0)
    script = BedScript(bed)
    shown = []
    for _ in range(len(read)):
        script.step()
        shown += [reading.value for one in bed.next_frame().measurements for reading in one.readings if reading.vital is Vital.SPO2]
    spo2 = [value for values in read for value in values if value.quantity is Quantity.SPO2]
    assert [None if value.value_milli is None else value.value_milli / MILLI for value in spo2] == shown
    assert {Doubt.SENSOR_OFF in value.doubts for value in spo2} == {True, False}
