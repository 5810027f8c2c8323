"""The hub: one encoded frame for all screens, pushed after the commit that made it true.

Updates that hold only values go out PACE_MS after the last frame, or at once where that is longer ago; an update with an alert or any
other event goes out at once and takes the waiting values with it. What changed of the monitor's own state (refused input, devices bound
nowhere, viewers) goes out with the heartbeat. Without a subscriber nothing is encoded. A canary goes out like an alert does; a probe is
a subscriber that waits for it.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from monitor.clock import Clock
from monitor.lasting import Lasting
from monitor.stream.delivery import Mailbox, Memory
from schemas.log import Measured
from schemas.measurement import Reading
from schemas.stream_wire import Canary, Happened, Heartbeat, Resumed, SessionNow, Snapshot, StreamHello, SystemNow, Update, VitalNow
from schemas.vitals import Vital

PACE_MS = 150  # a screen draws each frame when it comes: more of them cost its machine more than they show a person
HEARTBEAT_MS = 1_000
MAX_SUBSCRIBERS = 2_000  # one more is refused
_encode = msgspec.json.Encoder().encode

Newest = dict[Vital, tuple[Measured, Reading]]
Snapshots = Callable[[], Awaitable[tuple[tuple[SessionNow, ...], tuple[Happened, ...], SystemNow]]]
Values = Callable[[str, Newest, int], tuple[VitalNow, ...]]


class TooManyViewers(Exception):
    """MAX_SUBSCRIBERS screens are connected already."""


class Subscription:
    """One screen. `next` gives encoded frames in order; `close` ends it."""

    def __init__(self, hub: "Hub", *first: bytes) -> None:
        self.mailbox = Mailbox()
        self._hub = hub
        self._first = list(first)
        self._ready = asyncio.Event()

    def start(self, frames: list[bytes] | None) -> None:
        """Frames missed since the last visit, or None for a snapshot."""
        if frames is None:
            self.mailbox.want_snapshot()
        else:
            self._first.extend(frames)

    def wake(self) -> None:
        self._ready.set()

    async def next(self) -> bytes:
        """The next frame; waits for it."""
        while True:
            if self._first:
                return self._first.pop(0)
            if self.mailbox.wants_snapshot:
                return await self._hub.snapshot(self.mailbox)
            frame = self.mailbox.take()
            if frame is not None:
                return frame
            self._ready.clear()
            await self._ready.wait()

    def close(self) -> None:
        self._hub.leave(self)


class Hub:
    """Owned by the event loop. `publish` is called by the recorder only, after a commit."""

    def __init__(
        self, clock: Clock, *, version: str, site_zone: str, snapshots: Snapshots, values: Values, system: Callable[[], SystemNow]
    ) -> None:
        self._clock = clock
        self._version = version
        self._site_zone = site_zone
        self._snapshots = snapshots
        self._values = values
        self._system = system
        self._shown_system: SystemNow | None = None
        self.stream = secrets.token_hex(8)  # a new process is a new stream: positions start anew
        self.position = 0
        self._memory = Memory()
        self._subscribers: set[Subscription] = set()
        self._probes: set[Subscription] = set()  # of these, the monitor's own
        self._waiting: dict[str, Newest] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = float("-inf")  # of the last update, by the loop's clock
        self._heart = Lasting("the heartbeat")

    @property
    def viewers(self) -> int:
        return len(self._subscribers) - len(self._probes)

    def start(self, on_death: Callable[[str], None]) -> None:
        self._heart.start(self._beat(), on_death)

    async def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._heart.stop()

    @property
    def is_alive(self) -> bool:
        """Whether the heartbeat still beats."""
        return self._heart.is_alive

    def subscribe(self, since: tuple[str, int] | None, *, user: str, role: str) -> Subscription:
        """A new screen; `since` is (stream, position) of its last frame. Raises TooManyViewers."""
        if self.viewers >= MAX_SUBSCRIBERS:
            raise TooManyViewers(f"{MAX_SUBSCRIBERS} screens are connected already")
        hello = StreamHello(
            protocol=1,
            stream=self.stream,
            now_ms=self._clock.now_ms(),
            clock_speed=self._clock.speed,
            version=self._version,
            site_zone=self._site_zone,
            user=user,
            role=role,
        )
        subscription = Subscription(self, _encode(hello))
        missed = self._memory.since(since[1]) if since is not None and since[0] == self.stream else None
        if missed is not None and since is not None:
            missed.insert(0, _encode(Resumed(since=since[1], position=self.position)))
        subscription.start(missed)
        self._subscribers.add(subscription)
        return subscription

    def probe(self) -> Subscription:
        """A subscriber inside the monitor: no hello, no snapshot, only what is published from now on. Close it soon."""
        subscription = Subscription(self)
        self._probes.add(subscription)
        self._subscribers.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self._subscribers.discard(subscription)
        self._probes.discard(subscription)

    async def snapshot(self, mailbox: Mailbox) -> bytes:
        """Everything as it stands on disk. What is published from here on queues up behind it; what was before is in it alone."""
        self._flush()
        mailbox.begin_snapshot()
        position = self.position
        try:
            sessions, journal, system = await self._snapshots()
        except BaseException:  # whoever waited was cancelled, or there is no answer: the screen still needs one
            mailbox.want_snapshot()
            raise
        return _encode(Snapshot(position=position, now_ms=self._clock.now_ms(), sessions=sessions, journal=journal, system=system))

    def publish(
        self,
        values: dict[str, Newest],
        sessions: tuple[SessionNow, ...],
        ended: tuple[str, ...],
        journal: tuple[Happened, ...],
        system: SystemNow | None,
        canaries: Sequence[Canary] = (),
    ) -> None:
        """What a commit made true."""
        if not self._subscribers:
            self._waiting.clear()
            self._memory.forget()
            self.position += 1
            return
        for session, newest in values.items():
            self._waiting.setdefault(session, {}).update(newest)
        if sessions or ended or journal or system is not None:
            self._flush(sessions, ended, journal, system)
        elif self._timer is None and self._waiting:
            self._flush_in_pace()
        for canary in canaries:
            self._send(_encode(canary))

    def _flush_in_pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = self._sent_at + PACE_MS / 1000
        if due <= loop.time():
            self._flush()
        else:
            self._timer = loop.call_at(due, self._flush)

    def _send(self, frame: bytes) -> None:
        for subscription in self._subscribers:
            subscription.mailbox.put(frame)
            subscription.wake()

    def _flush(
        self,
        sessions: tuple[SessionNow, ...] = (),
        ended: tuple[str, ...] = (),
        journal: tuple[Happened, ...] = (),
        system: SystemNow | None = None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if system is not None:
            self._shown_system = system
        if not (self._waiting or sessions or ended or journal or system is not None):
            return
        now_ms = self._clock.now_ms()
        waiting, self._waiting = self._waiting, {}
        vitals = {session: self._values(session, newest, now_ms) for session, newest in waiting.items()}
        self.position += 1
        frame = _encode(
            Update(position=self.position, now_ms=now_ms, vitals=vitals, sessions=sessions, ended=ended, journal=journal, system=system)
        )
        self._memory.add(self.position, frame)
        self._send(frame)
        self._sent_at = asyncio.get_running_loop().time()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_MS / 1000)
            system = self._system()
            if self._subscribers and system != self._shown_system:
                self.publish({}, (), (), (), system)
            frame = _encode(Heartbeat(position=self.position, now_ms=self._clock.now_ms()))
            for subscription in self._subscribers:
                subscription.mailbox.put_heartbeat(frame)
                subscription.wake()
