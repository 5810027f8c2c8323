"""Whatever people or devices wrote: no cell is run, no text ends its cell or its file, no name leads out of a folder."""

import asyncio
import csv
import io
import json
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.export.bundle.archive import bundle
from monitor.export.bundle.job import Job, Part
from monitor.export.bundle.parts import PARTS, table, views
from monitor.export.selection import select
from schemas.alert import Priority
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.log import (
    AlertAcknowledged,
    AlertNotified,
    DeviceBound,
    DrugDrawn,
    DrugWasted,
    EntryVoided,
    LimitChanged,
    LimitProposed,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    ScreensChanged,
    SessionCreated,
    SignedOff,
)
from schemas.measurement import Mode
from schemas.patient import PatientCorrected
from tests.faults.hostile_inputs import HOSTILE_TEXTS
from tests.unit.export.session_log import FakeStore, Log, every_event, stamp_of

RUN_BY_SPREADSHEETS = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
A_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def poisoned(text: str) -> Log:
    """A log that says `text` wherever a person or a device chooses the words."""
    log = Log()
    log.create(room=text)
    created = log.entries[0]
    assert isinstance(created.body, SessionCreated)
    log.say(DeviceBound(by=text, device="sim-1", mode=Mode.SIMULATED, source=text, read_back=text))
    for body in every_event():
        match body:
            case PhaseOrdered():
                log.say(replace(body, by=text, override=text))
            case AlertAcknowledged():
                log.say(replace(body, by=text, comment=text))
            case NoteAdded():
                log.say(replace(body, by=text, text=text))
            case ObservationCharted() | DrugWasted():
                log.say(replace(body, by=text, note=text))
            case DrugDrawn():
                log.say(replace(body, by=text, lot=text))
            case SignedOff():
                log.say(replace(body, by=text, meaning=text, name=text))
            case PatientCorrected():
                log.say(replace(body, by=text, reason=text, code=text, old_code=text))
            case EntryVoided() | LimitProposed():
                log.say(replace(body, by=text, reason=text))
            case LimitChanged():
                log.say(replace(body, by=text, confirmed_by=text, rule=text))
            case DeviceAnnounced():
                turn = Fact(text, priority=Priority.HIGH, turn=Turn.START, unit=text)
                for facts in ((turn,), (Fact(text, unit=text, value_milli=-1_500),), (Fact("infusion_rate", unit=text), turn)):
                    log.say(replace(body, device=text, facts=facts, text=text))
            case AlertNotified():
                log.say(replace(body, channel=text, detail=text))
            case ScreensChanged():
                log.say(replace(body, people=(text,)))
            case _:
                log.say(body)
    return log


async def files_of(log: Log, parts: tuple[Part, ...] = PARTS) -> dict[str, bytes]:
    store = FakeStore(log, chunk=2_000)
    job = Job(store, await select(store, log.id), stamp_of())
    data = b"".join([block async for block in bundle(job, parts)])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


BLAND = asyncio.run(files_of(poisoned("bland")))


def said_first(files: dict[str, bytes]) -> str:
    """README.txt without the digest of the record."""
    return re.sub("[0-9a-f]{64}", "", files["README.txt"].decode())


def check(text: str, files: dict[str, bytes]) -> None:
    holders = 0
    for name, content in files.items():
        if not name.endswith(".csv"):
            continue
        rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
        assert len({len(row) for row in rows}) == 1, name
        for cell in (cell for row in rows for cell in row):
            assert A_NUMBER.fullmatch(cell) or not cell.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")), (name, cell)
            holders += text.replace("\0", "\u2400") in cell
    assert holders >= 20 or not text.strip()  # the words are there all the same
    assert said_first(files) == said_first(BLAND)  # not a word of it
    for name in files:
        assert re.fullmatch(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?", name)
    json.loads(files["completeness.json"])


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
async def test_a_hostile_text_is_inert_in_every_file(text: str):
    files = await files_of(poisoned(text))
    check(text, files)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
async def test_any_text_is_inert_in_every_table(text: str):
    """The tables and what is said beside them: nothing here looks into the pages of the report, which take longest to paint."""
    check(text, await files_of(poisoned(text), (table, views)))


async def test_a_unit_that_a_device_made_up_ends_no_cell(monkeypatch: pytest.MonkeyPatch):
    """The control: written as it came, it would."""
    text = '","=1+1","'
    check(text, await files_of(poisoned(text), (table,)) | {"README.txt": BLAND["README.txt"], "completeness.json": b"{}"})
    monkeypatch.setattr("monitor.export.csv.text_cell", lambda said: f'"{said}"')
    with pytest.raises(AssertionError):
        check(text, await files_of(poisoned(text), (table,)) | {"README.txt": BLAND["README.txt"], "completeness.json": b"{}"})


def test_the_check_above_finds_a_cell_that_is_run():
    with pytest.raises(AssertionError):
        check("x", {"a.csv": b'"=1+1"\r\n', "README.txt": b"", "completeness.json": b"{}"})
