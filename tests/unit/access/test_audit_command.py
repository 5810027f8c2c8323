"""`infusion-monitor audit` on a real file."""

import asyncio
import json
from pathlib import Path

import pysqlite3.dbapi2 as sqlite3
import pytest
from typer.testing import CliRunner, Result

from monitor.access.ports import AccessKind, AccessLogRow
from monitor.cli import app
from monitor.store.data_folder import DATABASE
from tests.unit.store.files import opened

NOW_MS = 1_795_000_000_000
ROWS = [
    AccessLogRow(at_ms=NOW_MS, kind=AccessKind.PAGE_OPENED, who="ana", address="10.0.0.7", what="S-000001", detail="journal", times=3),
    AccessLogRow(at_ms=NOW_MS + 1_000, kind=AccessKind.EXPORT, who="ben", address=None, what="S-000001", detail="csv"),
    AccessLogRow(at_ms=NOW_MS + 2_000, kind=AccessKind.DENIED, who=None, address=None, what="[red]\x1b[2J\u202e", detail="x"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data")

    async def fill() -> None:
        store = opened(made)
        await store.access.log_access(ROWS)
        await store.close()

    asyncio.run(fill())
    return made


def audit(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", "--data-dir", str(folder), *arguments], env={"COLUMNS": "80"})


def numbers(result: Result) -> list[int]:
    return [json.loads(line)["row"]["no"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([], [1, 2, 3]),
        (["--session", "S-000001"], [1, 2]),
        (["--who", "ben"], [2]),
        (["--kind", "export", "--kind", "denied"], [2, 3]),
        (["--from", "2026-11-18T11:06:41Z", "--until", "2026-11-18T11:06:42Z"], [2]),
        (["--limit", "1"], [3]),
    ],
)
def test_rows_are_asked_for_and_shown_oldest_first(folder: Path, asked: list[str], found: list[int]) -> None:
    result = audit(folder, "--json", *asked)
    assert (result.exit_code, numbers(result)) == (0, found)


def test_the_table_shows_what_strangers_sent_as_text(folder: Path) -> None:
    shown = audit(folder).stdout
    assert "ana" in shown
    assert "journal" in shown
    assert "2026-11-18T11:06:40.000Z" in shown
    assert "[red]\ufffd[2J\ufffd" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_whole_log_has_a_head_that_it_keeps(folder: Path) -> None:
    result = audit(folder, "--check", "--json")
    assert result.exit_code == 0
    head = result.stderr.split()[-1]
    assert result.stderr.startswith("whole: 3 rows")
    assert head == f"3:{json.loads(result.stdout.splitlines()[-1])['digest']}"
    assert audit(folder, "--head", head).exit_code == 0
    assert audit(folder, "--head", f"3:{'0' * 64}").exit_code == 1


def test_a_changed_row_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes((folder / DATABASE).read_bytes())
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.executescript("DROP TRIGGER access_log_no_UPDATE; UPDATE access_log SET who = 'eve' WHERE no = 2")
    connection.close()
    result = audit(tmp_path, "--check")
    assert result.exit_code == 1
    assert "BROKEN: row 2" in result.stderr


@pytest.mark.parametrize("wrong", [["--from", "yesterday"], ["--head", "3"], ["--kind", "gossip"], ["--limit", "0"]])
def test_wrong_usage_is_said(folder: Path, wrong: list[str]) -> None:
    assert audit(folder, *wrong).exit_code == 2


def test_no_record_is_said(tmp_path: Path) -> None:
    assert audit(tmp_path).exit_code == 1
