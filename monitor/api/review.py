"""Looking back: past sessions and their figures. Every read is in the access log before the answer goes out."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.problems import Fault, Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import unknown_session
from monitor.clock import Clock
from monitor.review.past import MAX_PAGE, LogUnreadable, Past, SessionGone
from monitor.store.review import PastQuery
from schemas.review import AlertFigures, PastPage, SessionFigures
from schemas.session import Treatment

Day = Annotated[date | None, Query(description="A day of the site's zone, YYYY-MM-DD")]
Word = Annotated[str | None, Query(min_length=1, max_length=80)]
SessionId = Annotated[str | None, Query(pattern=r"^S-[0-9]{6,15}$")]
PAGE: Final = 25


def routes(past: Past, access: AccessControl, clock: Clock, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["review"])

    @router.get("/past-sessions", responses=documented.responses(PastPage), summary="All sessions with their figures, newest first")
    async def past_sessions(
        person: PersonHere,
        address: AddressHere,
        since: Day = None,
        until: Day = None,
        room: Word = None,
        label: Word = None,
        treatment: Treatment | None = None,
        high: bool = False,  # noqa: FBT001, FBT002 - the name in the address
        before: SessionId = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = PAGE,
    ) -> Response:
        since_ms, until_ms = span(since, until, past.zone)
        query = PastQuery(
            since_ms=since_ms,
            until_ms=until_ms,
            room=room,
            label=label,
            treatment=treatment,
            had_high=high,
            before=before,
            limit=limit,
        )
        asked = {"days": since or until, "room": room, "patient's label": label, "treatment": treatment, "high alerts": high}
        by = ", ".join(name for name, value in asked.items() if value)  # what was sought may name a patient: it is not in the log
        await access.reading(person, address, what="past sessions", detail=f"by {by}" if by else "")
        return answer(await past.page(query))

    @router.get(
        "/sessions/{session_id}/figures",
        responses=documented.responses(SessionFigures, problems=[404, 409]),
        summary="A session in figures, worked out from its log",
    )
    async def figures(person: PersonHere, address: AddressHere, session_id: str) -> Response:
        await access.reading(person, address, what=session_id, detail="figures")
        try:
            return answer(await past.of(session_id))
        except SessionGone:
            raise unknown_session() from None
        except LogUnreadable:
            raise Problem(409, "log_broken", "The log of this session cannot be read: export it and verify it.") from None

    @router.get("/alert-figures", responses=documented.responses(AlertFigures), summary="How alerts did over the sessions of a range")
    async def alert_figures(person: PersonHere, address: AddressHere, since: Day = None, until: Day = None, room: Word = None) -> Response:
        since_ms, until_ms = span(since, until, past.zone)
        await access.reading(person, address, what="alert figures")
        return answer(await past.alerts(PastQuery(since_ms=since_ms, until_ms=until_ms, room=room), clock.now_ms()))

    return router


def span(since: date | None, until: date | None, zone: str) -> tuple[int, int]:
    """From the first day's midnight to the last day's end, in the site's zone. Raises Problem (422) for an end before the beginning."""
    if since is not None and until is not None and until < since:
        raise Problem(422, "malformed", "One thing is wrong with what was sent.", errors=[Fault("query.until", "it is before since")])
    begin = 0 if since is None else _midnight_ms(since, zone)
    end = 1 << 62 if until is None or until == date.max else _midnight_ms(until + timedelta(days=1), zone)
    return begin, end


def _midnight_ms(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
