"""The access log in the file: nothing changes it by accident, and what somebody changes on purpose is named."""

from pathlib import Path

import msgspec
import pysqlite3.dbapi2 as sqlite3
import pytest
from msgspec.structs import replace

from monitor.access.chain import chained
from monitor.access.ports import AccessKind, AccessLogRow, ChainCheck
from monitor.store.data_folder import DATABASE
from monitor.store.migrations.run import run_upgrade
from monitor.store.sqlite import open_reader
from tests.unit.store.files import opened

LINE = AccessLogRow(at_ms=1_795_000_000_000, kind=AccessKind.READ, who="ana", address=None, what="S-000001")
COLUMNS = "at_ms, kind, who, address, what, detail, times"
ROWS = [replace(LINE, at_ms=LINE.at_ms + number) for number in range(8)]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    made = opened(tmp_path)
    await made.access.log_access(ROWS)
    await made.close()
    return tmp_path


async def checked(folder: Path) -> ChainCheck:
    reader = open_reader(folder)
    try:
        return await reader.access.check_access()
    finally:
        await reader.close()


def tamper(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / DATABASE)
    connection.executescript(";".join(statements))
    connection.close()


@pytest.mark.parametrize("statement", ["UPDATE access_log SET who = 'eve' WHERE no = 3", "DELETE FROM access_log WHERE no = 3"])
async def test_triggers_refuse_what_is_not_an_addition(folder: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        tamper(folder, statement)
    assert await checked(folder) == ChainCheck(8, None, list(chained(ROWS, None))[-1].head)


@pytest.mark.parametrize(
    ("statement", "broken_no"),
    [
        ("UPDATE access_log SET who = 'eve' WHERE no = 3", 3),
        ("UPDATE access_log SET kind = 'nothing_known' WHERE no = 1", 1),
        ("UPDATE access_log SET digest = zeroblob(32) WHERE no = 5", 5),
        ("DELETE FROM access_log WHERE no = 4", 4),
        ("DELETE FROM access_log WHERE no = 4; UPDATE access_log SET no = no - 1 WHERE no > 4", 4),
        (";".join(f"UPDATE access_log SET no = {to} WHERE no = {no}" for no, to in ((2, 99), (6, 2), (99, 6))), 2),
        (f"INSERT INTO access_log SELECT 9, {COLUMNS}, digest FROM access_log WHERE no = 8", 9),
    ],
)
async def test_what_is_changed_behind_the_triggers_is_named(folder: Path, statement: str, broken_no: int) -> None:
    tamper(folder, "DROP TRIGGER access_log_no_UPDATE", "DROP TRIGGER access_log_no_DELETE", statement)
    assert (await checked(folder)).broken_no == broken_no


async def test_rows_from_before_the_chain_are_taken_over_and_chained(tmp_path: Path) -> None:
    database = tmp_path / DATABASE
    run_upgrade(database, "0003")
    connection = sqlite3.connect(database)
    rows = [*ROWS, msgspec.structs.replace(ROWS[0], what='\u00e9 "\\ \n\x01\x7f \U0001f600')]
    values = [(row.at_ms, row.kind.value, row.who, row.address, row.what, row.detail, row.times) for row in rows]
    connection.executemany(f"INSERT INTO access_log ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    connection.commit()
    connection.close()
    run_upgrade(database)
    assert await checked(tmp_path) == ChainCheck(9, None, list(chained(rows, None))[-1].head)
