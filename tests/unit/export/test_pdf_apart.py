"""A long session is painted in another process, to the same bytes; a short one is not worth it."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import pytest
from fpdf import FPDF
from msgspec.structs import replace

from monitor.export.pdf import apart
from monitor.export.pdf.apart import APART_FROM_MS, painted_apart
from monitor.export.pdf.gather import Gathered, SessionHasNoBeginning, gather
from monitor.export.pdf.paint import Paper
from monitor.export.pdf.report import paint
from monitor.export.selection import select
from tests.unit.export.paper_log import paper_log
from tests.unit.export.session_log import FakeStore, Log, short_log, stamp_of


async def gathered(log: Log) -> Gathered:
    store = FakeStore(log, chunk=500)
    return await gather(store, await select(store, log.id), stamp_of(), ZoneInfo("Europe/Berlin"))


async def made(paint: Callable[[Gathered, BinaryIO], None], about: Gathered) -> bytes:
    return b"".join([block async for block in painted_apart(paint, about)])


def process(_: Gathered, file: BinaryIO) -> None:
    file.write(str(os.getpid()).encode())


def refuse(_: Gathered, file: BinaryIO) -> None:
    file.write(b"begun")
    raise SessionHasNoBeginning("said there")


async def test_a_long_session_is_painted_elsewhere_and_a_short_one_here():
    short = await gathered(short_log())
    long = replace(short, last_ms=short.first_ms + APART_FROM_MS)
    here = str(os.getpid()).encode()
    assert await made(process, short) == here
    assert await made(process, long) not in {here, b""}
    with pytest.raises(SessionHasNoBeginning, match="said there"):
        await made(refuse, long)


async def test_the_bytes_are_the_same_wherever_they_are_painted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "APART_FROM_MS", 0)
    about, here = await gathered(paper_log()), BytesIO()
    paint(about, here)
    assert await made(paint, about) == here.getvalue()


async def test_the_bytes_are_those_of_fpdf2_that_holds_every_page(monkeypatch: pytest.MonkeyPatch):
    """And the identifier of the file, which is a digest of them."""
    about, written, held = await gathered(paper_log()), BytesIO(), BytesIO()
    paint(about, written)
    monkeypatch.setattr(Paper, "lay_aside", lambda _: None)
    monkeypatch.setattr(Paper, "file_id", FPDF.file_id)
    monkeypatch.setattr(Paper, "write_to", lambda paper, file: file.write(paper.output()))
    paint(about, held)
    assert written.getvalue() == held.getvalue()


@pytest.mark.parametrize("paint", [process, refuse])
async def test_nothing_is_left_in_the_folder_for_what_is_passing(
    paint: Callable[[Gathered, BinaryIO], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with suppress(SessionHasNoBeginning):
        await made(paint, await gathered(short_log()))
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - of a test
