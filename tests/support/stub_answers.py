"""How the stand-in takes a command: it notes it, refuses it or holds its answer back where a test said so, and applies it else."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor


async def noted(stub: "StubMonitor", request: Request) -> Any:
    body = await request.json()
    stub.posts.append((request.method, request.url.path, body))
    return body


async def answered(stub: "StubMonitor", request: Request, apply: Callable[[], None]) -> Response:
    """Refused where a test said so, held back where it said so, else applied."""
    for ending, event in stub.held.items():
        if request.url.path.endswith(ending):
            await asyncio.to_thread(event.wait, 10)
    for ending, (status, told) in stub.refusals.items():
        if request.url.path.endswith(ending):
            return problem(status, told["reason"], told["detail"], told.get("errors"))
    apply()
    return JSONResponse({})


def problem(status: int, reason: str, detail: str, errors: list[dict[str, str]] | None = None) -> JSONResponse:
    body = {"type": f"/problems/{reason}", "title": reason, "status": status, "detail": detail, "reason": reason, "errors": errors or []}
    return JSONResponse(body, status, media_type="application/problem+json")
