"""Vital signs: names, codes, units and plausible ranges, in one table.

Codes: IEEE 11073-10101 (MDC), LOINC and UCUM, from the standards themselves. Plausible ranges: a value outside is stored as invalid and
never judged (clinical evidence, section 5.4: HR 20-300, SpO2 1-100, SBP 30-300, DBP 10-250, RR 0-80, EtCO2 0-150).
A value travels inside the monitor and in the record as an integer in thousandths of its unit (`value_milli`): integers have one
decimal form, so a hash over them cannot depend on who printed them.
"""

from enum import StrEnum
from typing import Final

import msgspec


class Vital(StrEnum):
    """What is measured. `heart_rate` (ECG) and `pulse_rate` (pleth, cuff) are different measurements."""

    HEART_RATE = "heart_rate"
    PULSE_RATE = "pulse_rate"
    SYSTOLIC_BP = "systolic_bp"
    DIASTOLIC_BP = "diastolic_bp"
    MEAN_BP = "mean_bp"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    ETCO2 = "etco2"

    __hash__ = str.__hash__  # Enum's own hash is Python code; this one is on the path of every reading


class Unit(StrEnum):
    """UCUM units that are accepted. A unit is never guessed or converted silently."""

    PER_MINUTE = "/min"
    MMHG = "mm[Hg]"
    PERCENT = "%"

    __hash__ = str.__hash__


class VitalSign(msgspec.Struct, frozen=True):
    """One row of the table: codes, unit and the range outside which a value cannot come from a living patient."""

    vital: Vital
    label: str  # short label for screens and reasons
    title: str
    unit: Unit
    mdc: int
    mdc_name: str
    loinc: str
    plausible_min: int  # in `unit`
    plausible_max: int  # in `unit`
    is_cuff: bool  # an oscillometric cuff value is an event with an age, not a stream


_MMHG, _PER_MIN, _PCT = Unit.MMHG, Unit.PER_MINUTE, Unit.PERCENT
_DIA = "Diastolic blood pressure"

VITAL_SIGNS: Final[dict[Vital, VitalSign]] = {
    row.vital: row
    for row in (
        VitalSign(Vital.HEART_RATE, "HR", "Heart rate", _PER_MIN, 147842, "MDC_ECG_HEART_RATE", "8867-4", 20, 300, False),
        VitalSign(Vital.PULSE_RATE, "PR", "Pulse rate", _PER_MIN, 149530, "MDC_PULS_OXIM_PULS_RATE", "8889-8", 20, 300, False),
        VitalSign(Vital.SYSTOLIC_BP, "SBP", "Systolic blood pressure", _MMHG, 150021, "MDC_PRESS_BLD_NONINV_SYS", "8480-6", 30, 300, True),
        VitalSign(Vital.DIASTOLIC_BP, "DBP", _DIA, _MMHG, 150022, "MDC_PRESS_BLD_NONINV_DIA", "8462-4", 10, 250, True),
        VitalSign(Vital.MEAN_BP, "MAP", "Mean blood pressure", _MMHG, 150023, "MDC_PRESS_BLD_NONINV_MEAN", "8478-0", 15, 280, True),
        VitalSign(Vital.SPO2, "SpO2", "Oxygen saturation", _PCT, 150456, "MDC_PULS_OXIM_SAT_O2", "59408-5", 1, 100, False),
        VitalSign(Vital.RESPIRATORY_RATE, "RR", "Respiratory rate", _PER_MIN, 151562, "MDC_RESP_RATE", "9279-1", 0, 80, False),
        VitalSign(Vital.ETCO2, "EtCO2", "End-tidal CO2", _MMHG, 151708, "MDC_CONC_AWAY_CO2_ET", "19891-1", 0, 150, False),
    )
}

MILLI: Final = 1000


def to_milli(value: float) -> int:
    """Value in its unit -> integer thousandths, rounded half to even. The device's finer digits, if any, are noise."""
    return round(value * MILLI)


def from_milli(value_milli: int) -> float:
    """Integer thousandths -> value in its unit."""
    return value_milli / MILLI


def format_milli(value_milli: int) -> str:
    """Shortest decimal text of a value, for reasons and tables: 184000 -> '184', 97500 -> '97.5'."""
    whole, rest = divmod(abs(value_milli), MILLI)
    sign = "-" if value_milli < 0 else ""
    return f"{sign}{whole}" if rest == 0 else f"{sign}{whole}.{rest:03d}".rstrip("0")
