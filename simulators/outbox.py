"""Frames of one device that the monitor has not acknowledged yet. Pure: no socket, no clock.

A frame gets its number when it is first sent and keeps it until it is acknowledged or refused, so a reconnect sends the same frames with
the same numbers again. Numbered frames are at most the monitor's window; all others wait without a number.
"""

from collections import deque
from enum import StrEnum
from typing import Final

import msgspec

from schemas.device_wire import MAX_MEASUREMENTS, Frame, RefusedReason, WireMeasurement

DEFAULT_BOUND: Final = 14_400  # four hours at one frame a second


class Counts(msgspec.Struct):
    """What became of the frames. `dropped`: the oldest unsent ones, given up because the outbox was full."""

    put: int = 0
    acked: int = 0
    dropped: int = 0
    resent: int = 0
    invalid: int = 0  # values of acknowledged frames that the monitor kept as invalid
    refused: dict[str, int] = {}


class Verdict(StrEnum):
    """What a refusal asks the device to do."""

    DROPPED = "dropped"  # go on with the next frame
    AGAIN = "again"  # keep it, wait, and send again from the oldest frame
    NEW_BOOT = "new_boot"  # the monitor misses a frame that is no longer here: count from 1 again under a new boot
    GIVE_UP = "give_up"  # no frame of this device will be taken


_GIVE_UP: Final = frozenset({RefusedReason.UNKNOWN_DEVICE, RefusedReason.WRONG_MODE, RefusedReason.PROTOCOL})


class Outbox:
    """At `bound` frames the oldest frame that was never sent is dropped and counted; it had no number yet, so no gap comes of it."""

    def __init__(self, bound: int = DEFAULT_BOUND) -> None:
        self.counts = Counts()
        self.is_held = False  # after a refusal that asks to send again: nothing goes out until `rewind`
        self._bound = bound
        self._numbered: deque[Frame] = deque()
        self._waiting: deque[tuple[WireMeasurement, ...]] = deque()
        self._unanswered: set[int] = set()
        self._cursor = 0  # index in `_numbered` of the next one to send on this connection
        self._next_seq = 1
        self._highest_sent = 0

    def __len__(self) -> int:
        return len(self._numbered) + len(self._waiting)

    @property
    def unanswered(self) -> int:
        """Frames sent on this connection that have no answer yet."""
        return len(self._unanswered)

    def put(self, measurements: tuple[WireMeasurement, ...]) -> bool:
        """Take a frame in. False: the outbox was full and another one was dropped for it."""
        if not 1 <= len(measurements) <= MAX_MEASUREMENTS:
            raise ValueError(f"a frame holds 1 to {MAX_MEASUREMENTS} measurements, not {len(measurements)}")
        is_full = len(self) >= self._bound and bool(self._waiting)
        if is_full:
            self._waiting.popleft()
            self.counts.dropped += 1
        self._waiting.append(measurements)
        self.counts.put += 1
        return not is_full

    def opened(self, last_seq: int) -> None:
        """A new connection: the monitor has everything up to `last_seq` of this boot on disk; the rest is to be sent again."""
        self._unanswered.clear()
        self.is_held = False
        self._cursor = 0
        self.acked(last_seq)
        self._next_seq = max(self._next_seq, last_seq + 1)

    def next(self, window: int) -> Frame | None:
        """The next frame to send, or None: nothing to send, `window` frames unanswered, or held."""
        if self.is_held or len(self._unanswered) >= window:
            return None
        if self._cursor == len(self._numbered):
            if not self._waiting:
                return None
            self._numbered.append(Frame(seq=self._next_seq, measurements=self._waiting.popleft()))
            self._next_seq += 1
        frame = self._numbered[self._cursor]
        self._cursor += 1
        self._unanswered.add(frame.seq)
        if frame.seq <= self._highest_sent:
            self.counts.resent += 1
        self._highest_sent = max(self._highest_sent, frame.seq)
        return frame

    def acked(self, seq: int) -> None:
        """Every frame up to `seq` is on disk."""
        while self._numbered and self._numbered[0].seq <= seq:
            self._unanswered.discard(self._numbered.popleft().seq)
            self._cursor = max(0, self._cursor - 1)
            self.counts.acked += 1

    def refused(self, seq: int, reason: RefusedReason) -> Verdict:
        """One frame was not taken. Counts it by reason and says what to do."""
        self.counts.refused[reason] = self.counts.refused.get(reason, 0) + 1
        self._unanswered.discard(seq)
        if reason in _GIVE_UP:
            return Verdict.GIVE_UP
        if reason is RefusedReason.SEQUENCE_GAP and not self.is_held and self._numbered and self._numbered[0].seq == seq:
            return Verdict.NEW_BOOT
        if reason in (RefusedReason.BUSY, RefusedReason.SEQUENCE_GAP):
            self.is_held = True
            return Verdict.AGAIN
        for index, frame in enumerate(self._numbered):
            if frame.seq == seq:
                del self._numbered[index]
                self._cursor -= index < self._cursor
                break
        return Verdict.DROPPED

    def rewind(self) -> None:
        """Send again from the oldest frame.

        What was in flight behind a refused frame may never be answered, so nothing waits for it. A late answer to it is harmless:
        an acknowledgement is true, a refusal holds the outbox once more, and the monitor drops what it has already.
        """
        self._unanswered.clear()
        self.is_held = False
        self._cursor = 0

    def start_over(self) -> None:
        """A new boot: the frames that are here are numbered from 1 again when they are sent."""
        self._waiting.extendleft(frame.measurements for frame in reversed(self._numbered))
        self._numbered.clear()
        self._unanswered.clear()
        self.is_held = False
        self._cursor = 0
        self._next_seq = 1
        self._highest_sent = 0
