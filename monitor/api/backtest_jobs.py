"""Backtests that people start from a page: one at a time for a person, one at a time altogether, in a process beside the monitor's.

The sessions are exported to files of a folder of their own, judged one after the other, and removed. Cancelled: it ends with the session
that is being judged. Results live in memory until the person starts another one or the monitor ends; nothing of it is on record.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

from monitor.api.sessions_export import Exporter
from monitor.backtest import wording
from monitor.backtest.apart import judge_apart, one_process
from monitor.backtest.figures import Backtest, summarise
from monitor.backtest.log_file import LogBroken
from monitor.backtest.rule_set import RuleSet
from monitor.backtest.run import Outcome
from monitor.backtest.session import SessionResult
from monitor.export.formats import Format
from schemas.review import BacktestNow, Report, ReportTable

MAX_SESSIONS: Final = 50  # of one backtest
MAX_PEOPLE: Final = 50  # whose last backtest is kept; the oldest one falls out
LISTED_AT_MOST: Final = 100  # of each list of differences


class AlreadyRunning(Exception):
    """The last backtest of the same person is not over yet."""


class _Job:
    def __init__(self, what: str, sessions: Sequence[str], a: RuleSet, b: RuleSet) -> None:
        self.what, self.sessions, self.a, self.b = what, tuple(sessions), a, b
        self.state, self.why = "waiting", ""
        self.done = 0
        self.report: Report | None = None
        self.task: asyncio.Task[None] | None = None

    def now(self) -> BacktestNow:
        return BacktestNow(self.state, self.what, self.done, len(self.sessions), self.why, self.report)

    @property
    def is_over(self) -> bool:
        return self.state not in {"waiting", "running"}


class BacktestJobs:
    """Owned by the event loop."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._turn = asyncio.Semaphore(1)
        self._of: dict[str, _Job] = {}

    def of(self, person: str) -> BacktestNow | None:
        job = self._of.get(person)
        return None if job is None else job.now()

    def start(self, person: str, what: str, sessions: Sequence[str], a: RuleSet, b: RuleSet) -> BacktestNow:
        """Raises AlreadyRunning."""
        last = self._of.pop(person, None)
        if last is not None and not last.is_over:
            self._of[person] = last
            raise AlreadyRunning
        over = [name for name, job in self._of.items() if job.is_over]
        for name in over[: max(0, len(self._of) - MAX_PEOPLE + 1)]:
            del self._of[name]
        job = self._of[person] = _Job(what, sessions, a, b)
        job.task = asyncio.create_task(self._run(job), name="backtest")
        return job.now()

    def cancel(self, person: str) -> BacktestNow | None:
        job = self._of.get(person)
        if job is not None and job.task is not None and not job.is_over:
            job.state = "cancelled"
            job.task.cancel()
        return None if job is None else job.now()

    async def _run(self, job: _Job) -> None:
        try:
            async with self._turn:
                job.state = "running"
                outcomes = await self._judged(job)
            results = [outcome for outcome in outcomes if isinstance(outcome, SessionResult)]
            broken = [outcome for outcome in outcomes if isinstance(outcome, LogBroken)]
            job.report = report_of(await asyncio.to_thread(summarise, job.a, job.b, results, broken))
            job.state = "done"
        except BrokenProcessPool:
            job.state, job.why = "failed", "The process that judged it ended before its time."
        except asyncio.CancelledError:
            job.state = "cancelled"
        except Exception as error:  # noqa: BLE001 - told to whoever started it
            job.state, job.why = "failed", f"{type(error).__name__}: {error}"

    async def _judged(self, job: _Job) -> list[Outcome]:
        pool = one_process()
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="infusion-backtest-")
        try:
            outcomes: list[Outcome] = []
            for session in job.sessions:
                outcomes.append(await self._judge(pool, Path(folder.name), session, job))
                job.done += 1
            return outcomes
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            await asyncio.shield(asyncio.to_thread(folder.cleanup))

    async def _judge(self, pool: ProcessPoolExecutor, folder: Path, session: str, job: _Job) -> Outcome:
        path = folder / f"{session}.jsonl"
        selection = await self._exporter.open(session)
        async for _ in self._exporter.written(selection, Format.JSONL, path):
            pass
        outcome = await asyncio.get_running_loop().run_in_executor(pool, judge_apart, path, job.a, job.b)
        await asyncio.to_thread(path.unlink)
        return outcome


def report_of(found: Backtest) -> Report:
    """The words of the command's report, in tables."""
    lines = [wording.INTENDED_USE]
    for letter, rules in (("A", found.a), ("B", found.b)):
        unreviewed = wording.reviews(rules)
        lines.append(f"{letter}: {rules.version}, {rules.source}{f'; {unreviewed}' if unreviewed else ''}")
    lines += [wording.scope(found), wording.cuffs_asked(found)]
    tables = [
        ReportTable("Alerts raised", ("", *wording.COUNT_HEAD), tuple((row.title, *wording.count_cells(row)) for row in found.totals)),
        ReportTable(
            "By rule",
            ("rule", "title", "priority", *wording.COUNT_HEAD),
            tuple((row.name, row.title, wording.priority_of(row), *wording.count_cells(row)) for row in found.rules),
        ),
        ReportTable(
            "First alert of each episode of a cause, B beside A", wording.SHIFT_HEAD, tuple(map(wording.shift_cells, found.shifts))
        ),
    ]
    for heading, alerts in wording.differences(found.sessions):
        rows = tuple(
            (each.session.session, wording.when(each, raised), raised.title, wording.alert_words(raised), beside)
            for each, raised, beside in alerts[:LISTED_AT_MOST]
        )
        more = f"and {len(alerts) - LISTED_AT_MOST} more" if len(alerts) > LISTED_AT_MOST else ""
        tables.append(ReportTable(f"{heading}: {len(alerts)}", ("session", "raised at", "title", "alert", "beside it"), rows, more))
    refused = tuple((line,) for line in wording.refused_lines(found))
    if refused:
        tables.append(ReportTable("What people did then and a rule set refuses", ("",), refused))
    return Report(tuple(lines), tuple(tables), tuple(f"{Path(broken.path).stem}: {broken.why}" for broken in found.broken))
