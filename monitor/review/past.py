"""Ended sessions in figures, without reading each log each time.

The figures of an ended session are worked out once, when somebody first looks, and kept (`session_figures`); those of an open one are
worked out each time. They are kept because a list with a filter on what happened would have to read every log on record; they are worked
out at the first look and not at the end of a session, so that nothing has to happen at that moment, a crash can lose nothing, and sessions
from before these pages have figures too. What is kept can be thrown away at any time.
"""

import asyncio
from contextlib import suppress
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.access.brought_in import Imports
from monitor.review.alerting import Occurrence, Span, analyse, occurrences
from monitor.review.summary import FORM, LogIncomplete, Summing
from monitor.store.ports import SessionRow, Store, StoreFailed
from monitor.store.review import Kept, NewOutcome, PastQuery, ReviewStore
from schemas.log import Entry
from schemas.outcomes import Outcome
from schemas.review import AlertFigures, Course, PastPage, PatientRow, PatientsPage, SessionFigures
from schemas.session import OPEN_PHASES

MAX_PAGE: Final = 100
MAX_COURSE: Final = 100
MAX_ALERT_SESSIONS: Final = 200  # of one answer: some milliseconds each
WAIT_S: Final = 2.0  # a page waits this long for figures that are missing, and then says how many still are
_AT_A_TIME: Final = 20  # sessions whose figures are worked out in one go
_SLICE: Final = 500  # entries, some 2 ms, before the event loop gets its turn
_ALERT_CHANGED: Final = frozenset({"alert_changed"})
_EVENTS: Final = 1_000
_COUNTED: Final = 10_000  # more missing ones than this are told as this many
_decode: Final = msgspec.json.Decoder(SessionFigures).decode


class SessionGone(LookupError):
    """There is no such session."""


class LogUnreadable(ValueError):
    """The log of a session cannot be read as one: export it and verify it."""


