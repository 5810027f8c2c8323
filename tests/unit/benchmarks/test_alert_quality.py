"""A short run of the benchmark itself: its figures are whole, nothing is missed, it is deterministic, and a slow engine is found out."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks.alert_quality import __main__ as alert_quality
from benchmarks.alert_quality.__main__ import REPOSITORY, measure, play_all
from benchmarks.alert_quality.casting import cards, cast
from benchmarks.alert_quality.figures import summarise
from benchmarks.alert_quality.page import write_docs
from benchmarks.alert_quality.recordings import figures_of, replay_all
from benchmarks.alert_quality.session import run
from schemas.limits import Limits
from simulators.recordings.opening import open_recording
from tests.unit.benchmarks.courses import default_limits

SESSIONS = 9  # the first cards of the deck
DESATURATION, TACHYCARDIA = (cards().index(card) for card in ("desaturation", "tachycardia"))
KEYS = {
    "sessions",
    "missed_true_events",
    "detection_excess_s_max",
    "audible_per_uneventful_session_median",
    "fewer_than_naive_on_artefacts",
    "per_rule",
}
RULE_KEYS = {
    "true_events",
    "detected",
    "sensitivity",
    "false_alerts_per_session",
    "delay_s_median",
    "delay_s_max",
    "naive_alerts_per_session",
}


@cache
def _figures() -> dict[str, Any]:
    limits = default_limits()
    return measure(SESSIONS, seed=1, jobs=1, judged=limits, engine_limits=limits, recordings=Path("there is no such folder"))


def _with_engine(engine_limits: Limits, *sessions: int) -> dict[str, Any]:
    """Figures of these sessions with another rule set in the engine."""
    judged = default_limits()
    return summarise([run(cast(index, 1), judged, engine_limits) for index in sessions], judged, 1)


def _slow(factor: float) -> Limits:
    """The shipped rules with every onset `factor` times as long."""
    limits = default_limits()
    rules = tuple(msgspec.structs.replace(rule, onset_s=rule.onset_s * factor) for rule in limits.rule)
    return msgspec.structs.replace(limits, rule=rules)


def _refusing(monkeypatch: pytest.MonkeyPatch, refused: set[int]) -> list[tuple[int, bool]]:
    """What is played where nothing but these sessions cannot be started: (session, whether it was)."""
    whole = run(cast(1, 1), default_limits(), default_limits())
    monkeypatch.setattr(
        alert_quality, "play_one", lambda index, **_: msgspec.structs.replace(whole, index=index, is_started=index not in refused)
    )
    played = alert_quality.play_all(4, seed=1, jobs=1, judged=default_limits(), engine_limits=default_limits())
    return [(outcome.index, outcome.is_started) for outcome in played]


def test_another_is_drawn_for_one_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch):
    started = [(0, True), (1, False), (2, True), (3, True), (4, False), (5, True)]
    assert _refusing(monkeypatch, {1, 4}) == started


def test_drawing_ends_where_nothing_can_be_started(monkeypatch: pytest.MonkeyPatch):
    assert _refusing(monkeypatch, set(range(100))) == [(index, False) for index in range(8)]


def test_the_figures_are_whole():
    figures = _figures()
    assert figures.keys() >= KEYS
    assert figures["sessions"] == SESSIONS
    assert all(found.keys() >= RULE_KEYS for found in figures["per_rule"].values())
    assert figures["per_rule"].keys() | figures["not_measured"].keys() == {rule.id for rule in default_limits().rule}
    assert figures["recordings"] == []
    assert json.loads(json.dumps(figures)) == figures


def test_no_true_event_is_missed_and_none_comes_late():
    figures = _figures()
    assert figures["true_events"] >= 10
    assert figures["missed"] == []
    assert figures["missed_true_events"] == 0
    assert figures["detection_excess_s_max"] <= 2.0


def test_the_same_outcomes_from_two_processes():
    limits = default_limits()
    one, two = (list(play_all(3, seed=1, jobs=jobs, judged=limits, engine_limits=limits)) for jobs in (1, 2))
    assert one == two


def test_an_engine_that_waits_ten_times_too_long_is_found_out():
    """Negative control: the truth does not move with the engine."""
    honest, slow = (_with_engine(_slow(factor), DESATURATION, TACHYCARDIA) for factor in (1.0, 10.0))
    assert honest["missed_true_events"] == 0
    assert honest["detection_excess_s_max"] <= 2.0
    assert slow["missed_true_events"] > 0
    assert slow["detection_excess_s_max"] > 100.0
    assert slow["true_events"] == honest["true_events"]


def test_an_engine_without_a_rule_misses_its_events():
    limits = default_limits()
    deaf = msgspec.structs.replace(limits, rule=tuple(rule for rule in limits.rule if rule.id != "HR-H1"))
    found = _with_engine(deaf, TACHYCARDIA)["per_rule"]
    assert found["HR-H1"]["true_events"] > 0
    assert found["HR-H1"]["sensitivity"] == 0
    assert found["HR-M1"]["sensitivity"] == 1


def test_page_and_plots_are_written_from_the_figures(tmp_path: Path):
    for folder in ("reference", "images"):
        (tmp_path / folder).mkdir()
    write_docs(tmp_path, _figures(), default_limits())
    text = (tmp_path / "reference" / "alert-quality.md").read_text()
    assert text.startswith("# Alert quality\n")
    assert all(f"`{rule.id}`" in text for rule in default_limits().rule)
    assert "{" not in text
    for name in ("alert-quality-alerts.svg", "alert-quality-delay.svg"):
        assert f"](../images/{name})" in text
        assert (tmp_path / "images" / name).read_text().startswith("<svg")


def test_a_recorded_patient_is_counted_without_a_truth(tmp_path: Path):
    """An hour at one value a second: SpO2 is low for a minute after the baseline, then well."""
    path = tmp_path / "recorded.csv"
    rows = [f"{second},72,{85 if 1200 <= second < 1260 else 98}" for second in range(3600)]
    path.write_text("# source: made by hand\noffset_s,heart_rate,spo2\n" + "\n".join(rows) + "\n")
    found = figures_of(open_recording(path), default_limits())
    assert found["hours"] == pytest.approx(50 / 60, abs=0.01)
    assert found["per_rule"]["OX-H2"] == {"per_hour": pytest.approx(1.2, abs=0.01), "naive_per_hour": pytest.approx(1.2, abs=0.01)}
    assert found["per_rule"]["TEC-L1"]["per_hour"] > 0  # there is no cuff in it
    assert replay_all(tmp_path, default_limits()) == [found]


def test_the_command_writes_its_json(tmp_path: Path):
    path = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.alert_quality", "--sessions", "1", "--jobs", "1", "--json", str(path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert "1 of 1 sessions" in done.stderr
    assert json.loads(path.read_text())["sessions"] == 1
