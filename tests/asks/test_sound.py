"""Asks 39 and 40: one sound at a time, and none of what is solved."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.notify.dispatch import RETRY_AFTER_MS
from schemas.alert import AlertState
from schemas.signs import Charted
from tests.asks.people import another_ward, chart, say_for
from tests.asks.screen import Played, Tablet, Tone
from tests.asks.ward_on_disk import HYPOXIC
from tests.support.channels import REFUSED, FakeChannel
from tests.support.node import LIVE
from tests.unit.core.bedside import CALM
from tests.unit.sessions.ward import Ward

# --- 39 -------------------------------------------------------------------------------------------------------------------------------


async def two_at_once(ward: Ward) -> Tablet:
    """A medium alert, in its burst a high one, in that one's burst its answer, then the medium one's: at 0.5, 1, 2 and 2.5 s."""
    session = await ward.infusing()
    screen = await Tablet(ward, "anna").listen()
    for wait_s in (0.5, 0.5, 1, 0.5):
        await ward.pass_time(wait_s)
        match (ward.clock.now_ms() - screen.opened_ms) / 1000:
            case 0.5:
                await chart(ward, session, Charted.VOMITING)
            case 1:
                await chart(ward, session, Charted.CHEST_PAIN)
            case 2:
                await ward.acknowledge(session, "SYM-H1.1")
            case 2.5:
                await ward.acknowledge(session, "GI-M1.1")
        await screen.listen()
    return screen


def one_at_a_time(tones: list[Tone]) -> None:
    """No two overlap; the highest that nobody has answered sounds; with the last answer it is silent."""
    for one, next_one in pairwise(tones):
        assert one.end <= next_one.start, "two sounds at once"
    assert [tone.kind for tone in tones] == ["medium", "high", "medium"], "the answer to one is not the answer to the other"
    assert tones[1].end <= 2.25, "the answered one goes on"
    assert tones[2].start < 2.25
    assert tones[2].end <= 2.75, "the last one goes on"


BROKEN = {
    "two sounds at once": "  stopAll(); // two patterns at once are neither\n",
    "the last one goes on": "    if (!kind) stopAll(); // answered or paused: not even the rest of the burst\n",
}


async def test_ask_39_two_alerts_never_sound_over_each_other(ward: Ward, tmp_path: Path) -> None:
    """Two sounds ran over each other, and the answer stopped one of them. Here a screen has one voice: the highest alert that nobody has
    answered; its answer leaves the other one sounding, and the last answer silences the screen in the middle of a tone."""
    screen = await two_at_once(ward)
    one_at_a_time(screen.played(until=60_000).tones)
    for fault, line in BROKEN.items():
        modules = Path(shutil.copytree(LIVE, tmp_path / fault.replace(" ", "-")))
        source = (modules / "sound.mjs").read_text()
        assert source.count(line) == 1
        (modules / "sound.mjs").write_text(source.replace(line, ""))
        with pytest.raises(AssertionError, match=fault):
            one_at_a_time(screen.played(modules, until=60_000).tones)


# --- 40 -------------------------------------------------------------------------------------------------------------------------------


async def solved(ward: Ward) -> tuple[Tablet, int]:
    """A fast heart that slows down, and a deep desaturation that is over and then answered. The screen, and when all of it was settled."""
    session = await ward.infusing()
    screen = await Tablet(ward, "anna").listen()
    await say_for(ward, 12, CALM)
    await say_for(ward, 36, {**CALM, "hr": 115.0})
    assert {alert.rule: alert.state for alert in ward.registry.view(session).alerts}["HR-M1"] is AlertState.ACTIVE
    await say_for(ward, 20, CALM)
    assert "HR-M1" not in {alert.rule for alert in ward.registry.view(session).alerts}
    await say_for(ward, 8, HYPOXIC)
    await say_for(ward, 12, CALM)
    await screen.listen()
    assert screen.played().last.sessions[0].stands["OX-H1.1"] == "over, unanswered"
    await ward.acknowledge(session, "OX-H1.1")
    answered_ms = ward.clock.now_ms()
    await screen.listen()
    await say_for(ward, 200, CALM)
    await screen.listen()
    return screen, answered_ms - screen.opened_ms


def quiet_after(played: Played, slowed_s: float, settled_s: float) -> None:
    """It sounded while there was something, and not once after it was over or answered."""
    assert {"medium", "high"} <= {tone.kind for tone in played.tones}
    assert not [tone for tone in played.tones if tone.kind == "medium" and tone.end > slowed_s]
    assert not [tone for tone in played.tones if tone.end > settled_s]
    assert played.last.calls is None


async def test_ask_40_what_is_solved_is_silent(ward: Ward) -> None:
    """An alarm rang on for a problem long solved, and took people's trust. Here a medium or low alert ends with its condition, on every
    screen and at once; a high one says that it is over, and one answer ends it for good; nothing reminds of it."""
    screen, settled_ms = await solved(ward)
    slowed_s = 12 + 36 + 20
    quiet_after(screen.played(), slowed_s, settled_ms / 1000)
    screen.frames = [(at, raw) for at, raw in screen.frames if at < settled_ms]  # a screen that is not told
    with pytest.raises(AssertionError):
        quiet_after(screen.played(), slowed_s, settled_ms / 1000)


@pytest.mark.parametrize("is_answered", [True, False])
async def test_ask_40_nobody_is_called_to_what_was_answered_meanwhile(is_answered: bool) -> None:
    """A notice that did not go through is tried again, while somebody must still answer; the unanswered one is the control."""
    channel = FakeChannel("webhook", *[REFUSED] * 9)
    ward = await another_ward(channel)
    session = await ward.infusing()
    await chart(ward, session, Charted.CHEST_PAIN)
    await ward.pass_time(10)  # unseen: called, and refused
    assert [notice.why for notice in channel.sent if "SYM-H1" in notice.id] == ["unseen"]
    if is_answered:
        await ward.acknowledge(session, "SYM-H1.1")
    for wait_ms in RETRY_AFTER_MS[:2]:
        await ward.pass_time(wait_ms / 1000)
    tried = len([notice for notice in channel.sent if "SYM-H1.1/unseen" in notice.id])
    await ward.registry.stop()
    assert tried == (1 if is_answered else 3)
