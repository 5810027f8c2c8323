"""The memory of an export does not grow with the log: three times the readings, the same peak but for what is noise."""

import tracemalloc
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from types import SimpleNamespace
from typing import BinaryIO
from zoneinfo import ZoneInfo

import pytest

from monitor.export import parquet, selection
from monitor.export.bundle.archive import bundle
from monitor.export.bundle.job import Job
from monitor.export.bundle.parts import PARTS, paper
from monitor.export.formats import FORMS, Format
from monitor.export.pdf import gather as gathering
from monitor.export.pdf.gather import gather
from monitor.export.pdf.layout import SHEET_MS
from monitor.export.pdf.paint import Paper
from monitor.export.pdf.report import paint
from monitor.export.selection import seals_of, select
from schemas.log import Entry, Measured, Seal
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.vitals import Vital
from tests.unit.export.session_log import LIMITS, START_MS, Log, stamp_of

CHUNK = 200
SEALED = 2  # entries under one seal
SHORT, LONG = 600, 1_800
SPARE_BYTES = 40  # an entry more; a seal that is held is 300 bytes
Blocks = Callable[[Job], AsyncIterator[bytes]]
lay_aside = Paper.lay_aside


class MadeAsAsked:
    """A log that nobody holds: the creation of a session, a device, then measurements, each made when it is read: one a second, or spread
    over a span."""

    span_ms: int | None = None

    def __init__(self, entries: int) -> None:
        log = Log()
        log.create(limits=LIMITS)
        log.bind()
        self._events, self._last_seq = log.entries, entries
        self._every_ms = 1_000 if self.span_ms is None else self.span_ms // entries
        self._readings = [(Reading(Reason.NONE, Validity.VALID, value * 1_000, Vital.SPO2),) for value in range(80, 100)]

    async def session(self, _: str, /) -> SimpleNamespace:
        return SimpleNamespace(last_seq=self._last_seq)

    async def entries(self, _: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        for first in range(since_seq + 1, (until_seq or self._last_seq) + 1, CHUNK):
            yield [self._entry(seq) for seq in range(first, min(first + CHUNK, self._last_seq + 1))]

    def _entry(self, seq: int) -> Entry:
        if seq <= len(self._events):
            return self._events[seq - 1]
        at_ms = START_MS + 10_000 + seq * self._every_ms
        return Entry(at_ms, Measured(seq, "sim-room-1", at_ms, Mode.SIMULATED, self._readings[seq % 20], at_ms), seq, "S-000001")

    async def events(self, _: str, /, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1000) -> list[Entry]:
        wanted = [entry for entry in self._events if entry.seq > since_seq][:limit]
        return [entry for entry in wanted if kinds is None or entry.body.__struct_config__.tag in kinds]

    async def seals(self, session: str, /, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]:
        first, most = since_seq // SEALED + 1, self._last_seq // SEALED
        last = most if limit is None else min(most, first + limit - 1)
        return [Seal(START_MS, f"{no:064x}", (no - 1) * SEALED + 1, no * SEALED, session) for no in range(first, last + 1)]


async def export(blocks: Blocks, entries: int) -> None:
    """Its bytes are thrown away."""
    source = MadeAsAsked(entries)
    async for _ in blocks(Job(source, await select(source, "S-000001"), stamp_of())):
        pass


async def peak_bytes(blocks: Blocks, entries: int) -> int:
    """The most that Python held meanwhile."""
    tracemalloc.start()
    try:
        await export(blocks, entries)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def growth(blocks: Blocks) -> float:
    """Bytes held for an entry more."""
    await export(blocks, LONG)  # what is made once and kept
    return (await peak_bytes(blocks, LONG) - await peak_bytes(blocks, SHORT)) / (LONG - SHORT)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the shorter log fills each of them too."""
    monkeypatch.setattr(selection, "_PAGE", 20)
    monkeypatch.setattr(parquet, "ROW_GROUP", CHUNK - 2)  # the first chunk has two events


def without_paper(job: Job) -> AsyncIterator[bytes]:
    """What the report on paper is drawn from grows by the column of the chart: see below."""
    return bundle(job, [part for part in PARTS if part is not paper])


async def held_by_paper(job: Job) -> AsyncIterator[bytes]:
    """What its pages are drawn from."""
    held = await gather(job.source, job.selection, job.stamp, ZoneInfo("UTC"))
    yield b""
    del held


@pytest.mark.parametrize("form", [Format.JSONL, Format.CSV, Format.CSV_ZIP, Format.PARQUET])
async def test_an_export_holds_no_more_of_a_longer_log(form: Format):
    assert await growth(FORMS[form].blocks) < SPARE_BYTES


async def test_a_bundle_holds_no_more_of_a_longer_log():
    assert await growth(without_paper) < SPARE_BYTES


async def test_what_paper_is_drawn_from_grows_by_the_column_of_the_chart():
    """Of which each holds ten seconds, and by the row of a table for each five minutes."""
    assert await growth(held_by_paper) < SPARE_BYTES / 2


async def test_paper_holds_no_more_of_more_values(monkeypatch: pytest.MonkeyPatch):
    """Of one half hour. The negative control holds each value."""
    monkeypatch.setattr(MadeAsAsked, "span_ms", LONG * 1_000)
    assert await growth(held_by_paper) < 4
    monkeypatch.setattr(gathering, "_column", lambda *_: int)
    assert await growth(held_by_paper) > 10


def lay_aside_and_hold(paper: Paper) -> None:
    """The negative control: what is finished stays."""
    held = bytes(paper.pages[paper.page].contents) if paper.page else b""
    lay_aside(paper)
    if held:
        paper.pages[paper.page].contents = bytearray(held)


async def page_bytes(pages: int, monkeypatch: pytest.MonkeyPatch) -> float:
    """Held of each page when all are painted and nothing is written yet: of its drawing, for what else a process holds differs by more."""
    held: list[int] = []
    write_to = Paper.write_to

    def looked_at(paper: Paper, file: BinaryIO) -> None:
        held.append(sum(len(page.contents) for page in paper.pages.values()))  # type: ignore[misc]  # no stream yet
        write_to(paper, file)  # which closes the fonts

    monkeypatch.setattr(MadeAsAsked, "span_ms", pages * SHEET_MS - 1_800_000)
    source = MadeAsAsked(pages * 150)
    about = await gather(source, await select(source, "S-000001"), stamp_of(), ZoneInfo("UTC"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Paper, "write_to", looked_at)
        paint(about, BytesIO())
    return held[0] / pages


async def test_a_page_that_is_finished_is_held_no_more(monkeypatch: pytest.MonkeyPatch):
    """But for its foot."""
    most = 4_000
    assert await page_bytes(3, monkeypatch) < most
    monkeypatch.setattr(Paper, "lay_aside", lay_aside_and_hold)
    assert await page_bytes(3, monkeypatch) > 2 * most


async def test_an_export_that_holds_the_seals_would_be_seen():
    async def held(job: Job) -> AsyncIterator[bytes]:
        seals = [seal async for seal in seals_of(job.source, "S-000001", job.selection.sealed_seq)]
        async for block in FORMS[Format.CSV].blocks(job):
            yield block
        assert seals

    assert await growth(held) > 2 * SPARE_BYTES


async def test_an_export_that_holds_its_bytes_would_be_seen():
    async def held(job: Job) -> AsyncIterator[bytes]:
        yield b"".join([block async for block in FORMS[Format.JSONL].blocks(job)])

    assert await growth(held) > 2 * SPARE_BYTES
