"""An alert that no screen shows, or nobody answers, goes over the second channel, and the log says what became of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from monitor.notify.dispatch import RETRY_AFTER_MS
from monitor.notify.ports import Delivery
from monitor.sessions.second_channel import NOT_CONFIGURED, WARNING
from schemas.alert import Priority
from schemas.log import AlertNotified
from schemas.measurement import Mode
from schemas.session import Phase
from tests.support.channels import REFUSED, TAKEN, FakeChannel
from tests.unit.core.bedside import CALM
from tests.unit.sessions.test_screens import show
from tests.unit.sessions.ward import Ward, turns

HYPOXIC = {**CALM, "spo2": 79.0}


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel("webhook")


@pytest.fixture
async def called(channel: FakeChannel) -> AsyncIterator[Ward]:
    ward = Ward(channels=(channel,))
    await ward.start()
    yield ward
    ward.store.release()
    await ward.registry.stop()


def notified(ward: Ward, session: str) -> list[AlertNotified]:
    return [body for body in ward.bodies(session, AlertNotified) if isinstance(body, AlertNotified)]


async def live(ward: Ward, seconds: int, *, is_watched: bool = False, spo2: float = 79.0) -> None:
    """Values come every second; where a screen watches, it shows every raised alert."""
    for _ in range(seconds):
        await ward.say(**{**CALM, "spo2": spo2})
        await ward.pass_time(1)
        if is_watched:
            ward.registry.screens.said(1, "anna", is_ready=True)
            await turns(10)
            for runner in ward.registry.open_sessions():
                for alert in runner.engine.alerts():
                    show(ward, runner.session, alert.id)
    await ward.registry.settled()


async def raised_and_seen_by_nobody(ward: Ward) -> str:
    """OX-H1.1 is raised and has been unseen for a little longer than its time."""
    session = await ward.infusing()
    await live(ward, 21)
    assert "OX-H1" in ward.raised(session)
    return session


async def test_an_alert_that_no_screen_shows_is_sent_and_the_log_says_so(called: Ward, channel: FakeChannel) -> None:
    session = await raised_and_seen_by_nobody(called)
    (notice,) = [notice for notice in channel.sent if notice.why == "unseen" and "OX-H1" in notice.id]
    assert notice.id == f"{session}/OX-H1.1/unseen/0"
    assert (notice.room, notice.priority, notice.mode, notice.escalation) == ("Room 1", Priority.HIGH, Mode.SIMULATED, 0)
    assert notice.at_ms == called.log(session)[0].at_ms + called.raised(session)["OX-H1"] + 10_000
    assert (notice.title, notice.link) == ("Deep desaturation", f"https://monitor.example/session/{session}")
    assert notice.reason.startswith("SpO2 79")
    assert AlertNotified("OX-H1.1", "webhook", "taken", is_delivered=True) in notified(called, session)


async def test_no_notice_names_the_patient(called: Ward, channel: FakeChannel) -> None:
    await raised_and_seen_by_nobody(called)
    assert channel.sent
    assert not any("J.S." in repr(notice) or "1980" in repr(notice) for notice in channel.sent)


async def test_with_a_screen_that_shows_them_nothing_is_sent(called: Ward, channel: FakeChannel) -> None:
    """The control."""
    called.registry.screens.said(1, "anna", is_ready=True)
    await turns(10)
    session = await called.infusing()
    await live(called, 25, is_watched=True)
    assert "OX-H1" in called.raised(session)
    assert (channel.sent, notified(called, session)) == ([], [])


async def test_one_that_nobody_answers_is_sent_again_with_each_escalation(called: Ward, channel: FakeChannel) -> None:
    called.registry.screens.said(1, "anna", is_ready=True)
    await turns(10)
    session = await called.infusing()
    await live(called, 75, is_watched=True)
    sent = [(notice.why, notice.escalation) for notice in channel.sent if "OX-H1" in notice.id]
    assert sent == [("escalated", 1), ("escalated", 2)]
    assert len([body for body in notified(called, session) if body.alert == "OX-H1.1"]) == 2


async def test_an_answered_one_is_not(called: Ward, channel: FakeChannel) -> None:
    called.registry.screens.said(1, "anna", is_ready=True)
    await turns(10)
    session = await called.infusing()
    await live(called, 20, is_watched=True)
    await called.acknowledge(session, "OX-H1.1")
    await live(called, 60, is_watched=True)
    assert [notice for notice in channel.sent if "OX-H1" in notice.id] == []


async def test_that_nobody_watches_is_sent(called: Ward, channel: FakeChannel) -> None:
    await called.infusing()
    await live(called, 31, spo2=97.0)
    assert [(notice.why, notice.title) for notice in channel.sent] == [("nobody_watching", "Nobody is watching")]


async def test_every_attempt_is_on_record(called: Ward, channel: FakeChannel) -> None:
    channel.answers = [REFUSED, RuntimeError("https://a-secret.example")]
    session = await called.infusing()
    await live(called, 31, spo2=97.0)
    for wait_ms in RETRY_AFTER_MS:
        await called.pass_time(wait_ms / 1000)
    details = [(body.detail, body.is_delivered) for body in notified(called, session) if body.alert == "INF-M2.1"]
    assert details == [("refused", False), ("failed (RuntimeError)", False), ("taken", True)]
    assert all("secret" not in repr(entry) for entry in called.log(session))


async def test_a_channel_that_hangs_holds_up_nothing(called: Ward, channel: FakeChannel) -> None:
    channel.hold = asyncio.Event()
    session = await raised_and_seen_by_nobody(called)
    assert await called.say(hr=72, spo2=97) == ()
    assert await called.order(session, Phase.PAUSED)
    assert notified(called, session) == []
    channel.hold.set()
    await called.pass_time(1)
    assert notified(called, session)


async def test_a_session_that_ended_meanwhile_takes_no_answer_any_more(called: Ward, channel: FakeChannel) -> None:
    channel.hold = asyncio.Event()
    session = await raised_and_seen_by_nobody(called)
    await called.order(session, Phase.RECOVERY)
    await called.order(session, Phase.ABORTED)
    length = len(called.log(session))
    channel.hold.set()
    await called.pass_time(1)
    assert len(called.log(session)) == length
    assert b'infusion_notifications_total{channel="webhook",result="delivered"}' in called.registry.telemetry.text()


async def test_the_last_failure_is_said_until_one_goes_through(called: Ward, channel: FakeChannel) -> None:
    assert called.registry.system().warnings == ()
    channel.answers = [Delivery(is_delivered=False, detail="answered 500"), TAKEN]
    await called.infusing()
    await live(called, 31, spo2=97.0)
    assert called.registry.system().warnings == ("second channel webhook: the last notice was not delivered (answered 500)",)
    await called.pass_time(RETRY_AFTER_MS[0] / 1000)
    assert called.registry.system().warnings == ()


# --- without a channel ----------------------------------------------------------------------------------------------------------------


async def test_without_a_channel_the_log_says_it_once_for_each_alert(ward: Ward) -> None:
    session = await ward.infusing()
    await live(ward, 80)
    said = [body for body in notified(ward, session) if body.alert == "OX-H1.1"]
    assert said == [AlertNotified("OX-H1.1", "none", NOT_CONFIGURED, is_delivered=False)]


async def test_without_a_channel_every_screen_is_warned_and_the_monitor_is_ready(ward: Ward) -> None:
    assert ward.registry.system().warnings == (WARNING,)
    assert ward.registry.system().recording_impaired is None
    assert all(ward.registry.checks.values())


async def test_it_is_said_once_over_a_restart_too(ward: Ward) -> None:
    session = await ward.infusing()
    await live(ward, 40)
    before = [body.alert for body in notified(ward, session)].count("OX-H1.1")
    again = await ward.restart()
    again.join()
    await live(again, 50)
    assert before == [body.alert for body in notified(again, session)].count("OX-H1.1") == 1
    await again.registry.stop()


# --- after a kill ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meanwhile", ["nothing", "delivered", "acknowledged", "shown"])
async def test_what_was_owed_at_a_kill_is_sent_after_it(called: Ward, channel: FakeChannel, meanwhile: str) -> None:
    if meanwhile != "delivered":
        channel.hold = asyncio.Event()
    session = await raised_and_seen_by_nobody(called)
    if meanwhile == "acknowledged":
        await called.acknowledge(session, "OX-H1.1")
    elif meanwhile == "shown":
        called.registry.screens.said(1, "anna", is_ready=True)
        show(called, session, "OX-H1.1")
        await called.registry.settled()
    channel.hold = None
    before = len(channel.sent)
    again = await called.restart()
    await turns(40)
    sent = [notice.id for notice in channel.sent[before:] if "OX-H1" in notice.id]
    assert sent == ([f"{session}/OX-H1.1/unseen/0"] if meanwhile == "nothing" else [])
    if meanwhile == "nothing":
        await again.registry.settled()
        assert AlertNotified("OX-H1.1", "webhook", "taken", is_delivered=True) in notified(again, session)
    await again.registry.stop()


async def test_the_log_with_notices_is_judged_the_same_again(called: Ward, channel: FakeChannel) -> None:
    channel.answers = [REFUSED]
    await raised_and_seen_by_nobody(called)
    again = await called.restart()
    assert again.registry.system().recording_impaired is None
    await again.registry.stop()


async def test_the_death_of_the_dispatcher_is_not_silent(called: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise ZeroDivisionError

    session = await called.infusing()
    monkeypatch.setattr(called.registry._calls, "_tell", broken)
    await live(called, 31, spo2=97.0)
    assert called.registry.checks["second_channel"] is False
    assert "the second channel died" in (called.registry.system().recording_impaired or "")
    assert await called.say(hr=72) == ()
    assert called.registry.get(session) is not None
