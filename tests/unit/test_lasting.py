"""Tasks that last: their death is told, an orderly stop is not."""

import asyncio

from monitor.lasting import Lasting


async def for_ever() -> None:
    await asyncio.Event().wait()


async def broken() -> None:
    raise ZeroDivisionError("x")


async def over() -> None:
    return


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_orderly_stop_is_no_death() -> None:
    told: list[str] = []
    task = Lasting("the heartbeat")
    assert not task.is_alive
    await task.stop()
    task.start(for_ever(), told.append)
    await turns()
    assert task.is_alive
    await task.stop()
    assert not task.is_alive
    assert told == []


async def test_a_death_is_told_with_its_cause() -> None:
    told: list[str] = []
    task = Lasting("the heartbeat")
    task.start(broken(), told.append)
    await turns()
    assert not task.is_alive
    assert told == ["the heartbeat died: ZeroDivisionError('x')"]


async def test_to_end_by_itself_is_a_death_too() -> None:
    told: list[str] = []
    Lasting("the heartbeat").start(over(), told.append)
    await turns()
    assert told == ["the heartbeat died: None"]
