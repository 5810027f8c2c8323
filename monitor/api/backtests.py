"""Trying a changed limit on recorded sessions, from a page: the limits that may be tried, and a person's own backtest."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.roles import Role
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.backtest_jobs import MAX_SESSIONS, AlreadyRunning, BacktestJobs
from monitor.api.bodies import Body
from monitor.api.problems import Fault, Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require, unknown_session
from monitor.backtest.changed import Movable, NotAdjustable, as_it_is, movable, with_limit
from monitor.core.limits import decode_limits
from monitor.sessions.registry import Registry
from monitor.store.ports import Store
from schemas.limits import Direction
from schemas.review import BacktestNow, LimitChoice
from schemas.vitals import VITAL_SIGNS, Vital

SessionId = Annotated[str, Field(pattern=r"^S-[0-9]{6,15}$")]


class BacktestBody(Body):
    """`limit` in the unit of the vital sign, within the bounds that the rule set gives for one patient."""

    sessions: Annotated[list[SessionId], Field(min_length=1, max_length=MAX_SESSIONS)]
    rule: Annotated[str, Field(max_length=20)]
    vital: Vital = Field(strict=False)
    direction: Literal["high", "low"]
    limit: Annotated[float, Field(ge=0, le=1_000)]


def routes(registry: Registry, store: Store, jobs: BacktestJobs, access: AccessControl, documented: Documented) -> APIRouter:
    router = APIRouter(prefix="/backtest", tags=["review"])

    @router.get("/limits", responses=documented.responses(tuple[LimitChoice, ...]), summary="The limits that may be tried at another value")
    async def limits(_: PersonHere) -> Response:
        return answer([_choice(each) for each in movable(decode_limits(registry.limits[0]))])

    @router.get("", responses=documented.responses(BacktestNow, problems=[404]), summary="Your own backtest: how far it is, and its report")
    async def mine(person: PersonHere) -> Response:
        return answer(_found(jobs.of(person.username)))

    @router.post("", status_code=202, responses=documented.responses(BacktestNow, status=202, problems=[404, 409]), summary="Start one")
    async def start(person: PersonHere, address: AddressHere, body: BacktestBody) -> Response:
        """Judges the sessions under the rule set in force and under the same one with this limit; the record stays what it is."""
        require(person, Role.CLINICIAN, Role.AUDITOR)
        text, digest = registry.limits
        try:
            changed = with_limit(text, body.rule, body.vital, Direction(body.direction), body.limit)
        except NotAdjustable as refused:
            raise Problem(422, "malformed", "Nothing was started.", errors=[Fault("body.limit", str(refused))]) from refused
        sessions = list(dict.fromkeys(body.sessions))
        for session in sessions:
            if await store.session(session) is None:
                raise unknown_session()
        for session in sessions:
            await access.reading(person, address, what=session, detail="backtest")
        try:
            return answer(jobs.start(person.username, changed.source, sessions, as_it_is(text, digest), changed), 202)
        except AlreadyRunning:
            raise Problem(409, "already_running", "Your last backtest is not over yet: wait for it, or cancel it.") from None

    @router.delete("", responses=documented.responses(BacktestNow, problems=[404]), summary="Cancel your own")
    async def cancel(person: PersonHere) -> Response:
        require(person, Role.CLINICIAN, Role.AUDITOR)
        return answer(_found(jobs.cancel(person.username)))

    return router


def _choice(each: Movable) -> LimitChoice:
    return LimitChoice(
        rule=each.rule,
        title=each.title,
        priority=each.priority,
        vital=each.vital,
        direction=each.direction,
        limit=each.limit,
        low=each.low,
        high=each.high,
        unit=VITAL_SIGNS[each.vital].unit,
    )


def _found(now: BacktestNow | None) -> BacktestNow:
    if now is None:
        raise Problem(404, "no_backtest", "You have not started a backtest since the monitor was started.")
    return now
