"""The rows of the access log that concern one session, as lines: who opened it, took it out, was refused, and which screens watched.

Each line holds the row, the digest before it and its own: each can be checked by itself. The last line is the head of the whole log at that
moment: an installation that later shows a shorter or another log is found by `infusion-monitor audit --check --head NO:DIGEST`.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Final, Protocol

import msgspec

from monitor.access.ports import MAX_ACCESS_ROWS, AccessHead, AccessKind, AccessQuery, ChainedRow
from monitor.access.websessions import ABSOLUTE_MS

_STREAMS: Final = frozenset({AccessKind.STREAM_OPENED, AccessKind.STREAM_CLOSED})
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class AccessSource(Protocol):
    """What is read; every AccessStore is one."""

    async def find_access(self, query: AccessQuery) -> list[ChainedRow]: ...

    async def access_head(self) -> AccessHead | None: ...


async def access_lines(source: AccessSource, session: str, from_ms: int, until_ms: int) -> AsyncIterator[bytes]:
    """Oldest first, then the head. `from_ms`..`until_ms`: the session; of other times only what names it. A screen is shown every open
    session, so each that watched at any moment of it is in it. Raises AccessStoreFailed."""
    found = {kept.row.no: kept for kept in await rows_naming(source, session)}
    # No connection outlasts its web session.
    streams = AccessQuery(kinds=_STREAMS, from_ms=max(0, from_ms - ABSOLUTE_MS), until_ms=until_ms + ABSOLUTE_MS)
    found |= {kept.row.no: kept for kept in watching(await _all(source, streams), from_ms, until_ms)}
    for no in sorted(found):
        yield _encode(found[no]) + b"\n"
    head = await source.access_head()
    yield _encode({"head": head}) + b"\n"


async def rows_naming(source: AccessSource, session: str) -> list[ChainedRow]:
    """Oldest first: who opened, took out or was refused this session by its name. Raises AccessStoreFailed."""
    found = [kept for what in names_of(session) for kept in await _all(source, AccessQuery(what=what))]
    return sorted(found, key=lambda kept: kept.row.no)


def names_of(session: str) -> tuple[str, ...]:
    """What a row about the session names: itself, or the page that it is shown on."""
    return session, f"/session/{session}", f"/record/{session}"


def watching(rows: Iterable[ChainedRow], from_ms: int, until_ms: int) -> list[ChainedRow]:
    """The openings and closings of screens that watched at any moment between the two. Pure. One that was never closed watches still."""
    kept = list(rows)
    opened = {row.row.detail: row.row.at_ms for row in kept if row.row.kind is AccessKind.STREAM_OPENED}
    closed = {row.row.detail: row.row.at_ms for row in kept if row.row.kind is AccessKind.STREAM_CLOSED}
    return [row for row in kept if opened.get(row.row.detail, from_ms) <= until_ms and closed.get(row.row.detail, until_ms) >= from_ms]


async def _all(source: AccessSource, query: AccessQuery) -> list[ChainedRow]:
    """Every page. Held in memory: some 300 bytes a row, as many as people looked at one session."""
    found: list[ChainedRow] = []
    query = msgspec.structs.replace(query, limit=MAX_ACCESS_ROWS)
    while page := await source.find_access(query):
        found += page
        query = msgspec.structs.replace(query, before_no=page[-1].row.no)
    return found
