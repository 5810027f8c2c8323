"""What devices send, routed to the sessions they are bound to. It answers `monitor.ingest.ports.Recorder`."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from monitor.sessions.device_positions import FrameRefused
from monitor.sessions.device_table import DeviceTable
from monitor.sessions.frames import before_binding, follow_commit, not_announced, not_taken, of_session
from monitor.sessions.judging import JudgingFailed
from monitor.sessions.proceedings import Proceedings
from monitor.sessions.recorder import Recorder
from monitor.sessions.runner import Runner
from monitor.store.ports import Aside
from monitor.telemetry import Telemetry
from schemas.announcement import Announcement
from schemas.device_wire import Invalid, RefusedReason
from schemas.log import DeviceJoined, DeviceLeft, Interval
from schemas.measurement import Measurement, Mode
from schemas.vitals import Vital


class Intake:
    """Owned by the event loop; nothing here blocks. `runners`: the open sessions. `refused`: frames and posts that were refused by name."""

    def __init__(
        self, devices: DeviceTable, runners: Mapping[str, Runner], do: Proceedings, recorder: Recorder, telemetry: Telemetry
    ) -> None:
        self.refused = 0
        self._devices: Final = devices
        self._runners: Final = runners
        self._do: Final = do
        self._recorder: Final = recorder
        self._telemetry: Final = telemetry

    def session_of(self, device: str) -> str | None:
        return self._devices.session_of(device)

    def label(self, device: str, mode: Mode, source: str) -> None:
        """What screens say of a device that is bound nowhere."""
        self._devices.label(device, mode, source)

    def joined(self, device: str, boot: str, intervals: tuple[Interval, ...]) -> int:
        """A connection was opened; the last frame of this boot that is on disk."""
        position = self._devices.joined(device)
        position.start(boot)
        position.is_connected = True
        position.intervals = intervals
        if (runner := self._runner_of(device)) is not None:
            self._do.tell(runner, DeviceJoined(boot, device, intervals))
        return position.durable

    def left(self, device: str, why: str) -> None:
        """The connection ended."""
        if (position := self._devices.position(device)) is not None:
            position.is_connected = False
        if (runner := self._runner_of(device)) is not None:
            self._do.tell(runner, DeviceLeft(device, why))

    def subscribe_remeasure(self, device: str, callback: Callable[[Vital, float], None]) -> Callable[[], None]:
        """Be told when a device is asked for another cuff value; returns how to stop."""
        return self._devices.subscribe(device, callback)

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
        """Take a frame; the future is done when it is on disk. A frame that was taken before is not judged again. What was measured before
        the device was bound is another patient's: kept in no record, named in the answer. Raises FrameRefused."""
        position = self._devices.position(device)
        if position is None or position.boot != boot or not position.is_connected:
            self.joined(device, boot, () if position is None or position.boot != boot else position.intervals)
            position = self._devices.joined(device)
        result: asyncio.Future[tuple[Invalid, ...]] = asyncio.get_running_loop().create_future()
        if seq <= position.accepted:
            follow_commit(result, None if seq <= position.durable else position.commit, ())
            return result
        if not self._recorder.has_room():
            raise FrameRefused(RefusedReason.BUSY, "the record does not keep up: keep the frame and send it again")
        session = self._devices.session_of(device)
        runner = None if session is None else self._runners.get(session)
        if session is not None and (runner is None or runner.is_over):
            raise FrameRefused(RefusedReason.BUSY, f"{session} is not judged any more: keep the frame until it is")
        position.take(seq)
        early = before_binding(runner, device, measurements, received_at_ms, sent_at_ms)
        self._telemetry.before_binding.inc(sum(len(measurements[place].values) for place in early))
        said = of_session(runner, device, announced, received_at_ms, sent_at_ms)
        if runner is None or not (len(early) < len(measurements) or any(said)):
            if runner is None:
                position.saw_unbound(measurements, received_at_ms)
            position.committing(self._recorder.move(position.position))
            since = "is bound to no open session" if runner is None else f"was not bound to {session} when this was measured"
            raise FrameRefused(RefusedReason.DEVICE_UNBOUND, f"{device} {since}: nothing of this frame is recorded")
        try:
            theirs = [one for place, one in enumerate(measurements) if place not in early] if early else measurements
            made = self._do.measure(runner, theirs, received_at_ms)
        except JudgingFailed as failed:
            position.give_back()
            raise FrameRefused(RefusedReason.BUSY, f"{runner.session} is not judged any more: keep the frame until it is") from failed
        for one in said:
            if one is not None:
                self._do.tell(runner, one)
        commit = self._recorder.move(position.position)
        position.committing(commit)
        follow_commit(result, commit, not_taken(made, early) + not_announced(said))
        self._telemetry.measurements += len(theirs)
        self._telemetry.readings += sum(len(each.values) for each in theirs)
        return result

    def skip(self, device: str, boot: str, seq: int) -> asyncio.Future[None] | None:
        """A frame that was refused by name counts as taken: the device goes on with the next one. Done (or None) when that is on disk."""
        position = self._devices.position(device)
        if position is None or position.boot != boot or seq > position.accepted + 1:
            return None
        if seq == position.accepted + 1:
            position.take(seq)
            position.committing(self._recorder.move(position.position))
        return position.commit if seq > position.durable else None

    def keep_aside(self, aside: Aside) -> None:
        """Refused input: counted, and kept for people to look at."""
        self.refused += 1
        self._telemetry.refused.inc()
        self._recorder.set_aside(aside)

    def _runner_of(self, device: str) -> Runner | None:
        session = self._devices.session_of(device)
        return None if session is None else self._runners.get(session)
