"""Reading is audited: pages, what a session's page is filled from, streams and denials; a screen never waits for the row."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi.routing import APIWebSocketRoute
from starlette.websockets import WebSocket

from monitor.access.ports import AccessKind, AccessLogRow, AccessStoreFailed
from monitor.access.roles import Person, Role
from monitor.api import stream
from monitor.api.ingest_connection import Patience
from monitor.api.policy import TABLE, Policy
from monitor.api.read_audit import Opened, opened_page
from monitor.api.request_head import RequestHead, read_head
from tests.unit.api.asgi_socket import AsgiSocket
from tests.unit.api.house import House, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        yield made


async def rows(home: House, *kinds: AccessKind) -> list[AccessLogRow]:
    await home.access.settled()
    return [row for row in reversed(await home.access._store.access_log(limit=1_000)) if row.kind in kinds]


def head(method: str, path: str, accept: str) -> RequestHead:
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"accept", accept.encode())],
    }
    return read_head(scope)


@pytest.mark.parametrize(
    ("method", "path", "accept", "opened"),
    [
        ("GET", "/", "text/html", Opened("/")),
        ("GET", "/session/S-000001", "text/html", Opened("/session/S-000001")),
        ("GET", "/session/S-000001", "*/*", None),
        ("GET", "/assets/theme.css", "text/html", None),
        ("GET", "/api/v1/sessions/S-000001/journal", "application/json", Opened("S-000001", "journal")),
        ("GET", "/api/v1/sessions/S-000001/readings", "*/*", Opened("S-000001", "readings")),
        ("GET", "/api/v1/sessions/S-000001/effect-site", "*/*", None),
        ("GET", "/api/v1/past-sessions", "*/*", None),
        ("POST", "/api/v1/sessions/S-000001/notes", "*/*", None),
    ],
)
def test_which_requests_are_somebody_opening_a_page(method: str, path: str, accept: str, opened: Opened | None) -> None:
    row = Policy(TABLE).match(method, path).row
    assert row is not None
    assert opened_page(head(method, path, accept), row) == opened


async def test_a_look_at_a_session_is_one_row_and_its_repeats_are_counted(home: House) -> None:
    session = await home.session()
    for _ in range(4):
        assert (await home.get(f"/api/v1/sessions/{session}/journal", Role.AUDITOR)).status_code == 200
    assert [(row.who, row.what, row.detail) for row in await rows(home, AccessKind.PAGE_OPENED)] == [("auditor", session, "journal")]
    await home.access.stop()
    assert [row.times for row in await rows(home, AccessKind.PAGE_OPENED)] == [1, 3]


async def test_requests_through_the_guard_and_rows_agree(home: House) -> None:
    """As many looks and denials counted from outside as the log holds."""
    session = await home.session()
    asked = {AccessKind.PAGE_OPENED: 0, AccessKind.DENIED: 0, AccessKind.READ: 0}
    for number in range(120):
        kind = (AccessKind.PAGE_OPENED, AccessKind.DENIED, AccessKind.READ)[number % 7 % 3]
        path = {"page_opened": f"/api/v1/sessions/{session}/journal", "denied": "/api/v1/access-log", "read": "/api/v1/past-sessions"}[kind]
        assert (await home.get(path)).status_code == (403 if kind is AccessKind.DENIED else 200)
        asked[kind] += 1
    await home.access.stop()
    found = {kind: sum(row.times for row in await rows(home, kind)) for kind in asked}
    assert found == asked
    assert (await home.access.check()).broken_no is None


async def test_a_screen_never_waits_for_the_row(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session, held = await home.session(), asyncio.Event()
    write = home.access._store.log_access

    async def stuck(given: list[AccessLogRow]) -> None:
        await held.wait()
        await write(given)

    monkeypatch.setattr(home.access._store, "log_access", stuck)
    assert (await home.get(f"/api/v1/sessions/{session}/journal")).status_code == 200
    held.set()
    assert len(await rows(home, AccessKind.PAGE_OPENED)) == 1


async def test_the_log_is_shown_to_those_who_may_and_looking_at_it_is_in_it(home: House) -> None:
    session = await home.session()
    await home.get(f"/api/v1/sessions/{session}/journal")
    await home.access.settled()
    assert (await home.get("/api/v1/access-log", Role.CLINICIAN)).status_code == 403
    for role in (Role.AUDITOR, Role.ADMIN):
        page = (await home.get("/api/v1/access-log", role, what=session, kind="page_opened")).json()
        assert [(one["row"]["who"], len(one["digest"])) for one in page["rows"]] == [("clinician", 64)]
        assert page["next_before"] is None
    assert [row.who for row in await rows(home, AccessKind.READ)] == ["auditor", "admin"]
    newest = (await home.get("/api/v1/access-log", Role.AUDITOR, limit=2)).json()
    older = (await home.get("/api/v1/access-log", Role.AUDITOR, limit=2, before=newest["next_before"])).json()
    assert [one["row"]["no"] for one in older["rows"]] == [newest["next_before"] - 1, newest["next_before"] - 2]
    checked = (await home.get("/api/v1/access-log/check", Role.AUDITOR)).json()
    assert checked["broken_no"] is None
    assert checked["head"]["no"] == checked["rows"]
    assert (await home.get("/api/v1/access-log", Role.AUDITOR, limit=1_001)).status_code == 422


async def test_what_cannot_be_logged_is_not_shown(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> None:
        raise AccessStoreFailed("io")

    monkeypatch.setattr(home.access._store, "log_access", fails)
    for path in ("/api/v1/access-log", "/api/v1/access-log/check"):
        assert (await home.get(path, Role.AUDITOR)).status_code == 503


async def test_who_watches_from_when_to_when_is_two_rows_of_one_screen(home: House) -> None:
    (route,) = [route for route in stream.routes(home.registry, home.access, Patience()).routes if isinstance(route, APIWebSocketRoute)]
    person = Person("ana", "Ana", Role.CLINICIAN)

    async def serve(websocket: WebSocket) -> None:
        await route.endpoint(websocket, person, "10.0.0.7", stream="", since="")

    socket = AsgiSocket(serve)
    await socket.hear()
    (opened,) = await rows(home, AccessKind.STREAM_OPENED, AccessKind.STREAM_CLOSED)
    socket.hang_up()
    await socket.ended()
    found = await rows(home, AccessKind.STREAM_OPENED, AccessKind.STREAM_CLOSED)
    assert [(row.kind, row.who, row.address, row.detail) for row in found] == [
        (kind, "ana", "10.0.0.7", opened.detail) for kind in (AccessKind.STREAM_OPENED, AccessKind.STREAM_CLOSED)
    ]
