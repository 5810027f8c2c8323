"""What a gateway says of itself: figures in the Prometheus text format, and one line for people. Never a value of a patient."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.gateway.supervision import Supervised
from monitor.gateway.uplink import Uplink
from monitor.store.spool import Tally

Waiting = Callable[[str], int]


class _Families(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def figures(adapters: Sequence[Supervised], uplinks: Mapping[str, Uplink], tally: Tally, waiting: Waiting) -> bytes:
    running = GaugeMetricFamily("infusion_gateway_adapter_running", "1 while an adapter runs.", labels=["adapter"])
    connected = GaugeMetricFamily("infusion_gateway_adapter_connected", "1 while its line is open.", labels=["adapter"])
    crashes = CounterMetricFamily("infusion_gateway_adapter_crashes", "Times an adapter ended.", labels=["adapter"])
    not_kept = CounterMetricFamily("infusion_gateway_not_kept", "Times the spool could not be written.", labels=["adapter"])
    for adapter in adapters:
        running.add_metric([adapter.name], adapter.is_running)
        connected.add_metric([adapter.name], adapter.is_connected)
        crashes.add_metric([adapter.name], adapter.crashes)
        not_kept.add_metric([adapter.name], adapter.not_kept)
    linked = GaugeMetricFamily("infusion_gateway_monitor_connected", "1 while the monitor answers.", labels=["device"])
    held = GaugeMetricFamily("infusion_gateway_waiting", "Measurements the monitor does not have yet.", labels=["device"])
    for name, uplink in uplinks.items():
        linked.add_metric([name], uplink.is_connected)
        held.add_metric([name], waiting(name))
    items = CounterMetricFamily("infusion_gateway_items", "What became of what devices said, by the spool.", labels=["device", "what"])
    for (device, what), number in sorted(tally.items()):
        items.add_metric([device, what], number)
    registry = CollectorRegistry()
    registry.register(_Families([running, connected, crashes, not_kept, linked, held, items]))
    return generate_latest(registry)


def status_line(adapters: Sequence[Supervised], uplinks: Mapping[str, Uplink], tally: Tally, waiting: Waiting) -> str:
    lines = [
        f"{adapter.name} {'connected' if adapter.is_connected else 'NOT connected'}"
        + (f", crashed {adapter.crashes} times" if adapter.crashes else "")
        for adapter in adapters
    ]
    for name, uplink in uplinks.items():
        given_up = tally[name, "thinned"] + tally[name, "dropped"]
        lines.append(
            f"{name} {'sends' if uplink.is_connected else 'WAITS'}: {tally[name, 'stored']} stored, {waiting(name)} waiting"
            + (f", {given_up} GIVEN UP" if given_up else "")
        )
    return "; ".join(lines)
