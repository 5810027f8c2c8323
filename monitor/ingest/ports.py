"""What ingest asks of the rest of the monitor. `monitor.sessions.intake.Intake` is the one that answers."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from monitor.sessions.device_positions import FrameRefused
from monitor.store.ports import Aside
from schemas.announcement import Announcement
from schemas.device_wire import Invalid
from schemas.log import Interval
from schemas.measurement import Measurement, Mode
from schemas.vitals import Vital

__all__ = ["Aside", "FrameRefused", "Recorder"]


class Recorder(Protocol):
    """Takes frames into the record. Owned by the event loop; nothing here blocks."""

    def joined(self, device: str, boot: str, intervals: tuple[Interval, ...]) -> int:
        """The device opened a connection; the last frame of this boot that is on disk, 0 if it is new."""
        ...

    def left(self, device: str, why: str) -> None:
        """The connection ended."""
        ...

    def label(self, device: str, mode: Mode, source: str) -> None:
        """What screens say of the device while it is bound to no session."""
        ...

    def session_of(self, device: str) -> str | None: ...

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
        """Done when the frame is on disk, also one that was taken before; fails where it never can be. Raises FrameRefused: `sequence_gap`
        and `busy` leave things as they are, after any other reason the frame counts as taken."""
        ...

    def skip(self, device: str, boot: str, seq: int) -> asyncio.Future[None] | None:
        """A frame that was refused by name counts as taken. Done (or None) when that is on disk: only then is the device told, else a crash
        in between would leave it with a gap it cannot fill."""
        ...

    def keep_aside(self, aside: Aside) -> None:
        """Refused input: counted, and kept for people to look at."""
        ...

    def subscribe_remeasure(self, device: str, callback: Callable[[Vital, float], None]) -> Callable[[], None]:
        """`callback(vital, within_s)` when another cuff value is wanted of the device; returns how to stop. One callback a device."""
        ...
