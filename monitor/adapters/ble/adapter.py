"""A Bluetooth LE device by its address, over bleak (the extra `ble`): found, connected, listened to, and sought again when it is lost."""

import asyncio
import re
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from monitor.adapters.arrivals import Arrivals
from monitor.adapters.base import AdapterError, AdapterSpec, Setup, Tier
from monitor.adapters.ble.codec import READERS, BleCodec, Notification, uuid_of
from monitor.adapters.ble.oximetry import NONIN
from monitor.adapters.redial import Redialled

ADDRESSES: Final = "ble:00:1C:05:01:02:03"
ADAPTER_OPTION, PAIR_OPTION = "adapter", "pair"
CONNECT_S: Final = 30.0
SILENT_AFTER_MS: Final = 60_000  # the radio itself tells of a device that is gone, but nobody tells of a BlueZ that is
ON_OCCASION_MS: Final = 3_600_000  # a cuff may say nothing for long
_STREAMS: Final = {uuid_of("2A37"), uuid_of("2A5F"), NONIN}
_ADDRESS: Final = re.compile(r"ble:([0-9A-F]{2}(?::[0-9A-F]{2}){5}|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})", re.IGNORECASE)


class _Link:
    """A connection as a `Line`: each read is one notification."""

    def __init__(self, faults: tuple[type[Exception], ...]) -> None:
        self.client: Any = None
        self.closing: asyncio.Future[None] | None = None
        self.heard: set[str] = set()
        self._faults = faults
        self._arrivals: Arrivals[Notification] = Arrivals()
        self.read = self._arrivals.read

    def arrived(self, characteristic: Any, data: bytearray) -> None:
        self._arrivals.put(Notification(characteristic.uuid.lower(), bytes(data)))

    def lost(self, _: Any) -> None:
        self._arrivals.end("lost")

    async def write(self, data: bytes) -> None:  # noqa: ARG002
        raise OSError("nothing is written to a device that only tells")

    def close(self) -> None:
        if self.closing is None:
            self.closing = asyncio.ensure_future(self._disconnect())

    async def _disconnect(self) -> None:
        with suppress(*self._faults, OSError):
            await self.client.disconnect()


class _Device:
    """Opens one link after another; the one before is closed first, since the radio keeps one connection to a device."""

    def __init__(self, bleak: Any, address: str, options: dict[str, Any]) -> None:
        self._bleak = bleak
        self._faults: tuple[type[Exception], ...] = (bleak.exc.BleakError, EOFError)
        self._address = address
        self._options = options
        self._last: _Link | None = None

    async def open(self) -> _Link:
        """Raises OSError."""
        if self._last is not None and self._last.closing is not None:
            await self._last.closing
        link = self._last = _Link(self._faults)
        link.client = self._bleak.BleakClient(self._address, link.lost, timeout=CONNECT_S, **self._options)
        try:
            await link.client.connect()
            for characteristic in _to_read(link.client):
                await link.client.start_notify(characteristic, link.arrived)
                link.heard.add(characteristic.uuid.lower())
        except self._faults as error:
            link.close()
            raise OSError(str(error.args[0]) if error.args else type(error).__name__) from error
        except (FileNotFoundError, ConnectionRefusedError) as error:
            link.close()
            raise OSError(f"no system D-Bus, on which BlueZ is met: {error}") from error
        except BaseException:
            link.close()
            raise
        return link

    def silent_after_ms(self) -> int:
        """Of the link that was opened last: what speaks each second is not waited for as long as a cuff."""
        return SILENT_AFTER_MS if self._last is not None and self._last.heard & _STREAMS else ON_OCCASION_MS


def _to_read(client: Any) -> list[Any]:
    """Those that the codec knows. An oximeter that says the same in the standard's way and in Nonin's is read in the standard's."""
    there = {each.uuid.lower(): each for each in client.services.characteristics.values() if each.uuid.lower() in READERS}
    if uuid_of("2A5F") in there:
        there.pop(NONIN, None)
    if not there:
        raise OSError("it has no characteristic that is read here")
    return list(there.values())


def _shell(setup: Setup) -> Redialled[Notification]:
    if (match := _ADDRESS.fullmatch(setup.address)) is None:
        raise AdapterError(f"{setup.address!r} is no address here: write {ADDRESSES}")
    chosen = setup.codec.options
    if chosen.get(PAIR_OPTION, "off") not in {"on", "off"}:
        raise AdapterError(f"pair is on or off, not {chosen[PAIR_OPTION]!r}")
    options: dict[str, Any] = {"pair": chosen.get(PAIR_OPTION) == "on"}
    if ADAPTER_OPTION in chosen:
        options["bluez"] = {"adapter": chosen[ADAPTER_OPTION]}
    try:
        bleak = import_module("bleak")
        import_module("bleak.exc")
    except ImportError as error:
        raise AdapterError("adapter 'ble' needs the package 'bleak', which is not installed (the extra `ble`)") from error
    device = _Device(bleak, match[1], options)
    return Redialled(device.open, lambda: BleCodec(setup.codec), setup, device.silent_after_ms)


ADAPTER: Final = AdapterSpec(
    name="ble",
    title="Bluetooth LE: heart rate straps, blood pressure cuffs, pulse oximeters (standard profiles; Nonin 3150 and 3230)",
    protocol="Bluetooth LE characteristics 2A37, 2A35, 2A36, 2A5F, 2A5E and Nonin's continuous oximetry",
    addresses=ADDRESSES,
    tier=Tier.RECONNECTS,
    make_codec=BleCodec,
    make_adapter=_shell,
    options=(ADAPTER_OPTION, PAIR_OPTION),
)
