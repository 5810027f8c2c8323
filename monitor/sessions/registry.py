"""All open sessions: they are begun and ended, commands carried out in them, deadlines kept for them; `intake` routes devices to them."""

import asyncio
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import Final

from monitor.clock import Clock
from monitor.core.refused import Refused
from monitor.notify.dispatch import Dispatcher
from monitor.sessions.afterwards import Afterwards, fitted
from monitor.sessions.by_room import ByRoom
from monitor.sessions.canary import DEVICE as CANARY_DEVICE
from monitor.sessions.canary import Canary
from monitor.sessions.device_positions import DevicePosition
from monitor.sessions.device_table import DeviceTable
from monitor.sessions.figures import offer_figures
from monitor.sessions.intake import Intake
from monitor.sessions.judging import Judging
from monitor.sessions.proceedings import Proceedings
from monitor.sessions.rebuild import Broken, bound_devices, rebuild
from monitor.sessions.recorder import Recorder
from monitor.sessions.runner import Runner
from monitor.sessions.screens import Screens
from monitor.sessions.second_channel import SecondChannel
from monitor.sessions.trouble import Trouble
from monitor.sessions.views import vitals_now
from monitor.sessions.watch import Watch
from monitor.store.ports import Store, StoreFailed
from monitor.stream.hub import Hub, Newest
from monitor.telemetry import Telemetry
from schemas.log import DeviceBound, DeviceJoined, DeviceUnbound, Entry, Input, MonitorRestarted, SessionCreated
from schemas.session import OPEN_PHASES, Order, Patient
from schemas.stream_wire import Happened, SessionNow, SystemNow, VitalNow

MAX_OPEN_SESSIONS: Final = 50_000
CLOCK_STEP_MS: Final = 1_000  # a smaller step back of the wall clock over a restart is not worth a word
STOP_S = 10.0  # how long an orderly stop waits for the disk
CommandRefused = Refused


