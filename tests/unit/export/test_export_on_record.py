"""What the command takes out stands in the access log, under its chain, before a byte is written; what cannot stand there stays in."""

import asyncio
import os
import pwd
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pysqlite3.dbapi2 as sqlite3
import pytest
from typer.testing import Result

from monitor.access.ports import AccessKind, AccessLogRow, AccessQuery, ChainCheck
from monitor.cli import audited
from monitor.store import access_beside, access_sql, connection
from monitor.store.data_folder import DATABASE
from monitor.store.sqlite import SqliteStore, open_reader
from tests.unit.export.session_log import short_log
from tests.unit.export.test_export_command import record, run
from tests.unit.store.held import held

ME = f"os:{pwd.getpwuid(os.getuid()).pw_name}"
REFUSING = "CREATE TRIGGER full BEFORE INSERT ON access_log BEGIN SELECT RAISE(ABORT, 'no more rows'); END"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    asyncio.run(record(folder, short_log("S-000001"), short_log("S-000002")))
    return folder


async def looked(data_dir: Path) -> tuple[list[AccessLogRow], ChainCheck]:
    """The log, oldest first, and what its verifier says."""
    reader = open_reader(data_dir)
    try:
        rows = await reader.access.find_access(AccessQuery())
        return [kept.row for kept in reversed(rows)], await reader.access.check_access()
    finally:
        await reader.close()


def rows_of(data_dir: Path) -> list[tuple[str, str | None, str, str]]:
    """All of them, under a chain that is whole."""
    rows, checked = asyncio.run(looked(data_dir))
    assert (checked.broken_no, checked.rows) == (None, len(rows))
    return [(row.kind, row.who, row.what, row.detail) for row in rows]


def refuse_rows(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / DATABASE)) as raw:
        raw.execute(REFUSING)
        raw.commit()


@pytest.mark.parametrize(
    ("arguments", "name", "detail"),
    [
        ([], "out.jsonl", "jsonl to out.jsonl"),
        (["--format", "bundle"], "out.zip", "bundle to out.zip"),
        (["--format", "csv"], "a\x1b[2J.csv", "csv to a\ufffd[2J.csv"),
        (["--format", "csv"], "a\udcff.csv", "csv to a\ufffd.csv"),
    ],
)
def test_an_export_is_on_record(data_dir: Path, tmp_path: Path, arguments: list[str], name: str, detail: str) -> None:
    assert run(data_dir, "S-000001", "--out", str(tmp_path / name), *arguments).exit_code == 0
    assert rows_of(data_dir) == [("export", ME, "S-000001", detail)]


def test_standard_output_is_a_way_out_too(data_dir: Path) -> None:
    assert run(data_dir, "S-000001", "--out", "-").exit_code == 0
    assert rows_of(data_dir) == [("export", ME, "S-000001", "jsonl to standard output")]


def test_each_of_many_has_a_row(data_dir: Path, tmp_path: Path) -> None:
    assert run(data_dir, "--room", "Room 1", "--out", str(tmp_path / "many")).exit_code == 0
    assert rows_of(data_dir) == [("export", ME, f"S-00000{number}", f"jsonl to S-00000{number}.jsonl") for number in (1, 2)]


