"""A wire that carries whole items can always be unplugged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.clock import SystemClock
from simulators.devices.carried import Carried, Deliver

PATIENCE_S = 20


async def test_a_client_that_loses_a_cancellation_does_not_hold_the_wire() -> None:
    """`asyncio.wait_for` of Python 3.11 returns its answer, and forgets the cancellation, where both come at once."""
    handed, lost = asyncio.Event(), list[str]()

    async def deliver(item: str) -> str:
        handed.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost.append(item)
        return "published"

    @asynccontextmanager
    async def connected() -> AsyncIterator[Deliver[str]]:
        yield deliver

    async with asyncio.timeout(PATIENCE_S):
        async with Carried(connected, SystemClock()) as wire:
            wire.send("a reading")
            await handed.wait()
    assert lost == ["a reading"]
