"""Devices at a broker, both of other hands: what they publish arrives, a killed one is told, what came while we were away is history."""

import asyncio
import json
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path

import pytest

from monitor.adapters.base import AdapterError, CodecSettings, Setup
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceMeasurement, DeviceStatus, Fault, Undecoded
from monitor.clock import SystemClock
from simulators.devices.mqtt import TOPIC, publisher, reading
from tests.support.at_a_broker import broker, script
from tests.support.certificates import Authority
from tests.support.heard import PATIENCE_S, Heard
from tests.support.running import free_port

AT = datetime(2026, 11, 22, 10, 41, 7, tzinfo=UTC)
NAME = "infusion-monitor"


def _at_once() -> Iterator[float]:
    return repeat(0.02)


@asynccontextmanager
async def _running(port: int, heard: Heard, scheme: str = "mqtt", **options: str) -> AsyncIterator[None]:
    setup = Setup(f"{scheme}:127.0.0.1:{port}", SystemClock(), _at_once, CodecSettings(options=options))
    task = asyncio.ensure_future(adapter_of("mqtt", setup).run(heard.keep))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def _say(process: Process, line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()


async def _publish(device: Process, payload: bytes, *, retain: bool = False, topic: str = f"{TOPIC}/oxi-1/reading") -> None:
    """Returns once the broker has it."""
    await _say(device, json.dumps({"topic": topic, "payload": payload.decode(), "retain": retain}))
    assert device.stdout is not None
    assert (await device.stdout.readline()).decode().strip() == topic


def _spo2(number: int, spo2: float) -> bytes:
    return reading(number, AT.replace(second=number), {"spo2": spo2})


def _online(heard: Heard, device: str = "oxi-1") -> list[bool]:
    """Of the device; of our own line where it has no name."""
    return [item.holds for item in heard.told if isinstance(item, DeviceStatus) and item.sender.device == device]


async def test_a_device_publishes_and_is_killed() -> None:
    heard = Heard()
    async with AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(broker())
        await stack.enter_async_context(_running(port, heard))
        await heard.until(lambda: heard.connected() == [True])
        device, _ = await stack.enter_async_context(script("publish.mjs", str(port), "oxi-1"))
        await _publish(device, _spo2(1, 97))
        await _publish(device, _spo2(2, 96), retain=True)  # a wrong flag: it goes out as a new one all the same
        await heard.until(lambda: heard.spo2() == [97_000, 96_000])
        assert _online(heard) == [True]
        device.kill()
        await heard.until(lambda: _online(heard) == [True, False])


async def test_a_retained_reading_is_refused() -> None:
    heard = Heard()
    async with AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(broker())
        device, _ = await stack.enter_async_context(script("publish.mjs", str(port), "oxi-1"))
        await _publish(device, _spo2(1, 80), retain=True)
        await stack.enter_async_context(_running(port, heard))
        await heard.until(lambda: any(isinstance(item, Undecoded) for item in heard.told))
        await _publish(device, _spo2(2, 97))
        await heard.until(lambda: heard.spo2() == [97_000])
    assert [item.fault for item in heard.told if isinstance(item, Undecoded)] == [Fault.UNSUPPORTED]


async def test_a_cut_line_is_made_again_and_what_the_broker_held_comes_with_its_own_time() -> None:
    heard = Heard()
    async with AsyncExitStack() as stack:
        process, port = await stack.enter_async_context(broker())
        device, _ = await stack.enter_async_context(script("publish.mjs", str(port), "oxi-1"))
        async with _running(port, heard):
            await heard.until(lambda: heard.connected() == [True])
            await _publish(device, _spo2(1, 97))
            await heard.until(lambda: heard.spo2() == [97_000])
            await _say(process, NAME)
            await heard.until(lambda: _online(heard, "") == [True, False, True])
        await _publish(device, _spo2(2, 96))
        await _publish(device, reading(3, None, {"spo2": 95}))
        async with _running(port, heard):
            await heard.until(lambda: 95_000 in heard.spo2())
    told = {item.message_id: item for item in heard.told if isinstance(item, DeviceMeasurement)}  # the broker may send one twice
    assert [item.time.text[17:19] for item in told.values()] == ["01", "02", ""]
    assert [value.doubts for item in told.values() for value in item.values] == [(), (), ("age_unknown",)]


async def test_there_is_no_line_before_the_broker_lets_us_read() -> None:
    """What a device publishes before would be nobody's."""
    heard = Heard()
    async with AsyncExitStack() as stack:
        process, port = await stack.enter_async_context(broker())
        device, _ = await stack.enter_async_context(script("publish.mjs", str(port), "oxi-1"))
        await stack.enter_async_context(_running(port, heard, client="waiting"))
        assert process.stdout is not None
        assert (await process.stdout.readline()) == b"waiting\n"
        for number in range(1, 5):
            await _publish(device, _spo2(number, 97))
        assert heard.told == []
        await _say(process, "waiting")
        await heard.until(lambda: heard.connected() == [True])
        await _publish(device, _spo2(5, 96))
        await heard.until(lambda: heard.spo2() == [96_000])


async def test_a_topic_that_the_broker_refuses_is_said() -> None:
    heard = Heard()
    async with AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(broker())
        await stack.enter_async_context(_running(port, heard, client="stranger"))
        await heard.until(lambda: heard.connected() == [False])
    [said] = [item for item in heard.told if isinstance(item, DeviceStatus)]
    assert said.why.startswith("the broker refused: to read infusion/v1/+/+: ")


async def test_what_cannot_be_kept_comes_again() -> None:
    """The acknowledgement waits for the disk."""
    heard = Heard()
    async with AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(broker())
        device, _ = await stack.enter_async_context(script("publish.mjs", str(port), "oxi-1"))
        await stack.enter_async_context(_running(port, heard))
        await heard.until(lambda: _online(heard) == [True])
        heard.is_full = True
        await _publish(device, _spo2(1, 97))
        await heard.until(lambda: heard.refused > 0)
        heard.is_full = False
        await heard.until(lambda: heard.spo2() == [97_000])
    assert len({item.message_id for item in heard.told if isinstance(item, DeviceMeasurement)}) == 1


async def test_the_virtual_device_says_that_it_is_there_and_measures() -> None:
    heard = Heard()
    async with AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(broker())
        await stack.enter_async_context(_running(port, heard))
        await heard.until(lambda: heard.connected() == [True])
        device = await stack.enter_async_context(publisher("127.0.0.1", port, "oxi-1"))
        await device.publish(f"{TOPIC}/oxi-1/reading", _spo2(1, 97), qos=1)
        await heard.until(lambda: heard.spo2() == [97_000])
        assert _online(heard) == [True]


async def test_a_broker_that_is_not_there_is_sought() -> None:
    heard, port = Heard(), free_port()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(PATIENCE_S))
        await stack.enter_async_context(_running(port, heard))
        await heard.until(lambda: heard.connected() == [False])
        await stack.enter_async_context(script("broker.mjs", str(port)))
        await heard.until(lambda: heard.connected() == [False, True])


