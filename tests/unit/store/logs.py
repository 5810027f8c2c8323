"""Session logs for tests of the store, by number: entry n of a log is the same every time."""

from monitor.store.ports import Position
from schemas.log import (
    Body,
    DeviceBound,
    DeviceUnbound,
    Entry,
    Measured,
    NoteAdded,
    PhaseOrdered,
    Seal,
    SessionCreated,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Order, Patient, Phase, Treatment
from schemas.vitals import Vital

START_MS = 1_795_000_000_000
SESSION = "S-000001"
ORDER = Order(35_000, 2_400_000, Treatment.KETAMINE_IV)
PATIENT = Patient(1980, "A. B.", 70_000)


def created(session: str = SESSION, at_ms: int = START_MS, room: str = "Room 1") -> Entry:
    return Entry(at_ms, SessionCreated("ana", "{}", "0" * 64, ORDER, PATIENT, room), 1, session)


def reading(vital: Vital, value_milli: int | None, validity: Validity = Validity.VALID, reason: Reason = Reason.NONE) -> Reading:
    return Reading(reason, validity, value_milli, vital)


def measured(seq: int, session: str = SESSION, *readings: Reading, device: str = "sim-room-1", at_ms: int | None = None) -> Entry:
    """The entry `seq` of a log with one measurement a second."""
    at = START_MS + seq * 1_000 if at_ms is None else at_ms
    values = readings or (reading(Vital.HEART_RATE, 70_000 + seq % 40 * 500), reading(Vital.SPO2, 97_500))
    return Entry(at, Measured(seq, device, at - 350, Mode.SIMULATED, values, at - 2), seq, session)


def event(seq: int, body: Body, session: str = SESSION, at_ms: int | None = None) -> Entry:
    return Entry(START_MS + seq * 1_000 if at_ms is None else at_ms, body, seq, session)


def note(seq: int, session: str = SESSION, text: str = "calm") -> Entry:
    return event(seq, NoteAdded("ana", text), session)


def log(length: int, session: str = SESSION) -> list[Entry]:
    """Created, then measurements with a note at every tenth entry."""
    return [created(session), *(note(seq, session) if seq % 10 == 0 else measured(seq, session) for seq in range(2, length + 1))]


def seal(first_seq: int, last_seq: int, session: str = SESSION) -> Seal:
    return Seal(START_MS + last_seq * 1_000, f"{last_seq:064x}", first_seq, last_seq, session)


def position(seq: int, device: str = "sim-room-1", boot: str = "boot-1") -> Position:
    return Position(device, boot, seq)


def bound(seq: int, device: str, session: str = SESSION) -> Entry:
    return event(seq, DeviceBound("ana", device, Mode.SIMULATED, "simulator"), session)


def unbound(seq: int, device: str, session: str = SESSION) -> Entry:
    return event(seq, DeviceUnbound("ana", device), session)


def phase(seq: int, to: Phase, session: str = SESSION) -> Entry:
    return event(seq, PhaseOrdered("ana", None, to), session)
