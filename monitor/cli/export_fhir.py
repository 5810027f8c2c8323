"""`infusion-monitor export --to URL`: a session's FHIR resources to a server, with an answer for each."""

import os
import ssl
from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
import msgspec
import typer

from monitor.access.ports import AccessLogRow
from monitor.clock import SystemClock
from monitor.export.fhir.push import TAKEN, Outcome, Pusher
from monitor.export.fhir.resources import resources
from monitor.export.manifest import Stamp
from monitor.export.selection import LogSource, Selection
from simulators.backoff import backoff_s
from simulators.seeds import seeded

_TIMEOUT_S: Final = 30.0


class CannotPush(Exception):
    """The address, the token or the certificate cannot be used; says why."""


class NotAllTaken(Exception):
    """The server did not take everything; says how much."""


class Server(msgspec.Struct, frozen=True):
    """Where to push. `token_file`: a bearer token; `ca_file`: whose certificates are trusted, in place of the system's."""

    url: str
    token_file: Path | None = None
    ca_file: Path | None = None

    @property
    def host(self) -> str:
        """Raises CannotPush."""
        self._check_address()
        return urlsplit(self.url).hostname or ""

    def client(self) -> httpx2.AsyncClient:
        """Certificates are checked, redirects are not followed. Raises CannotPush."""
        self._check_address()
        headers = {} if self.token_file is None else {"Authorization": f"Bearer {_token(self.token_file)}"}
        try:
            trusted = True if self.ca_file is None else ssl.create_default_context(cafile=str(self.ca_file))
        except OSError as error:  # no file, or none that holds a certificate
            raise CannotPush(f"{self.ca_file}: {error}") from error
        return httpx2.AsyncClient(headers=headers, verify=trusted, timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)

    def _check_address(self) -> None:
        """Raises CannotPush."""
        wrong = CannotPush(f"{self.url!r} is no address of a FHIR server: write https://host/path")
        try:
            parts = urlsplit(self.url)
            is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError as error:  # half a bracket, a port that is none
            raise wrong from error
        if not is_whole or parts.query or parts.fragment or parts.username:
            raise wrong
        if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            raise CannotPush(f"{self.url}: a patient's data goes over https; plain http is for this machine alone")


async def push(server: Server, source: LogSource, selection: Selection, stamp: Stamp, audit: Sequence[AccessLogRow], path: Path) -> None:
    """Every answer goes to standard output and, as JSON, into a line of `path`, which is replaced. Raises CannotPush, NotAllTaken."""

    def say(line: str) -> None:
        typer.echo(line, err=True)

    counts: Counter[Outcome] = Counter()
    async with server.client() as http:
        pusher = Pusher(server.url, http, SystemClock(), lambda: backoff_s(seeded(os.getpid(), "fhir")), say)
        with path.open("wb") as file:
            async for answer in pusher.push(resources(source, selection, stamp, audit)):
                counts[answer.outcome] += 1
                file.write(msgspec.json.encode(answer) + b"\n")
                typer.echo(f"{answer.status or '---'} {answer.resource} {answer.outcome}{f': {answer.detail}' if answer.detail else ''}")
    said = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    if set(counts) - TAKEN:
        raise NotAllTaken(f"{said}; the answers are in {path}; pushing again doubles nothing")
    say(f"{said}; the answers are in {path}")


def _token(path: Path) -> str:
    """Raises CannotPush."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotPush(f"{path}: {error}") from error
    if not token or not token.isprintable() or " " in token:
        raise CannotPush(f"{path} must hold one token and nothing else")
    return token


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
