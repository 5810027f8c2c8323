"""The codec: a Socket.IO connection on which a Vital Recorder joins with its code and then sends an upload about once a second. Pure.

The protocol has no login, so the code must be one of those that were enrolled, and every upload must carry it again. A recorder keeps what
it could not send and sends it later: every value is told with the record's own time.
"""

from datetime import UTC, datetime
from typing import Final

from monitor.adapters.base import AdapterError, Codec, CodecSettings
from monitor.adapters.cuffs import Cuffs
from monitor.adapters.device_time import NO_TIME, DeviceTime, device_time
from monitor.adapters.hl7.stamp import stamp_time
from monitor.adapters.quantities import Quantity, number_of
from monitor.adapters.said import (
    DeviceMeasurement,
    DeviceText,
    DeviceValue,
    Fault,
    Kind,
    Origin,
    Reply,
    Said,
    Sender,
    Undecoded,
    Unmapped,
    clipped,
    measured,
    missing,
    undecoded,
)
from monitor.adapters.sources import Sources
from monitor.adapters.vital_recorder.socket_io import PING_MS, Broken, Event, Frame, Opened, SocketIo
from monitor.adapters.vital_recorder.tracks import QUANTITIES, RANKS, SPOT, TEXTS, Record, Track, unit_of
from monitor.adapters.vital_recorder.upload import MAX_UPLOAD, NotRead, Room, read_upload
from schemas.measurement import Mode

CODES: Final = "codes"  # the option
MODEL: Final = "Vital Recorder"
_MAX_SEEN: Final = 1_024  # tracks without a place, told once each; beyond it they are told again
_CAN_BE_NEGATIVE: Final = frozenset({Quantity.INVASIVE_SYSTOLIC_BP, Quantity.INVASIVE_DIASTOLIC_BP, Quantity.INVASIVE_MEAN_BP})
_Instant = tuple[DeviceTime, Kind, bool]  # whether the time is known to be that of the values


