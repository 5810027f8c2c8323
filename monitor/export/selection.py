"""What an export holds: a session's log up to the entry that was last when the export began. Entries that come later are not in it."""

from collections.abc import AsyncIterator
from typing import Final, Protocol

import msgspec

from schemas.log import DeviceBound, Entry, Seal
from schemas.measurement import Mode

_BOUND: Final = frozenset({"device_bound"})
_PAGE: Final = 1_000


class SessionUnknown(KeyError):
    """No session has this id."""


class HasLastSeq(Protocol):
    @property
    def last_seq(self) -> int: ...


class LogSource(Protocol):
    """What an export reads; every Store is one."""

    async def session(self, session_id: str, /) -> HasLastSeq | None: ...

    def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]: ...

    async def events(
        self, session: str, /, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1000
    ) -> list[Entry]: ...

    async def seals(self, session: str, /) -> list[Seal]: ...


class Selection(msgspec.Struct, frozen=True):
    """Entries 1..`last_seq` of `session`, the seals that lie within, and the modes of the devices that were bound to it.

    The seals are held in memory: one per event and per 10 s of readings, some 200 bytes each.
    """

    session: str
    last_seq: int
    modes: tuple[Mode, ...]
    seals: tuple[Seal, ...]


async def select(source: LogSource, session: str) -> Selection:
    """Raises SessionUnknown, so that an answer can be given before the first byte is written."""
    row = await source.session(session)
    if row is None:
        raise SessionUnknown(session)
    last_seq = row.last_seq
    seals = tuple(seal for seal in await source.seals(session) if seal.last_seq <= last_seq)
    modes = await _modes(source, session, last_seq)
    return Selection(session=session, last_seq=last_seq, modes=tuple(sorted(modes)), seals=seals)


async def _modes(source: LogSource, session: str, last_seq: int) -> set[Mode]:
    modes: set[Mode] = set()
    since_seq = 0
    while page := await source.events(session, since_seq=since_seq, kinds=_BOUND, limit=_PAGE):
        modes.update(entry.body.mode for entry in page if isinstance(entry.body, DeviceBound) and entry.seq <= last_seq)
        since_seq = page[-1].seq
    return modes


def mode_of(modes: tuple[Mode, ...]) -> str:
    """One text for a whole session: `real` only if nothing else is in it, `replayed+simulated` for both, empty if no device was bound."""
    marked = [mode.value for mode in modes if mode is not Mode.REAL]
    return "+".join(marked) if marked else "".join(mode.value for mode in modes)
