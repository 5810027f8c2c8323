"""What is done with any one session: input -> core -> append -> publish, and whoever follows its log is told. Its fault stays its own."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from monitor.clock import Clock
from monitor.core.refused import Refused
from monitor.sessions.device_table import DeviceTable
from monitor.sessions.figures import count_alerts
from monitor.sessions.journal import happened
from monitor.sessions.judging import Judging, JudgingFailed
from monitor.sessions.recorder import Recorder
from monitor.sessions.runner import Runner
from monitor.telemetry import Telemetry
from schemas.log import Entry, Input, Measured, RemeasureRequested, ScreensChanged, Seal
from schemas.measurement import Measurement
from schemas.stream_wire import Happened, SessionNow

JOURNAL_ENTRIES: Final = 200  # what a fresh screen is given; the rest is in the log
_QUIET: Final = (Measured, ScreensChanged)  # in the log, and not in the journal that a fresh screen is given

Made = tuple[list[Entry], list[Seal]]
Follow = Callable[[Runner, Sequence[Entry]], None]


class Proceedings:
    """Owned by the event loop. `follow` is told of every session's entries that are not measurements alone; it must not record at once.
    `report` is told of what failed after an entry was judged and recorded: that stops nothing, and is on every screen."""

    def __init__(
        self, clock: Clock, judging: Judging, devices: DeviceTable, telemetry: Telemetry, report: Callable[[str, str], None]
    ) -> None:
        self._clock = clock
        self._judging = judging
        self._devices = devices
        self._telemetry = telemetry
        self._report = report
        self.journal: deque[Happened] = deque(maxlen=JOURNAL_ENTRIES)

    def join(self, recorder: Recorder, look: Callable[[Runner], None], follow: Follow) -> None:
        """The parts that themselves need this one. Once, before anything else."""
        self._recorder = recorder
        self._look = look
        self._follow = follow

    def apply(self, runner: Runner, body: Input) -> Made:
        """To be recorded next. Raises Refused, JudgingFailed; what fell due before a refused input is recorded all the same."""
        try:
            return self._judging.of(runner, runner.apply, body, self._clock.now_ms())
        except Refused as refusal:
            if refusal.steps:
                self.record(runner, self._judging.of(runner, runner.number, refusal.steps))
            raise

    def tell(self, runner: Runner, body: Input) -> bool:
        """An input of the monitor's own, that nobody waits for. False where the session does not take it."""
        try:
            made = self.apply(runner, body)
        except Refused:
            return False
        self.record(runner, made)
        return True

    def measure(self, runner: Runner, measurements: Iterable[Measurement], received_at_ms: int) -> list[Made]:
        """All measurements of a frame, recorded, or none of them. Raises JudgingFailed."""
        of, now_ms = self._judging.of, self._clock.now_ms
        made = [of(runner, runner.measure, each, received_at_ms, now_ms()) for each in measurements]
        for each in made:
            self.record(runner, each)
        return made

    def advance(self, runner: Runner) -> None:
        """Its deadline has come."""
        with suppress(JudgingFailed):
            made = self._judging.of(runner, runner.advance, self._clock.now_ms())
            if made[0] or made[1]:
                self.record(runner, made)

    def record(self, runner: Runner, made: Made) -> asyncio.Future[None]:
        """Done when it is on disk."""
        entries = made[0]
        done = self._recorder.add(runner, made)
        if len(entries) != 1 or type(entries[0].body) is not Measured:
            try:
                self._tell_of(runner, entries)
            except Exception as error:  # noqa: BLE001 - it is judged and on its way to the disk: what comes after must not undo that
                self.untold(runner, error)
        self._look(runner)
        return done

    def _tell_of(self, runner: Runner, entries: Sequence[Entry]) -> None:
        self._follow(runner, entries)
        count_alerts(self._telemetry, entries)
        for entry in entries:
            body = entry.body
            if type(body) is RemeasureRequested:
                self._devices.ask(runner.engine.channels[body.vital].device, body.vital, body.within_ms / 1000)
            if type(body) not in _QUIET and runner.told_figures.is_news(entry):
                self.journal.append(happened(entry))

    def untold(self, runner: Runner, error: Exception) -> None:
        """An entry is judged and recorded, and somebody who should hear of it did not."""
        self._report(f"untold {runner.session}", f"{runner.session}: what was judged could not be passed on ({type(error).__name__})")

    def view(self, runner: Runner) -> SessionNow | None:
        """As a screen shows it; None where its judging has failed so that it cannot even be looked at."""
        try:
            return runner.view(self._clock.now_ms())
        except Exception as error:  # noqa: BLE001 - one session's state must not keep the others from the screens
            self._judging.fail(runner, error)
            return None
