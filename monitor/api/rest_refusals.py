"""What the layers below say no with, as problems: a refused command is 409, a store that fails is 503, no route has to catch either."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request
from starlette.responses import Response

from monitor.access.roles import Person, Role
from monitor.api.problems import Problem, problem_response
from monitor.export.deidentified import NotSalted
from monitor.export.selection import SessionUnknown
from monitor.sessions.rebuild import Broken
from monitor.sessions.registry import CommandRefused
from monitor.store.ports import Store, StoreFailed

ON_RECORD_WITHIN_S: Final = 10.0

T = TypeVar("T")


def install_refusals(app: FastAPI) -> None:
    app.add_exception_handler(CommandRefused, _command_refused)
    app.add_exception_handler(StoreFailed, _store_failed)
    app.add_exception_handler(SessionUnknown, _session_unknown)
    app.add_exception_handler(Broken, _broken)
    app.add_exception_handler(NotSalted, _not_salted)


def require(person: Person, *roles: Role) -> None:
    """The guard's table says the same; this holds without it. Raises Problem (403)."""
    if person.role not in roles:
        raise Problem(403, "not_allowed", f"This is for: {', '.join(roles)}.")


def unknown_session() -> Problem:
    return Problem(404, "unknown_session", "There is no such session.")


async def why_not_open(store: Store, session_id: str) -> Problem:
    """For a command to a session that is not open."""
    row = await store.session(session_id)
    return unknown_session() if row is None else Problem(409, "session_ended", f"{session_id} is {row.phase}: its log takes nothing more.")


async def on_record(work: Coroutine[Any, Any, T]) -> T:
    """The result, when it is on disk. Raises Problem (503) after ten seconds: it was judged and is shown, and goes on record when the
    store works again. The work itself is never cancelled: others may wait for the same commit."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=ON_RECORD_WITHIN_S)
    if not done:
        task.add_done_callback(_seen)
        raise Problem(
            503, "not_on_record", "This was taken, but is not on record: the store does not work now. Look before you do it again."
        )
    return task.result()


def _seen(task: asyncio.Task[Any]) -> None:
    """The answer has gone out already; what the task ends with stands in the log or in the monitor's own state."""
    if not task.cancelled():
        task.exception()


async def _command_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, CommandRefused)
    return problem_response(Problem(409, error.reason, error.detail))


async def _store_failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, StoreFailed)
    detail = f"The store does not work now ({error.kind}). Try again."
    return problem_response(Problem(503, "store_failed", detail, headers={"Retry-After": "2"}))


async def _session_unknown(_: Request, __: Exception) -> Response:
    return problem_response(unknown_session())


async def _not_salted(_: Request, error: Exception) -> Response:
    return problem_response(Problem(409, "not_salted", f"{error}."))


async def _broken(_: Request, __: Exception) -> Response:
    return problem_response(
        Problem(409, "log_broken", "The log of this session does not stand up to its own seals: export it and verify it.")
    )
