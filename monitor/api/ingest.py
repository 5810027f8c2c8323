"""Where devices come in: `WS /ingest/ws` and `POST /api/v1/ingest`."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import Response

from monitor.access.roles import Device
from monitor.api.auth import device_here
from monitor.api.ingest_connection import DeviceConnection, Line, Patience
from monitor.api.ingest_post import STATUSES, PostedFrames
from monitor.api.rest_answers import Documented, answer
from monitor.clock import Clock
from monitor.ingest.ports import Recorder
from schemas.device_wire import Ack, Frame


class Lines:
    """The line of every device that spoke since the start: as many as there are registered devices, for nobody else comes this far."""

    def __init__(
        self, recorder: Recorder, clock: Clock, still_valid: Callable[[Device], bool], *, patience: Patience, max_in_flight: int
    ) -> None:
        self._lines: dict[str, Line] = {}
        self._posted = PostedFrames(recorder, clock, patience)
        self._parts: dict[str, Any] = {
            "recorder": recorder,
            "clock": clock,
            "still_valid": still_valid,
            "patience": patience,
            "max_in_flight": max_in_flight,
        }

    def line(self, device: str) -> Line:
        return self._lines.setdefault(device, Line())

    async def connect(self, websocket: WebSocket, device: Device) -> None:
        """Returns when the connection is over."""
        await DeviceConnection(websocket, device, self.line(device.device), **self._parts).run()

    async def post(self, request: Request, device: Device) -> Ack:
        """Raises Problem."""
        return await self._posted.take(device, self.line(device.device), request)


def routes(lines: Lines, documented: Documented) -> APIRouter:
    """`device_here` is called rather than depended on: FastAPI would run it in a thread for every frame."""
    router = APIRouter(tags=["devices"])

    @router.websocket("/ingest/ws")
    async def connect(websocket: WebSocket) -> None:
        await lines.connect(websocket, device_here(websocket))

    @router.post(
        "/api/v1/ingest",
        responses=documented.responses(Ack, problems=STATUSES),
        openapi_extra=documented.body(Frame),
        summary="One frame of a device; acknowledged when it is on disk",
    )
    async def post(request: Request) -> Response:
        return answer(await lines.post(request, device_here(request)))

    return router
