"""`infusion-monitor audit`: who looked at what, and whether the log of it is whole."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitor.access.ports import MAX_ACCESS_ROWS, AccessHead, AccessKind, AccessQuery, AccessStoreFailed, ChainCheck, ChainedRow
from monitor.cli.export import DEFAULT_DATA_DIR
from monitor.store.ports import StoreFailed
from schemas.instant import InstantError, format_ms, parse_ms

PIPED_WIDTH: Final = 240  # into a file or a pipe nothing is cut off
_COLUMNS = ("no", "at", "who", "what happened", "what", "detail", "from", "times")


def audit(
    data_dir: Annotated[Path, typer.Option(envvar="INFUSION_DATA_DIR", help="Folder of the database.")] = DEFAULT_DATA_DIR,
    session: Annotated[str | None, typer.Option(help="What a row names: a session's id, a page, a device.")] = None,
    who: Annotated[str | None, typer.Option(help="A person's user name, or a device.")] = None,
    kind: Annotated[list[AccessKind] | None, typer.Option(help="What happened; may be given more than once.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="UTC time such as 2026-11-22T00:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="UTC time; rows before it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_ACCESS_ROWS, help="Rows at most, the newest.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON line a row, with its digests.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check the chain over the whole log first.")] = False,
    head: Annotated[str | None, typer.Option(help="NO:DIGEST kept elsewhere, as an export carries it: the log must still hold it.")] = None,
) -> None:
    """Show the access log, newest last, also while the monitor runs.

    Exit code 0: shown (and whole). 1: the chain is broken, or the log cannot be read. 2: wrong usage.
    """
    query = AccessQuery(
        who=who, what=session, kinds=frozenset(kind) if kind else None, from_ms=_instant(from_), until_ms=_instant(until), limit=limit
    )
    expected = None if head is None else _head(head)
    try:
        rows, checked = asyncio.run(_read(data_dir, query, expected, is_checked=check or expected is not None))
    except (StoreFailed, AccessStoreFailed) as error:
        typer.echo(f"cannot read the access log: {error}", err=True)
        raise typer.Exit(1) from error
    _show_json(rows) if as_json else _show_table(rows, limit)
    if checked is not None:
        typer.echo(_verdict(checked), err=True)
        raise typer.Exit(0 if checked.broken_no is None else 1)


async def _read(
    data_dir: Path, query: AccessQuery, expected: AccessHead | None, *, is_checked: bool
) -> tuple[list[ChainedRow], ChainCheck | None]:
    from monitor.store.sqlite import open_reader  # the other commands start without loading the database library

    reader = open_reader(data_dir)
    try:
        checked = await reader.access.check_access(expected) if is_checked else None
        return (await reader.access.find_access(query))[::-1], checked
    finally:
        await reader.close()


def _verdict(checked: ChainCheck) -> str:
    if checked.broken_no is not None:
        return f"BROKEN: row {checked.broken_no} was changed, left out or put elsewhere; the {checked.rows} rows before it fit"
    if checked.head is None:
        return "whole: the access log is empty"
    return f"whole: {checked.rows} rows, head {checked.head.no}:{checked.head.digest}"


def _show_json(rows: list[ChainedRow]) -> None:
    for kept in rows:
        typer.echo(msgspec.json.encode(kept, order="sorted").decode())


def _show_table(rows: list[ChainedRow], limit: int) -> None:
    """What somebody sent to the monitor is shown as text, whatever a terminal would make of it."""
    table = Table(*_COLUMNS, caption=f"the newest {limit} rows that were asked for; --limit for more" if len(rows) == limit else None)
    for kept in rows:
        row = kept.row
        cells = (str(row.no), format_ms(row.at_ms), row.who or "-", row.kind, row.what, row.detail, row.address or "-", str(row.times))
        table.add_row(*(escape(_plain(cell)) for cell in cells))
    console = Console(soft_wrap=True)
    if not console.is_terminal:
        console.width = max(console.width, PIPED_WIDTH)
    console.print(table)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _instant(text: str | None) -> int | None:
    try:
        return None if text is None else parse_ms(text)
    except InstantError as error:
        raise typer.BadParameter(str(error)) from error


def _head(text: str) -> AccessHead:
    no, _, digest = text.partition(":")
    try:
        return msgspec.convert({"no": int(no), "digest": digest}, AccessHead)
    except (ValueError, msgspec.ValidationError) as error:
        raise typer.BadParameter("write it as NO:DIGEST, 64 digits of hex", param_hint="--head") from error
