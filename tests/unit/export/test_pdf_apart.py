"""A long session is painted in another process, to the same bytes; a short one is not worth it."""

import os
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from monitor.export.pdf import apart
from monitor.export.pdf.apart import APART_FROM_MS, painted_apart
from monitor.export.pdf.gather import Gathered, SessionHasNoBeginning, gather
from monitor.export.pdf.report import painted
from monitor.export.selection import select
from tests.unit.export.paper_log import paper_log
from tests.unit.export.session_log import FakeStore, Log, short_log, stamp_of


async def gathered(log: Log) -> Gathered:
    store = FakeStore(log, chunk=500)
    return await gather(store, await select(store, log.id), stamp_of(), ZoneInfo("Europe/Berlin"))


def process(_: Gathered) -> bytes:
    return str(os.getpid()).encode()


def refuse(_: Gathered) -> bytes:
    raise SessionHasNoBeginning("said there")


async def test_a_long_session_is_painted_elsewhere_and_a_short_one_here():
    short = await gathered(short_log())
    long = replace(short, last_ms=short.first_ms + APART_FROM_MS)
    assert await painted_apart(process, short) == process(short)
    assert await painted_apart(process, long) != process(long)
    with pytest.raises(SessionHasNoBeginning, match="said there"):
        await painted_apart(refuse, long)


async def test_the_bytes_are_the_same_wherever_they_are_painted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "APART_FROM_MS", 0)
    about = await gathered(paper_log())
    assert await painted_apart(painted, about) == painted(about)
