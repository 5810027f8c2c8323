"""BCC's frames. Pure.

    SOH length(5) STX bed/1/1> text ETX|ETB sum(5) EOT

Length is that of the whole frame; the sum is over SOH to ETX or ETB, mod 256, both in decimal digits. ETB: more parts of the answer come,
each after the one before was acknowledged with ACK. SOH and EOT are nowhere else, so a frame ends where the next begins. Some stations
stuff letters (d ex, D EX, e ee, E EE); length and sum are of the frame without that.
"""

import re
from typing import Final

import msgspec

from monitor.adapters.said import Fault

ACK: Final = b"\x06"
MAX_FRAME: Final = 8_192  # bytes as they come; real parts are about 1,200
_SOH, _EOT = 0x01, 0x04
_FRAME: Final = re.compile(rb"\x01(\d{5})\x02([^/>\x00-\x1f]{1,15})/\d{1,2}/\d{1,2}>([^\x02\x03\x17]*)([\x03\x17])(\d{5})\x04", re.DOTALL)
_TAIL: Final = 6  # sum and EOT
_STUFFED: Final = {b"d": b"ex", b"D": b"EX", b"e": b"ee", b"E": b"EE"}
_PLAIN: Final = {pair: letter for letter, pair in _STUFFED.items()}


class Frame(msgspec.Struct, frozen=True):
    bed: bytes
    text: bytes
    is_last: bool  # of the parts of an answer


class Refused(msgspec.Struct, frozen=True):
    fault: Fault
    raw: bytes
    why: str = ""


def framed(bed: bytes, text: bytes, *, is_stuffed: bool) -> bytes:
    """A request."""
    begun = b"\x02" + bed + b"/1/1>" + text + b"\x03"
    begun = b"\x01%05d" % (6 + len(begun) + _TAIL) + begun
    frame = begun + b"%05d\x04" % (sum(begun) % 256)
    return re.sub(rb"[dDeE]", lambda match: _STUFFED[match[0]], frame) if is_stuffed else frame


class BccSplitter:
    def __init__(self, *, is_stuffed: bool) -> None:
        self._is_stuffed = is_stuffed
        self._held = bytearray()
        self._is_lost = False  # between frames, and that was told

    @property
    def pending(self) -> int:
        return len(self._held)

    def feed(self, data: bytes) -> list[Frame | Refused]:
        found: list[Frame | Refused] = []
        for byte in data:
            if byte == _SOH:
                if self._held:
                    found.append(Refused(Fault.MALFORMED, bytes(self._held), "begun anew"))
                self._held[:] = b"\x01"
            elif not self._held:
                self._between(byte, found)
            else:
                self._held.append(byte)
                if byte == _EOT:
                    found.append(self._read(bytes(self._held)))
                    self._held.clear()
                    self._is_lost = False
                elif len(self._held) >= MAX_FRAME:
                    found.append(Refused(Fault.TOO_LONG, bytes(self._held)))
                    self._held.clear()
                    self._is_lost = True
        return found

    def rest(self) -> bytes:
        rest = bytes(self._held)
        self._held.clear()
        return rest

    def _between(self, byte: int, found: list[Frame | Refused]) -> None:
        """An acknowledgement of our request is one byte; anything else between frames is told once."""
        if byte != ACK[0] and not self._is_lost:
            found.append(Refused(Fault.MALFORMED, bytes([byte]), "outside a frame"))
            self._is_lost = True

    def _read(self, raw: bytes) -> Frame | Refused:
        plain = _unstuffed(raw) if self._is_stuffed else raw
        if plain is None or (match := _FRAME.fullmatch(plain)) is None:
            return Refused(Fault.MALFORMED, raw)
        length, bed, text, end, total = match.groups()
        if int(length) != len(plain):
            return Refused(Fault.MALFORMED, raw, f"says it is {int(length)} bytes long, is {len(plain)}")
        if int(total) != sum(plain[:-_TAIL]) % 256:
            return Refused(Fault.CHECKSUM, raw)
        return Frame(bed, text, end == b"\x03")


def _unstuffed(raw: bytes) -> bytes | None:
    if re.fullmatch(rb"(?:[^dDeE]|e[xe]|E[XE])*", raw, re.DOTALL) is None:
        return None
    return re.sub(rb"e[xe]|E[XE]", lambda match: _PLAIN[match[0]], raw)
