"""What of the sessions goes into the figures at /metrics."""

from collections.abc import Iterable, Mapping

from monitor.sessions.judging import Judging
from monitor.sessions.recorder import Recorder
from monitor.sessions.runner import Runner
from monitor.sessions.screens import Screens
from monitor.stream.hub import Hub
from monitor.telemetry import Telemetry
from schemas.alert import RAISES, Why
from schemas.log import AlertChanged, Entry


def count_alerts(telemetry: Telemetry, entries: Iterable[Entry]) -> None:
    for entry in entries:
        body = entry.body
        if type(body) is AlertChanged:
            if body.why in RAISES:
                telemetry.alerts.labels(body.alert.rule, body.alert.priority.value).inc()
            elif body.why is Why.UNSEEN:
                telemetry.unseen.labels(body.alert.priority.value).inc()
            elif body.why is Why.ESCALATED:
                telemetry.escalated.inc()


def offer_figures(
    telemetry: Telemetry, hub: Hub, recorder: Recorder, screens: Screens, runners: Mapping[str, Runner], judging: Judging
) -> None:
    """Those that are asked for when somebody looks."""
    telemetry.ask("infusion_screens_connected", "Screens that are connected.", lambda: hub.viewers)
    telemetry.ask("infusion_screens_watching", "Clinicians' screens that are visible and can sound.", lambda: screens.watchers().screens)
    telemetry.ask("infusion_sessions_open", "Open sessions.", lambda: len(runners))
    telemetry.ask("infusion_sessions_not_judged", "Sessions whose judging has failed.", lambda: len(judging.failed))
    telemetry.ask("infusion_entries_waiting", "Entries on their way to the disk.", lambda: recorder.waiting)
