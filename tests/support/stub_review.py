"""What the stand-in for the monitor answers to the pages that look back: two sessions on record, one of them over; one patient's course."""

from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import Request
from msgspec.structs import replace
from starlette.responses import Response

from schemas.measurement import Mode
from schemas.outcomes import Instrument, Outcome
from schemas.review import (
    AlertCounts,
    AlertDay,
    AlertFigures,
    AlertRow,
    Course,
    LimitChoice,
    PastPage,
    PatientRow,
    PatientsPage,
    SessionFigures,
    Symptom,
)
from schemas.session import Phase
from schemas.signs import Charted
from schemas.stream_wire import SessionNow
from tests.support import stub_ward
from tests.support.stub_answers import noted, problem
from tests.support.stub_ward import MINUTE_MS, START_MS

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor

OVER = "S-000101"
CODE = "K-0017"


def past() -> SessionNow:
    """As REST tells it: the numbers it ended with, minutes of age at most."""
    began = START_MS - 400 * MINUTE_MS
    one = stub_ward.session(101, "Room 3", "R. P.", phase=Phase.CLOSED, created_at_ms=began, rate_ug_per_min=0, given_ug=35_000)
    ended = began + 130 * MINUTE_MS
    times = {
        "started_at_ms": began + 20 * MINUTE_MS,
        "stopped_at_ms": began + 60 * MINUTE_MS,
        "phase_since_ms": ended,
        "given_at_ms": ended,
    }
    return replace(one, patient=replace(one.patient, code=CODE), **times)


def figures(one: SessionNow, **changes: Any) -> SessionFigures:
    found = SessionFigures(
        session=one.id,
        room=one.room,
        patient=one.patient,
        order=one.order,
        phase=one.phase,
        modes=(one.mode,),
        created_at_ms=one.created_at_ms,
        started_at_ms=one.started_at_ms,
        stopped_at_ms=one.stopped_at_ms,
        closed_at_ms=one.phase_since_ms if one.phase is Phase.CLOSED else None,
        last_at_ms=one.phase_since_ms,
        given_ug=one.given_ug,
        baseline_sbp=125.0,
        baseline_dbp=76.0,
        peak_sbp=171.0,
        peak_dbp=96.0,
        peak_at_ms=(one.started_at_ms or 0) + 31 * MINUTE_MS,
        has_left_band=True,
        back_at_ms=(one.started_at_ms or 0) + 55 * MINUTE_MS,
        lowest_spo2=93.0,
        alerts=AlertCounts(1, 2, 1, 3),
        symptoms=(Symptom(Charted.NAUSEA, 2, one.created_at_ms),),
        notes=1,
        last_seq=900,
    )
    return replace(found, **changes)


def _alerts() -> AlertFigures:
    row = AlertRow("all", "All alerts", 7, 1.4, 3.5, 5, 42_000, 130_000, 2, 1, 1)
    days = (AlertDay("2026-11-20", 1, AlertCounts(1, 1, 0, 2)), AlertDay("2026-11-21", 1, AlertCounts(0, 1, 1, 1)))
    kinds = tuple(replace(row, name=name) for name in ("high", "medium", "low", "technical"))
    rules = (replace(row, name="BP-H1", title="Severe hypertension"), replace(row, name="OX-H2", title="Low SpO2"))
    return AlertFigures(
        2, 5.0, left_out=False, total=row, priorities=kinds, rules=rules, rooms=(replace(row, name="Room 3"),), days=days, zone="UTC"
    )


def add(stub: "StubMonitor") -> None:
    get, post = stub.server.get, stub.server.post
    scores = [
        Outcome(no=1, code=CODE, instrument=Instrument.PHQ9, value_milli=14_000, taken_on="2026-11-02", entered_at_ms=START_MS, by="vega")
    ]
    running = stub_ward.simulated(stub_ward.session(102, "Room 4", "T. W.", birth_year=None))

    @get("/api/v1/past-sessions")
    async def past_sessions(room: str = "", before: str = "") -> Response:
        both = (
            figures(running, phase=Phase.INFUSING, closed_at_ms=None, modes=(Mode.SIMULATED,)),
            figures(past(), brought_in=stub.brought_in),
        )
        shown = tuple(each for each in both if room in {"", each.room} and (not before or each.session < before))
        return _json(PastPage(shown, None if before else OVER, 0, (), "UTC"))

    @get(f"/api/v1/sessions/{OVER}")
    async def session() -> Response:
        return _json(past())

    @get(f"/api/v1/sessions/{OVER}/figures")
    async def of_session() -> Response:
        return _json(figures(past(), brought_in=stub.brought_in))

    @get(f"/api/v1/sessions/{OVER}/alerts")
    async def alerts() -> Response:
        one = past()
        return _json(
            [stub_ward.tachycardia(), replace(stub_ward.no_signal(), acknowledged_by="vega", acknowledged_at_ms=one.created_at_ms)]
        )

    @get(f"/api/v1/sessions/{OVER}/readings")
    async def readings() -> Response:
        return _json({"heart_rate": {"at_ms": [], "measured_at_ms": [], "value": [], "validity": [], "reason": []}})

    @get("/api/v1/alert-figures")
    async def alert_figures() -> Response:
        return _json(_alerts())

    @get("/api/v1/patients")
    async def patients() -> Response:
        return _json(PatientsPage((PatientRow(CODE, 1, START_MS),), None, "UTC"))

    @get(f"/api/v1/patients/{CODE}")
    async def course() -> Response:
        return _json(Course(CODE, (figures(past()),), tuple(scores), is_whole=True, left_out=False, zone="UTC", today="2026-11-22"))

    @post(f"/api/v1/patients/{CODE}/outcomes")
    async def enter(request: Request) -> Response:
        body = await noted(stub, request)
        if body["value"] > 27:
            return problem(422, "malformed", "Nothing was saved.", [{"where": "body.value", "detail": "PHQ-9 is 0 to 27"}])
        row = replace(scores[0], no=len(scores) + 1, value_milli=round(body["value"] * 1000), taken_on=body["taken_on"])
        scores.append(row)
        return _json(row, 201)

    @get("/api/v1/backtest/limits")
    async def limits() -> Response:
        return _json([LimitChoice("BP-H1", "Severe hypertension", "high", "systolic_bp", "high", 180, 160, 220, "mm[Hg]")])


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
