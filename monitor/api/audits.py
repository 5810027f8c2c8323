"""The auditor's questions of recorded sessions: is the record whole, and who has looked at it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.ports import AccessQuery
from monitor.access.roles import Role
from monitor.api.audit_jobs import AuditJobs
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.bodies import Body
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require
from monitor.export.access_rows import names_of
from schemas.review import AccessRow, AuditNow

MAX_SESSIONS: Final = 50  # of one question
MAX_ROWS: Final = 200  # of the access log that are given
SessionId = Annotated[str, Field(pattern=r"^S-[0-9]{6,15}$")]


class AuditBody(Body):
    sessions: Annotated[list[SessionId], Field(min_length=1, max_length=MAX_SESSIONS)]


def routes(jobs: AuditJobs, access: AccessControl, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["export"])

    @router.post(
        "/audits",
        status_code=202,
        responses=documented.responses(tuple[AuditNow, ...], status=202, problems=[404, 503]),
        summary="Have the bundles of these sessions made and verified",
    )
    async def ask(person: PersonHere, address: AddressHere, body: AuditBody) -> Response:
        """In the background, one after the other. A verdict is kept while the record has not grown."""
        require(person, Role.CLINICIAN, Role.AUDITOR, Role.ADMIN)
        for session in dict.fromkeys(body.sessions):
            await access.reading(person, address, what=session, detail="audit")
        return answer([await jobs.ask(session) for session in dict.fromkeys(body.sessions)], 202)

    @router.get("/audits", responses=documented.responses(tuple[AuditNow, ...]), summary="What is known of these records so far")
    async def known(person: PersonHere, session: Annotated[list[SessionId], Query(max_length=MAX_SESSIONS)]) -> Response:
        require(person, Role.CLINICIAN, Role.AUDITOR, Role.ADMIN)
        return answer(jobs.of(session))

    @router.get(
        "/sessions/{session_id}/accesses",
        responses=documented.responses(tuple[AccessRow, ...]),
        summary="Who looked at a session or took it out, newest first",
    )
    async def accesses(person: PersonHere, address: AddressHere, session_id: SessionId) -> Response:
        """The newest 200."""
        require(person, Role.AUDITOR, Role.ADMIN)
        await access.reading(person, address, what=session_id, detail="accesses")
        found = [kept.row for what in names_of(session_id) for kept in await access.find(AccessQuery(what=what, limit=MAX_ROWS))]
        newest = sorted(found, key=lambda row: row.no, reverse=True)[:MAX_ROWS]
        return answer([AccessRow(row.at_ms, row.kind.value, row.who, row.detail or _page(row.what)) for row in newest])

    return router


def _page(what: str) -> str:
    """Of a row that names the session by the path of a page."""
    return f"page {what}" if what.startswith("/") else ""
