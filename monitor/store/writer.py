"""The writer thread: group commit.

    append -> queue -> everything that waits is one group -> BEGIN IMMEDIATE .. COMMIT -> one call into the event loop -> all futures

A failed group is rolled back. If a batch in it contradicts the record, each batch is tried alone, so that it fails alone. A full disk
or a held lock fails the group and what follows in its sessions, for the caller to try again. A failed read or sync ends the store for
good: what a disk did with pages whose sync failed is not known, and trying again would report as safe what may be lost.

The program should set the interpreter's switch interval to 0.5 ms. At its default of 5 ms an event loop that never rests, but lets the
interpreter lock go at every turn, starves this thread: 49,000 readings/s and answers after 7 s, against 60,000/s and 0.07 s.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, Final

from monitor.store import checkpointer
from monitor.store.checkpointer import Checkpointer
from monitor.store.connection import Connection, DatabaseError, failure
from monitor.store.filing import Filing, FilingPace
from monitor.store.ledger import Ledger
from monitor.store.many import insert
from monitor.store.plan import Plan
from monitor.store.ports import MAX_ASIDE_ROWS, RETRYABLE, Batch, StoreFailed

_CONSTRAINT: Final = (OverflowError, UnicodeEncodeError)  # found only while binding

_ARRIVAL: Final = "INSERT INTO arrival VALUES (?, ?)"
_ASIDE: Final = "aside (at_ms, device, reason, place, detail, raw)"
_TRIM_ASIDE: Final = f"DELETE FROM aside WHERE aside_no <= (SELECT max(aside_no) FROM aside) - {MAX_ASIDE_ROWS}"  # noqa: S608 - a number


class Work:
    """A batch on its way, or a job: a function that writes a few rows by itself, in a transaction of its own."""

    __slots__ = ("batch", "done", "error", "job", "result", "size")

    def __init__(self, batch: Batch | None, job: Callable[[Connection], Any] | None, done: asyncio.Future[Any], size: int) -> None:
        self.batch = batch
        self.job = job
        self.done = done
        self.size = size
        self.result: Any = None
        self.error: Exception | None = None


class Writer:
    """Owns the writing connection and the ledger. `put` from the event loop's thread; everything else happens in the thread."""

    def __init__(self, connection: Connection, ledger: Ledger, pace: FilingPace, beside: Checkpointer) -> None:
        self.connection = connection
        self._checkpointer = beside
        self.ledger = ledger
        self._filing = Filing(ledger, pace)
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._ending = threading.Lock()  # so that nothing is put behind the last look into the queue
        self._has_ended = False
        self.failed: StoreFailed | None = None  # for good
        self.waiting = 0  # entries on their way; the event loop's alone
        self.groups = 0

    def start(self) -> None:
        self._checkpointer.start()
        self._thread.start()

    def put(self, work: Work, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.waiting += work.size
        with self._ending:
            self._queue.put(work)
            if self._has_ended:
                self._fail(self._next_group(wait=False)[0], self.failed or StoreFailed("closed", "the store is closed"))

    def stop(self) -> None:
        """What was put before is still written. Blocks until the threads have ended."""
        self._checkpointer.stop()  # first, so that it is not in the way of the last checkpoint
        self._queue.put(None)
        self._thread.join()

    # In the thread

    def _run(self) -> None:
        works: list[Work] = []
        try:
            is_end = False
            while not is_end:
                works, is_end = self._next_group()
                self._turn(works, is_end=is_end)
                works = []
        except BaseException as error:
            self.failed = StoreFailed("io", f"the writer died: {error!r}")
            raise
        finally:
            self.failed = self.failed or StoreFailed("closed", "the store is closed")
            with self._ending:
                self._has_ended = True
                self._fail([*works, *self._next_group(wait=False)[0]], self.failed)

    def _next_group(self, *, wait: bool = True) -> tuple[list[Work], bool]:
        """Everything that waits, and whether the end was among it."""
        first = [self._queue.get()] if wait else []
        items = [*first, *(self._queue.get_nowait() for _ in range(self._queue.qsize()))]
        works = [work for work in items if work is not None]
        return works, len(works) != len(items)

    def _turn(self, works: list[Work], *, is_end: bool) -> None:
        batches = [work for work in works if work.batch is not None]
        if batches:
            self._write(batches)
        for work in works:
            if work.job is not None:
                self._do(work, work.job)
        self._answer(works)
        if is_end:
            self._file_everything()
        self._checkpoint(is_end=is_end)

    def _write(self, works: list[Work]) -> None:
        """Sets `error` on each work that is not on disk afterwards."""
        if self.failed is not None:
            for work in works:
                work.error = self.failed
            return
        plan = Plan(self.ledger, self.connection)
        try:
            self._plan(plan, works)
            if any(work.error is None for work in works):
                self._commit(plan)
        except (DatabaseError, *_CONSTRAINT) as error:
            plan.drop()
            self._failed(works, self._roll_back(error))

    def _plan(self, plan: Plan, works: list[Work]) -> None:
        for work in works:
            if work.batch is not None:
                try:
                    plan.add(work.batch)
                except StoreFailed as refused:
                    work.error = refused

    def _commit(self, plan: Plan) -> None:
        connection, execute = self.connection, self.connection.execute
        execute("BEGIN IMMEDIATE")
        insert(connection, "device_position", 4, ((number, device, "", 0) for device, number in plan.devices.items()))
        insert(connection, "session", 11, plan.sessions)
        insert(connection, "event", 5, plan.events)
        for statement, values in plan.derived:
            execute(statement, values)
        insert(connection, "seal", 6, plan.seals)
        insert(connection, "leaf", 2, plan.leaves)
        if plan.has_arrival:
            execute(_ARRIVAL, (self.ledger.next_arrival_no, plan.arrival()))
        if plan.aside:
            rows = ((each.at_ms, each.device, each.reason, each.where, each.detail, each.raw) for each in plan.aside)
            insert(connection, _ASIDE, 6, rows)
            execute(_TRIM_ASIDE)
        is_filing = self._filing.is_due(len(plan.rows))
        if is_filing:
            self._filing.execute(self.connection, len(plan.rows))
        execute("COMMIT")
        if is_filing:
            self._filing.apply()
        plan.apply(self._filing.pace.session_rows)
        self.groups += 1

    def _failed(self, works: list[Work], error: StoreFailed) -> None:
        if error.kind == "constraint" and len(works) > 1:
            for work in works:
                work.error = None  # it may have been refused only because of the one that fails now
                self._write([work])
            return
        for work in works:
            work.error = work.error or error
            if error.kind in RETRYABLE and work.batch is not None:
                self.ledger.hold_back(work.batch, error.kind)

    def _do(self, work: Work, job: Callable[[Connection], Any]) -> None:
        """A job says no by its result; what it wrote is then committed too, so it must not have written."""
        if self.failed is not None:
            work.error = self.failed
            return
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            work.result = job(self.connection)
            self.connection.execute("COMMIT")
        except (DatabaseError, *_CONSTRAINT) as error:
            work.error = self._roll_back(error)

    def _file_everything(self) -> None:
        """At the end, so that whoever opens the file finds all in its place. Where it fails all is as durable as before."""
        for _ in range(2):  # the second clears what the first filed
            if self.failed is None:
                try:
                    self.connection.execute("BEGIN IMMEDIATE")
                    self._filing.execute(self.connection, 0, everything=True)
                    self.connection.execute("COMMIT")
                    self._filing.apply()
                except DatabaseError as error:
                    self._roll_back(error)

    def _checkpoint(self, *, is_end: bool) -> None:
        """Asks for one when there is enough in the log, and does the rest of one. By hand, since SQLite keeps quiet about a failed sync in
        an automatic checkpoint. A reader that is in the way only delays it."""
        self.failed = self.failed or self._checkpointer.failed
        if self.failed is not None:
            return
        try:
            if is_end:
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            elif self._checkpointer.tail_due:
                self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                self._checkpointer.tail_due = False
            else:
                _, pages, done = self.connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
                if pages - done >= checkpointer.PAGES:
                    self._checkpointer.begin()
        except DatabaseError as error:
            self._roll_back(error)

    def _roll_back(self, error: Exception) -> StoreFailed:
        """Ends the transaction, and the store where the error is one of the disk."""
        failed = failure(error) if isinstance(error, DatabaseError) else StoreFailed("constraint", f"it cannot be written: {error}")
        self._filing.drop()
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except DatabaseError as second:
            failed = failure(second)
        if failed.kind not in RETRYABLE and failed.kind != "constraint":
            self.failed = failed
        return failed

    def _fail(self, works: list[Work], error: StoreFailed) -> None:
        for work in works:
            work.error = work.error or error
        self._answer(works)

    def _answer(self, works: list[Work]) -> None:
        """One call into the event loop for the whole group."""
        if works and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._settle, works)
            except RuntimeError:  # the loop is closed: nobody waits for an answer any more
                self.waiting = 0

    # In the event loop's thread

    def _settle(self, works: list[Work]) -> None:
        for work in works:
            self.waiting -= work.size
            if not work.done.done():
                if work.error is None:
                    work.done.set_result(work.result)
                else:
                    work.done.set_exception(work.error)
