"""A display on a wall: the ward in its kiosk form and its stream, and nothing else, whatever it asks for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.access.ports import AccessKind
from monitor.access.roles import Role
from monitor.api.policy import TABLE
from tests.unit.api.house import House, house

SEEN = {
    ("WEBSOCKET", "/stream"),
    ("GET", "/"),
    ("GET", "/assets/{path:path}"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/protocols"),
    ("GET", "/api/v1/ward/trend"),
    ("GET", "/api/v1/ward/checks"),
    ("GET", "/_dash-component-suites/{package_name}/{fingerprinted_path:path}"),
    ("GET", "/_dash-layout"),
    ("GET", "/_dash-dependencies"),
    ("POST", "/_dash-update-component"),
    ("GET", "/_favicon.ico"),
}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        yield made


def test_the_table_lets_it_see_the_ward_and_do_nothing() -> None:
    assert {(row.method, row.path) for row in TABLE if Role.DISPLAY in row.who.roles} == SEEN
    others = {role: {(row.method, row.path) for row in TABLE if role in row.who.roles} for role in set(Role) - {Role.DISPLAY}}
    assert all(seen > SEEN for seen in others.values()), "nothing is a display's alone"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/sessions"),
        ("POST", "/api/v1/sessions/{}/notes"),
        ("POST", "/api/v1/sessions/{}/alerts/A-1/acknowledgement"),
        ("POST", "/api/v1/sessions/{}/audio-pause"),
        ("GET", "/api/v1/sessions/{}/export"),
        ("GET", "/api/v1/sessions/{}/journal"),
        ("GET", "/api/v1/sessions/{}"),
        ("GET", "/api/v1/past-sessions"),
        ("GET", "/session/{}"),
        ("GET", "/audit"),
        ("PUT", "/api/v1/me/password"),
    ],
)
async def test_everything_else_is_refused_and_logged(home: House, method: str, path: str) -> None:
    session = await home.session()
    asked = await home.http.request(method, path.format(session), headers=home._headers[Role.DISPLAY], json={} if method != "GET" else None)
    assert asked.status_code == 403
    await home.access.settled()
    denied = [row.who for row in await home.access._store.access_log() if row.kind is AccessKind.DENIED]
    assert denied == ["display"]


async def test_another_page_leads_to_the_ward_and_is_logged_as_denied(home: House) -> None:
    headers = {**home._headers[Role.DISPLAY], "Accept": "text/html"}
    asked = await home.http.get("/sessions", headers=headers)
    assert (asked.status_code, asked.headers["location"]) == (303, "/?kiosk=1")
    assert (await home.http.get("/api/v1/past-sessions", headers=headers)).status_code == 403, "no page"
    await home.access.settled()
    assert [row.who for row in await home.access._store.access_log() if row.kind is AccessKind.DENIED] == ["display"] * 2


@pytest.mark.parametrize("query", ["", "?columns=3", "?kiosk=0", "?kiosk=10"])
async def test_the_ward_with_buttons_leads_to_the_one_without(home: House, query: str) -> None:
    asked = await home.http.get(f"/{query}", headers=home._headers[Role.DISPLAY])
    assert (asked.status_code, asked.headers["location"]) == (303, "/?kiosk=1")
    assert (await home.http.get(f"/{query}", headers=home._headers[Role.CLINICIAN])).status_code == 404, "let through: no page is here"


async def test_the_ward_for_walls_and_its_parts_are_let_through(home: House) -> None:
    assert (await home.http.get("/?columns=3&kiosk=1", headers=home._headers[Role.DISPLAY])).status_code == 404, (
        "let through: no page is here"
    )
    for path in ("/api/v1/me", "/api/v1/ward/checks", "/api/v1/protocols"):
        assert (await home.get(path, Role.DISPLAY)).status_code == 200, path
