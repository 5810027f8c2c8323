"""A gateway's spool: what devices said and the monitor does not have on disk yet, in one SQLite file.

Every method is one transaction and returns after the sync. What belongs to one device is numbered when it is first sent, and number and
measurement are on disk together before they go out, so whatever is killed when, the same number never names two things.

The newest goes first, then what waited, oldest first. A measurement that waited has a lower counter than one the monitor has seen, and
that alone makes it late there, whatever any clock says. `rank` says what is given up first where the bound is reached.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from monitor.store.connection import DatabaseError, check_sqlite_version, connect_writer, failure
from monitor.store.ports import RETRYABLE, StoreFailed
from schemas.device_wire import MAX_ANNOUNCEMENTS, RefusedReason, WireAnnouncement, WireMeasurement, WireReading
from schemas.instant import from_ms

LIVE_MS: Final = 2_000  # what came within so long of the newest goes with it; more than that waited
FIRST_WITHIN_MS: Final = 5_000
MAX_LIVE: Final = 50  # measurements of a frame
MAX_LATER: Final = 200
THIN_TO_MS: Final = 60_000  # a thinned stream keeps the first measurement of each minute
MAX_ANNOUNCED: Final = 2_000  # of a device that wait; the oldest go
MAX_ANNOUNCED_BYTES: Final = 32_768  # of a frame
MAX_NOTES: Final = 20_000  # of a kind; the oldest go
CHECKPOINT_COMMITS: Final = 1_000
_STREAM, _THINNED, _EVENT = 0, 1, 2

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS device (name TEXT PRIMARY KEY, boot TEXT NOT NULL, boots INTEGER NOT NULL, next_seq INTEGER NOT NULL,
    next_counter INTEGER NOT NULL, newest INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS measurement (device TEXT NOT NULL, counter INTEGER NOT NULL, seq INTEGER, rank INTEGER NOT NULL,
    is_old INTEGER NOT NULL, measured_at_ms INTEGER NOT NULL, received_at_ms INTEGER NOT NULL, readings BLOB NOT NULL,
    PRIMARY KEY (device, counter)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS measurement_seq ON measurement (device, seq, counter);
CREATE TABLE IF NOT EXISTS announced (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, seq INTEGER, item BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS announced_seq ON announced (device, seq, id);
CREATE TABLE IF NOT EXISTS told (device TEXT NOT NULL, series TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (device, series)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, device TEXT NOT NULL, at_ms INTEGER NOT NULL,
    item BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS note_kind ON note (kind, id);
CREATE TABLE IF NOT EXISTS tally (device TEXT NOT NULL, what TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (device, what)) WITHOUT ROWID;
"""
_encode: Final = msgspec.json.Encoder().encode
_FIRST_NUMBERED: Final = """SELECT min(seq) FROM (SELECT seq FROM measurement WHERE device = ? AND seq > ?
    UNION ALL SELECT seq FROM announced WHERE device = ? AND seq > ?)"""
_decode_said: Final = msgspec.json.Decoder(WireAnnouncement).decode
_decode: Final = msgspec.json.Decoder(tuple[WireReading, ...]).decode
Tally = Counter[tuple[str, str]]  # (device, what) -> how many


class Kept(msgspec.Struct, frozen=True):
    """One measurement for the monitor. `is_old`: it was measured well before it was told, so it never goes out as the newest.

    `told`: (series, text) pairs; where the series' last text is the same, a device has said it again and it is not kept a second time.
    """

    device: str
    measured_at_ms: int
    received_at_ms: int
    readings: tuple[WireReading, ...]
    is_stream: bool = True
    is_old: bool = False
    told: tuple[tuple[str, str], ...] = ()


class Announced(msgspec.Struct, frozen=True):
    """What a device said beside its vital signs, for the monitor."""

    device: str
    said: WireAnnouncement


class Note(msgspec.Struct, frozen=True):
    """What has no place on the wire, as JSON."""

    device: str
    kind: str
    at_ms: int
    item: bytes


class Numbered(msgspec.Struct, frozen=True):
    """What goes out as one frame."""

    seq: int
    measurements: tuple[WireMeasurement, ...]
    announcements: tuple[WireAnnouncement, ...] = ()


