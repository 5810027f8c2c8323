"""What is committed, as far as the writer needs it in memory: each session's last `seq`, what is not filed yet, device positions.

Owned by the writer's thread. Other threads may read single attributes and copy lists: under the interpreter lock each such step is
whole, and the order in which `plan` and `filing` change them is chosen for that (see `Ledger.tail`).
"""

from collections import OrderedDict
from typing import Final

import msgspec

from monitor.store.connection import Connection
from monitor.store.ports import Batch, Position, StoreFailed
from monitor.store.rows import MeasurementRow, session_id, session_no
from schemas.session import OPEN_PHASES

PositionRow = tuple[str, str, int]  # device, boot, seq
_ArrivalBody = tuple[list[MeasurementRow], list[PositionRow]]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_ArrivalBody).decode
_LAST_SEQ: Final = """
SELECT max(coalesce((SELECT max(seq) FROM measurement WHERE session_no = s.session_no), 0),
           coalesce((SELECT max(seq) FROM event WHERE session_no = s.session_no), 0))
FROM session AS s WHERE s.session_no = ?
"""
_LAST_FILED: Final = "SELECT coalesce(max(seq), 0) FROM measurement WHERE session_no = ?"
_OPEN: Final = f"SELECT session_no FROM session WHERE phase IN ({', '.join('?' * len(OPEN_PHASES))})"  # noqa: S608 - a fixed number of marks


class SessionState:
    """One session that was written to or is open: some 300 bytes, for as long as the process lives."""

    __slots__ = ("arrival_no", "last_seq", "name", "no", "planned_seq", "unfiled")

    def __init__(self, name: str, no: int, last_seq: int) -> None:
        self.name = name
        self.no = no
        self.last_seq = last_seq
        self.planned_seq = last_seq  # with what is being committed; the plan's alone
        self.unfiled: list[MeasurementRow] = []  # committed to `arrival`, not yet in `measurement`; in `seq` order
        self.arrival_no = 0  # where the first of them lies


class Ledger:
    """`waiting` and `moved` are in the order of their oldest arrival, so that the head says up to where `arrival` can be cleared."""

    def __init__(self) -> None:
        self.sessions: dict[str, SessionState] = {}
        self.waiting: OrderedDict[str, SessionState] = OrderedDict()  # sessions with unfiled rows
        self.ripe: list[SessionState] = []  # those of them with enough rows to fill a page
        self.unfiled_rows = 0
        self.devices: dict[str, int] = {}
        self.device_names: dict[int, str] = {}
        self.next_device_no = 1
        self.positions: dict[str, Position] = {}
        self.moved: OrderedDict[str, tuple[int, int]] = OrderedDict()  # device -> (arrival, at_ms) since when its row is behind
        self.next_arrival_no = 1
        self.next_leaf_no = 1
        self.ended = 0  # sessions, since start
        self.cleared_below = 1  # arrivals with a smaller number are filed and committed
        self.newest_at_ms = 0
        self.behind: dict[str, tuple[str, int]] = {}  # session -> (kind of failure, first seq) of the batch that all later ones wait for
        self.entries = 0  # committed since start

    def state(self, connection: Connection, name: str) -> SessionState | None:
        """A session on record; None for an unknown one."""
        found = self.sessions.get(name)
        if found is None:
            number = session_no(name)
            row = None if number is None else connection.execute(_LAST_SEQ, (number,)).fetchone()
            if number is not None and row is not None:
                found = self.sessions[name] = SessionState(name, number, row[0])
        return found

    def tail(self, name: str) -> tuple[int, list[MeasurementRow]] | None:
        """(last seq, rows that are not in `measurement` yet) of a session; None where nothing of it can be unfiled. From any thread.

        `last_seq` is read before `unfiled`: what is appended in between has a higher seq, what is filed in between is in the table.
        """
        state = self.sessions.get(name)
        if state is None:
            return None
        last_seq = state.last_seq
        return last_seq, list(state.unfiled)

    def hold_back(self, batch: Batch, kind: str) -> None:
        """A batch failed and will be tried again: what follows in its sessions waits for it and is told the same. From any thread."""
        for entry in batch.entries:
            self.behind.setdefault(entry.session, (kind, entry.seq))

    def held_back(self, name: str) -> str:
        """The kind of failure of a batch that leaves a hole behind the last entry of a session."""
        return self.behind.get(name, ("constraint", 0))[0]

    def let_go(self, name: str, last_seq: int) -> None:
        if self.behind and last_seq >= self.behind.get(name, ("", last_seq + 1))[1]:
            del self.behind[name]

    def add_unfiled(self, rows: list[MeasurementRow], states: list[SessionState], arrival_no: int, ripe_at: int) -> None:
        """`states` are the sessions of `rows`, one by one."""
        waiting = self.waiting
        for row, state in zip(rows, states, strict=True):
            unfiled = state.unfiled
            if not unfiled:
                state.arrival_no = arrival_no
                waiting[state.name] = state
            unfiled.append(row)
            if len(unfiled) == ripe_at:
                self.ripe.append(state)
        self.unfiled_rows += len(rows)
        if rows:
            self.newest_at_ms = max(self.newest_at_ms, rows[-1][2])

    def add_device(self, device: str, number: int) -> None:
        self.devices[device] = number
        self.device_names[number] = device
        self.next_device_no = max(self.next_device_no, number + 1)

    def move(self, positions: dict[str, Position], arrival_no: int) -> None:
        self.positions.update(positions)
        moved, since = self.moved, (arrival_no, self.newest_at_ms)
        for device in positions:
            if device not in moved:
                moved[device] = since


