"""A fresh door for every test."""

import pytest

from monitor.access.memory import MemoryAccessStore
from tests.unit.access.door import CountingHasher, Door, HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store() -> MemoryAccessStore:
    return MemoryAccessStore()


@pytest.fixture
async def door(store: MemoryAccessStore, clock: HandClock) -> Door:
    door = Door(store, clock, CountingHasher())
    await door.start()
    return door
