"""The stand-in's account of the drug and the signature for the discharge."""

from typing import TYPE_CHECKING

from fastapi import Request
from msgspec.structs import replace
from starlette.responses import Response

from schemas.stream_wire import SignatureNow, VialNow, WasteNow
from tests.support.stub_answers import answered, noted

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor


def add(stub: "StubMonitor") -> None:
    @stub.server.post("/api/v1/sessions/{id_}/drug")
    async def account(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            one, seq = stub.fresh(stub.sessions[id_]), 5_000 + len(stub.journal)
            ug = round(body["amount_mg"] * 1000)
            if body["kind"] == "drawn":
                vial = VialNow(stub.now_ms(), "R. Vega", round(body["concentration_mg_per_ml"] * 1000), ug, body["lot"], seq)
                one = replace(one, vials=(*one.vials, vial))
            else:
                one = replace(one, wastes=(*one.wastes, WasteNow(stub.now_ms(), "R. Vega", body.get("note"), seq, ug, None)))
            stub.change(one, [(f"drug_{body['kind']}", f"{body['kind']} {body['amount_mg']} mg by vega")])

        return await answered(stub, request, apply)

    @stub.server.post("/api/v1/sessions/{id_}/drug/{waste}/witness")
    async def witness(request: Request, id_: str, waste: int) -> Response:
        await noted(stub, request)

        def apply() -> None:
            one = stub.fresh(stub.sessions[id_])
            wastes = tuple(replace(row, witness="vega") if row.seq == waste else row for row in one.wastes)
            stub.change(replace(one, wastes=wastes), [("waste_witnessed", "witnessed by vega")])

        return await answered(stub, request, apply)

    @stub.server.post("/api/v1/sessions/{id_}/sign-off")
    async def sign(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            signature = SignatureNow(stub.now_ms(), "vega", body["meaning"], "R. Vega")
            stub.change(replace(stub.fresh(stub.sessions[id_]), signed_off=signature), [("signed_off", "Signed by R. Vega")])

        return await answered(stub, request, apply)
