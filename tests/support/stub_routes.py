"""The routes of the stand-in for the monitor: /stream, what a screen reads, what a person does, sign-in as far as a screen meets it."""

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import Request, WebSocket, WebSocketDisconnect
from msgspec.structs import replace
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from schemas.session import Phase
from schemas.stream_wire import ScreenSays, SessionNow
from schemas.vitals import VITAL_SIGNS
from tests.support import stub_audit, stub_care, stub_review, stub_ward
from tests.support.stub_answers import answered, noted, problem

if TYPE_CHECKING:
    from tests.support.stub_monitor import StubMonitor


def add(stub: "StubMonitor") -> None:
    _stream_route(stub)
    stub_audit.add(stub)
    stub_review.add(stub)  # before the routes for any session
    _read_routes(stub)
    stub_care.add(stub)
    _command_routes(stub)

    @stub.server.middleware("http")
    async def secure(request: Request, answer: Callable[[Request], Any]) -> Response:
        response: Response = await answer(request)
        response.headers["content-security-policy"] = stub.policy
        return response


def _stream_route(stub: "StubMonitor") -> None:
    @stub.server.websocket("/stream")
    async def stream(socket: WebSocket, stream: str | None = None, since: int | None = None) -> None:
        if stub.is_signed_out:
            await socket.close()
            return
        await socket.accept()
        stub.asked.append(str(socket.url.query))
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        if not stub.is_silent:
            for raw in stub.first_frames(stream, since):
                await socket.send_text(raw.decode())
        stub.clients.add(queue)
        reader = asyncio.ensure_future(_read(stub, socket, queue))
        try:
            while raw := await queue.get():
                await socket.send_text(raw.decode())
            await socket.close()
        except (WebSocketDisconnect, RuntimeError):
            return  # the screen went away
        finally:
            stub.clients.discard(queue)
            reader.cancel()


async def _read(stub: "StubMonitor", socket: WebSocket, queue: asyncio.Queue[bytes]) -> None:
    """Take what a screen says, strictly as the monitor does; notice that it went away."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            stub.said.append(msgspec.json.decode(await socket.receive_text(), type=ScreenSays))
    queue.put_nowait(b"")


def _read_routes(stub: "StubMonitor") -> None:
    get = stub.server.get

    @get("/api/v1/me")
    async def me() -> Response:
        if stub.is_signed_out:
            return JSONResponse({"reason": "unauthenticated"}, 401)
        return JSONResponse({"username": "vega", "role": stub.role})

    @get("/auth/login")
    async def login() -> HTMLResponse:
        return HTMLResponse("<title>Sign in</title><h1>Sign in</h1>")

    @stub.server.post("/auth/logout")
    async def logout() -> RedirectResponse:
        stub.posts.append(("POST", "/auth/logout", None))
        return RedirectResponse("/auth/login", 303)

    @get("/api/v1/ward/trend")
    async def ward_trend(minutes: int = 10) -> dict[str, Any]:
        until = stub.now_ms()
        return {"sessions": {one.id: _columns(one, until - minutes * 60_000, until, step=5) for one in stub.sessions.values()}}

    @get("/api/v1/sessions/{id_}", response_model=None)
    async def session(id_: str) -> Response:
        if id_ not in stub.sessions:
            return problem(404, "unknown_session", f"there is no session {id_}")
        return Response(msgspec.json.encode(stub.fresh(stub.sessions[id_])), media_type="application/json")

    @get("/api/v1/sessions/{id_}/journal")
    async def journal(id_: str) -> Response:
        page = {"entries": [line for line in stub.journal if line.session == id_], "next_since_seq": None}
        return Response(msgspec.json.encode(page), media_type="application/json")

    @get("/api/v1/sessions/{id_}/readings", response_model=None)
    async def readings(id_: str, since_ms: int | None = None, until_ms: int | None = None) -> dict[str, Any] | Response:
        if "/readings" in stub.refusals:
            status, told = stub.refusals["/readings"]
            return problem(status, told["reason"], told["detail"])
        one = stub.sessions[id_]
        return _columns(one, since_ms or one.created_at_ms, until_ms or stub.now_ms(), step=1)

    @get("/api/v1/sessions/{id_}/effect-site")
    async def effect_site(id_: str) -> dict[str, Any]:
        one = stub.sessions[id_]
        from_ms = one.started_at_ms or stub.now_ms()
        values = [round(225 * (1 - math.exp(-minute / 11)), 1) for minute in range(41)] if one.started_at_ms else []
        peak = {"at_ms": from_ms + 40 * 60_000, "from_ms": from_ms + 30 * 60_000, "until_ms": from_ms + 43 * 60_000}
        site = {"from_ms": from_ms, "step_ms": 60_000, "ng_per_ml": values, "peak": peak if values else None}
        return {"at_ms": stub.now_ms(), "sites": [{"site": name, **site} for name in ("brain", "blood_pressure")]}

    @get("/api/v1/devices")
    async def devices() -> list[dict[str, Any]]:
        bound = {device.device: one.id for one in stub.sessions.values() for device in one.devices}
        names = ("monitor-b1", "monitor-b7", "monitor-b8", "monitor-old")
        newest = [{"vital": "heart_rate", "value": 71}, {"vital": "spo2", "value": 97}]
        seen = {"mode": "real", "source": "bedside monitor", "newest": newest, "newest_at_ms": stub.now_ms() - 2_000}
        return [
            {"device": name, "session": bound.get(name), "revoked_at_ms": 1 if name == "monitor-old" else None, **seen} for name in names
        ]


def _columns(one: SessionNow, since_ms: int, until_ms: int, *, step: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in stub_ward.BASE:
        rows = list(stub_ward.history(one, name, max(since_ms, one.created_at_ms), until_ms))
        kept = rows if VITAL_SIGNS[name].is_cuff else rows[::step]
        at_ms = [at for at, _ in kept]
        plain = {"validity": ["valid"] * len(kept), "reason": ["none"] * len(kept)}
        found[name.value] = {"at_ms": at_ms, "measured_at_ms": at_ms, "value": [value for _, value in kept], **plain}
    return found


def _command_routes(stub: "StubMonitor") -> None:
    @stub.server.post("/api/v1/sessions")
    async def create(request: Request) -> Response:
        body = await noted(stub, request)
        one = stub_ward.session(
            7, body["room"], body["patient"]["label"], phase=Phase.PLANNED, started_at_ms=None, vitals=(), devices=(), baselines=()
        )
        stub.sessions[one.id] = replace(one, rate_ug_per_min=0, given_ug=0)
        stub.publish(sessions=(stub.sessions[one.id],))
        return Response(msgspec.json.encode(stub.sessions[one.id]), 201, media_type="application/json")

    @stub.server.post("/api/v1/sessions/{id_}/alerts/{alert}/acknowledgement")
    async def acknowledge(request: Request, id_: str, alert: str) -> Response:
        await noted(stub, request)
        return await answered(stub, request, lambda: stub.acknowledge(id_, alert))

    @stub.server.post("/api/v1/sessions/{id_}/{what}")
    async def command(request: Request, id_: str, what: str) -> Response:
        body = await noted(stub, request)
        return await answered(stub, request, lambda: stub.command(id_, what, body))