def encode_arrival(rows: list[MeasurementRow], positions: list[PositionRow]) -> bytes:
    """Raises OverflowError, UnicodeEncodeError for what no row can hold."""
    return _encode((rows, positions))


def load(connection: Connection, ripe_at: int) -> Ledger:
    """The ledger of a file as one transaction sees it. Raises StoreFailed (`corrupt`), the driver's errors."""
    ledger = Ledger()
    connection.execute("BEGIN")
    try:
        ledger.next_leaf_no = connection.execute("SELECT coalesce(max(leaf_no), 0) + 1 FROM leaf").fetchone()[0]
        for number, device, boot, seq in connection.execute("SELECT device_no, device, boot, seq FROM device_position"):
            ledger.add_device(device, number)
            if boot:
                ledger.positions[device] = Position(device, boot, seq)
        for (number,) in connection.execute(_OPEN, tuple(phase.value for phase in OPEN_PHASES)).fetchall():
            ledger.state(connection, session_id(number))
        filed: dict[int, int] = {}
        for arrival_no, body in connection.execute("SELECT arrival_no, body FROM arrival ORDER BY arrival_no").fetchall():
            _load_arrival(connection, ledger, arrival_no, body, filed, ripe_at)
    finally:
        connection.execute("ROLLBACK")
    return ledger


def _load_arrival(connection: Connection, ledger: Ledger, arrival_no: int, body: bytes, filed: dict[int, int], ripe_at: int) -> None:
    """A row that was filed before its arrival was cleared is skipped: a session is filed in `seq` order, `filed` says how far."""
    try:
        rows, positions = _decode(body)
    except msgspec.MsgspecError as error:
        raise StoreFailed("corrupt", f"arrival {arrival_no} cannot be read: {error}") from error
    unfiled: list[MeasurementRow] = []
    states: list[SessionState] = []
    for row in rows:
        number, seq = row[0], row[1]
        state = ledger.state(connection, session_id(number))
        if state is None:
            raise StoreFailed("corrupt", f"arrival {arrival_no} names session {number}, which is not on record")
        if number not in filed:
            filed[number] = connection.execute(_LAST_FILED, (number,)).fetchone()[0]
        if seq > filed[number]:
            unfiled.append(row)
            states.append(state)
            state.last_seq = state.planned_seq = max(state.last_seq, seq)
    ledger.add_unfiled(unfiled, states, arrival_no, ripe_at)
    ledger.move({device: Position(device, boot, seq) for device, boot, seq in positions}, arrival_no)
    ledger.next_arrival_no = arrival_no + 1
