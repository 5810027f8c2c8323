"""A patient's course: the sessions that one code joins, and the outcome scores between them."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.roles import Role
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.bodies import Body, one_line, to_thousandths
from monitor.api.problems import Fault, Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import on_record, require
from monitor.clock import Clock
from monitor.review.past import Past, SessionGone
from monitor.store.ports import StoreFailed
from monitor.store.review import NewOutcome
from schemas.outcomes import Instrument, Outcome, refuse_value
from schemas.review import Course, PatientsPage
from schemas.session import CODE_PATTERN

PAGE: Final = 100
Code = Annotated[str, InPath(pattern=CODE_PATTERN)]


class OutcomeBody(Body):
    """`value` in the unit of the instrument; null with `corrects` takes a row back. `taken_on`: YYYY-MM-DD, not after today at the site.
    A correction names its row and says why."""

    instrument: Instrument = Field(strict=False)
    value: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    taken_on: date = Field(strict=False)
    corrects: Annotated[int, Field(ge=1)] | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(one_line)] | None = None


def routes(past: Past, access: AccessControl, clock: Clock, documented: Documented) -> APIRouter:
    router = APIRouter(prefix="/patients", tags=["review"])

    @router.get("", responses=documented.responses(PatientsPage), summary="The codes that join sessions, a page at a time")
    async def patients(
        person: PersonHere,
        address: AddressHere,
        after: Annotated[str, Query(max_length=16)] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 50,
    ) -> Response:
        await access.reading(person, address, what="patients")
        return answer(await past.patients(after, limit))

    @router.get("/{code}", responses=documented.responses(Course, problems=[404]), summary="A patient's sessions and outcome scores")
    async def course(person: PersonHere, address: AddressHere, code: Code) -> Response:
        await access.reading(person, address, what=f"patient {code}")
        try:
            return answer(await past.course(code, clock.now_ms()))
        except SessionGone:
            raise _unknown() from None

    @router.post(
        "/{code}/outcomes",
        status_code=201,
        responses=documented.responses(Outcome, status=201, problems=[404, 409]),
        summary="Enter an outcome score, or correct one by a further row",
    )
    async def enter(person: PersonHere, code: Code, body: OutcomeBody) -> Response:
        require(person, Role.CLINICIAN)
        new = _checked(code, body, person.username, clock.now_ms(), past)
        try:
            return answer(await on_record(past.add_outcome(new)), 201)
        except SessionGone:
            raise _unknown() from None
        except StoreFailed as failed:
            if failed.kind != "constraint":
                raise
            raise Problem(409, "corrects_nothing", f"{failed.detail}.") from failed

    return router


def _checked(code: str, body: OutcomeBody, by: str, now_ms: int, past: Past) -> NewOutcome:
    """Raises Problem (422)."""
    faults: list[Fault] = []
    value_milli = None if body.value is None else to_thousandths(body.value)
    refusal = None if value_milli is None else refuse_value(body.instrument, value_milli)
    if refusal is not None:
        faults.append(Fault("body.value", refusal))
    if value_milli is None and body.corrects is None:
        faults.append(Fault("body.value", "a value is needed"))
    if not date(1900, 1, 1) <= body.taken_on <= past.day_of(now_ms):
        faults.append(Fault("body.taken_on", "it is not a day up to today"))
    if (body.corrects is None) is not (body.reason is None):
        faults.append(Fault("body.reason", "a correction needs a reason, and nothing else has one"))
    if faults:
        raise Problem(422, "malformed", "Nothing was saved.", errors=faults)
    fields: dict[str, Any] = {"corrects": body.corrects, "reason": body.reason}
    return NewOutcome(
        code=code,
        instrument=body.instrument,
        value_milli=value_milli,
        taken_on=body.taken_on.isoformat(),
        entered_at_ms=now_ms,
        by=by,
        **fields,
    )


def _unknown() -> Problem:
    return Problem(404, "unknown_patient", "No session on record has this code.")
