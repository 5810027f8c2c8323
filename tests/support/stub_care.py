"""The stand-in's charting, gates, limits and pause of the sound: as much of the monitor's answers as a screen can see."""

from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import Request
from msgspec.structs import replace
from starlette.responses import Response

from monitor.sessions.protocols import protocols
from schemas.limits import Effect
from schemas.log import GateFinding
from schemas.signs import SIGNS, Charted
from schemas.stream_wire import LimitNow, ObservationNow, SessionNow
from schemas.vitals import Vital
from tests.support import stub_bind, stub_drug
from tests.support.stub_answers import answered, noted, problem

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor

NEEDED = {
    "start": (Charted.CONSENT, Charted.ESCORT, Charted.DOSE_CHECKED, Charted.ALLERGY, Charted.PREGNANCY),
    "discharge": (Charted.SEDATION, Charted.DISSOCIATION, Charted.DISCHARGE_SCORE),
}
OPTIONAL = {"start": (Charted.MAOI, Charted.STIMULANT), "discharge": (Charted.NAUSEA,)}
LIMITS: tuple[dict[str, Any], ...] = (
    {"rule": "BP-H1", "title": "Severe hypertension", "priority": "high", "vital": "systolic_bp", "label": "SBP", "unit": "mm[Hg]"}
    | {"direction": "high", "limit": 180, "ordinary": 180, "lowest": 160, "highest": 220, "needs_second": True},
    {"rule": "HR-M1", "title": "Tachycardia", "priority": "medium", "vital": "heart_rate", "label": "HR", "unit": "/min"}
    | {"direction": "high", "limit": 111, "ordinary": 111, "lowest": 100, "highest": 130, "needs_second": False},
)
CHECKS = [{"rule": "SED-L1", "sign": "sedation", "every_ms": 600_000, "phases": ["infusing"]}]


def add(stub: "StubMonitor") -> None:
    _charting(stub)
    _corrections(stub)
    _protocols(stub)
    stub_drug.add(stub)
    stub_bind.add(stub)
    _sound(stub)
    _limits(stub)


def observed(one: SessionNow, sign: Charted, value: int, at_ms: int, by: str = "vega") -> SessionNow:
    """The session with a sign charted anew."""
    others = tuple(row for row in one.observations if row.sign is not sign)
    return replace(one, observations=(*others, ObservationNow(at_ms, by, sign, value)))


def all_answered(one: SessionNow, before: str) -> SessionNow:
    """With nothing left that is asked before that step, and nothing against it."""
    good = {Charted.ALLERGY: 0, Charted.PREGNANCY: 0, Charted.SEDATION: 5, Charted.DISSOCIATION: 0, Charted.DISCHARGE_SCORE: 10}
    for sign in NEEDED[before]:
        one = observed(one, sign, good.get(sign, 1), one.given_at_ms)
    return one


def findings(one: SessionNow, before: str) -> list[GateFinding]:
    """Closed while a sign is not charted; for good by an allergy; noted for a stimulant."""
    charted = {row.sign: row.value for row in one.observations}
    found = []
    missing = [SIGNS[sign].label for sign in NEEDED[before] if sign not in charted]
    if missing:
        found.append(GateFinding(Effect.OVERRIDE, "G-ADM", "; ".join(f"{label}: not charted" for label in missing), "Preparation"))
    if before == "start" and charted.get(Charted.ALLERGY):
        found.insert(0, GateFinding(Effect.HARD, "G-CI1", "allergy to ketamine", "Contraindication"))
    if before == "start" and charted.get(Charted.STIMULANT):
        found.append(GateFinding(Effect.CAUTION, "G-MED", "takes a stimulant", "Other medicine that matters"))
    return found


