"""Contec CMS50D+, live stream. Pure.

Five bytes a frame, sixty frames a second; the first byte alone has its top bit set: signal strength (4 bits), finger out, SpO2 dropping,
beat; pleth; bar (4 bits), probe error, searching, bit 7 of the pulse rate; its other bits; SpO2. Zero and all ones are no value.

There is no checksum. So a frame counts once the next one begins right behind it, a number once two frames in a row agree on it, and a
doubt that any frame of a second raised holds for that second. One measurement a second is told: the frames between repeat it.
"""

import re
from decimal import Decimal
from typing import Final

from monitor.adapters.base import CodecSettings, StreamCodec
from monitor.adapters.doubts import Doubt
from monitor.adapters.frames import FRAME, FrameSplitter, Lost
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceEvent, DeviceMeasurement, Fault, Origin, Phase, Said, measured, missing, undecoded
from schemas.measurement import Mode

FRAMES_A_SECOND: Final = 60
_FRAME: Final = re.compile(rb"[\x80-\xff][\0-\x7f]{4}[\x80-\xff]")  # and the beginning of the next
_FINGER_OUT, _DROPPING = 0x10, 0x20  # in the first byte
_PROBE_ERROR, _SEARCHING, _RATE_HIGH = 0x10, 0x20, 0x40  # in the third
_NO_RATE: Final = {0, 255}
_NO_SPO2: Final = {0, 127}
_DOUBTS: Final = {
    (0, _FINGER_OUT): Doubt.SENSOR_OFF,
    (2, _PROBE_ERROR): Doubt.SENSOR_FAULT,
    (2, _SEARCHING): Doubt.PULSE_SEARCH,
}
"""Byte of the frame, bit -> what it means for the numbers."""


def _is_frame(seen: bytes) -> bool:
    return _FRAME.fullmatch(seen) is not None


class Cms50Codec(StreamCodec):
    max_pending = FRAME

    def __init__(self, settings: CodecSettings) -> None:  # noqa: ARG002 - nothing to set
        self._splitter = FrameSplitter(_is_frame, ahead=1)
        self._before: tuple[int, ...] = ()
        self._frames = FRAMES_A_SECOND  # since the last measurement; the first one does not wait
        self._doubts: set[Doubt] = set()  # raised since then
        self._is_dropping = False

    @property
    def pending(self) -> int:
        return self._splitter.pending

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        said: list[Said] = []
        for frame in self._splitter.feed(data):
            if isinstance(frame, Lost):
                said.append(undecoded(Fault.MALFORMED, frame.beginning, received_at_ms))
                self._before = ()
            else:
                said += self._take(frame, received_at_ms)
        return said

    def closed(self, at_ms: int) -> list[Said]:
        rest = self._splitter.rest()
        return [undecoded(Fault.TRUNCATED, rest, at_ms)] if rest else []

    def _take(self, frame: bytes, at_ms: int) -> list[Said]:
        flags, others = frame[0] & (_FINGER_OUT | _DROPPING), frame[2] & (_PROBE_ERROR | _SEARCHING | _RATE_HIGH)
        if flags or others:
            self._doubts |= {doubt for (place, bit), doubt in _DOUBTS.items() if frame[place] & bit}
        self._frames += 1
        state = (flags, others, frame[3], frame[4])
        is_confirmed, self._before = state == self._before, state
        if not is_confirmed or self._frames < FRAMES_A_SECOND:
            return []
        said = [_measurement(frame, frozenset(self._doubts), at_ms), *self._change(frame[0] & _DROPPING != 0, at_ms)]
        self._frames = 0
        self._doubts.clear()
        return said

    def _change(self, is_dropping: bool, at_ms: int) -> list[Said]:  # noqa: FBT001
        if is_dropping is self._is_dropping:
            return []
        self._is_dropping = is_dropping
        phase = Phase.START if is_dropping else Phase.END
        return [DeviceEvent(at_ms, Mode.REAL, "dropping", phase, "SpO2 dropping", about=Quantity.SPO2)]


def _measurement(frame: bytes, doubts: frozenset[Doubt], at_ms: int) -> DeviceMeasurement:
    spo2, rate = frame[4], (frame[2] & _RATE_HIGH) << 1 | frame[3]
    of_spo2, of_rate = Origin("SpO2", str(spo2)), Origin("PR", str(rate))
    number = Decimal(spo2) if spo2 <= 100 else None
    return DeviceMeasurement(
        at_ms,
        Mode.REAL,
        (
            missing(Quantity.SPO2, of_spo2, doubts) if spo2 in _NO_SPO2 else measured(Quantity.SPO2, number, "%", of_spo2, doubts),
            missing(Quantity.PULSE_RATE, of_rate, doubts)
            if rate in _NO_RATE
            else measured(Quantity.PULSE_RATE, Decimal(rate), "/min", of_rate, doubts),
        ),
    )
