"""A registry on a store that is told when to commit, a clock that is told when to move, and a device that speaks."""

import asyncio
from collections.abc import Sequence

import msgspec

from monitor.clock import ManualClock
from monitor.core.limits import encode_limits
from monitor.notify.dispatch import Dispatcher
from monitor.sessions.registry import Registry
from monitor.stream.hub import Subscription
from schemas.alert import RAISES
from schemas.device_wire import Invalid
from schemas.log import AlertAcknowledged, AlertChanged, Body, DeviceBound, Entry, Interval, PhaseOrdered
from schemas.measurement import Measurement, Mode
from schemas.session import Phase
from schemas.stream_wire import Snapshot, StreamFrame, Update
from tests.support.channels import FakeChannel
from tests.support.held_store import HeldStore
from tests.unit.core.bedside import CALM, CALM_CUFF, INFUSION, PATIENT, default_limits, values_of

_decode = msgspec.json.Decoder(StreamFrame).decode


async def turns(count: int = 8) -> None:
    """Let everybody have their turn a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


class Ward:
    """`start` it; `restart` gives another one on the same store, as after a kill."""

    def __init__(self, store: HeldStore | None = None, clock: ManualClock | None = None, channels: Sequence[FakeChannel] = ()) -> None:
        self.store = store or HeldStore()
        self.clock = clock or ManualClock()
        self.channels = channels
        self.registry = Registry(
            self.store,
            self.clock,
            encode_limits(default_limits()),
            version="1",
            site_zone="UTC",
            second_channel=Dispatcher(channels, self.clock),
            public_url="https://monitor.example",
        )
        self.seqs: dict[str, int] = {}
        self.counters: dict[str, int] = {}

    async def start(self) -> None:
        await self.registry.start()

    async def die(self) -> None:
        """Nothing is settled, nothing is told."""
        await self.registry._canary.stop()
        await self.registry._calls.stop()
        await self.registry.screens.stop()
        await self.registry._watch.stop()
        await self.registry.hub.stop()

    async def restart(self) -> "Ward":
        """A kill: nothing of the old process is asked; what was not on disk is gone."""
        await self.die()
        while self.store.waiting:
            self.store.fail("closed")
        self.store.is_held = False
        again = Ward(self.store, self.clock, self.channels)
        again.seqs, again.counters = dict(self.seqs), dict(self.counters)
        await again.start()
        return again

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(round(seconds * 1000))
        await turns(20)

    # --- people -------------------------------------------------------------------------------------------------------------------

    async def create(self, room: str = "Room 1") -> str:
        return await self.registry.create(room=room, patient=PATIENT, order=INFUSION, by="anna")

    async def bind(self, session: str, device: str = "d1") -> list[Entry]:
        return await self.registry.command(session, DeviceBound("anna", device, Mode.SIMULATED, "a bed"))

    async def order(self, session: str, phase: Phase) -> list[Entry]:
        return await self.registry.command(session, PhaseOrdered("anna", "test", phase))

    async def acknowledge(self, session: str, alert: str) -> list[Entry]:
        return await self.registry.command(session, AlertAcknowledged(alert, "anna", None))

    async def infusing(self, room: str = "Room 1", device: str = "d1") -> str:
        """A session with a connected device and one round of calm values."""
        session = await self.create(room)
        self.registry.intake.joined(device, "boot", ())
        await self.bind(session, device)
        await self.order(session, Phase.BASELINE)
        await self.say(device, **CALM, **CALM_CUFF)
        await self.order(session, Phase.INFUSING)
        return session

    # --- devices ------------------------------------------------------------------------------------------------------------------

    def measurement(self, device: str = "d1", **said: float | None) -> Measurement:
        counter = self.counters[device] = self.counters.get(device, 0) + 1
        return Measurement(device, counter, self.clock.now_ms(), values_of(said))

    def send(
        self, device: str = "d1", seq: int | None = None, boot: str = "boot", **said: float | None
    ) -> asyncio.Future[tuple[Invalid, ...]]:
        """A frame with one measurement; the next `seq` where none is given. A frame that is refused has had its turn."""
        self.seqs[device] = self.seqs.get(device, 0) + 1 if seq is None else seq
        return self.registry.intake.frame(device, boot, self.seqs[device], [self.measurement(device, **said)], self.clock.now_ms())

    async def say(self, device: str = "d1", **said: float | None) -> tuple[Invalid, ...]:
        """A frame, and its acknowledgement."""
        return await self.send(device, **said)

    def join(self, device: str = "d1", boot: str = "boot", *intervals: Interval) -> int:
        return self.registry.intake.joined(device, boot, intervals)

    # --- screens ------------------------------------------------------------------------------------------------------------------

    async def screen(self) -> "Screen":
        screen = Screen(self.registry.hub.subscribe(None, user="anna", role="clinician"))
        await screen.read(2)
        return screen

    def log(self, session: str) -> list[Entry]:
        return self.store.logs.get(session, [])

    def raised(self, session: str) -> dict[str, int]:
        """When each rule was first raised, in ms since the session's creation, by its log."""
        log = self.log(session)
        raised: dict[str, int] = {}
        for entry in log:
            if isinstance(entry.body, AlertChanged) and entry.body.why in RAISES:
                raised.setdefault(entry.body.alert.rule, entry.at_ms - log[0].at_ms)
        return raised

    def bodies(self, session: str, *kinds: type[Body]) -> list[Body]:
        """The entries of these kinds."""
        return [entry.body for entry in self.log(session) if isinstance(entry.body, kinds)]


class Screen:
    """Reads frames without waiting for those that do not come."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self.frames: list[object] = []

    async def read(self, count: int) -> None:
        for _ in range(count):
            self.frames.append(_decode(await self._subscription.next()))

    async def drain(self) -> list[Update]:
        """The updates that are there now."""
        found: list[Update] = []
        while True:
            asked = asyncio.ensure_future(self._subscription.next())
            await turns(4)
            if not asked.done():
                asked.cancel()
                await asyncio.wait({asked})
                return found
            frame = _decode(asked.result())
            self.frames.append(frame)
            if isinstance(frame, Update):
                found.append(frame)

    @property
    def snapshot(self) -> Snapshot:
        return next(frame for frame in reversed(self.frames) if isinstance(frame, Snapshot))
