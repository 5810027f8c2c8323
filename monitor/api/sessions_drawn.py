"""What the record of a session is drawn with besides its readings and its journal: the limits that held, and the model's curve."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from monitor.api.auth import PersonHere
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import unknown_session
from monitor.clock import Clock
from monitor.model.constants import KETAMINE
from monitor.model.course import course_of
from monitor.model.prediction import EffectSite, predict
from monitor.sessions.limits_in_force import LimitInForce, limits_in_force
from monitor.store.ports import SessionRow, Store
from schemas.log import Entry

PAGE: Final = 1_000
_DOSES: Final = frozenset({"phase_ordered", "rate_set", "bolus_given", "entry_voided"})
_LIMITS: Final = frozenset({"session_created", "limit_changed"})


def routes(store: Store, clock: Clock, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    @router.get(
        "/sessions/{session_id}/effect-site",
        responses=documented.responses(EffectSite, problems=[404]),
        summary="Model, not measured: the expected effect-site concentration, so far and an hour ahead",
    )
    async def effect_site(_: PersonHere, session_id: str) -> Response:
        row = await _known(store, session_id)
        doses = await _events(store, session_id, _DOSES)
        now_ms = clock.now_ms() if row.closed_at_ms is None else row.closed_at_ms
        return answer(predict(KETAMINE, row.patient, row.order, course_of(row.order, doses), now_ms))

    @router.get(
        "/sessions/{session_id}/limits-in-force",
        responses=documented.responses(tuple[LimitInForce, ...], problems=[404]),
        summary="The plain limits of a session, open or ended, with those that were moved for this patient",
    )
    async def in_force(_: PersonHere, session_id: str) -> Response:
        await _known(store, session_id)
        return answer(limits_in_force(await _events(store, session_id, _LIMITS)))

    return router


async def _known(store: Store, session_id: str) -> SessionRow:
    row = await store.session(session_id)
    if row is None:
        raise unknown_session()
    return row


async def _events(store: Store, session_id: str, kinds: frozenset[str]) -> list[Entry]:
    entries: list[Entry] = []
    while page := await store.events(session_id, since_seq=entries[-1].seq if entries else 0, kinds=kinds, limit=PAGE):
        entries += page
    return entries
