"""There and back: a bundle brought in elsewhere is the same record, raises the same alerts, and is never taken for a live session."""

import asyncio
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from monitor.access.brought_in import Imports, brought_in
from monitor.access.ports import AccessKind
from monitor.cli.bring_in import bring_in
from monitor.cli.check import judge_again
from monitor.clock import SystemClock
from monitor.export.verify import verify_file
from monitor.review.past import Past
from monitor.sessions.rebuild import rebuild
from monitor.store.ports import Batch, StoreFailed
from monitor.store.sqlite import SqliteStore
from schemas.log import Entry
from schemas.review import BroughtIn
from tests.unit.export.played import course
from tests.unit.export.session_log import short_log
from tests.unit.export.test_export_command import record, run
from tests.unit.export.test_pdf_report import pages_of

HIDDEN = Path(__file__).parents[2] / "fixtures" / "logs" / "v2-deidentified-2026-11.jsonl"

app = typer.Typer()
app.command()(bring_in)


def brought(data_dir: Path, file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [str(file), "--data-dir", str(data_dir), *arguments])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a whole session that was judged by the rule set in force."""
    folder = tmp_path_factory.mktemp("there")

    asyncio.run(recorded_here(folder / "data"))
    path = folder / "S-000001.bundle.zip"
    assert run(folder / "data", "S-000001", "--format", "bundle", "--out", str(path)).exit_code == 0
    return path


async def recorded_here(data_dir: Path) -> None:
    store = SqliteStore.open(data_dir)
    batch = course()
    await store.append(Batch(entries=batch.entries, seals=batch.seals))
    await store.close()


async def on_record(data_dir: Path, session: str = "S-000001") -> list[Entry]:
    store = SqliteStore.open(data_dir)
    try:
        return [entry async for chunk in store.entries(session) for entry in chunk]
    finally:
        await store.close()


def test_a_bundle_comes_back_as_the_same_record_and_the_same_alerts(bundle: Path, tmp_path: Path):
    here = tmp_path / "here"
    done = brought(here, bundle)
    assert done.exit_code == 0, done.output
    assert asyncio.run(on_record(here)) == course().entries
    again = tmp_path / "again.jsonl"
    assert run(here, "S-000001", "--out", str(again)).exit_code == 0
    heads = [json.loads(line)["head"] for line in (again.read_bytes().splitlines()[-1], _member(bundle, "manifest.json"))]
    assert heads[0] == heads[1] == course().seals[-1].digest
    assert verify_file(again).is_verified
    assert judge_again(again)


def test_a_bundle_is_judged_again_as_it_is(bundle: Path, capsys: pytest.CaptureFixture[str]):
    assert judge_again(bundle)
    assert "all the same when judged again" in capsys.readouterr().out


def test_it_stands_in_the_access_log_and_no_session_is_open(bundle: Path, tmp_path: Path):
    brought(tmp_path / "here", bundle)

    async def look() -> None:
        store = SqliteStore.open(tmp_path / "here")
        (row,) = await store.access.access_log()
        assert (row.kind, row.what) == (AccessKind.IMPORT, "S-000001")
        assert json.loads(_member(bundle, "manifest.json"))["installation"] in row.detail
        assert await store.sessions(open_only=True) == []
        await store.close()

    asyncio.run(look())


def test_past_sessions_rest_and_paper_say_that_it_was_recorded_elsewhere(bundle: Path, tmp_path: Path):
    here, own = tmp_path / "here", tmp_path / "own"
    assert brought(here, bundle, "--by", "R. Onyx").exit_code == 0
    there = json.loads(_member(bundle, "manifest.json"))["installation"]

    async def look() -> BroughtIn | None:
        store = SqliteStore.open(here)
        try:
            past = Past(store, store.review, "UTC", Imports(store.access))
            return (await past.of("S-000001")).brought_in
        finally:
            await store.close()

    said = asyncio.run(look())
    assert said is not None
    assert (said.by, said.installation) == ("R. Onyx", there)
    assert abs(said.at_ms - SystemClock().now_ms()) < 60_000
    again = tmp_path / "again.zip"
    assert run(here, "S-000001", "--format", "bundle", "--out", str(again)).exit_code == 0
    assert f"by R. Onyx; recorded by installation {there}" in _member(again, "README.txt").decode()
    assert b"brought in" not in _member(bundle, "README.txt")  # the control
    pages = _paper(here, tmp_path / "here.pdf")
    assert all(f"by R. Onyx; recorded by installation {there}" in page for page in pages)
    assert brought(tmp_path / "nameless", HIDDEN, "--by", "R. Onyx").exit_code == 0
    nameless = _paper(tmp_path / "nameless", tmp_path / "nameless.pdf")
    assert all("; recorded by installation" in page and "Onyx" not in page for page in nameless)
    asyncio.run(recorded_here(own))
    assert not any("brought in" in page for page in _paper(own, tmp_path / "own.pdf"))  # the control


def test_what_the_store_did_not_take_is_not_marked(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its number may be given to a session of our own."""

    def full(_: SqliteStore, __: Batch) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_exception(StoreFailed("full"))
        return done

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "append", full)
        assert brought(tmp_path, bundle).exit_code == 1

    async def look() -> None:
        store = SqliteStore.open(tmp_path)
        assert await Imports(store.access).all() == {}
        assert await brought_in(store.access, "S-000001") is None
        await store.close()

    asyncio.run(look())
    assert brought(tmp_path, bundle).exit_code == 0
    assert any("brought in from a bundle" in page for page in _paper(tmp_path, tmp_path / "again.pdf"))  # the control


