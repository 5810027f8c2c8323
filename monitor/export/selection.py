"""What an export holds: a session's log up to the entry that was last when the export began. Entries that come later are not in it."""

from collections.abc import AsyncIterator
from typing import Final, Protocol

import msgspec

from schemas.log import DeviceBound, Entry, PhaseOrdered, Seal, SessionCreated
from schemas.measurement import Mode
from schemas.session import OPEN_PHASES

_TELLING: Final = frozenset({"session_created", "device_bound", "phase_ordered"})
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

    async def seals(self, session: str, /, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]: ...


class Selection(msgspec.Struct, frozen=True):
    """Entries 1..`last_seq` of `session`, how many seals lay within and the last of them, the modes of the devices that were bound to it,
    whether the session had ended, and the salt of its log.

    The seals themselves are read when they are written (`seals_of`): a log has one per event and per 10 s of readings.
    """

    session: str
    last_seq: int
    modes: tuple[Mode, ...]
    seals: int
    last_seal: Seal | None
    has_ended: bool = False
    salt: str | None = None

    @property
    def head(self) -> str | None:
        """Digest of the last seal."""
        return None if self.last_seal is None else self.last_seal.digest

    @property
    def sealed_seq(self) -> int:
        """The last entry under a seal; 0 where there is none."""
        return 0 if self.last_seal is None else self.last_seal.last_seq

    @property
    def is_complete(self) -> bool:
        """The session was over and the last seal covers the last entry."""
        return self.has_ended and self.sealed_seq == self.last_seq


async def select(source: LogSource, session: str) -> Selection:
    """Raises SessionUnknown, so that an answer can be given before the first byte is written."""
    row = await source.session(session)
    if row is None:
        raise SessionUnknown(session)
    last_seq = row.last_seq
    seals, last_seal = 0, None
    async for seal in seals_of(source, session, last_seq):
        seals, last_seal = seals + 1, seal
    modes: set[Mode] = set()
    has_ended, salt = False, None
    async for entry in events_of(source, session, last_seq, _TELLING):
        if isinstance(entry.body, DeviceBound):
            modes.add(entry.body.mode)
        elif isinstance(entry.body, PhaseOrdered):
            has_ended = has_ended or entry.body.phase not in OPEN_PHASES
        elif isinstance(entry.body, SessionCreated):
            salt = entry.body.salt
    return Selection(
        session=session,
        last_seq=last_seq,
        modes=tuple(sorted(modes)),
        seals=seals,
        last_seal=last_seal,
        has_ended=has_ended,
        salt=salt,
    )


async def seals_of(source: LogSource, session: str, until_seq: int) -> AsyncIterator[Seal]:
    """The seals over entries up to `until_seq`, in order, read a page at a time. To write those of a selection, `until_seq` is its
    `sealed_seq`: entries of it that were under no seal may have come under one since."""
    since_seq = 0
    while since_seq < until_seq and (page := await source.seals(session, since_seq=since_seq, limit=_PAGE)):
        for seal in page:
            if seal.last_seq > until_seq:
                return
            yield seal
        since_seq = page[-1].last_seq


async def events_of(source: LogSource, session: str, last_seq: int, kinds: frozenset[str] | None = None) -> AsyncIterator[Entry]:
    """What is not a measurement, up to `last_seq`, in order, read a page at a time."""
    since_seq = 0
    while page := await source.events(session, since_seq=since_seq, kinds=kinds, limit=_PAGE):
        for entry in page:
            if entry.seq > last_seq:
                return
            yield entry
        since_seq = page[-1].seq


def mode_of(modes: tuple[Mode, ...]) -> str:
    """One text for a whole session: `real` only if nothing else is in it, `replayed+simulated` for both, empty if no device was bound."""
    marked = [mode.value for mode in modes if mode is not Mode.REAL]
    return "+".join(marked) if marked else "".join(mode.value for mode in modes)
