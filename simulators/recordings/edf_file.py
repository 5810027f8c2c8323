"""EDF and BDF (the extra `vital`): channels of at most two values a second, named as in a record of numerics.

Numbers are stored in whole steps between two bounds, so 0 may come back as a fraction: what is not above one step is "not measured", and
the rest is rounded to the step. The start of the file is a local time without a zone; only distances in time are used.
"""

from pathlib import Path
from typing import Any

from schemas.vitals import VITAL_SIGNS
from simulators.recordings.channels import MAX_RATE_HZ, columns_of, sample_of
from simulators.recordings.recording import RecordingError, Rows, Sample, rows_of


def read_edf(path: Path) -> Rows:
    """Raises RecordingError."""
    try:
        import pyedflib  # here because it is an extra
    except ImportError as error:
        raise RecordingError(f"{path.name}: EDF is read with the package pyEDFlib, which is not installed (the extra `vital`)") from error
    try:
        with pyedflib.EdfReader(str(path)) as file:
            return _read(path, file)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path.name}: {error}") from error


def _read(path: Path, file: Any) -> Rows:
    heads = file.getSignalHeaders()
    slow = [index for index, head in enumerate(heads) if 0 < head["sample_frequency"] <= MAX_RATE_HZ]
    names = [heads[index]["label"].strip() for index in slow]
    columns, unmapped = columns_of(names, [heads[index]["dimension"].strip() for index in slow])
    if not columns:
        known = ", ".join(head["label"].strip() for head in heads)
        raise RecordingError(f"{path.name}: no channel that is known: {known}")
    waves = tuple(f"{head['label'].strip()}: a waveform" for head in heads if head["sample_frequency"] > MAX_RATE_HZ)
    rows: dict[int, Sample] = {}
    for rate in {heads[slow[place]]["sample_frequency"] for place in columns.values()}:
        own = {vital: place for vital, place in columns.items() if heads[slow[place]]["sample_frequency"] == rate}
        lines = [_numbers(file, slow[place], heads[slow[place]]) for place in own.values()]
        for number, line in enumerate(zip(*lines, strict=True)):
            at_ms = round(number * 1000 / rate)
            sample = sample_of(at_ms, {vital: place for place, vital in enumerate(own)}, line)
            rows[at_ms] = Sample(at_ms, (rows[at_ms].values if at_ms in rows else {}) | sample.values)
    source = f"EDF file {path.stem}, recorded patient"
    stated_s = {vital: 1 / heads[slow[place]]["sample_frequency"] for vital, place in columns.items() if not VITAL_SIGNS[vital].is_cuff}
    ordered = [rows[at_ms] for at_ms in sorted(rows)]
    return rows_of(ordered, name=path.stem[:80], source=source, is_ketamine_infusion=False, unmapped=unmapped + waves, stated_s=stated_s)


def _numbers(file: Any, index: int, head: dict[str, Any]) -> list[float]:
    """0 for what is not measured."""
    step = (head["physical_max"] - head["physical_min"]) / (head["digital_max"] - head["digital_min"])
    digits = next((digits for digits in range(4) if 10**-digits <= step * 2), 3)
    return [round(value, digits) if value > step else 0.0 for value in file.readSignal(index).tolist()]
