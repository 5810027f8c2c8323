"""Asks 19 and 22: what a screen, a device or a monitor that comes back must not lose."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from schemas.alert import AlertState
from schemas.log import AlertAcknowledged
from schemas.measurement import Measurement
from tests.asks.people import say_for
from tests.asks.screen import Tablet
from tests.asks.ward_on_disk import CASES, Case, WardOnDisk, forget, reach, started
from tests.unit.core.bedside import CALM, values_of

ASKED_ANEW = {"TEC-M6", "INF-M2"}  # which devices and screens are there: nobody is, until they say so again
DOWN_S = 20  # a silence of that length is itself an alert, and breaks a pause
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


# --- 19 -----------------------------------------------------------------------------------------------------------------------------


async def shown_after(folder: Path, how: str) -> None:
    """An answered alert is answered on a screen that is loaded again, reconnects, or outlives its monitor."""
    ward = await started(folder)
    session = await reach(ward, CASES["acknowledged"])
    before = await Tablet(ward, "ben").listen()
    stood = {alert.id: alert for alert in before.sessions[session].alerts}["OX-H1.1"]
    assert (stood.state, stood.acknowledged_by) == (AlertState.ACKNOWLEDGED, "anna")
    if how == "restart":
        ward = await ward.restart()
        ward.join()
    await say_for(ward, 8, CASES["acknowledged"].said)
    after = await Tablet(ward, "ben", before.seen if how == "reconnect" else None).listen()
    shown = {**(before.sessions if how == "reconnect" else {}), **after.sessions}[session]  # it kept what it had
    stands = {alert.id: alert for alert in shown.alerts}["OX-H1.1"]
    group = next(group for group in shown.presented if group.alert == "OX-H1.1")
    await ward.end()
    assert (stands.state, stands.acknowledged_by, stands.acknowledged_at_ms) == (stood.state, "anna", stood.acknowledged_at_ms)
    assert (group.is_flashing, group.sound) == (False, False)


@pytest.mark.parametrize("how", ["reload", "reconnect", "restart"])
async def test_ask_19_an_answer_is_there_on_a_screen_that_is_loaded_again(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers were lost with the page or the process that held them. Here they are entries of the log, and snapshots are made from it."""
    await shown_after(tmp_path / "as it is", how)
    if how == "restart":
        forget(monkeypatch, AlertAcknowledged)
        with pytest.raises(AssertionError):
            await shown_after(tmp_path / "answers kept in memory", how)


# --- 22 -----------------------------------------------------------------------------------------------------------------------------


async def nothing(ward: WardOnDisk) -> None:
    """The device is silent."""
    await ward.pass_time(30)


async def no_value(ward: WardOnDisk) -> None:
    """It measures, and gives nothing."""
    for _ in range(6):
        await ward.pass_time(5)
        await ward.say(hr=None, spo2=None)


async def impossible(ward: WardOnDisk) -> None:
    await ward.pass_time(5)
    await ward.say(hr=301.0, spo2=101.0)


async def out_of_turn(ward: WardOnDisk) -> None:
    """Calm values of half a minute ago, then ones under a counter that stands still."""
    await ward.pass_time(5)
    now_ms = ward.clock.now_ms()
    for step, behind_ms in ((1, 30_000), (0, 0)):
        ward.counters["d1"] += step
        ward.seqs["d1"] += 1
        late = Measurement("d1", ward.counters["d1"], now_ms - behind_ms, values_of(CALM))
        await ward.registry.intake.frame("d1", "boot", ward.seqs["d1"], [late], now_ms)


async def line_cut(ward: WardOnDisk) -> None:
    """It goes, and comes back with nothing to say."""
    ward.registry.intake.left("d1", "bye")
    await ward.pass_time(30)
    ward.join()


SCANS = (nothing, no_value, impossible, out_of_turn, line_cut)
Scan = Callable[[WardOnDisk], Awaitable[None]]


async def still_open(folder: Path, case: Case, scan: Scan) -> None:
    """The alert after a kill and a scan that found nothing, as the monitor has it and as a screen is told that connects then."""
    ward = await started(folder)
    session = await reach(ward, case)
    ward = await ward.restart()
    ward.join()
    await scan(ward)
    there = ward.alerts(session).get(case.alert)
    told = {alert.id: alert for alert in (await Tablet(ward, "ben").listen()).sessions[session].alerts}
    await ward.end()
    assert there is not None
    assert there.state is case.state or (case.state, there.state) == (AlertState.PENDING, AlertState.ACTIVE)
    assert told[case.alert] == there


@EVERY
@pytest.mark.parametrize("scan", SCANS, ids=lambda scan: scan.__name__)
async def test_ask_22_a_failed_scan_clears_nothing_and_a_reconnect_replays_what_is_open(tmp_path: Path, case: Case, scan: Scan) -> None:
    """A scan that failed was taken for "all is well", and a client that came back was not told what was open. Here only a usable value
    moves a condition, whether the monitor was restarted in between or not, and whoever connects is told everything that is open."""
    await still_open(tmp_path, case, scan)


@EVERY
async def test_ask_22_control_a_usable_value_does_move_it(tmp_path: Path, case: Case) -> None:
    async def succeeded(ward: WardOnDisk) -> None:
        await say_for(ward, 12, case.cleared)

    with pytest.raises(AssertionError):
        await still_open(tmp_path, case, succeeded)
