"""A session that has ended is freed by itself: the monitor looks for cycles seldom (`cli/serve.py`), and what is in none needs no look."""

import asyncio
import gc
from weakref import ref

import pytest

from schemas.log import PhaseOrdered
from schemas.session import Phase
from tests.unit.sessions.ward import Ward


@pytest.mark.parametrize("is_held", [False, True], ids=["freed", "held"])
async def test_an_ended_session_is_in_no_cycle(is_held: bool) -> None:
    """`held`: the test would see one that is not freed."""
    ward = Ward()
    await ward.start()
    session = await ward.infusing()
    runner = ward.registry.open_sessions()[0]
    gone = ref(runner.engine)
    gc.collect()
    gc.disable()
    try:
        await ward.registry.command(session, PhaseOrdered(by="ben", phase=Phase.ABORTED, override="test"))
        cycle = [runner] if is_held else []
        cycle.append(cycle)
        del runner, cycle
        for _ in range(20):
            ward.clock.advance(1_000)  # the deadlines that it still had
            for _ in range(20):
                await asyncio.sleep(0)
        assert (gone() is not None) is is_held
    finally:
        gc.enable()
    await ward.die()
