"""The account of the drug, its witness, and the signature for the discharge."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies_drug import DrugBody, SignOffBody
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require
from monitor.api.sessions_commands import Commands, Done, RequestKey
from monitor.api.signing import Signing, SigningNow
from schemas.log import WasteWitnessed

_PROBLEMS: Final = (404, 409, 503)
Seq = Annotated[int, Path(ge=1, le=2**53 - 1)]


def routes(commands: Commands, signing: Signing, documented: Documented) -> APIRouter:
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

    @router.get(
        "/sessions/{session_id}/sign-off",
        responses=documented.responses(SigningNow, problems=_PROBLEMS),
        summary="What a signature for the discharge would be under now",
    )
    async def to_sign(person: PersonHere, session_id: str) -> Response:
        """To be shown before it is signed, and sent back as `under`."""
        require(person, Role.CLINICIAN)
        return answer(await signing.now(session_id, person))

    @router.post("/sessions/{session_id}/sign-off", responses=done)
    async def sign(person: PersonHere, session_id: str, body: SignOffBody, key: RequestKey = None) -> Response:
        """The discharge is signed for, with the printed name and what the signature means. With `under` the signature names the
        state of the record that was shown; measurements may have come since, anything else is 409 `record_moved_on`."""
        require(person, Role.CLINICIAN)
        signed = body.signed(person.username, person.name)
        await signing.check(session_id, signed.under)
        return await commands.do(session_id, signed, key=key)

    return router
