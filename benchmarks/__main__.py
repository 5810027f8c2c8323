"""`python -m benchmarks [--quick] [--json FILE]`: prints the figures, each beside its goal where it has one, and writes them as JSON.

On a quiet machine --quick ends within four minutes, all of it within 20. `load.before` and `load.after` are the runnable processes of the
machine: above two, figures in milliseconds are those of a machine that had something else to do.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from pathlib import Path

import uvloop

from benchmarks.browser import measure_browser
from benchmarks.export import measure_export
from benchmarks.goals import beside, missed
from benchmarks.heap import measure_heap
from benchmarks.hl7 import measure_hl7
from benchmarks.ingest import measure_ingest
from benchmarks.latency import measure_latency
from benchmarks.opening import make_session, measure_opening
from benchmarks.painted import measure_painted
from benchmarks.server import monitor
from benchmarks.sqlite_limit import rows_per_s
from benchmarks.verify import measure_verify

HOURS = 4.0  # of the session that is opened


async def run(*, quick: bool) -> dict[str, float]:
    """All figures, by name."""
    figures = {"load.before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(prefix="infusion-bench-") as name:
        folder = Path(name)
        figures |= await _ingest(folder, quick=quick)
        async with monitor(folder / "latency") as (bench, _):
            figures |= await measure_latency(bench, sessions=100 if quick else 200, seconds=8 if quick else 30)
        figures |= await _screen(folder, quick=quick)
        figures |= await asyncio.to_thread(_export, folder, quick=quick)
    figures |= measure_hl7(1_000 if quick else 5_000, rounds=3)
    return beside({**figures, "load.after": os.getloadavg()[0]})


async def _ingest(folder: Path, *, quick: bool) -> dict[str, float]:
    rounds, seconds = (2, 4.0) if quick else (5, 10.0)
    ingest, limits = [], []
    async with monitor(folder / "ingest") as (bench, process):
        devices = await bench.open_sessions(50, "ingest")
        for number in range(rounds):  # limit and ours in turn, so that a slow moment of the machine hits both
            limit_folder = folder / f"limit-{number}"
            limit_folder.mkdir()
            limits.append(await asyncio.to_thread(rows_per_s, limit_folder, seconds / 2))
            ingest.append(await measure_ingest(bench, devices if number == 0 else None, seconds, process.pid))
    return {
        "ingest.readings_per_s": statistics.median(result.readings_per_s for result in ingest),
        "ingest.limit_rows_per_s": statistics.median(limits),
        "ingest.ratio_to_limit": statistics.median(result.readings_per_s / limit for result, limit in zip(ingest, limits, strict=True)),
        "ingest.server_cpu_s_per_100k": statistics.median(result.cpu_s_per_100k for result in ingest),
    }


async def _screen(folder: Path, *, quick: bool) -> dict[str, float]:
    async with monitor(folder / "browser") as (bench, _):
        figures = await measure_browser(bench, seconds=5 if quick else 20)
    async with monitor(folder / "painted") as (bench, _):
        figures |= await measure_painted(bench, sessions=200 if quick else 1_000, seconds=8 if quick else 30)
    session = await make_session(folder / "opening", HOURS)
    async with monitor(folder / "opening") as (bench, _):
        figures |= await measure_opening(bench, session, hours=HOURS)
    return figures | await measure_heap(folder, minutes=8 if quick else 480, looks=4 if quick else 24)


def _export(folder: Path, *, quick: bool) -> dict[str, float]:
    inside = folder / "export"
    inside.mkdir()
    figures = measure_export(inside, 200_000 if quick else 1_000_000, 1 if quick else 3)
    return figures | measure_verify(inside / "small", inside / "large", 3 if quick else 7)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, within four minutes")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    figures = uvloop.run(run(quick=given.quick))
    for name, value in figures.items():
        print(f"{name:45} {value:14,.3f}")
    for name in missed(figures):
        print(f"misses its goal: {name}")
    if given.json:
        nested: dict[str, dict[str, float]] = {}
        for name, value in figures.items():
            part, _, figure = name.partition(".")
            nested.setdefault(part, {})[figure] = round(value, 4)
        given.json.write_text(json.dumps({**nested, **{name: round(value, 4) for name, value in figures.items()}}, indent=2) + "\n")


if __name__ == "__main__":
    main()
