"""What a group of batches will write, worked out before the transaction: checked against the ledger and turned into rows.

A batch that contradicts the record is refused here, alone, before the disk is touched. Nothing in the ledger changes until the commit
is on disk (`apply`).
"""

from typing import Any, Final

import msgspec

from monitor.core.merkle import leaf_hash
from monitor.store.connection import Connection
from monitor.store.ledger import Ledger, PositionRow, SessionState, encode_arrival
from monitor.store.ports import Aside, Batch, Position, StoreFailed, cut
from monitor.store.rows import (
    EventRow,
    MeasurementRow,
    SealRow,
    SessionTableRow,
    check_integers,
    event_row,
    measurement_row,
    seal_row,
    session_no,
    session_table_row,
)
from schemas.log import DeviceBound, DeviceUnbound, Entry, Measured, PhaseOrdered, Seal, SessionCreated, canonical
from schemas.patient import PatientCorrected
from schemas.session import OPEN_PHASES, is_code

_BIND: Final = "INSERT INTO binding (session_no, opened_seq, device, mode, source, opened_at_ms) VALUES (?, ?, ?, ?, ?, ?)"
_UNBIND: Final = "UPDATE binding SET closed_at_ms = ? WHERE session_no = ? AND device = ? AND closed_at_ms IS NULL"
_UNBIND_ALL: Final = "UPDATE binding SET closed_at_ms = ? WHERE session_no = ? AND closed_at_ms IS NULL"
_CODE: Final = "INSERT INTO session_patient (session_no, code) VALUES (?, ?)"
_NO_CODE: Final = "DELETE FROM session_patient WHERE session_no = ?"
_NO_FIGURES: Final = "DELETE FROM session_figures WHERE session_no = ?"
_PHASE: Final = "UPDATE session SET phase = ?, closed_at_ms = ? WHERE session_no = ?"
# A number beyond 64 bits; a text without UTF-8 or a digest that is not hex; a value that its form forbids.
_UNWRITABLE: Final = (OverflowError, ValueError, msgspec.MsgspecError)


