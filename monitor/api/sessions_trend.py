"""Readings over time, thinned so that no peak is lost: one session's curves, and the small ones of the whole ward."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from monitor.api.auth import PersonHere
from monitor.api.problems import Fault, Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import unknown_session
from monitor.clock import Clock
from monitor.sessions.registry import Registry
from monitor.store.ports import Store, Trend
from schemas.instant import MAX_INSTANT_MS
from schemas.vitals import Vital

MAX_POINTS: Final = 15_000  # of each vital sign: four hours at 1 Hz
MAX_WARD_SESSIONS: Final = 500  # sessions of one answer; a larger ward asks for those it shows
WARD_POINTS: Final = 120
_MS_PER_MIN: Final = 60_000

Instant = Annotated[int, Query(ge=0, le=MAX_INSTANT_MS)]
VitalNames = Annotated[str, Query(max_length=200, description="Names of vital signs with commas between; all without it")]


def routes(registry: Registry, store: Store, clock: Clock, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    @router.get(
        "/sessions/{session_id}/readings",
        responses=documented.responses(dict[Vital, Trend], problems=[404]),
        summary="Columns of each vital sign from since_ms to until_ms; the whole session without them",
    )
    async def readings(
        _: PersonHere,
        session_id: str,
        vitals: VitalNames = "",
        since_ms: Instant | None = None,
        until_ms: Instant | None = None,
        max_points: Annotated[int, Query(ge=2, le=MAX_POINTS)] = 600,
    ) -> Response:
        row = await store.session(session_id)
        if row is None:
            raise unknown_session()
        since = row.created_at_ms if since_ms is None else since_ms
        until = max(clock.now_ms(), since) if until_ms is None else until_ms
        if until < since:
            raise _malformed("query.until_ms", "it is before since_ms")
        return answer(await store.trend(session_id, _vitals(vitals), since_ms=since, until_ms=until, max_points=max_points))

    @router.get(
        "/ward/trend",
        responses=documented.responses(dict[str, dict[str, dict[Vital, Trend]]]),
        summary="The last minutes of every open session; of the named ones with sessions=",
    )
    async def ward_trend(
        _: PersonHere,
        minutes: Annotated[int, Query(ge=1, le=120)] = 10,
        vitals: VitalNames = "",
        sessions: Annotated[str, Query(max_length=8_000, description="Session ids with commas between")] = "",
    ) -> Response:
        wanted = _vitals(vitals)
        named = set(filter(None, sessions.split(",")))
        open_now = [runner.session for runner in registry.open_sessions() if not named or runner.session in named]
        if len(open_now) > MAX_WARD_SESSIONS:
            raise _malformed("query.sessions", f"{len(open_now)} sessions are open: name at most {MAX_WARD_SESSIONS} of them")
        until = clock.now_ms()
        since = until - minutes * _MS_PER_MIN
        return answer(
            {
                "sessions": {
                    session: await store.trend(session, wanted, since_ms=since, until_ms=until, max_points=WARD_POINTS)
                    for session in open_now
                }
            }
        )

    return router


def _vitals(names: str) -> tuple[Vital, ...]:
    """In the order of the table, each once."""
    if not names:
        return tuple(Vital)
    wanted = set(names.split(","))
    unknown = wanted - set(Vital)
    if unknown:
        raise _malformed("query.vitals", f"vital signs are: {', '.join(Vital)}")
    return tuple(vital for vital in Vital if vital in wanted)


def _malformed(where: str, detail: str) -> Problem:
    return Problem(422, "malformed", "One thing is wrong with what was sent; nothing was done.", errors=[Fault(where, detail)])
