"""Delivery policy, pure: one bounded queue a subscriber, and a short memory of frames for those who come back.

A queue that is full is emptied and the subscriber marked for a fresh snapshot: values may be coalesced, and every open alert and the newest
journal are in the snapshot, so nothing that matters is lost. A heartbeat is never queued behind data: one waiting heartbeat is enough.
"""

from collections import deque

QUEUE_FRAMES = 256  # at 20 updates a second: about 13 s of a stalled screen
MEMORY_FRAMES = 1_200  # about a minute of updates for a screen that reconnects
MEMORY_BYTES = 8_000_000


class Mailbox:
    """The frames that wait for one subscriber."""

    __slots__ = ("_frames", "_heartbeat", "wants_snapshot")

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._heartbeat: bytes | None = None
        self.wants_snapshot = False

    def put(self, frame: bytes) -> None:
        if self.wants_snapshot:
            return  # the snapshot will be newer than this
        if len(self._frames) >= QUEUE_FRAMES:
            self.want_snapshot()
            return
        self._frames.append(frame)

    def want_snapshot(self) -> None:
        """Too much was missed: what waits is void, a snapshot takes its place."""
        self._frames.clear()
        self.wants_snapshot = True

    def begin_snapshot(self) -> None:
        """One is being made: what comes from here on is newer."""
        self.wants_snapshot = False

    def put_heartbeat(self, frame: bytes) -> None:
        self._heartbeat = frame

    def take(self) -> bytes | None:
        """The next frame in order; a heartbeat only when nothing else waits."""
        if self._frames:
            self._heartbeat = None
            return self._frames.popleft()
        frame, self._heartbeat = self._heartbeat, None
        return frame

    def __len__(self) -> int:
        return len(self._frames)


class Memory:
    """The last update frames by position, at most MEMORY_FRAMES and MEMORY_BYTES; the oldest falls out."""

    __slots__ = ("_bytes", "_frames", "first")

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self.first = 1  # position of the oldest frame kept

    def add(self, position: int, frame: bytes) -> None:
        if not self._frames:
            self.first = position
        self._frames.append(frame)
        self._bytes += len(frame)
        while len(self._frames) > MEMORY_FRAMES or self._bytes > MEMORY_BYTES:
            self._bytes -= len(self._frames.popleft())
            self.first += 1

    def forget(self) -> None:
        self._frames.clear()
        self._bytes = 0

    def since(self, position: int) -> list[bytes] | None:
        """The frames after `position`, or None where some of them are no longer known."""
        last = self.first + len(self._frames) - 1
        if not self._frames or not self.first - 1 <= position <= last:
            return None
        return list(self._frames)[position - self.first + 1 :]
