"""`GET /metrics`: the monitor's figures about itself, in the Prometheus text format. No figure is about a patient."""

from fastapi import APIRouter
from starlette.responses import Response

from monitor.telemetry import CONTENT_TYPE, Telemetry


def routes(telemetry: Telemetry) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/metrics", summary="Figures for Prometheus")
    async def metrics() -> Response:
        return Response(telemetry.text(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return router
