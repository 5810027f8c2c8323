"""`speak` on its wires, both ways: the adapter reads a patient, the virtual device hears what the adapter answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import repeat
from typing import Any

import pytest

from monitor.adapters.base import CodecSettings, Setup
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceEvent, DeviceMeasurement
from monitor.clock import SystemClock
from schemas.measurement import Mode
from simulators.bed import Bed
from simulators.devices.carried import Carried
from simulators.devices.pump import VirtualPump
from simulators.devices.speaking import NoWire, speak, wire_of
from simulators.devices.speeches import VIRTUAL
from simulators.devices.wires import TcpWire
from simulators.scenario import load_scenario
from tests.support.at_a_broker import broker
from tests.support.heard import PATIENCE_S, Heard
from tests.support.running import free_port

PLAY = load_scenario("uneventful")
CODE = {"vital-recorder": {"codes": "virtual-1"}}
HEARD = {
    "hl7-mindray": "answered CA",
    "hl7-philips": "answered AA",
    "mqtt": "published",
    "sdc": "reported",
    "vital-recorder": "acknowledged",
}


def _at_once() -> Iterator[float]:
    return repeat(0.02)


class Unhurried(SystemClock):
    """The patient lives as fast as his wire carries: each second passes once the one before has gone out."""

    def __init__(self, wire: Any) -> None:
        super().__init__()
        self._wire: Carried[Any] = wire

    async def sleep_until(self, at_ms: int) -> None:
        while not self._wire.is_idle:  # noqa: ASYNC110 - a real connection, which tells nobody
            await asyncio.sleep(0.002)


@asynccontextmanager
async def _adapter(name: str, address: str, heard: Heard) -> AsyncIterator[None]:
    setup = Setup(address, SystemClock(), _at_once, CodecSettings(options=CODE.get(name, {})))
    task = asyncio.ensure_future(adapter_of(name, setup).run(heard.keep))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def _speaking(name: str, on: str, said: list[str]) -> AsyncIterator[None]:
    async with wire_of(name, on, "virtual-1", "", SystemClock(), said.append) as wire:
        clock = Unhurried(wire)
        task = asyncio.ensure_future(speak(VIRTUAL[name].make("virtual-1"), Bed(PLAY, 1, clock.now_ms()), wire, clock))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})


def _cuffs(heard: Heard) -> list[int]:
    values = (value for item in heard.told if isinstance(item, DeviceMeasurement) for value in item.values)
    return [value.value_milli for value in values if value.quantity == "systolic_bp" and value.value_milli is not None]


def _of_pump(heard: Heard, quantity: str) -> list[int | None]:
    values = (value for item in heard.told if isinstance(item, DeviceMeasurement) for value in item.values)
    return [value.value_milli for value in values if value.quantity == quantity]


async def _both_ways(name: str, heard: Heard, said: list[str]) -> None:
    """Numbers and a cuff came; whoever has a word for it says that nothing of it was a patient's."""
    await heard.until(lambda: len(heard.spo2()) > 3 and bool(_cuffs(heard)))
    assert all(value is not None and 90_000 <= value <= 100_000 for value in heard.spo2())
    assert {item.mode for item in heard.told if isinstance(item, DeviceMeasurement)} == {Mode.SIMULATED}
    assert any(line.endswith(HEARD[name]) for line in said), said


@pytest.mark.parametrize(("name", "at", "on"), [
    ("hl7-mindray", "listen:127.0.0.1:{}", "mllp:127.0.0.1:{}"), ("hl7-philips", "listen:127.0.0.1:{}", "mllp:127.0.0.1:{}"),
    ("vital-recorder", "listen:127.0.0.1:{}", "http://127.0.0.1:{}/"),
])  # fmt: skip
async def test_one_that_connects_to_its_adapter(name: str, at: str, on: str) -> None:
    """It was there first: what it says before somebody listens is lost, and then it is heard."""
    heard, said, port = Heard(), list[str](), free_port()
    async with asyncio.timeout(PATIENCE_S), AsyncExitStack() as stack:
        await stack.enter_async_context(_speaking(name, on.format(port), said))
        await stack.enter_async_context(_adapter(VIRTUAL[name].adapter or name, at.format(port), heard))
        await _both_ways(name, heard, said)


async def test_one_that_publishes_at_a_broker() -> None:
    heard, said = Heard(), list[str]()
    async with asyncio.timeout(PATIENCE_S), AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(broker())
        await stack.enter_async_context(_adapter("mqtt", f"mqtt:127.0.0.1:{port}", heard))
        await heard.until(lambda: heard.connected() == [True])
        await stack.enter_async_context(_speaking("mqtt", f"mqtt:127.0.0.1:{port}", said))
        await _both_ways("mqtt", heard, said)


async def test_one_that_provides_sdc() -> None:
    heard, said = Heard(), list[str]()
    async with asyncio.timeout(PATIENCE_S), AsyncExitStack() as stack:
        await stack.enter_async_context(_speaking("sdc", "", said))
        while not said:  # noqa: ASYNC110 - its address
            await asyncio.sleep(0)
        await stack.enter_async_context(_adapter("sdc", said[0].removeprefix("sdc speaks on "), heard))
        await _both_ways("sdc", heard, said)


async def test_a_pump_that_is_asked_over_its_wire() -> None:
    """Delivers what the bed's pump does; paused, it stands at the rate it was programmed with. Its volume never goes back."""
    heard, said, pump = Heard(), list[str](), VirtualPump("virtual-1")
    async with asyncio.timeout(PATIENCE_S), wire_of("bcc", "", "virtual-1", "", SystemClock(), said.append, pump) as wire:
        assert isinstance(wire, TcpWire)
        pump.follow(1.0, 12.5)
        async with _adapter("bcc", said[0].removeprefix("bcc speaks on "), heard):
            await heard.until(lambda: _of_pump(heard, "volume_infused") == [1_250])
            pump.follow(0.0, 20.0)
            await wire.connected()
            wire.unplug()
            await heard.until(lambda: _of_pump(heard, "volume_infused") == [1_250, 2_000])
    assert (_of_pump(heard, "infusion_rate"), _of_pump(heard, "infusion_rate_set")) == ([6_000], [6_000])
    assert [item.text for item in heard.told if isinstance(item, DeviceEvent)] == ["pumping"]


@pytest.mark.parametrize(("name", "on"), [
    ("masimo", "http://x/"), ("masimo", "tcp:99999"), ("masimo", "udp:7"), ("fhir", "pty"), ("fhir", ""), ("hl7-ge", "mllp:host"),
    ("mqtt", "mqtt:1883"),
    ("sdc", "sdc:x"), ("ble-plx", "tcp:4001"), ("bcc", "pty"), ("bcc", "tcp:99999"),
])  # fmt: skip
def test_a_wire_that_is_none_for_it_is_refused(name: str, on: str) -> None:
    with pytest.raises(NoWire, match=f"a virtual {name} speaks on"):
        wire_of(name, on, "x", "", SystemClock(), print)
