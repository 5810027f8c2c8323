"""`infusion-monitor export` without a session: every session that a filter finds, a file each, and an answer for each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.access.ports import AccessStoreFailed
from monitor.cli.audited import NotOnRecord
from monitor.export.selection import SessionUnknown
from monitor.store.ports import SessionRow, StoreFailed
from schemas.instant import InstantError, parse_ms
from schemas.session import Phase

DAY_MS: Final = 86_400_000
DAY_LENGTH: Final = len("2026-11-22")


class Wanted(msgspec.Struct, frozen=True):
    """Which sessions. What is None or empty asks nothing. Times are those of the session's opening; `until_ms` is not in it."""

    from_ms: int | None = None
    until_ms: int | None = None
    room: str | None = None
    code: str | None = None
    phases: frozenset[Phase] = frozenset()

    @property
    def asks_something(self) -> bool:
        return self != Wanted()

    def takes(self, row: SessionRow) -> bool:
        return (
            (self.from_ms is None or row.created_at_ms >= self.from_ms)
            and (self.until_ms is None or row.created_at_ms < self.until_ms)
            and (self.room is None or row.room.casefold() == self.room.casefold())
            and (self.code is None or row.patient.code == self.code)
            and (not self.phases or row.phase in self.phases)
        )


def wanted_of(since: str | None, until: str | None, room: str | None, code: str | None, phases: Iterable[Phase] | None) -> Wanted:
    """Raises typer.BadParameter for a time that is none."""
    from_ms = None if since is None else _instant(since, "--from")[0]
    until_ms = None if until is None else _instant(until, "--until")[1]
    return Wanted(from_ms, until_ms, room, code, frozenset(phases or ()))


def _instant(text: str, option: str) -> tuple[int, int]:
    """When it begins and when it ends: a day is a day of UTC, a time itself."""
    try:
        if len(text) == DAY_LENGTH:
            begin_ms = parse_ms(f"{text}T00:00:00Z")
            return begin_ms, begin_ms + DAY_MS
        at_ms = parse_ms(text)
        return at_ms, at_ms
    except InstantError as error:
        raise typer.BadParameter(f"{error}: write a day of UTC (2026-11-22) or a time (2026-11-22T10:41:00Z)", param_hint=option) from error


async def export_each(rows: Iterable[SessionRow], folder: Path, export: Callable[[str, Path], Awaitable[list[Path]]]) -> bool:
    """One after the other into `folder`, which is made. What cannot be exported is named and the others go on. Whether all were written."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    rows = list(rows)
    failed = 0
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("sessions", total=len(rows))
        for row in rows:
            progress.update(task, description=row.id)
            try:
                written = await export(row.id, folder)
                typer.echo(f"{row.id}: wrote {', '.join(path.name for path in written)}", err=True)
            except (StoreFailed, AccessStoreFailed, NotOnRecord, SessionUnknown, OSError, ValueError) as error:
                failed += 1
                typer.echo(f"{row.id}: NOT exported: {error}", err=True)
            progress.advance(task)
    typer.echo(f"{len(rows) - failed} of {len(rows)} sessions exported into {folder}", err=True)
    return failed == 0
