"""`infusion-monitor witness`: keeps an eye on the tree of an installation from another machine."""

from pathlib import Path
from typing import Annotated, Final

import httpx2
import typer

from monitor.clock import SystemClock
from monitor.export.signing import KeyFileError, open_key
from monitor.export.verify import Refused, Unusable, read_public_key
from monitor.export.witness import cosign, keep, look, read_kept

TIMEOUT_S: Final = 20.0
MAX_ANSWER_BYTES: Final = 8 << 20
_NAME: Final = "infusion-monitor-witness"


def witness(
    url: Annotated[str, typer.Argument(help="Address of the monitor, such as https://monitor.example.")],
    key: Annotated[str, typer.Option(help="Public key of the installation: base64, or a file that holds it.")],
    state: Annotated[Path, typer.Option(help="File with the newest checkpoint seen, signed beside.")] = Path("checkpoint.txt"),
    witness_dir: Annotated[Path, typer.Option(help="Folder of the witness's own signing key; made where there is none.")] = Path("witness"),
    name: Annotated[str, typer.Option(help="The witness's name in its signatures.")] = _NAME,
) -> None:
    """Fetch the newest checkpoint, check that the tree only grew since the last one, sign beside it and keep it. Run it by a timer.

    Exit code 0: it grew or stayed. 1: refused; call somebody, and keep the file. 2: wrong usage, or no answer.
    """
    if not name or any(sign.isspace() or sign == "+" for sign in name):
        raise typer.BadParameter("a name without white space or +", param_hint="--name")
    try:
        public_key = read_public_key(key)
        own = open_key(witness_dir)
        with httpx2.Client(base_url=f"{url.rstrip('/')}/api/v1", timeout=TIMEOUT_S) as client:
            kept = read_kept(state)
            seen = look(lambda path: _fetch(client, path), public_key, kept)
        if seen.is_new:
            keep(state, cosign(seen.checkpoint, name, own, SystemClock().now_ms() // 1000))
    except Refused as refused:
        typer.echo(f"REFUSED {refused}")
        raise typer.Exit(1) from refused
    except (Unusable, KeyFileError, OSError, httpx2.HTTPError) as error:
        typer.echo(f"cannot look: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(
        f"{seen.checkpoint.size} leaves, {'grown' if kept and seen.is_new else 'seen for the first time' if seen.is_new else 'as before'}"
    )


def _fetch(client: httpx2.Client, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code != 200 or len(answer.content) > MAX_ANSWER_BYTES:
        raise OSError(f"{path} answers {answer.status_code}, {len(answer.content)} bytes")
    return answer.content
