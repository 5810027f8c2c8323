"""A virtual Vital Recorder: its uploads in both forms (pure), and the client that joins with its code and sends them."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import msgspec

from simulators.devices.carried import WITHIN_S, Deliver

_DEVICE: Final = "Simulator"  # of these rooms nothing is a patient's
_UNITS: Final = {"HR": "/min", "RR": "/min", "SPO2": "%", "BT": "C", "BIS": ""}


class Room(msgspec.Struct, frozen=True):
    """`tracks`: MONTYPE -> what it shows, None for none. `cuff_at`: Unix seconds of the cuff, which is repeated in every upload."""

    name: str
    tracks: Mapping[str, float | None]
    cuff_at: float | None = None
    device: str = _DEVICE


def zlib_json(code: str, rooms: Sequence[Room], at: float) -> bytes:
    """Form A: `at` in Unix seconds."""
    told = {"vrcode": code, "ver": "1.0", "rooms": [_json_room(room, at) for room in rooms]}
    return zlib.compress(json.dumps(told).encode(), 1)


def gzip_hl7(code: str, rooms: Sequence[Room], at: datetime, number: int) -> bytes:
    """Form B: `at` on the recorder's wall clock. What a track does not show is not there."""
    return gzip.compress("".join(_message(code, room, at, number) for room in rooms).encode(), 1, mtime=0)


async def sends(url: str, code: str) -> Any:
    """A connected client of python-socketio that has joined: `await client.emit("send_data", upload)`, then `disconnect()`."""
    from socketio import AsyncClient  # here because it is an extra

    client = AsyncClient(reconnection=False)
    try:
        await client.connect(url, transports=["websocket"])
    except BaseException:
        await client.eio.http.close()  # the library leaves it open where nobody answers
        raise
    await client.emit("join_vr", code)
    return client


@asynccontextmanager
async def recording(url: str, code: str) -> AsyncIterator[Deliver[bytes]]:
    """Every item is an upload; the other end acknowledges it."""
    from socketio.exceptions import SocketIOError

    try:
        client = await sends(url, code)

        async def deliver(upload: bytes) -> str:
            await client.call("send_data", upload, timeout=WITHIN_S)
            return "acknowledged"

        try:
            yield deliver
        finally:
            await client.disconnect()
    except SocketIOError as error:
        raise ConnectionError(str(error)) from error


def _unit(montype: str) -> str:
    is_pressure = montype.endswith(("BP", "CONC"))
    return "mmHg" if is_pressure else _UNITS.get(montype.rpartition("_")[2], "")


def _name(montype: str) -> str:
    """What the device calls it."""
    return montype.partition("_")[2] or montype


def _json_room(room: Room, at: float) -> dict[str, Any]:
    wave = {"id": 1, "name": "ECG_II", "dname": room.device, "type": "wav", "srate": 100, "unit": "mV", "montype": "ECG_WAV"}
    tracks: list[dict[str, Any]] = [{**wave, "recs": [{"dt": at, "val": [0.1, 0.2, -0.1]}]}]
    for number, (montype, value) in enumerate(room.tracks.items(), start=2):
        dt = room.cuff_at if montype.startswith("NIBP") and room.cuff_at is not None else at
        track = {"id": number, "name": _name(montype), "dname": room.device, "type": "num", "unit": _unit(montype)}
        tracks.append({**track, "montype": montype, "recs": [{"dt": dt, "val": value}]})
    devices = [{"type": room.device, "name": room.device, "status": "connected"}]
    times = {"dtstart": at, "dtend": at + 1, "dtserver": at, "dtcase": at - 600, "dtapp": at}
    return {"roomname": room.name, "seqid": 1, **times, "ptcon": 1, "devs": devices, "trks": tracks, "evts": []}


def _message(code: str, room: Room, at: datetime, number: int) -> str:
    stamp = f"{at:%Y%m%d%H%M%S}"
    shown = [(montype, value) for montype, value in room.tracks.items() if value is not None]
    rows = [f"NM|{montype}^{room.device}/{_name(montype)}||{value:g}|{_unit(montype)}|0^200" for montype, value in shown]
    wave = f"NA|ECG_WAV^{room.device}/ECG_II@100||0.1^0.2^-0.1|mV|"
    head = f"MSH|^~\\&|VitalRecorder|{code}|||{stamp}||ORU^R01|{number}|P|2.6\rPID|||\rPV1||I|{room.name}\r"
    order = f"OBR|1|||VITAL_SIGNS|||{stamp}|{stamp}\r"
    return head + order + "".join(f"OBX|{place}|{row}||||R\r" for place, row in enumerate([wave, *rows], start=1))
