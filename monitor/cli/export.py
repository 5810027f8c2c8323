"""`infusion-monitor export`: one session as a signed file, or many, a file each."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfoNotFoundError

import typer

from monitor.access.ports import AccessStoreFailed
from monitor.cli.audited import NotOnRecord, exporting
from monitor.cli.export_fhir import CannotPush, NotAllTaken, Server, push
from monitor.cli.export_many import Wanted, export_each, wanted_of
from monitor.clock import SystemClock
from monitor.export.bundle.job import Job
from monitor.export.deidentified import MARK, NotSalted
from monitor.export.fhir.story import NoStory
from monitor.export.formats import FORMS, Format
from monitor.export.keyring import Keyring, open_keyring
from monitor.export.manifest import Stamp
from monitor.export.pdf.gather import SessionHasNoBeginning
from monitor.export.proof_files import proven
from monitor.export.selection import HasLastSeq, LogSource, Selection, SessionUnknown, select
from monitor.export.signing import KeyFileError
from monitor.export.to_file import form_to_file, to_pipe
from monitor.store.ports import MAX_ASIDE_ROWS, Store, StoreFailed
from schemas.log import Entry, Seal
from schemas.session import Phase

if TYPE_CHECKING:
    from monitor.store.sqlite import SqliteReader

DEFAULT_DATA_DIR: Final = Path("infusion-data")
PROGRESS_EVERY: Final = 100_000  # entries between two lines of progress
NAMED_AT_MOST: Final = 10  # sessions named where an unknown one is asked for
# The log or the setting says nothing that can be shown, or not in the way that is wanted.
_UNTELLABLE: Final = (NoStory, NotSalted, SessionHasNoBeginning, ZoneInfoNotFoundError)
_NOT_PUSHED: Final = (CannotPush, NotAllTaken)


class _NoSuchSession(Exception):
    """Says which sessions there are."""


def export(
    session: Annotated[str | None, typer.Argument(help="Session id, such as S-000001. Without one: all that the filters find.")] = None,
    data_dir: Annotated[Path, typer.Option(envvar="INFUSION_DATA_DIR", help="Folder of the database and the key.")] = DEFAULT_DATA_DIR,
    file_format: Annotated[Format, typer.Option("--format", help="jsonl: the record. bundle: all of it. pdf: on paper.")] = Format.JSONL,
    out: Annotated[Path | None, typer.Option(help="File, '-' for standard output; of many a folder. [SESSION.jsonl, ...]")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Sessions opened on this day of UTC or later, or at this time.")] = None,
    until: Annotated[str | None, typer.Option(help="Sessions opened on this day of UTC or earlier, or before this time.")] = None,
    room: Annotated[str | None, typer.Option(help="Sessions in this room.")] = None,
    patient_code: Annotated[str | None, typer.Option(help="Sessions of the patient with this code.")] = None,
    phase: Annotated[list[Phase] | None, typer.Option(help="Sessions in this phase; may be given more than once.")] = None,
    to: Annotated[str | None, typer.Option(help="A FHIR server to push to, https://host/path; --out then gets its answers.")] = None,
    token_file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="With --to: a bearer token.")] = None,
    ca_file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="With --to: whose certificates are trusted.")] = None,
    deidentified: Annotated[bool, typer.Option("--deidentified", help="Without names, texts, patient; still verifies.")] = False,
) -> None:
    """Export one session from the database, or many, also while the monitor runs. What is recorded later is not in it.

    Each stands in the access log before it is written: who (the user of this computer), which session, the form, and the file's name.
    Exit code 0: written, or taken by the server. 1: there is no such session, one cannot be read or written (the others are all the same),
    the access log cannot be written (then no byte of the session is), or not all of it was taken. 2: wrong usage.
    """
    wanted = wanted_of(since, until, room, patient_code, phase)
    if (session is None) is not wanted.asks_something:
        raise typer.BadParameter("name one session, or give filters for many (--from, --until, --room, --patient-code, --phase)")
    server = _server(to, token_file, ca_file, file_format, session, out)
    try:
        if session is None:
            is_whole = asyncio.run(_export_many(wanted, data_dir, file_format, out or Path("export"), is_deidentified=deidentified))
            raise typer.Exit(0 if is_whole else 1)
        suffix = FORMS[file_format].suffix if server is None else ".fhir-answers.jsonl"
        path = out or Path(f"{session}{MARK if deidentified else ''}{suffix}")
        asyncio.run(_export(session, data_dir, file_format, path, server, is_deidentified=deidentified))
    except (_NoSuchSession, KeyFileError, StoreFailed, AccessStoreFailed, NotOnRecord, *_UNTELLABLE, *_NOT_PUSHED, OSError) as error:
        typer.echo(f"cannot export {session or ''}: {error}".replace(" :", ":"), err=True)
        raise typer.Exit(1) from error


async def _export_many(wanted: Wanted, data_dir: Path, file_format: Format, folder: Path, *, is_deidentified: bool) -> bool:
    """Raises _NoSuchSession where the filters find none."""
    from monitor.store.sqlite import open_reader  # the other commands start without loading the database library

    reader = open_reader(data_dir)
    try:
        rows = [row for row in await reader.sessions(open_only=False) if wanted.takes(row)]
        if not rows:
            raise _NoSuchSession("the filters find no session")
        keyring = _keyring(data_dir)
        stamp = _stamp(keyring)

        async def export_one(session: str, folder: Path) -> list[Path]:
            job = _job(reader, reader, await select(reader, session), stamp, is_deidentified=is_deidentified)
            path = folder / f"{session}{MARK if is_deidentified else ''}{FORMS[file_format].suffix}"
            exporting(data_dir, session, _form(file_format, is_deidentified=is_deidentified), path.name)
            if file_format is Format.BUNDLE:
                await proven(job, reader.proofs, keyring)
            return await form_to_file(job, file_format, path)

        return await export_each(rows, folder, export_one)
    finally:
        await reader.close()


def _server(
    to: str | None, token_file: Path | None, ca_file: Path | None, file_format: Format, session: str | None, out: Path | None
) -> Server | None:
    if to is not None and (file_format is not Format.FHIR or session is None or str(out) == "-"):
        raise typer.BadParameter("goes with one session and --format fhir, and its answers into a file", param_hint="--to")
    if to is None and (token_file is not None or ca_file is not None):
        raise typer.BadParameter("goes with --to", param_hint="--token-file, --ca-file")
    return None if to is None else Server(to, token_file, ca_file)


async def _export(session: str, data_dir: Path, file_format: Format, path: Path, server: Server | None, *, is_deidentified: bool) -> None:
    from monitor.store.sqlite import open_reader  # the other commands start without loading the database library

    reader = open_reader(data_dir)
    try:
        selection = await _select(reader, session)
        keyring = _keyring(data_dir)
        job = _job(reader, _Progress(reader, selection.last_seq), selection, _stamp(keyring), is_deidentified=is_deidentified)
        to = "standard output" if str(path) == "-" else path.name
        to = to if server is None else f"the server {server.host}"
        exporting(data_dir, session, _form(file_format, is_deidentified=is_deidentified), to)
        if file_format is Format.BUNDLE:
            await proven(job, reader.proofs, keyring)
        if server is not None:
            await push(server, job.source, selection, job.stamp, await job.accesses(), path)
        elif str(path) == "-":
            await _to_standard_output(job, file_format)
        else:
            for written in await form_to_file(job, file_format, path):
                typer.echo(f"wrote {written}", err=True)
    finally:
        await reader.close()


def _job(reader: "SqliteReader", source: LogSource, selection: Selection, stamp: Stamp, *, is_deidentified: bool) -> Job:
    """Raises NotSalted."""
    return Job(
        source,
        selection,
        stamp,
        refused=lambda: reader.aside(MAX_ASIDE_ROWS),
        access=reader.access,
        zone=os.environ.get("INFUSION_SITE_ZONE", "UTC"),
        is_deidentified=is_deidentified,
    )


def _form(file_format: Format, *, is_deidentified: bool) -> str:
    """As the access log has it of an export over HTTP."""
    return f"{file_format} de-identified" if is_deidentified else file_format


def _keyring(data_dir: Path) -> Keyring:
    return open_keyring(data_dir, SystemClock().now_ms())


def _stamp(keyring: Keyring) -> Stamp:
    return Stamp(keyring.key, version("infusion-monitor"), SystemClock().now_ms(), keyring.installation)


async def _select(store: Store, session: str) -> Selection:
    try:
        return await select(store, session)
    except SessionUnknown as error:
        rows = await store.sessions(open_only=False)
        newest = ", ".join(f"{row.id} ({row.room}, {row.phase})" for row in rows[-NAMED_AT_MOST:])
        more = f" and {len(rows) - NAMED_AT_MOST} older ones" if len(rows) > NAMED_AT_MOST else ""
        raise _NoSuchSession(f"there is no such session; there are {newest}{more}" if rows else "there is no session at all") from error


async def _to_standard_output(job: Job, file_format: Format) -> None:
    await to_pipe(FORMS[file_format].blocks(job), sys.stdout.buffer)
    if file_format is Format.CSV:
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

    async def seals(self, session: str, /, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]:
        return await self._source.seals(session, since_seq=since_seq, limit=limit)

    async def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        said = 0
        async for chunk in self._source.entries(session, since_seq=since_seq, until_seq=until_seq):
            yield chunk
            if chunk and chunk[-1].seq - said >= PROGRESS_EVERY:
                said = chunk[-1].seq
                typer.echo(f"{said} of {self._last_seq} entries", err=True)
