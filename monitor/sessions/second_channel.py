"""From an alert that nobody has seen or answered to a notice, and from what became of the notice to the session's log."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from monitor.clock import Clock
from monitor.notify.dispatch import Dispatcher
from monitor.notify.ports import Delivery, Notice
from monitor.sessions.calls import NO_CHANNEL, Call
from monitor.sessions.runner import Runner
from monitor.sessions.screens import Tell
from monitor.telemetry import Telemetry
from schemas.alert import Alert, AlertState, Priority
from schemas.log import AlertNotified, Entry
from schemas.measurement import Mode

NOT_CONFIGURED: Final = "no second channel is configured"
WARNING: Final = f"{NOT_CONFIGURED}: an alert that no screen shows reaches nobody"
_UNANSWERED: Final = frozenset({AlertState.ACTIVE, AlertState.LATCHED})


class SecondChannel:
    """Owned by the event loop. `tell` records an input in a session's log; it is called in a turn of its own, never while another input
    is on its way there."""

    def __init__(
        self, dispatcher: Dispatcher, clock: Clock, runners: dict[str, Runner], tell: Tell, telemetry: Telemetry, *, public_url: str
    ) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._runners = runners
        self._tell = tell
        self._telemetry = telemetry
        self._public_url = public_url
        self._failing: dict[str, str] = {}  # channel -> what its last attempt came to

    def start(self, on_death: Callable[[str], None]) -> None:
        self._dispatcher.start(on_death)

    async def stop(self) -> None:
        await self._dispatcher.stop()

    @property
    def is_alive(self) -> bool:
        return self._dispatcher.is_alive

    def warnings(self) -> tuple[str, ...]:
        """What people should know of it beforehand."""
        if not self._dispatcher.channels:
            return (WARNING,)
        return tuple(f"second channel {name}: the last notice was not delivered ({detail})" for name, detail in self._failing.items())

    def follow(self, runner: Runner, entries: Sequence[Entry]) -> None:
        """These entries are in the log: whoever is to be called, is."""
        for entry in entries:
            call = runner.calls.follow(entry)
            if call is not None:
                self._call(runner, call)

    def resume(self, runner: Runner) -> None:
        """After a restart: what was owed when the process ended, and still is."""
        for call in list(runner.calls.owed.values()):
            alert = _unanswered(runner, call.alert.id)
            if alert is not None and (call.why != "unseen" or alert.shown_at_ms is None):
                self._call(runner, call)

    def path_silent(self, reason: str) -> None:
        """The monitor's own: alerts may not reach any screen."""
        at_ms = self._clock.now_ms()
        notice = Notice(
            id=f"monitor/path_silent/{at_ms}",
            at_ms=at_ms,
            room="",
            title="The alert path does not answer",
            priority=Priority.HIGH,
            reason=reason,
            why="path_silent",
            escalation=0,
            mode=Mode.REAL,
            link=self._public_url,
        )
        self._dispatcher.send(notice, self._count)

    def _call(self, runner: Runner, call: Call) -> None:
        alert = call.alert
        if not self._dispatcher.channels:
            if alert.id not in runner.calls.without_channel:
                runner.calls.without_channel.add(alert.id)
                nothing = Delivery(is_delivered=False, detail=NOT_CONFIGURED)
                asyncio.get_running_loop().call_soon(self._came_to, runner.session, alert.id, NO_CHANNEL, nothing)
            return
        notice = Notice(
            id=f"{runner.session}/{alert.id}/{call.why}/{alert.escalation}",
            at_ms=call.at_ms,
            room=runner.engine.created.room,
            title=alert.title,
            priority=alert.priority,
            reason=alert.reason,
            why=call.why,
            escalation=alert.escalation,
            mode=runner.engine.mode,
            link=f"{self._public_url}/session/{runner.session}",
        )
        self._dispatcher.send(notice, partial(self._came_to, runner.session, alert.id), partial(_is_still_wanted, runner, alert.id))

    def _came_to(self, session: str, alert: str, channel: str, delivery: Delivery) -> None:
        self._count(channel, delivery)
        runner = self._runners.get(session)
        if runner is not None:  # a log that has ended takes nothing more; the figures have it
            self._tell(runner, AlertNotified(alert, channel, delivery.detail, delivery.is_delivered))

    def _count(self, channel: str, delivery: Delivery) -> None:
        self._telemetry.notified.labels(channel, "delivered" if delivery.is_delivered else "failed").inc()
        if delivery.is_delivered:
            self._failing.pop(channel, None)
        elif channel != NO_CHANNEL:
            self._failing[channel] = delivery.detail


def _unanswered(runner: Runner, alert: str) -> Alert | None:
    """The alert as it stands, while somebody must still answer it."""
    return next((one for one in runner.engine.alerts() if one.id == alert and one.state in _UNANSWERED), None)


def _is_still_wanted(runner: Runner, alert: str) -> bool:
    """Nobody is called to what is answered or over. A session whose judging failed knows nothing of its alerts: its calls go on."""
    return runner.is_over or _unanswered(runner, alert) is not None
