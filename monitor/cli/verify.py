"""`infusion-monitor verify`: is an exported session whole, unchanged, and signed by whom it should be?"""

from pathlib import Path
from typing import Annotated

import typer

from monitor.export.verify import Unusable, read_public_key, verify_file


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle (.zip), SESSION.jsonl, or SESSION.csv with its manifest beside it.")],
    key: Annotated[str | None, typer.Option(help="Public key that must have signed: base64, or a file that holds it.")] = None,
    processes: Annotated[int, typer.Option(help="That walk a long record; 0: one for each core, four at most.", min=0)] = 0,
) -> None:
    """Check an exported session and say what was found; the first bad line and entry are named.

    Exit code 0: verified. 1: refused. 2: wrong usage, or a file or key that cannot be read.
    """
    try:
        verdict = verify_file(file, pinned=None if key is None else read_public_key(key), processes=processes)
    except Unusable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for line in verdict.lines:
        typer.echo(line)
    raise typer.Exit(verdict.exit_code)
