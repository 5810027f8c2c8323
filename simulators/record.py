"""A whole course written to a file, at once and without a monitor: the frames as they go over the wire, or a CSV that `replay` reads."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from schemas.device_wire import Frame
from schemas.instant import to_ms
from schemas.measurement import Mode
from schemas.vitals import VITAL_SIGNS
from simulators.bed import encode, frames
from simulators.bed_feed import hello_of, source_of
from simulators.bedside_monitor import CUFF, bed_intervals, streamed
from simulators.scenario import Scenario

KINDS: Final = (".jsonl", ".csv")
START_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z: a recording has no now


def write_course(path: Path, scenario: Scenario, seed: int) -> int:
    """`.jsonl`: hello and frames, a line each. `.csv`: a row for each second. Frames written; ValueError for another ending, OSError."""
    if path.suffix not in KINDS:
        raise ValueError(f"{path.name}: a recording ends in {' or '.join(KINDS)}")
    course = frames(scenario, seed, START_MS)
    return _write_lines(path, scenario, seed, course) if path.suffix == ".jsonl" else _write_csv(path, scenario, seed, course)


def _write_lines(path: Path, scenario: Scenario, seed: int, course: Iterator[Frame]) -> int:
    hello = hello_of("recording", "b1", Mode.SIMULATED, source_of(scenario, seed), bed_intervals(scenario))
    number = 0
    with path.open("wb") as file:
        file.write(msgspec.json.encode(hello) + b"\n")
        for number, frame in enumerate(course, start=1):  # noqa: B007 - the last one is the count
            file.write(encode(frame) + b"\n")
    return number


def _write_csv(path: Path, scenario: Scenario, seed: int, course: Iterator[Frame]) -> int:
    """A value that was measured and is none is `nan`. What came out of order stays where its own time is, the first of two counts."""
    vitals = [vital for vital in VITAL_SIGNS if vital in (*streamed(scenario), *CUFF)]
    rows: dict[int, dict[str, str]] = {}
    number = 0
    for number, frame in enumerate(course, start=1):  # noqa: B007
        for part in frame.measurements:
            row = rows.setdefault(to_ms(part.measured_at), {})
            for reading in part.readings:
                row.setdefault(reading.vital, "nan" if reading.value is None else f"{reading.value:g}")
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# source: {source_of(scenario, seed)}\n# ketamine_infusion: yes\n")
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["offset_s", *vitals])
        first_ms = min(rows)
        lines.writerows(
            [f"{(at_ms - first_ms) / 1000:g}", *(row.get(vital, "") for vital in vitals)] for at_ms, row in sorted(rows.items())
        )
    return number
