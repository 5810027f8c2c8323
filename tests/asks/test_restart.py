"""Asks 18, 20, 21 and 23: what a kill of the monitor must not lose. Its record is a file."""

from pathlib import Path

import pytest

from monitor.core.judge import Judge
from schemas.alert import RAISES, AlertState, Why
from schemas.log import AlertAcknowledged, AlertChanged, AudioPaused, AudioResumed, Body, Entry, Measured, MonitorRestarted
from schemas.session import Phase
from tests.asks.people import say_for
from tests.asks.screen import Tablet
from tests.asks.ward_on_disk import CASES, FAST, Case, forget, reach, started
from tests.support.channels import FakeChannel
from tests.unit.core.bedside import CALM_CUFF

ASKED_ANEW = {"TEC-M6", "INF-M2"}  # which devices and screens are there: nobody is, until they say so again
DOWN_S = 20  # a silence of that length is itself an alert, and breaks a pause
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


# --- 18 -----------------------------------------------------------------------------------------------------------------------------


async def begun_while_true(folder: Path) -> dict[str, int]:
    """A heart rate that is too high since the baseline, a kill in the baseline, then the start without one more value. When each alert was
    raised, in ms after the start."""
    ward = await started(folder)
    session = await ward.create()
    ward.join()
    await ward.bind(session)
    await ward.order(session, Phase.BASELINE)
    await ward.say(**{**FAST, **CALM_CUFF})
    again = await ward.restart(1)
    again.join()
    await again.order(session, Phase.INFUSING)
    begun_ms = again.clock.now_ms()
    assert "HR-H1.1" in again.alerts(session), "it never began"
    for _ in range(16):
        await again.pass_time(1)
    raised = {
        body.alert.rule: entry.at_ms - begun_ms
        for entry in await again.record(session)
        if isinstance(body := entry.body, AlertChanged) and body.why in RAISES
    }
    await again.end()
    return raised


async def test_ask_18_a_condition_that_is_true_at_the_start_is_an_alert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A condition that held before anybody looked never fired. Here a rule looks at what is there when its phase begins, after a restart
    too, and raises at its onset without waiting for a change."""
    assert (await begun_while_true(tmp_path / "as it is"))["HR-H1"] == 15_000
    with monkeypatch.context() as off:
        off.setattr(Judge, "begin", lambda *_: [])
        with pytest.raises(AssertionError, match="never began"):
            await begun_while_true(tmp_path / "rules wait for a change")


# --- 20 -----------------------------------------------------------------------------------------------------------------------------


async def goes_on_quietly(folder: Path, name: str) -> None:
    """After the kill the condition holds and is measured again and again, for longer than an answer or a pause lasts."""
    channel = FakeChannel("webhook")
    ward = await started(folder, channel)
    session = await reach(ward, CASES[name])
    until_ms = ward.registry.view(session).audio_paused_until_ms
    calls = len(channel.sent)
    killed_ms = ward.clock.now_ms()
    again = await ward.restart()
    again.join()
    await say_for(again, 160, CASES[name].said)
    since = [entry for entry in await again.record(session) if entry.at_ms > killed_ms]
    await again.end()
    of_it = [entry.body.why for entry in since if isinstance(entry.body, AlertChanged) and entry.body.alert.rule == "OX-H1"]
    assert not RAISES & set(of_it)
    resumed = [(entry.at_ms, entry.body.why) for entry in since if isinstance(entry.body, AudioResumed)]
    assert resumed == ([(until_ms, "time_passed")] if name == "paused" else [])
    assert [notice.id for notice in channel.sent[calls:] if "OX-H1" in notice.id and notice.why != "escalated"] == []
    assert again.alerts(session)["OX-H1.1"].state is CASES[name].state


@pytest.mark.parametrize("name", ["acknowledged", "paused"])
async def test_ask_20_a_restart_neither_fires_an_answered_alert_again_nor_ends_a_pause(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answered alert fired anew after a restart, and a pause was over with the process. Here neither: the occurrence is the same one,
    the pause ends at the time it was given, and nobody is called twice."""
    await goes_on_quietly(tmp_path / "as it is", name)
    forget(monkeypatch, AlertAcknowledged, AudioPaused)
    with pytest.raises(AssertionError):
        await goes_on_quietly(tmp_path / "kept in memory", name)


# --- 21 -----------------------------------------------------------------------------------------------------------------------------


