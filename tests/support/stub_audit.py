"""What the stand-in for the monitor answers to the Audit page: the verifier takes two looks for a record, and refuses the second one."""

from typing import TYPE_CHECKING

import msgspec
from fastapi import Request
from msgspec.structs import replace
from starlette.responses import Response

from schemas.review import AccessRow, AuditNow, ExportNow
from tests.support.stub_answers import noted, problem
from tests.support.stub_review import OVER
from tests.support.stub_ward import START_MS

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor

HEAD = "f4" * 32
WHOLE = AuditNow(
    session=OVER,
    state="verified",
    head=HEAD,
    entries=12_345,
    is_complete=True,
    expected=9_000,
    received=8_990,
    gaps=1,
    gap_s=12.5,
    says=("sim-room-3, SpO2: 3000 values were due, 2990 came, 1 gaps of 12.5 s in all.",),
    lines=(f"VERIFIED {OVER}.bundle.zip", "All 21 files are those of the signed manifest.", f"head {HEAD}", "signed by 34750f98bd59fcfc"),
    checked_at_ms=START_MS,
)
REFUSED = replace(
    WHOLE,
    session="S-000102",
    state="refused",
    is_complete=False,
    why_incomplete="open",
    lines=("REFUSED", "line 123, entry seq 119: the seal does not fit"),
)


def add(stub: "StubMonitor") -> None:
    asked: dict[str, int] = {}  # how often each was looked at since it was asked for

    @stub.server.post("/api/v1/audits")
    async def ask(request: Request) -> Response:
        body = await noted(stub, request)
        asked.update(dict.fromkeys(body["sessions"], 0))
        return _json([_now(session, 0) for session in body["sessions"]], 202)

    @stub.server.get("/api/v1/audits")
    async def known(request: Request) -> Response:
        sessions = [session for session in request.query_params.getlist("session") if session in asked]
        for session in sessions:
            asked[session] += 1
        return _json([_now(session, asked[session]) for session in sessions])

    made: list[ExportNow] = []  # what is answered next; the last one stays

    @stub.server.post("/api/v1/exports")
    async def take(request: Request) -> Response:
        body = await noted(stub, request)
        total, form = len(body["sessions"]), body["format"]
        made[:] = [ExportNow("writing", form, 0, total, 12_000), ExportNow("ready", form, total, total, 3_200_000, ("S-000102: gone",))]
        return _json(ExportNow("waiting", form, 0, total, 0), 202)

    @stub.server.get("/api/v1/exports")
    async def taken() -> Response:
        if not made:
            return problem(404, "no_export", "You have asked for none.")
        return _json(made.pop(0) if len(made) > 1 else made[0])

    @stub.server.get(f"/api/v1/sessions/{OVER}/accesses")
    async def accesses() -> Response:
        return _json([AccessRow(START_MS, "export", "vega", "bundle"), AccessRow(START_MS - 60_000, "read", "<b>vega</b>", "audit")])


def _now(session: str, looks: int) -> AuditNow:
    over = WHOLE if session == OVER else REFUSED
    return over if looks > 1 else AuditNow(session=session, state="waiting", head=HEAD, entries=over.entries)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
