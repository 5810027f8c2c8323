"""Lines out of a byte stream, for devices that print text. Pure; the same lines however the bytes are cut."""

from typing import Final

import msgspec

MAX_LINE: Final = 512  # bytes; the longest line of the oximeters known here is under 200


class TooLong(msgspec.Struct, frozen=True):
    """A line beyond the bound: said once, when the bound is passed; the rest of it is skipped."""

    beginning: bytes


class LineSplitter:
    """Ends of line are CR, LF or both; empty lines are nothing. Holds at most `max_line` bytes."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self._max_line = max_line
        self._held = bytearray()
        self._is_skipping = False

    @property
    def pending(self) -> int:
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes | TooLong]:
        """The lines that are complete now, without their ends."""
        found: list[bytes | TooLong] = []
        *ended, rest = data.replace(b"\r", b"\n").split(b"\n")
        for part in ended:
            self._take(part, found)
            if self._held:
                found.append(bytes(self._held))
            self._held.clear()
            self._is_skipping = False
        self._take(rest, found)
        return found

    def _take(self, part: bytes, found: list[bytes | TooLong]) -> None:
        if self._is_skipping:
            return
        room = self._max_line - len(self._held)
        self._held += part[:room]
        if len(part) > room:
            found.append(TooLong(bytes(self._held)))
            self._held.clear()
            self._is_skipping = True

    def rest(self) -> bytes:
        """What an ended connection left of a line; forgotten then."""
        rest = bytes(self._held)
        self._held.clear()
        return rest
