"""One shape for every error of every route: RFC 9457 `application/problem+json`.

    {"type": "urn:infusion-monitor:problem:malformed", "title": "Unprocessable Content", "status": 422,
     "detail": "...", "reason": "malformed", "errors": [{"where": "body.room", "detail": "Field required"}]}

`reason` is what a program goes by, `detail` what a person reads. Nothing that was sent is sent back, and of an unforeseen error only
that it happened: what is in the request may be a patient's. A route raises `Problem`; everything else is turned into one here.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.websockets import WebSocket

from monitor.access.ports import AccessStoreFailed

MEDIA_TYPE: Final = "application/problem+json"
MAX_ERRORS: Final = 20
_MAX_TEXT: Final = 300
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_TYPE: Final = "urn:infusion-monitor:problem:"
_WHERE_IN_MSGSPEC: Final = re.compile(r"^(?P<detail>.*?)(?: - at `(?P<where>[^`]*)`)?$", re.DOTALL)
_QUOTED: Final = re.compile(r"(?<=value )(?:'[^']*'|\d\S*)")


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request, and where: 'body.order.duration_min'."""

    where: str
    detail: str


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    type: str
    title: str
    status: int
    detail: str
    reason: str
    instance: str | None = None
    errors: tuple[Fault, ...] = ()


class Problem(Exception):
    """Raised by a route: the answer is this problem. `detail` holds no patient data; at most 20 faults are told."""

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        instance: str | None = None,
    ) -> None:
        super().__init__(f"{status} {reason}: {detail}")
        self.status = status
        self.reason = reason
        self.detail = detail
        self.errors = tuple(errors[:MAX_ERRORS])
        self.headers = dict(headers or {})
        self.instance = instance


def problem_response(problem: Problem) -> Response:
    body = ProblemBody(
        type=_TYPE + problem.reason,
        title=_phrase(problem.status),
        status=problem.status,
        detail=problem.detail[:_MAX_TEXT],
        reason=problem.reason,
        instance=problem.instance,
        errors=problem.errors,
    )
    return Response(msgspec.json.encode(body), problem.status, _HEADERS | problem.headers, MEDIA_TYPE)


def malformed(error: msgspec.MsgspecError) -> Problem:
    """For a route that decodes its body with msgspec: the same answer as FastAPI's own validation gives."""
    match = _WHERE_IN_MSGSPEC.match(str(error))
    assert match is not None
    where = "body" + (match["where"] or "").removeprefix("$")
    return _malformed([Fault(where[:_MAX_TEXT], _QUOTED.sub("given", match["detail"])[:_MAX_TEXT])])


def install(app: FastAPI) -> None:
    """Registers the handlers. Refuses an application in debug mode: its 500 page shows source and values."""
    if app.debug:
        raise ValueError("debug must be off: its error page shows what is in memory")
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(WebSocketRequestValidationError, _on_invalid_websocket)
    app.add_exception_handler(AccessStoreFailed, _on_access_store_failed)
    app.add_exception_handler(Exception, _on_unforeseen)


def unavailable() -> Problem:
    return Problem(
        503, "access_store_failed", "Access control cannot read or write its records now. Try again.", headers={"Retry-After": "2"}
    )


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _on_http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    phrase = _phrase(error.status_code)
    detail: object = error.detail  # FastAPI's own HTTPException takes anything here
    if not isinstance(detail, str) or not detail:
        detail = phrase
    return problem_response(Problem(error.status_code, _snake(phrase), detail, headers=error.headers))


async def _on_invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [Fault(".".join(str(part) for part in found["loc"])[:_MAX_TEXT], str(found["msg"])[:_MAX_TEXT]) for found in error.errors()]
    return problem_response(_malformed(faults))


async def _on_invalid_websocket(websocket: WebSocket, _: Exception) -> None:
    await websocket.close(1008, "malformed")


async def _on_access_store_failed(_: Request, __: Exception) -> Response:
    return problem_response(unavailable())


async def _on_unforeseen(_: Request, __: Exception) -> Response:
    """The server logs the error itself, with its traceback: it is raised again after this answer."""
    return problem_response(Problem(500, "internal_error", "Something went wrong in the monitor. It is in the server's log."))


def _malformed(faults: list[Fault]) -> Problem:
    told = f"{len(faults)} things are wrong" if len(faults) != 1 else "One thing is wrong"
    return Problem(422, "malformed", f"{told} with what was sent; nothing was done.", errors=faults)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _snake(phrase: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", phrase.lower())
