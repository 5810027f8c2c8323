"""Entries as rows and back, exactly: `canonical(entry_of(row_of(entry))) == canonical(entry)`.

A measurement is one row with its readings as a JSON array of [vital, value_milli, validity, reason] in the device's order, written with
the codes of `codes`. A row per reading took 53 bytes a reading instead of 26, a third more writer time and three times the rows to read
back; the view `reading` gives that form to whoever opens the file with SQL. Every other entry is one row with its canonical JSON.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from monitor.store.codes import MODE, MODE_OF, REASON, REASON_OF, VALIDITY, VALIDITY_OF, VITAL, VITAL_OF
from schemas.log import Body, Entry, Measured, Seal, canonical, decode_body
from schemas.measurement import Reading, Reason, Validity
from schemas.session import Order, Patient, Phase, Treatment

# session_no, seq, at_ms, measured_at_ms, received_at_ms, counter, device_no, mode, readings
MeasurementRow = tuple[int, int, int, int, int, int, int, int, str]
# session_no, seq, at_ms, kind, body
EventRow = tuple[int, int, int, str, str]
# session_no, last_seq, first_seq, at_ms, digest, leaf_no
SealRow = tuple[int, int, int, int, bytes, int]
# session_no, room, phase, created_at_ms, closed_at_ms, label, birth_year, weight_g, treatment, dose_ug, duration_ms
SessionTableRow = tuple[int, str, str, int, int | None, str, int | None, int, str, int, int]

_SESSION_ID: Final = re.compile(r"S-([0-9]{6,15})")
_VALID: Final = Validity.VALID  # reading it off its class takes longer than all the rest of a row
_VALID_CODE: Final = VALIDITY[_VALID]
_NONE: Final = Reason.NONE
_NONE_CODE: Final = REASON[_NONE]
_encode: Final = msgspec.json.Encoder().encode
MAX_KNOWN: Final = 20_000  # readings by their text, some 5 MB; at the bound all are forgotten
_BETWEEN: Final = "],["  # two readings of a row; the brackets of the first and the last stay on them
_known_readings: dict[str, Reading] = {}
readings_of: Final = msgspec.json.Decoder(list[tuple[int, int | None, int, int]]).decode  # [(vital, value_milli, validity, reason), ...]


def session_no(session: str) -> int | None:
    """'S-000001' -> 1; None for anything that `session_id` would not write."""
    match = _SESSION_ID.fullmatch(session)
    number = int(match[1]) if match else 0
    return number if number and session_id(number) == session else None


def session_id(number: int) -> str:
    return f"S-{number:06d}"


def check_integers(bits: int) -> None:
    """Raises OverflowError where an integer, or one of several joined by `|`, does not fit into 64 bits with a sign."""
    if bits >> 63 not in {0, -1}:
        raise OverflowError("an integer is beyond 64 bits")


def measurement_row(number: int, device_no: int, entry: Entry, body: Measured) -> MeasurementRow:
    """Raises OverflowError for a number that a row cannot hold. On the path of every measurement: the usual codes are not looked up."""
    seq, at_ms, measured_at_ms, received_at_ms, counter = entry.seq, entry.at_ms, body.measured_at_ms, body.received_at_ms, body.counter
    bits = seq | at_ms | measured_at_ms | received_at_ms | counter
    if bits >> 63:
        check_integers(bits)
    readings = [
        (
            VITAL[each.vital],
            each.value_milli,
            _VALID_CODE if each.validity is _VALID else VALIDITY[each.validity],
            _NONE_CODE if each.reason is _NONE else REASON[each.reason],
        )
        for each in body.readings
    ]
    return (number, seq, at_ms, measured_at_ms, received_at_ms, counter, device_no, MODE[body.mode], _encode(readings).decode())


def measured_entries(session: str, device_names: dict[int, str], rows: Iterable[MeasurementRow]) -> list[Entry]:
    """Raises KeyError for a code that this version does not know, msgspec.MsgspecError for readings that are not the form above.

    On the path of every entry that is read back: a reading is decoded when its text is met for the first time."""
    entries: list[Entry] = []
    known, modes = _known_readings.get, MODE_OF
    for _, seq, at_ms, measured_at_ms, received_at_ms, counter, device_no, mode, text in rows:
        readings = tuple(map(known, text.split(_BETWEEN)))
        if not all(readings) or text[:2] != "[[" or text[-2:] != "]]":
            readings = _readings(text)
        measured = Measured(counter, device_names[device_no], measured_at_ms, modes[mode], readings, received_at_ms)  # type: ignore[arg-type]
        entries.append(Entry(at_ms, measured, seq, session))
    return entries


def _readings(text: str) -> tuple[Reading, ...]:
    """The readings of a row, each kept by its part of the text: the same few values come again and again, and whoever works on them can
    tell by `is`."""
    readings = [
        Reading(REASON_OF[reason], VALIDITY_OF[validity], value_milli, VITAL_OF[vital])
        for vital, value_milli, validity, reason in readings_of(text)
    ]
    parts = text.split(_BETWEEN)
    if len(parts) != len(readings):  # none at all, or written by another hand
        return tuple(readings)
    if len(_known_readings) >= MAX_KNOWN:
        _known_readings.clear()
    return tuple(map(_known_readings.setdefault, parts, readings))


def kind_of(body: Body) -> str:
    return str(type(body).__struct_config__.tag)


def event_row(number: int, entry: Entry) -> EventRow:
    """Raises UnicodeEncodeError for a text that has no UTF-8, msgspec.MsgspecError for a body that could not be read back."""
    body = canonical(entry.body)
    decode_body(body)  # a struct can be made with values that its form forbids; on record they would make the session unreadable
    return (number, entry.seq, entry.at_ms, kind_of(entry.body), body.decode())


def event_entry(session: str, seq: int, at_ms: int, body: str) -> Entry:
    return Entry(at_ms, decode_body(body), seq, session)


def seal_row(number: int, seal: Seal, leaf_no: int) -> SealRow:
    """Raises ValueError for a digest that is not lower-case hex."""
    digest = bytes.fromhex(seal.digest)
    if digest.hex() != seal.digest:
        raise ValueError(f"{seal.digest!r} is not lower-case hex")
    return (number, seal.last_seq, seal.first_seq, seal.at_ms, digest, leaf_no)


def seal_of(session: str, row: tuple[int, int, int, bytes]) -> Seal:
    last_seq, first_seq, at_ms, digest = row
    return Seal(at_ms, digest.hex(), first_seq, last_seq, session)


def session_table_row(number: int, room: str, at_ms: int, patient: Patient, order: Order) -> SessionTableRow:
    return (
        number,
        room,
        Phase.PLANNED.value,
        at_ms,
        None,
        patient.label,
        patient.birth_year,
        patient.weight_g,
        order.treatment.value,
        order.dose_ug,
        order.duration_ms,
    )


def patient_of(label: str, birth_year: int | None, weight_g: int, code: str | None) -> Patient:
    return Patient(birth_year, label, weight_g, code)


def order_of(treatment: str, dose_ug: int, duration_ms: int) -> Order:
    return Order(dose_ug, duration_ms, Treatment(treatment))
