"""Sessions as they stand and what happened in them: everything that only reads."""

import asyncio
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.roles import Role
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import on_record, unknown_session
from monitor.sessions.journal import journal_lines
from monitor.sessions.registry import Registry
from monitor.sessions.summary import SessionSummary, Summing
from monitor.store.ports import SessionRow, Store
from schemas.alert import Alert
from schemas.log import AlertChanged
from schemas.stream_wire import Happened, SessionNow

PAGE: Final = 1_000
_ALERT_CHANGED: Final = frozenset({"alert_changed"})

SinceSeq = Annotated[int, Query(ge=0, le=2**53 - 1)]


class Journal(msgspec.Struct, frozen=True):
    """One page, oldest first. `next_since_seq`: ask with it for the page after this one; None on the last."""

    entries: tuple[Happened, ...]
    next_since_seq: int | None


class Me(msgspec.Struct, frozen=True):
    username: str
    name: str
    role: Role


def routes(registry: Registry, store: Store, access: AccessControl, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    @router.get("/me", responses=documented.responses(Me), summary="Who is asking")
    async def me(person: PersonHere) -> Response:
        return answer(Me(person.username, person.name, person.role))

    @router.get("/sessions", responses=documented.responses(tuple[SessionRow, ...]), summary="All sessions, or the open ones, by id")
    async def sessions(_: PersonHere, open: bool = False) -> Response:  # noqa: A002, FBT001, FBT002 - the name in the address
        return answer(await store.sessions(open_only=open))

    @router.get("/sessions/{session_id}", responses=documented.responses(SessionNow, problems=[404]), summary="A session as it stands")
    async def session(person: PersonHere, address: AddressHere, session_id: str) -> Response:
        """Of one that has ended, as it was at its end: judged again from its log, and in the access log."""
        if registry.get(session_id) is None:
            await access.reading(person, address, what=session_id)
        return answer(await on_record(now_of(registry, session_id)))

    @router.get(
        "/sessions/{session_id}/journal", responses=documented.responses(Journal, problems=[404]), summary="What happened, in words"
    )
    async def journal(
        _: PersonHere, session_id: str, since_seq: SinceSeq = 0, limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE
    ) -> Response:
        """A page may hold fewer entries than asked for: of a device's figures those that say nothing new of a rate are left out."""
        await _known(store, session_id)
        events = await store.events(session_id, since_seq=since_seq, limit=limit)
        next_since_seq = events[-1].seq if len(events) == limit else None
        return answer(Journal(tuple(journal_lines(events)), next_since_seq))

    @router.get(
        "/sessions/{session_id}/summary",
        responses=documented.responses(SessionSummary, problems=[404]),
        summary="The session on one sheet",
    )
    async def summary(_: PersonHere, session_id: str) -> Response:
        now = await on_record(now_of(registry, session_id))
        summing = Summing()
        async for entries in store.entries(session_id):
            for entry in entries:
                summing.take(entry)
            await asyncio.sleep(0)
        return answer(summing.result(now))

    @router.get(
        "/sessions/{session_id}/alerts",
        responses=documented.responses(tuple[Alert, ...], problems=[404]),
        summary="Every alert the session had, each as it stands",
    )
    async def alerts(_: PersonHere, session_id: str) -> Response:
        await _known(store, session_id)
        return answer(await alerts_of(store, session_id))

    return router


async def now_of(registry: Registry, session_id: str) -> SessionNow:
    """Raises Problem (404)."""
    try:
        return await registry.past_view(session_id)
    except KeyError:
        raise unknown_session() from None


async def alerts_of(store: Store, session_id: str) -> list[Alert]:
    """Latest state of each alert, in the order they began to be."""
    latest: dict[str, Alert] = {}
    since_seq = 0
    while page := await store.events(session_id, since_seq=since_seq, kinds=_ALERT_CHANGED, limit=PAGE):
        latest.update((entry.body.alert.id, entry.body.alert) for entry in page if isinstance(entry.body, AlertChanged))
        since_seq = page[-1].seq
    return list(latest.values())


async def _known(store: Store, session_id: str) -> None:
    if await store.session(session_id) is None:
        raise unknown_session()
