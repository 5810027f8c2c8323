"""The stand-in's bindings: a device comes to a session, and leaves it with its values."""

from typing import TYPE_CHECKING

from fastapi import Request
from msgspec.structs import replace
from starlette.responses import Response

from schemas.measurement import Mode
from schemas.stream_wire import DeviceNow
from tests.support.stub_answers import answered, noted

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor


def add(stub: "StubMonitor") -> None:
    @stub.server.post("/api/v1/sessions/{id_}/bindings")
    async def bind(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            one = stub.fresh(stub.sessions[id_])
            device = DeviceNow(device=body["device"], mode=Mode.REAL, source="bedside monitor", is_connected=True)
            stub.change(replace(one, devices=(*one.devices, device)), [("device_bound", f"{body['device']} bound by vega")])

        return await answered(stub, request, apply)

    @stub.server.delete("/api/v1/sessions/{id_}/bindings/{device}")
    async def unbind(request: Request, id_: str, device: str) -> Response:
        stub.posts.append((request.method, request.url.path, None))

        def apply() -> None:
            one = stub.fresh(stub.sessions[id_])
            left = tuple(row for row in one.devices if row.device != device)
            values = tuple(row for row in one.vitals if row.device != device)
            stub.change(replace(one, devices=left, vitals=values), [("device_unbound", f"{device} unbound by vega")])

        return await answered(stub, request, apply)
