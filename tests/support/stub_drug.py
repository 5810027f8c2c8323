"""The stand-in's account of the drug and the signature for the discharge."""

from typing import TYPE_CHECKING

import msgspec
from fastapi import Request
from msgspec.structs import replace
from starlette.responses import Response

from monitor.api.signing import SigningNow
from monitor.sessions.summary import AlertRow, NoteRow, ObservationRow, Peak, SessionSummary, StepTaken
from schemas.alert import AlertKind, Priority
from schemas.limits import Effect
from schemas.log import GateFinding
from schemas.session import Phase, RecordState
from schemas.signs import Charted
from schemas.stream_wire import SignatureNow, VialNow, WasteNow
from schemas.vitals import Vital
from tests.support.stub_answers import answered, noted, problem

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor


def _summary(stub: "StubMonitor", id_: str) -> SessionSummary:
    one, at_ms = stub.fresh(stub.sessions[id_]), stub.now_ms()
    finding = GateFinding(Effect.OVERRIDE, "G-ADM", "escort: no", "Preparation")
    alert = AlertRow(
        "BP-H1.1", "Severe hypertension", Priority.HIGH, AlertKind.PHYSIOLOGICAL, "SBP 184 >= 180", at_ms - 60_000, "vega", 42.0
    )
    return SessionSummary(
        session=one,
        steps=(StepTaken(at_ms - 900_000, "vega", "checked on paper", Phase.INFUSING, (finding,)),),
        peaks=(Peak(Vital.SYSTOLIC_BP, 122.0, 184.0, at_ms - 60_000, 118.0, at_ms - 600_000),),
        alerts=(alert,),
        observations=(ObservationRow(at_ms, "vega", Charted.SEDATION, 4),),
        notes=(NoteRow(at_ms, "vega", "for room 4", "ruiz: wrong room"),),
    )


def add(stub: "StubMonitor") -> None:
    @stub.server.get("/api/v1/sessions/{id_}/summary", response_model=None)
    async def summary(id_: str) -> Response:
        if "/summary" in stub.refusals:
            status, told = stub.refusals["/summary"]
            return problem(status, told["reason"], told["detail"])
        return Response(msgspec.json.encode(_summary(stub, id_)), media_type="application/json")

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

    @stub.server.get("/api/v1/sessions/{id_}/sign-off")
    async def to_sign(id_: str) -> Response:
        under = RecordState("ab" * 32, stub.sessions[id_].last_seq, "cm9v" * 10 + "cm8=", 12)
        return Response(msgspec.json.encode(SigningNow(stub.now_ms(), "vega", "R. Vega", under)), media_type="application/json")

    @stub.server.post("/api/v1/sessions/{id_}/sign-off")
    async def sign(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            signature = SignatureNow(stub.now_ms(), "vega", body["meaning"], "R. Vega", RecordState(**body["under"]))
            stub.change(replace(stub.fresh(stub.sessions[id_]), signed_off=signature), [("signed_off", "Signed by R. Vega")])

        return await answered(stub, request, apply)
