"""The access log over HTTP, for auditors and administrators. Looking at it stands in it, too."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.ports import MAX_ACCESS_ROWS, AccessKind, AccessQuery, ChainCheck, ChainedRow
from monitor.access.roles import Role
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require
from schemas.instant import MAX_INSTANT_MS

PAGE: Final = 200
Text = Annotated[str | None, Query(min_length=1, max_length=200)]
Instant = Annotated[int | None, Query(ge=0, le=MAX_INSTANT_MS, description="UTC milliseconds")]


class AccessPage(msgspec.Struct, frozen=True):
    """Newest first. `next_before`: ask for `before` this for older ones; None: there are none."""

    rows: tuple[ChainedRow, ...]
    next_before: int | None


def routes(access: AccessControl, documented: Documented) -> APIRouter:
    router = APIRouter(prefix="/access-log", tags=["access"])

    @router.get("", responses=documented.responses(AccessPage), summary="Who looked at what, newest first")
    async def rows(
        person: PersonHere,
        address: AddressHere,
        who: Text = None,
        what: Text = None,
        kind: Annotated[list[AccessKind] | None, Query(max_length=len(AccessKind))] = None,
        since_ms: Instant = None,
        until_ms: Instant = None,
        before: Annotated[int | None, Query(ge=1)] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_ACCESS_ROWS)] = PAGE,
    ) -> Response:
        require(person, Role.AUDITOR, Role.ADMIN)
        await access.reading(person, address, what="access log")
        kinds = frozenset(kind) if kind else None
        query = AccessQuery(who=who, what=what, kinds=kinds, from_ms=since_ms, until_ms=until_ms, before_no=before, limit=limit)
        found = await access.find(query)
        return answer(AccessPage(tuple(found), found[-1].row.no if len(found) == limit else None))

    @router.get("/check", responses=documented.responses(ChainCheck), summary="Whether the chain over the access log is whole")
    async def check(person: PersonHere, address: AddressHere) -> Response:
        require(person, Role.AUDITOR, Role.ADMIN)
        await access.reading(person, address, what="access log", detail="check")
        return answer(await access.check())

    return router
