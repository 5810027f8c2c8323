"""Reading the record: SQL on connections that cannot write, in threads of their own.

A long read is a series of short ones, each of at most CHUNK rows: none holds back the checkpoints of the write-ahead log for more than
some milliseconds, and memory stays flat.
"""

import asyncio
import threading
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from monitor.store.connection import Connection, DatabaseError, Row, connect_reader, failure
from monitor.store.ports import CHUNK, Aside, SessionRow, StoreFailed
from monitor.store.rows import MeasurementRow, event_entry, measured_entries, order_of, patient_of, seal_of, session_id
from schemas.log import Entry, Seal
from schemas.session import OPEN_PHASES, Phase

READERS: Final = 2  # threads, each with its connection: there are two cores to share with everything else
_T = TypeVar("_T")
_seq_of = itemgetter(1)
_seq_first = itemgetter(0)
_entry_seq = attrgetter("seq")

_SESSIONS: Final = """
SELECT session_no, room, phase, created_at_ms, closed_at_ms, patient_label, patient_birth_year, patient_weight_g, treatment, dose_ug,
       duration_ms, max(coalesce((SELECT max(seq) FROM measurement AS m WHERE m.session_no = s.session_no), 0),
                        coalesce((SELECT max(seq) FROM event AS e WHERE e.session_no = s.session_no), 0)),
       (SELECT code FROM session_patient AS p WHERE p.session_no = s.session_no)
FROM session AS s
"""
ALL: Final = ("", ())
OPEN: Final = (f"WHERE phase IN ({', '.join('?' * len(OPEN_PHASES))})", tuple(phase.value for phase in OPEN_PHASES))
_MEASUREMENTS: Final = """
SELECT session_no, seq, at_ms, measured_at_ms, received_at_ms, counter, device_no, mode, readings FROM measurement
WHERE session_no = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?
"""
_EVENTS: Final = "SELECT seq, at_ms, body FROM event WHERE session_no = ? AND seq > ? AND seq <= ?"
_SEALS: Final = "SELECT last_seq, first_seq, at_ms, digest FROM seal WHERE session_no = ? AND last_seq > ? ORDER BY last_seq LIMIT ?"
_ASIDE: Final = "SELECT at_ms, device, reason, place, detail, raw FROM aside ORDER BY aside_no DESC LIMIT ?"
_COUNTS: Final = """
SELECT (SELECT count(*) FROM session), (SELECT count(*) FROM aside), (SELECT count(*) FROM device_position),
       (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)
"""


class Readers:
    """A small pool. At most READERS reads run at once; the others wait their turn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._of_thread = threading.local()
        self._connections: list[Connection] = []

    async def read(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """`work(connection, *arguments)` in a thread. Raises StoreFailed."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work, arguments)
        except RuntimeError as error:
            raise StoreFailed("closed", "the store is closed") from error

    def _run(self, work: Callable[..., _T], arguments: tuple[Any, ...]) -> _T:
        try:
            return work(self._connection(), *arguments)
        except DatabaseError as error:
            raise failure(error) from error
        except (KeyError, msgspec.MsgspecError) as error:
            raise StoreFailed("corrupt", f"a row holds what no version of the monitor writes: {error!r}") from error

    def _connection(self) -> Connection:
        connection = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = connect_reader(self._path)
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Waits for reads under way."""
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()


def read_sessions(connection: Connection, which: str, values: tuple[object, ...]) -> list[SessionRow]:
    """Oldest first; `last_seq` as far as the tables know it."""
    return read_sessions_by(connection, f"{which} ORDER BY session_no", values)


def read_sessions_by(connection: Connection, how: str, values: tuple[object, ...]) -> list[SessionRow]:
    """`how`: everything from WHERE on, on the table `session AS s`."""
    return [_session_row(row) for row in connection.execute(f"{_SESSIONS} {how}", values).fetchall()]


def _session_row(row: Row) -> SessionRow:
    number, room, phase, created_at_ms, closed_at_ms, label, birth_year, weight_g, treatment, dose_ug, duration_ms, last_seq, code = row
    patient, order = patient_of(label, birth_year, weight_g, code), order_of(treatment, dose_ug, duration_ms)
    return SessionRow(session_id(number), room, Phase(phase), created_at_ms, closed_at_ms, patient, order, last_seq)


def read_chunk(
    connection: Connection, number: int, since_seq: int, until_seq: int, unfiled: list[MeasurementRow]
) -> tuple[list[MeasurementRow], list[Row]]:
    """The first CHUNK entries with `since_seq < seq <= until_seq`: measurements and events. `unfiled` are the measurements that were not in
    the table when the read began.

    Of sorted lists that were each cut at CHUNK, the first CHUNK of all together are complete."""
    filed_until = min(until_seq, unfiled[0][1] - 1) if unfiled else until_seq
    first = bisect_right(unfiled, since_seq, key=_seq_of)
    rows = connection.execute(_MEASUREMENTS, (number, since_seq, filed_until, CHUNK)).fetchall()
    rows += [row for row in unfiled[first : first + CHUNK] if row[1] <= until_seq]
    events = connection.execute(f"{_EVENTS} ORDER BY seq LIMIT ?", (number, since_seq, until_seq, CHUNK)).fetchall()
    if len(rows) + len(events) > CHUNK:
        last = sorted([*map(_seq_of, rows), *map(_seq_first, events)])[CHUNK - 1]
        del rows[bisect_right(rows, last, key=_seq_of) :], events[bisect_right(events, last, key=_seq_first) :]
    return rows, events


def entries_of(session: str, rows: list[MeasurementRow], events: list[Row], device_names: dict[int, str]) -> list[Entry]:
    """What `read_chunk` found, as entries in order. Raises KeyError, msgspec.MsgspecError for a damaged row."""
    entries = measured_entries(session, device_names, rows)
    if events:
        entries += [event_entry(session, *row) for row in events]
        entries.sort(key=_entry_seq)
    return entries


def read_events(connection: Connection, session: str, number: int, since_seq: int, kinds: frozenset[str] | None, limit: int) -> list[Entry]:
    names = sorted(kinds or ())
    which = f" AND kind IN ({', '.join('?' * len(names))})" if kinds is not None else ""
    rows = connection.execute(f"{_EVENTS}{which} ORDER BY seq LIMIT ?", (number, since_seq, 1 << 62, *names, limit))
    return [event_entry(session, *row) for row in rows]


def read_seals(connection: Connection, session: str, number: int, since_seq: int, limit: int | None) -> list[Seal]:
    rows = connection.execute(_SEALS, (number, since_seq, -1 if limit is None else limit)).fetchall()
    return [seal_of(session, row) for row in rows]


def read_aside(connection: Connection, limit: int) -> list[Aside]:
    return [Aside(*row) for row in connection.execute(_ASIDE, (limit,)).fetchall()][::-1]


def read_next_session_no(connection: Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(session_no), 0) + 1 FROM session").fetchone()[0])


def read_counts(connection: Connection) -> dict[str, int]:
    names = ("sessions", "aside", "devices", "bytes")
    counts = dict(zip(names, connection.execute(_COUNTS).fetchone(), strict=True))
    counts["open_sessions"] = sum(
        connection.execute("SELECT count(*) FROM session WHERE phase = ?", (phase.value,)).fetchone()[0] for phase in OPEN_PHASES
    )
    return counts
