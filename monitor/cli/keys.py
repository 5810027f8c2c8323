"""`infusion-monitor keys`: the signing keys of an installation."""

from pathlib import Path
from typing import Annotated, Final

import typer

from monitor.clock import SystemClock
from monitor.export.keyring import Keyring, change_key, open_keyring
from monitor.export.signing import KeyFileError
from monitor.store.data_folder import DataFolder
from monitor.store.ports import StoreFailed
from schemas.instant import format_ms

DEFAULT_DATA_DIR: Final = Path("infusion-data")
keys = typer.Typer(help="The signing keys of an installation: which there were, and a change of the key.", no_args_is_help=True)
DataDir = Annotated[Path, typer.Option(envvar="INFUSION_DATA_DIR", help="Folder of the database and the key.")]


@keys.command("list")
def list_(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the public keys, oldest first; the last one signs. Keep them outside the installation: they are what an auditor checks with."""
    if not data_dir.is_dir():
        typer.echo(f"there is no folder {data_dir}", err=True)
        raise typer.Exit(1)
    try:
        _show(open_keyring(data_dir, SystemClock().now_ms()))
    except KeyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@keys.command()
def change(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Make a new signing key. The old one signs a statement that names it, and is then destroyed. Only while no monitor runs.

    Exit code 0: done. 1: a monitor runs on this folder, or the keys cannot be read or written.
    """
    try:
        folder = DataFolder(data_dir)
        try:
            _show(change_key(data_dir, SystemClock().now_ms()))
        finally:
            folder.release()
    except (KeyFileError, StoreFailed) as error:
        typer.echo(f"the key was not changed: {error}", err=True)
        raise typer.Exit(1) from error


def _show(ring: Keyring) -> None:
    typer.echo(ring.origin)
    for row in ring.keys.keys:
        until = "now" if row.until_ms is None else format_ms(row.until_ms)
        vouched = (
            "the first"
            if row is ring.keys.keys[0]
            else "named by the one before"
            if row.statement
            else "NOT named by the one before: it was lost"
        )
        typer.echo(f"{row.id}  {row.public_key}  {format_ms(row.from_ms)} to {until}, {vouched}")
