"""What the pages that look back ask of a store, beside the log itself."""

from hashlib import sha256
from typing import Final, Protocol

import msgspec

from monitor.store.ports import SessionRow
from schemas.log import canonical
from schemas.outcomes import Instrument, Outcome
from schemas.session import Treatment

OUTCOME_GENESIS: Final = sha256(b"infusion-monitor/outcome/1\n").digest()


class PastQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions, newest first. `since_ms <= created < until_ms`. `label`: part of it, without regard to case. `had_high`: ended sessions
    with a high alert among their figures, and every open one (its figures are not kept). `before`: only sessions older than this id."""

    since_ms: int = 0
    until_ms: int = 1 << 62
    room: str | None = None
    label: str | None = None
    treatment: Treatment | None = None
    code: str | None = None
    had_high: bool = False
    ended: bool = False
    before: str | None = None
    limit: int = 50


class CodeRow(msgspec.Struct, frozen=True):
    """A patient's code and how many sessions it has."""

    code: str
    sessions: int
    newest_ms: int


class Kept(msgspec.Struct, frozen=True):
    """Figures as they are kept: JSON of schemas.review.SessionFigures."""

    session: str
    form: int
    high_alerts: int
    body: str


class NewOutcome(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    instrument: Instrument
    value_milli: int | None
    taken_on: str
    entered_at_ms: int
    by: str
    corrects: int | None = None
    reason: str | None = None

    def numbered(self, no: int) -> Outcome:
        return Outcome(no=no, **msgspec.structs.asdict(self))


class ReviewStore(Protocol):
    """Every method may raise StoreFailed."""

    async def past(self, query: PastQuery) -> list[SessionRow]: ...

    async def figures(self, sessions: list[str], form: int) -> dict[str, str]:
        """Bodies that were kept in this form."""
        ...

    async def keep(self, kept: Kept) -> None:
        """In the place of what was kept of that session before."""
        ...

    async def without_figures(self, form: int, limit: int) -> list[str]:
        """Ended sessions of which nothing is kept in this form: the newest `limit`, newest first."""
        ...

    async def codes(self, *, after: str, limit: int) -> list[CodeRow]:
        """In the order of the alphabet."""
        ...

    async def add_outcome(self, new: NewOutcome) -> Outcome:
        """Raises StoreFailed (`constraint`) for a correction of a row that is not there, is another patient's or is corrected already."""
        ...

    async def outcomes(self, code: str) -> list[Outcome]:
        """All rows of a patient in the order they were entered, corrected ones too."""
        ...

    async def first_broken_outcome(self) -> int | None:
        """The number of the first row of the installation that does not fit its chain; None: it is whole."""
        ...


def outcome_digest(before: bytes, row: Outcome) -> bytes:
    """SHA-256(digest of the row before || canonical bytes of this one and a newline)."""
    return sha256(before + canonical(row) + b"\n").digest()


def refuse_correction(new: NewOutcome, known: list[Outcome]) -> str | None:
    """`known`: all rows of the patient. None where it may be added."""
    if new.corrects is None:
        return None if new.value_milli is not None else "a value is needed"
    corrected = next((row for row in known if row.no == new.corrects), None)
    if corrected is None or corrected.instrument is not new.instrument:
        return f"row {new.corrects} is not one of this patient and instrument"
    if any(row.corrects == new.corrects for row in known):
        return f"row {new.corrects} is corrected already: correct the newer row"
    return None
