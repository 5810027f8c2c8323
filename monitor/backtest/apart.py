"""Judging in a process beside the monitor's own, which has better things to do: one log at a time, at the lowest priority."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from monitor.backtest.rule_set import RuleSet
from monitor.backtest.run import Outcome, collect_seldom, judge_or_say


def one_process() -> ProcessPoolExecutor:
    """Started anew, not forked: it shares no file and no socket with the monitor."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_step_back)


def _step_back() -> None:
    os.nice(19)
    collect_seldom()


def judge_apart(path: Path, a: RuleSet, b: RuleSet) -> Outcome:
    """In that process."""
    return judge_or_say(path, a, b, _nobody_looks)


def _nobody_looks(_bytes: int, _readings: int) -> None:
    """How far it is within one session is told nobody."""
