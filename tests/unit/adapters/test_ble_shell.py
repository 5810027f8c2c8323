"""The Bluetooth shell over a radio that is none: what it listens to, how it loses a device and finds it again."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from monitor.adapters.base import AdapterError, CodecSettings, Setup
from monitor.adapters.ble.adapter import ADAPTER_OPTION, ON_OCCASION_MS, PAIR_OPTION, SILENT_AFTER_MS
from monitor.adapters.ble.codec import uuid_of
from monitor.adapters.ble.oximetry import NONIN
from monitor.adapters.redial import Redialled
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceMeasurement, DeviceStatus, Told
from monitor.clock import SystemClock
from simulators.devices.ble import continuous, heart_rate, nonin
from tests.support.heard import PATIENCE_S, Heard

ADDRESS = "ble:00:1c:05:01:02:03"


class _Radio:
    """The device as the radio sees it: `has` are its characteristics, `faults` what the next connections end with."""

    def __init__(self) -> None:
        self.has = [uuid_of("2A37").upper()]
        self.faults: list[Exception] = []
        self.clients: list[_Client] = []

    def notify(self, uuid: str, data: bytes) -> None:
        client = self.clients[-1]
        (callback,) = [callback for characteristic, callback in client.listening if characteristic.uuid.lower() == uuid]
        callback(SimpleNamespace(uuid=uuid), bytearray(data))


class _Client:
    def __init__(self, radio: _Radio, address: str, lost: Callable[[Any], None], **options: Any) -> None:
        self.radio, self.address, self.lost, self.options = radio, address, lost, options
        self.services = SimpleNamespace(characteristics={place: SimpleNamespace(uuid=uuid) for place, uuid in enumerate(radio.has)})
        self.listening: list[tuple[Any, Any]] = []
        self.disconnected = asyncio.Event()

    async def connect(self) -> None:
        assert all(client.disconnected.is_set() for client in self.radio.clients), "the one before is still there"
        self.radio.clients.append(self)
        if self.radio.faults:
            raise self.radio.faults.pop(0)

    async def start_notify(self, characteristic: Any, callback: Any) -> None:
        self.listening.append((characteristic, callback))

    async def disconnect(self) -> None:
        self.disconnected.set()


class _BleakError(Exception):
    pass


@pytest.fixture
def radio(monkeypatch: pytest.MonkeyPatch) -> _Radio:
    radio = _Radio()
    bleak, faults = ModuleType("bleak"), ModuleType("bleak.exc")
    bleak.BleakClient = lambda *args, **options: _Client(radio, *args, **options)  # type: ignore[attr-defined]
    bleak.exc = faults  # type: ignore[attr-defined]
    faults.BleakError = _BleakError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bleak", bleak)
    monkeypatch.setitem(sys.modules, "bleak.exc", faults)
    return radio


def _at_once() -> Iterator[float]:
    return repeat(0.001)


def _setup(address: str = ADDRESS, **options: str) -> Setup:
    return Setup(address, SystemClock(), _at_once, CodecSettings(options=options))


async def _stopped(task: asyncio.Task[None], radio: _Radio) -> None:
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    async with asyncio.timeout(PATIENCE_S):
        for client in radio.clients:
            await client.disconnected.wait()


async def test_a_device_is_lost_and_found_again(radio: _Radio) -> None:
    heard = Heard()
    running = asyncio.ensure_future(adapter_of("ble", _setup()).run(heard.keep))
    await heard.until(lambda: heard.connected() == [True])
    radio.notify(uuid_of("2A37"), heart_rate(72))
    await heard.until(lambda: heard.first() == [72_000])
    radio.faults = [_BleakError("not there"), TimeoutError(), _BleakError("not there")]
    radio.notify(uuid_of("2A37"), heart_rate(73))  # has arrived before the loss is noticed
    radio.clients[-1].lost(None)
    await heard.until(lambda: heard.connected() == [True, False, True])
    assert [item.why for item in heard.told if isinstance(item, DeviceStatus)] == [ADDRESS, "lost", ADDRESS]
    assert len(radio.clients) == 5
    radio.notify(uuid_of("2A37"), heart_rate(74))
    await heard.until(lambda: heard.first() == [72_000, 73_000, 74_000])
    await _stopped(running, radio)


async def test_what_the_codec_knows_is_listened_to_and_one_oximeter_once(radio: _Radio) -> None:
    heard = Heard()
    radio.has = [uuid_of("2A19"), NONIN.upper(), uuid_of("2A5F"), uuid_of("2A37")]
    running = asyncio.ensure_future(adapter_of("ble", _setup(**{PAIR_OPTION: "on", ADAPTER_OPTION: "hci1"})).run(heard.keep))
    await heard.until(lambda: heard.connected() == [True])
    (client,) = radio.clients
    assert {characteristic.uuid for characteristic, _ in client.listening} == {uuid_of("2A5F"), uuid_of("2A37")}
    assert (client.address, client.options["pair"], client.options["bluez"]) == (ADDRESS[4:], True, {"adapter": "hci1"})
    radio.notify(uuid_of("2A5F"), continuous(97, 66))
    await heard.until(lambda: heard.first() == [97_000])
    await _stopped(running, radio)


@pytest.mark.parametrize(
    ("has", "bound_ms"),
    [
        ([uuid_of("2A37")], SILENT_AFTER_MS),
        ([uuid_of("2A5E"), uuid_of("2A5F").upper()], SILENT_AFTER_MS),
        ([NONIN], SILENT_AFTER_MS),
        ([uuid_of("2A35"), uuid_of("2A36")], ON_OCCASION_MS),
        ([uuid_of("2A5E")], ON_OCCASION_MS),
    ],
)
async def test_what_speaks_each_second_is_not_waited_for_as_long_as_a_cuff(radio: _Radio, has: list[str], bound_ms: int) -> None:
    heard, adapter = Heard(), adapter_of("ble", _setup())
    radio.has = has
    running = asyncio.ensure_future(adapter.run(heard.keep))
    await heard.until(lambda: heard.connected() == [True])
    assert isinstance(adapter, Redialled)
    assert callable(adapter._silent_after_ms)
    assert adapter._silent_after_ms() == bound_ms
    await _stopped(running, radio)


async def test_an_oximeter_that_speaks_nonin_alone_is_read_so(radio: _Radio) -> None:
    heard = Heard()
    radio.has = [NONIN.upper()]
    running = asyncio.ensure_future(adapter_of("ble", _setup()).run(heard.keep))
    await heard.until(lambda: heard.connected() == [True])
    radio.notify(NONIN, nonin(97, 66))
    await heard.until(lambda: heard.first() == [97_000])
    await _stopped(running, radio)


async def test_a_device_that_has_nothing_to_read_is_told_and_left(radio: _Radio) -> None:
    heard = Heard()
    radio.has = [uuid_of("2A19")]
    running = asyncio.ensure_future(adapter_of("ble", _setup()).run(heard.keep))
    await heard.until(lambda: heard.connected() == [False])
    (status,) = heard.told
    assert isinstance(status, DeviceStatus)
    assert status.why == "it has no characteristic that is read here"
    await _stopped(running, radio)


async def test_a_radio_that_is_off_is_said(radio: _Radio) -> None:
    """Such faults of bleak carry a reason behind their text."""
    heard = Heard()
    radio.faults = [_BleakError("Turn on Bluetooth and try again.", 3)]
    running = asyncio.ensure_future(adapter_of("ble", _setup()).run(heard.keep))
    await heard.until(lambda: heard.connected() == [False, True])
    assert [item.why for item in heard.told if isinstance(item, DeviceStatus)] == ["Turn on Bluetooth and try again.", ADDRESS]
    await _stopped(running, radio)


@pytest.mark.parametrize("fault", [FileNotFoundError(2, "No such file or directory"), ConnectionRefusedError(111, "Connection refused")])
async def test_a_machine_without_bluetooth_is_said(radio: _Radio, fault: OSError) -> None:
    heard = Heard()
    radio.faults = [fault]
    running = asyncio.ensure_future(adapter_of("ble", _setup()).run(heard.keep))
    await heard.until(lambda: heard.connected() == [False, True])
    assert next(item.why for item in heard.told if isinstance(item, DeviceStatus)) == f"no system D-Bus, on which BlueZ is met: {fault}"
    await _stopped(running, radio)


async def test_what_nobody_takes_is_bounded(radio: _Radio) -> None:
    """The disk hangs while a device goes on: the link is given up and told, it does not grow."""
    heard, stuck = Heard(), asyncio.Event()

    async def keep(told: Sequence[Told]) -> None:
        if any(isinstance(item, DeviceMeasurement) for item in told):
            await stuck.wait()
        await heard.keep(told)

    running = asyncio.ensure_future(adapter_of("ble", _setup()).run(keep))
    await heard.until(lambda: heard.connected() == [True])
    for rate in range(1, 1_000):
        radio.notify(uuid_of("2A37"), heart_rate(rate % 200 + 30))
    stuck.set()
    await heard.until(lambda: heard.connected() == [True, False, True])
    assert len(heard.first()) == 256
    assert [item.why for item in heard.told if isinstance(item, DeviceStatus)][1] == "more arrived than could be kept"
    await _stopped(running, radio)


def test_without_the_package_it_is_said_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bleak", None)
    with pytest.raises(AdapterError, match=r"'bleak', which is not installed \(the extra `ble`\)"):
        adapter_of("ble", _setup())


@pytest.mark.parametrize(
    ("setup", "says"),
    [
        (_setup("ble:"), "write ble:00:1C"),
        (_setup("ble:00:1C:05:01:02"), "write ble:00:1C"),
        (_setup("tcp:host:1"), "write ble:00:1C"),
        (_setup(pair="yes"), "on or off"),
        (_setup(speed="9"), "no option speed"),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(radio: _Radio, setup: Setup, says: str) -> None:
    with pytest.raises(AdapterError, match=says):
        adapter_of("ble", setup)