def _charting(stub: "StubMonitor") -> None:
    @stub.server.get("/api/v1/sessions/{id_}/gates", response_model=None)
    async def gates(id_: str, before: str) -> Response:
        stub.gates_asked += 1
        if "/gates" in stub.refusals:
            status, told = stub.refusals["/gates"]
            return problem(status, told["reason"], told["detail"])
        one = stub.sessions[id_]
        asked = [(sign, True) for sign in NEEDED[before]] + [(sign, False) for sign in OPTIONAL[before]]
        body = {
            "at_ms": stub.now_ms(),
            "before": before,
            "findings": findings(one, before),
            "asked": [{"form": {"sign": sign, "label": SIGNS[sign].label}, "is_required": needed, "now": None} for sign, needed in asked],
        }
        return Response(msgspec.json.encode(body), media_type="application/json")

    @stub.server.post("/api/v1/sessions/{id_}/observations")
    async def chart(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            one = stub.fresh(stub.sessions[id_])
            for item in body["items"]:
                one = observed(one, Charted(item["sign"]), item["value"], stub.now_ms())
            stub.change(one, [("observation_charted", f"{item['sign']} {item['value']} charted by vega") for item in body["items"]])

        return await answered(stub, request, apply)


def _protocols(stub: "StubMonitor") -> None:
    @stub.server.get("/api/v1/protocols", response_model=None)
    async def presets() -> Response:
        return Response(msgspec.json.encode(protocols()), media_type="application/json")


def _corrections(stub: "StubMonitor") -> None:
    @stub.server.post("/api/v1/sessions/{id_}/corrections")
    async def correct(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            line = stub.happened(id_, "entry_voided", f"Entry {body['entry']} was made in error, marked by vega: {body['reason']}")
            stub.publish(sessions=(stub.fresh(stub.sessions[id_]),), journal=(replace(line, voids=body["entry"]),))

        return await answered(stub, request, apply)

    @stub.server.post("/api/v1/sessions/{id_}/patient-code")
    async def correct_patient(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            if id_ not in stub.sessions:
                return  # it is over: the page shows what it sent
            one = stub.fresh(stub.sessions[id_])
            said = f"Patient code {body['code']}, not {body['instead_of']}, corrected by vega: {body['reason']}"
            stub.change(replace(one, patient=replace(one.patient, code=body["code"])), [("patient_corrected", said)])

        return await answered(stub, request, apply)


def _sound(stub: "StubMonitor") -> None:
    @stub.server.post("/api/v1/sessions/{id_}/audio-pause")
    async def pause(request: Request, id_: str) -> Response:
        body = await noted(stub, request)
        return await answered(stub, request, lambda: stub.pause(id_, body["seconds"]))

    @stub.server.delete("/api/v1/sessions/{id_}/audio-pause")
    async def resume(request: Request, id_: str) -> Response:
        stub.posts.append((request.method, request.url.path, None))
        return await answered(stub, request, lambda: stub.resume(id_, "ended by person"))


def _limits(stub: "StubMonitor") -> None:
    @stub.server.get("/api/v1/sessions/{id_}/limits", response_model=None)
    async def limits(id_: str) -> Response:
        in_force = {(row.rule, row.vital): row.limit for row in stub.sessions[id_].own_limits if row.proposal is None}
        rows = [{**row, "limit": in_force.get((row["rule"], row["vital"]), row["limit"])} for row in LIMITS]
        return Response(msgspec.json.encode({"limits": rows, "checks": CHECKS}), media_type="application/json")

    @stub.server.get("/api/v1/ward/checks")
    async def checks() -> dict[str, Any]:
        return dict.fromkeys(stub.sessions, CHECKS)

    @stub.server.get("/api/v1/sessions/{id_}/limits-in-force")
    async def limits_in_force(id_: str) -> list[dict[str, Any]]:
        own = {(row.rule, row.vital): row.limit for row in stub.sessions[id_].own_limits if row.proposal is None}
        return [{**row, "limit": own.get((row["rule"], row["vital"]), row["limit"])} for row in LIMITS]

    @stub.server.post("/api/v1/sessions/{id_}/limits")
    async def propose(request: Request, id_: str) -> Response:
        body = await noted(stub, request)

        def apply() -> None:
            row = next(row for row in LIMITS if row["rule"] == body["rule"])
            waits = row["needs_second"] and body["limit"] > row["limit"]
            made = LimitNow(
                "R. Vega", body["direction"], body["limit"], row["ordinary"], 1 if waits else None, body["rule"], Vital(body["vital"])
            )
            one = stub.fresh(stub.sessions[id_])
            stub.change(replace(one, own_limits=(*one.own_limits, made)), [("limit_proposed", f"{body['rule']}: limit proposed by vega")])

        return await answered(stub, request, apply)

    @stub.server.post("/api/v1/sessions/{id_}/limits/{proposal}/confirmation")
    async def confirm(request: Request, id_: str, proposal: int) -> Response:
        await noted(stub, request)

        def apply() -> None:
            one = stub.fresh(stub.sessions[id_])
            own = tuple(replace(row, proposal=None) if row.proposal == proposal else row for row in one.own_limits)
            stub.change(replace(one, own_limits=own), [("limit_confirmed", f"Proposal {proposal} confirmed by vega")])

        return await answered(stub, request, apply)
