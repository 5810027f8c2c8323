"""`python -m benchmarks.alert_quality [--sessions N] [--json FILE] [--docs]`: how good the alerts are, measured against known truth."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.alert_quality.casting import cast
from benchmarks.alert_quality.figures import summarise
from benchmarks.alert_quality.page import write_docs
from benchmarks.alert_quality.recordings import FOLDER, replay_all
from benchmarks.alert_quality.session import Outcome, run
from monitor.core.limits import parse_limits
from monitor.settings import DEFAULT_LIMITS
from schemas.limits import Limits

REPOSITORY = Path(__file__).parents[2]


def play_one(index: int, *, seed: int, judged: Limits, engine_limits: Limits) -> Outcome:
    return run(cast(index, seed), judged, engine_limits)


def play_all(sessions: int, *, seed: int, jobs: int, judged: Limits, engine_limits: Limits) -> Iterator[Outcome]:
    """In the order of the sessions, whatever the number of processes. For each that cannot be started, which is given too, another one is
    drawn beyond the last; at most as many as were asked for."""
    one = partial(play_one, seed=seed, judged=judged, engine_limits=engine_limits)
    with nullcontext() if jobs == 1 else ProcessPoolExecutor(max_workers=jobs) as pool:
        drawn, wanted = 0, sessions
        while wanted and drawn < 2 * sessions:
            indices = range(drawn, min(drawn + wanted, 2 * sessions))
            drawn = indices.stop
            for outcome in map(one, indices) if pool is None else pool.map(one, indices, chunksize=4):
                wanted -= outcome.is_started
                yield outcome


def measure(sessions: int, *, seed: int, jobs: int, judged: Limits, engine_limits: Limits, recordings: Path) -> dict[str, Any]:
    """All figures. Says on stderr how far it is."""
    outcomes: list[Outcome] = []
    began = said = time.perf_counter()
    for outcome in play_all(sessions, seed=seed, jobs=jobs, judged=judged, engine_limits=engine_limits):
        outcomes.append(outcome)
        now = time.perf_counter()
        if now - said >= 5 or len(outcomes) == sessions:
            left_s = (now - began) / len(outcomes) * max(0, sessions - len(outcomes))
            print(f"{len(outcomes)} of {sessions} sessions in {now - began:.0f} s, about {left_s:.0f} s to go", file=sys.stderr)
            said = now
    return summarise(outcomes, judged, seed) | {"recordings": replay_all(recordings, engine_limits)}


def show(index: int, *, seed: int, limits: Limits) -> None:
    """One session in full, to look into what the figures report."""
    outcome = play_one(index, seed=seed, judged=limits, engine_limits=limits)
    print(msgspec.json.format(msgspec.json.encode(outcome), indent=1).decode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alert_quality", description=__doc__)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--docs", action="store_true", help="write docs/reference/alert-quality.md and its plots")
    parser.add_argument("--limits", type=Path, default=DEFAULT_LIMITS, help="the rule set that is judged")
    parser.add_argument("--engine-limits", type=Path, help="another rule set for the engine alone: a negative control")
    parser.add_argument(
        "--recordings",
        type=Path,
        default=FOLDER,
        help="folder of recorded patients (PATIENT_SAMPLES)",
    )
    parser.add_argument("--only", type=int, metavar="SESSION", help="show one session in full")
    given = parser.parse_args()
    judged = parse_limits(given.limits.read_text(encoding="utf-8"))
    if given.only is not None:
        show(given.only, seed=given.seed, limits=judged)
        return
    engine_limits = parse_limits(given.engine_limits.read_text(encoding="utf-8")) if given.engine_limits else judged
    figures = measure(
        given.sessions, seed=given.seed, jobs=given.jobs, judged=judged, engine_limits=engine_limits, recordings=given.recordings
    )
    for name, value in figures.items():
        if not isinstance(value, dict | list):
            print(f"{name:45} {value}")
    for goal, is_reached in figures["goals"].items():
        print(f"{'reached' if is_reached else 'NOT REACHED':12} {goal}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if given.docs:
        write_docs(REPOSITORY / "docs", figures, judged)


if __name__ == "__main__":
    main()
