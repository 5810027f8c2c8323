"""Many sessions in one archive: asked for, looked after, fetched."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import FileResponse, Response

from monitor.access.roles import Role
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.bodies import Body
from monitor.api.export_jobs import MAX_SESSIONS, CannotStart, ExportJobs
from monitor.api.problems import Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require
from monitor.export.formats import Format
from schemas.review import ExportNow

SessionId = Annotated[str, Field(pattern=r"^S-[0-9]{6,15}$")]


class ExportsBody(Body):
    """Which sessions, and the form of each file in the archive."""

    sessions: Annotated[list[SessionId], Field(min_length=1, max_length=MAX_SESSIONS)]
    format: Annotated[Format, Field(strict=False)] = Format.BUNDLE


def routes(jobs: ExportJobs, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["export"])

    @router.post(
        "/exports",
        status_code=202,
        responses=documented.responses(ExportNow, status=202, problems=[409]),
        summary="Have these sessions made ready as one archive",
    )
    async def start(person: PersonHere, address: AddressHere, body: ExportsBody) -> Response:
        """In the background; yours alone. Each session stands in the access log before its first byte is written. The last one you asked
        for is gone then."""
        require(person, Role.CLINICIAN, Role.AUDITOR)
        try:
            return answer(await jobs.start(person, address, list(dict.fromkeys(body.sessions)), body.format), 202)
        except CannotStart as refused:
            raise Problem(409, "busy", f"Nothing was started: {refused}. Try again when it is over.") from refused

    @router.get("/exports", responses=documented.responses(ExportNow, problems=[404]), summary="Your own archive: how far it is")
    async def mine(person: PersonHere) -> Response:
        require(person, Role.CLINICIAN, Role.AUDITOR)
        now = jobs.of(person.username)
        if now is None:
            raise Problem(404, "no_export", "You have asked for none since the monitor was started.")
        return answer(now)

    @router.get("/exports/file", response_class=FileResponse, summary="Your own archive, once it is ready")
    async def file(person: PersonHere) -> Response:
        require(person, Role.CLINICIAN, Role.AUDITOR)
        path = jobs.file(person.username)
        if path is None:
            raise Problem(404, "no_export", "There is none that is ready: ask for one with POST, and look how far it is.")
        return FileResponse(path, media_type="application/zip", filename="sessions.zip")

    return router
