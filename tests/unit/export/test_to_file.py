"""An export has its name only when it is whole."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.export.bundle.job import Job
from monitor.export.formats import Format
from monitor.export.jsonl import jsonl
from monitor.export.selection import select
from monitor.export.to_file import form_to_file, to_pipe
from monitor.export.verify import verify_file
from schemas.log import Entry
from tests.unit.export.session_log import FakeStore, export_jsonl, short_log, stamp_of


class Failing(FakeStore):
    async def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        async for chunk in super().entries(session, since_seq=since_seq, until_seq=until_seq):
            yield chunk
            raise OSError("disk I/O error")


async def job_of(store: FakeStore) -> Job:
    return Job(store, await select(store, "S-000001"), stamp_of())


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_record_is_written_under_its_name(tmp_path: Path):
    store = FakeStore(short_log())
    path = tmp_path / "S-000001.jsonl"
    assert await form_to_file(await job_of(store), Format.JSONL, path) == [path]
    assert path.read_bytes() == await export_jsonl(store)
    assert names_in(tmp_path) == ["S-000001.jsonl"]


async def test_a_table_is_written_with_its_manifest(tmp_path: Path):
    store = FakeStore(short_log())
    written = await form_to_file(await job_of(store), Format.CSV, tmp_path / "s.csv")
    assert [path.name for path in written] == ["s.csv", "s.csv.manifest.json"]
    assert names_in(tmp_path) == ["s.csv", "s.csv.manifest.json"]
    assert verify_file(written[0]).is_verified


@pytest.mark.parametrize("form", Format)
async def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path: Path, form: Format):
    store = Failing(short_log())
    path = tmp_path / "S-000001.jsonl"
    path.write_bytes(b"the export of yesterday")
    with pytest.raises(OSError, match="disk"):
        await form_to_file(await job_of(store), form, path)
    assert path.read_bytes() == b"the export of yesterday"
    assert names_in(tmp_path) == ["S-000001.jsonl"]


async def test_a_pipe_gets_the_same_bytes():
    store = FakeStore(short_log())
    pipe = io.BytesIO()
    await to_pipe(jsonl(store, await select(store, "S-000001"), stamp_of()), pipe)
    assert pipe.getvalue() == await export_jsonl(store)
