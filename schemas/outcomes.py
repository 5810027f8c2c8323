"""Outcome scores: what is asked or measured between sessions to see whether the treatment helps. One table; nothing here judges a value."""

from enum import StrEnum
from typing import Final

import msgspec


class Instrument(StrEnum):
    PHQ9 = "phq9"
    GAD7 = "gad7"
    PAIN = "pain_nrs"
    CRP = "crp"
    IL6 = "il6"
    TNF_ALPHA = "tnf_alpha"

    __hash__ = str.__hash__


class InstrumentRow(msgspec.Struct, frozen=True):
    """What may be entered: `low`..`high` in `unit` (UCUM), with at most `decimals` decimals. A blood value's upper end is a bound against
    slips of the keyboard, not a clinical one."""

    instrument: Instrument
    label: str
    title: str
    unit: str
    low: int
    high: int
    decimals: int


_ROWS: Final = (
    InstrumentRow(Instrument.PHQ9, "PHQ-9", "Depression, PHQ-9", "{score}", 0, 27, 0),
    InstrumentRow(Instrument.GAD7, "GAD-7", "Anxiety, GAD-7", "{score}", 0, 21, 0),
    InstrumentRow(Instrument.PAIN, "Pain", "Pain, numeric rating scale", "{score}", 0, 10, 0),
    InstrumentRow(Instrument.CRP, "CRP", "C-reactive protein", "mg/L", 0, 1_000, 1),
    InstrumentRow(Instrument.IL6, "IL-6", "Interleukin 6", "pg/mL", 0, 100_000, 1),
    InstrumentRow(Instrument.TNF_ALPHA, "TNF-alpha", "Tumour necrosis factor alpha", "pg/mL", 0, 100_000, 1),
)
INSTRUMENTS: Final = {row.instrument: row for row in _ROWS}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One value as it was entered. It is never changed: a correction is a further row, `corrects` the number of the one it takes the place
    of and `reason` why. `value_milli` None takes the corrected one back without another in its place. `taken_on`: YYYY-MM-DD."""

    no: int
    code: str
    instrument: Instrument
    value_milli: int | None
    taken_on: str
    entered_at_ms: int
    by: str
    corrects: int | None = None
    reason: str | None = None


def in_force(rows: list[Outcome]) -> list[Outcome]:
    """Those that nothing corrects and that hold a value, by the day they were taken."""
    corrected = {row.corrects for row in rows}
    standing = [row for row in rows if row.no not in corrected and row.value_milli is not None]
    return sorted(standing, key=lambda row: (row.taken_on, row.no))


def refuse_value(instrument: Instrument, value_milli: int) -> str | None:
    """Why a value cannot be one of this instrument, for people; None where it can."""
    row = INSTRUMENTS[instrument]
    if not row.low * 1000 <= value_milli <= row.high * 1000:
        return f"{row.label} is {row.low} to {row.high}"
    if value_milli % 10 ** (3 - row.decimals):
        return f"{row.label} has {'whole numbers' if not row.decimals else f'at most {row.decimals} decimal'}"
    return None
