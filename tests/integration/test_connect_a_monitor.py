"""The how-to, followed: a virtual oximeter on a pty, the real gateway, the real monitor, a live value; killed on the way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from monitor.store.sqlite import open_reader
from schemas.log import Measured
from tests.support.running import Running, free_port, run
from tests.support.waiting import wait_until

PAGE = (Path(__file__).parents[2] / "docs/how-to/connect-a-monitor.md").read_text()
WITHIN_S = 60
SESSION = {
    "room": "Room 1",
    "patient": {"label": "A.B.", "birth_year": 1980, "weight_kg": 70},
    "order": {"treatment": "ketamine_iv", "dose_mg_per_kg": 0.5, "duration_min": 40},
}


def command(beginning: str, **places: str) -> list[str]:
    """The words of the page's command that begins so, with this test's addresses and paths in place of the page's."""
    [line] = re.findall(rf"^    (?:\w+=\w+ )?infusion-monitor ({re.escape(beginning)}.*)$", PAGE, re.MULTILINE)
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
    return [places.get(word, word) for word in words]


@contextmanager
def started(arguments: list[str], says: str, port: int = 0) -> Iterator[tuple[Running, str]]:
    running = Running(arguments, port)
    try:
        yield running, running.wait_for(says)
    finally:
        running.stop()


class Person:
    """A clinician at the REST interface, let in by an administrator."""

    def __init__(self, url: str, admin_link: str) -> None:
        self._url = url
        self._admin = self._entered(admin_link)
        self._admin.post("/api/v1/people", json={"username": "a.meyer", "name": "A. Meyer", "role": "clinician"}).raise_for_status()
        self.http = self._entered(self.link())

    def link(self) -> str:
        answer = self._admin.post("/api/v1/people/a.meyer/tickets").raise_for_status()
        return f"{self._url}{answer.json()['path']}"

    def _entered(self, link: str) -> httpx2.Client:
        http = httpx2.Client(base_url=self._url, headers={"Origin": self._url}, timeout=20)
        http.post("/auth/ticket", data={"ticket": link.partition("ticket=")[2]})
        assert http.cookies
        return http

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self._admin.close()

    def vitals(self, session: str) -> dict[str, dict[str, Any]]:
        view = self.http.get(f"/api/v1/sessions/{session}").raise_for_status().json()
        return {vital["vital"]: vital for vital in view["vitals"]}


async def test_the_page_leads_to_a_live_value_and_a_killed_gateway_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, data = free_port(), tmp_path / "monitor"
    token, config = tmp_path / "oxi-1.token", tmp_path / "gateway.toml"
    monkeypatch.setenv("INFUSION_ADMIN_TICKET", "1")
    with started(command("serve", **{"8050": str(port), "try-data": str(data)}), r"administrator: (http\S+)", port) as (
        monitor,
        admin_link,
    ):
        monitor.wait_for("(Secondary display)")
        with Person(monitor.url, admin_link) as anna:
            enrolled = run(*command("devices enrol", **{"LINK": anna.link(), "oxi-1.token": str(token)}))
            assert enrolled.returncode == 0, enrolled.stderr
            assert token.stat().st_mode & 0o077 == 0
            session = anna.http.post("/api/v1/sessions", json=SESSION).raise_for_status().json()["id"]
            bound = run("devices", "bind", "oxi-1", session, "--login-url", anna.link())
            assert bound.returncode == 0, bound.stderr
            anna.http.post(f"/api/v1/sessions/{session}/phase", json={"phase": "baseline"}).raise_for_status()

            with started(command("speak"), r"speaks on (serial:\S+)") as (_, pty):
                with started(command("devices test", **{"serial:/dev/pts/7": pty}), r"DeviceMeasurement .* \| (spo2 \d+)"):
                    pass
                [toml] = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
                config.write_text(toml.replace("8050", str(port)).replace("serial:/dev/pts/7", pty))
                gateway = command("gateway", **{"gateway.toml": str(config)})
                with started(gateway, r"(oxi-1: connected)") as (first, _):
                    shown = until(lambda: anna.vitals(session), lambda vitals: "spo2" in vitals)
                    first.kill()
                with started(gateway, r"(oxi-1: connected)"):
                    before = shown["spo2"]["received_at_ms"]
                    shown = until(lambda: anna.vitals(session), lambda vitals: vitals["spo2"]["received_at_ms"] > before)
            assert 90 <= shown["spo2"]["value"] <= 100
            assert (shown["spo2"]["device"], shown["spo2"]["reason"]) == ("oxi-1", "none")
            assert shown["spo2"]["age_ms"] < shown["spo2"]["current_for_ms"]
    store = open_reader(data)
    try:
        counters = [entry.body.counter async for entries in store.entries(session) for entry in entries if isinstance(entry.body, Measured)]
    finally:
        await store.close()
    assert sorted(counters) == list(range(1, len(counters) + 1))


def until(look: Any, holds: Any) -> Any:
    """What `look` sees once it holds."""
    return wait_until(lambda: seen if holds(seen := look()) else None, WITHIN_S, "what the page says comes")