class VitalRecorderCodec(Codec[Opened | Frame]):
    """Raises AdapterError without the option `codes`: those of the recorders that were enrolled, with commas between."""

    def __init__(self, settings: CodecSettings) -> None:
        self._codes = frozenset(filter(None, (code.strip() for code in settings.options.get(CODES, "").split(","))))
        if not self._codes:
            raise AdapterError(f"vital-recorder needs the option {CODES}: the codes of the recorders that may send, with commas between")
        self._zone = settings.zone
        self._socket = SocketIo(MAX_UPLOAD)
        self._wake_ms: int | None = None
        self._code = ""
        self._is_refused = False
        self._cuffs = Cuffs()
        self._sources = Sources()
        self._seen: set[tuple[str, str, str]] = set()

    @property
    def next_wake_ms(self) -> int | None:
        return self._wake_ms

    def woken(self, at_ms: int) -> list[Said]:
        self._wake_ms = at_ms + PING_MS
        return [Reply(b"2")]

    def feed(self, data: Opened | Frame, received_at_ms: int) -> list[Said]:
        if isinstance(data, Opened):
            answers = self._socket.opened(data.protocol, received_at_ms)
            if self._socket.pings:
                self._wake_ms = received_at_ms + PING_MS
            if not answers:
                return [undecoded(Fault.UNSUPPORTED, data.protocol.encode("utf-8", "replace"), received_at_ms, "a version of Engine.IO")]
            return [Reply(answer) for answer in answers]
        found, answers = self._socket.take(data.data)
        said = [item for each in found for item in self._event(each, received_at_ms)]
        return [*said, *(Reply(answer, when_kept=answer.startswith(b"43")) for answer in answers)]

    def closed(self, at_ms: int) -> list[Said]:
        return [_told(broken, at_ms) for broken in self._socket.rest()]

    def _event(self, event: Event | Broken, at_ms: int) -> list[Said]:
        if isinstance(event, Broken):
            return [_told(event, at_ms)]
        first = event.arguments[0] if event.arguments else None
        if event.name == "join_vr":
            return self._joined(first if isinstance(first, str) else "", at_ms)
        if event.name != "send_data":
            return [undecoded(Fault.UNSUPPORTED, event.name.encode("utf-8", "replace"), at_ms, "an event that is not read")]
        data = first.encode("latin-1", "replace") if isinstance(first, str) else first  # older recorders send the bytes as a text
        if not isinstance(data, bytes):
            return [undecoded(Fault.MALFORMED, b"", at_ms, "send_data without data")]
        return self._sent(data, at_ms)

    def _joined(self, code: str, at_ms: int) -> list[Said]:
        if code in self._codes:
            self._code = code
            return []
        self._code, self._is_refused = "", True
        detail = f"{code!r} is not an enrolled code"
        return [undecoded(Fault.UNSUPPORTED, code.encode("utf-8", "replace"), at_ms, detail), Reply(b"41")]

    def _sent(self, data: bytes, at_ms: int) -> list[Said]:
        if not self._code:  # told once where a strange code was refused, for it goes on sending
            return [] if self._is_refused else [undecoded(Fault.UNSUPPORTED, data, at_ms, "data of nobody: it has not joined")]
        try:
            upload = read_upload(data)
        except NotRead as error:
            return [undecoded(error.fault, data, at_ms, str(error))]
        if upload.code != self._code:
            return [undecoded(Fault.UNSUPPORTED, data, at_ms, f"joined as {self._code!r}, sends as {upload.code!r}")]
        return [item for room in upload.rooms for item in self._room(room, at_ms)]

    def _room(self, room: Room, at_ms: int) -> list[Said]:
        mode = Mode.SIMULATED if room.is_demo else Mode.REAL
        sender = Sender(clipped(self._code), MODEL, clipped(room.name))
        stamp = stamp_time(room.stamp, None, self._zone) if room.stamp else NO_TIME
        values: dict[_Instant, list[DeviceValue]] = {}
        texts: dict[_Instant, list[DeviceText]] = {}
        others: list[Said] = []
        for track in sorted(room.tracks, key=lambda track: RANKS.get(track.montype, 0)):
            quantity = QUANTITIES.get(track.montype)
            if track.is_text and track.montype in TEXTS:
                for record in track.records:
                    instant = (_time(record, stamp), Kind.CONTINUOUS, True)
                    texts.setdefault(instant, []).append(DeviceText(TEXTS[track.montype], _origin(track, record)))
            elif track.is_text or quantity is None:
                others += self._without_place(sender, mode, track, at_ms, "unknown code")
            elif not self._sources.takes((room.name, quantity), f"{track.montype}^{track.name}", at_ms, has_number=_has_number(track)):
                others += self._without_place(sender, mode, track, at_ms, "another source of the same quantity is taken")
            else:
                kind = Kind.APERIODIC if track.montype in SPOT else Kind.CONTINUOUS
                for record in track.records:
                    instant = (_time(record, stamp), kind, kind is Kind.CONTINUOUS or record.dt is not None)
                    values.setdefault(instant, []).append(_value(quantity, track, record))
        said: list[Said] = []
        for instant in dict.fromkeys([*values, *texts]):
            time, kind, is_dated = instant
            told = DeviceMeasurement(
                at_ms,
                mode,
                tuple(values.get(instant, ())),
                sender,
                time,
                kind,
                tuple(texts.get(instant, ())),
                is_forwarded=True,
            )
            if kind is Kind.APERIODIC:
                told = self._cuffs.dated(told) if is_dated else self._cuffs.undated(told)
            said.append(told)
        return said + others

    def _without_place(self, sender: Sender, mode: Mode, track: Track, at_ms: int, why: str) -> list[Said]:
        key = (sender.place, f"{track.montype}^{track.name}", why)
        if key in self._seen or not track.records:
            return []
        if len(self._seen) >= _MAX_SEEN:
            self._seen.clear()
        self._seen.add(key)
        record = track.records[-1]
        return [Unmapped(at_ms, mode, _origin(track, record), why, sender, _time(record, NO_TIME))]


def _has_number(track: Track) -> bool:
    return any(number_of(record.text) is not None for record in track.records)


def _value(quantity: Quantity, track: Track, record: Record) -> DeviceValue:
    origin = _origin(track, record)
    number = number_of(record.text)
    if not record.text.strip(" -") or (number is not None and number < 0 and quantity not in _CAN_BE_NEGATIVE):
        return missing(quantity, origin)
    return measured(quantity, number, unit_of(quantity, track.unit), origin)


def _origin(track: Track, record: Record) -> Origin:
    return Origin(clipped(track.montype or track.name), clipped(record.text), clipped(track.unit), clipped(track.name))


def _time(record: Record, stamp: DeviceTime) -> DeviceTime:
    """The record's own, which is told in Unix seconds; else that of the window."""
    if record.dt is None:
        return stamp
    text = f"{record.dt:.3f}"
    try:
        return device_time(text, datetime.fromtimestamp(record.dt, UTC), None)
    except (ValueError, OverflowError, OSError):
        return device_time(clipped(text), None, None)


def _told(broken: Broken, at_ms: int) -> Undecoded:
    return undecoded(broken.fault, broken.raw, at_ms, broken.why)
