"""Adapters side by side: what becomes of one is told and never stops another; what was kept is on disk before the adapter goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.adapters.base import AdapterError, Keep, Setup
from monitor.adapters.device_time import DeviceTime, TimeBasis
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Condition, DeviceMeasurement, DeviceStatus, Origin, measured
from monitor.clock import ManualClock
from monitor.gateway.config import AdapterConfig, DeviceConfig, GatewayConfig
from monitor.gateway.run import Gateway
from monitor.gateway.spooling import Spooling
from monitor.gateway.uplink import Lost, Socket
from monitor.store.ports import StoreFailed
from monitor.store.spool import Spool
from schemas.measurement import Mode
from tests.unit.api.asgi_socket import turns
from tests.unit.gateway.monitor_here import Inline, waits
from tests.unit.gateway.puppet import Puppet

SPO2 = measured(Quantity.SPO2, Decimal(97), "%", Origin("SPO2", "97"))


class Edge:
    """A gateway of two puppets and no monitor in reach."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.told: list[str] = []
        self.puppets: dict[str, list[Puppet]] = {}
        adapters = tuple(
            AdapterConfig("puppet", address, (DeviceConfig(name, folder / "token"),)) for name, address in (("oxi-1", "a"), ("oxi-2", "b"))
        )
        config = GatewayConfig("http://monitor.example", adapters, metrics_file=folder / "gateway.prom")
        self.spooling = Spooling(folder / "spool", 1_000, Inline())
        self.gateway = Gateway(
            config, self.spooling, self.clock, waits=waits, dial=lambda _: _no_way, boot="b1", tell=self.told.append, make=self._make
        )

    def _make(self, name: str, setup: Setup) -> Puppet:
        made = Puppet(setup)
        self.puppets.setdefault(setup.address, []).append(made)
        return made

    async def order(self, address: str, order: object) -> None:
        self.puppets[address][-1].orders.put_nowait(order)
        await turns(60)

    def spo2(self) -> DeviceMeasurement:
        return DeviceMeasurement(self.clock.now_ms(), Mode.REAL, (SPO2,))

    async def wait(self, ms: int) -> None:
        self.clock.advance(ms)
        await turns(60)


@asynccontextmanager
async def _no_way() -> AsyncIterator[Socket]:
    raise Lost("no way to the monitor")
    yield


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    made = Edge(tmp_path)
    running = asyncio.ensure_future(made.gateway.run())
    await turns(60)
    yield made
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    made.spooling.close()


@pytest.mark.parametrize("end", [RuntimeError("a bug"), OSError("gone"), MemoryError(), asyncio.CancelledError(), SystemExit(1), "end"])
async def test_one_adapter_s_end_is_told_and_stops_no_other(edge: Edge, end: object) -> None:
    for crash in range(1, 4):
        await edge.order("a", end)
        await edge.order("b", edge.spo2())
        assert edge.spooling.waiting("oxi-2") == crash
        assert edge.gateway.adapters[0].crashes == crash
        assert not edge.gateway.adapters[0].is_running
        await edge.wait(200)
        assert edge.gateway.adapters[0].is_running, "it is put up again"
    await edge.order("a", edge.spo2())
    assert edge.spooling.waiting("oxi-1") == 1
    assert [line for line in edge.told if "CRASHED (3)" in line and line.startswith("puppet at a")]
    assert len(edge.puppets["a"]) == 4
    assert len(edge.puppets["b"]) == 1


