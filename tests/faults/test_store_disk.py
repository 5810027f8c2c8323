"""A full disk and a failing disk: nothing is answered as safe that is not, and what can go on does."""

import asyncio
import resource
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite3
import pytest

from monitor.store.connection import Connection, failure
from monitor.store.plan import Plan
from monitor.store.ports import Batch, StoreFailed
from monitor.store.sqlite import SqliteStore
from monitor.store.writer import Work, Writer
from tests.unit.store.files import copied, opened, read
from tests.unit.store.logs import SESSION, log, measured, note

SQLITE_IOERR_READ, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC = 266, 778, 1034


async def grow_to(store: SqliteStore, pages: int) -> None:
    """The disk as large as so many pages more than now are used."""

    def limit(connection: Connection) -> None:
        used = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={used + pages}").fetchone()

    await store.write(limit)


async def fill(store: SqliteStore, first: int) -> tuple[int, StoreFailed]:
    """Appends until the store says no: the last seq that was answered as on disk, and the no."""
    seq = first
    while True:
        try:
            await store.append(Batch([note(seq, text="x" * 1_500), *(measured(n) for n in range(seq + 1, seq + 6))]))
        except StoreFailed as failed:
            return seq - 1, failed
        seq += 6


async def false_answers(folder: Path, to: Path, last: int) -> bool:
    """Whether something up to `last` is missing in the files as they are now."""
    store = opened(copied(folder, to))
    found = [entry.seq for entry in await read(store, SESSION)]
    await store.close()
    return found[:last] != list(range(1, last + 1))


async def test_a_full_disk_answers_nothing_false_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store = opened(tmp_path / "data")
    await store.append(Batch(log(10)))
    await grow_to(store, 20)
    last, failed = await fill(store, 11)
    assert failed.kind == "full"
    assert not await false_answers(tmp_path / "data", tmp_path / "copy", last)
    assert [entry.seq for entry in await read(store, SESSION)] == list(range(1, last + 1)), "what is on record can still be read"
    behind = store.append(Batch([measured(last + 20)]))
    with pytest.raises(StoreFailed, match="does not follow") as held_back:
        await behind
    assert held_back.value.kind == "full", "what follows waits for what failed"
    await grow_to(store, 10_000)
    await store.append(Batch([measured(seq) for seq in range(last + 1, last + 20)]))
    await store.append(Batch([measured(last + 20)]))
    assert [entry.seq for entry in await read(store, SESSION)] == list(range(1, last + 21))
    await store.close()
    assert not await false_answers(tmp_path / "data", tmp_path / "end", last + 20)


async def test_a_store_can_be_closed_and_opened_on_a_full_disk(tmp_path: Path) -> None:
    store = opened(tmp_path / "data")
    await store.append(Batch(log(10)))
    await grow_to(store, 10)
    last, _ = await fill(store, 11)
    await store.close()
    again = opened(tmp_path / "data")
    assert [entry.seq for entry in await read(again, SESSION)] == list(range(1, last + 1))
    await again.close()


class Hopeful(Writer):
    """What the checker must catch: it takes every failure for a success."""

    def _failed(self, works: list[Work], error: StoreFailed) -> None:
        self.given_up = error

    def _plan(self, plan: Plan, works: list[Work]) -> None:
        super()._plan(plan, works)
        for work in works:
            work.error = None


async def test_the_check_catches_a_writer_that_hopes(tmp_path: Path) -> None:
    """Negative control for the full disk."""
    store = opened(tmp_path / "data")
    await store.append(Batch(log(10)))
    store.writer.__class__ = Hopeful
    await grow_to(store, 20)
    for seq in range(11, 611, 6):
        await store.append(Batch([note(seq, text="x" * 1_500), *(measured(n) for n in range(seq + 1, seq + 6))]))
    assert await false_answers(tmp_path / "data", tmp_path / "copy", 610)
    await store.close()


class FailingDisk:
    """A connection on a disk that answers one statement with an error, and says how often it was asked to."""

    def __init__(self, connection: Connection, statement: str, code: int) -> None:
        self._connection, self._statement, self._code = connection, statement, code
        self.asked = 0
        self.is_broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> Any:
        if self.is_broken and statement.startswith(self._statement):
            self.asked += 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self._code
            raise error
        return self._connection.execute(statement, *values)


