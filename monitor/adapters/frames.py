"""Frames of one length out of a byte stream, for devices that send binary. Pure; the same frames however the bytes are cut."""

from collections.abc import Callable
from typing import Final

import msgspec

FRAME: Final = 5  # bytes: what the serial oximeters here send


class Lost(msgspec.Struct, frozen=True):
    """Bytes that begin no frame: said once, at the first of them; the rest is passed over up to the next frame."""

    beginning: bytes


class FrameSplitter:
    """`is_frame` judges a frame and the `ahead` bytes behind it, by whatever the protocol has: marker bits, a checksum, the next beginning.
    Where it says no, the search goes on one byte further, so a lost byte costs a frame and not the order of all that follow."""

    def __init__(self, is_frame: Callable[[bytes], bool], ahead: int = 0) -> None:
        self._is_frame = is_frame
        self._window = FRAME + ahead
        self._held = b""
        self._is_lost = False

    @property
    def pending(self) -> int:
        """At most FRAME - 1 + `ahead`."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes | Lost]:
        """The frames that are complete now."""
        found: list[bytes | Lost] = []
        held, place = self._held + data, 0
        while place + self._window <= len(held):
            seen = held[place : place + self._window]
            if self._is_frame(seen):
                found.append(seen[:FRAME])
                self._is_lost = False
                place += FRAME
                continue
            if not self._is_lost:
                found.append(Lost(seen))
                self._is_lost = True
            place += 1
        self._held = held[place:]
        return found

    def rest(self) -> bytes:
        """What an ended connection left of a frame; forgotten then."""
        rest, self._held = self._held, b""
        return rest
