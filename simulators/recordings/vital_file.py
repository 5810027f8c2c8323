"""`.vital` files of Vital Recorder (the extra `vital`): the numeric tracks that are vital signs.

A track is known by its MONTYPE, and where it has none by the name that follows its device (`Solar8000/NIBP_SBP`). Its unit must be that of
the vital sign. Of two tracks of one vital sign the first is taken. Waves, texts and invasive pressures are not replayed.
"""

import warnings
from pathlib import Path
from typing import Any, Final

from schemas.vitals import VITAL_SIGNS, Vital
from simulators.recordings.recording import MAX_SAMPLES, RecordingError, Rows, Sample, Values, cuff_values, measured, rows_of

_NUMERIC, _WAVE = 2, 1
_MONTYPES: Final = {
    2: Vital.HEART_RATE,
    9: Vital.PULSE_RATE,
    10: Vital.SPO2,
    12: Vital.RESPIRATORY_RATE,
    14: Vital.RESPIRATORY_RATE,
    15: Vital.ETCO2,
    16: Vital.SYSTOLIC_BP,
    17: Vital.DIASTOLIC_BP,
    18: Vital.MEAN_BP,
}
_NAMES: Final = {
    "HR": Vital.HEART_RATE,
    "PLETH_HR": Vital.PULSE_RATE,
    "PLETH_SPO2": Vital.SPO2,
    "RR": Vital.RESPIRATORY_RATE,
    "RR_CO2": Vital.RESPIRATORY_RATE,
    "ETCO2": Vital.ETCO2,
    "NIBP_SBP": Vital.SYSTOLIC_BP,
    "NIBP_DBP": Vital.DIASTOLIC_BP,
    "NIBP_MBP": Vital.MEAN_BP,
}
_UNITS: Final = {"/min": "/min", "bpm": "/min", "rpm": "/min", "%": "%", "mmhg": "mm[Hg]"}


def read_vital(path: Path) -> Rows:
    """Raises RecordingError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its own use of pandas
            from vitaldb import VitalFile  # here because it is an extra, and slow
    except ImportError as error:
        raise RecordingError(f"{path.name}: .vital is read with the package vitaldb, which is not installed (the extra `vital`)") from error
    why = ""
    tracks: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves closing to whoever collects garbage
        try:
            tracks = dict(VitalFile(str(path)).trks)
        except Exception as error:  # noqa: BLE001 - the reader has no faults of its own: whatever it meets, the file is none
            why = f"{type(error).__name__}: {error}"
    if why:
        raise RecordingError(f"{path.name}: not a readable .vital file: {why}")
    return _rows(path, tracks)


def _rows(path: Path, tracks: dict[str, Any]) -> Rows:
    taken, unmapped = _taken(tracks)
    if not taken:
        raise RecordingError(f"{path.name}: no track that is known: {', '.join(tracks) or 'none at all'}")
    instants: dict[int, Values] = {}
    for vital, track in taken.items():
        for record in track.recs:
            if len(instants) > MAX_SAMPLES:
                raise RecordingError(f"{path.name}: more than {MAX_SAMPLES} instants; cut the file into parts")
            value = record["val"]
            number = measured(float(value)) if isinstance(value, int | float) else None
            instants.setdefault(round(float(record["dt"]) * 1000), {})[vital] = number
    first_ms = min(instants, default=0)
    rows = [Sample(at_ms - first_ms, _streamed(values) | cuff_values(values)) for at_ms, values in sorted(instants.items())]
    source = f".vital file {path.stem}, recorded patient"
    return rows_of(rows, name=path.stem[:80], source=source, is_ketamine_infusion=False, unmapped=unmapped, stated_s={})


def _taken(tracks: dict[str, Any]) -> tuple[dict[Vital, Any], tuple[str, ...]]:
    taken: dict[Vital, Any] = {}
    unmapped: list[str] = []
    for name, track in tracks.items():
        vital = _MONTYPES.get(track.montype) or _NAMES.get(name.rpartition("/")[2])
        if track.type == _WAVE:
            unmapped.append(f"{name}: a waveform")
        elif track.type != _NUMERIC or vital is None:
            unmapped.append(f"{name}: no vital sign of this monitor")
        elif vital in taken:
            unmapped.append(f"{name}: a second {vital}")
        elif _UNITS.get(str(track.unit).lower()) != VITAL_SIGNS[vital].unit:
            unmapped.append(f"{name}: its unit is {track.unit or 'not given'}, not {VITAL_SIGNS[vital].unit}")
        else:
            taken[vital] = track
    return taken, tuple(unmapped)


def _streamed(values: Values) -> Values:
    return {vital: value for vital, value in values.items() if not VITAL_SIGNS[vital].is_cuff}
