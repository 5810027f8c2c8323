"""Which screens watch, and what they have shown: each session's log is told, so that a rule can say "nobody is watching".

Whether a screen watches is a matter of real time, also in an installation whose clock runs fast: a person looks no faster. A change is told
to every open session at once, then at most once in TELL_EVERY_MS; what changed and changed back in between is not told.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from monitor.clock import Clock, event_or_time
from monitor.lasting import Lasting
from monitor.sessions.runner import Runner
from monitor.stream.watching import NOBODY, Watchers, Watching
from monitor.telemetry import Telemetry
from schemas.alert import Alert
from schemas.log import AlertShown, Input, ScreensChanged
from schemas.stream_wire import ShownAlert

TELL_EVERY_MS: Final = 2_000
SLICE: Final = 200  # sessions told before the event loop gets its turn

Tell = Callable[[Runner, Input], bool]  # False: the session does not take it


class Screens:
    """Owned by the event loop. `clock` is real time, `now_ms` the installation's. `tell` records an input in a session's log."""

    def __init__(
        self,
        clock: Clock,
        now_ms: Callable[[], int],
        runners: dict[str, Runner],
        tell: Tell,
        canary_shown: Callable[[int, str], None],
        telemetry: Telemetry,
    ) -> None:
        self._clock = clock
        self._now_ms = now_ms
        self._runners = runners
        self._tell = tell
        self._canary_shown = canary_shown
        self._telemetry = telemetry
        self._watching = Watching()
        self._told: Watchers = NOBODY
        self._news = asyncio.Event()
        self._task = Lasting("the watch over screens")
        self._next_screen = 0

    # --- life ---------------------------------------------------------------------------------------------------------------------

    def start(self, on_death: Callable[[str], None]) -> None:
        self._task.start(self._run(), on_death)

    async def stop(self) -> None:
        await self._task.stop()

    @property
    def is_alive(self) -> bool:
        return self._task.is_alive

    # --- what screens say -----------------------------------------------------------------------------------------------------------

    def arrived(self) -> int:
        """A number for a new connection."""
        self._next_screen += 1
        return self._next_screen

    def said(self, screen: int, person: str, *, is_ready: bool) -> None:
        """A clinician's screen said whether it can be seen and heard. Nobody else's counts."""
        if self._watching.said(screen, person, self._clock.now_ms(), is_ready=is_ready):
            self._news.set()

    def left(self, screen: int) -> None:
        self._watching.left(screen)
        self._news.set()

    def watchers(self) -> Watchers:
        return self._watching.now(self._clock.now_ms())

    def shown(self, screen: int, person: str, alerts: Iterable[ShownAlert]) -> None:
        """A screen has drawn these. Each is recorded once for each alert and person, and only of a screen that watches; the rest is counted
        by what was wrong with it and otherwise ignored."""
        is_watching = self._watching.is_watching(screen, self._clock.now_ms())
        for each in alerts:
            if not is_watching:
                outcome = "not_watching"
            elif not each.session:
                outcome = "canary"
                self._canary_shown(screen, each.alert)
            else:
                outcome = self._receive(self._runners.get(each.session), each.alert, person)
            self._telemetry.receipts.labels(outcome).inc()

    def _receive(self, runner: Runner | None, alert_id: str, person: str) -> str:
        if runner is None:
            return "unknown_session"
        if runner.is_over:
            return "not_judged"
        open_alerts: dict[str, Alert] = {alert.id: alert for alert in runner.engine.alerts()}
        alert = open_alerts.get(alert_id)
        if alert is None or alert.raised_at_ms is None:
            return "unknown_alert"
        if (alert_id, person) in runner.receipts:
            return "repeated"
        runner.receipts = {receipt for receipt in runner.receipts if receipt[0] in open_alerts}
        runner.receipts.add((alert_id, person))
        latency_ms = max(0, self._now_ms() - alert.raised_at_ms)
        if not self._tell(runner, AlertShown(alert_id, person, latency_ms)):
            return "unknown_alert"
        self._telemetry.shown.observe(latency_ms / 1000)
        return "taken"

    # --- what sessions are told -----------------------------------------------------------------------------------------------------

    def introduce(self, runner: Runner) -> None:
        """A session that begins, or was rebuilt, hears what the others were told last; what has changed since they all hear together."""
        self._tell_one(runner, self._told)

    def _tell_one(self, runner: Runner, watchers: Watchers) -> None:
        if runner.watched_by != watchers:
            runner.watched_by = watchers
            self._tell(runner, ScreensChanged(watchers.people, watchers.screens))

    async def _run(self) -> None:
        while True:
            await self._change()
            self._told = self.watchers()
            for number, runner in enumerate(list(self._runners.values()), 1):
                if self._runners.get(runner.session) is runner:  # it may have ended since
                    self._tell_one(runner, self._told)
                if number % SLICE == 0:
                    await asyncio.sleep(0)
            await self._clock.sleep_until(self._clock.now_ms() + TELL_EVERY_MS)

    async def _change(self) -> None:
        """Returns when other screens watch than was told last."""
        while self.watchers() == self._told:
            self._news.clear()
            await event_or_time(self._news, self._clock, self._watching.next_end_ms(self._clock.now_ms()))
