"""A backtest from a page: what is started, who may, one at a time, and that it says what the command says."""

import asyncio
from typing import Any

import pytest

from monitor.access.roles import Role
from monitor.api import backtest_jobs
from monitor.api.backtest_jobs import AlreadyRunning, BacktestJobs
from monitor.backtest.log_file import LogBroken
from monitor.backtest.rule_set import THEIR_OWN
from tests.unit.api.house import House

PATH = "/api/v1/backtest"
LIMIT = {"rule": "BP-H1", "vital": "systolic_bp", "direction": "high", "limit": 170}


async def over(home: House) -> str:
    session = await home.session()
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "aborted"})
    return session


async def finished(home: House, role: Role = Role.CLINICIAN) -> dict[str, Any]:
    while (now := (await home.get(PATH, role)).json())["state"] in {"waiting", "running"}:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)
    return dict(now)


async def test_a_session_is_judged_in_another_process_and_reported_as_the_command_does(home: House) -> None:
    session = await over(home)
    assert (await home.get(PATH)).status_code == 404
    started = await home.post(PATH, {**LIMIT, "sessions": [session, session]})
    assert started.status_code == 202, started.text
    assert started.json()["total"] == 1
    now = await finished(home)
    assert (now["state"], now["done"], now["why"]) == ("done", 1, "")
    assert now["what"] == "the rule set in force with BP-H1 at 170 instead of 180"
    titles = [table["title"] for table in now["report"]["tables"]]
    assert titles[:3] == ["Alerts raised", "By rule", "First alert of each episode of a cause, B beside A"]
    assert any("not for clinical decisions" in line for line in now["report"]["lines"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"limit": 159}, 422),
        ({"limit": 180}, 422),
        ({"rule": "XX"}, 422),
        ({"sessions": []}, 422),
        ({"sessions": ["S-000001"] * 51}, 422),
        ({"sessions": ["S-000009"]}, 404),
        ({"direction": "up"}, 422),
    ],
    ids=str,
)
async def test_what_cannot_be_judged_is_refused(home: House, change: dict[str, Any], status: int) -> None:
    session = await over(home)
    assert (await home.post(PATH, {**LIMIT, "sessions": [session], **change})).status_code == status
    assert (await home.get(PATH)).status_code == 404


async def test_an_administrator_runs_none(home: House) -> None:
    session = await over(home)
    assert (await home.post(PATH, {**LIMIT, "sessions": [session]}, Role.ADMIN)).status_code == 403


async def test_the_limits_that_may_be_tried_are_those_that_may_be_moved(home: House) -> None:
    found = (await home.get(f"{PATH}/limits")).json()
    row = next(each for each in found if (each["rule"], each["vital"]) == ("BP-H1", "systolic_bp"))
    assert (row["limit"], row["low"], row["high"], row["unit"]) == (180, 160, 220, "mm[Hg]")


class Held:
    """In the place of the judging: it goes on when it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_go = asyncio.Event()
        self.judged: list[str] = []

        async def judge(_jobs: BacktestJobs, _pool: object, _folder: object, session: str, _job: object) -> LogBroken:
            await self.may_go.wait()
            self.judged.append(session)
            return LogBroken(session, None, "made up")

        monkeypatch.setattr(BacktestJobs, "_judge", judge)
        monkeypatch.setattr(backtest_jobs, "one_process", lambda: type("Pool", (), {"shutdown": lambda *_, **__: None})())


async def until(jobs: BacktestJobs, person: str, state: str) -> None:
    while (now := jobs.of(person)) is None or now.state != state:  # noqa: ASYNC110 - a state is no event
        await asyncio.sleep(0.01)


async def test_one_at_a_time_for_a_person_and_altogether(monkeypatch: pytest.MonkeyPatch) -> None:
    held, jobs = Held(monkeypatch), BacktestJobs(None)
    jobs.start("ana", "x", ["S-000001", "S-000002"], THEIR_OWN, THEIR_OWN)
    await until(jobs, "ana", "running")
    with pytest.raises(AlreadyRunning):
        jobs.start("ana", "y", ["S-000003"], THEIR_OWN, THEIR_OWN)
    assert jobs.start("ben", "z", ["S-000004"], THEIR_OWN, THEIR_OWN).state == "waiting"
    held.may_go.set()
    await until(jobs, "ana", "done")
    await until(jobs, "ben", "done")
    assert held.judged == ["S-000001", "S-000002", "S-000004"]
    now = jobs.of("ana")
    assert now is not None
    assert now.report is not None
    assert now.report.not_judged == ("S-000001: made up", "S-000002: made up")


async def test_a_cancelled_one_ends_and_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    held, jobs = Held(monkeypatch), BacktestJobs(None)
    jobs.start("ana", "x", ["S-000001"], THEIR_OWN, THEIR_OWN)
    await until(jobs, "ana", "running")
    assert jobs.cancel("nobody") is None
    jobs.cancel("ana")
    await until(jobs, "ana", "cancelled")
    held.may_go.set()
    jobs.start("ana", "y", ["S-000002"], THEIR_OWN, THEIR_OWN)
    await until(jobs, "ana", "done")
    assert held.judged == ["S-000002"]
