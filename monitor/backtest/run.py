"""A backtest over many logs: a process for each log at hand, as many at a time as are asked for; one log stays in this process.

A log that cannot be judged is named and left out, the others are judged all the same.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from monitor.backtest.log_file import LogBroken
from monitor.backtest.progress import Progress
from monitor.backtest.rule_set import RuleSet
from monitor.backtest.session import SessionResult, judge_log

_BYTES, _READINGS, _PER_LOG = 0, 1, 2
_LOOK_S: Final = 0.5  # between two looks at how far the processes are
_DIED: Final = "the process that judged it died (out of memory, or killed): judge it alone, with --jobs 1"

Outcome = SessionResult | LogBroken


class Stopped(Exception):
    """Somebody wants the backtest to end before its time."""


def run(logs: Sequence[Path], a: RuleSet, b: RuleSet, jobs: int, progress: Progress) -> list[Outcome]:
    """What came of each log, in the order given."""
    sizes = [_size(path) for path in logs]
    progress.begin(len(logs), sum(sizes))
    is_alone = jobs == 1 or len(logs) <= 1
    outcomes = _one_by_one(logs, a, b, progress) if is_alone else _in_processes(logs, sizes, a, b, jobs, progress)
    judged = [outcome for outcome in outcomes if isinstance(outcome, SessionResult)]
    progress.end(sum(result.readings for result in judged), len(judged))
    return outcomes


def usable_cpus() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # why it cannot be read is said when it is


def _one_by_one(logs: Sequence[Path], a: RuleSet, b: RuleSet, progress: Progress) -> list[Outcome]:
    outcomes: list[Outcome] = []
    bytes_before = readings_before = 0
    for path in logs:
        far = [0, 0]

        def on_block(read_bytes: int, readings: int, far: list[int] = far) -> None:
            far[:] = read_bytes, readings
            progress.at(bytes_before + read_bytes, readings_before + readings, len(outcomes))  # noqa: B023 - called in this round

        outcomes.append(judge_or_say(path, a, b, on_block))
        bytes_before += far[_BYTES]
        readings_before += far[_READINGS]
    return outcomes


def judge_or_say(path: Path, a: RuleSet, b: RuleSet, on_block: Callable[[int, int], None]) -> Outcome:
    try:
        return judge_log(path, a, b, on_block)
    except LogBroken as broken:
        return broken
    except Stopped:
        raise
    except Exception as error:  # noqa: BLE001 - a fault met in one log must not cost hours of work on the others
        return LogBroken(str(path), None, f"judging it failed, which is a fault of this program: {type(error).__name__}: {error}")


# --- several processes ----------------------------------------------------------------------------------------------------------------


def _in_processes(logs: Sequence[Path], sizes: Sequence[int], a: RuleSet, b: RuleSet, jobs: int, progress: Progress) -> list[Outcome]:
    """The largest logs begin first, so that none is left alone at the end."""
    context = multiprocessing.get_context("spawn")
    far = context.RawArray("q", _PER_LOG * len(logs) + 1)  # each log's bytes and readings; at the end: stop
    order = sorted(range(len(logs)), key=lambda index: -sizes[index])
    pool = ProcessPoolExecutor(min(jobs, len(logs)), mp_context=context, initializer=_begin_worker, initargs=(far,))
    outcomes: list[Outcome] = [LogBroken(str(path), None, _DIED) for path in logs]
    futures: dict[Future[Outcome], int] = {}
    try:
        with suppress(BrokenProcessPool):
            for index in order:
                futures[pool.submit(_judge_in_worker, index, logs[index], a, b)] = index
        pending = set(futures)
        while pending:
            _, pending = wait(pending, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            progress.at(sum(far[_BYTES:-1:_PER_LOG]), sum(far[_READINGS:-1:_PER_LOG]), len(logs) - len(pending))
    finally:
        far[-1] = 1  # on an interrupt: what runs stops at its next block
        pool.shutdown(wait=True, cancel_futures=True)
    for future, index in futures.items():
        with suppress(BrokenProcessPool):
            outcomes[index] = future.result()
    return outcomes


_far: Any = None  # of this worker process: the array that the parent reads


def collect_seldom() -> None:
    """What was imported is not garbage, and a log makes little that is found only by looking for it: looking less often saves a tenth.
    For a process that does nothing else."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _begin_worker(far: Any) -> None:
    collect_seldom()
    global _far
    _far = far
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the work


def _judge_in_worker(index: int, path: Path, a: RuleSet, b: RuleSet) -> Outcome:
    def on_block(read_bytes: int, readings: int) -> None:
        if _far[-1]:
            raise Stopped
        _far[_PER_LOG * index + _BYTES] = read_bytes
        _far[_PER_LOG * index + _READINGS] = readings

    return judge_or_say(path, a, b, on_block)
