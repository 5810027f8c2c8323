"""The main job from end to end: the demo runs all its sessions to their end; their exports verify and, judged
again, give the same alerts."""

import json
from pathlib import Path

import pytest

from tests.support.running import demo, free_port, run

SPEED = "400"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A data folder with four ended sessions, and their ids as the demo printed them."""
    folder = tmp_path_factory.mktemp("demo")
    done = run("demo", "--speed", SPEED, "--exit-when-done", "--data-dir", str(folder), "--port", str(free_port()), within_s=150)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout.split()


@pytest.fixture(scope="module")
def exported(finished: tuple[Path, list[str]]) -> list[Path]:
    """The record of each of the four."""
    folder, sessions = finished
    files = [folder / f"{session}.jsonl" for session in sessions]
    for session, out in zip(sessions, files, strict=True):
        done = run("export", session, "--data-dir", str(folder), "--format", "jsonl", "--out", str(out))
        assert done.returncode == 0, done.stderr
    return files


def test_the_ids_of_all_sessions_are_printed_one_a_line(finished: tuple[Path, list[str]]) -> None:
    assert len(finished[1]) == 4
    assert all(session.startswith("S-") for session in finished[1])


@pytest.mark.parametrize("number", range(4))
def test_an_export_verifies_and_is_judged_the_same_again(exported: list[Path], number: int) -> None:
    verified = run("verify", str(exported[number]))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    checked = run("check", str(exported[number]))
    assert checked.returncode == 0, checked.stdout
    assert "all the same when judged again" in checked.stdout


def test_an_alert_was_raised_and_acknowledged(exported: list[Path]) -> None:
    whys: set[str] = set()
    for out in exported:
        for line in out.read_text().splitlines():
            row = json.loads(line)
            if row["type"] == "entry" and row["entry"]["body"]["kind"] == "alert_changed":
                whys.add(row["entry"]["body"]["why"])
    assert {"confirmed", "onset_passed", "acknowledged"} <= whys


def test_the_rooms_are_watched_by_the_simulated_screen_from_the_start(exported: list[Path]) -> None:
    """Alerts have their receipts in time, at 400 times the pace too: none is unseen, and no room says that nobody watches."""
    for out in exported:
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        bodies = [row["entry"]["body"] for row in rows if row["type"] == "entry"]
        watched = [body for body in bodies if body["kind"] == "screens_changed"]
        assert [(body["people"], body["screens"]) for body in watched] == [(["simulated-clinician"], 1)]
        raised = {body["alert"]["id"] for body in bodies if body["kind"] == "alert_changed" and body["alert"]["raised_at_ms"] is not None}
        shown = {body["alert"] for body in bodies if body["kind"] == "alert_shown"}
        assert bool(shown) is bool(raised)
        assert shown <= raised
        assert not any(
            body["kind"] == "alert_changed" and (body["why"] == "unseen" or body["alert"]["rule"] == "INF-M2") for body in bodies
        )


def test_one_changed_byte_is_named(exported: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "changed.jsonl"
    lines = exported[0].read_bytes().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if b'"value_milli":7' in line and number > 500)
    seq = json.loads(lines[place])["entry"]["seq"]
    lines[place] = lines[place].replace(b'"value_milli":7', b'"value_milli":8', 1)
    out.write_bytes(b"".join(lines))
    verified = run("verify", str(out))
    assert verified.returncode == 1
    assert str(seq) in verified.stdout + verified.stderr


def test_the_csv_export_verifies(finished: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, sessions = finished
    out = tmp_path / "session.csv"
    assert run("export", sessions[0], "--data-dir", str(folder), "--format", "csv", "--out", str(out)).returncode == 0
    assert run("verify", str(out)).returncode == 0
    assert "simulated" in out.read_text()


def test_an_unknown_session_is_said_and_exits_1(finished: tuple[Path, list[str]], tmp_path: Path) -> None:
    done = run("export", "S-999999", "--data-dir", str(finished[0]), "--out", str(tmp_path / "x.jsonl"))
    assert done.returncode == 1
    assert "S-999999" in done.stderr


def test_a_signal_ends_it_also_while_the_rooms_live_through_their_past(tmp_path: Path) -> None:
    with demo(tmp_path) as (running, _):
        running.wait_for("(live through)")
        running.stop()
    assert running.process.returncode == 0
