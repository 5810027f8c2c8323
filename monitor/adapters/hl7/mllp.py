"""MLLP: messages out of a byte stream. Pure; the same messages however the bytes are cut.

    VT message FS CR

Met on real wires too: no VT, CR LF between frames, and no frame at all, one message behind the other. VT and FS occur in no HL7 text, so VT
always begins a message. A message that nothing ends but silence is taken as whole only where its last segment is.
"""

import re
from typing import Final

import msgspec

from monitor.adapters.said import Fault

MAX_MESSAGE: Final = 1_048_576  # bytes; a gateway's message with thirty observations is under 10 000
_VT, _FS = 0x0B, 0x1C
_NEXT_BARE: Final = re.compile(rb"[\x0b\x1c]|(?<=[\r\n])MSH")
_NOT_BLANK: Final = re.compile(rb"[^ \t\r\n\0]")
_CR: Final = b"\r"
_LOOKED_BACK_AT: Final = 3  # bytes of `\rMS`, which the next read may complete
_BARE_END_MS: Final = 2_000
_STALLED_MS: Final = 30_000


class Broken(msgspec.Struct, frozen=True):
    """What cannot be a message: too long, or cut off."""

    fault: Fault
    beginning: bytes


class MllpSplitter:
    """Holds at most `max_message` bytes and the beginning of the next."""

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self._max_message = max_message
        self._held = bytearray()
        self._is_framed = False
        self._is_skipping = False

    @property
    def pending(self) -> int:
        return len(self._held)

    @property
    def patience_ms(self) -> int | None:
        """After how much silence `rest` is to be taken; None: nothing waits."""
        if self._held == _CR or not _NOT_BLANK.search(self._held):
            return None
        return _BARE_END_MS if self._is_whole_without_end(self._held) else _STALLED_MS

    def feed(self, data: bytes) -> list[bytes | Broken]:
        """The messages that are complete now, without their frames."""
        if self._held == _CR and not self._is_framed and self._is_frame(data):  # what comes all day long
            return [data[1:-2]]
        found: list[bytes | Broken] = []
        begin = max(0, len(self._held) - _LOOKED_BACK_AT)
        self._held += data
        while (at := self._next(begin)) >= 0:
            mark, block = self._held[at], bytes(self._held[:at])
            self._end(block, found, is_whole=mark != _VT or self._is_whole_without_end(block))
            del self._held[: at + 1 if mark in (_VT, _FS) else at]
            self._is_framed, self._is_skipping, begin = mark == _VT, False, 0
        if self._is_skipping or (len(self._held) > self._max_message and self._length() > self._max_message):
            if not self._is_skipping:
                found.append(Broken(Fault.TOO_LONG, bytes(self._held)))
            self._is_skipping = True
            del self._held[:-_LOOKED_BACK_AT]
        return found

    def rest(self) -> list[bytes | Broken]:
        """What silence or the end of the connection left of a message; forgotten then."""
        found: list[bytes | Broken] = []
        held = bytes(self._held)
        self._end(held, found, is_whole=self._is_whole_without_end(held))
        self._held.clear()
        self._is_framed = self._is_skipping = False
        return found

    def _end(self, block: bytes, found: list[bytes | Broken], *, is_whole: bool) -> None:
        if self._is_skipping or not _NOT_BLANK.search(block):
            return
        if len(block) > self._max_message:
            found.append(Broken(Fault.TOO_LONG, block))
        else:
            found.append(block if is_whole else Broken(Fault.TRUNCATED, block))

    def _next(self, begin: int) -> int:
        """Where a message ends, or the next begins; -1: not here."""
        if not self._is_framed:
            match = _NEXT_BARE.search(self._held, begin)
            return -1 if match is None else match.start()
        begun = self._held.find(_VT, begin)
        ended = self._held.find(_FS, begin, begun if begun >= 0 else None)
        return ended if ended >= 0 else begun

    def _is_frame(self, data: bytes) -> bool:
        """One message in its frame, and nothing else; what is held stays as it is."""
        is_bounded = data.startswith(b"\x0bMSH") and data.endswith(b"\x1c\r") and len(data) <= self._max_message + 3
        return is_bounded and data.find(b"\x1c") == len(data) - 2 and data.rfind(b"\x0b") == 0

    def _is_whole_without_end(self, block: bytes | bytearray) -> bool:
        """Without a frame, and at the end of a segment."""
        return not self._is_framed and block.endswith((b"\r", b"\n"))

    def _length(self) -> int:
        """Without what may be the beginning of the next message."""
        if not self._is_framed:
            for part in (b"MS", b"M"):
                if self._held.endswith((b"\r" + part, b"\n" + part)):
                    return len(self._held) - len(part)
        return len(self._held)
