"""What the channels of a record of numerics hold, by their names and units, and one instant of them as a sample."""

import re
from collections.abc import Sequence
from typing import Final

from schemas.vitals import VITAL_SIGNS, Vital
from simulators.recordings.recording import Sample, Values, cuff_values, measured

MAX_RATE_HZ: Final = 2.0  # faster channels are waveforms
_CHANNELS: Final = {
    "hr": Vital.HEART_RATE,
    "pulse": Vital.PULSE_RATE,
    "resp": Vital.RESPIRATORY_RATE,
    "spo2": Vital.SPO2,
    "nbpsys": Vital.SYSTOLIC_BP,
    "nbpdias": Vital.DIASTOLIC_BP,
    "nbpmean": Vital.MEAN_BP,
    "rr": Vital.RESPIRATORY_RATE,
    "pulserate": Vital.PULSE_RATE,
    "etco2": Vital.ETCO2,
}
_UNITS: Final = {"bpm": "/min", "pm": "/min", "/min": "/min", "mmhg": "mm[Hg]", "%": "%"}
_INVASIVE: Final = re.compile(r"^(abp|art|ao|pap|cvp|p[1-4])", re.IGNORECASE)


def columns_of(names: Sequence[str], units: Sequence[str]) -> tuple[dict[Vital, int], tuple[str, ...]]:
    """Which column holds which vital sign, and a line for each that holds none. Units are compared, never guessed."""
    columns: dict[Vital, int] = {}
    unmapped: list[str] = []
    for index, (name, unit) in enumerate(zip(names, units, strict=True)):
        vital = _CHANNELS.get(name.replace(" ", "").lower())
        if _INVASIVE.match(name):
            unmapped.append(f"{name}: invasive pressure, not a cuff value")
        elif vital is None:
            unmapped.append(f"{name}: no vital sign of this monitor")
        elif vital in columns:
            unmapped.append(f"{name}: a second {vital}")
        elif _UNITS.get(str(unit).lower()) != VITAL_SIGNS[vital].unit:
            unmapped.append(f"{name}: its unit is {unit}, not {VITAL_SIGNS[vital].unit}")
        else:
            columns[vital] = index
    return columns, tuple(unmapped)


def sample_of(offset_ms: int, columns: dict[Vital, int], line: Sequence[float]) -> Sample:
    values: Values = {vital: measured(line[index]) for vital, index in columns.items()}
    streamed = {vital: value for vital, value in values.items() if not VITAL_SIGNS[vital].is_cuff}
    return Sample(offset_ms, streamed | cuff_values(values))
