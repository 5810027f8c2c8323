"""Figures of the monitor about itself, for /metrics in the Prometheus text format. No figure names a patient, a person or a session.

Nothing is done for a reading but to add integers, once a frame; whatever can be asked for when somebody looks is asked for then.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LOOK_EVERY_S: Final = 1.0
_FAST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_PERSON_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a line for the age of each counter says nothing here that the process's start does not


class Telemetry:
    """Of one installation; there is no global one. `measurements` and `readings` are plain integers, raised by whoever takes frames."""

    def __init__(self) -> None:
        self.registry = made = CollectorRegistry()
        self.measurements = 0
        self.readings = 0
        made.register(_Taken(self))
        self.refused = Counter("infusion_refused", "Input that was refused and kept aside.", registry=made)
        self.before_binding = Counter(
            "infusion_readings_before_binding", "Readings measured before their device was bound: kept in no record.", registry=made
        )
        self.alerts = Counter("infusion_alerts_raised", "Alerts raised.", ("rule", "priority"), registry=made)
        self.unseen = Counter("infusion_alerts_unseen", "Alerts that no screen had shown in time.", ("priority",), registry=made)
        self.escalated = Counter("infusion_alerts_escalated", "Escalations of alerts that nobody had acknowledged.", registry=made)
        self.notified = Counter("infusion_notifications", "Attempts of the second channel.", ("channel", "result"), registry=made)
        self.receipts = Counter("infusion_receipts", "What screens said they have shown.", ("outcome",), registry=made)
        self.malformed = Counter("infusion_screen_malformed", "Messages of screens that were not understood.", registry=made)
        self.shown = _histogram("infusion_alert_shown", "From the raising of an alert to a screen's receipt.", _PERSON_S, made)
        self.canary = _histogram("infusion_canary", "From a canary falling due to its frame at a subscriber.", _FAST_S, made)
        self.canary_last = Gauge("infusion_canary_last_seconds", "The newest canary's time, of those that came through.", registry=made)
        self.canary_painted = _histogram("infusion_canary_painted", "From a canary falling due to a screen's receipt.", _PERSON_S, made)
        self.canary_failed = Counter("infusion_canary_failed", "Canaries that did not come through in time.", registry=made)
        self.judging_failed = Counter("infusion_judging_failed", "Sessions whose judging ended by a fault.", registry=made)
        self.commits = _histogram("infusion_commit", "From handing a batch to the store to its being on disk.", _FAST_S, made)
        self.loop_lag = _histogram("infusion_event_loop_lag", "By how much the event loop was late, looked at each second.", _FAST_S, made)

    def ask(self, name: str, help_text: str, figure: Callable[[], float]) -> None:
        """A figure that is asked for when somebody looks."""
        Gauge(name, help_text, registry=self.registry).set_function(figure)

    def text(self) -> bytes:
        return generate_latest(self.registry)

    async def watch_loop(self) -> None:
        """For ever: how late the event loop comes round to what is due."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            self.loop_lag.observe(max(0.0, loop.time() - due_s))


class _Taken(Collector):
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily("infusion_measurements", "Measurements taken.", value=self._telemetry.measurements)
        yield CounterMetricFamily("infusion_readings", "Readings taken.", value=self._telemetry.readings)


def _histogram(name: str, help_text: str, buckets: tuple[float, ...], registry: CollectorRegistry) -> Histogram:
    return Histogram(f"{name}_seconds", help_text, buckets=buckets, registry=registry)
