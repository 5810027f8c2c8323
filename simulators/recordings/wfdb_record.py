"""WFDB numerics (PhysioNet): trend values, typically one a minute.

In these records 0 means "not measured", as does NaN (stored as -32768). The date is shifted by centuries and has no zone, so only
distances in time are used. Non-invasive pressure stands in the row in which the cuff ended; invasive pressure (ABP, ART) is another
measurement and is not replayed.
"""

import re
import warnings
from pathlib import Path
from typing import Final

from schemas.vitals import VITAL_SIGNS, Vital
from simulators.recordings.recording import RecordingError, Rows, Sample, Values, cuff_values, measured, rows_of

MAX_RATE_HZ: Final = 2.0  # faster channels are waveforms
_CHANNELS: Final = {
    "hr": Vital.HEART_RATE,
    "pulse": Vital.PULSE_RATE,
    "resp": Vital.RESPIRATORY_RATE,
    "spo2": Vital.SPO2,
    "nbpsys": Vital.SYSTOLIC_BP,
    "nbpdias": Vital.DIASTOLIC_BP,
    "nbpmean": Vital.MEAN_BP,
}
_UNITS: Final = {"bpm": "/min", "pm": "/min", "/min": "/min", "mmhg": "mm[Hg]", "%": "%"}
_INVASIVE: Final = re.compile(r"^(abp|art|ao|pap|cvp|p[1-4])", re.IGNORECASE)
_MIMIC_II: Final = re.compile(r"^(s\d{5})-")


def read_wfdb(header: Path) -> Rows:
    """A record by its `.hea` file. Raises RecordingError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # wfdb's own use of pandas
            import wfdb  # here because it is slow

            record = wfdb.rdrecord(str(header.with_suffix("")))
    except (OSError, ValueError, IndexError, TypeError) as error:
        raise RecordingError(f"{header.name}: not a readable WFDB record: {error}") from error
    if record.p_signal is None or not record.fs or record.fs > MAX_RATE_HZ:
        raise RecordingError(f"{header.name}: no numerics: {record.fs} values a second; waveforms are not replayed")
    columns, unmapped = _columns(record.sig_name, record.units)
    if not columns:
        raise RecordingError(f"{header.name}: no channel that is known: {', '.join(record.sig_name)}")
    interval_s = 1.0 / float(record.fs)
    rows = [_sample(round(index * interval_s * 1000), columns, line) for index, line in enumerate(record.p_signal.tolist())]
    mimic = _MIMIC_II.match(record.record_name)
    name = f"MIMIC-II {mimic[1]}" if mimic else f"WFDB record {record.record_name}"
    source = f"{name}, recorded intensive-care patient, not a ketamine infusion" if mimic else f"{name}, recorded patient"
    stated_s = {vital: interval_s for vital in columns if not VITAL_SIGNS[vital].is_cuff}
    return rows_of(rows, name=name, source=source, is_ketamine_infusion=False, unmapped=unmapped, stated_s=stated_s)


def _columns(names: list[str], units: list[str]) -> tuple[dict[Vital, int], tuple[str, ...]]:
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


def _sample(offset_ms: int, columns: dict[Vital, int], line: list[float]) -> Sample:
    values: Values = {vital: measured(line[index]) for vital, index in columns.items()}
    streamed = {vital: value for vital, value in values.items() if not VITAL_SIGNS[vital].is_cuff}
    return Sample(offset_ms, streamed | cuff_values(values))
