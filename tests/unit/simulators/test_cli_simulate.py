"""The commands `simulate` and `replay`: what they refuse, what they say, how they end."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from monitor.cli.replay import replay
from monitor.cli.simulate import describe, simulate
from monitor.cli.speak import speak
from simulators.outbox import Counts
from simulators.scenario import scenario_names

NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(simulate)
    app.command()(replay)
    return app


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "ward.csv"
    path.write_text("offset_s,heart_rate,spo2,mood\n0,0,97,x\n60,72,nan,x\n120,73,96,x\n")
    return path


def test_list_names_every_scenario(run: CliRunner, app: typer.Typer):
    result = run.invoke(app, ["simulate", "--list"])
    assert result.exit_code == 0
    assert all(name in result.output for name in scenario_names())


def test_list_as_json_says_what_each_scenario_expects(run: CliRunner, app: typer.Typer):
    result = run.invoke(app, ["simulate", "--list", "--json"])
    rows = {row["name"]: row for row in json.loads(result.output)}
    assert rows.keys() == set(scenario_names())
    assert {"rule": "BP-H1", "by_min": 42.0} in rows["hypertensive-surge"]["expects"]
    assert rows["uneventful"]["nothing_else"] is True


def test_a_course_is_recorded_without_a_monitor(run: CliRunner, app: typer.Typer, tmp_path: Path):
    path = tmp_path / "course.csv"
    result = run.invoke(app, ["simulate", "--record", str(path), "--scenario", "uneventful", "--seed", "4"])
    assert result.exit_code == 0
    assert "4560 frames of uneventful, seed 4" in result.output
    assert path.read_text().startswith("# source: simulated patient")
    assert run.invoke(app, ["simulate", "--record", str(tmp_path / "gone" / "x.csv")]).exit_code == 1
    assert run.invoke(app, ["simulate", "--record", str(tmp_path / "x.txt")]).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["simulate"],
        ["simulate", "--login-url", "http://x/auth/ticket?ticket=t", "--load", "10001"],
        ["simulate", "--device", "d1"],
        ["simulate", "--device", "d1", "--token", "x", "--login-url", "http://x/auth/ticket?ticket=t"],
        ["simulate", "--login-url", "http://x/auth/ticket?ticket=t", "--scenario", "nope"],
        ["simulate", "--login-url", "http://x/auth/ticket?ticket=t", "--beds", "0"],
        ["simulate", "--login-url", "http://x/auth/ticket?ticket=t", "--speed", "0"],
        ["replay"],
    ],
)
def test_wrong_usage_ends_with_2(run: CliRunner, app: typer.Typer, arguments: list[str]):
    assert run.invoke(app, arguments).exit_code == 2


def test_a_monitor_that_does_not_answer_the_login_ends_with_1(run: CliRunner, app: typer.Typer):
    result = run.invoke(app, ["simulate", "--login-url", f"{NOBODY}/auth/ticket?ticket=t"])
    assert result.exit_code == 1
    assert "simulate:" in result.output


def test_replay_describes_a_recording(run: CliRunner, app: typer.Typer, record: Path):
    result = run.invoke(app, ["replay", str(record), "--describe"])
    assert result.exit_code == 0
    assert "not a ketamine infusion" in result.output
    assert "complete from minute 2" in result.output
    assert "not replayed: mood" in result.output


def test_replay_of_what_is_no_recording_ends_with_1(run: CliRunner, app: typer.Typer, tmp_path: Path):
    result = run.invoke(app, ["replay", str(tmp_path / "missing.csv"), "--describe"])
    assert result.exit_code == 1
    assert "no such file" in result.output


def test_replay_from_beyond_the_end_is_wrong_usage(run: CliRunner, app: typer.Typer, record: Path):
    arguments = ["replay", str(record), "--from", "99", "--device", "d1", "--token", "x"]
    assert run.invoke(app, arguments).exit_code == 2


def test_the_last_line_names_what_was_lost():
    line = describe(Counts(put=10, acked=6, dropped=1, refused={"device_unbound": 3}))
    assert line == "6 of 10 frames on record, 3 refused (device_unbound), 1 DROPPED because the outbox was full"


@pytest.mark.parametrize(
    "arguments", [["nobody"], ["masimo", "--scenario", "nope"], ["masimo", "--on", "udp:7"], ["masimo", "--on", "tcp:99999"]]
)
def test_a_virtual_device_that_cannot_be_is_wrong_usage(run: CliRunner, arguments: list[str]):
    alone = typer.Typer()
    alone.command()(speak)
    assert run.invoke(alone, arguments).exit_code == 2
