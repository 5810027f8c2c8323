"""A session without names: the committed entries in the place of the full ones, under the same seals. See docs/reference/log.md."""

from collections.abc import AsyncIterator
from typing import Final

from monitor.core.committed import committed, is_shown_salt
from monitor.export.selection import HasLastSeq, LogSource, Selection
from schemas.log import FORMAT, SALTED_FORMAT, Entry, Measured, Seal

MARK: Final = ".deidentified"  # follows the session's id in the name of a file


class NotSalted(ValueError):
    """The log has no salt: commitments to what is in it would not stand under its seals."""

    def __init__(self, session: str) -> None:
        super().__init__(
            f"{session} was recorded as {FORMAT}, whose seals are over the names themselves: without them it could not be verified. "
            f"Sessions opened since {SALTED_FORMAT} can be given away without names"
        )


def salt_of(selection: Selection) -> str:
    """Raises NotSalted."""
    if selection.salt is None:
        raise NotSalted(selection.session)
    return selection.salt


def is_without_names(source: LogSource, selection: Selection) -> bool:
    """Whether names are left out here, or were where the session came from."""
    return isinstance(source, Deidentified) or (selection.salt is not None and is_shown_salt(selection.salt))


class Deidentified:
    """A source of committed entries. Measurements are given as they are."""

    def __init__(self, source: LogSource, selection: Selection) -> None:
        """Raises NotSalted."""
        self._source = source
        self._salt = salt_of(selection)

    async def session(self, session_id: str, /) -> HasLastSeq | None:
        return await self._source.session(session_id)

    async def seals(self, session: str, /, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]:
        return await self._source.seals(session, since_seq=since_seq, limit=limit)

    async def events(self, session: str, /, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1000) -> list[Entry]:
        return self._withheld(await self._source.events(session, since_seq=since_seq, kinds=kinds, limit=limit))

    async def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        async for chunk in self._source.entries(session, since_seq=since_seq, until_seq=until_seq):
            yield self._withheld(chunk)

    def _withheld(self, entries: list[Entry]) -> list[Entry]:
        return [entry if type(entry.body) is Measured else committed(entry, self._salt) for entry in entries]
