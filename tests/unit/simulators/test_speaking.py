"""A virtual device says what its patient's monitor shows, each second, in the words its adapter reads."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.doubts import Doubt
from monitor.adapters.mqtt.codec import Publication
from monitor.adapters.quantities import Quantity
from monitor.adapters.registry import BUILT_IN, codec_of
from monitor.adapters.said import DeviceMeasurement
from monitor.clock import ManualClock
from schemas.vitals import MILLI, Vital
from simulators.bed import Bed, BedScript
from simulators.devices.mllp import framed
from simulators.devices.mqtt import TOPIC
from simulators.devices.pump import VirtualPump
from simulators.devices.speaking import speak
from simulators.devices.speeches import VIRTUAL
from simulators.scenario import load_scenario
from tests.unit.api.asgi_socket import turns

SECONDS = 2_000
OFF = {"fhir": Doubt.NOT_MEASURED, "hl7": Doubt.NOT_MEASURED, "mqtt": Doubt.NOT_MEASURED}
"""Says so of a probe that is off; the others say SENSOR_OFF."""
LINGERS = {"cms50"}  # what held at any time of a second holds in the first number after it
AS_RECEIVED: dict[str, Callable[[bytes], Any]] = {
    "hl7": framed,
    "mqtt": lambda payload: Publication(f"{TOPIC}/virtual-1/reading", payload, False, False, None),
}
BY_BYTES = [name for name in VIRTUAL if name not in {"bcc", "sdc", "vital-recorder"}]  # those are heard on their wires alone


class Heard:
    def __init__(self) -> None:
        self.data: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.data.append(data)

    def unplug(self) -> None:
        """There is no plug."""


@pytest.mark.parametrize("name", BY_BYTES)
async def test_the_adapter_of_its_name_reads_what_the_patient_has(name: str) -> None:
    clock, wire, play = ManualClock(), Heard(), load_scenario("probe-off")
    speaking = asyncio.ensure_future(speak(VIRTUAL[name].make("virtual-1"), Bed(play, 1, clock.now_ms()), wire, clock))
    for _ in range(SECONDS):
        await turns(3)
        clock.advance(1_000)
    speaking.cancel()
    await asyncio.wait({speaking})
    codec, received = codec_of(name, CodecSettings()), AS_RECEIVED.get(name, bytes)
    said = (item for data in wire.data for item in codec.feed(received(data), clock.now_ms()))
    values = [value for item in said if isinstance(item, DeviceMeasurement) for value in item.values]
    spo2 = [value for value in values if value.quantity is Quantity.SPO2]
    bed = Bed(play, 1, 0)
    script = BedScript(bed)
    shown = []
    for _ in range(len(spo2)):
        script.step()
        shown += [reading.value for one in bed.next_frame().measurements for reading in one.readings if reading.vital is Vital.SPO2]
    if name in LINGERS:
        shown = [shown[0], *(None if before is None else now for before, now in pairwise(shown))]
    assert [None if value.value_milli is None else value.value_milli / MILLI for value in spo2] == shown
    assert {OFF.get(name, Doubt.SENSOR_OFF) in value.doubts for value in spo2} == {True, False}


def test_there_is_a_virtual_device_for_every_adapter_but_the_one_that_needs_a_radio() -> None:
    assert set(BUILT_IN) - set(VIRTUAL) == {"ble"}


async def test_a_pump_does_what_its_bed_does() -> None:
    """At each second of a course with a pause the volume is what the bed has been given, and it pumps while the bed is infusing."""
    clock, pump, bed = ManualClock(), Followed("virtual-1"), Bed(load_scenario("hypertensive-surge"), 1, 0)
    bed.begin()
    bed.start()
    speaking = asyncio.ensure_future(speak(pump, bed, Heard(), clock))
    for second in range(90):
        await turns(3)
        if second == 60:
            bed.pause()
        clock.advance(1_000)
    speaking.cancel()
    await asyncio.wait({speaking})
    rates, volumes = zip(*pump.told, strict=True)
    assert set(rates) == {0.0, bed.scenario.rate_mg_per_min}
    assert all(later - earlier == pytest.approx(rate / 60) for (earlier, later), rate in zip(pairwise(volumes), rates, strict=False))
    assert volumes[-1] == pytest.approx(bed.infused_mg)


class Followed(VirtualPump):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.told: list[tuple[float, float]] = []

    def follow(self, rate_mg_per_min: float, infused_mg: float) -> None:
        self.told.append((rate_mg_per_min, infused_mg))
        super().follow(rate_mg_per_min, infused_mg)
