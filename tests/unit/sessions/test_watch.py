"""The watch over deadlines: each session at its time, the earlier first, and others get their turn."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from monitor.clock import ManualClock
from monitor.core.engine import NEVER_MS
from monitor.sessions import watch as watch_module
from monitor.sessions.runner import Runner
from monitor.sessions.watch import Watch
from tests.unit.sessions.ward import turns


@dataclass
class Sleeper:
    """What the watch sees of a runner."""

    name: str
    wake_ms: int
    scheduled_ms: int = NEVER_MS
    woken: list[int] = field(default_factory=list)


class Night:
    def __init__(self) -> None:
        self.clock = ManualClock(0)
        self.order: list[str] = []
        self.again_after_ms = NEVER_MS
        self.watch = Watch(self.clock, self._advance)
        self.deaths: list[str] = []

    def _advance(self, runner: Runner) -> None:
        sleeper = cast(Sleeper, runner)
        self.order.append(sleeper.name)
        sleeper.woken.append(self.clock.now_ms())
        sleeper.wake_ms = self.clock.now_ms() + self.again_after_ms

    def look(self, sleeper: Sleeper) -> None:
        self.watch.look(cast(Runner, sleeper))


@pytest.fixture
async def night() -> AsyncIterator[Night]:
    night = Night()
    night.watch.start(night.deaths.append)
    yield night
    await night.watch.stop()


async def test_each_is_woken_at_its_time(night: Night) -> None:
    sleepers = [Sleeper("late", 200), Sleeper("early", 100), Sleeper("last", 300)]
    for sleeper in sleepers:
        night.look(sleeper)
    for _ in range(30):
        await turns()
        night.clock.advance(10)
    await turns()
    assert [(sleeper.name, sleeper.woken) for sleeper in sleepers] == [("late", [200]), ("early", [100]), ("last", [300])]


async def test_an_earlier_wake_takes_the_place_of_a_later_one(night: Night) -> None:
    sleeper = Sleeper("a", 300)
    night.look(sleeper)
    await turns()
    sleeper.wake_ms = 100
    night.look(sleeper)
    sleeper.wake_ms = 200
    night.look(sleeper)  # a later one is not noted: it will be when the earlier one has come
    for _ in range(5):
        await turns()
        night.clock.advance(100)
    await turns()
    assert sleeper.woken == [100]


async def test_it_goes_on_from_wake_to_wake(night: Night) -> None:
    night.again_after_ms = 100
    sleeper = Sleeper("a", 100)
    night.look(sleeper)
    for _ in range(50):
        await turns()
        night.clock.advance(10)
    await turns()
    assert sleeper.woken == [100, 200, 300, 400, 500]


async def test_many_that_are_due_at_once_leave_others_their_turn(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "SLICE", 10)
    for number in range(35):
        night.look(Sleeper(str(number), 0))
    seen = []
    while len(night.order) < 35:
        await asyncio.sleep(0)
        seen.append(len(night.order))
    assert {10, 20, 30} <= set(seen)


async def test_its_life_and_death_are_known(night: Night) -> None:
    assert night.watch.is_alive
    await night.watch.stop()
    assert not night.watch.is_alive
    assert night.deaths == [], "to be stopped is not to die"
    unborn = Watch(night.clock, night._advance)
    await unborn.stop()
    assert not unborn.is_alive
