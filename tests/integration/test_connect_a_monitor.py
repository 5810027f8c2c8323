"""The how-to, followed: a virtual oximeter on a pty, the real gateway, the real monitor, a live value; killed on the way."""

import re
from pathlib import Path
from typing import Any

import pytest

from monitor.store.sqlite import open_reader
from schemas.log import Measured
from tests.support.people_let_in import Person
from tests.support.running import free_port, run, started
from tests.support.waiting import wait_until

PAGE = (Path(__file__).parents[2] / "docs/how-to/connect-a-monitor.md").read_text()
WITHIN_S = 60


def command(beginning: str, **places: str) -> list[str]:
    """The words of the page's command that begins so, with this test's addresses and paths in place of the page's."""
    [line] = re.findall(rf"^    (?:\w+=\w+ )?infusion-monitor ({re.escape(beginning)}.*)$", PAGE, re.MULTILINE)
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
    return [places.get(word, word) for word in words]


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
            session = anna.opens_session()
            bound = run("devices", "bind", "oxi-1", session, "--login-url", anna.link())
            assert bound.returncode == 0, bound.stderr
            anna.begins(session)

            with started(command("speak"), r"speaks on (serial:\S+)") as (_, pty):
                with started(command("devices test", **{"serial:/dev/pts/7": pty}), r"DeviceMeasurement .* \| (spo2 \d+)"):
                    pass
                [toml] = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
                config.write_text(toml.replace("8050", str(port)).replace("serial:/dev/pts/7", pty))
                gateway = command("gateway", **{"gateway.toml": str(config)})
                with started(gateway, r"(oxi-1: connected)") as (first, _):
                    listed = run("devices", "enrolled", "--login-url", anna.link())
                    assert listed.stdout.split()[:4] == ["oxi-1", "simulated", "connected", session], listed.stderr
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


def test_a_pump_s_figures_and_its_end_stand_beside_the_vital_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SpaceStation of the page's list: what its pump says is on the session's view, and on it no more once the pump is gone."""
    port, data, token, config = free_port(), tmp_path / "monitor", tmp_path / "pump-1.token", tmp_path / "gateway.toml"
    monkeypatch.setenv("INFUSION_ADMIN_TICKET", "1")
    with started(["serve", "--port", str(port), "--data-dir", str(data)], r"administrator: (http\S+)", port) as (monitor, admin_link):
        monitor.wait_for("(Secondary display)")
        with Person(monitor.url, admin_link) as anna:
            enrol = ["devices", "enrol", "pump-1", "--mode", "simulated", "--source", "a rack", "--token-file", str(token)]
            assert run(*enrol, "--login-url", anna.link()).returncode == 0
            session = anna.opens_session()
            assert run("devices", "bind", "pump-1", session, "--login-url", anna.link()).returncode == 0
            with started(["speak", "bcc", "--on", "tcp:0"], r"speaks on (tcp:\S+)") as (rack, address):
                config.write_text(
                    f'monitor = "http://127.0.0.1:{port}"\nspool_folder = "spool"\n[[adapter]]\nadapter = "bcc"\naddress = "{address}"\n'
                    f'[[adapter.device]]\nname = "pump-1"\ntoken_file = "{token}"\nmode = "simulated"\n'
                )
                with started(["gateway", "--config", str(config)], r"(pump-1: connected)"):
                    said = until(lambda: says(anna, session), lambda said: "volume_infused" in said)
                    assert said["volume_infused"]["unit"] == "mL"
                    assert said["infusion_rate_set"]["value"] is not None
                    rack.kill()
                    until(lambda: not says(anna, session), bool)


def says(anna: Person, session: str) -> dict[str, Any]:
    [device] = anna.session(session)["devices"]
    return {one["name"]: one for one in device["says"]}


def until(look: Any, holds: Any) -> Any:
    """What `look` sees once it holds."""
    return wait_until(lambda: seen if holds(seen := look()) else None, WITHIN_S, "what the page says comes")
