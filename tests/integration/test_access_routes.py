"""Who may call what, through FastAPI: every row of the policy, for everybody; and that no route is without a row."""

import re

import httpx2
import pytest
from dash import Dash, html
from fastapi import APIRouter, FastAPI, WebSocket
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from monitor.access.control import AccessControl
from monitor.access.memory import MemoryAccessStore
from monitor.access.roles import Role
from monitor.api import problems
from monitor.api.auth import DeviceHere, PersonHere, auth_routes
from monitor.api.guard import Guard
from monitor.api.policy import ANY_PERSON, ANYBODY, NOBODY, TABLE, WEBSOCKET, Policy, Row, routes_without_row, rows_without_route
from schemas.measurement import Mode

OWN = "http://monitor.example"
EVERYBODY = ["anonymous", "clinician", "auditor", "admin", "display", "device"]


class WallTime:
    def __call__(self) -> int:
        return 1_795_000_000_000


def build(access: AccessControl, rules: Policy | None = None) -> FastAPI:
    """An application with a route for every row of the table, most of them below included routers, as in the real one."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)
    app.include_router(auth_routes(access))
    inner, outer = APIRouter(), APIRouter()
    for row in TABLE:
        if row.path.startswith("/auth/") or row.who == NOBODY or row.path in {"/", "/{path:path}"}:
            continue
        add(inner, row)
    outer.include_router(inner)
    app.include_router(outer)
    for row in TABLE:
        if row.path in {"/", "/{path:path}"}:
            add(app.router, row)
    app.add_middleware(Guard, access=access, csp="default-src 'self'", policy=rules)
    return app


def add(router: APIRouter, row: Row) -> None:
    async def answer() -> PlainTextResponse:
        return PlainTextResponse("reached")

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    if row.method == WEBSOCKET:
        router.add_api_websocket_route(row.path, talk)
    else:
        router.add_api_route(row.path, answer, methods=[row.method])


class House:
    def __init__(self) -> None:
        self.access = AccessControl(MemoryAccessStore(), WallTime())
        self.headers: dict[str, dict[str, str]] = {"anonymous": {}}

    async def furnish(self) -> "House":
        await self.access.start()
        for role in Role:
            await self.access.add_person(role, role, role, password=None, by="test")
            opened = await self.access.use_ticket(await self.access.issue_ticket(role, by="test"), None)
            self.headers[role] = {"cookie": f"infusion_session={opened.token}", "origin": OWN}
        token = await self.access.register_device("pump-1", Mode.REAL, "", by="test")
        self.headers["device"] = {"authorization": f"Bearer {token}"}
        return self


@pytest.fixture
async def house() -> House:
    return await House().furnish()


async def statuses(app: FastAPI, headers: dict[str, str], rows: list[Row]) -> list[int]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=OWN) as client:
        return [
            await handshake(app, row.path, headers)
            if row.method == WEBSOCKET
            else (await client.request(row.method, concrete(row.path), headers=headers)).status_code
            for row in rows
        ]


async def handshake(app: FastAPI, path: str, headers: dict[str, str]) -> int:
    """101 for a WebSocket that was accepted, 403 for one that was closed before."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    raw = [(name.encode(), value.encode()) for name, value in {"host": "monitor.example", **headers}.items()]
    scope: Scope = {
        "type": "websocket", "scheme": "ws", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "headers": raw, "client": ("10.0.0.9", 1), "server": ("monitor.example", 80), "subprotocols": [], "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return 101 if sent[0]["type"] == "websocket.accept" else 403


def concrete(template: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", template)


def expected(row: Row, who: str) -> int:
    may = who == "device" if row.who.device else who in row.who.roles
    if row.method == WEBSOCKET:
        return 101 if may else 403
    if (row.path, who) == ("/", Role.DISPLAY):
        return 303  # to its own form of the ward
    return 200 if may else 401 if who == "anonymous" else 403


GUARDED = [row for row in TABLE if not row.who.anybody and row.who != NOBODY]
CLOSED = [row for row in TABLE if row.who == NOBODY]


@pytest.mark.parametrize("who", EVERYBODY)
async def test_matrix_of_roles_and_routes(house: House, who: str) -> None:
    found = await statuses(build(house.access), house.headers[who], GUARDED)
    assert {f"{row.method} {row.path}": status for row, status in zip(GUARDED, found, strict=True)} == {
        f"{row.method} {row.path}": expected(row, who) for row in GUARDED
    }
    assert len(found) >= 30


@pytest.mark.parametrize("who", EVERYBODY)
async def test_what_no_route_was_made_for_is_nobodys(house: House, who: str) -> None:
    rows = [Row(method, f"{row.path.partition('{')[0]}typo", NOBODY) for row in CLOSED for method in ("GET", "POST", "DELETE")]
    found = await statuses(build(house.access), house.headers[who], rows)
    assert set(found) == {401 if who == "anonymous" else 404}


@pytest.mark.parametrize(
    ("method", "path", "who"), [("POST", "/api/v1/sessions", "auditor"), ("GET", "/api/v1/sessions/{session_id}/export", "admin")]
)
async def test_matrix_would_notice_a_row_that_lets_in_one_role_more(house: House, method: str, path: str, who: str) -> None:
    row = next(row for row in TABLE if (row.method, row.path) == (method, path))
    loose = Policy([Row(method, path, ANY_PERSON), *TABLE])
    assert await statuses(build(house.access), house.headers[who], [row]) == [expected(row, who)] == [403]
    assert await statuses(build(house.access, loose), house.headers[who], [row]) == [200]


async def test_every_route_has_a_row_and_every_row_a_route(house: House) -> None:
    app = build(house.access)
    assert routes_without_row(app) == []
    assert rows_without_route(app) == []


async def test_route_without_a_row_is_found_wherever_it_hides(house: House, tmp_path: object) -> None:
    app = build(house.access)
    deep, deeper = APIRouter(prefix="/api/v1"), APIRouter(prefix="/hidden")
    add(deeper, Row("POST", "/a/{b}", NOBODY))
    add(deeper, Row(WEBSOCKET, "/ws", NOBODY))
    deep.include_router(deeper)
    app.include_router(deep)
    add(app.router, Row("DELETE", "/api/v1/sessions/{id}", NOBODY))
    app.mount("/files", StaticFiles(directory=str(tmp_path)))
    assert routes_without_row(app) == [
        "DELETE /api/v1/sessions/{id}",
        "GET /files/{path:path}",
        "POST /api/v1/hidden/a/{b}",
        "WEBSOCKET /api/v1/hidden/ws",
    ]
    assert rows_without_route(app, (*TABLE, Row("GET", "/gone", NOBODY), Row("GET", "/gone", ANYBODY))) == ["GET /gone"]


async def test_route_without_a_row_is_refused_to_everybody_at_run_time(house: House) -> None:
    app = build(house.access)
    forgotten = [Row("POST", "/api/v1/forgotten", NOBODY), Row("DELETE", "/forgotten", NOBODY), Row(WEBSOCKET, "/forgotten", NOBODY)]
    for row in forgotten:
        add(app.router, row)
    for who in EVERYBODY:
        found = await statuses(app, house.headers[who], forgotten)
        assert set(found) <= {401, 403, 404, 405}


def test_routes_of_dash_have_rows() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(auth_routes(House().access))
    Dash("monitor", server=app).layout = html.Div()
    with TestClient(app):  # Dash adds its catch-all when the application starts
        assert "{path:path}" in [getattr(route, "path", None) for route in app.routes]
        assert routes_without_row(app) == []


def who_is_it() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.get("/api/v1/me")
    async def me(person: PersonHere) -> str:
        return person.username

    @app.post("/api/v1/ingest")
    async def ingest(device: DeviceHere) -> str:
        return device.device

    return app


async def test_route_learns_from_the_guard_who_it_is(house: House) -> None:
    app = who_is_it()
    app.add_middleware(Guard, access=house.access, csp="default-src 'self'")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=OWN) as client:
        assert (await client.get("/api/v1/me", headers=house.headers["auditor"])).json() == "auditor"
        assert (await client.post("/api/v1/ingest", headers=house.headers["device"])).json() == "pump-1"


async def test_route_without_a_guard_in_front_lets_nobody_in(house: House) -> None:
    rows = [Row("GET", "/api/v1/me", NOBODY), Row("POST", "/api/v1/ingest", NOBODY)]
    assert await statuses(who_is_it(), house.headers["clinician"], rows) == [401, 401]


async def test_every_refusal_is_a_problem(house: House) -> None:
    transport = httpx2.ASGITransport(app=build(house.access))
    answers: list[httpx2.Response] = []
    async with httpx2.AsyncClient(transport=transport, base_url=OWN) as client:
        for row in GUARDED:
            if row.method != WEBSOCKET:
                for who in EVERYBODY:
                    answers.append(await client.request(row.method, concrete(row.path), headers=house.headers[who]))
    refused = [answer for answer in answers if answer.status_code >= 400]
    assert len(refused) >= 50
    for answer in refused:
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "reason"} <= answer.json().keys()


async def test_body_of_a_refused_request_is_never_read(house: House) -> None:
    async def receive() -> Message:
        raise AssertionError("the guard asked for the body")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http", "method": "POST", "scheme": "http", "path": "/api/v1/ingest", "raw_path": b"/api/v1/ingest", "root_path": "",
        "query_string": b"", "headers": [(b"host", b"monitor.example"), (b"content-length", b"9999999999")], "client": None,
    }  # fmt: skip
    await build(house.access)(scope, receive, send)
    assert sent[0]["status"] == 401