class Registry:
    """Owned by the event loop. `limits` is (canonical text, sha256) of the rule set that new sessions get. `real`: a clock of real time,
    for screens and people; the installation's own where none is given."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limits: tuple[str, str],
        *,
        version: str,
        site_zone: str,
        real: Clock | None = None,
        second_channel: Dispatcher | None = None,
        telemetry: Telemetry | None = None,
        public_url: str = "",
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._version = version
        self._runners: dict[str, Runner] = {}
        self._by_room = ByRoom()
        self._devices = DeviceTable()
        self._next_no = 1
        self.trouble = Trouble(self._publish_system)
        real = real or clock
        self.telemetry = telemetry = telemetry or Telemetry()
        self.hub = Hub(clock, version=version, site_zone=site_zone, snapshots=self._snapshot, values=self._values, system=self.system)
        self._judging = Judging(self._judging_failed)
        self._do = Proceedings(clock, self._judging, self._devices, telemetry, self.trouble.report)
        self._recorder = Recorder(
            store, self.hub, partial(self.trouble.put, "recording"), self._do.view, self._do.untold, telemetry.commits.observe
        )
        self.intake = Intake(self._devices, self._runners, self._do, self._recorder, telemetry)
        self.afterwards = Afterwards(store, clock, self._recorder)
        self._watch = Watch(clock, self._advance)
        dispatcher = second_channel or Dispatcher((), real)
        self._calls = SecondChannel(dispatcher, real, self._runners, self._do.tell, telemetry, public_url=public_url)
        self._do.join(self._recorder, self._watch.look, self._calls.follow)
        self._canary = Canary(
            limits[0],
            clock,
            real,
            recorder=self._recorder,
            hub=self.hub,
            look=self._watch.look,
            on_silent=self._path_is_silent,
            on_answer=lambda: self.trouble.over("canary"),
            telemetry=telemetry,
        )
        self.screens = Screens(real, clock.now_ms, self._runners, self._do.tell, self._canary.painted, telemetry)
        offer_figures(telemetry, self.hub, self._recorder, self.screens, self._runners, self._judging)

    # --- life ---------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Rebuild every open session from its log, then watch. A log that does not stand up is reported, not dropped in silence."""
        self._next_no = await self._store.next_session_no()
        positions = await self._store.positions()
        self._devices.restore(position for position in positions.values() if position.device != CANARY_DEVICE)
        for row in await self._store.sessions(open_only=True):
            try:
                runner, difference = await rebuild(self._store, row.id)
            except Exception as error:  # noqa: BLE001 - one session that cannot be judged does not keep the others from it
                await self._cannot_rebuild(row.id, row.room, error)
                continue
            if difference is not None:
                self.trouble.report(row.id, f"{row.id}: its replay differs from its log at entry {difference.seq}")
            self._runners[row.id] = runner
            self._by_room.opened(runner)
            for device in runner.engine.devices:
                self._devices.bind(device, row.id)
        self._keep_time_going()
        for runner in list(self._runners.values()):
            self._calls.resume(runner)
            self._do.tell(runner, MonitorRestarted(self._version))
            self.screens.introduce(runner)
            await asyncio.sleep(0)
        self._watch.start(lambda text: self.trouble.report("watch", text))
        self.hub.start(lambda text: self.trouble.report("stream", text))
        self.screens.start(lambda text: self.trouble.report("screens", text))
        self._calls.start(lambda text: self.trouble.report("second channel", text))
        self._canary.start(lambda text: self.trouble.report("canary", text))

    async def _cannot_rebuild(self, session: str, room: str, error: Exception) -> None:
        """The session is not judged. Its devices keep their frames: they are bound to it by its log."""
        if isinstance(error, StoreFailed):
            raise error
        if isinstance(error, Broken):
            self.trouble.report(session, str(error))
        else:
            self._judging.fail_to_begin(session, room, error)
        for device in await bound_devices(self._store, session):
            self._devices.bind(device, session)

    def _keep_time_going(self) -> None:
        """The wall clock may have been set back while the monitor was down. Every deadline and age would stand still until it has caught up
        with the logs, so the monitor's clock goes on from the last entry instead, and says so."""
        last_ms = max((runner.engine.at_ms for runner in self._runners.values()), default=0)
        ahead_ms = self._clock.not_before(last_ms)
        if ahead_ms > CLOCK_STEP_MS:
            back = f"the clock was set back by {ahead_ms / 1000:g} s while the monitor was down"
            self.trouble.report("clock", f"{back}: times run ahead by that")

    async def stop(self) -> None:
        """Ends the tasks; what was taken is on disk when it returns, unless recording is impaired or the disk takes longer than STOP_S."""
        await self._canary.stop()
        await self._calls.stop()
        await self.screens.stop()
        await self._watch.stop()
        await self.hub.stop()
        with suppress(TimeoutError):  # nothing of it was acknowledged: whoever sent it keeps it
            await asyncio.wait_for(self._recorder.close(), STOP_S)

    @property
    def checks(self) -> dict[str, bool]:
        """For /readyz."""
        return {
            "watch": self._watch.is_alive,
            "stream": self.hub.is_alive,
            "recording": self._recorder.impaired is None,
            "judging": not self._judging.failed,
            "screens": self.screens.is_alive,
            "second_channel": self._calls.is_alive,
            "alert_path": self._canary.is_answering,
        }

    # --- what others ask ----------------------------------------------------------------------------------------------------------

    def get(self, session_id: str) -> Runner | None:
        return self._runners.get(session_id)

    def open_sessions(self) -> list[Runner]:
        return list(self._runners.values())

    @property
    def limits(self) -> tuple[str, str]:
        """Canonical text and SHA-256 of the rule set that new sessions get."""
        return self._limits

    def session_of(self, device: str) -> str | None:
        return self._devices.session_of(device)

    def device_position(self, device: str) -> DevicePosition | None:
        """What is known of a device beside its sessions; None where it was never here."""
        return self._devices.position(device)

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
        return SystemNow(
            recording_impaired=self.trouble.text,
            refused=self.intake.refused,
            unbound=self._devices.unbound(),
            viewers=self.hub.viewers,
            watching=self.screens.watchers().screens,
            warnings=self._calls.warnings(),
        )

    # --- commands -----------------------------------------------------------------------------------------------------------------

    async def create(
        self, *, room: str, patient: Patient, order: Order, by: str, indication: str | None = None, request: str | None = None
    ) -> str:
        """A new session; its id when it is on disk. Raises CommandRefused (`room_in_use`, `too_many_sessions`), StoreFailed."""
        self._recorder.need_store()
        if len(self._runners) >= MAX_OPEN_SESSIONS:
            raise Refused("too_many_sessions", f"{MAX_OPEN_SESSIONS} sessions are open")
        if (taken := self._by_room.session_in(room)) is not None:
            raise Refused("room_in_use", f"{room} has an open session, {taken}: close it first")
        session = f"S-{self._next_no:06d}"
        at_ms = self._clock.now_ms()
        runner = Runner(session, SessionCreated(by, *self._limits, order, patient, room, indication, request, token_hex(32)), at_ms)
        made = runner.begin(at_ms)
        self._next_no += 1
        self._runners[session] = runner
        self._by_room.opened(runner)
        done = self._do.record(runner, made)
        self.screens.introduce(runner)
        await asyncio.shield(done)
        return session

    def created_by(self, request: str) -> str | None:
        """The open session that a request has made."""
        return self._by_room.made_by(request)

    async def command(self, session_id: str, body: Input) -> list[Entry]:
        """Carry a command out; what it wrote into the log, when that is on disk. Raises KeyError, CommandRefused, StoreFailed."""
        runner = self._runners[session_id]
        if isinstance(body, DeviceBound) and (other := self._devices.session_of(body.device)) not in {None, session_id}:
            raise Refused("device_in_use", f"{body.device} is bound to {other}: unbind it there first")
        made = self._do.apply(runner, fitted(runner.engine, body))
        done = self._do.record(runner, made)
        if isinstance(body, DeviceBound):
            self._devices.bind(body.device, session_id)
            self._devices.label(body.device, body.mode, body.source)
            self._greet(runner, body.device)
        elif isinstance(body, DeviceUnbound):
            self._devices.unbind(body.device)
        if runner.engine.phase not in OPEN_PHASES:
            self._close(runner)
        await asyncio.shield(done)
        return made[0]

    def _greet(self, runner: Runner, device: str) -> None:
        """A device that was connected before it was bound has joined now."""
        if (position := self._devices.position(device)) is not None:
            position.bound()
            if position.is_connected:
                self._do.tell(runner, DeviceJoined(position.boot, device, position.intervals))

    def _close(self, runner: Runner) -> None:
        self._runners.pop(runner.session, None)
        self._by_room.closed(runner)
        self._devices.release(runner.session, runner.engine.devices)

    # --- trouble ------------------------------------------------------------------------------------------------------------------

    def _path_is_silent(self, text: str) -> None:
        if not self.trouble.is_reported("canary"):
            self._calls.path_silent(text)
        self.trouble.report("canary", text)

    def _judging_failed(self, session: str, text: str) -> None:
        self.telemetry.judging_failed.inc()
        self.trouble.report(f"judging {session}", text)

    def _advance(self, runner: Runner) -> None:
        """Called by the watch."""
        if self._canary.owns(runner):
            self._canary.advance(runner)
        elif runner.session in self._runners and not runner.is_over:
            self._do.advance(runner)

    def _publish_system(self) -> None:
        self.hub.publish({}, (), (), (), self.system())

    # --- screens ------------------------------------------------------------------------------------------------------------------

    async def _snapshot(self) -> tuple[tuple[SessionNow, ...], tuple[Happened, ...], SystemNow]:
        views = [self._do.view(runner) for runner in self._runners.values()]
        journal = tuple(self._do.journal)
        await self.settled()
        return tuple(view for view in views if view is not None), journal, self.system()

    def _values(self, session: str, newest: Newest, now_ms: int) -> tuple[VitalNow, ...]:
        runner = self._runners.get(session)
        return () if runner is None else vitals_now(newest.values(), runner.engine.channels, now_ms)
