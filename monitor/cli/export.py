"""`infusion-monitor export`: one session as a signed file."""

import asyncio
import sys
from collections.abc import AsyncIterator
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from monitor.clock import SystemClock
from monitor.export.csv import CsvExport
from monitor.export.jsonl import jsonl
from monitor.export.manifest import Stamp
from monitor.export.selection import HasLastSeq, LogSource, Selection, SessionUnknown, select
from monitor.export.signing import KeyFileError, open_key
from monitor.export.to_file import csv_to_file, jsonl_to_file, to_pipe
from monitor.store.ports import Store, StoreFailed
from schemas.log import Entry, Seal

DEFAULT_DATA_DIR: Final = Path("infusion-data")
PROGRESS_EVERY: Final = 100_000  # entries between two lines of progress
NAMED_AT_MOST: Final = 10  # sessions named where an unknown one is asked for


class _NoSuchSession(Exception):
    """Says which sessions there are."""


class FileFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


def export(
    session: Annotated[str, typer.Argument(help="Session id, such as S-000001.")],
    data_dir: Annotated[Path, typer.Option(envvar="INFUSION_DATA_DIR", help="Folder of the database and the key.")] = DEFAULT_DATA_DIR,
    file_format: Annotated[FileFormat, typer.Option("--format", help="jsonl: the record. csv: a view of it.")] = FileFormat.JSONL,
    out: Annotated[Path | None, typer.Option(help="File to write, '-' for standard output. [SESSION.jsonl, SESSION.csv]")] = None,
) -> None:
    """Export one session from the database, also while the monitor runs. What is recorded later is not in it.

    Exit code 0: written. 1: there is no such session, or it cannot be read or written. 2: wrong usage.
    """
    path = out or Path(f"{session}.{file_format}")
    try:
        asyncio.run(_export(session, data_dir, file_format, path))
    except (_NoSuchSession, KeyFileError, StoreFailed, OSError) as error:
        typer.echo(f"cannot export {session}: {error}", err=True)
        raise typer.Exit(1) from error


async def _export(session: str, data_dir: Path, file_format: FileFormat, path: Path) -> None:
    from monitor.store.sqlite import open_reader  # the other commands start without loading the database library

    reader = open_reader(data_dir)
    try:
        selection = await _select(reader, session)
        stamp = Stamp(key=open_key(data_dir), software=version("infusion-monitor"), exported_at_ms=SystemClock().now_ms())
        source = _Progress(reader, selection.last_seq)
        if str(path) == "-":
            await _to_standard_output(source, selection, stamp, file_format)
        else:
            write = csv_to_file if file_format is FileFormat.CSV else jsonl_to_file
            for written in await write(source, selection, stamp, path):
                typer.echo(f"wrote {written}", err=True)
    finally:
        await reader.close()


async def _select(store: Store, session: str) -> Selection:
    try:
        return await select(store, session)
    except SessionUnknown as error:
        rows = await store.sessions(open_only=False)
        newest = ", ".join(f"{row.id} ({row.room}, {row.phase})" for row in rows[-NAMED_AT_MOST:])
        more = f" and {len(rows) - NAMED_AT_MOST} older ones" if len(rows) > NAMED_AT_MOST else ""
        raise _NoSuchSession(f"there is no such session; there are {newest}{more}" if rows else "there is no session at all") from error


async def _to_standard_output(source: LogSource, selection: Selection, stamp: Stamp, file_format: FileFormat) -> None:
    if file_format is FileFormat.JSONL:
        await to_pipe(jsonl(source, selection, stamp), sys.stdout.buffer)
        return
    await to_pipe(CsvExport(source, selection, stamp).rows(), sys.stdout.buffer)
    typer.echo("the manifest, without which a CSV cannot be verified, is written only with --out FILE", err=True)


class _Progress:
    """A source that says on standard error how far a long export is."""

    def __init__(self, source: LogSource, last_seq: int) -> None:
        self._source = source
        self._last_seq = last_seq

    async def session(self, session_id: str, /) -> HasLastSeq | None:
        return await self._source.session(session_id)

    async def events(self, session: str, /, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1000) -> list[Entry]:
        return await self._source.events(session, since_seq=since_seq, kinds=kinds, limit=limit)

    async def seals(self, session: str, /) -> list[Seal]:
        return await self._source.seals(session)

    async def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        said = 0
        async for chunk in self._source.entries(session, since_seq=since_seq, until_seq=until_seq):
            yield chunk
            if chunk and chunk[-1].seq - said >= PROGRESS_EVERY:
                said = chunk[-1].seq
                typer.echo(f"{said} of {self._last_seq} entries", err=True)
