"""`infusion-monitor export`, from a real database, beside the process that writes it."""

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from monitor.cli.export import export
from monitor.export.signing import KEY_FILE
from monitor.export.verify import read_public_key, verify_file
from monitor.store.ports import Batch
from monitor.store.sqlite import SqliteStore
from schemas.log import canonical
from tests.unit.export.session_log import Log, short_log

app = typer.Typer()
app.command()(export)


async def record(data_dir: Path, *logs: Log) -> None:
    store = SqliteStore.open(data_dir)
    for log in logs:
        await store.append(Batch(entries=log.entries, seals=log.seals))
    await store.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    asyncio.run(record(folder, short_log("S-000001"), short_log("S-000002", is_closed=False)))
    return folder


def run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(data_dir)])


def test_a_record_from_the_database_is_verified_and_signed_by_this_installation(data_dir: Path, tmp_path: Path):
    path = tmp_path / "out.jsonl"
    done = run(data_dir, "S-000001", "--out", str(path))
    assert (done.exit_code, done.stderr) == (0, f"wrote {path}\n")
    verdict = verify_file(path, pinned=read_public_key(str(data_dir / KEY_FILE)))
    assert verdict.is_verified, verdict.lines
    assert "complete" in verdict.lines[1]


def test_the_database_gives_back_the_bytes_that_were_sealed(data_dir: Path, tmp_path: Path):
    path = tmp_path / "out.jsonl"
    run(data_dir, "S-000001", "--out", str(path))
    lines = [line for line in path.read_bytes().splitlines() if line.startswith(b'{"entry":')]
    assert lines == [b'{"entry":' + canonical(entry) + b',"type":"entry"}' for entry in short_log("S-000001").entries]


@pytest.mark.parametrize(
    ("change", "seqs"),
    [
        ("UPDATE event SET body = replace(body, 'anna', 'berta') WHERE kind = 'note_added' AND session_no = 1", "41 to 41"),
        ("UPDATE measurement SET counter = counter + 1 WHERE seq = 17 AND session_no = 1", "13 to 22"),
        ("UPDATE seal SET digest = zeroblob(32) WHERE last_seq = 22 AND session_no = 1", "13 to 22"),
    ],
    ids=lambda value: value.split()[1] if value.startswith("UPDATE") else "",
)
def test_what_somebody_changed_in_the_database_does_not_fit_its_seal(data_dir: Path, tmp_path: Path, change: str, seqs: str):
    with closing(sqlite3.connect(data_dir / "monitor.db")) as connection:
        assert connection.execute(change).rowcount == 1
        connection.commit()
    path = tmp_path / "out.jsonl"
    assert run(data_dir, "S-000001", "--out", str(path)).exit_code == 0
    verdict = verify_file(path)
    assert not verdict.is_verified
    assert f"does not fit entries {seqs}" in verdict.lines[1]


def test_an_open_session_is_exported_as_not_complete(data_dir: Path, tmp_path: Path):
    path = tmp_path / "out.jsonl"
    assert run(data_dir, "S-000002", "--out", str(path)).exit_code == 0
    verdict = verify_file(path)
    assert verdict.is_verified, verdict.lines
    assert "NOT COMPLETE" in verdict.lines[1]


def test_without_out_the_file_is_named_after_the_session(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert run(data_dir, "S-000001").exit_code == 0
    assert run(data_dir, "S-000001", "--format", "csv").exit_code == 0
    assert verify_file(tmp_path / "S-000001.jsonl").is_verified
    assert verify_file(tmp_path / "S-000001.csv").is_verified


def test_standard_output_gets_the_record_and_nothing_else(data_dir: Path):
    done = run(data_dir, "S-000001", "--out", "-")
    assert done.exit_code == 0
    lines = [json.loads(line) for line in done.stdout_bytes.splitlines()]
    assert (lines[0]["type"], lines[-1]["type"]) == ("header", "manifest")
    assert done.stderr == ""


def test_a_csv_on_standard_output_says_that_its_manifest_is_missing(data_dir: Path):
    done = run(data_dir, "S-000001", "--format", "csv", "--out", "-")
    assert done.exit_code == 0
    assert done.stdout_bytes.startswith(b"session,seq,kind,")
    assert "manifest" in done.stderr


def test_an_unknown_session_is_answered_with_what_there_is(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    done = run(data_dir, "S-000009")
    assert done.exit_code == 1
    assert done.stderr == (
        "cannot export S-000009: there is no such session; there are S-000001 (Room 1, closed), S-000002 (Room 1, infusing)\n"
    )
    assert not (tmp_path / "S-000009.jsonl").exists()


@pytest.mark.parametrize("session", ["", "../../etc/passwd", "S-1", "s-000001", "S-000001 ", "\u0660"])
def test_what_is_no_session_id_names_no_file(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: str):
    monkeypatch.chdir(tmp_path)
    assert run(data_dir, session).exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_folder_without_a_record_is_named(tmp_path: Path):
    done = run(tmp_path / "none", "S-000001")
    assert done.exit_code == 1
    assert "there is no record in" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_key_that_others_may_read_stops_the_export(data_dir: Path, tmp_path: Path):
    assert run(data_dir, "S-000001", "--out", str(tmp_path / "a.jsonl")).exit_code == 0
    (data_dir / KEY_FILE).chmod(0o644)
    done = run(data_dir, "S-000001", "--out", str(tmp_path / "b.jsonl"))
    assert done.exit_code == 1
    assert "chmod 600" in done.stderr
    assert not (tmp_path / "b.jsonl").exists()


def test_a_file_that_cannot_be_written_is_named(data_dir: Path, tmp_path: Path):
    done = run(data_dir, "S-000001", "--out", str(tmp_path / "no" / "such" / "folder.jsonl"))
    assert done.exit_code == 1
    assert "No such file or directory" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["S-000001", "--format", "doc"], ["S-000001", "more"]])
def test_wrong_usage(data_dir: Path, arguments: list[str]):
    assert run(data_dir, *arguments).exit_code == 2


def test_a_long_export_says_how_far_it_is(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["monitor.cli.export"], "PROGRESS_EVERY", 10)  # the package holds the function under this name
    done = run(data_dir, "S-000001", "--out", str(tmp_path / "out.jsonl"))
    assert "of 46 entries\n" in done.stderr


async def test_while_a_monitor_writes_the_export_is_whole(tmp_path: Path):
    """The command runs in another thread, with its own connections; the writer never stops."""
    data_dir, log = tmp_path / "data", short_log("S-000001", is_closed=False)
    store = SqliteStore.open(data_dir)
    await store.append(Batch(entries=log.entries, seals=log.seals))
    exporting = asyncio.create_task(asyncio.to_thread(run, data_dir, "S-000001", "--out", str(tmp_path / "out.jsonl")))
    written = 0
    while not exporting.done():
        entries, seals = len(log.entries), len(log.seals)
        for number in range(20):
            log.measure(seal=number == 19)
        await store.append(Batch(entries=log.entries[entries:], seals=log.seals[seals:]))
        written += 20
    done = await exporting
    assert done.exit_code == 0, done.stderr
    assert written >= 20
    verdict = verify_file(tmp_path / "out.jsonl")
    assert verdict.is_verified, verdict.lines
    exported = [line for line in (tmp_path / "out.jsonl").read_bytes().splitlines() if line.startswith(b'{"entry":')]
    recorded = [b'{"entry":' + canonical(entry) + b',"type":"entry"}' for entry in log.entries]
    assert exported == recorded[: len(exported)]
    await store.close()
