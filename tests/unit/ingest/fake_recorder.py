"""A Recorder for tests: remembers what it took, and brings it to its disk only when told to."""

import asyncio
from collections.abc import Callable
from typing import Any

from monitor.ingest.ports import Aside, FrameRefused
from monitor.store.ports import StoreFailed
from schemas.announcement import Announcement
from schemas.device_wire import Invalid, RefusedReason
from schemas.log import Interval
from schemas.measurement import Measurement, Mode
from schemas.vitals import Vital


class _Write:
    """A frame (`measurements` None: one that was refused) on its way to the disk, and who waits for it."""

    def __init__(self, key: tuple[str, str, int], measurements: list[Measurement] | None) -> None:
        self.key = key
        self.measurements = measurements
        self.frames: list[asyncio.Future[tuple[Invalid, ...]]] = []
        self.skips: list[asyncio.Future[None]] = []


class FakeRecorder:
    """`stored` is what is on disk: (device, boot, seq) -> measurements, in order. `auto`: commit at the next turn of the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, auto: bool = False) -> None:
        self._loop = loop
        self.auto = auto
        self.stored: dict[tuple[str, str, int], list[Measurement]] = {}
        self.doubled: list[tuple[str, str, int]] = []
        self.durable: dict[tuple[str, str], int] = {}
        self._accepted: dict[tuple[str, str], int] = {}
        self._waiting: list[_Write] = []
        self.invalid: dict[int, tuple[Invalid, ...]] = {}
        self.unbound: set[str] = set()
        self.announced: tuple[Announcement, ...] = ()
        self.skipped_unbound: set[int] = set()  # refused as device_unbound, and that is on disk
        self._told_unbound: set[int] = set()
        self.is_busy = False
        self.asides: list[Aside] = []
        self.events: list[tuple[str, ...]] = []
        self.callbacks: dict[str, Callable[[Vital, float], None]] = {}

    # --- the disk -----------------------------------------------------------------------------------------------------------------

    def commit(self, count: int | None = None) -> None:
        """Bring the oldest `count` frames to disk, all without it."""
        due = self._waiting[:count]
        self._waiting = self._waiting[len(due) :]
        for write in due:
            if write.measurements is not None:
                if write.key in self.stored:
                    self.doubled.append(write.key)
                self.stored[write.key] = write.measurements
            elif write.key[2] in self._told_unbound:
                self.skipped_unbound.add(write.key[2])
            self.durable[write.key[:2]] = max(self.durable.get(write.key[:2], 0), write.key[2])
            for frame in write.frames:
                if not frame.done():
                    frame.set_result(self.invalid.get(write.key[2], ()))
            for skip in write.skips:
                if not skip.done():
                    skip.set_result(None)

    def fail(self) -> None:
        """The disk refuses what waits for it, and forgets it."""
        failed, self._waiting = self._waiting, []
        self._accepted = dict(self.durable)
        for write in failed:
            futures: list[asyncio.Future[Any]] = [*write.frames, *write.skips]
            for future in futures:
                future.set_exception(StoreFailed("io", "the disk says no"))

    def crash(self) -> None:
        """The process ends: what is not on disk never was."""
        self._waiting.clear()
        self._accepted = dict(self.durable)

    def _write(self, key: tuple[str, str, int], measurements: list[Measurement] | None) -> _Write:
        self._accepted[key[:2]] = key[2]
        write = _Write(key, measurements)
        self._waiting.append(write)
        if self.auto:
            self._loop.call_soon(self.commit)
        return write

    # --- Recorder -----------------------------------------------------------------------------------------------------------------

    def joined(self, device: str, boot: str, intervals: tuple[Interval, ...]) -> int:
        self.events.append(("joined", device, boot, *(f"{interval.vital}={interval.interval_ms}" for interval in intervals)))
        return self.durable.get((device, boot), 0)

    def left(self, device: str, why: str) -> None:
        self.events.append(("left", device, why))

    def label(self, device: str, mode: Mode, source: str) -> None:
        self.events.append(("label", device, mode, source))

    def session_of(self, device: str) -> str | None:
        return None if device in self.unbound else "S-000001"

    def frame(
        self,
        device: str,
        boot: str,
        seq: int,
        measurements: list[Measurement],
        received_at_ms: int,
        sent_at_ms: int | None = None,
        announced: tuple[Announcement, ...] = (),
    ) -> asyncio.Future[tuple[Invalid, ...]]:
        accepted = self._accepted.get((device, boot), 0)
        result: asyncio.Future[tuple[Invalid, ...]] = self._loop.create_future()
        if seq <= accepted:
            write = next((write for write in self._waiting if write.key == (device, boot, seq)), None)
            if write is None:
                result.set_result(())
            else:
                write.frames.append(result)
            return result
        if self.is_busy:
            raise FrameRefused(RefusedReason.BUSY, "the record does not keep up")
        if seq != accepted + 1:
            raise FrameRefused(RefusedReason.SEQUENCE_GAP, f"send from {accepted + 1}")
        if device in self.unbound:
            self._told_unbound.add(seq)
            raise FrameRefused(RefusedReason.DEVICE_UNBOUND, f"{device} is bound to no open session")
        self.announced += announced
        self._write((device, boot, seq), measurements).frames.append(result)
        return result

    def skip(self, device: str, boot: str, seq: int) -> asyncio.Future[None] | None:
        write = next((write for write in self._waiting if write.key == (device, boot, seq)), None)
        if write is None and seq == self._accepted.get((device, boot), 0) + 1:
            write = self._write((device, boot, seq), None)
        if write is None:
            return None
        done: asyncio.Future[None] = self._loop.create_future()
        write.skips.append(done)
        return done

    def keep_aside(self, aside: Aside) -> None:
        self.asides.append(aside)

    def subscribe_remeasure(self, device: str, callback: Callable[[Vital, float], None]) -> Callable[[], None]:
        self.callbacks[device] = callback
        return lambda: self.callbacks.pop(device, None) and None