async def test_an_adapter_that_will_not_be_cancelled_ends_all_the_same(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(puppet: Puppet, keep: Keep) -> None:
        with suppress(asyncio.CancelledError):
            await puppet.orders.get()

    monkeypatch.setattr(Puppet, "run", run)
    adapter = edge.gateway.adapters[0]
    running = asyncio.ensure_future(adapter.run())
    await turns(60)
    running.cancel()
    await turns(60)
    assert running.cancelled()


async def test_a_lost_line_is_told_and_shown(edge: Edge) -> None:
    await edge.order("a", DeviceStatus(0, Condition.CONNECTED, holds=True, why="a"))
    await edge.order("a", DeviceStatus(0, Condition.CONNECTED, holds=False, why="unplugged"))
    assert edge.told[-2:] == ["puppet at a: connected: a", "puppet at a: NOT connected: unplugged"]


async def test_what_waited_on_its_way_is_told_where_the_screen_shows_nothing(edge: Edge) -> None:
    for waited_ms in (0, 600_000, 600_000):
        at_ms = edge.clock.now_ms() - waited_ms
        time = DeviceTime(str(at_ms), at_ms, TimeBasis.WIRE)
        await edge.order("a", DeviceMeasurement(edge.clock.now_ms(), Mode.REAL, (SPO2,), time=time))
        edge.clock.advance(1_000)
    assert [line for line in edge.told if "waited" in line] == [
        "oxi-1: 1 measurements that waited on their way, by the device's own clock: history, not shown as now"
    ]


async def test_figures_and_the_status_line_count_what_became_of_everything(edge: Edge, tmp_path: Path) -> None:
    await edge.order("a", edge.spo2())
    await edge.order("a", RuntimeError("a bug"))
    for _ in range(6):
        await edge.wait(10_000)
    text = (tmp_path / "gateway.prom").read_text()
    assert 'infusion_gateway_adapter_crashes_total{adapter="puppet at a"} 1.0' in text
    assert 'infusion_gateway_adapter_running{adapter="puppet at b"} 1.0' in text
    assert 'infusion_gateway_waiting{device="oxi-1"} 1.0' in text
    assert 'infusion_gateway_items_total{device="oxi-1",what="kept"} 1.0' in text
    assert "oxi-1 WAITS: 0 stored, 1 waiting" in edge.told[-1]
    assert "crashed 1 times" in edge.told[-1]


async def test_a_full_disk_is_told_refused_to_the_device_and_got_over(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Spool, "keep", _failing(StoreFailed("full", "no room")))
        await edge.order("a", edge.spo2())
    await edge.order("a", edge.spo2())
    assert edge.puppets["a"][0].refusals == ["no room"]
    assert (edge.gateway.adapters[0].not_kept, edge.gateway.adapters[0].crashes, edge.spooling.waiting("oxi-1")) == (1, 0, 1)
    assert any("no room" in line for line in edge.told)


async def test_a_disk_that_failed_ends_the_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept any more must not look as if it were."""
    edge = Edge(tmp_path)
    running = asyncio.ensure_future(edge.gateway.run())
    await turns(60)
    monkeypatch.setattr(Spool, "keep", _failing(StoreFailed("io", "the disk failed")))
    await edge.order("a", edge.spo2())
    await asyncio.wait({running})
    found = running.exception()
    assert isinstance(found, ExceptionGroup)
    assert [str(error) for error in found.exceptions] == ["the disk failed"]
    edge.spooling.close()


def _failing(error: StoreFailed) -> Callable[..., object]:
    def keep(*_: object) -> object:
        raise error

    return keep


def test_an_adapter_that_cannot_be_configured_so_stops_the_start(tmp_path: Path) -> None:
    config = GatewayConfig("http://m", (AdapterConfig("masimo", "nowhere", (DeviceConfig("oxi-1", tmp_path / "token"),)),))
    spooling = Spooling(tmp_path, 1_000, Inline())
    with pytest.raises(AdapterError, match="no address"):
        Gateway(config, spooling, ManualClock(), waits=waits, dial=lambda _: _no_way, boot="b1", tell=print)
    spooling.close()


def test_a_second_gateway_on_one_spool_is_refused(tmp_path: Path) -> None:
    first = Spooling(tmp_path, 1_000, Inline())
    with pytest.raises(StoreFailed) as refused:
        Spooling(tmp_path, 1_000, Inline())
    assert refused.value.kind == "in_use"
    first.close()
    Spooling(tmp_path, 1_000, Inline()).close()
