"""The account of the drug, its witness, and the signature for the discharge."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies_drug import DrugBody, SignOffBody
from monitor.api.rest_answers import Documented
from monitor.api.rest_refusals import require
from monitor.api.sessions_commands import Commands, Done, RequestKey
from schemas.log import WasteWitnessed

_PROBLEMS: Final = (404, 409, 503)
Seq = Annotated[int, Path(ge=1, le=2**53 - 1)]


def routes(commands: Commands, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["care"])
    done = documented.responses(Done, problems=_PROBLEMS)

    @router.post("/sessions/{session_id}/drug", responses=done)
    async def account(person: PersonHere, session_id: str, body: DrugBody, key: RequestKey = None) -> Response:
        """What was drawn, or wasted. What was given is known from the doses."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.entered(person.username), key=key)

    @router.post("/sessions/{session_id}/drug/{waste}/witness", responses=done)
    async def witness(person: PersonHere, session_id: str, waste: Seq, key: RequestKey = None) -> Response:
        """Another clinician than the one who wasted it has seen it, and says so under a sign-in of their own."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, WasteWitnessed(by=person.username, waste=waste), key=key)

    @router.post("/sessions/{session_id}/sign-off", responses=done)
    async def sign(person: PersonHere, session_id: str, body: SignOffBody, key: RequestKey = None) -> Response:
        """The discharge is signed for, with the printed name and what the signature means."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.signed(person.username, person.name), key=key)

    return router