async def broken(folder: Path, statement: str, code: int) -> tuple[SqliteStore, FailingDisk]:
    """A store with ten entries whose disk fails from now on."""
    store = opened(folder)
    await store.append(Batch(log(10)))
    disk = FailingDisk(store.writer.connection, statement, code)
    store.writer.connection = disk
    disk.is_broken = True
    return store, disk


async def test_a_write_that_the_kernel_refuses_ends_the_store(tmp_path: Path) -> None:
    """The real thing: from some byte on the kernel takes nothing more into the write-ahead log."""
    store = opened(tmp_path / "data")
    await store.append(Batch(log(10)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "data" / "monitor.db-wal").stat().st_size + 40_000, hard))
    try:
        last, failed = await fill(store, 11)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failed.kind == "io"
    with pytest.raises(StoreFailed) as failed_again:
        await store.append(Batch([measured(last + 1)]))
    assert failed_again.value.kind == "io"
    await store.close()
    assert not await false_answers(tmp_path / "data", tmp_path / "copy", last)


@pytest.mark.parametrize("code", [SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE, SQLITE_IOERR_READ])
async def test_a_failed_sync_ends_the_store_and_is_never_tried_again(tmp_path: Path, code: int) -> None:
    store, disk = await broken(tmp_path / "data", "COMMIT", code)
    first = store.append(Batch([measured(11)]))
    with pytest.raises(StoreFailed) as failed:
        await first
    assert failed.value.kind == "io"
    disk.is_broken = False
    for batch in (Batch([measured(11)]), Batch([measured(12)]), Batch()):
        with pytest.raises(StoreFailed) as failed:
            await store.append(batch)
        assert failed.value.kind == "io", "also when the disk seems well again"
    with pytest.raises(StoreFailed):
        await store.ping()
    with pytest.raises(StoreFailed):
        await store.write(lambda _: None)
    assert disk.asked == 1
    assert [entry.seq for entry in await read(store, SESSION)] == list(range(1, 11)), "what is on record can still be read"
    await store.close()


async def test_a_failed_sync_of_a_checkpoint_ends_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An automatic checkpoint would have kept this to itself."""
    monkeypatch.setattr("monitor.store.checkpointer.PAGES", 1)
    store = opened(tmp_path / "data")
    disk = FailingDisk(store._checkpointer._connection, "PRAGMA wal_checkpoint", SQLITE_IOERR_FSYNC)
    store._checkpointer._connection = disk
    disk.is_broken = True
    await store.append(Batch(log(10)))
    await checkpointed(store)
    with pytest.raises(StoreFailed) as failed:
        await ends(store, 11)
    assert failed.value.kind == "io"
    assert disk.asked == 1
    found = len(await read(store, SESSION))
    await store.close()
    again = opened(tmp_path / "data")
    assert [entry.seq for entry in await read(again, SESSION)] == list(range(1, found + 1)), "what was answered is there"
    await again.close()


async def test_a_failed_sync_of_the_rest_of_a_checkpoint_ends_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.store.checkpointer.PAGES", 1)
    store, disk = await broken(tmp_path / "data", "PRAGMA wal_checkpoint(PASSIVE)", SQLITE_IOERR_FSYNC)
    await checkpointed(store)
    with pytest.raises(StoreFailed) as failed:
        await ends(store, 11)
    assert failed.value.kind == "io"
    assert disk.asked == 1
    await store.close()


async def checkpointed(store: SqliteStore) -> None:
    """Returns when no checkpoint runs beside the writer."""
    assert await asyncio.get_running_loop().run_in_executor(None, store._checkpointer.idle.wait, 20)


async def ends(store: SqliteStore, seq: int) -> None:
    """Appends until the store fails. Raises what it fails with."""
    for n in range(seq, seq + 20):
        await store.append(Batch([measured(n)]))
        await checkpointed(store)


async def test_the_whole_group_of_a_failed_sync_is_told(tmp_path: Path) -> None:
    store, _ = await broken(tmp_path / "data", "COMMIT", SQLITE_IOERR_FSYNC)
    ends = await asyncio.gather(*(store.append(Batch([measured(seq)])) for seq in range(11, 41)), return_exceptions=True)
    assert {getattr(end, "kind", end) for end in ends} == {"io"}
    await store.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (13, "full"),
        (5, "locked"),
        (6, "locked"),
        (517, "locked"),
        (10, "io"),
        (1034, "io"),
        (11, "corrupt"),
        (26, "corrupt"),
        (8, "io"),
        (14, "io"),
    ],
)
def test_every_code_has_a_meaning(code: int, kind: str) -> None:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    assert failure(error).kind == kind