class Plan:
    """Rows of one transaction. `add` takes a batch or refuses it whole; then `apply` or `drop` ends it.

    `add` and `apply` hold the interpreter lock, away from the event loop, for every entry: they are written for speed, without a call
    per entry where that can be: 7 us a measurement of three values with its position.
    """

    def __init__(self, ledger: Ledger, connection: Connection) -> None:
        self._ledger = ledger
        self._connection = connection
        self._touched: list[SessionState] = []
        self._created: dict[str, SessionState] = {}
        self.rows: list[MeasurementRow] = []
        self._row_states: list[SessionState] = []  # of each of `rows`
        self.events: list[EventRow] = []
        self.sessions: list[SessionTableRow] = []
        self.derived: list[tuple[str, tuple[object, ...]]] = []  # statements on `session` and `binding`, in the order of the log
        self.seals: list[SealRow] = []
        self.leaves: list[tuple[int, bytes]] = []  # number and hash of the leaf of each of `seals`
        self.ended: list[int] = []  # sessions
        self.positions: dict[str, Position] = {}
        self.devices: dict[str, int] = {}  # heard for the first time
        self.aside: list[Aside] = []

    def add(self, batch: Batch) -> None:
        """Raises StoreFailed; then nothing of the batch is in the plan."""
        lists: tuple[list[Any], ...] = (
            self.rows,
            self._row_states,
            self.events,
            self.sessions,
            self.derived,
            self.seals,
            self.leaves,
            self.ended,
        )
        marks = [len(each) for each in lists]
        taken: list[SessionState] = []
        try:
            self._entries(batch.entries, taken)
            for seal in batch.seals:
                self._seal(seal)
            for position in batch.positions:
                check_integers(position.seq)
        except StoreFailed:
            self._take_back(taken, lists, marks)
            raise
        except _UNWRITABLE as error:
            self._take_back(taken, lists, marks)
            raise StoreFailed("constraint", f"it cannot be written: {error}") from error
        known, positions = self._ledger.devices, self.positions
        for position in batch.positions:  # nothing below can be refused
            device = position.device
            positions[device] = position
            if device not in known:
                self._device_no(device)
        if batch.aside:
            self.aside.extend(map(cut, batch.aside))

    def _entries(self, entries: list[Entry], taken: list[SessionState]) -> None:
        """`taken` is given the session of each entry that was taken, also when this raises."""
        sessions, devices = self._ledger.sessions, self._ledger.devices
        add_row, add_row_state, add_taken = self.rows.append, self._row_states.append, taken.append
        for entry in entries:
            state = sessions.get(entry.session) or self._unknown(entry.session)
            last, body = state.planned_seq, entry.body
            if entry.seq != last + 1 or (last == 0 and type(body) is not SessionCreated):
                raise self._out_of_order(entry, last)
            if last == state.last_seq:
                self._touched.append(state)
            if type(body) is Measured:
                device_no = devices.get(body.device) or self._device_no(body.device)
                add_row(measurement_row(state.no, device_no, entry, body))
                add_row_state(state)
            else:
                self._event(state.no, entry)
            state.planned_seq = last + 1
            add_taken(state)

    def _unknown(self, name: str) -> SessionState:
        """A session that was not written to since start, or begins here. Raises StoreFailed for a name that is no session's."""
        state = self._created.get(name) or self._ledger.state(self._connection, name)
        if state is None:
            number = session_no(name)
            if number is None:
                raise StoreFailed("constraint", f"{name!r} is not a session id, such as S-000001")
            state = self._created[name] = SessionState(name, number, 0)
        return state

    def _out_of_order(self, entry: Entry, last: int) -> StoreFailed:
        name, seq = entry.session, entry.seq
        if seq <= last:
            return StoreFailed("constraint", f"{name} entry {seq} is on record already, the last one is {last}")
        kind = self._ledger.held_back(name)
        if last == 0:
            return StoreFailed(kind, f"{name} is not on record: its log must begin with its creation, not with entry {seq}")
        return StoreFailed(kind, f"{name} entry {seq} does not follow {last}: what lies between is not on record")

    def _event(self, number: int, entry: Entry) -> None:
        body, at_ms = entry.body, entry.at_ms
        if isinstance(body, SessionCreated):
            if entry.seq != 1:
                raise StoreFailed("constraint", f"{entry.session} entry {entry.seq}: a session is created once")
            self.sessions.append(session_table_row(number, body.room, at_ms, body.patient, body.order))
            if body.patient.code is not None:
                self.derived.append((_CODE, (number, body.patient.code)))
        elif isinstance(body, DeviceBound):
            self.derived.append((_BIND, (number, entry.seq, body.device, body.mode.value, body.source, at_ms)))
        elif isinstance(body, DeviceUnbound):
            self.derived.append((_UNBIND, (at_ms, number, body.device)))
        elif isinstance(body, PhaseOrdered):
            is_open = body.phase in OPEN_PHASES
            self.derived.append((_PHASE, (body.phase.value, None if is_open else at_ms, number)))
            if not is_open:
                self.ended.append(number)
                self.derived.append((_UNBIND_ALL, (at_ms, number)))
        elif isinstance(body, PatientCorrected):
            self._patient(number, body)
        self.events.append(event_row(number, entry))

    def _patient(self, number: int, body: PatientCorrected) -> None:
        """What was kept of the session under the other code is worked out anew."""
        self.derived += [(_NO_CODE, (number,)), (_NO_FIGURES, (number,))]
        if body.code is not None and is_code(body.code):
            self.derived.append((_CODE, (number, body.code)))

    def _seal(self, seal: Seal) -> None:
        """A seal comes with or after what it closes."""
        name = seal.session
        state = self._ledger.sessions.get(name) or self._unknown(name)
        if seal.last_seq > state.planned_seq:
            kind = self._ledger.held_back(name)
            raise StoreFailed(kind, f"{name}: a seal closes entries up to {seal.last_seq}, the last one on record is {state.planned_seq}")
        leaf_no = self._ledger.next_leaf_no + len(self.seals)
        self.seals.append(seal_row(state.no, seal, leaf_no))
        self.leaves.append((leaf_no, leaf_hash(canonical(seal))))

    def _device_no(self, device: str) -> int:
        return self.devices.setdefault(device, self._ledger.next_device_no + len(self.devices))

    def _take_back(self, taken: list[SessionState], lists: tuple[list[Any], ...], marks: list[int]) -> None:
        for state in taken:
            state.planned_seq -= 1
        for rows, mark in zip(lists, marks, strict=True):
            del rows[mark:]

    @property
    def has_arrival(self) -> bool:
        return bool(self.rows or self.positions)

    def arrival(self) -> bytes:
        positions: list[PositionRow] = [(each.device, each.boot, each.seq) for each in self.positions.values()]
        return encode_arrival(self.rows, positions)

    def drop(self) -> None:
        """The transaction failed: the ledger is as it was."""
        for state in self._touched:
            state.planned_seq = state.last_seq

    def apply(self, ripe_at: int) -> None:
        """After the commit: what is on disk now. Rows before `last_seq`, so that who reads `last_seq` first misses none (Ledger.tail)."""
        ledger = self._ledger
        arrival_no = ledger.next_arrival_no
        for device, number in self.devices.items():
            ledger.add_device(device, number)
        ledger.add_unfiled(self.rows, self._row_states, arrival_no, ripe_at)
        ledger.move(self.positions, arrival_no)
        if self._created:
            ledger.sessions.update({state.name: state for state in self._created.values() if state.planned_seq})
        for state in self._touched:
            state.last_seq = state.planned_seq
        if ledger.behind:
            for state in self._touched:
                ledger.let_go(state.name, state.last_seq)
        if self.has_arrival:
            ledger.next_arrival_no += 1
        ledger.next_leaf_no += len(self.leaves)
        ledger.ended += len(self.ended)
        ledger.entries += len(self.rows) + len(self.events)
