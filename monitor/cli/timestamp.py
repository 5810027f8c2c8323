"""`infusion-monitor timestamp`: a time-stamping authority's word on a checkpoint (RFC 3161), carried by files."""

from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

timestamp = typer.Typer(
    help="A time-stamping authority's word on a checkpoint (RFC 3161). Needs the extra `timestamp`.", no_args_is_help=True
)
Note = Annotated[Path, typer.Argument(help="The checkpoint: one note, such as the file that a witness keeps.")]


@timestamp.command()
def request(note: Note, out: Annotated[Path, typer.Option(help="File for the request.")] = Path("checkpoint.tsq")) -> None:
    """Write the request. Send it to an authority of your choice; this program asks nobody by itself."""
    try:
        out.write_bytes(_stamping().request(note.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        typer.echo(f"no request: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"wrote {out}", err=True)


@timestamp.command()
def verify(
    note: Note,
    token: Annotated[Path, typer.Argument(help="The authority's answer.")],
    roots: Annotated[Path, typer.Option(help="PEM file of the root certificates that you trust.")],
) -> None:
    """Say when the authority saw the checkpoint. Exit code 0: it vouches for it. 1: it does not. 2: a file cannot be read."""
    stamping = _stamping()
    try:
        at = stamping.stamped_at(note.read_text(encoding="utf-8"), token.read_bytes(), roots.read_bytes())
    except stamping.TokenRefused as refused:
        typer.echo(f"REFUSED {refused}")
        raise typer.Exit(1) from refused
    except (OSError, ValueError) as error:
        typer.echo(f"cannot verify: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"VERIFIED {note}: seen at {at.isoformat()} by the authority")


def _stamping() -> ModuleType:
    try:
        from monitor.export import timestamp as stamping
    except ImportError as error:
        typer.echo("rfc3161-client is not installed: pip install 'infusion-monitor[timestamp]'", err=True)
        raise typer.Exit(2) from error
    return stamping
