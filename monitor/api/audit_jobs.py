"""Is the record of a session whole and unchanged? Looked into when somebody asks, one session at a time, and kept while its head stands.

The bundle is exported to a file of a folder of its own, just as somebody would be given it, and verified in a process beside the monitor's,
against the installation's own key, by the verifier that shares no code with the writer; what is missing is counted here. Verdicts live in
memory: at MAX_KEPT the oldest that is over is forgotten.
"""

import asyncio
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from monitor.api.sessions_export import Exporter
from monitor.backtest.apart import one_process
from monitor.clock import Clock
from monitor.export.formats import Format
from monitor.export.selection import Selection
from monitor.export.verify import verify_file
from monitor.export.views.completeness import Statement
from schemas.review import AuditNow

MAX_KEPT: Final = 500
OVER: Final = frozenset({"verified", "refused", "failed"})


class AuditJobs:
    """Owned by the event loop."""

    def __init__(self, exporter: Exporter, clock: Clock) -> None:
        self._exporter = exporter
        self._clock = clock
        self._turn = asyncio.Semaphore(1)
        self._found: dict[str, AuditNow] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, sessions: Iterable[str]) -> tuple[AuditNow, ...]:
        """What is known of these; nothing of those that nobody asked for."""
        return tuple(self._found[session] for session in sessions if session in self._found)

    async def ask(self, session: str) -> AuditNow:
        """Starts where nothing is known of the record as it stands now. Raises SessionUnknown, Problem (503), StoreFailed."""
        last = self._found.get(session)
        if last is not None and last.state not in OVER:
            return last
        selection = await self._exporter.open(session)
        if last is not None and last.state != "failed" and (last.head, last.entries) == (selection.head, selection.last_seq):
            return last
        self._forget()
        now = self._found[session] = AuditNow(session=session, state="waiting", head=selection.head, entries=selection.last_seq)
        task = asyncio.create_task(self._run(selection), name=f"audit of {session}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return now

    def _forget(self) -> None:
        over = [session for session, now in self._found.items() if now.state in OVER]
        for session in over[: max(0, len(self._found) - MAX_KEPT + 1)]:
            del self._found[session]

    def _say(self, session: str, **news: object) -> None:
        self._found[session] = replace(self._found[session], **news)

    async def _run(self, selection: Selection) -> None:
        session = selection.session
        try:
            async with self._turn:
                self._say(session, state="reading")
                statement = await self._exporter.job(selection).statement()
                self._say(session, state="writing", **_figures(statement, selection))
                is_verified, lines = await self._verified(selection)
            state = "verified" if is_verified else "refused"
            self._say(session, state=state, lines=lines, checked_at_ms=self._clock.now_ms())
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            self._say(session, state="failed", lines=(f"{type(error).__name__}: {error}",), checked_at_ms=self._clock.now_ms())

    async def _verified(self, selection: Selection) -> tuple[bool, tuple[str, ...]]:
        pool = one_process()
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="infusion-audit-")
        try:
            path = Path(folder.name) / f"{selection.session}.bundle.zip"
            async for size in self._exporter.written(selection, Format.BUNDLE, path):
                self._say(selection.session, written=self._found[selection.session].written + size)
            self._say(selection.session, state="verifying")
            check = partial(verify_file, path, pinned=self._exporter.public_key)
            verdict = await asyncio.get_running_loop().run_in_executor(pool, check)
            return verdict.is_verified, verdict.lines
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            await asyncio.shield(asyncio.to_thread(folder.cleanup))


def _figures(statement: Statement, selection: Selection) -> dict[str, object]:
    rows = [row for device in statement.devices for row in device.vitals]
    due = [row.expected for row in rows]
    return {
        "is_complete": statement.is_complete,
        "why_incomplete": "" if selection.is_complete else "unsealed" if selection.has_ended else "open",
        "expected": None if not rows or None in due else sum(each or 0 for each in due),
        "received": sum(row.received for row in rows),
        "gaps": sum(row.gaps for row in rows),
        "gap_s": sum(row.gap_s for row in rows),
        "says": tuple(statement.says),
    }