async def test_a_broker_with_a_certificate_of_the_clinic_is_read_over_tls(tmp_path: Path) -> None:
    heard, authority = Heard(), Authority(tmp_path)
    async with broker(authority.issue()) as (_, port), _running(port, heard, "mqtts", ca_file=str(authority.certificate)):
        await heard.until(lambda: heard.connected() == [True])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves a refused socket to be collected
@pytest.mark.parametrize(
    ("host", "is_other", "why"),
    [("127.0.0.1", True, "certificate verify failed"), ("127.0.0.9", False, "IP address mismatch")],
    ids=["of-another-authority", "of-another-host"],
)
async def test_a_broker_that_nobody_vouches_for_is_refused_by_name(tmp_path: Path, host: str, is_other: bool, why: str) -> None:
    """And nothing is asked of it without TLS instead."""
    heard, authority = Heard(), Authority(tmp_path)
    issued = authority.issue(host)
    trusted = authority.certificate
    if is_other:
        (tmp_path / "other").mkdir()
        trusted = Authority(tmp_path / "other", "Other CA").certificate
    async with broker(issued) as (_, port), _running(port, heard, "mqtts", ca_file=str(trusted)):
        await heard.until(lambda: heard.connected() == [False])
    told = [item for item in heard.told if isinstance(item, DeviceStatus)]
    assert [why in item.why for item in told] == [True], told


@pytest.mark.parametrize("address", ["", "tcp:127.0.0.1:1883", "mqtt:host", "mqtt::1883"])
def test_an_address_that_cannot_be_used_is_refused_at_once(address: str) -> None:
    with pytest.raises(AdapterError, match="mqtt:host:port or mqtts:host:port"):
        adapter_of("mqtt", Setup(address, SystemClock(), _at_once))


@pytest.mark.parametrize("option", [{"topic": "a/#"}, {"topic": ""}, {"topic": "+"}])
def test_a_topic_that_is_no_path_is_refused(option: dict[str, str]) -> None:
    with pytest.raises(AdapterError, match="topic is a path"):
        adapter_of("mqtt", Setup("mqtt:host:1883", SystemClock(), _at_once, CodecSettings(options=option)))


def test_a_missing_extra_says_how_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(AdapterError, match="the extra `mqtt`"):
        adapter_of("mqtt", Setup("mqtt:host:1883", SystemClock(), _at_once))
