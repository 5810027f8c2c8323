"""People: an administrator adds them, lets them in by a one-time link, and shuts them out. Passwords are set by the people themselves."""

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.people import PersonRefused
from monitor.access.ports import AlreadyThere, NotThere, PersonRow
from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies import NewPersonBody, PasswordBody
from monitor.api.problems import Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require


class PersonView(msgspec.Struct, frozen=True):
    """`has_password` false: comes in by one-time link only."""

    username: str
    name: str
    role: Role
    has_password: bool
    created_at_ms: int
    disabled_at_ms: int | None


class Ticket(msgspec.Struct, frozen=True):
    """`path` behind the monitor's address is the link that lets the person in once, within ten minutes. Shown now and never again."""

    username: str
    path: str


def routes(access: AccessControl, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["people"])

    @router.get("/people", responses=documented.responses(tuple[PersonView, ...]), summary="Everybody, disabled people too")
    async def people(person: PersonHere) -> Response:
        require(person, Role.ADMIN, Role.AUDITOR)
        return answer([_view(row) for row in await access.people.all()])

    @router.post("/people", status_code=201, responses=documented.responses(PersonView, status=201, problems=[409]), summary="Add a person")
    async def add(person: PersonHere, body: NewPersonBody) -> Response:
        require(person, Role.ADMIN)
        try:
            row = await access.add_person(body.username, body.name, Role(body.role), password=None, by=person.username)
        except AlreadyThere as there:
            raise Problem(409, "already_there", f"{body.username} is known already") from there
        except PersonRefused as refused:
            raise Problem(422, refused.reason, refused.detail) from refused
        return answer(_view(row), 201)

    @router.post(
        "/people/{username}/tickets",
        status_code=201,
        responses=documented.responses(Ticket, status=201, problems=[404]),
        summary="A login link",
    )
    async def ticket(person: PersonHere, username: str) -> Response:
        require(person, Role.ADMIN)
        try:
            made = await access.issue_ticket(username, by=person.username)
        except NotThere as unknown:
            raise _unknown() from unknown
        return answer(Ticket(username, f"/auth/ticket?ticket={made}"), 201)

    @router.delete(
        "/people/{username}", status_code=204, responses=documented.responses(None, status=204, problems=[404]), summary="Shut out"
    )
    async def shut_out(person: PersonHere, username: str) -> Response:
        require(person, Role.ADMIN)
        try:
            await access.set_disabled(username, disabled=True, by=person.username)
        except NotThere as unknown:
            raise _unknown() from unknown
        return Response(status_code=204)

    @router.put(
        "/me/password",
        status_code=204,
        responses=documented.responses(None, status=204),
        summary="Set the own password; ends all own sessions",
    )
    async def own_password(person: PersonHere, body: PasswordBody) -> Response:
        try:
            await access.set_password(person.username, body.password, by=person.username)
        except PersonRefused as refused:
            raise Problem(422, refused.reason, refused.detail) from refused
        return Response(status_code=204)

    return router


def _unknown() -> Problem:
    return Problem(404, "not_found", "There is no such person who may come in.")


def _view(row: PersonRow) -> PersonView:
    return PersonView(
        username=row.username,
        name=row.name,
        role=row.role,
        has_password=row.password_hash is not None,
        created_at_ms=row.created_at_ms,
        disabled_at_ms=row.disabled_at_ms,
    )
