"""What is said of sessions that have ended: bounded, also where those who asked are gone."""

import asyncio
from typing import Any

import pytest

from monitor.clock import ManualClock
from monitor.core.refused import Refused
from monitor.sessions import afterwards
from monitor.sessions.afterwards import MAX_WAITING, Afterwards
from schemas.patient import PatientCorrected

BODY = PatientCorrected(by="ben", code="A-17", old_code=None, reason="mistyped", request="r-1")


class Recorder:
    def need_store(self) -> None:
        return None

    async def settled(self) -> None:
        await asyncio.Event().wait()  # the disk does not answer


async def test_who_goes_away_makes_no_room_for_another() -> None:
    corrections: Any = Afterwards(None, ManualClock(0), Recorder())  # it does not come to the store
    asked = [asyncio.create_task(corrections.correct("S-000001", BODY)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    for one in asked:
        one.cancel()
    await asyncio.wait(asked)
    with pytest.raises(Refused, match="try again"):
        async with asyncio.timeout(10):
            await corrections.correct("S-000001", BODY)


async def test_what_is_done_or_fails_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreadable(*_: object) -> None:
        raise KeyError("S-000001")

    monkeypatch.setattr(afterwards, "rebuild", unreadable)
    monkeypatch.setattr(Recorder, "settled", lambda _: asyncio.sleep(0))
    corrections: Any = Afterwards(None, ManualClock(0), Recorder())
    for _ in range(MAX_WAITING + 1):
        with pytest.raises(KeyError):
            await corrections.correct("S-000001", BODY)