async def life(folder: Path, case: Case, *, is_killed: bool) -> tuple[list[Entry], set[str]]:
    """What came of a session by itself, and what its log says of the alert at hand. Killed or not, its
    device says nothing for a while."""
    ward = await started(folder)
    session = await reach(ward, case)
    down_s = 0 if case.name == "paused" else DOWN_S
    if is_killed:
        before = ward.registry.view(session)
        ward = await ward.restart(down_s)
        launched = (await Tablet(ward, "ben").listen()).sessions[session]  # before any device has said a word
        assert {alert.id for alert in before.alerts} <= {alert.id for alert in launched.alerts}
        assert (launched.audio_paused_until_ms, launched.audio_paused_by) == (before.audio_paused_until_ms, before.audio_paused_by)
        ward.join()
    else:
        await ward.pass_time(down_s)
    await say_for(ward, 200, case.said)
    if case.state is not AlertState.ACKNOWLEDGED:
        await ward.acknowledge(session, case.alert)
    log = await ward.record(session)
    await ward.end()
    made = [entry for entry in log if isinstance(entry.body, AudioResumed) or _is_of_values(entry.body)]
    return made, {entry.body.why.value for entry in made if isinstance(entry.body, AlertChanged) and entry.body.alert.id == case.alert}


def _is_of_values(body: Body) -> bool:
    return isinstance(body, AlertChanged) and body.alert.rule not in ASKED_ANEW


def said_of(entries: list[Entry]) -> list[tuple[int, str, str]]:
    """(time, alert, why): what a restart must leave as it is."""
    return [
        (entry.at_ms, entry.body.alert.id, entry.body.why.value) if isinstance(entry.body, AlertChanged) else (entry.at_ms, "sound", "back")
        for entry in entries
    ]


@EVERY
async def test_ask_21_outstanding_alerts_are_replayed_at_launch_from_our_own_record(tmp_path: Path, case: Case) -> None:
    """What was open at the end of the process was gone at its next start. Here the log is judged again before anything else: the alerts
    stand as they did, every deadline falls due at its time, as if there had been no restart, and the log has each step with its time."""
    lived, steps = await life(tmp_path / "one", case, is_killed=False)
    killed, steps_again = await life(tmp_path / "two", case, is_killed=True)
    assert said_of(killed) == said_of(lived)
    assert steps == steps_again
    assert steps & {why.value for why in RAISES}
    assert Why.ACKNOWLEDGED.value in steps


async def test_ask_21_control_a_record_without_values_replays_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch, Measured)
    with pytest.raises(AssertionError):
        await life(tmp_path / "one", CASES["active"], is_killed=True)


# --- 23 -----------------------------------------------------------------------------------------------------------------------------


async def answered_twice_killed(folder: Path) -> None:
    """An answer with its comment, two kills, and the reminder three minutes after the answer."""
    ward = await started(folder)
    session = await reach(ward, CASES["active"])
    await ward.registry.command(session, AlertAcknowledged("OX-H1.1", "anna", "on my way"))
    answered_ms = ward.clock.now_ms()
    before = ward.alerts(session)
    for _ in range(2):
        ward = await ward.restart()
        after = ward.alerts(session)
        assert before == {name: alert for name, alert in after.items() if alert.rule not in ASKED_ANEW} | {
            name: alert for name, alert in before.items() if alert.rule in ASKED_ANEW
        }
        assert (ward.registry.session_of("d1"), ward.registry.system().recording_impaired) == (session, None)
        await ward.registry.settled()  # a kill before that takes the note of the restart along
    ward.join()
    await say_for(ward, 184, CASES["active"].said)
    log = await ward.record(session)
    await ward.end()
    assert [entry.body for entry in log if isinstance(entry.body, MonitorRestarted)] == [MonitorRestarted("1")] * 2
    said = [(entry.at_ms, entry.body.comment) for entry in log if isinstance(entry.body, AlertAcknowledged)]
    assert said == [(answered_ms, "on my way")]
    reminded = [e.at_ms for e in log if isinstance(e.body, AlertChanged) and e.body.why is Why.REMINDED and e.body.alert.id == "OX-H1.1"]
    assert reminded == [answered_ms + 180_000]


async def test_ask_23_answers_survive_restarts_with_name_time_and_comment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers were gone after a restart, and what people had said with them. Here both are on record before they are shown; who answered is
    reminded at the time that follows from the answer, not from the restart."""
    await answered_twice_killed(tmp_path / "as it is")
    forget(monkeypatch, AlertAcknowledged)
    with pytest.raises(AssertionError):
        await answered_twice_killed(tmp_path / "answers kept in memory")
