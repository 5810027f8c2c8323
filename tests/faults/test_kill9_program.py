"""kill -9 of the whole program in mid-infusion: started again on the same folder it has the same sessions, alerts and acknowledgements."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect

from tests.support.running import Running, demo, serve

ALERT_WITHIN_S = 90


@contextlib.asynccontextmanager
async def _signed_in(running: Running, link: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=running.url, headers={"Origin": running.url}, timeout=20) as http:
        answer = await http.post("/auth/ticket", data={"ticket": link.partition("ticket=")[2]})
        assert http.cookies, answer.text
        yield http


async def _views(http: httpx2.AsyncClient) -> list[dict[str, Any]]:
    rows = (await http.get("/api/v1/sessions", params={"open": "true"})).json()
    return [(await http.get(f"/api/v1/sessions/{row['id']}")).json() for row in rows]


async def _first_alert(running: Running, http: httpx2.AsyncClient) -> tuple[str, str]:
    """The first raised alert of any room, as the stream tells it: (session, alert)."""
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    headers = {"Cookie": cookie, "Origin": running.url}
    async with (
        asyncio.timeout(ALERT_WITHIN_S),
        connect(running.url.replace("http", "ws", 1) + "/stream", additional_headers=headers, max_size=None) as socket,
    ):
        async for text in socket:
            for view in json.loads(text).get("sessions", ()):
                for alert in view["alerts"]:
                    if alert["state"] == "active":
                        return view["id"], alert["id"]
    raise AssertionError("the stream ended without an alert")


def _kept(views: list[dict[str, Any]]) -> dict[str, Any]:
    """What a restart must not change: rooms, phases, baselines, and every alert with its answer."""
    return {
        view["id"]: (
            view["room"],
            view["phase"],
            view["started_at_ms"],
            view["baselines"],
            {alert["id"]: (alert["raised_at_ms"], alert["acknowledged_by"]) for alert in view["alerts"] if alert["raised_at_ms"]},
        )
        for view in views
    }


async def test_a_killed_monitor_comes_back_with_its_sessions_alerts_and_acknowledgements(tmp_path: Path) -> None:
    with demo(tmp_path, "--speed", "120") as (running, link):
        async with _signed_in(running, link) as http:
            session, alert = await _first_alert(running, http)
            done = await http.post(f"/api/v1/sessions/{session}/alerts/{alert}/acknowledgement", json={"comment": "seen"})
            assert done.status_code < 300, done.text
            before = await _views(http)
            cookies = dict(http.cookies.items())
        running.kill()
    acknowledged = {(view["id"], found["id"]) for view in before for found in view["alerts"] if found["acknowledged_by"]}
    with serve(tmp_path) as again:
        async with httpx2.AsyncClient(base_url=again.url, cookies=cookies, timeout=20) as http:
            after = await _views(http)
            assert (await http.get("/readyz")).status_code == 200
    assert len(after) == 4
    kept_before, kept_after = _kept(before), _kept(after)
    for view, (room, phase, started, baselines, alerts) in kept_before.items():
        assert kept_after[view][:2] == (room, phase)
        assert kept_after[view][2:4] == (started, baselines)
        for name, (raised, by) in alerts.items():  # ticks between the last look and the kill may have moved other alerts on
            if by is not None:
                assert kept_after[view][4].get(name, (raised, by)) == (raised, by)
    assert acknowledged, "nothing was acknowledged before the kill: the test proved nothing"
