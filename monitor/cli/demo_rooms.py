"""The rooms of the demo: simulated beds and a recording against the monitor of the same process, over real connections."""

import asyncio
import sys
from contextlib import suppress
from typing import Final

import msgspec
import typer

from monitor.access.roles import Role
from monitor.app import Installation
from monitor.cli.demo_past import live_past
from monitor.cli.serve import listen, serve_until_stopped
from monitor.clock import PacedClock
from monitor.settings import Settings
from schemas.instant import format_ms
from simulators.clinician import Clinician
from simulators.device_client import DeviceClient
from simulators.recordings.recording import Recording, RecordingError
from simulators.rest import HttpFactory, MonitorRefused, Rest, signed_in
from simulators.run import BedStarted, SimulationFailed, run_beds
from simulators.run_replay import ReplayStarted, close_session, run_replay
from simulators.seeds import seeded
from simulators.watcher import Watcher

CANNOT_RUN: Final = (SimulationFailed, MonitorRefused, RecordingError)
HEAD_START_MIN: Final = 40  # the past that the rooms have when the screen opens
STAGGER_MIN: Final = 4.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    beds: int
    speed: float
    seed: int
    recording: Recording | None
    exit_when_done: bool

    @property
    def has_past(self) -> bool:
        """At speed 1, for people: a room that has just been opened shows nothing for minutes."""
        return self.speed == 1 and not self.exit_when_done


async def run(settings: Settings, plan: Plan) -> list[str]:
    """Serve until a signal, or until all sessions have ended; these sessions, in order."""
    clock = PacedClock(speed=plan.speed, head_start_ms=HEAD_START_MIN * 60_000 if plan.has_past else 0)
    listener, settings = listen(settings)
    installation = Installation(settings, clock)
    if plan.has_past and plan.beds:
        await live_past(installation.store, settings, clock.now_ms())
    rooms = Rooms(installation, clock, plan)
    over = asyncio.Event()
    playing: list[asyncio.Task[None]] = []

    async def started() -> None:
        link = await installation.login_link("demo", "Demo clinician", Role.CLINICIAN)
        simulated = await installation.login_link("simulated-clinician", "Simulated clinician", Role.CLINICIAN)
        playing.append(asyncio.create_task(rooms.play(simulated), name="rooms"))
        playing[0].add_done_callback(lambda _: over.set())
        say(f"Infusion Monitor, SIMULATED: {plan.beds} rooms, seed {plan.seed}, speed {plan.speed:g}, data in {settings.data_dir}")
        say(f"Open {link}")
        say("(the link lets you in once, within ten minutes; secondary display, the bedside monitor stays the primary alarm)")

    await serve_until_stopped(installation.api, listener, started, over)
    if not playing:
        raise SimulationFailed("the monitor did not start")
    playing[0].cancel()
    with suppress(asyncio.CancelledError):
        await playing[0]
    return sorted(rooms.sessions) if plan.exit_when_done else []


class Rooms:
    """The clock stands until every room is connected: no room begins late because another was still being set up."""

    def __init__(self, installation: Installation, clock: PacedClock, plan: Plan) -> None:
        self.sessions: list[str] = []
        self._installation = installation
        self._clock = clock
        self._plan = plan
        self._lines: set[DeviceClient] = set()
        self._all_connected = asyncio.Event()
        self._beds_are_over = asyncio.Event()

    async def play(self, login_link: str) -> None:
        """All rooms to their end; the recording's room ends with the last simulated one."""
        url = self._installation.settings.public_url
        http = await signed_in(url, login_link)
        try:
            async with http() as signed, asyncio.TaskGroup() as group:
                watcher = Watcher(url, signed.cookies, rng=seeded(self._plan.seed, "screen"), say=say)
                watching = group.create_task(watcher.run(), name="screen")
                await watcher.watching.wait()  # the rooms are watched from their first moment on
                pace = group.create_task(self._pace(watcher), name="pace")
                if self._plan.has_past:
                    group.create_task(self._show_progress(), name="progress")
                playing = [group.create_task(self._recording(http), name="recording")] if self._plan.recording is not None else []
                if self._plan.beds:
                    await self._simulated(http)
                    self._beds_are_over.set()
                await asyncio.gather(*playing)
                pace.cancel()
                watching.cancel()
        except* CANNOT_RUN as refused:
            raise SimulationFailed(str(refused.exceptions[0])) from refused

    async def _pace(self, watcher: Watcher) -> None:
        """A step of the clock waits for what the devices send, and for the simulated screen's receipts."""
        hub = self._installation.registry.hub
        await self._all_connected.wait()
        await self._clock.run(lambda: watcher.has_seen(hub.position) and all(line.is_settled for line in self._lines))

    async def _show_progress(self) -> None:
        """At a terminal as it goes on, in a log once."""
        await self._all_connected.wait()
        lives = f"  the rooms live through their first {HEAD_START_MIN} minutes"
        over = "\r" if sys.stderr.isatty() else ""
        if not over:
            say(lives)
        while self._clock.is_catching_up:
            if over:
                say(f"{over}{lives}: {format_ms(self._clock.now_ms())[11:19]} UTC", nl=False)
            await asyncio.sleep(0.25)
        say(f"{over}  the rooms are live: {format_ms(self._clock.now_ms())[11:19]} UTC{' ' * 40}")

    async def _simulated(self, http: HttpFactory) -> None:
        plan = self._plan
        await run_beds(
            url=self._installation.settings.public_url,
            http=http,
            beds=plan.beds,
            seed=plan.seed,
            stagger_min=STAGGER_MIN if plan.has_past else 0.0,
            acknowledge=plan.exit_when_done,
            exit_when_done=plan.exit_when_done,
            clock=self._clock,
            lines=self._lines,
            on_session=self._opened,
            say=say,
        )

    async def _recording(self, http: HttpFactory) -> None:
        """Until it is over, or the simulated rooms are."""
        recording, plan = self._plan.recording, self._plan
        assert recording is not None
        replaying = asyncio.create_task(
            run_replay(
                url=self._installation.settings.public_url,
                http=http,
                recording=recording,
                room=f"Room {plan.beds + 1}",
                clock=self._clock,
                on_start=self._opened,
                say=say,
            )
        )
        ended = asyncio.create_task(self._beds_are_over.wait())
        await asyncio.wait({replaying, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if replaying.done():
            await replaying
            return
        replaying.cancel()
        await asyncio.wait({replaying})
        async with http() as client:
            await close_session(Clinician(Rest(client, rng=seeded(plan.seed, "close"))), self._replayed)

    def _opened(self, started: BedStarted | ReplayStarted) -> None:
        if started.session is not None:
            self.sessions.append(started.session)
        if isinstance(started, ReplayStarted):
            self._replayed = started.session or ""
        if len(self.sessions) >= self._plan.beds + (self._plan.recording is not None):
            self._all_connected.set()


def say(text: str, *, nl: bool = True) -> None:
    """To the person at the terminal; standard output is for the session ids alone."""
    typer.echo(text, err=True, nl=nl)
