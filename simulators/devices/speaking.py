"""A simulated patient behind a virtual device: each second what the device shows, in its own protocol, into a wire."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, Final

from schemas.device_wire import Frame
from simulators.bed import Bed, BedScript
from simulators.clock import Clock
from simulators.devices.ble import DEVICES as BLE_DEVICES
from simulators.devices.carried import Carried, posting
from simulators.devices.mllp import dialling
from simulators.devices.mqtt import publishing
from simulators.devices.pump import VirtualPump
from simulators.devices.sdc import providing
from simulators.devices.speeches import VIRTUAL, Shown, Speech
from simulators.devices.vital_recorder import recording
from simulators.devices.wires import PtyWire, TcpWire, Wire
from simulators.say import Say

FORMS: Final = {
    "pty": "pty",
    "tcp": "tcp:PORT",
    "http": "http://HOST:PORT/",
    "mllp": "mllp:HOST:PORT",
    "mqtt": "mqtt:HOST:PORT",
    "sdc": "sdc",
    "ble": "ble:RADIO",
}
"""Kind of wire -> how it is written. `pty` is a serial port, `tcp` listens on this machine as a converter does, `sdc` provides on loopback,
`ble` advertises on a radio of this machine (hci0; none named: its first); the others connect."""


ADDRESSED: Final = {"sdc", "ble"}  # has an address of its own, and says it


class NoWire(ValueError):
    """The device cannot hang on that; the text says on what it can."""


async def speak(speech: Speech, bed: Bed, wire: Wire[Any], clock: Clock) -> None:
    """Until the bed's session ends, by its own script. What nobody reads is lost, as on a real wire."""
    script = BedScript(bed)
    while True:
        await clock.sleep_until(bed.next_at_ms)
        script.step()
        if isinstance(speech, VirtualPump):
            speech.follow(bed.rate_mg_per_min, bed.infused_mg)
        if bed.has_ended:
            return
        for at, shown in _said(bed.next_frame()):
            if said := speech(at, shown):
                wire.send(said)


def _said(frame: Frame) -> list[tuple[datetime, Shown]]:
    """The values of a frame, by their instants."""
    return [(one.measured_at, {reading.vital: reading.value for reading in one.readings}) for one in frame.measurements]


def wire_of(
    device: str, on: str, name: str, token: str, clock: Clock, say: Say, speech: Speech | None = None
) -> AbstractAsyncContextManager[Wire[Any]]:
    """`device`: of VIRTUAL. `on`: one of FORMS, empty for its usual wire. `say` hears where it speaks and what it hears. `speech`: that of
    one that is asked over its wire. Raises NoWire."""
    kind, _, place = on.partition(":")
    kind = {"": VIRTUAL[device].wires[0], "https": "http"}.get(kind, kind)
    host, _, number = place.rpartition(":")
    port = int(number) if number.isdecimal() and int(number) < 65_536 else None
    port = 0 if kind == "tcp" and not on else port
    is_whole = {"pty": not place, "sdc": not place, "tcp": port is not None and not host, "http": bool(place), "ble": True}
    if kind not in VIRTUAL[device].wires or not is_whole.get(kind, bool(host) and bool(port)):
        raise NoWire(f"a virtual {device} speaks on {' or '.join(FORMS[wire] for wire in VIRTUAL[device].wires)}")

    def told(heard: str) -> None:
        say(f"{on or kind}: {heard}")

    connect: dict[str, Callable[[], AbstractAsyncContextManager[Any]]] = {
        "http": lambda: posting(on, token) if device == "fhir" else recording(on, name),
        "mllp": lambda: dialling(host, port or 0),
        "mqtt": lambda: publishing(host, port or 0, name),
        "sdc": lambda: providing(lambda address: say(f"{device} speaks on {address}")),
    }
    if kind == "ble":
        connect[kind] = _advertising(device, place, name, say)
    if kind == "pty":
        return _pty(device, say)
    if kind == "tcp":
        return _tcp(device, port or 0, say, speech.answer if isinstance(speech, VirtualPump) else None)
    if kind not in ADDRESSED:
        say(f"{device} speaks to {on}")
    return Carried(connect[kind], clock, told)


@asynccontextmanager
async def _pty(device: str, say: Say) -> AsyncIterator[PtyWire]:
    wire = PtyWire()
    say(f"{device} speaks on serial:{wire.path}")
    try:
        yield wire
    finally:
        wire.unplug()


@asynccontextmanager
async def _tcp(device: str, port: int, say: Say, answer: Callable[[bytes], bytes] | None) -> AsyncIterator[TcpWire]:
    async with TcpWire(port, answer) as wire:
        say(f"{device} speaks on tcp:127.0.0.1:{wire.port}")
        yield wire


def _advertising(device: str, radio: str, name: str, say: Say) -> Callable[[], AbstractAsyncContextManager[Any]]:
    try:
        from simulators.devices.peripheral import advertising  # here because it is an extra
    except ImportError as error:
        raise NoWire(f"a virtual {device} needs Linux and the package 'dbus-fast', which is not installed (the extra `ble`)") from error
    return lambda: advertising(radio, name, BLE_DEVICES[device], lambda address: say(f"{device} speaks on {address}"))
