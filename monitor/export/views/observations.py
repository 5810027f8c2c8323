"""What people charted, wrote and signed, and what they marked as made in error. Pure."""

from collections.abc import Iterator
from typing import Final

from monitor.core.reason import is_yes_no
from monitor.export.cells import Cell, table, time_text
from monitor.export.views.doses import void_cells, voided_of
from monitor.export.views.survey import Survey
from schemas.log import Entry, NoteAdded, ObservationCharted, SignedOff
from schemas.signs import SIGNS

COLUMNS: Final = (
    "session",
    "seq",
    "at",
    "kind",
    "sign",
    "label",
    "value",
    "unit",
    "answer",
    "text",
    "by",
    "printed_name",
    "voided_at",
    "voided_by",
    "void_reason",
)


def observations_table(survey: Survey) -> bytes:
    return table(COLUMNS, _rows(survey))


def _rows(survey: Survey) -> Iterator[list[Cell]]:
    voided = voided_of(survey.events)
    for entry in survey.events:
        cells = _cells(entry)
        if cells is not None:
            known = {"session": entry.session, "seq": entry.seq, "at": time_text(entry.at_ms), **cells, **void_cells(voided.get(entry.seq))}
            yield [known.get(column) for column in COLUMNS]


def _cells(entry: Entry) -> dict[str, Cell] | None:
    body = entry.body
    match body:
        case ObservationCharted():
            sign = SIGNS[body.sign]
            answer = ("no", "yes")[body.value] if is_yes_no(body.sign) else None
            cells: dict[str, Cell] = {"kind": "observation", "sign": body.sign.value, "label": sign.label, "value": body.value}
            return cells | {"unit": sign.unit, "answer": answer, "text": body.note, "by": body.by}
        case NoteAdded():
            return {"kind": "note", "text": body.text, "by": body.by}
        case SignedOff():
            return {"kind": "signature", "text": body.meaning, "by": body.by, "printed_name": body.name}
        case _:
            return None
