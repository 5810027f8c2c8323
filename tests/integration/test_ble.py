"""A virtual Bluetooth device and our adapter, each at its own end of BlueZ's D-Bus: found, notified, indicated, lost and found again."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import monitor.adapters.ble.adapter as shell
from monitor.adapters.base import CodecSettings, Setup
from monitor.adapters.doubts import Doubt
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceMeasurement, DeviceStatus
from monitor.clock import SystemClock
from monitor.gateway.telling import Addressee, Telling
from monitor.store.spool import Kept
from schemas.measurement import Mode
from simulators.devices import ble
from simulators.devices.ble import Notified
from simulators.devices.carried import Carried
from simulators.devices.speaking import wire_of
from tests.support.bluez import THERE, Bluez, bluez
from tests.support.heard import PATIENCE_S, Heard
from tests.support.running import started

UTC_ZONE = ZoneInfo("UTC")
TOLD_WITHIN_MS = 60_000
OLD_S = 600


class Quick(SystemClock):
    """Twenty seconds in one: silence does not have to be waited for."""

    def now_ms(self) -> int:
        return self._wall_ms + (super().now_ms() - self._wall_ms) * 20

    async def sleep_until(self, at_ms: int) -> None:
        now_ms = self.now_ms()
        await super().sleep_until(now_ms + (at_ms - now_ms) // 20)


@pytest.fixture
async def radio(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bluez]:
    async with bluez(monkeypatch) as there:
        yield there


def _at_once() -> Iterator[float]:
    return repeat(0.02)


@asynccontextmanager
async def _listening(heard: Heard, zone: ZoneInfo | None = UTC_ZONE, clock: SystemClock | None = None) -> AsyncIterator[None]:
    setup = Setup(f"ble:{THERE}", clock or SystemClock(), _at_once, CodecSettings(zone, {"adapter": "hci0"}))
    task = asyncio.ensure_future(adapter_of("ble", setup).run(heard.keep))
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def _device(name: str, said: list[str] | None = None) -> AsyncIterator[Carried[Notified]]:
    """Once it advertises."""
    said = [] if said is None else said
    async with wire_of(name, "ble:hci1", "virtual-1", "", SystemClock(), said.append) as wire:
        assert isinstance(wire, Carried)
        await _until_said(said, f"{name} speaks on ble:{THERE}")
        yield wire


async def _until_said(said: Sequence[str], line: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while line not in said:  # noqa: ASYNC110 - it is told to a list
            await asyncio.sleep(0)


def _numbers(heard: Heard) -> list[list[int | None]]:
    return [[value.value_milli for value in item.values] for item in heard.told if isinstance(item, DeviceMeasurement)]


def _at(seconds_ago: int) -> tuple[int, int, int, int, int, int]:
    return ble.clock_of(datetime.fromtimestamp(SystemClock().now_ms() // 1_000 - seconds_ago, UTC))


def _cuff(systolic: int, seconds_ago: int) -> Notified:
    data = ble.cuff(systolic, 70, 86, at=_at(seconds_ago))
    return Notified(ble.CUFF, data, data)


def _told(heard: Heard) -> list[Kept]:
    """What a gateway makes of it for the monitor."""
    return Telling([Addressee("cuff-1", Mode.REAL)], TOLD_WITHIN_MS).take(heard.told)[0]


def _second(turn: int) -> tuple[int, int, int, int, int, int]:
    return 2026, 11, 22, 10, 41, turn


def _m(*numbers: int) -> list[int | None]:
    return [number * 1_000 for number in numbers]


Sent = list[tuple[str, bytes, list[int | None]]]
TURNS = range(12)
SENT: dict[str, Sent] = {
    "ble-strap": [(ble.HEART_RATE, ble.heart_rate(60 + turn, contact=True), _m(60 + turn)) for turn in TURNS],
    "ble-cuff": [(ble.CUFF, ble.cuff(120 + turn, 70, 86, at=_second(turn)), _m(120 + turn, 70, 86)) for turn in TURNS],
    "ble-plx": [
        *((ble.CONTINUOUS, ble.continuous(100 - turn, 60 + turn, status=0), _m(100 - turn, 60 + turn)) for turn in TURNS),
        (ble.CONTINUOUS, ble.continuous(None, None, sensor=ble.NOT_ON_PATIENT), [None, None]),
    ],
    "ble-spot-check": [(ble.SPOT_CHECK, ble.spot_check(100 - turn, 60, at=_second(turn), status=0), _m(100 - turn, 60)) for turn in TURNS],
    "ble-nonin": [(ble.NONIN, ble.nonin(100 - turn, 300, amplitude=500), _m(100 - turn, 300, 5)) for turn in TURNS],
}
"""Virtual device -> what it says, and the thousandths that its bytes stand for."""


@pytest.mark.parametrize("name", SENT)
async def test_what_is_notified_or_indicated_arrives_as_it_was_sent(radio: Bluez, name: str) -> None:
    """Each of them, once, in order: a characteristic of each profile."""
    heard, said = Heard(), list[str]()
    async with _device(name, said) as device, _listening(heard):
        await heard.until(lambda: heard.connected() == [True])
        for characteristic, data, _ in SENT[name]:
            device.send(Notified(characteristic, data))
        await heard.until(lambda: len(_numbers(heard)) >= len(SENT[name]))
    assert _numbers(heard) == [numbers for *_, numbers in SENT[name]]
    assert said[1:] == ["ble:hci1: heard"]


async def test_a_device_that_is_switched_off_is_lost_and_found_when_it_is_back(radio: Bluez) -> None:
    heard = Heard()
    async with _listening(heard):
        for spo2 in (97, 95):
            async with _device("ble-plx") as device:
                await heard.until(lambda: heard.connected()[-1:] == [True])
                device.send(Notified(ble.CONTINUOUS, ble.continuous(spo2, 66)))
                await heard.until(lambda: heard.spo2()[-1:] == [spo2 * 1_000])  # noqa: B023 - awaited here
            await radio.lose()
            await heard.until(lambda: heard.connected()[-1:] == [False])
    assert heard.spo2() == [97_000, 95_000]
    assert [item.why for item in heard.told if isinstance(item, DeviceStatus)] == [f"ble:{THERE}", "lost"] * 2


async def test_a_bluez_that_dies_without_a_word_is_noticed_by_the_silence(radio: Bluez) -> None:
    """Both ends find it when it is there again: the device advertises anew, the adapter connects."""
    heard, said = Heard(), list[str]()
    async with _device("ble-plx", said) as device, _listening(heard, clock=Quick()):
        await heard.until(lambda: heard.connected() == [True])
        await radio.die()
        await radio.start()
        device.send(Notified(ble.CONTINUOUS, ble.continuous(81, 66)))
        await _until_said(said, "ble:hci1: BlueZ advertises it no more")
        await heard.until(lambda: heard.connected() == [True, False, True])
        device.send(Notified(ble.CONTINUOUS, ble.continuous(97, 66)))
        await heard.until(lambda: heard.spo2() == [97_000])
    assert [item.why for item in heard.told if isinstance(item, DeviceStatus)][1] == "nothing understood for 60 s"


async def test_a_device_that_is_not_there_is_said(radio: Bluez, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "CONNECT_S", 0.1)
    heard = Heard()
    async with _listening(heard):
        await heard.until(lambda: heard.connected() == [False])
    (status,) = heard.told
    assert isinstance(status, DeviceStatus)
    assert status.why == f"Device with address {THERE} was not found."


async def test_a_cuff_that_was_kept_is_not_told_as_now(radio: Bluez) -> None:
    """A device with a memory gives what it measured while nobody listened: history by its own time. What it measures then is now."""
    heard, said = Heard(), list[str]()
    async with _device("ble-cuff", said) as device:
        device.send(_cuff(181, OLD_S))
        await _until_said(said, "ble:hci1: nobody listens; kept")
        async with _listening(heard):
            await heard.until(lambda: bool(_numbers(heard)))
            device.send(_cuff(122, 0))
            await heard.until(lambda: len(_numbers(heard)) > 1)
    old, now = _told(heard)
    assert [row.readings[0].value for row in (old, now)] == [181, 122]
    assert [row.is_old for row in (old, now)] == [True, False]
    assert old.received_at_ms - old.measured_at_ms >= OLD_S * 1_000


async def test_a_cuff_whose_time_cannot_be_known_goes_out_as_null(radio: Bluez) -> None:
    """The zone of its clock was not set: it may be of last week."""
    heard, said = Heard(), list[str]()
    async with _device("ble-cuff", said) as device:
        device.send(_cuff(181, OLD_S))
        await _until_said(said, "ble:hci1: nobody listens; kept")
        async with _listening(heard, zone=None):
            await heard.until(lambda: bool(_numbers(heard)))
    (row,) = _told(heard)
    assert {reading.value for reading in row.readings} == {None}


@pytest.mark.parametrize(("status", "doubts"), [(ble.FROM_STORAGE, (Doubt.NOT_MEASURED,)), (0, (Doubt.AGE_UNKNOWN,))])
async def test_a_spot_check_from_storage_without_a_time_is_no_value(radio: Bluez, status: int, doubts: tuple[Doubt, ...]) -> None:
    heard = Heard()
    async with _device("ble-spot-check") as device, _listening(heard):
        await heard.until(lambda: heard.connected() == [True])
        device.send(Notified(ble.SPOT_CHECK, ble.spot_check(81, 66, status=status)))
        await heard.until(lambda: bool(_numbers(heard)))
    (item,) = (item for item in heard.told if isinstance(item, DeviceMeasurement))
    assert [value.doubts for value in item.values] == [doubts, doubts]
    assert _numbers(heard) == [[None, None] if status else [81_000, 66_000]]


async def test_what_nobody_hears_is_lost_where_a_device_has_no_memory(radio: Bluez) -> None:
    heard, said = Heard(), list[str]()
    async with _device("ble-plx", said) as device:
        device.send(Notified(ble.CONTINUOUS, ble.continuous(81, 66)))
        await _until_said(said, "ble:hci1: nobody listens")
        async with _listening(heard):
            await heard.until(lambda: heard.connected() == [True])
            device.send(Notified(ble.CONTINUOUS, ble.continuous(97, 66)))
            await heard.until(lambda: bool(heard.spo2()))
    assert heard.spo2() == [97_000]


GATEWAY = """
monitor = "http://127.0.0.1:1"
spool_folder = "{folder}/spool"
[[adapter]]
adapter = "ble"
address = "ble:{address}"
options = {{ adapter = "hci0" }}
[[adapter.device]]
name = "oxi-1"
token_file = "{folder}/oxi-1.token"
mode = "simulated"
source = "Virtual oximeter"
"""
LISTENERS = {
    "devices": ("devices test ble --at ble:{address} --option adapter=hci0", r"(simulated continuous .* \| spo2 9\d, pulse_rate \d+)"),
    "gateway": ("gateway --config {folder}/gateway.toml", rf"({THERE}: connected)"),
}


@pytest.mark.parametrize("listener", LISTENERS)
async def test_the_program_is_found_by_the_program(radio: Bluez, tmp_path: Path, listener: str) -> None:
    """As a person does it: `speak` on one radio, on the other who listens."""
    places = {"address": THERE, "folder": str(tmp_path)}
    (tmp_path / "gateway.toml").write_text(GATEWAY.format(**places))
    (tmp_path / "oxi-1.token").write_text("x")
    command, says = LISTENERS[listener]

    def programs() -> None:
        with started(["speak", "ble-plx", "--on", "ble:hci1"], f"speaks on (ble:{THERE})"), started(command.format(**places).split(), says):
            pass

    await asyncio.to_thread(programs)


async def test_a_radio_that_is_not_there_is_said(radio: Bluez) -> None:
    said = list[str]()
    async with wire_of("ble-plx", "ble:hci7", "virtual-1", "", SystemClock(), said.append):
        await _until_said(said, "ble:hci7: BlueZ has no radio hci7 that can be a device; there are: hci0, hci1")


async def test_a_message_bus_that_ends_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = list[str]()
    async with AsyncExitStack() as stack:
        async with bluez(monkeypatch):
            device = await stack.enter_async_context(_device("ble-plx", said))
        device.send(Notified(ble.CONTINUOUS, ble.continuous(97, 66)))
        await _until_said(said, "ble:hci1: the D-Bus is gone")


async def test_a_machine_without_bluetooth_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    said = list[str]()
    async with wire_of("ble-plx", "", "virtual-1", "", SystemClock(), said.append), asyncio.timeout(PATIENCE_S):
        while not said:  # noqa: ASYNC110 - it is told to a list
            await asyncio.sleep(0)
    assert said[0].startswith("ble: no system D-Bus: ")
