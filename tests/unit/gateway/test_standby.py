"""From an adapter to the session: a device that is put into standby, is switched off, or whose gateway sleeps. It ends well.

Ends well: while it rests nothing of before is shown as now and people are told; when it is back its values are of now at once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.adapters.base import Setup
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Condition, DeviceMeasurement, DeviceStatus, Origin, Told, measured, missing
from monitor.clock import ManualClock
from monitor.gateway.config import AdapterConfig, DeviceConfig, GatewayConfig
from monitor.gateway.run import Gateway
from monitor.gateway.spooling import Spooling
from schemas.log import Measured
from schemas.measurement import Mode, Reason
from schemas.stream_wire import DeviceNow, SessionNow
from schemas.vitals import Vital
from tests.unit.api.asgi_socket import turns
from tests.unit.api.house import House, house
from tests.unit.gateway.monitor_here import Inline, MonitorHere, waits
from tests.unit.gateway.puppet import Puppet

NAME = "monitor-1"
RESTS_S = 40
PULSE, SPO2 = Quantity.HEART_RATE, Quantity.SPO2


class Bedside:
    """A gateway with one adapter, of which the test is the device, and the monitor; all in one event loop, by clocks that can part."""

    def __init__(self, built: House, session: str, folder: Path) -> None:
        self.house = built
        self.session = session
        self.clock = ManualClock(built.clock.now_ms())  # the gateway's
        self.monitor = MonitorHere(built, NAME)
        config = GatewayConfig("http://monitor.example", (AdapterConfig("puppet", "a", (DeviceConfig(NAME, folder, Mode.SIMULATED),)),))
        self.spooling = Spooling(folder / "spool", 1_000, Inline())
        self.gateway = Gateway(
            config,
            self.spooling,
            self.clock,
            waits=waits,
            dial=lambda _: self.monitor.dial,
            boot="b1",
            tell=lambda _: None,
            make=self._make,
        )

    def _make(self, _: str, setup: Setup) -> Puppet:
        self.device = Puppet(setup)
        return self.device

    async def tell(self, item: Told) -> None:
        self.device.orders.put_nowait(item)
        await turns(80)

    def values(self, hr: float | None, spo2: float | None) -> DeviceMeasurement:
        said = {PULSE: (hr, "/min"), SPO2: (spo2, "%")}
        made = tuple(
            missing(quantity, Origin(quantity)) if number is None else measured(quantity, Decimal(number), unit, Origin(quantity))
            for quantity, (number, unit) in said.items()
        )
        return DeviceMeasurement(self.clock.now_ms(), Mode.SIMULATED, made)

    async def second(self, item: Told | None = None) -> None:
        self.house.clock.advance(1_000)
        self.clock.advance(1_000)
        await turns(40)
        if item is not None:
            await self.tell(item)

    async def live(self, seconds: int = 5) -> None:
        for _ in range(seconds):
            await self.second(self.values(72, 98))
        assert self.shown_as_now() == {Vital.HEART_RATE: 72, Vital.SPO2: 98}

    # --- what a screen is given -----------------------------------------------------------------------------------------------------

    @property
    def view(self) -> SessionNow:
        return self.house.registry.view(self.session)

    @property
    def seen(self) -> DeviceNow:
        [device] = self.view.devices
        return device

    def shown_as_now(self) -> dict[Vital, float]:
        return {one.vital: one.value for one in self.view.vitals if one.value is not None and one.age_ms <= one.current_for_ms}

    def raised(self) -> set[str]:
        return {alert.rule for alert in self.view.alerts if alert.raised_at_ms is not None and alert.state == "active"}

    async def recorded(self) -> list[Measured]:
        return await self.monitor.recorded(self.session)


@asynccontextmanager
async def infusing(folder: Path) -> AsyncIterator[Bedside]:
    async with house(folder) as built:
        session, _ = await built.bound(NAME)
        await built.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing", "override": "not what this is about"})
        at = Bedside(built, session, folder)
        running = asyncio.ensure_future(at.gateway.run())
        await turns(80)
        await at.tell(DeviceStatus(at.clock.now_ms(), Condition.CONNECTED, holds=True))
        await at.live()
        try:
            yield at
        finally:
            running.cancel()
            await asyncio.wait({running})
            at.spooling.close()


def _silent(_: Bedside) -> None:
    return None


def _empty(at: Bedside) -> DeviceMeasurement:
    return at.values(None, None)


@pytest.mark.parametrize("rests", [_silent, _empty])
async def test_a_device_in_standby(tmp_path: Path, rests: Callable[[Bedside], Told | None]) -> None:
    """Some say nothing then, some say that they have no values."""
    async with infusing(tmp_path) as at:
        before = await at.recorded()
        await at.tell(DeviceStatus(at.clock.now_ms(), Condition.STANDBY, holds=True, why="standby"))
        assert [(one.name, one.is_state, one.text) for one in at.seen.says] == [("standby", True, "standby")]
        for _ in range(RESTS_S):
            await at.second(rests(at))
        assert at.shown_as_now() == {}
        assert {"TEC-M1", "TEC-M2"} <= at.raised(), "people are told, with or without the word of the device"
        assert all(one.value_milli is None for each in (await at.recorded())[len(before) :] for one in each.readings)
        await at.tell(DeviceStatus(at.clock.now_ms(), Condition.STANDBY, holds=False))
        assert at.seen.says == ()
        assert at.shown_as_now() == {}, "the end of a standby is no value"
        await at.live(1)
        assert not {"TEC-M1", "TEC-M2"} & at.raised()
        assert [one.readings[0].reason for one in (await at.recorded())[-1:]] == [Reason.NONE]


async def test_a_device_that_is_unplugged(tmp_path: Path) -> None:
    """Without its line nothing is known of it: its standby of before is not one of now."""
    async with infusing(tmp_path) as at:
        await at.tell(DeviceStatus(at.clock.now_ms(), Condition.STANDBY, holds=True))
        await at.tell(DeviceStatus(at.clock.now_ms(), Condition.CONNECTED, holds=False, why="unplugged"))
        assert at.seen.says == ()
        for _ in range(RESTS_S):
            await at.second()
        assert at.shown_as_now() == {}
        assert {"TEC-M1", "TEC-M2"} <= at.raised()
        await at.tell(DeviceStatus(at.clock.now_ms(), Condition.CONNECTED, holds=True))
        await at.live(1)
        assert not {"TEC-M1", "TEC-M2"} & at.raised()


async def _sleep(at: Bedside, seconds: int, *, is_counted: bool) -> None:
    """The gateway's machine sleeps: its line is dead, it reads nothing. `is_counted`: its clock has gone on meanwhile."""
    at.monitor.cut()
    await at.tell(at.values(99, 88))  # came in the last instant before, and is not sent any more
    for _ in range(seconds):
        at.house.clock.advance(1_000)
        await turns(4)
    if is_counted:
        at.clock.advance(1_000 * seconds)
    at.monitor.mend()


async def test_a_gateway_whose_machine_slept(tmp_path: Path) -> None:
    """Twenty minutes. What it had kept is history, the first value after it is of now."""
    async with infusing(tmp_path) as at:
        await _sleep(at, 1_200, is_counted=True)
        assert at.shown_as_now() == {}
        assert "TEC-M6" in at.raised()
        for _ in range(5):
            at.clock.advance(100)
            at.house.clock.advance(100)
            await turns(80)
        assert at.shown_as_now() == {}, "what it had kept is twenty minutes old"
        await at.live(1)
        assert {"TEC-M1", "TEC-M2", "TEC-M6"}.isdisjoint(at.raised())
        [kept] = [one for one in await at.recorded() if one.readings[0].value_milli == 99_000]
        assert {reading.reason for reading in kept.readings} == {Reason.LATE}


async def test_control_by_a_clock_that_stands_still_in_a_sleep_nothing_is_of_now_afterwards(tmp_path: Path) -> None:
    async with infusing(tmp_path) as at:
        await _sleep(at, 1_200, is_counted=False)
        with pytest.raises(AssertionError):
            await at.live(1)
