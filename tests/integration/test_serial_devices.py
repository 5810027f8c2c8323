"""Serial oximeters on a real pty and a real socket, and pumps that are asked over one: read, unplugged, read again."""

import asyncio
import os
import select
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import repeat
from pathlib import Path

import pytest

from monitor.adapters.base import AdapterError, Setup
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceEvent, Fault, Undecoded
from monitor.adapters.serial_line import PortSettings, open_serial
from monitor.clock import SystemClock
from simulators.devices.bcc import BccStation, pump, pumping
from simulators.devices.cms50 import Cms50State, frame
from simulators.devices.masimo import MasimoState, line
from simulators.devices.nellcor import NellcorState
from simulators.devices.nellcor import line as nellcor_line
from simulators.devices.nonin import NoninState, packet
from simulators.devices.wires import PtyWire, TcpWire
from tests.support.heard import PATIENCE_S, Heard

AT = datetime(2026, 11, 22, 10, 41, 7)
SAYS: dict[str, Callable[[int], bytes]] = {
    "cms50": lambda spo2: frame(Cms50State(spo2, 72)) * 3,  # the third shows that the second is whole
    "masimo": lambda spo2: line(AT, MasimoState(spo2, 72)),
    "nellcor": lambda spo2: nellcor_line(AT, NellcorState(spo2, 72)),
    "nonin": lambda spo2: packet(NoninState(spo2, 72)),
}
"""Adapter -> the bytes of its virtual device that say one SpO2."""
every_oximeter = pytest.mark.parametrize("name", SAYS)


def _at_once() -> Iterator[float]:
    return repeat(0.005)


def _running(name: str, address: str, heard: Heard) -> asyncio.Task[None]:
    adapter = adapter_of(name, Setup(address, SystemClock(), _at_once))
    return asyncio.ensure_future(adapter.run(heard.keep))


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()


@every_oximeter
async def test_an_oximeter_on_a_serial_port_is_unplugged_and_plugged_in_again(tmp_path: Path, name: str) -> None:
    """Half an item is on the wire when the plug is pulled; another device node stands behind the same name afterwards."""
    port, heard = tmp_path / "ttyOximeter", Heard()
    first = PtyWire()
    port.symlink_to(first.path)
    running = _running(name, f"serial:{port}", heard)
    await heard.until(lambda: heard.connected() == [True])
    whole = SAYS[name](97)
    for byte in range(len(whole)):  # a byte at a time, as a slow wire brings them
        first.send(whole[byte : byte + 1])
    await heard.until(lambda: heard.first() == [97_000])
    unfinished = SAYS[name](96)
    first.send(unfinished[: len(unfinished) // 2])
    await asyncio.sleep(0)
    first.unplug()
    await heard.until(lambda: heard.connected() == [True, False])

    second = PtyWire()
    port.unlink()
    port.symlink_to(second.path)
    await heard.until(lambda: heard.connected() == [True, False, True])
    second.send(SAYS[name](95))
    await heard.until(lambda: heard.first() == [97_000, 95_000])
    assert not [item for item in heard.told if isinstance(item, Undecoded) and item.fault is not Fault.TRUNCATED]
    await _stopped(running)
    second.unplug()


async def test_what_waited_in_the_port_before_it_was_opened_is_not_read_as_now(tmp_path: Path) -> None:
    wire, heard = PtyWire(), Heard()
    held = os.open(wire.path, os.O_RDWR | os.O_NOCTTY)
    wire.send(line(AT, MasimoState(80, 72)))
    assert select.select([held], [], [], PATIENCE_S)[0]  # it waits there now
    running = _running("masimo", f"serial:{wire.path}", heard)
    await heard.until(lambda: heard.connected() == [True])
    wire.send(line(AT, MasimoState(97, 72)))
    await heard.until(lambda: bool(heard.first()))
    assert heard.first() == [97_000]
    await _stopped(running)
    os.close(held)
    wire.unplug()


@every_oximeter
async def test_an_oximeter_behind_a_converter_is_cut_off_and_found_again(name: str) -> None:
    heard = Heard()
    async with TcpWire() as wire:
        running = _running(name, f"tcp:127.0.0.1:{wire.port}", heard)
        await wire.connected()
        wire.send(SAYS[name](97))
        await heard.until(lambda: heard.first() == [97_000])
        wire.unplug()
        await wire.connected()
        wire.send(SAYS[name](95))
        await heard.until(lambda: heard.first() == [97_000, 95_000])
        assert heard.connected() == [True, False, True]
        await _stopped(running)


async def test_a_rack_is_asked_cut_off_and_asked_again() -> None:
    """Three parts, each sent once the one before was acknowledged; what changed meanwhile is there at once."""
    station, heard = BccStation({"11": pump(), "13": pumping("5.00", "1.0"), "14": pump()}), Heard()
    async with TcpWire(answer=station.answer) as wire:
        running = _running("bcc", f"tcp:127.0.0.1:{wire.port}", heard)
        await heard.until(lambda: len(heard.first()) == 3)
        assert heard.first() == [0, 5_000, 0]  # the rates
        station.pumps = {"13": pump(INRT="5.00", INA3="1", INVI="1.2")}
        await wire.connected()
        wire.unplug()
        await heard.until(lambda: len(heard.first()) == 4)
        await wire.connected()
        assert heard.first()[3:] == [5_000]
        assert [item.text for item in heard.told if isinstance(item, DeviceEvent)] == ["pumping", "pressure"]
        await _stopped(running)


async def test_a_port_that_is_read_already_is_not_shared() -> None:
    """Two readers of one port would each get half of the bytes."""
    wire = PtyWire()
    first = await open_serial(wire.path, PortSettings(9_600))
    with pytest.raises(OSError, match="another program reads /dev/"):
        await open_serial(wire.path, PortSettings(9_600))
    first.close()
    (await open_serial(wire.path, PortSettings(9_600))).close()
    wire.unplug()


async def test_a_request_reaches_the_other_end() -> None:
    """For devices that are asked."""
    master, slave = os.openpty()
    port = await open_serial(os.ttyname(slave), PortSettings(19_200, "odd"))
    await port.write(b"\x05?\r\n")
    assert os.read(master, 100) == b"\x05?\r\n"
    port.close()
    with pytest.raises(OSError, match="closed"):
        await port.read()
    os.close(master)
    os.close(slave)


async def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no port")
    with pytest.raises(OSError, match="not a serial port"):
        await open_serial(str(tmp_path / "notes"), PortSettings(9_600))


@pytest.mark.parametrize("address", ["", "serial:", "/dev/ttyUSB0", "tcp:host", "tcp::4001", "tcp:host:0", "tcp:host:99999", "udp:host:1"])
def test_an_address_that_cannot_be_used_is_refused_at_once(address: str) -> None:
    with pytest.raises(AdapterError, match="serial:/dev/ttyUSB0 or tcp:host:port"):
        adapter_of("masimo", Setup(address, SystemClock(), _at_once))
