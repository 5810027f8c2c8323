"""A process to be killed: appends to a store as fast as it can, many batches at once, and prints what was answered as on disk.

`python -m tests.faults.store_child FOLDER HONESTY`. Each line: `session seq frame` - up to this entry and this frame all is on disk. Entry
n of a session is the same every time, so whoever reads the store afterwards knows what must be there.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from monitor.store.filing import FilingPace
from monitor.store.ports import Batch
from monitor.store.sqlite import SqliteStore
from monitor.store.writer import Work, Writer
from schemas.log import Entry
from tests.unit.store.logs import bound, created, measured, note, position, seal

SESSIONS = ("S-000001", "S-000002", "S-000003")
IN_FLIGHT = 24
PACE = FilingPace(session_rows=12, horizon_ms=30_000, unfiled_rows=64, arrivals=50)


def entry(session: str, seq: int) -> Entry:
    if seq == 1:
        return created(session)
    if seq % 25 == 0:
        return bound(seq, f"{session}-{seq}", session)
    return note(seq, session) if seq % 10 == 0 else measured(seq, session, device=session)


def batch(session: str, first: int, last: int) -> Batch:
    return Batch(
        [entry(session, seq) for seq in range(first, last + 1)],
        [seal(first, last, session)] if last % 4 == 0 else [],
        [position(last, session)],
    )


class AnsweringFirst(Writer):
    """What the checker must catch: it says "on disk" when it has read a batch, and writes it when it reads the next."""

    held: list[Work]

    def _turn(self, works: list[Work], *, is_end: bool) -> None:
        self._answer(works)
        before, self.held = getattr(self, "held", []), works
        if before:
            self._write(before)
        if is_end:
            self._write(works)


class Appender:
    """Keeps IN_FLIGHT batches of a session on their way."""

    def __init__(self, store: SqliteStore, session: str, last: int) -> None:
        self._store, self._session, self._last = store, session, last
        self._slots = asyncio.Semaphore(IN_FLIGHT)

    async def run(self) -> None:
        while True:
            await self._slots.acquire()
            first, self._last = self._last + 1, self._last + 1 + self._last % 5
            self._store.append(batch(self._session, first, self._last)).add_done_callback(self._answered(self._last))
            await asyncio.sleep(0)

    def _answered(self, last: int) -> Callable[[asyncio.Future[None]], None]:
        def print_it(done: asyncio.Future[None]) -> None:
            done.result()
            sys.stdout.write(f"{self._session} {last} {last}\n")
            sys.stdout.flush()
            self._slots.release()

        return print_it


async def main(folder: Path, honesty: str) -> None:
    store = SqliteStore.open(folder, pace=PACE)
    if honesty == "answering-first":
        store.writer.__class__ = AnsweringFirst
    rows = {row.id: row.last_seq for row in await store.sessions(open_only=False)}
    await asyncio.gather(*(Appender(store, session, rows.get(session, 0)).run() for session in SESSIONS))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
