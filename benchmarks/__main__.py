"""`python -m benchmarks [--quick] [--json FILE]`: prints the figures and writes them as JSON. --quick ends within 90 s."""

import argparse
import asyncio
import json
import statistics
import tempfile
from pathlib import Path

import uvloop

from benchmarks.browser import measure_browser
from benchmarks.ingest import measure_ingest
from benchmarks.latency import measure_latency
from benchmarks.server import monitor
from benchmarks.sqlite_limit import rows_per_s


async def run(*, quick: bool) -> dict[str, float]:
    """All figures, by name."""
    rounds, seconds = (2, 4.0) if quick else (5, 10.0)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="infusion-bench-") as folder:
        ingest, limits = [], []
        async with monitor(Path(folder) / "ingest") as (bench, process):
            devices = await bench.open_sessions(50, "ingest")
            for number in range(rounds):  # limit and ours in turn, so that a slow moment of the machine hits both
                limit_folder = Path(folder) / f"limit-{number}"
                limit_folder.mkdir()
                limits.append(await asyncio.to_thread(rows_per_s, limit_folder, seconds / 2))
                ingest.append(await measure_ingest(bench, devices if number == 0 else None, seconds, process.pid))
        figures["ingest.readings_per_s"] = statistics.median(result.readings_per_s for result in ingest)
        figures["ingest.limit_rows_per_s"] = statistics.median(limits)
        figures["ingest.ratio_to_limit"] = statistics.median(
            result.readings_per_s / limit for result, limit in zip(ingest, limits, strict=True)
        )
        figures["ingest.server_cpu_s_per_100k"] = statistics.median(result.cpu_s_per_100k for result in ingest)
        async with monitor(Path(folder) / "latency") as (bench, _):
            figures |= await measure_latency(bench, sessions=100 if quick else 200, seconds=8 if quick else 30)
        async with monitor(Path(folder) / "browser") as (bench, _):
            figures |= await measure_browser(bench, seconds=5 if quick else 20)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, within 90 s")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    figures = uvloop.run(run(quick=given.quick))
    for name, value in figures.items():
        print(f"{name:45} {value:14,.3f}")
    if given.json:
        nested: dict[str, dict[str, float]] = {}
        for name, value in figures.items():
            part, _, figure = name.partition(".")
            nested.setdefault(part, {})[figure] = round(value, 4)
        given.json.write_text(json.dumps({**nested, **{name: round(value, 4) for name, value in figures.items()}}, indent=2) + "\n")


if __name__ == "__main__":
    main()
