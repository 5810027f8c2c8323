"""The store on disk: SQLite in WAL mode with every commit synced, one writer thread, reads beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, TypeVar

from msgspec.structs import replace

from monitor.store import reader, trend
from monitor.store.access_sql import SqlAccessStore
from monitor.store.checkpointer import Checkpointer
from monitor.store.connection import Connection, DatabaseError, SqliteTooOld, check_sqlite_version, connect_reader, connect_writer, failure
from monitor.store.data_folder import DATABASE, DataFolder
from monitor.store.filing import FilingPace
from monitor.store.ledger import Ledger, load
from monitor.store.migrations import HEAD, upgrade, version_of
from monitor.store.ports import Aside, Batch, Position, SessionRow, StoreFailed, Trend
from monitor.store.proofs_sql import SqlProofStore
from monitor.store.reader import Readers
from monitor.store.review_sql import SqlReviewStore
from monitor.store.rows import MeasurementRow, session_no
from monitor.store.writer import Work, Writer
from schemas.log import Entry, Seal
from schemas.session import OPEN_PHASES
from schemas.vitals import Vital

__all__ = ["SqliteReader", "SqliteStore", "SqliteTooOld", "check_sqlite_version", "open_reader"]

READ_ONLY: Final = "this store was opened for reading only"
MAX_WAITING: Final = 250_000  # entries on their way to the disk: some 200 MB, 12 s at 20,000 a second
CHECKED_BYTES: Final = 64 << 20  # a file up to this size is checked page by page at start; a larger one would hold up the start for seconds
_T = TypeVar("_T")


class SqliteReader:
    """The reading half of a store. By itself (`open_reader`) it reads a file while another process may be writing it. `access` reads
    who came in and what they took."""

    def __init__(self, database: Path, ledger: Ledger) -> None:
        self._ledger = ledger
        self._readers = Readers(database)
        self.access = SqlAccessStore(_write_nothing, self._readers.read)
        self.proofs = SqlProofStore(_write_nothing, self._readers.read, lambda: self._ledger)
        self.access = SqlAccessStore(_write_nothing, self._readers.read)

    async def _refresh(self) -> None:
        """Takes over what another process has written; some 50 ms where most is unfiled."""
        self._ledger = await self._readers.read(load, FilingPace().session_rows)

    async def sessions(self, *, open_only: bool) -> list[SessionRow]:
        await self._refresh()
        rows = await self._readers.read(reader.read_sessions, *(reader.OPEN if open_only else reader.ALL))
        return [row for found in rows if (row := self._as_committed(found)) is not None]

    async def session(self, session: str) -> SessionRow | None:
        await self._refresh()
        return await self._session(session)

    async def _session(self, session: str) -> SessionRow | None:
        number = session_no(session)
        rows = [] if number is None else await self._readers.read(reader.read_sessions, "WHERE session_no = ?", (number,))
        return self._as_committed(rows[0]) if rows else None

    def _as_committed(self, row: SessionRow) -> SessionRow | None:
        """The ledger says how far a session goes: the tables know nothing of unfiled rows. An open session that is not in it has just
        been created and will be there in a moment."""
        state = self._ledger.sessions.get(row.id)
        if state is None:
            return None if row.phase in OPEN_PHASES else row
        return replace(row, last_seq=state.last_seq)

    async def entries(self, session: str, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        number = session_no(session)
        if number is None:
            return
        await self._refresh()
        last_seq, unfiled = await self._tail(session)
        until = last_seq if until_seq is None else min(until_seq, last_seq)
        while since_seq < until:
            chunk = await self._readers.read(self._read_chunk, session, number, since_seq, until, unfiled)
            if not chunk:
                return
            since_seq = chunk[-1].seq
            yield chunk

    def _read_chunk(
        self, connection: Connection, session: str, number: int, since_seq: int, until_seq: int, unfiled: list[MeasurementRow]
    ) -> list[Entry]:
        rows, events = reader.read_chunk(connection, number, since_seq, until_seq, unfiled)
        return reader.entries_of(session, rows, events, self._ledger.device_names)

    async def _tail(self, session: str) -> tuple[int, list[MeasurementRow]]:
        """Up to where the record of a session goes now, and what of it the tables do not show yet. 0 for an unknown session."""
        tail = self._ledger.tail(session)
        if tail is None:
            row = await self._session(session)
            tail = self._ledger.tail(session) or (0 if row is None else row.last_seq, [])  # it may have been written to meanwhile
        return tail

    async def events(self, session: str, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1_000) -> list[Entry]:
        number = session_no(session)
        return [] if number is None else await self._readers.read(reader.read_events, session, number, since_seq, kinds, limit)

    async def seals(self, session: str, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]:
        number = session_no(session)
        return [] if number is None else await self._readers.read(reader.read_seals, session, number, since_seq, limit)

    async def trend(self, session: str, vitals: tuple[Vital, ...], *, since_ms: int, until_ms: int, max_points: int) -> dict[Vital, Trend]:
        window = trend.Window(vitals, since_ms, until_ms, max_points)
        number = session_no(session)
        if number is None:
            return trend.thin([], window)
        await self._refresh()
        _, unfiled = await self._tail(session)
        return await self._readers.read(lambda connection: trend.thin(trend.read_rows(connection, number, window, unfiled), window))

    async def positions(self) -> dict[str, Position]:
        await self._refresh()
        return dict(self._ledger.positions)

    async def next_session_no(self) -> int:
        return await self._readers.read(reader.read_next_session_no)

    async def aside(self, limit: int) -> list[Aside]:
        return await self._readers.read(reader.read_aside, limit)

    async def counts(self) -> dict[str, int]:
        counts = await self._readers.read(reader.read_counts)
        return counts | {"entries": self._ledger.entries, "unfiled": self._ledger.unfiled_rows, "waiting": 0}

    async def ping(self) -> None:
        await self._readers.read(lambda connection: connection.execute("SELECT 1").fetchone())

    def append(self, batch: Batch) -> asyncio.Future[None]:  # noqa: ARG002 - a Store takes it, this one never does
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_exception(StoreFailed("closed", READ_ONLY))
        return done

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._readers.close)


class SqliteStore(SqliteReader):
    """One per process and data folder. `access` keeps people, devices and the access log in the same file, `review` what is looked
    at afterwards, `proofs` the tree over all seals."""

    def __init__(self, folder: DataFolder, connection: Connection, ledger: Ledger, pace: FilingPace, max_waiting: int) -> None:
        super().__init__(folder.database, ledger)
        self._folder = folder
        self._max_waiting = max_waiting
        self._is_closing = False
        self._checkpointer = Checkpointer(folder.database)
        self.writer = Writer(connection, ledger, pace, self._checkpointer)
        self.writer.start()
        self.access = SqlAccessStore(self.write, self._readers.read)
        self.review = SqlReviewStore(self.write, self._readers.read)
        self.proofs = SqlProofStore(self.write, self._readers.read, lambda: self._ledger)

    @classmethod
    def open(cls, data_dir: Path, *, pace: FilingPace = FilingPace(), max_waiting: int = MAX_WAITING) -> "SqliteStore":  # noqa: B008 - frozen
        """Makes the folder and the file where there are none, brings the tables up to date, takes over what the last process left.

        Raises SqliteTooOld, StoreFailed (`in_use`, `too_new`, `corrupt`, `io`, `full`, `locked`).
        """
        check_sqlite_version()
        folder = DataFolder(data_dir)
        connection = None
        try:
            connection = connect_writer(folder.database)
            upgrade(folder.database, connection)
            _check(connection, folder.database)
            return cls(folder, connection, load(connection, pace.session_rows), pace, max_waiting)
        except BaseException as error:
            if connection is not None:
                connection.close()
            folder.release()
            if isinstance(error, DatabaseError):
                raise failure(error) from error
            raise

    async def _refresh(self) -> None:
        """Nobody else writes: the writer keeps the ledger."""

    def append(self, batch: Batch) -> asyncio.Future[None]:
        """At `max_waiting` entries on their way the batch fails with `busy`, and so do those behind it until it has been taken."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        error = self._refusal()
        if error is None and self.writer.waiting >= self._max_waiting:
            error = StoreFailed("busy", f"{self.writer.waiting} entries are on their way to the disk")
            self._ledger.hold_back(batch, error.kind)
        if error is None:
            self.writer.put(Work(batch, None, done, len(batch.entries)), loop)
        else:
            done.set_exception(error)
        return done

    async def write(self, job: Callable[[Connection], _T]) -> _T:
        """Runs a job in the writer's thread, in a transaction of its own. Raises StoreFailed."""
        error = self._refusal()
        if error is not None:
            raise error
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()
        self.writer.put(Work(None, job, done, 0), loop)
        return await done

    def _refusal(self) -> StoreFailed | None:
        return StoreFailed("closed", "the store is closed") if self._is_closing else self.writer.failed

    async def counts(self) -> dict[str, int]:
        return await super().counts() | {"waiting": self.writer.waiting, "commits": self.writer.groups}

    async def ping(self) -> None:
        """Through the writer's queue: it answers when what came before is written."""
        await self.write(lambda connection: connection.execute("SELECT 1").fetchone())

    async def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        self.writer.stop()
        self._readers.close()
        self.writer.connection.close()
        self._checkpointer.close()
        self._folder.release()


async def _write_nothing(_: Callable[[Connection], _T], /) -> _T:
    raise StoreFailed("closed", READ_ONLY)


def open_reader(data_dir: Path) -> SqliteReader:
    """For a process beside the monitor. Raises SqliteTooOld, StoreFailed (`missing`, `too_old` tables, `too_new`, `io`)."""
    check_sqlite_version()
    database = data_dir / DATABASE
    if not database.is_file():
        raise StoreFailed("missing", f"there is no record in {data_dir}: {DATABASE} is not there")
    connection = connect_reader(database)
    try:
        version = version_of(connection)
        if version != HEAD:
            raise StoreFailed("too_new" if version else "missing", f"{database}: its tables are {version}, this program reads {HEAD}")
        return SqliteReader(database, load(connection, FilingPace().session_rows))
    except DatabaseError as error:
        raise failure(error) from error
    finally:
        connection.close()


def _check(connection: Connection, database: Path) -> None:
    """Raises StoreFailed (`corrupt`) where SQLite finds the file damaged."""
    if database.stat().st_size <= CHECKED_BYTES:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise StoreFailed("corrupt", f"{database} is damaged: {found[0]}. Restore it from a copy; nothing was written")
