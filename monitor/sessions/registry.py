"""All open sessions: devices are routed to them, commands carried out in them, deadlines kept for them. The only caller of the runners."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from monitor.clock import Clock
from monitor.core.refused import Refused
from monitor.sessions.device_positions import DevicePosition, FrameRefused
from monitor.sessions.journal import happened
from monitor.sessions.rebuild import Broken, rebuild
from monitor.sessions.recorder import Recorder
from monitor.sessions.runner import Runner
from monitor.sessions.views import vitals_now
from monitor.sessions.watch import Watch
from monitor.store.ports import Aside, Store
from monitor.stream.hub import Hub, Newest
from schemas.device_wire import Invalid, RefusedReason
from schemas.log import (
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Entry,
    Input,
    Interval,
    Measured,
    MonitorRestarted,
    RemeasureRequested,
    Seal,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode, Validity
from schemas.session import OPEN_PHASES, Order, Patient
from schemas.stream_wire import Happened, SessionNow, SystemNow, UnboundNow, VitalNow
from schemas.vitals import Vital

JOURNAL_ENTRIES: Final = 200  # what a fresh screen is given; the rest is in the log
MAX_OPEN_SESSIONS: Final = 50_000
CLOCK_STEP_MS: Final = 1_000  # a smaller step back of the wall clock over a restart is not worth a word
STOP_S = 10.0  # how long an orderly stop waits for the disk
CommandRefused = Refused


class Registry:
    """Owned by the event loop. `limits` is (canonical text, sha256) of the rule set that new sessions get."""

    def __init__(self, store: Store, clock: Clock, limits: tuple[str, str], *, version: str, site_zone: str) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._version = version
        self.hub = Hub(clock, version=version, site_zone=site_zone, snapshots=self._snapshot, values=self._values, system=self.system)
        self._recorder = Recorder(store, clock, self.hub, self._impaired)
        self._watch = Watch(clock, self._advance)
        self._runners: dict[str, Runner] = {}
        self._session_of: dict[str, str] = {}
        self._devices: dict[str, DevicePosition] = {}
        self._labels: dict[str, tuple[Mode, str]] = {}
        self._remeasure: dict[str, Callable[[Vital, float], None]] = {}
        self._journal: deque[Happened] = deque(maxlen=JOURNAL_ENTRIES)
        self._next_no = 1
        self._refused = 0
        self._trouble: dict[str, str] = {}  # what -> text: everything that impairs recording or judging

    # --- life ---------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Rebuild every open session from its log, then watch. A log that does not stand up is reported, not dropped in silence."""
        self._next_no = await self._store.next_session_no()
        for position in (await self._store.positions()).values():
            self._devices[position.device] = DevicePosition(position.device, position.boot, position.seq)
        for row in await self._store.sessions(open_only=True):
            try:
                runner, difference = await rebuild(self._store, row.id)
            except Broken as broken:
                self._trouble[row.id] = str(broken)
                continue
            if difference is not None:
                self._trouble[row.id] = f"{row.id}: its replay differs from its log at entry {difference.seq}"
            self._runners[row.id] = runner
            for device in runner.engine.devices:
                self._session_of[device] = row.id
        self._keep_time_going()
        for runner in self._runners.values():
            self._record(runner, runner.apply(MonitorRestarted(self._version), self._clock.now_ms()))
            await asyncio.sleep(0)
        self._watch.start(lambda text: self._report("watch", text))
        self.hub.start()

    def _keep_time_going(self) -> None:
        """The wall clock may have been set back while the monitor was down. Every deadline and age would stand still until it has caught up
        with the logs, so the monitor's clock goes on from the last entry instead, and says so."""
        last_ms = max((runner.engine.at_ms for runner in self._runners.values()), default=0)
        ahead_ms = self._clock.not_before(last_ms)
        if ahead_ms > CLOCK_STEP_MS:
            self._trouble["clock"] = f"the clock was set back by {ahead_ms / 1000:g} s while the monitor was down: times run ahead by that"

    async def stop(self) -> None:
        """Ends the tasks; what was taken is on disk when it returns, unless recording is impaired or the store does not answer in STOP_S."""
        await self._watch.stop()
        await self.hub.stop()
        with suppress(TimeoutError):  # nothing of it was acknowledged: whoever sent it keeps it
            await asyncio.wait_for(self._recorder.close(), STOP_S)

    @property
    def checks(self) -> dict[str, bool]:
        """For /readyz."""
        return {"watch": self._watch.is_alive, "stream": self.hub.is_alive, "recording": self._recorder.impaired is None}

    # --- what others ask ----------------------------------------------------------------------------------------------------------

    def get(self, session_id: str) -> Runner | None:
        return self._runners.get(session_id)

    def open_sessions(self) -> list[Runner]:
        return list(self._runners.values())

    def session_of(self, device: str) -> str | None:
        return self._session_of.get(device)

    async def settled(self) -> None:
        """Returns when everything judged so far is on disk: what is read then is on record."""
        await self._recorder.settled()

    def view(self, session_id: str) -> SessionNow:
        """An open session as it stands. Raises KeyError."""
        return self._runners[session_id].view(self._clock.now_ms())

    async def past_view(self, session_id: str) -> SessionNow:
        """Any session as its log tells it, judged again. Raises KeyError where there is none, Broken where its log does not stand up."""
        if session_id in self._runners:
            await self.settled()
            return self.view(session_id)
        if await self._store.session(session_id) is None:
            raise KeyError(session_id)
        runner, _ = await rebuild(self._store, session_id)
        return runner.view(runner.engine.at_ms)

    def system(self) -> SystemNow:
        trouble = "; ".join(self._trouble.values())
        unbound = tuple(
            UnboundNow(
                name, *self._labels.get(name, (Mode.REAL, "")), readings=position.unbound_readings, last_at_ms=position.unbound_last_ms
            )
            for name, position in self._devices.items()
            if position.unbound_readings and name not in self._session_of
        )
        return SystemNow(recording_impaired=trouble or None, refused=self._refused, unbound=unbound, viewers=self.hub.viewers)

    # --- commands -----------------------------------------------------------------------------------------------------------------

    async def create(self, *, room: str, patient: Patient, order: Order, by: str) -> str:
        """A new session; its id when it is on disk. Raises CommandRefused (`room_in_use`, `too_many_sessions`), StoreFailed."""
        self._recorder.need_store()
        if len(self._runners) >= MAX_OPEN_SESSIONS:
            raise Refused("too_many_sessions", f"{MAX_OPEN_SESSIONS} sessions are open")
        taken = next((runner.session for runner in self._runners.values() if runner.engine.created.room == room), None)
        if taken is not None:
            raise Refused("room_in_use", f"{room} has an open session, {taken}: close it first")
        session = f"S-{self._next_no:06d}"
        at_ms = self._clock.now_ms()
        runner = Runner(session, SessionCreated(by, self._limits[0], self._limits[1], order, patient, room), at_ms)
        made = runner.begin(at_ms)
        self._next_no += 1
        self._runners[session] = runner
        await asyncio.shield(self._record(runner, made))
        return session

    async def command(self, session_id: str, body: Input) -> list[Entry]:
        """Carry a command out; what it wrote into the log, when that is on disk. Raises KeyError, CommandRefused, StoreFailed."""
        runner = self._runners[session_id]
        if isinstance(body, DeviceBound):
            other = self._session_of.get(body.device)
            if other is not None and other != session_id:
                raise Refused("device_in_use", f"{body.device} is bound to {other}: unbind it there first")
        made = self._apply(runner, body)
        done = self._record(runner, made)
        if isinstance(body, DeviceBound):
            self._session_of[body.device] = session_id
            self._labels[body.device] = (body.mode, body.source)
            self._greet(runner, body.device)
        elif isinstance(body, DeviceUnbound):
            del self._session_of[body.device]
        if runner.engine.phase not in OPEN_PHASES:
            self._close(runner)
        await asyncio.shield(done)
        return made[0]

    def _apply(self, runner: Runner, body: Input) -> tuple[list[Entry], list[Seal]]:
        try:
            return runner.apply(body, self._clock.now_ms())
        except Refused as refusal:
            if refusal.steps:
                self._record(runner, runner.number(refusal.steps))
            raise

    def _greet(self, runner: Runner, device: str) -> None:
        """A device that was connected before it was bound has joined now."""
        position = self._devices.get(device)
        if position is not None:
            position.unbound_readings = 0
            if position.is_connected:
                self._record(runner, runner.apply(DeviceJoined(position.boot, device, position.intervals), self._clock.now_ms()))

    def _close(self, runner: Runner) -> None:
        self._runners.pop(runner.session, None)
        for device in [name for name, session in self._session_of.items() if session == runner.session]:
            del self._session_of[device]

    # --- devices ------------------------------------------------------------------------------------------------------------------

    def label(self, device: str, mode: Mode, source: str) -> None:
        """What screens say of a device that is bound nowhere."""
        self._labels[device] = (mode, source)

    def joined(self, device: str, boot: str, intervals: tuple[Interval, ...]) -> int:
        """A connection was opened; the last frame of this boot that is on disk."""
        position = self._devices.setdefault(device, DevicePosition(device))
        position.start(boot)
        position.is_connected = True
        position.intervals = intervals
        runner = self._runner_of(device)
        if runner is not None:
            self._record(runner, self._apply(runner, DeviceJoined(boot, device, intervals)))
        return position.durable

    def left(self, device: str, why: str) -> None:
        """The connection ended."""
        position = self._devices.get(device)
        if position is not None:
            position.is_connected = False
        runner = self._runner_of(device)
        if runner is not None:
            self._record(runner, self._apply(runner, DeviceLeft(device, why)))

    def subscribe_remeasure(self, device: str, callback: Callable[[Vital, float], None]) -> Callable[[], None]:
        """Be told when a device is asked for another cuff value; returns how to stop."""
        self._remeasure[device] = callback

        def stop() -> None:
            if self._remeasure.get(device) is callback:  # a newer connection of the device may have taken its place
                del self._remeasure[device]

        return stop

    def frame(
        self, device: str, boot: str, seq: int, measurements: list[Measurement], received_at_ms: int
    ) -> asyncio.Future[tuple[Invalid, ...]]:
        """Take a frame; the future is done when it is on disk. A frame that was taken before is not judged again. Raises FrameRefused."""
        position = self._devices.get(device)
        if position is None or position.boot != boot:
            self.joined(device, boot, ())
            position = self._devices[device]
        result: asyncio.Future[tuple[Invalid, ...]] = asyncio.get_running_loop().create_future()
        if seq <= position.accepted:
            _follow(result, None if seq <= position.durable else position.commit, ())
            return result
        if not self._recorder.has_room():
            raise FrameRefused(RefusedReason.BUSY, "the record does not keep up: keep the frame and send it again")
        position.take(seq)
        runner = self._runner_of(device)
        if runner is None:
            position.unbound_readings += sum(len(measurement.values) for measurement in measurements)
            position.unbound_last_ms = received_at_ms
            position.committing(self._recorder.move(position.position))
            raise FrameRefused(RefusedReason.DEVICE_UNBOUND, f"{device} is bound to no open session: nothing of this frame is recorded")
        invalid: list[Invalid] = []
        for index, measurement in enumerate(measurements):
            made = runner.measure(measurement, received_at_ms, self._clock.now_ms())
            self._record(runner, made)
            _collect_invalid(made[0], index, invalid)
        commit = self._recorder.move(position.position)
        position.committing(commit)
        _follow(result, commit, tuple(invalid))
        return result

    def skip(self, device: str, boot: str, seq: int) -> asyncio.Future[None] | None:
        """A frame that was refused by name counts as taken: the device goes on with the next one. Done (or None) when that is on disk."""
        position = self._devices.get(device)
        if position is None or position.boot != boot or seq > position.accepted + 1:
            return None
        if seq == position.accepted + 1:
            position.take(seq)
            position.committing(self._recorder.move(position.position))
        return position.commit if seq > position.durable else None

    def keep_aside(self, aside: Aside) -> None:
        """Refused input: counted, and kept for people to look at."""
        self._refused += 1
        self._recorder.set_aside(aside)

    def _runner_of(self, device: str) -> Runner | None:
        session = self._session_of.get(device)
        return None if session is None else self._runners.get(session)

    # --- recording ----------------------------------------------------------------------------------------------------------------

    def _record(self, runner: Runner, made: tuple[list[Entry], list[Seal]]) -> asyncio.Future[None]:
        entries = made[0]
        if len(entries) != 1 or type(entries[0].body) is not Measured:
            for entry in entries:
                if type(entry.body) is not Measured:
                    self._journal.append(happened(entry))
                    if isinstance(entry.body, RemeasureRequested):
                        self._ask_device(runner, entry.body)
        done = self._recorder.add(runner, made)
        self._watch.look(runner)
        return done

    def _ask_device(self, runner: Runner, body: RemeasureRequested) -> None:
        callback = self._remeasure.get(runner.engine.channels[body.vital].device or "")
        if callback is not None:
            callback(body.vital, body.within_ms / 1000)

    def _advance(self, runner: Runner) -> None:
        if runner.session in self._runners:
            made = runner.advance(self._clock.now_ms())
            if made[0] or made[1]:
                self._record(runner, made)

    def _impaired(self, text: str | None) -> None:
        if text is None:
            self._trouble.pop("recording", None)
            self._publish_system()
        else:
            self._report("recording", text)

    def _report(self, what: str, text: str) -> None:
        self._trouble[what] = text
        self._publish_system()

    def _publish_system(self) -> None:
        self.hub.publish({}, (), (), (), self.system())

    # --- screens ------------------------------------------------------------------------------------------------------------------

    async def _snapshot(self) -> tuple[tuple[SessionNow, ...], tuple[Happened, ...], SystemNow]:
        now_ms = self._clock.now_ms()
        sessions = tuple(runner.view(now_ms) for runner in self._runners.values())
        journal = tuple(self._journal)
        await self.settled()
        return sessions, journal, self.system()

    def _values(self, session: str, newest: Newest, now_ms: int) -> tuple[VitalNow, ...]:
        runner = self._runners.get(session)
        return () if runner is None else vitals_now(newest.values(), runner.engine.channels, now_ms)


def _follow(result: asyncio.Future[tuple[Invalid, ...]], commit: asyncio.Future[None] | None, invalid: tuple[Invalid, ...]) -> None:
    """Answer when the commit is done, and only then; StoreFailed where it never will be."""
    if commit is None:
        result.set_result(invalid)
        return

    def committed(done: asyncio.Future[None]) -> None:
        if not result.done():
            if done.cancelled():
                result.cancel()
            elif (error := done.exception()) is not None:
                result.set_exception(error)
                result.exception()  # the device may be gone: then nobody asks
            else:
                result.set_result(invalid)

    commit.add_done_callback(committed)


def _collect_invalid(entries: list[Entry], index: int, invalid: list[Invalid]) -> None:
    for entry in entries:
        body = entry.body
        if type(body) is Measured:
            for place, reading in enumerate(body.readings):
                if reading.validity is Validity.INVALID and reading.value_milli is not None:
                    invalid.append(Invalid(f"measurements[{index}].readings[{place}]", reading.reason))
