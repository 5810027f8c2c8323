"""Which sessions were brought in from a bundle of another installation. It stands in the access log, which nothing changes unnoticed."""

import re
from typing import Final, Protocol

from msgspec.structs import replace

from monitor.access.ports import MAX_ACCESS_ROWS, AccessKind, AccessLogRow, AccessQuery, ChainedRow
from schemas.review import BroughtIn

_IMPORTS: Final = AccessQuery(kinds=frozenset({AccessKind.IMPORT}), limit=MAX_ACCESS_ROWS)
_NOTE: Final = re.compile(r"of installation (\S*), head ")


class Findable(Protocol):
    async def find_access(self, query: AccessQuery) -> list[ChainedRow]: ...


def note_of(installation: str, head: str, *, is_deidentified: bool) -> str:
    """What the access log says of an import, beside its time, its person and the session. `installation`: whose key signed."""
    return f"of installation {installation}, head {head[:16]}{', de-identified' if is_deidentified else ''}"


def not_taken(kind: str) -> str:
    """The same of a row after it, where the store did not take the session."""
    return f"not taken: {kind}"


def _said_by(row: AccessLogRow) -> BroughtIn | None:
    """None for the row after an import that the store did not take: the session's number may be given to one of our own."""
    said = _NOTE.match(row.detail)
    return None if said is None else BroughtIn(at_ms=row.at_ms, by=row.who or "", installation=said[1])


async def brought_in(source: Findable, session: str) -> BroughtIn | None:
    """None: it was recorded here. Raises AccessStoreFailed."""
    found = await source.find_access(replace(_IMPORTS, what=session, limit=1))
    return _said_by(found[0].row) if found else None


class Imports:
    """By session. Read when it is first asked for and kept: a session is brought in only while no monitor runs. Some 200 bytes each."""

    def __init__(self, source: Findable) -> None:
        self._source = source
        self._known: dict[str, BroughtIn] | None = None

    async def all(self) -> dict[str, BroughtIn]:
        """Raises AccessStoreFailed."""
        if self._known is None:
            newest: dict[str, BroughtIn | None] = {}
            query = _IMPORTS
            while page := await self._source.find_access(query):
                for each in page:
                    newest.setdefault(each.row.what, _said_by(each.row))
                query = replace(query, before_no=page[-1].row.no)
            self._known = {session: said for session, said in newest.items() if said is not None}
        return self._known
