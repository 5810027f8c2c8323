"""One `send_data` of Vital Recorder as rooms with tracks, from either of its two forms. Pure.

Form A: zlib of JSON, `{vrcode, rooms}`, each room with tracks, each track with records `{dt, val}`. Form B: gzip of HL7 v2.6 ORU^R01, one
message a room: MSH-4 the code, PV1-3 the room, OBR-7 the beginning of the window in local time, OBX-3 `MONTYPE^device/track`. The first two
bytes tell which.
"""

import math
import re
import zlib
from collections.abc import Sized
from typing import Any, Final, TypeVar

import msgspec

from monitor.adapters.hl7.message import Message, read_message
from monitor.adapters.said import Fault
from monitor.adapters.vital_recorder.tracks import Record, Track

MAX_UPLOAD: Final = 1_048_576  # bytes as they come; a second of sixty tracks with waves is 50,000
MAX_PLAIN: Final = 8 * MAX_UPLOAD
_MAX_ROOMS, _MAX_TRACKS, _MAX_RECORDS = 64, 512, 64  # of an upload, of a room, of a track that is no wave
_ZLIB, _GZIP = b"\x78", b"\x1f\x8b"
_MESSAGE: Final = re.compile(rb"(?<![^\r\n])(?=MSH\|)")
Many = TypeVar("Many", bound=Sized)
_DEMO: Final = re.compile(r"\b(demo|simulator|simulation)\b", re.IGNORECASE)


class Room(msgspec.Struct, frozen=True):
    """`stamp`: local time of the window, where the form has no other. `is_demo`: a device of it says that it is none."""

    name: str
    tracks: tuple[Track, ...]
    is_demo: bool = False
    stamp: str = ""


class Upload(msgspec.Struct, frozen=True):
    code: str
    rooms: tuple[Room, ...]


class NotRead(Exception):
    """The upload cannot be used; nothing of it is."""

    def __init__(self, fault: Fault, why: str) -> None:
        super().__init__(why)
        self.fault = fault


class _Record(msgspec.Struct):
    dt: float
    val: Any = None


class _Track(msgspec.Struct):
    name: str = ""
    dname: str = ""
    montype: str | int = ""
    type: str | int = ""
    unit: str = ""
    recs: msgspec.Raw = msgspec.Raw(b"[]")


class _Device(msgspec.Struct):
    type: str = ""
    name: str = ""


class _Room(msgspec.Struct):
    roomname: str = ""
    devs: list[_Device] = []
    trks: list[_Track] = []


class _Json(msgspec.Struct):
    vrcode: str = ""
    rooms: list[_Room] | dict[str, _Room] = []


_decode: Final = msgspec.json.Decoder(_Json).decode
_decode_records: Final = msgspec.json.Decoder(list[_Record]).decode


def read_upload(data: bytes) -> Upload:
    """Raises NotRead."""
    if data[:1] == _ZLIB:
        return _from_json(_inflated(data, zlib.MAX_WBITS))
    if data[:2] == _GZIP:
        return _from_hl7(_inflated(data, zlib.MAX_WBITS | 16))
    raise NotRead(Fault.UNSUPPORTED, "neither zlib nor gzip")


def _inflated(data: bytes, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(data, MAX_PLAIN)
    except zlib.error as error:
        raise NotRead(Fault.MALFORMED, str(error)) from error
    if inflater.unconsumed_tail:
        raise NotRead(Fault.TOO_LONG, f"more than {MAX_PLAIN} bytes when it is inflated")
    if not inflater.eof:
        raise NotRead(Fault.TRUNCATED, "ends before its end")
    return plain


def _from_json(plain: bytes) -> Upload:
    try:
        told = _decode(plain)
        rooms = told.rooms.items() if isinstance(told.rooms, dict) else [("", room) for room in told.rooms]
        return Upload(told.vrcode, _bounded(tuple(_room(name, room) for name, room in rooms), _MAX_ROOMS))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise NotRead(Fault.MALFORMED, str(error)) from error


def _room(name: str, room: _Room) -> Room:
    tracks = (_track(track) for track in _bounded(room.trks, _MAX_TRACKS) if track.type != "wav")
    is_demo = any(_DEMO.search(word) for device in room.devs for word in (device.type, device.name))
    return Room(room.roomname or name, tuple(tracks), is_demo)


def _track(track: _Track) -> Track:
    records = _bounded(_decode_records(track.recs), _MAX_RECORDS)
    name = f"{track.dname}/{track.name}" if track.dname else track.name
    return Track(
        track.montype if isinstance(track.montype, str) else "",
        name,
        track.unit,
        tuple(Record(_text(record.val), record.dt) for record in records),
        is_text=track.type == "str",
    )


def _text(value: object) -> str:
    """A number as it stands; what is neither number nor text is none."""
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return str(value) if is_number else ""


def _from_hl7(plain: bytes) -> Upload:
    rooms = []
    codes = set()
    for raw in _bounded([part for part in _MESSAGE.split(plain) if part.strip()], _MAX_ROOMS):
        if (message := read_message(raw)) is None or message.header.part(9) != "ORU":
            raise NotRead(Fault.MALFORMED, "no ORU message of HL7")
        codes.add(message.header.part(4))
        rooms.append(_room_of_message(message))
    if len(codes) != 1:
        raise NotRead(Fault.MALFORMED, "no code, or several")
    return Upload(codes.pop(), tuple(rooms))


def _room_of_message(message: Message) -> Room:
    place = next((segment.raw(3) for segment in message.named("PV1")), "")
    stamp = next((segment.part(7) for segment in message.named("OBR")), "") or message.header.part(7)
    tracks = [
        Track(row.part(3), row.part(3, 2), row.part(6), (Record(row.text(5)),), is_text=row.part(2) == "ST")
        for row in message.named("OBX")
        if row.part(2) in {"NM", "ST"}
    ]
    is_demo = any(_DEMO.search(track.name.partition("/")[0]) for track in tracks)
    return Room(place.strip("^ "), tuple(_bounded(tracks, _MAX_TRACKS)), is_demo, stamp)


def _bounded(many: Many, most: int) -> Many:
    if len(many) > most:
        raise NotRead(Fault.TOO_LONG, f"{len(many)} of what may be {most}")
    return many
