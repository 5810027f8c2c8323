"""`infusion-monitor import`: a session of another installation, brought into a data folder whose monitor does not run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from msgspec.structs import replace

from monitor.access.brought_in import not_taken, note_of
from monitor.access.ports import AccessKind, AccessLogRow, AccessStoreFailed
from monitor.backtest.log_file import LogBroken, read_lines
from monitor.cli.audited import os_user
from monitor.cli.export import DEFAULT_DATA_DIR
from monitor.clock import SystemClock
from monitor.core.committed import is_shown_salt
from monitor.export.verify import Unusable, read_public_key, verify_file
from monitor.store.ports import Batch, StoreFailed
from schemas.log import Entry, PhaseOrdered, Seal, SessionCreated
from schemas.session import OPEN_PHASES

MAX_ENTRIES: Final = 250_000  # of one session, taken over in one transaction: some 200 MB; three days at one measurement a second

_MAX_NAME: Final = 80


class _Line(msgspec.Struct):
    type: str
    entry: Entry | None = None
    seal: Seal | None = None
    installation: str = ""


class _NotTaken(Exception):
    """Says why, and what to do."""


class _Session(msgspec.Struct):
    """A record as it was read. `installation`: whose key signed it."""

    batch: Batch
    installation: str

    @property
    def id(self) -> str:
        return self.batch.entries[0].session

    @property
    def head(self) -> str:
        return self.batch.seals[-1].digest if self.batch.seals else ""

    @property
    def is_deidentified(self) -> bool:
        created = self.batch.entries[0].body
        return isinstance(created, SessionCreated) and created.salt is not None and is_shown_salt(created.salt)

    @property
    def has_ended(self) -> bool:
        return any(isinstance(entry.body, PhaseOrdered) and entry.body.phase not in OPEN_PHASES for entry in self.batch.entries)


def _named(name: str | None) -> str | None:
    if name is not None and (not name.isprintable() or not 0 < len(name) <= _MAX_NAME):
        raise typer.BadParameter(f"1 to {_MAX_NAME} characters on one line")
    return name


def bring_in(
    file: Annotated[Path, typer.Argument(help="SESSION.bundle.zip or SESSION.jsonl.")],
    data_dir: Annotated[Path, typer.Option(envvar="INFUSION_DATA_DIR", help="Folder to bring it into.")] = DEFAULT_DATA_DIR,
    key: Annotated[str | None, typer.Option(help="Public key that must have signed: base64, or a file that holds it.")] = None,
    by: Annotated[str | None, typer.Option(help="Who brings it in; without it the user of this computer.", callback=_named)] = None,
) -> None:
    """Bring in a session that ended elsewhere. It is verified first, keeps its id and its seals, and is marked as brought in.

    An open session is refused: nobody watches it here. The monitor of this folder must be stopped.
    Exit code 0: it is on record. 1: refused, and why. 2: wrong usage, or a file or key that cannot be read.
    """
    try:
        verdict = verify_file(file, pinned=None if key is None else read_public_key(key))
    except Unusable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for line in verdict.lines:
        typer.echo(line)
    if not verdict.is_verified:
        typer.echo("nothing was imported", err=True)
        raise typer.Exit(1)
    try:
        session = _read(file)
        asyncio.run(_take(session, data_dir, by or os_user()))
    except (_NotTaken, LogBroken, StoreFailed, AccessStoreFailed, OSError) as error:
        typer.echo(f"cannot import {file}: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"imported {session.id}, {len(session.batch.entries)} entries of installation {session.installation}", err=True)


def _read(file: Path) -> _Session:
    batch, installation = Batch(), ""
    for line in _lines(file):
        if line.entry is not None:
            batch.entries.append(line.entry)
        elif line.seal is not None:
            batch.seals.append(line.seal)
        installation = line.installation or installation
        if len(batch.entries) > MAX_ENTRIES:
            raise _NotTaken(f"it has more than {MAX_ENTRIES} entries, which is more than one import takes")
    if not batch.entries:
        raise _NotTaken("no entry is in it")
    return _Session(batch, installation)


def _lines(file: Path) -> Iterator[_Line]:
    for block in read_lines(file, msgspec.json.Decoder(_Line)):
        yield from block.lines


async def _take(session: _Session, data_dir: Path, by: str) -> None:
    """All of it or nothing. Raises _NotTaken, StoreFailed, AccessStoreFailed."""
    from monitor.store.sqlite import SqliteStore  # the other commands start without loading the database library

    if not session.has_ended:
        raise _NotTaken(f"{session.id} had not ended when it was exported: a monitor would take it for one that it watches")
    store = SqliteStore.open(data_dir)
    try:
        if await store.session(session.id) is not None:
            seals = await store.seals(session.id)
            is_same = bool(seals) and seals[-1].digest == session.head
            what = "is on record here already, the same one" if is_same else "is on record here, and is another session"
            raise _NotTaken(f"{session.id} {what}; a session keeps its id: import it into a folder of its own, --data-dir NEW")
        note = note_of(session.installation, session.head, is_deidentified=session.is_deidentified)
        row = AccessLogRow(at_ms=SystemClock().now_ms(), kind=AccessKind.IMPORT, who=by, address=None, what=session.id, detail=note)
        await store.access.log_access([row])
        try:
            await store.append(session.batch)
        except StoreFailed as failed:
            await store.access.log_access([replace(row, detail=not_taken(failed.kind))])
            raise
    finally:
        await store.close()