def test_the_row_stands_in_the_bundle_that_it_is_about(data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.fhir.json"
    assert run(data_dir, "S-000001", "--format", "fhir", "--out", str(out)).exit_code == 0
    assert ME in out.read_text()


def test_what_names_no_session_leaves_no_row(data_dir: Path, tmp_path: Path) -> None:
    assert run(data_dir, "S-000009", "--out", str(tmp_path / "out.jsonl")).exit_code == 1
    assert rows_of(data_dir) == []


class LetsNobodyIn(BaseHTTPRequestHandler):
    """A FHIR server that is not to be asked a second time."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_a_server_to_push_to_is_named_without_its_path(data_dir: Path, tmp_path: Path) -> None:
    """It takes nothing: what was tried to be taken out is on record all the same."""
    with ThreadingHTTPServer(("127.0.0.1", 0), LetsNobodyIn) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        to = f"http://127.0.0.1:{server.server_port}/fhir/secret"
        done = run(data_dir, "S-000001", "--format", "fhir", "--to", to, "--out", str(tmp_path / "answers.jsonl"))
        server.shutdown()
        serving.join()
    assert done.exit_code == 1
    assert "does not let us in (401)" in done.stderr
    assert rows_of(data_dir) == [("export", ME, "S-000001", "fhir to the server 127.0.0.1")]


# What cannot be recorded is not taken out


def refused(data_dir: Path, tmp_path: Path) -> Result:
    done = run(data_dir, "S-000001", "--out", str(tmp_path / "out.jsonl"))
    assert done.exit_code == 1
    assert "cannot export S-000001: the access log cannot be written" in done.stderr
    return done


def test_without_its_row_nothing_is_written(data_dir: Path, tmp_path: Path) -> None:
    refuse_rows(data_dir)
    assert "no more rows" in refused(data_dir, tmp_path).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert rows_of(data_dir) == []


def test_nor_does_standard_output_get_a_byte(data_dir: Path) -> None:
    refuse_rows(data_dir)
    done = run(data_dir, "S-000001", "--out", "-")
    assert (done.exit_code, done.stdout) == (1, "")


def test_of_many_none_is_written(data_dir: Path, tmp_path: Path) -> None:
    refuse_rows(data_dir)
    done = run(data_dir, "--room", "Room 1", "--out", str(tmp_path / "many"))
    assert done.exit_code == 1
    assert done.stderr.count("NOT exported: the access log cannot be written") == 2
    assert list((tmp_path / "many").iterdir()) == []


def test_a_file_that_nobody_may_write_to_stops_it(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_beside, "connect_writer", connection.connect_reader)
    assert "readonly" in refused(data_dir, tmp_path).stderr


def test_the_file_is_written_where_the_row_is_not_asked_for(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the refusals above come from the row and from nothing else."""
    refuse_rows(data_dir)
    monkeypatch.setattr(access_beside, "append_beside", lambda _data_dir, _rows: None)
    assert run(data_dir, "S-000001", "--out", str(tmp_path / "out.jsonl")).exit_code == 0


# Beside others


async def test_beside_the_store_that_holds_the_folder_rows_of_both_are_one_chain(data_dir: Path, tmp_path: Path) -> None:
    store = SqliteStore.open(data_dir)
    own = AccessLogRow(at_ms=1, kind=AccessKind.READ, who="ana", address=None, what="S-000001")
    exporting = asyncio.create_task(asyncio.to_thread(run, data_dir, "S-000001", "--out", str(tmp_path / "out.jsonl")))
    written = 0
    while not exporting.done():
        await store.access.log_access([own])
        written += 1
    done = await exporting
    assert done.exit_code == 0, done.stderr
    await store.access.log_access([own])
    checked = await store.access.check_access()
    assert (checked.broken_no, checked.rows) == (None, written + 1 + 1)
    await store.close()


async def test_a_row_waits_for_the_monitors_own_writing(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is refused by name where that lasts too long."""
    monkeypatch.setattr("monitor.store.connection.BUSY_TIMEOUT_MS", 1)
    store = SqliteStore.open(data_dir)
    async with held(store):
        done = await asyncio.to_thread(run, data_dir, "S-000001", "--out", str(tmp_path / "out.jsonl"))
    assert done.exit_code == 1
    assert "locked" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()
    await store.close()


def test_many_at_once_lose_no_row(data_dir: Path) -> None:
    """Each in a thread with a connection of its own, from one barrier."""
    barrier = threading.Barrier(8)

    def leave(number: int) -> Callable[[], None]:
        row = AccessLogRow(at_ms=number, kind=AccessKind.EXPORT, who=ME, address=None, what=f"S-{number:06d}")

        def go() -> None:
            barrier.wait()
            access_beside.append_beside(data_dir, [row])

        return go

    threads = [threading.Thread(target=leave(number)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(what for _, _, what, _ in rows_of(data_dir)) == [f"S-{number:06d}" for number in range(8)]


def test_two_that_read_the_same_end_of_the_chain_break_it(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: were the end read before the transaction, the second row would not be taken."""
    row = AccessLogRow(at_ms=1, kind=AccessKind.EXPORT, who=ME, address=None, what="S-000001")
    monkeypatch.setattr("monitor.store.access_sql._head", lambda _: None)
    access_beside.append_beside(data_dir, [row])
    with pytest.raises(Exception, match="UNIQUE"):
        access_beside.append_beside(data_dir, [row])


def test_ctrl_z_does_not_keep_the_lock_on_writing(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def watched(raw: object, rows: list[AccessLogRow]) -> None:
        seen.append(signal.getsignal(signal.SIGTSTP))
        append_rows(raw, rows)

    append_rows = access_sql.append_rows
    before = signal.getsignal(signal.SIGTSTP)
    monkeypatch.setattr(access_beside, "append_rows", watched)
    audited.exporting(data_dir, "S-000001", "jsonl", "out.jsonl")
    access_beside.append_beside(data_dir, [AccessLogRow(at_ms=1, kind=AccessKind.EXPORT, who=ME, address=None, what="x")])  # the control
    assert (seen, signal.getsignal(signal.SIGTSTP)) == ([signal.SIG_IGN, before], before)
    refuse_rows(data_dir)
    with pytest.raises(audited.NotOnRecord):
        audited.exporting(data_dir, "S-000001", "jsonl", "out.jsonl")
    assert signal.getsignal(signal.SIGTSTP) == before


# Who


def test_who_it_was_is_the_systems_word_and_not_the_environments(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert run(data_dir, "S-000001", "--out", str(tmp_path / "out.jsonl")).exit_code == 0
    assert [who for _, who, _, _ in rows_of(data_dir)] == [ME]


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert audited.os_user() == "os:3999999999"