def test_who_brings_it_in_is_a_name(bundle: Path, tmp_path: Path):
    assert brought(tmp_path / "here", bundle, "--by", "a\nb").exit_code == 2
    assert brought(tmp_path / "here", bundle, "--by", "x" * 81).exit_code == 2
    assert not (tmp_path / "here").exists()


def _paper(data_dir: Path, out: Path) -> list[str]:
    done = run(data_dir, "S-000001", "--format", "pdf", "--out", str(out))
    assert done.exit_code == 0, done.output
    return [" ".join(page.split()) for page in pages_of(out.read_bytes())]


def test_what_does_not_verify_is_not_taken(bundle: Path, tmp_path: Path):
    spoiled = tmp_path / "spoiled.zip"
    data = bytearray(bundle.read_bytes())
    data[len(data) // 3] ^= 1
    spoiled.write_bytes(data)
    done = brought(tmp_path / "here", spoiled)
    assert done.exit_code == 1
    assert "REFUSED" in done.output
    assert not (tmp_path / "here").exists()


def test_the_key_that_was_asked_for_must_have_signed(bundle: Path, tmp_path: Path):
    other = tmp_path / "other"
    asyncio.run(record(other, short_log()))
    assert run(other, "S-000001", "--out", str(tmp_path / "x.jsonl")).exit_code == 0
    assert brought(tmp_path / "here", bundle, "--key", str(other / "key.ed25519")).exit_code == 1
    assert not (tmp_path / "here").exists()


def test_an_id_that_is_taken_is_answered_clearly_and_nothing_changes(bundle: Path, tmp_path: Path):
    here = tmp_path / "here"
    assert brought(here, bundle).exit_code == 0
    again = brought(here, bundle)
    assert (again.exit_code, "already, the same one" in again.output) == (1, True)
    there = tmp_path / "there"
    asyncio.run(record(there, short_log()))
    other = brought(there, bundle)
    assert (other.exit_code, "is another session" in other.output) == (1, True)
    assert asyncio.run(on_record(there)) == short_log().entries


def test_an_open_session_is_refused(tmp_path: Path):
    asyncio.run(record(tmp_path / "there", short_log(is_closed=False)))
    assert run(tmp_path / "there", "S-000001", "--out", str(tmp_path / "open.jsonl")).exit_code == 0
    done = brought(tmp_path / "here", tmp_path / "open.jsonl")
    assert (done.exit_code, "had not ended" in done.output) == (1, True)


def test_a_session_past_the_bound_is_refused(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["monitor.cli.bring_in"], "MAX_ENTRIES", 1_000)  # the package holds the function under this name
    done = brought(tmp_path / "here", bundle)
    assert (done.exit_code, "more than 1000 entries" in done.output) == (1, True)


def test_a_de_identified_one_is_brought_in_marked_and_judged_again(tmp_path: Path):
    here, again = tmp_path / "here", tmp_path / "again.zip"
    done = brought(here, HIDDEN)
    assert (done.exit_code, "De-identified" in done.output) == (0, True), done.output
    assert run(here, "S-000001", "--format", "bundle", "--out", str(again)).exit_code == 0
    assert any("De-identified" in line for line in verify_file(again).lines)
    assert b"DE-IDENTIFIED" in _member(again, "README.txt")

    async def look() -> None:
        store = SqliteStore.open(here)
        *_, row = await store.access.access_log()  # the oldest; what was exported here since is there, too
        assert row.detail.endswith(", de-identified")
        runner, difference = await rebuild(store, "S-000001")
        assert (runner.chain.head.hex(), difference) == ((await store.seals("S-000001"))[-1].digest, None)
        await store.close()

    asyncio.run(look())


def test_a_session_from_before_there_were_salts_is_not_written_without_names(tmp_path: Path):
    asyncio.run(record(tmp_path / "there", short_log()))
    refused = run(tmp_path / "there", "S-000001", "--deidentified", "--out", str(tmp_path / "no.jsonl"))
    assert (refused.exit_code, "infusion-monitor/log/1" in refused.output) == (1, True)
    assert not (tmp_path / "no.jsonl").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", None])
def test_what_is_no_bundle_is_named(content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "x.zip"
    if content is None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("other.txt", "x")
        content = buffer.getvalue()
    path.write_bytes(content)
    assert not judge_again(path)
    assert "no bundle of a session" in capsys.readouterr().out


def _member(bundle: Path, name: str) -> bytes:
    with zipfile.ZipFile(bundle) as archive:
        return archive.read(name)
