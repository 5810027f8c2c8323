"""How the dashboard sits on the monitor's FastAPI application."""

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import Dash
from fastapi import FastAPI
from starlette.testclient import TestClient

from dashboard.app import content_security_policy, create_dashboard
from dashboard.served import version

AT = f"/assets/{version()}"


@pytest.fixture(scope="module")
def dashboard() -> tuple[FastAPI, Dash]:
    server = FastAPI()

    @server.get("/api/v1/me")
    async def me() -> dict[str, str]:
        return {"username": "vega"}

    return server, create_dashboard(server)


@pytest.fixture
def client(dashboard: tuple[FastAPI, Dash]) -> Iterator[TestClient]:
    with TestClient(dashboard[0], base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("path", ["/session/S-000003", "/record/S-000003", "/"])
def test_a_deep_link_brings_the_whole_page_even_as_the_first_request(path: str) -> None:
    """Run apart, because the first request of the process is what matters."""
    server = FastAPI()
    create_dashboard(server)
    with TestClient(server) as client:
        answer = client.get(path)
    assert answer.status_code == 200
    for part in (f"{AT}/boot.js", f"{AT}/css/joined.css", f"{AT}/live/joined.mjs", "Secondary display."):
        assert part in answer.text, part


@pytest.mark.parametrize(
    "path", ["/api/typo", "/api/v1/typo", "/nope", "/session/x", f"{AT}/nope.js", f"{AT}/../app.py", "/assets/boot.js"]
)
def test_an_unknown_path_is_404(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/nope", "/session/x", "/pepole/"])
def test_a_person_who_opens_an_unknown_path_gets_the_dashboard_with_a_404(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert f"{AT}/boot.js" in answer.text
    assert "boot.js" not in client.get("/api/v1/typo", headers={"Accept": "text/html"}).text, "the API answers everybody as it does"


def test_a_wrong_method_is_405_and_an_unknown_post_404(client: TestClient) -> None:
    assert client.post("/api/v1/me").status_code == 405
    assert client.post("/api/v1/typo").status_code == 404


def test_modules_are_javascript_and_kept_by_the_browser(client: TestClient) -> None:
    answer = client.get(f"{AT}/live/joined.mjs")
    assert "javascript" in answer.headers["content-type"]
    assert "immutable" in answer.headers["cache-control"]
    assert "cache-control" not in client.get(f"{AT}/live/nope.mjs").headers


def test_any_change_of_the_assets_moves_all_of_them(tmp_path: Path) -> None:
    """Else a browser that kept one module would mix two versions."""
    (tmp_path / "live").mkdir()
    module = tmp_path / "live" / "a.mjs"
    module.write_text("1")
    seen = [version(tmp_path)]
    module.write_text("2")
    seen.append(version(tmp_path))
    module.rename(tmp_path / "live" / "b.mjs")
    seen.append(version(tmp_path))
    (tmp_path / "c.css").write_text("")
    seen.append(version(tmp_path))
    assert len(set(seen)) == 4
    assert version(tmp_path) == seen[-1]


def test_every_callback_is_a_coroutine(dashboard: tuple[FastAPI, Dash]) -> None:
    """A plain function would stop the monitor's event loop while it runs."""
    app = dashboard[1]
    with TestClient(dashboard[0]) as client:
        client.get("/")
    callbacks = [entry["callback"] for entry in app.callback_map.values()]
    assert callbacks
    assert all(inspect.iscoroutinefunction(callback) or asyncio.iscoroutinefunction(callback) for callback in callbacks)


def test_dash_opens_no_socket_of_its_own(client: TestClient) -> None:
    assert '"websocket"' not in client.get("/").text


def test_the_policy_names_the_one_inline_script_and_no_other_host(dashboard: tuple[FastAPI, Dash]) -> None:
    policy = content_security_policy(dashboard[1])
    script = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert script.startswith("script-src 'self' 'sha256-")
    assert "unsafe" not in script
    assert "http" not in policy
    for part in ("default-src 'none'", "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy


def test_the_page_is_chosen_by_its_path(client: TestClient) -> None:
    body = {
        "output": "main.children",
        "outputs": {"id": "main", "property": "children"},
        "inputs": [
            {"id": "url", "property": "pathname", "value": "/session/S-000003"},
            {"id": "url", "property": "search", "value": ""},
        ],
        "changedPropIds": ["url.pathname"],
    }
    client.get("/")
    answer = client.post("/_dash-update-component", json=body)
    assert answer.json()["response"]["main"]["children"]["props"]["session"] == "S-000003"
