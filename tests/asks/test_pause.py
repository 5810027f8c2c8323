"""Asks 37 and 38: what a pause of the sound may silence."""

from collections.abc import Sequence

import pytest

from monitor.core.refused import Refused
from monitor.core.rule_state import RuleState
from monitor.core.signals import Signals
from schemas.alert import Why
from schemas.log import AlertChanged, AudioResumed, Body
from schemas.signs import Charted
from tests.asks.people import another_ward, chart, pause, say_for
from tests.asks.screen import Played, Tablet
from tests.support.channels import FakeChannel
from tests.unit.core.bedside import CALM
from tests.unit.sessions.ward import Ward


def keeps_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The protection off: an alert that comes during a pause does not end it."""

    def follow(signals: Signals, state: RuleState, _: Why, at_ms: int, __: Sequence[RuleState]) -> list[Body]:
        signals.look(state, at_ms)
        return []

    monkeypatch.setattr(Signals, "follow", follow)


def tones_since(played: Played, since_s: float) -> list[str]:
    return [tone.kind for tone in played.tones if tone.start >= since_s]


# --- 37 -------------------------------------------------------------------------------------------------------------------------------

NEW = {
    "another cause": (Charted.VOMITING, 1, "medium"),
    "a higher one of the same cause": (Charted.CHEST_PAIN, 1, "high"),
    "one that was over and comes again": (Charted.AGITATION, 3, "high"),
}


async def broken_by(ward: Ward, new: str) -> None:
    """Two screens, two alerts, a pause for both; what goes on does not break it, what is new does, on both."""
    session = await ward.infusing()
    screens = [await Tablet(ward, person).listen() for person in ("anna", "ben")]
    await chart(ward, session, Charted.AGITATION, 3)
    await chart(ward, session, Charted.AGITATION, 0)
    await chart(ward, session, Charted.DYSPNOEA)
    await say_for(ward, 4, CALM)
    await pause(ward, session)
    await say_for(ward, 40, CALM)  # escalations fall due meanwhile
    assert ward.registry.view(session).audio_paused_until_ms is not None, "what was there before does not"
    sign, value, kind = NEW[new]
    new_ms = ward.clock.now_ms()
    await chart(ward, session, sign, value)
    for screen in screens:
        await screen.listen()
    await say_for(ward, 4, CALM)
    for screen in screens:
        await screen.listen()
    resumed = [(entry.at_ms, entry.body.why) for entry in ward.log(session) if isinstance(entry.body, AudioResumed)]
    assert resumed == [(new_ms, "new_alert")]
    for screen in screens:
        assert "Sound is back (new alert)" in screen.journal
        played, at_s = screen.played(), (new_ms - screen.opened_ms) / 1000
        assert not [tone for tone in played.tones if at_s - 40 < tone.start < at_s]
        assert tones_since(played, at_s)[0] == "high", f"{kind} is new, and all of them sound again, the highest first"


@pytest.mark.parametrize("new", NEW)
async def test_ask_37_a_new_alert_breaks_the_pause(ward: Ward, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came while the sound was muted was muted with it. Here a pause is for what is known: an alert that is raised, or comes again,
    ends it at once, on every screen, and the journal says why."""
    await broken_by(ward, new)
    keeps_paused(monkeypatch)
    other = await another_ward()
    with pytest.raises(AssertionError):
        await broken_by(other, new)
    await other.registry.stop()


# --- 38 -------------------------------------------------------------------------------------------------------------------------------


async def beyond_a_pause(ward: Ward, channel: FakeChannel) -> None:
    """Two patients in trouble, the sound of one of them paused, and nobody at any screen."""
    session, other = await ward.infusing(), await ward.infusing("Room 2", "d2")
    screen = await Tablet(ward, "anna").listen()
    await chart(ward, session, Charted.CHEST_PAIN)
    await say_for_both(ward, 24)
    await chart(ward, other, Charted.VOMITING)
    await screen.listen()
    with pytest.raises(Refused, match="at most 120 s"):
        await pause(ward, session, 121)
    await pause(ward, session)
    paused_ms = ward.clock.now_ms()
    await screen.listen()
    (group,) = [group for group in screen.sessions[session].presented if group.alert == "SYM-H1.1"]
    assert (group.is_flashing, group.sound) == (True, False), "what is seen does not change"
    assert any(group.sound for group in screen.sessions[other].presented), "a pause is for one patient"
    await say_for_both(ward, 40)
    await screen.listen()
    log = [entry for entry in ward.log(session) if entry.at_ms > paused_ms]
    escalated = [body.alert.escalation for entry in log if isinstance(body := entry.body, AlertChanged) and body.why.value == "escalated"]
    assert escalated == [1, 2], "it is escalated all the same"
    assert [notice.why for notice in channel.sent if notice.id.startswith(f"{session}/SYM-H1")] == ["unseen", "escalated", "escalated"]
    assert [entry.body.why for entry in log if isinstance(entry.body, AudioResumed)] == ["new_alert"], "that nobody watches breaks it"


async def say_for_both(ward: Ward, seconds: int) -> None:
    for _ in range(seconds // 4):
        await ward.pass_time(4)
        await ward.say("d1", **CALM)
        await ward.say("d2", **CALM)


async def test_ask_38_no_pause_reaches_what_must_not_be_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One button silenced everything, the alerts among it that must never be. Here a pause is of one patient's tones alone, two minutes at
    most: the alert flashes on, is escalated, goes over the second channel; and that nobody watches ends the pause itself."""
    channels = [FakeChannel("webhook"), FakeChannel("webhook")]
    wards = [await another_ward(channel) for channel in channels]
    await beyond_a_pause(wards[0], channels[0])
    keeps_paused(monkeypatch)
    with pytest.raises(AssertionError, match="nobody watches"):
        await beyond_a_pause(wards[1], channels[1])
    for ward in wards:
        await ward.registry.stop()


async def test_ask_38_a_screen_that_lost_its_monitor_sounds_though_the_sound_is_paused(ward: Ward) -> None:
    """A dead feed belongs to no patient, so no pause of one can silence it."""
    session = await ward.infusing()
    screen = await Tablet(ward, "anna").listen()
    await chart(ward, session, Charted.CHEST_PAIN)
    await pause(ward, session)
    await screen.listen()
    assert tones_since(screen.played(dead_from=1_000, until=20_000), 1)[0] == "feed"
    assert tones_since(screen.played(until=20_000), 1) == []