class Spool:
    """Owned by one thread. At `bound` measurements of a device its oldest stream is thinned, then dropped, events last: each counted."""

    def __init__(self, path: Path, bound: int) -> None:
        """Raises StoreFailed."""
        check_sqlite_version()
        self._connection = connect_writer(path)
        self._bound = bound
        self._commits = 0
        self._failed: StoreFailed | None = None
        self._waiting: Counter[str] = Counter()
        with self._transaction():
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
            self._waiting.update(dict(self._rows("SELECT device, count(*) FROM measurement GROUP BY device")))

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Raises StoreFailed. After a fault that trying again cannot mend every later call fails with the same."""
        if self._failed is not None:
            raise self._failed
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._commits += 1
            if self._commits % CHECKPOINT_COMMITS == 0:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except DatabaseError as error:
            failed = failure(error)
            if failed.kind not in RETRYABLE:
                self._failed = failed
            raise failed from error

    def _rows(self, sql: str, *arguments: object) -> list[Any]:
        rows: list[Any] = self._connection.execute(sql, arguments).fetchall()
        return rows

    def _count(self, tally: Tally) -> None:
        self._connection.executemany(
            "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
            [(device, what, number) for (device, what), number in tally.items()],
        )

    # --- in -------------------------------------------------------------------------------------------------------------------------

    def enrol(self, device: str, boot: str) -> str:
        """The boot that this device's numbers belong to: the given one where it is new here."""
        with self._transaction():
            self._connection.execute("INSERT OR IGNORE INTO device VALUES (?, ?, 1, 1, 1, 0)", (device, boot))
            return self._boot(device)

    def ended(self, device: str, boot: str) -> None:
        """The monitor takes this boot no more: whoever enrols next gets another, under which all that waits goes out."""
        if self._boot(device) == boot:
            self.new_boot(device)

    def _boot(self, device: str) -> str:
        [(boot, boots)] = self._rows("SELECT boot, boots FROM device WHERE name = ?", device)
        return boot if boots == 1 else f"{boot}.{boots}"

    def keep(self, rows: Sequence[Kept], notes: Sequence[Note] = (), announced: Sequence[Announced] = ()) -> Tally:
        """All or nothing. What became of them, and what was given up for them."""
        tally: Tally = Counter()
        waiting = Counter(self._waiting)
        with self._transaction():
            again = {row for row in rows if self._was_told(row)}  # before any of these is: one message may bring several
            for row in rows:
                if row in again:
                    tally[row.device, "repeated"] += 1
                    continue
                self._insert(row)
                tally[row.device, "kept"] += 1
                waiting[row.device] += 1
            for device in {row.device for row in rows if waiting[row.device] > self._bound}:
                waiting[device] -= self._thin(device, tally)
            for one in announced:
                self._announce(one, tally)
            for note in notes:
                self._note(note, tally)
            self._count(tally)
        self._waiting = waiting
        return tally

    def _was_told(self, row: Kept) -> bool:
        same = "SELECT 1 FROM told WHERE device = ? AND series = ? AND text = ?"
        return any(self._rows(same, row.device, series, text) for series, text in row.told)

    def _insert(self, row: Kept) -> None:
        [(counter,)] = self._rows("UPDATE device SET next_counter = next_counter + 1 WHERE name = ? RETURNING next_counter - 1", row.device)
        rank = _STREAM if row.is_stream else _EVENT
        values = (row.device, counter, None, rank, row.is_old, row.measured_at_ms, row.received_at_ms, _encode(row.readings))
        self._connection.execute("INSERT INTO measurement VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        for series, text in row.told:
            self._connection.execute("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", (row.device, series, text))

    def _announce(self, one: Announced, tally: Tally) -> None:
        self._connection.execute("INSERT INTO announced (device, item) VALUES (?, ?)", (one.device, _encode(one.said)))
        tally[one.device, "announced"] += 1
        oldest = "SELECT id FROM announced WHERE device = ? AND seq IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?"
        gone = f"DELETE FROM announced WHERE device = ? AND seq IS NULL AND id <= ({oldest})"  # noqa: S608
        dropped = int(self._connection.execute(gone, (one.device, one.device, MAX_ANNOUNCED)).rowcount)
        if dropped:
            tally[one.device, "announced_dropped"] += dropped

    def _note(self, note: Note, tally: Tally) -> None:
        tally[note.device, note.kind] += 1
        [(number,)] = self._rows(
            "INSERT INTO note (kind, device, at_ms, item) VALUES (?, ?, ?, ?) RETURNING id", note.kind, note.device, note.at_ms, note.item
        )
        if number % 100 == 0:
            oldest = "SELECT id FROM note WHERE kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?"
            self._connection.execute(f"DELETE FROM note WHERE kind = ? AND id <= ({oldest})", (note.kind, note.kind, MAX_NOTES))  # noqa: S608

    def _thin(self, device: str, tally: Tally) -> int:
        """Make room: how many went."""
        chunk = max(1, self._bound // 10)
        oldest = "SELECT counter, received_at_ms FROM measurement WHERE device = ? AND seq IS NULL AND rank = ? ORDER BY counter LIMIT ?"
        minutes: dict[int, int] = {}
        gone: list[int] = []
        for counter, received_ms in self._rows(oldest, device, _STREAM, chunk):
            if minutes.setdefault(received_ms // THIN_TO_MS, counter) != counter:
                gone.append(counter)
        self._each(f"UPDATE measurement SET rank = {_THINNED} WHERE device = ? AND counter = ?", device, minutes.values())  # noqa: S608
        tally[device, "thinned"] += len(gone)
        for rank in (_THINNED, _EVENT):
            if not gone:
                gone = [counter for counter, _ in self._rows(oldest, device, rank, chunk)]
                tally[device, "dropped"] += len(gone)
        self._each("DELETE FROM measurement WHERE device = ? AND counter = ?", device, gone)
        return len(gone)

    def _each(self, sql: str, device: str, counters: Any) -> None:
        self._connection.executemany(sql, [(device, counter) for counter in counters])

    # --- out ------------------------------------------------------------------------------------------------------------------------

    def opened(self, device: str, last_seq: int) -> bool:
        """The monitor has everything up to `last_seq`. False: it has numbers that were never given here, so a new boot is needed."""
        with self._transaction():
            [(next_seq,)] = self._rows("SELECT next_seq FROM device WHERE name = ?", device)
            gone = self._settle(device, last_seq)
        self._waiting[device] -= gone
        return bool(last_seq < next_seq)

    def next(self, device: str, after_seq: int, now_ms: int) -> Numbered | None:
        """The frame that follows `after_seq`: one that has its number, or the newest, or what waited longest.

        The very first of a boot must be of now: the monitor takes the delay of the first it sees for the device's usual one.
        """
        select = "SELECT counter, measured_at_ms, readings FROM measurement WHERE device = ? AND "
        with self._transaction():
            [(seq,)] = self._rows(_FIRST_NUMBERED, device, after_seq, device, after_seq)
            if seq is not None:
                said = self._rows("SELECT item FROM announced WHERE device = ? AND seq = ? ORDER BY id", device, seq)
                return _numbered(seq, self._rows(f"{select} seq = ? ORDER BY counter", device, seq), said)
            [(seq, newest)] = self._rows("SELECT next_seq, newest FROM device WHERE name = ?", device)
            if said := self._next_announced(device, seq):
                return _numbered(seq, [], said)
            [(latest_ms,)] = self._rows(
                "SELECT max(received_at_ms) FROM measurement WHERE device = ? AND seq IS NULL AND counter > ? AND NOT is_old",
                device,
                newest,
            )
            if latest_ms is not None and not newest and now_ms - latest_ms > FIRST_WITHIN_MS:
                return None
            if latest_ms is not None:
                live = "seq IS NULL AND counter > ? AND NOT is_old AND received_at_ms >= ? ORDER BY counter DESC LIMIT ?"
                rows = self._rows(select + live, device, newest, latest_ms - LIVE_MS, MAX_LIVE)[::-1]
                newest = rows[-1][0]
            else:
                rows = self._rows(f"{select} seq IS NULL AND counter < ? ORDER BY counter LIMIT ?", device, newest, MAX_LATER)
            if not rows:
                return None
            self._each(f"UPDATE measurement SET seq = {int(seq)} WHERE device = ? AND counter = ?", device, [row[0] for row in rows])  # noqa: S608
            self._connection.execute("UPDATE device SET next_seq = ?, newest = ? WHERE name = ?", (seq + 1, newest, device))
        return _numbered(seq, rows)

    def _next_announced(self, device: str, seq: int) -> list[Any]:
        """What waited longest, in a frame of its own: such a frame is bounded in its length."""
        rows = self._rows("SELECT id, item FROM announced WHERE device = ? AND seq IS NULL ORDER BY id LIMIT ?", device, MAX_ANNOUNCEMENTS)
        length = 0
        said: list[Any] = []
        for number, item in rows:
            length += len(item)
            if said and length > MAX_ANNOUNCED_BYTES:
                break
            said.append((item,))
            self._connection.execute("UPDATE announced SET seq = ? WHERE id = ?", (seq, number))
        if said:
            self._connection.execute("UPDATE device SET next_seq = ? WHERE name = ?", (seq + 1, device))
        return said

    def settled(self, device: str, seq: int, early: int = 0) -> None:
        """Every frame up to `seq` is on the monitor's disk, but for `early` measurements that it named as older than the binding."""
        with self._transaction():
            gone = self._settle(device, seq, early)
        self._waiting[device] -= gone

    def _settle(self, device: str, seq: int, early: int = 0) -> int:
        gone = int(self._connection.execute("DELETE FROM measurement WHERE device = ? AND seq <= ?", (device, seq)).rowcount)
        self._connection.execute("DELETE FROM announced WHERE device = ? AND seq <= ?", (device, seq))
        early = min(early, gone)  # an answer that comes twice settles nothing the second time
        counted = {"stored": gone - early, f"refused_{RefusedReason.DEVICE_UNBOUND}": early}
        self._count(Counter({(device, what): number for what, number in counted.items() if number}))
        return gone

    def refused(self, device: str, seq: int, reason: str) -> None:
        """The monitor will never take this frame."""
        with self._transaction():
            gone = int(self._connection.execute("DELETE FROM measurement WHERE device = ? AND seq = ?", (device, seq)).rowcount)
            said = int(self._connection.execute("DELETE FROM announced WHERE device = ? AND seq = ?", (device, seq)).rowcount)
            self._count(Counter({(device, f"refused_{reason}"): gone, (device, "announced_refused"): said}))
        self._waiting[device] -= gone

    def is_first(self, device: str, seq: int) -> bool:
        """Whether no frame with a lower number waits."""
        with self._transaction():
            [(first,)] = self._rows(_FIRST_NUMBERED, device, 0, device, 0)
        return bool(first == seq)

    def new_boot(self, device: str) -> str:
        """Count from 1 again, and all that waits goes out anew under the new name."""
        with self._transaction():
            self._connection.execute("UPDATE device SET boots = boots + 1, next_seq = 1, newest = 0 WHERE name = ?", (device,))
            self._connection.execute("UPDATE measurement SET seq = NULL WHERE device = ?", (device,))
            self._connection.execute("UPDATE announced SET seq = NULL WHERE device = ?", (device,))
            return self._boot(device)

    # --- to look at -------------------------------------------------------------------------------------------------------------------

    def waiting(self, device: str) -> int:
        return self._waiting[device]

    def tally(self) -> Tally:
        """Since the spool was made."""
        with self._transaction():
            return Counter({(device, what): number for device, what, number in self._rows("SELECT device, what, number FROM tally")})

    def notes(self, kind: str) -> list[Note]:
        """The newest of a kind, oldest first."""
        rows = self._rows("SELECT device, kind, at_ms, item FROM note WHERE kind = ? ORDER BY id", kind)
        return [Note(*row) for row in rows]


def _numbered(seq: int, rows: list[Any], said: Sequence[Any] = ()) -> Numbered:
    measurements = tuple(WireMeasurement(counter, from_ms(at_ms), _decode(readings)) for counter, at_ms, readings in rows)
    return Numbered(seq, measurements, tuple(_decode_said(item) for (item,) in said))
