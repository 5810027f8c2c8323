"""Each scenario raises what it says it raises, in time, and nothing that it says it does not; its log
replays; its journal is the golden one."""

import os
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from monitor.core.replay import replay
from schemas.alert import AlertState
from schemas.log import AlertChanged, Entry, canonical, decode_entry
from schemas.session import Treatment
from simulators.events import PatientEvent, ProbeOff
from simulators.scenario import load_scenario, scenario_names
from tests.scenario.course import LIMITS, START_MS, alert_lines, course

GOLDEN = Path(__file__).parent / "golden"
SEED = 1
NAMES = scenario_names()


@cache
def log_of(name: str) -> list[Entry]:
    return course(load_scenario(name), SEED)


def raised(log: list[Entry]) -> dict[str, float]:
    """Rule -> minute at which it was first raised."""
    first: dict[str, float] = {}
    for entry in log:
        if isinstance(entry.body, AlertChanged) and entry.body.alert.state is AlertState.ACTIVE:
            first.setdefault(entry.body.alert.rule, (entry.at_ms - START_MS) / 60_000)
    return first


@pytest.mark.parametrize("name", NAMES)
def test_the_expected_alerts_are_raised_in_time(name: str) -> None:
    found = raised(log_of(name))
    for expected in load_scenario(name).expects:
        assert expected.rule in found, f"{expected.rule} was not raised; raised were {found}"
        assert found[expected.rule] <= expected.by_min


@pytest.mark.parametrize("name", NAMES)
def test_no_alert_is_raised_that_the_scenario_excludes(name: str) -> None:
    scenario, found = load_scenario(name), set(raised(log_of(name)))
    assert not found & set(scenario.never)
    if scenario.nothing_else:
        assert found == {expected.rule for expected in scenario.expects}


def test_there_is_a_scenario_for_what_may_happen():
    assert len(NAMES) >= 25
    kinds = {type(thing) for name in NAMES for thing in (*load_scenario(name).event, *load_scenario(name).act)}
    assert set(get_args(PatientEvent)) <= kinds
    assert {load_scenario(name).order.treatment for name in NAMES} == set(Treatment) - {Treatment.NONE}


def test_a_scenario_that_is_not_as_it_says_fails():
    """Negative control of `nothing_else`: the probe comes off in a session that is said to be uneventful."""
    quiet = load_scenario("uneventful")
    disturbed = msgspec.structs.replace(quiet, event=(ProbeOff(from_min=20, to_min=21),))
    assert set(raised(course(disturbed, SEED))) != {expected.rule for expected in quiet.expects}


@pytest.mark.parametrize("name", NAMES)
def test_the_log_replays_to_the_same_outputs(name: str) -> None:
    log = log_of(name)
    assert list(replay(log)) == []
    assert list(replay(decode_entry(canonical(entry)) for entry in log)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_alert_journal_is_the_golden_one(name: str) -> None:
    """`WRITE_GOLDEN=1 pytest tests/scenario` writes them anew: only in a commit that says the behaviour changed."""
    path = GOLDEN / f"{name}.txt"
    text = "\n".join(alert_lines(log_of(name))) + "\n"
    if os.environ.get("WRITE_GOLDEN") == "1":
        path.write_text(text)
    assert path.read_text() == text


def test_a_changed_limit_is_seen_by_the_golden_journal() -> None:
    """Negative control: with severe hypertension at 195 in place of 180 the journal is another one."""
    name = "hypertensive-surge"
    changed = LIMITS.read_text().replace("limit = 180, clear = 170", "limit = 195, clear = 170")
    lines = alert_lines(course(load_scenario(name), SEED, changed))
    assert "\n".join(lines) + "\n" != (GOLDEN / f"{name}.txt").read_text()
