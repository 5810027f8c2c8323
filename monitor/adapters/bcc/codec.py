"""B. Braun Space pumps over BCC, read only. Pure.

We ask: whether the station is there (ADMIN:ALIVE, answered with GNACK under the name of its bed), then all it knows (MEM:GET), again and
again. It answers with records `seconds,address,parameter,value`, in parts that each want an ACK; an address is 501, pillar, slot, and 50100
is the rack itself. The seconds are the station's own count: no time of day. A part whose sum is wrong is refused and not acknowledged.
"""

import re
from typing import Final

from monitor.adapters.base import AdapterError, CodecSettings, StreamCodec
from monitor.adapters.bcc import parameters
from monitor.adapters.bcc.wire import ACK, MAX_FRAME, BccSplitter, Frame, framed
from monitor.adapters.said import (
    Condition,
    DeviceEvent,
    DeviceMeasurement,
    DeviceStatus,
    Fault,
    Origin,
    Phase,
    Reply,
    Said,
    Sender,
    Unmapped,
    clipped,
    undecoded,
)
from schemas.alert import AlertKind
from schemas.measurement import Mode

POLL_MS: Final = 5_000
STUFFING: Final = "stuffing"  # the option
_NOBODY: Final = b"1"  # the bed's name before the station told it
_RECORD: Final = re.compile(r"\d{1,10},501([0-3])([0-9A-O]),([A-Z][A-Z0-9]{1,15})(?:,(.*))?", re.ASCII | re.DOTALL)
_ANSWER_BEGINS: Final = "FMNOR"
_MAX_KNOWN: Final = 256  # fields of one pump


class BccCodec(StreamCodec):
    """Raises AdapterError for an option `stuffing` that is neither `on` nor `off` (which it is without one)."""

    max_pending = MAX_FRAME

    def __init__(self, settings: CodecSettings) -> None:
        chosen = settings.options.get(STUFFING, "off")
        if chosen not in {"on", "off"}:
            raise AdapterError(f"stuffing is on or off, not {chosen!r}")
        self._is_stuffed = chosen == "on"
        self._splitter = BccSplitter(is_stuffed=self._is_stuffed)
        self._bed = b""
        self._wake_ms: int | None = None
        self._pumps: dict[str, dict[str, str]] = {}  # place -> its fields as they were told last; at most 75 places
        self._seen: set[str] = set()  # in the answer that comes now
        self._is_whole = False  # nothing of that answer is missing so far

    @property
    def pending(self) -> int:
        return self._splitter.pending

    @property
    def next_wake_ms(self) -> int | None:
        return self._wake_ms

    def opened(self, at_ms: int) -> list[Said]:
        return self.woken(at_ms)

    def woken(self, at_ms: int) -> list[Said]:
        self._wake_ms = at_ms + POLL_MS
        return [Reply(self._request())]

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        said: list[Said] = []
        for frame in self._splitter.feed(data):
            if isinstance(frame, Frame):
                said += self._take(frame, received_at_ms)
            else:
                self._is_whole = False
                said.append(undecoded(frame.fault, frame.raw, received_at_ms, frame.why))
        return said

    def closed(self, at_ms: int) -> list[Said]:
        rest = self._splitter.rest()
        return [undecoded(Fault.TRUNCATED, rest, at_ms)] if rest else []

    def _request(self) -> bytes:
        text = b"MEM:GET" if self._bed else b"ADMIN:ALIVE"
        return framed(self._bed or _NOBODY, text, is_stuffed=self._is_stuffed)

    def _take(self, frame: Frame, at_ms: int) -> list[Said]:
        """What a part says, then its acknowledgement."""
        said: list[Said] = []
        pumps: dict[str, dict[str, str]] = {}
        rack: dict[str, str] = {}
        for raw in frame.text.split(b"\x1e"):
            if (match := _RECORD.fullmatch(raw.decode("utf-8", "replace"))) is None:
                said.append(undecoded(Fault.MALFORMED, raw, at_ms, "record"))
                continue
            place = f"{match[1]}/{match[2]}"
            (rack if "0" in match.group(1, 2) else pumps.setdefault(place, {}))[match[3]] = match[4] or ""
        if _ANSWER_BEGINS in rack:
            self._seen, self._is_whole = set(), True
        self._is_whole = self._is_whole and not said
        for place, fields in pumps.items():
            said += self._pump(frame.bed, place, fields, at_ms)
        if frame.is_last:
            said += self._gone(frame.bed, at_ms)
        said.append(Reply(ACK, when_kept=True))
        if "GNACK" in rack and self._bed != frame.bed:
            self._bed = frame.bed
            said.append(Reply(self._request(), when_kept=True))  # after the acknowledgement
        return said

    def _pump(self, bed: bytes, place: str, fields: dict[str, str], at_ms: int) -> list[Said]:
        is_new = place not in self._pumps
        known = self._pumps.setdefault(place, {})
        if len(known) > _MAX_KNOWN:
            known.clear()
        before = dict(known)
        known.update({name: clipped(value) for name, value in fields.items() if parameters.says_something(name, value)})
        self._seen.add(place)
        sender = _sender(bed, place, known)
        said: list[Said] = [DeviceStatus(at_ms, Condition.CONNECTED, True, sender=sender)] if is_new else []
        values, texts = parameters.values_of(fields), parameters.texts_of(fields)
        if values or texts:
            said.append(DeviceMeasurement(at_ms, Mode.REAL, values, sender, texts=texts))
        for name, value in fields.items():
            if clipped(value) != before.get(name):
                said += _change(place, name, value, before.get(name), sender, at_ms)
        return said

    def _gone(self, bed: bytes, at_ms: int) -> list[Said]:
        """Pumps that a whole answer no longer names."""
        gone = sorted(self._pumps.keys() - self._seen) if self._is_whole else []
        self._is_whole = False
        return [
            DeviceStatus(at_ms, Condition.CONNECTED, False, "not in the rack", _sender(bed, place, self._pumps.pop(place)))
            for place in gone
        ]


def _sender(bed: bytes, place: str, known: dict[str, str]) -> Sender:
    device, model = (clipped(known.get(name, "").removeprefix(parameters.NO_VALUE)) for name in (parameters.SERIAL, parameters.MODEL))
    return Sender(device, model, f"{bed.decode('utf-8', 'replace')}/{place}")


def _change(place: str, name: str, value: str, before: str | None, sender: Sender, at_ms: int) -> list[Said]:
    """A state or an alarm that switched; a field without a place here, when it is new or another. `_NV` says nothing: it ends nothing."""
    origin = Origin(name, clipped(value))
    if value == parameters.NO_VALUE:
        return []
    if name not in parameters.READ:
        return [Unmapped(at_ms, Mode.REAL, origin, sender=sender)]
    if name not in parameters.SWITCHES:
        return []
    if not parameters.says_something(name, value):
        return [Unmapped(at_ms, Mode.REAL, origin, "neither 0 nor 1", sender)]
    if value == "0" and before is None:
        return []
    if name == parameters.STANDBY:
        return [DeviceStatus(at_ms, Condition.STANDBY, value == "1", sender=sender)]
    text, about = parameters.ALARMS.get(name, (parameters.STATES.get(name, ""), None))
    kind = AlertKind.TECHNICAL if name in parameters.ALARMS else None
    phase = Phase.START if value == "1" else Phase.END
    return [DeviceEvent(at_ms, Mode.REAL, f"{place}:{name}", phase, text, sender, kind=kind, about=about, origin=origin)]
