"""`infusion-monitor backtest` from end to end, and `replay --check`, which is `check`."""

import json
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from monitor.backtest.log_file import LogBroken
from monitor.backtest.progress import Progress
from monitor.backtest.rule_set import read_rule_set
from monitor.backtest.run import run as run_all
from monitor.backtest.session import SessionResult
from monitor.cli.backtest import backtest
from monitor.cli.check import check
from monitor.cli.replay import replay
from schemas.log import Entry
from simulators.scenario import load_scenario
from tests.scenario.course import LIMITS, course
from tests.unit.backtest.logs import lines_of, shipped, write_log
from tests.unit.core.bedside import Bedside

SURGE = "hypertensive-surge"


@cache
def surge() -> list[Entry]:
    return course(load_scenario(SURGE), 1)


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    for command in (backtest, check, replay):
        app.command()(command)
    return app


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with a surge of blood pressure and a session of which little is known."""
    folder = tmp_path / "logs"
    folder.mkdir()
    write_log(folder / "1-surge.jsonl", surge(), "a-key")
    bed = Bedside()
    bed.start()
    bed.stream(20, hr=134)
    write_log(folder / "2-rate.jsonl", bed.log)
    return folder


@pytest.fixture
def looser(tmp_path: Path) -> Path:
    """Severe hypertension at 215 in place of 180, and at nothing below."""
    text = LIMITS.read_text()
    for ours, other in (("limit = 180, clear = 170", "limit = 215, clear = 210"), ("limit = 110, clear = 105", "limit = 150, clear = 145")):
        assert ours in text
        text = text.replace(ours, other)
    for value in ("limit = 200", "limit = 120"):
        text = text.replace(f'direction = "high", {value} }}', 'direction = "high", limit = 230 }')
    text = text.replace("min = 160, max = 220", "min = 160, max = 240").replace("min = 100, max = 130", "min = 100, max = 160")
    path = tmp_path / "looser.toml"
    path.write_text(text.replace("2026.11-catalogue", "looser"))
    return path


def invoke(run: CliRunner, app: typer.Typer, *arguments: object) -> Result:
    return run.invoke(app, [str(argument) for argument in arguments])


def test_a_looser_limit_is_told_with_its_alerts_in_all_three_reports(
    run: CliRunner, app: typer.Typer, logs: Path, looser: Path, tmp_path: Path
) -> None:
    page, data = tmp_path / "out.html", tmp_path / "out.json"
    done = invoke(run, app, "backtest", logs, "--rules", LIMITS, "--against", looser, "--html", page, "--json", data, "--jobs", 1)
    assert done.exit_code == 0, done.output
    assert "2 of 2 logs judged" in done.stderr
    assert "2 sessions (simulated)" in done.stdout
    found = json.loads(data.read_bytes())
    (pair,) = found["sessions"][0]["comparison"]["lowered"]
    assert (pair["raised"]["rule"], pair["other"]["priority"]) == ("BP-H1", "medium")
    assert "Lower in B: 1" in done.stdout
    assert pair["raised"]["reason"] in done.stdout
    assert "looser" in page.read_text()
    (high,) = (shift for shift in found["first_alerts"] if shift["cause"] == "blood_pressure_high" and shift["is_high"])
    assert (high["both"], high["a_alone"]) == (0, 1)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_rule_set_against_itself_differs_in_nothing(run: CliRunner, app: typer.Typer, logs: Path) -> None:
    done = invoke(run, app, "backtest", logs, "--rules", LIMITS, "--against", LIMITS, "--jobs", 1)
    assert done.exit_code == 0
    for heading in ("Raised by A, missed by B", "Raised by B alone", "Lower in B", "Higher in B"):
        assert f"{heading}: 0" in done.stdout


def test_without_a_rule_set_a_each_log_has_its_own(run: CliRunner, app: typer.Typer, logs: Path) -> None:
    done = invoke(run, app, "backtest", logs / "1-surge.jsonl", "--against", LIMITS)
    assert "A  the rule set in each log" in done.stdout
    assert "Raised by A, missed by B: 0" in done.stdout


def test_processes_find_what_one_process_finds(logs: Path, looser: Path) -> None:
    (logs / "3-torn.jsonl").write_bytes(b"".join(lines_of(surge()))[:5_000])
    paths = [*sorted(logs.iterdir()), logs / "gone.jsonl"]
    said: list[str] = []
    alone, together = (
        run_all(paths, shipped(), read_rule_set(looser), jobs, Progress(said.append, lambda: 0, every_ms=1)) for jobs in (1, 2)
    )
    for one, other in zip(alone, together, strict=True):
        assert type(one) is type(other)
        assert str(one) == str(other)
    assert [type(outcome) for outcome in together] == [SessionResult, SessionResult, LogBroken, LogBroken]
    assert said[0].startswith("2 of 4 logs judged")


def test_a_broken_log_is_named_and_the_others_are_done(run: CliRunner, app: typer.Typer, logs: Path, looser: Path) -> None:
    lines = lines_of(surge())
    (logs / "0-torn.jsonl").write_bytes(b"".join(lines)[:-30])
    done = invoke(run, app, "backtest", logs, "--against", looser, "--jobs", 1)
    assert done.exit_code == 1
    assert "2 of 3 logs judged" in done.stderr
    assert f"0-torn.jsonl, line {len(lines)}: cut off in the middle" in done.stderr
    assert "NOT IN THE FIGURES" in done.stdout
    assert "2 sessions" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["LOGS", "--against", "none.toml"], "none.toml: it cannot be read"),
        (["LOGS", "--against", "LOGS"], "it cannot be read"),
        (["LOGS/nothing", "--against", "LOOSER"], "nothing: it cannot be read"),
        (["LOGS", "--against", "LOOSER", "--html", "LOGS/no/x.html"], "there is no folder"),
        (["LOGS", "--against", "LOOSER", "--json", "LOGS"], "cannot be written"),
        (["LOGS", "--rules", "LOGS/2-rate.jsonl", "--against", "LOOSER"], "2-rate.jsonl: limits:"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_says_why(
    run: CliRunner, app: typer.Typer, logs: Path, looser: Path, arguments: list[str], words: str
) -> None:
    given = [argument.replace("LOGS", str(logs)).replace("LOOSER", str(looser)) for argument in arguments]
    done = invoke(run, app, "backtest", *given, "--jobs", 1)
    assert done.exit_code == 1
    assert words in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("arguments", [[], ["LOGS"], ["--against", "LOOSER"], ["LOGS", "--against", "LOOSER", "--jobs", "0"]])
def test_wrong_usage_ends_with_2(run: CliRunner, app: typer.Typer, logs: Path, looser: Path, arguments: list[str]) -> None:
    given = [argument.replace("LOGS", str(logs)).replace("LOOSER", str(looser)) for argument in arguments]
    assert invoke(run, app, "backtest", *given).exit_code == 2


# --- check and replay --check ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["nothing", "an output", "a torn line", "no entries"])
def test_replay_check_and_check_say_the_same(run: CliRunner, app: typer.Typer, tmp_path: Path, change: str) -> None:
    path = write_log(tmp_path / "log.jsonl", surge(), "a-key")
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "an output":
        lines = [line.replace(b'"priority":"high"', b'"priority":"low"') for line in lines]
    elif change == "a torn line":
        lines[-1] = lines[-1][:20]
    elif change == "no entries":
        lines = lines[:1]
    path.write_bytes(b"".join(lines))
    checked, replayed = invoke(run, app, "check", path), invoke(run, app, "replay", path, "--check")
    assert (checked.exit_code, checked.output) == (replayed.exit_code, replayed.output)
    assert checked.exit_code == (0 if change == "nothing" else 1)
    expected = {"nothing": "all the same", "an output": "differences, the first at", "a torn line": "cut off", "no entries": "no entry"}
    assert expected[change] in checked.output


def test_replay_check_takes_nothing_that_would_send(run: CliRunner, app: typer.Typer, logs: Path) -> None:
    for option in (["--describe"], ["--device", "d1"], ["--from", "3"]):
        assert invoke(run, app, "replay", logs / "1-surge.jsonl", "--check", *option).exit_code == 2
