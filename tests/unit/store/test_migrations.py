"""The tables that migrations make are the tables that the code describes, and a file is moved on whole or not at all."""

from pathlib import Path

import pysqlite3.dbapi2 as sqlite3
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateIndex, CreateTable

from monitor.store.connection import connect_writer
from monitor.store.data_folder import DATABASE
from monitor.store.migrations import HEAD, upgrade, version_of
from monitor.store.migrations.run import engine, known_versions, run_upgrade
from monitor.store.ports import StoreFailed
from monitor.store.sqlite import SqliteStore
from monitor.store.tables import Table
from tests.unit.store.files import empty


def statements(connection: sqlite3.Connection) -> set[str]:
    """Every CREATE of the file, without how it was laid out."""
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'")
    return {plain(row[0]) for row in rows if not row[0].startswith(("CREATE VIEW", "CREATE TRIGGER"))}


def plain(statement: str) -> str:
    return " ".join(statement.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split())


def test_a_new_revision_would_be_empty(tmp_path: Path) -> None:
    made = engine(empty(tmp_path) / DATABASE)
    with made.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Table.metadata) == []
    made.dispose()


def test_migrations_make_the_described_tables_to_the_letter(tmp_path: Path) -> None:
    """Also what Alembic does not compare: WITHOUT ROWID, and the condition of a partial index."""
    made = engine(empty(tmp_path) / DATABASE)
    described = {plain(str(CreateTable(table).compile(made))) for table in Table.metadata.sorted_tables}
    described |= {plain(str(CreateIndex(index).compile(made))) for table in Table.metadata.sorted_tables for index in table.indexes}
    connection = sqlite3.connect(tmp_path / DATABASE)
    assert statements(connection) == described
    connection.close()
    made.dispose()


def test_the_newest_version_is_the_one_that_the_code_expects() -> None:
    assert HEAD in known_versions()
    assert max(known_versions()) == HEAD


def test_a_file_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = empty(tmp_path) / DATABASE
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreFailed, match="newer version") as failed:
        SqliteStore.open(tmp_path)
    assert failed.value.kind == "too_new"
    assert path.read_bytes() == before


def test_an_upgrade_that_dies_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / DATABASE
    monkeypatch.setattr("alembic.op.create_index", lambda *_, **__: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        run_upgrade(path)
    monkeypatch.undo()
    connection = connect_writer(path)
    assert statements(connection) == set()
    upgrade(path, connection)
    assert version_of(connection) == HEAD
    connection.close()


def test_the_view_shows_one_row_per_value(tmp_path: Path) -> None:
    connection = sqlite3.connect(empty(tmp_path) / DATABASE)
    connection.execute("INSERT INTO measurement VALUES (1, 7, 100, 90, 95, 3, 1, 2, '[[1,70000,1,0],[6,null,3,1]]')")
    rows = connection.execute(
        "SELECT session_no, seq, place, vital, value_milli, validity, reason, at_ms, mode FROM reading ORDER BY place"
    )
    assert rows.fetchall() == [(1, 7, 0, 1, 70_000, 1, 0, 100, 2), (1, 7, 1, 6, None, 3, 1, 100, 2)]
    connection.close()
