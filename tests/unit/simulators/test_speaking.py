"""A virtual device says what its patient's monitor shows, each second, in the words its adapter reads."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from monitor.adapters.base import CodecSettings
from monitor.adapters.ble.codec import Notification
from monitor.adapters.doubts import Doubt
from monitor.adapters.mqtt.codec import Publication
from monitor.adapters.quantities import Quantity
from monitor.adapters.registry import BUILT_IN, codec_of
from monitor.adapters.said import DeviceMeasurement
from monitor.cli import app
from monitor.clock import ManualClock
from schemas.measurement import Mode
from schemas.vitals import MILLI, Vital
from simulators.bed import Bed, BedScript
from simulators.devices.ble import DEVICES
from simulators.devices.mllp import framed
from simulators.devices.mqtt import TOPIC
from simulators.devices.pump import VirtualPump
from simulators.devices.speaking import NoWire, speak, wire_of
from simulators.devices.speeches import VIRTUAL, Shown
from simulators.scenario import load_scenario
from tests.unit.api.asgi_socket import turns

SECONDS = 2_000
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OFF = {"ble-nonin": Doubt.PULSE_SEARCH, **dict.fromkeys(("fhir", "hl7-mindray", "hl7-philips", "mqtt"), Doubt.NOT_MEASURED)}
"""Says so of a probe that is off; the others say SENSOR_OFF."""
LINGERS = {"cms50"}  # what held at any time of a second holds in the first number after it
AS_RECEIVED: dict[str, Callable[[Any], Any]] = {
    "ble-nonin": lambda said: Notification(said.characteristic, said.data),
    "ble-plx": lambda said: Notification(said.characteristic, said.data),
    "hl7-mindray": framed,
    "hl7-philips": framed,
    "mqtt": lambda payload: Publication(f"{TOPIC}/virtual-1/reading", payload, False, False, None),
}
ON_ITS_WIRE = {"bcc", "sdc", "vital-recorder"}  # is heard there alone
NOW_AND_THEN = {"ble-cuff", "ble-spot-check", "ble-strap", "hl7-ge"}  # has no SpO2 of each second: GE leaves out what is not there
BY_BYTES = [name for name in VIRTUAL if name not in ON_ITS_WIRE | NOW_AND_THEN]


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
    codec, received = codec_of(VIRTUAL[name].adapter or name, CodecSettings()), AS_RECEIVED.get(name, bytes)
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


def _over_the_air(name: str, seconds: list[Shown]) -> list[DeviceMeasurement]:
    speech, codec = VIRTUAL[name].make("virtual-1"), codec_of("ble", CodecSettings(zone=ZoneInfo("UTC")))
    said = [speech(NOON + timedelta(seconds=second), shown) for second, shown in enumerate(seconds)]
    heard = (item for told in said if told for item in codec.feed(Notification(told.characteristic, told.data), 0))
    return [item for item in heard if isinstance(item, DeviceMeasurement)]


def test_a_strap_says_each_second_whether_it_is_on() -> None:
    on, off = _over_the_air("ble-strap", [{Vital.HEART_RATE: 71.6, Vital.SPO2: 97.0}, {Vital.HEART_RATE: None}, {Vital.SYSTOLIC_BP: 120.0}])
    assert [item.values[0].value_milli for item in (on, off)] == [72_000, None]
    assert [Doubt.SENSOR_OFF in item.values[0].doubts for item in (on, off)] == [False, True]


def test_a_cuff_says_what_it_measured_and_when() -> None:
    cuff = {Vital.SYSTOLIC_BP: 121.4, Vital.DIASTOLIC_BP: 79.0, Vital.MEAN_BP: 93.0}
    (item,) = _over_the_air("ble-cuff", [{Vital.HEART_RATE: 70.0, Vital.SPO2: 97.0}, cuff])
    assert [value.value_milli for value in item.values] == [121_000, 79_000, 93_000]
    assert item.time.at_ms == round(NOON.timestamp() + 1) * 1_000


def test_spot_checks_are_made_each_half_minute_with_a_finger_in() -> None:
    seconds: list[Shown] = [{Vital.SPO2: 97.0, Vital.HEART_RATE: 66.0}] * 61 + [{Vital.SPO2: None, Vital.HEART_RATE: 66.0}] * 60
    items = _over_the_air("ble-spot-check", seconds)
    assert [item.time.at_ms for item in items] == [round(NOON.timestamp() + second) * 1_000 for second in (0, 30, 60)]
    assert {(item.mode, item.values[0].value_milli, item.values[1].value_milli) for item in items} == {(Mode.SIMULATED, 97_000, 66_000)}


@pytest.mark.parametrize(("name", "is_kept"), [("ble-cuff", True), ("ble-spot-check", True), ("ble-plx", False), ("ble-strap", False)])
def test_what_has_a_memory_says_later_that_it_is_of_then(name: str, *, is_kept: bool) -> None:
    shown = dict.fromkeys(Vital, 80.0)
    told = VIRTUAL[name].make("virtual-1")(NOON, shown)
    later = (
        codec_of("ble", CodecSettings(zone=ZoneInfo("UTC"))).feed(Notification(told.characteristic, told.later), 0) if told.later else []
    )
    assert [item.time.at_ms for item in later if isinstance(item, DeviceMeasurement)] == [round(NOON.timestamp()) * 1_000] * is_kept


@pytest.mark.parametrize(("spo2", "said"), [(97.0, [66_000, 66_000, 97_000]), (None, [66_000])])
def test_a_ge_monitor_leaves_out_what_it_has_not(spo2: float | None, said: list[int]) -> None:
    speech, codec = VIRTUAL["hl7-ge"].make("virtual-1"), codec_of("hl7", CodecSettings())
    items = codec.feed(framed(speech(NOON, {Vital.SPO2: spo2, Vital.HEART_RATE: 66.0})), 0)
    values = [value.value_milli for item in items if isinstance(item, DeviceMeasurement) for value in item.values]
    assert sorted(value for value in values if value is not None) == said


def test_simulate_with_the_name_of_a_virtual_device_speaks_as_it() -> None:
    asked = CliRunner().invoke(app, ["simulate", "--device", "hl7-ge", "--on", "udp:7"])
    assert asked.exit_code == 2
    assert "a virtual hl7-ge speaks on" in asked.output


def test_there_is_a_virtual_device_for_every_adapter() -> None:
    assert {virtual.adapter or name for name, virtual in VIRTUAL.items()} == set(BUILT_IN)
    assert {name for name, virtual in VIRTUAL.items() if virtual.adapter == "ble"} == set(DEVICES)


def test_a_bluetooth_device_without_its_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simulators.devices.peripheral", None)
    with pytest.raises(NoWire, match=r"'dbus-fast', which is not installed \(the extra `ble`\)"):
        wire_of("ble-plx", "", "virtual-1", "", ManualClock(), print)


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
