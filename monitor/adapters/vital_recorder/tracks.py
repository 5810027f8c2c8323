"""What a track of Vital Recorder means, by its MONTYPE, and how its units are spelt. Pure tables; names of the maker's published packages.

A track without a MONTYPE, or with one that is not here, is kept as unmapped: its name alone ("HR", "RATE") is not read. FLUID_RATE and
DRUG1_CE are not here, since the wire does not say whether they were measured, set or computed.
"""

from typing import Final

import msgspec

from monitor.adapters.quantities import Quantity

Q: Final = Quantity
SPOT: Final = frozenset({"NIBP_SBP", "NIBP_DBP", "NIBP_MBP"})
QUANTITIES: Final = {
    "ECG_HR": Q.HEART_RATE,
    "PLETH_HR": Q.PULSE_RATE,
    "PLETH_SPO2": Q.SPO2,
    "NIBP_SBP": Q.SYSTOLIC_BP,
    "NIBP_DBP": Q.DIASTOLIC_BP,
    "NIBP_MBP": Q.MEAN_BP,
    "IABP_SBP": Q.INVASIVE_SYSTOLIC_BP,
    "IABP_DBP": Q.INVASIVE_DIASTOLIC_BP,
    "IABP_MBP": Q.INVASIVE_MEAN_BP,
    "CO2_RR": Q.RESPIRATORY_RATE,
    "RESP_RR": Q.RESPIRATORY_RATE,
    "CO2_CONC": Q.ETCO2,
    "BT": Q.TEMPERATURE,
    "EEG_BIS": Q.PROCESSED_EEG,
    "PVI": Q.PLETH_VARIABILITY,
}
RANKS: Final = {"RESP_RR": 1}  # of two sources of breaths CO2 comes first
TEXTS: Final = {"DRUG1_NAME": "drug", "DRUG2_NAME": "drug", "DRUG3_NAME": "drug"}
_UNITS: Final = {
    "/min": "/min",
    "bpm": "/min",
    "rpm": "/min",
    "%": "%",
    "mmhg": "mm[Hg]",
    "kpa": "kPa",
    "c": "Cel",
    "℃": "Cel",
    "°c": "Cel",
}
_WITHOUT_UNIT: Final = frozenset({Q.PROCESSED_EEG})  # an index


class Record(msgspec.Struct, frozen=True):
    """One value of a track. `dt`: Unix seconds, where the record says when."""

    text: str
    dt: float | None = None


class Track(msgspec.Struct, frozen=True):
    """One track of a room in one upload; waves are none here."""

    montype: str
    name: str  # device/track, as the recorder calls it
    unit: str
    records: tuple[Record, ...]
    is_text: bool = False


def unit_of(quantity: Quantity, unit: str) -> str:
    """UCUM; empty where it is none that is known."""
    return "1" if quantity in _WITHOUT_UNIT and not unit else _UNITS.get(unit.strip().lower(), "")
