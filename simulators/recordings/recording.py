"""What every recording gives: a description, and its samples in order of time.

A value that was not measured is never a number: 0, NaN and below-zero sentinels become None ("measured, but there is no value") or are left
out. A cuff value that is partly missing has no value at all.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, Protocol

import msgspec

from schemas.vitals import VITAL_SIGNS, Vital

MAX_SAMPLES: Final = 1_000_000  # eleven days at one a second; a longer recording is refused, not cut
CUFF: Final = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)
_SETTLED_SAMPLES: Final = 10
_DEFAULT_INTERVAL_S: Final = 60.0
Values = dict[Vital, float | None]


class RecordingError(ValueError):
    """The file cannot be replayed; the text says where in it and why."""


class Sample(msgspec.Struct, frozen=True):
    """What was recorded at one instant. A vital sign that is absent was not renewed then; None: renewed, but without a value."""

    offset_ms: int
    values: Values


class Description(msgspec.Struct, frozen=True):
    """`source` is shown on screens. `default_start_ms`: where HR and SpO2 are first measured for ten samples in a row.
    `unmapped`: what is in the file and is not replayed, and why."""

    name: str
    source: str
    intervals_s: dict[Vital, float]
    is_ketamine_infusion: bool
    length_ms: int
    default_start_ms: int
    unmapped: tuple[str, ...]


class Recording(Protocol):
    @property
    def description(self) -> Description: ...

    def samples(self, start_ms: int = 0) -> Iterator[Sample]:
        """From `start_ms` of the recording on, with its own offsets."""
        ...


class Rows:
    """A recording that was read into memory."""

    def __init__(self, description: Description, rows: Sequence[Sample]) -> None:
        self._description = description
        self._rows = rows

    @property
    def description(self) -> Description:
        return self._description

    def samples(self, start_ms: int = 0) -> Iterator[Sample]:
        return (row for row in self._rows if row.offset_ms >= start_ms)


def measured(value: float | None) -> float | None:
    """A number that can be a measurement, else None: 0 and below, NaN and infinity stand for "not measured" in recordings."""
    return value if value is not None and math.isfinite(value) and value > 0 else None


def cuff_values(values: Values) -> Values:
    """The cuff values of one sample, all or none: empty where no cuff was inflated, all None where one of them is missing."""
    cuff: Values = {vital: values[vital] for vital in CUFF if vital in values}
    if all(value is None for value in cuff.values()):
        return {}
    if any(value is None for value in cuff.values()):
        cuff = dict.fromkeys(cuff)
    return cuff


def rows_of(
    rows: Sequence[Sample],
    *,
    name: str,
    source: str,
    is_ketamine_infusion: bool,
    unmapped: tuple[str, ...],
    stated_s: Mapping[Vital, float],
) -> Rows:
    """A recording of these rows. Intervals that the file does not state are the median distance of what was measured."""
    if not rows:
        raise RecordingError(f"{name}: nothing in it that could be replayed")
    if len(rows) > MAX_SAMPLES:
        raise RecordingError(f"{name}: more than {MAX_SAMPLES} samples; cut it into parts")
    found = {vital for row in rows for vital in row.values}
    intervals_s = {vital: round(stated_s.get(vital) or _interval_s(rows, vital), 3) for vital in VITAL_SIGNS if vital in found}
    description = Description(
        name=name,
        source=source[:200],
        intervals_s=intervals_s,
        is_ketamine_infusion=is_ketamine_infusion,
        length_ms=rows[-1].offset_ms,
        default_start_ms=_settled_ms(rows),
        unmapped=unmapped,
    )
    return Rows(description, rows)


def _interval_s(rows: Sequence[Sample], vital: Vital) -> float:
    at_ms = [row.offset_ms for row in rows if row.values.get(vital) is not None]
    gaps = [then - now for now, then in pairwise(at_ms) if then > now]
    return median(gaps) / 1000 if gaps else _DEFAULT_INTERVAL_S


def _settled_ms(rows: Sequence[Sample]) -> int:
    """Where HR and SpO2 settle: ten samples in a row with both; where they never do, the first with both; else the beginning."""
    first_ms: int | None = None
    since_ms, run = 0, 0
    for row in rows:
        if row.values.get(Vital.HEART_RATE) is None or row.values.get(Vital.SPO2) is None:
            run = 0
            continue
        since_ms = since_ms if run else row.offset_ms
        first_ms = row.offset_ms if first_ms is None else first_ms
        run += 1
        if run == _SETTLED_SAMPLES:
            return since_ms
    return rows[0].offset_ms if first_ms is None else first_ms
