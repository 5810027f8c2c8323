"""CSV as this project reads it: one row for each instant, one column for each vital sign.

    # source: Ward 3, bed 2, anonymised
    # ketamine_infusion: yes
    offset_s,heart_rate,spo2,respiratory_rate,systolic_bp,diastolic_bp,mean_bp
    0,72,98,14,,,
    1,72,98,14,124,76,92

`offset_s` in seconds, or `time` in RFC 3339 with a Z; rows in order of time. Columns are named like the vital signs and are in their units.
An empty cell: not renewed then. 0 or nan: measured, but there was no value. Other columns are named in the description and left out.
"""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

from schemas.instant import InstantError, parse_ms
from schemas.vitals import VITAL_SIGNS, Vital
from simulators.recordings.recording import MAX_SAMPLES, RecordingError, Rows, Sample, Values, cuff_values, measured, rows_of

_TIME_COLUMNS: Final = ("offset_s", "time")
_YES_NO: Final = {"yes": True, "no": False}


def read_csv(path: Path) -> Rows:
    """Raises RecordingError naming line and column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            remarks, header = _remarks(path, file)
            rows, unmapped = _rows(path, csv.reader(chain([header], file), strict=True), len(remarks) + 1)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{path.name}: not a readable CSV file: {error}") from error
    notes = dict(remarks)
    infusion = _YES_NO.get(notes.get("ketamine_infusion", "no").lower())
    if infusion is None:
        raise RecordingError(f"{path.name}: ketamine_infusion is yes or no, not {notes['ketamine_infusion']!r}")
    source = f"{notes.get('source', path.name)}, recorded patient, {'a ketamine infusion' if infusion else 'not a ketamine infusion'}"
    return rows_of(rows, name=path.stem[:80], source=source, is_ketamine_infusion=infusion, unmapped=unmapped, stated_s={})


def _remarks(path: Path, file: TextIO) -> tuple[list[tuple[str, str]], str]:
    """The `# key: value` lines at the top, and the line after them."""
    remarks: list[tuple[str, str]] = []
    for line in file:
        if not line.startswith("#"):
            return remarks, line
        key, _, value = line.lstrip("# ").partition(":")
        remarks.append((key.strip().lower(), value.strip()))
    raise RecordingError(f"{path.name}: no header line")


def _rows(path: Path, lines: Iterator[list[str]], header_at: int) -> tuple[list[Sample], tuple[str, ...]]:
    header = [name.strip() for name in next(lines)]
    if not header or header[0] not in _TIME_COLUMNS:
        raise RecordingError(f"{path.name}: the first column is offset_s or time, not {header[0] if header else 'nothing'!r}")
    columns = {index: Vital(name) for index, name in enumerate(header) if name in VITAL_SIGNS}
    if not columns:
        raise RecordingError(f"{path.name}: no column is named like a vital sign ({', '.join(VITAL_SIGNS)})")
    if len(set(columns.values())) < len(columns):
        raise RecordingError(f"{path.name}: a vital sign has two columns")
    unmapped = tuple(f"{name}: no vital sign of this monitor" for index, name in enumerate(header) if index and index not in columns)
    rows: list[Sample] = []
    first_ms: int | None = None
    for number, cells in enumerate(lines, start=header_at + 1):
        where = f"{path.name}, line {number}"
        if len(cells) != len(header):
            raise RecordingError(f"{where}: {len(cells)} cells under {len(header)} columns")
        at_ms = _time_ms(header[0], cells[0], where)
        first_ms = at_ms if first_ms is None else first_ms
        if rows and at_ms - first_ms < rows[-1].offset_ms:
            raise RecordingError(f"{where}: earlier than the row before")
        if len(rows) == MAX_SAMPLES:
            raise RecordingError(f"{where}: more than {MAX_SAMPLES} rows; cut the file into parts")
        rows.append(Sample(at_ms - first_ms, _values(columns, cells, where)))
    return rows, unmapped


def _time_ms(column: str, cell: str, where: str) -> int:
    try:
        return round(float(cell) * 1000) if column == "offset_s" else parse_ms(cell.strip())
    except (InstantError, ValueError, OverflowError) as error:
        raise RecordingError(f"{where}: {column} {cell!r}: {error}") from error


def _values(columns: dict[int, Vital], cells: list[str], where: str) -> Values:
    values: Values = {}
    for index, vital in columns.items():
        cell = cells[index].strip()
        if not cell:
            continue
        try:
            values[vital] = measured(float(cell))
        except ValueError as error:
            raise RecordingError(f"{where}: {vital} is {cell!r}, not a number") from error
    streamed = {vital: value for vital, value in values.items() if not VITAL_SIGNS[vital].is_cuff}
    return streamed | cuff_values(values)
