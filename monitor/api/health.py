"""`/healthz`: the process answers; no I/O. `/readyz`: the store answers and everything that must run, runs; else 503 and which does not."""

import asyncio
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from monitor.api.rest_answers import answer
from monitor.sessions.registry import Registry
from monitor.store.ports import Store, StoreFailed

PING_WITHIN_S: Final = 2.0


def routes(registry: Registry, store: Store) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Alive")
    async def alive() -> Response:
        return answer({"status": "ok"})

    @router.get("/readyz", summary="Ready; 503 with what is not")
    async def ready() -> Response:
        checks = {**registry.checks, "store": await _answers(store)}
        is_ready = all(checks.values())
        return answer({"status": "ok" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503)

    return router


async def _answers(store: Store) -> bool:
    try:
        async with asyncio.timeout(PING_WITHIN_S):
            await store.ping()
    except (StoreFailed, TimeoutError):
        return False
    return True
