"""Opening a store: the right library, one process, a private folder, a sound file. Else a clear no."""

import asyncio
import stat
from pathlib import Path

import pytest

from monitor.store.connection import OLDEST_SQLITE, SqliteTooOld, check_sqlite_version
from monitor.store.data_folder import DATABASE
from monitor.store.ports import Batch, StoreFailed
from monitor.store.sqlite import SqliteStore, open_reader
from tests.unit.store.files import empty, opened, read
from tests.unit.store.logs import SESSION, log, measured, position


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.0"])
def test_a_library_with_the_wal_fault_is_refused(version: str) -> None:
    with pytest.raises(SqliteTooOld, match=version):
        check_sqlite_version(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.53.4", "4.0.0"])
def test_a_library_without_it_is_taken(version: str) -> None:
    assert check_sqlite_version(version) == version


def test_the_library_in_use_is_new_enough() -> None:
    assert tuple(map(int, check_sqlite_version().split("."))) >= OLDEST_SQLITE


def test_an_old_library_opens_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def old() -> str:
        raise SqliteTooOld("3.40.1")

    monkeypatch.setattr("monitor.store.sqlite.check_sqlite_version", old)
    with pytest.raises(StoreFailed, match=r"3\.40\.1 can damage"):
        SqliteStore.open(tmp_path / "data")
    assert not (tmp_path / "data").exists()


async def test_a_new_folder_is_private_and_holds_the_database_alone(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "data" / "here")
    assert stat.S_IMODE((tmp_path / "data" / "here").stat().st_mode) == 0o700
    await store.append(Batch(log(3)))
    await store.close()
    assert [path.name for path in (tmp_path / "data" / "here").iterdir()] == [DATABASE]


async def test_a_second_writer_is_refused_and_told_why(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(StoreFailed, match="another process uses the data folder") as failed:
        opened(tmp_path)
    assert failed.value.kind == "in_use"
    await store.append(Batch(log(3)))
    await store.close()
    again = opened(tmp_path)
    await again.close()


async def test_a_store_that_could_not_open_holds_nothing(tmp_path: Path) -> None:
    empty(tmp_path)
    sound = (tmp_path / DATABASE).read_bytes()
    (tmp_path / DATABASE).write_bytes(b"this is not a database, but it is long enough to be looked at" * 100)
    with pytest.raises(StoreFailed) as failed:
        opened(tmp_path)
    assert failed.value.kind == "corrupt"
    (tmp_path / DATABASE).write_bytes(sound)
    await opened(tmp_path).close()


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.append(Batch(log(2_000)))
    await store.close()
    damaged = bytearray((tmp_path / DATABASE).read_bytes())
    for page in range(30, len(damaged) // 4_096):
        damaged[page * 4_096 : page * 4_096 + 12] = b"\xff" * 12  # the head of each page
    (tmp_path / DATABASE).write_bytes(damaged)
    with pytest.raises(StoreFailed, match=r"damaged|malformed") as failed:
        opened(tmp_path)
    assert failed.value.kind == "corrupt"


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StoreFailed, match="cannot be used"):
        SqliteStore.open(tmp_path / "data")


def test_a_reader_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="there is no record") as failed:
        open_reader(tmp_path)
    assert failed.value.kind == "missing"
    assert list(tmp_path.iterdir()) == []


async def test_a_reader_beside_a_monitor_sees_what_is_committed_and_writes_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.append(Batch(log(20), positions=[position(1)]))
    beside = open_reader(tmp_path)
    assert await read(beside, SESSION) == log(20)
    await store.append(Batch([measured(21)], positions=[position(2)]))
    assert await read(beside, SESSION) == [*log(20), measured(21)]
    assert await beside.positions() == {"sim-room-1": position(2)}
    with pytest.raises(StoreFailed, match="reading only"):
        await beside.append(Batch([measured(22)]))
    await asyncio.gather(beside.close(), store.close())


async def test_the_writer_syncs_every_commit(tmp_path: Path) -> None:
    """A killed process proves nothing about a power cut: the page cache survives it. The setting does; 1 would lose the last commits."""
    store = opened(tmp_path)
    assert await store.write(lambda connection: connection.execute("PRAGMA journal_mode").fetchone()) == ("wal",)
    assert await store.write(lambda connection: connection.execute("PRAGMA synchronous").fetchone()) == (2,)
    assert await store.write(lambda connection: connection.execute("PRAGMA wal_autocheckpoint").fetchone()) == (0,)
    await store.close()


async def test_readers_cannot_write(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(StoreFailed, match=r"readonly|read-only|query_only"):
        await store._readers.read(lambda connection: connection.execute("DELETE FROM measurement"))
    await store.close()