class Past:
    """Owned by the event loop. `zone`: of the site. `imports`: which sessions were recorded elsewhere."""

    def __init__(self, store: Store, review: ReviewStore, zone: str, imports: Imports | None = None) -> None:
        self._store = store
        self._review = review
        self._zone = zone
        self._imports = imports
        self._filling: asyncio.Task[None] | None = None
        self._unreadable: set[str] = set()  # until the next start; at most as many as there are sessions

    @property
    def zone(self) -> str:
        return self._zone

    async def page(self, query: PastQuery) -> PastPage:
        """Raises StoreFailed. At most MAX_PAGE sessions."""
        limit = min(query.limit, MAX_PAGE)
        pending = await self.fill()
        rows = await self._review.past(msgspec.structs.replace(query, limit=limit + 1))
        shown = rows[:limit]
        figures = await self.figures(shown)
        unreadable = tuple(row.id for row in shown if row.id in self._unreadable)
        if query.had_high:
            figures = [each for each in figures if each.alerts.high]  # an open one is in the rows whatever it had
        return PastPage(tuple(figures), shown[-1].id if len(rows) > limit else None, pending, unreadable, self._zone)

    async def figures(self, rows: list[SessionRow]) -> list[SessionFigures]:
        """Of each, in their order; a session whose log cannot be read is left out."""
        kept = await self._review.figures([row.id for row in rows if row.phase not in OPEN_PHASES], FORM)
        brought = {} if self._imports is None else await self._imports.all()
        found: list[SessionFigures] = []
        for row in rows:
            with suppress(LogUnreadable):
                worked_out = row.id not in kept
                made = await self._worked_out(row.id, is_over=row.phase not in OPEN_PHASES) if worked_out else _decode(kept[row.id])
                # the code may have been corrected since they were kept
                found.append(msgspec.structs.replace(made, patient=row.patient, brought_in=brought.get(row.id)))
        return found

    async def of(self, session: str) -> SessionFigures:
        """Raises SessionGone, LogUnreadable."""
        row = await self._store.session(session)
        if row is None:
            raise SessionGone(session)
        found = await self.figures([row])
        if not found:
            raise LogUnreadable(session)
        return found[0]

    async def fill(self) -> int:
        """Sees to it that the figures of ended sessions are there; how many are not yet."""
        if not await self._missing(1):
            return 0
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill(), name="figures of ended sessions")
            self._filling.add_done_callback(lambda task: task.cancelled() or task.exception())  # told by `fill`, if anybody still waits
        done, _ = await asyncio.wait({self._filling}, timeout=WAIT_S)
        if not done:
            return len(await self._missing(_COUNTED))
        self._filling.result()
        return 0

    async def _missing(self, limit: int) -> list[str]:
        missing = await self._review.without_figures(FORM, limit + len(self._unreadable))
        return [session for session in missing if session not in self._unreadable]

    async def _fill(self) -> None:
        """One at a time and the newest first, so that looking back never crowds out what happens now."""
        while missing := await self._missing(_AT_A_TIME):
            for session in missing:
                with suppress(LogUnreadable):
                    await self._worked_out(session, is_over=True)

    async def _worked_out(self, session: str, *, is_over: bool) -> SessionFigures:
        """Raises LogUnreadable, and remembers that; StoreFailed where the store does not work at all."""
        summing = Summing()
        try:
            async for entries in self._store.entries(session):
                for index, entry in enumerate(entries, 1):
                    summing.take(entry)
                    if index % _SLICE == 0:
                        await asyncio.sleep(0)
            figures = summing.figures()
        except StoreFailed as failed:
            if failed.kind != "corrupt":
                raise
            self._unreadable.add(session)
            raise LogUnreadable(session) from failed
        except LogIncomplete as incomplete:
            self._unreadable.add(session)
            raise LogUnreadable(session) from incomplete
        if is_over:
            await self._review.keep(Kept(session, FORM, figures.alerts.high, msgspec.json.encode(figures).decode()))
        return figures

    async def alerts(self, query: PastQuery, now_ms: int) -> AlertFigures:
        """Over the newest MAX_ALERT_SESSIONS of a range, open ones as far as they are; `left_out` says that there are more."""
        rows = await self._review.past(msgspec.structs.replace(query, limit=MAX_ALERT_SESSIONS + 1))
        spans: list[Span] = []
        found: list[Occurrence] = []
        for row in rows[:MAX_ALERT_SESSIONS]:
            ended_ms = max(row.created_at_ms, now_ms if row.closed_at_ms is None else row.closed_at_ms)
            spans.append(Span(row.id, row.room, row.created_at_ms, ended_ms))
            found += occurrences(spans[-1], await self._alert_entries(row.id))
        return analyse(spans, found, self._zone, left_out=len(rows) > MAX_ALERT_SESSIONS)

    async def _alert_entries(self, session: str) -> list[Entry]:
        entries: list[Entry] = []
        while page := await self._store.events(session, since_seq=entries[-1].seq if entries else 0, kinds=_ALERT_CHANGED, limit=_EVENTS):
            entries += page
        return entries

    async def course(self, code: str, now_ms: int) -> Course:
        """The newest MAX_COURSE sessions of a patient. Raises SessionGone where neither a session nor a score has this code."""
        rows, outcomes = await self._review.past(PastQuery(code=code, limit=MAX_COURSE + 1)), await self._review.outcomes(code)
        if not rows and not outcomes:
            raise SessionGone(code)
        return Course(
            code=code,
            sessions=tuple(await self.figures(rows[:MAX_COURSE][::-1])),
            outcomes=tuple(outcomes),
            is_whole=await self._review.first_broken_outcome() is None,
            left_out=len(rows) > MAX_COURSE,
            zone=self._zone,
            today=self.day_of(now_ms).isoformat(),
        )

    async def patients(self, after: str, limit: int) -> PatientsPage:
        rows = await self._review.codes(after=after, limit=limit + 1)
        shown = tuple(PatientRow(row.code, row.sessions, row.newest_ms) for row in rows[:limit])
        return PatientsPage(shown, shown[-1].code if len(rows) > limit else None, self._zone)

    async def add_outcome(self, new: NewOutcome) -> Outcome:
        """Raises SessionGone where no session has this code, StoreFailed (`constraint`) for a correction that corrects nothing. What was
        entered under a code that no session has any more can be corrected, and nothing more be entered."""
        if not await self._review.past(PastQuery(code=new.code, limit=1)):
            if new.corrects is None or not await self._review.outcomes(new.code):
                raise SessionGone(new.code)
        return await self._review.add_outcome(new)

    def day_of(self, at_ms: int) -> date:
        """At the site."""
        return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self._zone)).date()

    async def stop(self) -> None:
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait({self._filling})
