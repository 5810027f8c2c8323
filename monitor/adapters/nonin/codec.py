"""Nonin serial data formats 2 and 7 (OEM III, Xpod, 3150). Pure.

75 frames a second, 25 to a packet; the first of a packet carries the sync bit. A frame of format 2 is 01, status, pleth, value, sum of
the four; of format 7 status, pleth high, pleth low, value, sum of the four. Values 1 and 2 are the pulse rate (2 + 7 bits), 3 is SpO2:
the four-beat averages. The others of a packet are the same two numbers averaged otherwise, held for a display, or reserved: not read.
A packet that is not whole is refused as a whole. What the status of any of its frames says holds of its numbers.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Final

from monitor.adapters.base import AdapterError, CodecSettings, StreamCodec
from monitor.adapters.doubts import Doubt
from monitor.adapters.frames import FRAME, FrameSplitter, Lost
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceMeasurement, DeviceValue, Fault, Origin, Said, measured, missing, undecoded
from schemas.measurement import Mode

PACKET: Final = 25  # frames
FORMAT: Final = "format"  # the option
_MARK, _SYNC = 0x80, 0x01  # bits of a status
_STATUS: Final = {
    0x08: Doubt.SENSOR_OFF,  # "sensor alarm": what it delivers cannot be analysed, as without a finger
    0x10: Doubt.PULSE_SEARCH,  # "out of track": no good pulse for a while, the numbers are old ones
    0x20: Doubt.INTERFERENCE,  # "artifact"
    0x40: Doubt.NO_SENSOR,
}
_PERFUSION: Final = 0x06
_COLOURS: Final = {0x04: Doubt.LOW_PERFUSION, 0x06: Doubt.POOR_SIGNAL}  # red, yellow; green, 0x02, is fine
_NO_RATE, _NO_SPO2 = 511, 127
_VALUE: Final = 3  # its place in a frame, in both formats


def _is_whole(status: int, frame: bytes) -> bool:
    return frame[status] & _MARK != 0 and sum(frame[:4]) % 256 == frame[4]


def _is_of_format_2(frame: bytes) -> bool:
    return frame[0] == 1 and _is_whole(1, frame)


def _is_of_format_7(frame: bytes) -> bool:
    return _is_whole(0, frame)


_FORMATS: Final[dict[str, tuple[Callable[[bytes], bool], int]]] = {"2": (_is_of_format_2, 1), "7": (_is_of_format_7, 0)}
"""Option -> what a frame is, the place of its status."""


class NoninCodec(StreamCodec):
    """Raises AdapterError for an option `format` that is neither 2 (which it is without one) nor 7."""

    max_pending = FRAME * PACKET

    def __init__(self, settings: CodecSettings) -> None:
        chosen = settings.options.get(FORMAT, "2")
        if chosen not in _FORMATS:
            raise AdapterError(f"format {chosen!r}: Nonin's formats here are {' and '.join(_FORMATS)}")
        is_frame, self._status = _FORMATS[chosen]
        self._splitter = FrameSplitter(is_frame)
        self._packet: list[bytes] = []
        self._is_seeking = True  # the beginning of a packet; a connection opens anywhere in one

    @property
    def pending(self) -> int:
        return self._splitter.pending + FRAME * len(self._packet)

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        said: list[Said] = []
        for frame in self._splitter.feed(data):
            if isinstance(frame, Lost):
                said.append(undecoded(Fault.CHECKSUM, frame.beginning, received_at_ms))
                self._packet.clear()
                self._is_seeking = True
            else:
                said += self._take(frame, received_at_ms)
        return said

    def closed(self, at_ms: int) -> list[Said]:
        rest = b"".join(self._packet) + self._splitter.rest()
        self._packet.clear()
        return [undecoded(Fault.TRUNCATED, rest, at_ms)] if rest else []

    def _take(self, frame: bytes, at_ms: int) -> list[Said]:
        said: list[Said] = []
        is_first = frame[self._status] & _SYNC != 0
        if is_first is (not self._packet):
            self._is_seeking = False
        elif not self._is_seeking:  # a packet that was cut short, or one without its beginning
            said.append(undecoded(Fault.MALFORMED, frame, at_ms, f"after {len(self._packet)} frames of a packet"))
            self._packet.clear()
            self._is_seeking = not is_first
        if not self._is_seeking:
            self._packet.append(frame)
        if len(self._packet) == PACKET:
            said.append(self._read(at_ms))
            self._packet.clear()
        return said

    def _read(self, at_ms: int) -> DeviceMeasurement:
        high, low, spo2 = (frame[_VALUE] for frame in self._packet[:3])
        doubts = _doubts([frame[self._status] for frame in self._packet])
        values = (
            _value(Quantity.SPO2, Origin("SpO2", str(spo2)), spo2 if spo2 <= 100 else None, "%", doubts, is_missing=spo2 == _NO_SPO2),
            _rate((high & 0x03) << 7 | low & 0x7F, doubts),
        )
        return DeviceMeasurement(at_ms, Mode.REAL, values)


def _rate(rate: int, doubts: frozenset[Doubt]) -> DeviceValue:
    return _value(Quantity.PULSE_RATE, Origin("HR", str(rate)), rate, "/min", doubts, is_missing=rate == _NO_RATE)


def _value(quantity: Quantity, origin: Origin, number: int | None, unit: str, doubts: frozenset[Doubt], *, is_missing: bool) -> DeviceValue:
    """Zero is no number that these modules measure."""
    if is_missing:
        return missing(quantity, origin, doubts)
    return measured(quantity, Decimal(number) if number else None, unit, origin, doubts)


def _doubts(statuses: list[int]) -> frozenset[Doubt]:
    """The colours tell of single pulses: a packet may hold none, or two."""
    every = reduce(or_, statuses)
    doubts = {doubt for bit, doubt in _STATUS.items() if every & bit}
    colours = {status & _PERFUSION for status in statuses}
    return frozenset(doubts | {doubt for colour, doubt in _COLOURS.items() if colour in colours})
