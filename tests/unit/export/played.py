"""A whole session of the simulated ward, judged by the rule set in force: for tests that need a log that replays."""

from functools import cache

from monitor.cli.demo_past import Course, Ended
from monitor.core.limits import encode_limits
from monitor.store.ports import Batch
from simulators.scenario import load_scenario
from tests.unit.core.bedside import default_limits
from tests.unit.export.session_log import START_MS, FakeStore, Log


@cache
def course(scenario: str = "hypertensive-surge", session: str = "S-000001") -> Batch:
    """Made once; nobody changes it."""
    ended = Ended(scenario, 101, 1, "Room 1")
    return Course(session, ended, load_scenario(scenario), encode_limits(default_limits()), START_MS).played()


def log_of(batch: Batch) -> Log:
    log = Log(batch.entries[0].session)
    log.entries, log.seals, log.at_ms = list(batch.entries), list(batch.seals), batch.entries[-1].at_ms
    return log


def store_of(scenario: str = "hypertensive-surge") -> FakeStore:
    return FakeStore(log_of(course(scenario)), chunk=2_000)
