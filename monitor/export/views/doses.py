"""What was drawn, given and wasted, with lot, witness and corrections, and what that comes to. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from monitor.core.corrections import Corrections
from monitor.core.drug import DrugAccount
from monitor.export.cells import Cell, Number, table, time_text
from monitor.export.views.survey import Survey
from schemas.log import BolusGiven, DrugDrawn, DrugWasted, Entry, EntryVoided, PhaseOrdered, RateSet, SessionCreated, WasteWitnessed
from schemas.vitals import format_milli

COLUMNS: Final = (
    "session",
    "seq",
    "at",
    "kind",
    "by",
    "rate_mg_per_min",
    "amount_mg",
    "concentration_mg_per_ml",
    "lot",
    "phase",
    "waste_seq",
    "witness",
    "witnessed_at",
    "note",
    "voided_at",
    "voided_by",
    "void_reason",
)


def doses_table(survey: Survey) -> bytes:
    """A row an entry; the last rows, without a `seq`, are what the entries that count come to by the end of the log."""
    return table(COLUMNS, _rows(survey))


def _rows(survey: Survey) -> Iterator[list[Cell]]:
    corrections = None
    session = ""
    voided = voided_of(survey.events)
    witnessed = {entry.body.waste: entry for entry in survey.events if isinstance(entry.body, WasteWitnessed)}
    for entry in survey.events:
        if isinstance(entry.body, SessionCreated):
            corrections, session = Corrections(entry.body.order), entry.session
        if corrections is not None:
            corrections.take(entry.seq, entry.at_ms, entry.body)
        cells = _cells(entry, witnessed.get(entry.seq))
        if cells is not None:
            known = {"session": entry.session, "seq": entry.seq, "at": time_text(entry.at_ms), **cells, **void_cells(voided.get(entry.seq))}
            yield [known.get(column) for column in COLUMNS]
    if corrections is not None:
        corrections.voided.update({seq: entry.body for seq, entry in voided.items() if isinstance(entry.body, EntryVoided)})
        yield from _totals(session, corrections, survey.last_at_ms)


def _cells(entry: Entry, witnessed: Entry | None) -> dict[str, Cell] | None:
    body = entry.body
    match body:
        case RateSet():
            return {"kind": "rate_set", "by": body.by, "rate_mg_per_min": mg(body.rate_ug_per_min)}
        case BolusGiven():
            return {"kind": "bolus_given", "by": body.by, "amount_mg": mg(body.amount_ug)}
        case DrugDrawn():
            concentration = mg(body.concentration_ug_per_ml)
            return {
                "kind": "drawn",
                "by": body.by,
                "amount_mg": mg(body.amount_ug),
                "concentration_mg_per_ml": concentration,
                "lot": body.lot,
            }
        case DrugWasted():
            cells: dict[str, Cell] = {"kind": "wasted", "by": body.by, "amount_mg": mg(body.amount_ug), "note": body.note}
            if witnessed is not None and isinstance(witnessed.body, WasteWitnessed):
                cells |= {"witness": witnessed.body.by, "witnessed_at": time_text(witnessed.at_ms)}
            return cells
        case WasteWitnessed():
            return {"kind": "witnessed", "by": body.by, "waste_seq": body.waste}
        case PhaseOrdered():
            return {"kind": "phase", "by": body.by, "phase": body.phase.value, "note": body.override}
        case _:
            return None


def _totals(session: str, corrections: Corrections, at_ms: int) -> Iterator[list[Cell]]:
    account = DrugAccount(corrections)
    given_ug = corrections.dose()[0].given_ug(at_ms)
    totals = {
        "total_drawn": sum(row.body.amount_ug for row in account.drawn()),
        "total_given": given_ug,
        "total_wasted_before_a_witness": sum(row.body.amount_ug for row in account.wasted() if row.witness is not None),
        "total_unaccounted": account.unaccounted_ug(given_ug),
    }
    for kind, amount_ug in totals.items():
        known: dict[str, Cell] = {"session": session, "at": time_text(at_ms), "kind": kind, "amount_mg": mg(amount_ug)}
        yield [known.get(column) for column in COLUMNS]


def mg(micrograms: int) -> Number:
    return Number(format_milli(micrograms))


def voided_of(events: Sequence[Entry]) -> dict[int, Entry]:
    """By the entry that does not count any more, the entry that said so."""
    return {entry.body.voids: entry for entry in events if isinstance(entry.body, EntryVoided)}


def void_cells(entry: Entry | None) -> dict[str, Cell]:
    if entry is None or not isinstance(entry.body, EntryVoided):
        return {}
    return {"voided_at": time_text(entry.at_ms), "voided_by": entry.body.by, "void_reason": entry.body.reason}
