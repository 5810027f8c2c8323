"""Every number a device can say that has a name here, its unit, and the units that convert to it.

The vital signs carry the names of `schemas.vitals` and are judged; the others (pump, invasive pressure, temperature, ...) are kept and
shown and judged by nothing. A unit that is not in the table is never guessed: the value becomes null, with the original beside it.
"""

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from schemas.vitals import MILLI, VITAL_SIGNS, Unit, Vital


class Quantity(StrEnum):
    HEART_RATE = "heart_rate"
    PULSE_RATE = "pulse_rate"
    SYSTOLIC_BP = "systolic_bp"
    DIASTOLIC_BP = "diastolic_bp"
    MEAN_BP = "mean_bp"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    ETCO2 = "etco2"
    # not vital signs of the record
    INVASIVE_SYSTOLIC_BP = "invasive_systolic_bp"
    INVASIVE_DIASTOLIC_BP = "invasive_diastolic_bp"
    INVASIVE_MEAN_BP = "invasive_mean_bp"
    CUFF_PRESSURE = "cuff_pressure"  # during inflation: not a blood pressure
    TEMPERATURE = "temperature"
    PERFUSION_INDEX = "perfusion_index"
    PLETH_VARIABILITY = "pleth_variability"
    CARBOXYHAEMOGLOBIN = "carboxyhaemoglobin"
    METHAEMOGLOBIN = "methaemoglobin"
    FIO2 = "fio2"
    PROCESSED_EEG = "processed_eeg"  # BIS and its kind, 0 to 100
    INFUSION_RATE_SET = "infusion_rate_set"  # what the pump was told
    INFUSION_RATE = "infusion_rate"  # what it delivers
    VOLUME_INFUSED = "volume_infused"
    VOLUME_TO_INFUSE = "volume_to_infuse"
    VOLUME_REMAINING = "volume_remaining"
    BOLUS_VOLUME = "bolus_volume"
    DOSE_RATE = "dose_rate"
    DOSE_GIVEN = "dose_given"
    CONCENTRATION = "concentration"
    TIME_REMAINING = "time_remaining"
    LINE_PRESSURE = "line_pressure"
    WEIGHT = "weight"

    __hash__ = str.__hash__


_PERCENT, _MMHG = Unit.PERCENT, Unit.MMHG

UNIT_OF: Final[dict[Quantity, str]] = {Quantity(vital.value): row.unit for vital, row in VITAL_SIGNS.items()} | {
    Quantity.INVASIVE_SYSTOLIC_BP: _MMHG,
    Quantity.INVASIVE_DIASTOLIC_BP: _MMHG,
    Quantity.INVASIVE_MEAN_BP: _MMHG,
    Quantity.CUFF_PRESSURE: _MMHG,
    Quantity.TEMPERATURE: "Cel",
    Quantity.PERFUSION_INDEX: _PERCENT,
    Quantity.PLETH_VARIABILITY: _PERCENT,
    Quantity.CARBOXYHAEMOGLOBIN: _PERCENT,
    Quantity.METHAEMOGLOBIN: _PERCENT,
    Quantity.FIO2: _PERCENT,
    Quantity.PROCESSED_EEG: "1",
    Quantity.INFUSION_RATE_SET: "mL/h",
    Quantity.INFUSION_RATE: "mL/h",
    Quantity.VOLUME_INFUSED: "mL",
    Quantity.VOLUME_TO_INFUSE: "mL",
    Quantity.VOLUME_REMAINING: "mL",
    Quantity.BOLUS_VOLUME: "mL",
    Quantity.DOSE_RATE: "mg/h",
    Quantity.DOSE_GIVEN: "mg",
    Quantity.CONCENTRATION: "mg/mL",
    Quantity.TIME_REMAINING: "s",
    Quantity.LINE_PRESSURE: _PERCENT,
    Quantity.WEIGHT: "kg",
}

# (unit of the device, unit here) -> factor, both UCUM: a codec turns its own spelling (MDC number, `bpm`) into UCUM by its own table.
_FACTORS: Final[dict[tuple[str, str], Decimal]] = {
    ("kPa", "mm[Hg]"): Decimal("7.50062"),
    ("ug", "mg"): Decimal("0.001"),
    ("g", "mg"): Decimal(1000),
    ("ug/h", "mg/h"): Decimal("0.001"),
    ("mg/min", "mg/h"): Decimal(60),
    ("ug/min", "mg/h"): Decimal("0.06"),
    ("ug/mL", "mg/mL"): Decimal("0.001"),
    ("mL/min", "mL/h"): Decimal(60),
    ("L", "mL"): Decimal(1000),
    ("min", "s"): Decimal(60),
    ("h", "s"): Decimal(3600),
    ("g", "kg"): Decimal("0.001"),
}
_VITALS: Final = {Quantity(vital.value): vital for vital in Vital}
MAX_MAGNITUDE: Final = 10**9  # in the quantity's unit: beyond it nothing is a measurement, and a double holds every thousandth below it


def vital_of(quantity: Quantity) -> Vital | None:
    """The vital sign of the record that it is; None where it is none."""
    return _VITALS.get(quantity)


def converts(quantity: Quantity, unit: str) -> bool:
    """Whether a value of this UCUM unit can become one of the quantity."""
    return unit == UNIT_OF[quantity] or (unit, UNIT_OF[quantity]) in _FACTORS


def number_of(text: str) -> Decimal | None:
    """A plain decimal number of at most 24 characters (sign, digits, point, exponent), or None: NaN, infinity and words are none."""
    try:
        number = Decimal(text) if len(text) <= 24 and text.isascii() and "_" not in text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def convert(quantity: Quantity, number: Decimal, unit: str) -> int | None:
    """Thousandths of the quantity's own unit, half to even; None beyond MAX_MAGNITUDE. Raises KeyError unless `converts`."""
    factor = Decimal(1) if unit == UNIT_OF[quantity] else _FACTORS[unit, UNIT_OF[quantity]]
    if number.adjusted() > 9:  # before the product: a huge exponent would make a huge integer
        return None
    value = number * factor
    return round(value * MILLI) if abs(value) <= MAX_MAGNITUDE else None
