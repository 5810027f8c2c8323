"""What the rest of the monitor asks of a store."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Protocol

import msgspec

from schemas.log import Entry, Seal
from schemas.measurement import Reason, Validity
from schemas.session import Order, Patient, Phase
from schemas.vitals import Vital

MAX_RAW_BYTES: Final = 4_096
MAX_ASIDE_TEXT: Final = 500
MAX_ASIDE_ROWS: Final = 10_000
CHUNK: Final = 2_000  # entries of one read: some 20 ms, then the reader lets the write-ahead log go
RETRYABLE: Final = frozenset({"full", "locked", "busy"})


class StoreFailed(Exception):
    """`kind` says what the caller can do.

    To be tried again, oldest batch first: `full` (no room on the disk), `locked` (another process holds the database for more than 2 s),
    `busy` (more waits than the store takes). A batch that comes behind such a one fails with the same kind until that is on record.
    Never to be tried again: `constraint` (this batch contradicts the record; the others are not touched), `io` (the disk failed; nothing
    is written any more until a restart), `corrupt` (the file is damaged), `closed`, and at open `in_use`, `too_old`, `too_new`, `missing`.
    """

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(detail or kind)
        self.kind = kind
        self.detail = detail

    @property
    def is_final(self) -> bool:
        """Whether trying again is of no use."""
        return self.kind not in RETRYABLE


class Position(msgspec.Struct, frozen=True):
    """The last frame of a boot that is on disk. One per device: a new boot takes the place of the old one."""

    device: str
    boot: str
    seq: int


class Aside(msgspec.Struct, frozen=True):
    """Refused input, kept for people to look at. Texts are cut at MAX_ASIDE_TEXT characters, `raw` at MAX_RAW_BYTES."""

    at_ms: int
    device: str | None
    reason: str
    where: str
    detail: str
    raw: bytes


class Batch(msgspec.Struct):
    """What is committed in one transaction, all or nothing. Entries in `seq` order within each session."""

    entries: list[Entry] = []
    seals: list[Seal] = []
    positions: list[Position] = []
    aside: list[Aside] = []


class SessionRow(msgspec.Struct, frozen=True):
    """A session as its log tells it. `closed_at_ms`: when it was closed or aborted."""

    id: str
    room: str
    phase: Phase
    created_at_ms: int
    closed_at_ms: int | None
    patient: Patient
    order: Order
    last_seq: int


class Trend(msgspec.Struct, frozen=True):
    """Columns of one vital sign, in `seq` order, at most `max_points` long.

    Of each slice of time the smallest and the largest value that is not invalid are kept, so no peak is lost. `value` is None where a
    slice holds nothing but missing or invalid readings; then `validity` and `reason` are those of its last one.
    """

    measured_at_ms: list[int]
    at_ms: list[int]
    value: list[float | None]
    validity: list[Validity]
    reason: list[Reason]


class Store(Protocol):
    """Every method may raise StoreFailed. All are called on one event loop's thread at a time."""

    def append(self, batch: Batch) -> asyncio.Future[None]:
        """Done when the commit is on disk; batches commit in the order they came, many in one transaction. Never raises: the future does.

        A session's log has no hole: its first entry is SessionCreated with `seq` 1 and each `seq` is one more than the last, else the
        batch fails with `constraint`. In the same transaction the derived rows are kept: session, binding, device position.
        """
        ...

    async def sessions(self, *, open_only: bool) -> list[SessionRow]:
        """Oldest first."""
        ...

    async def session(self, session: str) -> SessionRow | None: ...

    def entries(self, session: str, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        """Entries with `since_seq < seq <= until_seq`, in order, in chunks of at most CHUNK; up to what was on record when it began."""
        ...

    async def events(self, session: str, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1_000) -> list[Entry]:
        """What is not a measurement: the first `limit` with `seq > since_seq`."""
        ...

    async def seals(self, session: str, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]:
        """In order: the first `limit` with `last_seq > since_seq`; None: all, some 300 bytes each."""
        ...

    async def trend(self, session: str, vitals: tuple[Vital, ...], *, since_ms: int, until_ms: int, max_points: int) -> dict[Vital, Trend]:
        """`since_ms <= at_ms <= until_ms`, one Trend for each asked vital sign. `max_points` >= 2."""
        ...

    async def positions(self) -> dict[str, Position]:
        """By device."""
        ...

    async def next_session_no(self) -> int:
        """One more than the highest on record. Asked once at start; who numbers sessions counts on from there."""
        ...

    async def aside(self, limit: int) -> list[Aside]:
        """The newest `limit`, oldest first."""
        ...

    async def counts(self) -> dict[str, int]:
        """Figures for people and metrics. At least `sessions`, `open_sessions`, `entries` (since start), `waiting`, `aside`."""
        ...

    async def ping(self) -> None:
        """For /readyz: returns when the writer has answered."""
        ...

    async def close(self) -> None:
        """Returns when all that was appended is on disk. What is appended later fails with `closed`."""
        ...


def cut(aside: Aside) -> Aside:
    """As it is kept."""
    return Aside(
        aside.at_ms,
        aside.device,
        aside.reason[:MAX_ASIDE_TEXT],
        aside.where[:MAX_ASIDE_TEXT],
        aside.detail[:MAX_ASIDE_TEXT],
        aside.raw[:MAX_RAW_BYTES],
    )
