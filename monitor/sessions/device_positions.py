"""Which frames of which device were taken: duplicates are dropped, gaps refused, and an acknowledgement means "on disk"."""

import asyncio
from collections.abc import Iterable

from monitor.store.ports import Position
from schemas.device_wire import RefusedReason
from schemas.log import Interval
from schemas.measurement import Measurement
from schemas.vitals import Vital


class FrameRefused(Exception):
    """A frame is not taken; `reason` goes on the wire."""

    def __init__(self, reason: RefusedReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class DevicePosition:
    """`accepted` is the last frame taken in memory, `durable` the last on disk; frames between wait for `commit`."""

    __slots__ = (
        "accepted",
        "boot",
        "commit",
        "device",
        "durable",
        "intervals",
        "is_connected",
        "unbound_last_ms",
        "unbound_newest",
        "unbound_readings",
    )

    def __init__(self, device: str, boot: str = "", seq: int = 0) -> None:
        self.device = device
        self.boot = boot
        self.accepted = seq
        self.durable = seq
        self.commit: asyncio.Future[None] | None = None
        self.is_connected = False
        self.intervals: tuple[Interval, ...] = ()
        self.unbound_readings = 0
        self.unbound_last_ms = 0
        self.unbound_newest: dict[
            Vital, int | None
        ] = {}  # in thousandths: to be compared with the device's own screen, and for nothing else

    def start(self, boot: str) -> None:
        """A connection: a new boot counts its frames from 1."""
        if boot != self.boot:
            self.boot, self.accepted, self.durable, self.commit = boot, 0, 0, None

    def saw_unbound(self, measurements: Iterable[Measurement], received_at_ms: int) -> None:
        """Readings that belong to no session: counted, and the newest kept in memory until the device is bound."""
        for measurement in measurements:
            self.unbound_readings += len(measurement.values)
            self.unbound_newest.update((value.vital, value.value_milli) for value in measurement.values)
        self.unbound_last_ms = received_at_ms

    def bound(self) -> None:
        self.unbound_readings = 0
        self.unbound_newest = {}

    def take(self, seq: int) -> None:
        """The next frame. Raises FrameRefused for a gap; one that was taken before does not come here."""
        if seq != self.accepted + 1:
            raise FrameRefused(RefusedReason.SEQUENCE_GAP, f"frame {seq} came after {self.accepted}: send from {self.accepted + 1}")
        self.accepted = seq

    def give_back(self) -> None:
        """The newest frame was not taken after all."""
        self.accepted -= 1

    def committing(self, commit: asyncio.Future[None]) -> None:
        """The newest frame is on its way to the disk."""
        seq, boot = self.accepted, self.boot
        self.commit = commit

        def on_disk(done: asyncio.Future[None]) -> None:
            if not done.cancelled() and done.exception() is None and boot == self.boot:
                self.durable = max(self.durable, seq)

        commit.add_done_callback(on_disk)

    @property
    def position(self) -> Position:
        return Position(device=self.device, boot=self.boot, seq=self.accepted)
