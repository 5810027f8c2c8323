"""A BlueZ without a radio: a message bus and `bluezoo`, a mock of BlueZ by other hands, as processes. Two adapters that are in each other's
reach: hci0, which listens, and hci1, on which a virtual device advertises.

Where the mock is not as BlueZ: it tells of a device that advertises once, where a radio hears it several times a second (`hear` does that
here); a connection ends at the listening end alone; a device that comes back has to have registered again.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from dbus_fast import BusType, Message, MessageType, Variant, unpack_variants
from dbus_fast.aio import MessageBus

from monitor.clock import SystemClock
from tests.support.dbus_daemon import find
from tests.support.heard import PATIENCE_S
from tests.support.running import START_S

_DEVICE, _RADIO = "org.bluez.Device1", "org.bluez.Adapter1"
ADVERTISED_MS = 100
HERE, THERE = "00:00:00:00:00:01", "00:00:00:00:00:02"
_OPTIONS = ("--quiet", "--auto-enable", "--scan-interval", "1", "--adapter", HERE, "--adapter", THERE)
_OPEN_TO_ALL = (
    '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"'
    ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">'
    "<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>"
    '<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>'
)


class Bluez:
    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._process: Process | None = None

    async def start(self) -> None:
        """Returns once both of its adapters are on."""
        program = Path(sys.executable).parent / "bluezoo"
        self._process = await asyncio.create_subprocess_exec(str(program), *_OPTIONS, stdin=DEVNULL)
        while [about[_RADIO]["Powered"] for about in (await self._objects()).values() if _RADIO in about] != [True, True]:
            pass

    async def die(self) -> None:
        """kill -9: it takes no leave of anybody."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def lose(self) -> None:
        """The device has been switched off: the listening end loses it, and forgets that it was ever there."""
        async with asyncio.timeout(PATIENCE_S):
            while (there := (await self._objects())["/org/bluez/hci1"]) and (
                there["org.bluez.LEAdvertisingManager1"]["ActiveInstances"] or there[_RADIO]["UUIDs"]
            ):
                pass
        device = f"/org/bluez/hci0/dev_{THERE.replace(':', '_')}"
        reply = await self._call("/org/bluez/hci0", _RADIO, "RemoveDevice", "o", device)
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body

    async def hear(self) -> None:
        """For ever: what advertises is heard every tenth of a second. BlueZ tells that by the strength of the signal, the mock by any
        property that is set."""
        clock = SystemClock()
        while True:
            for path in [
                path for path, about in (await self._objects()).items() if path.startswith("/org/bluez/hci0/") and _DEVICE in about
            ]:
                await self._call(path, "org.freedesktop.DBus.Properties", "Set", "ssv", _DEVICE, "Trusted", Variant("b", False))
            await clock.sleep_until(clock.now_ms() + ADVERTISED_MS)

    async def _objects(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Path -> interface -> property; nothing while there is no BlueZ."""
        reply = await self._call("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        return unpack_variants(reply.body[0]) if reply.message_type is MessageType.METHOD_RETURN else {}

    async def _call(self, path: str, interface: str, member: str, signature: str = "", *body: object) -> Message:
        return await self._bus.call(Message("org.bluez", path, interface, member, signature=signature, body=list(body)))


@asynccontextmanager
async def bluez(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bluez]:
    """Stands for the machine's: programs that are started within, and this process, find it as they would find that one."""
    with TemporaryDirectory() as folder:
        config = Path(folder) / "bus.conf"
        config.write_text(_OPEN_TO_ALL.format(folder=folder))
        async with _running(str(find()), f"--config-file={config}", "--nofork", "--nopidfile", "--print-address") as daemon:
            assert daemon.stdout is not None
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", (await daemon.stdout.readline()).decode().strip())
            bus = MessageBus(bus_type=BusType.SYSTEM)
            there = Bluez(bus)
            try:
                async with asyncio.timeout(START_S):
                    await bus.connect()
                    await there.start()
                hearing = asyncio.ensure_future(there.hear())
                try:
                    yield there
                finally:
                    hearing.cancel()
                    await asyncio.wait({hearing})
            finally:
                await there.die()
                bus.disconnect()


@asynccontextmanager
async def _running(*command: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
