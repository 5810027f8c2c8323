"""Fixtures of the simulators' tests."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.simulators.fake_monitor import FakeMonitor


@pytest.fixture
async def monitor() -> AsyncIterator[FakeMonitor]:
    async with FakeMonitor().running() as running:
        yield running
