"""Asks 33 to 36: what an answer does, for how long, and who hears of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.core.rule_state import RuleState
from schemas.alert import RAISES, AlertState, Why
from schemas.log import AlertChanged, ObservationCharted
from schemas.signs import Charted
from tests.asks.people import another_ward, say_for
from tests.asks.screen import Played, Tablet
from tests.asks.ward_on_disk import HYPOXIC
from tests.unit.api.house import House, house
from tests.unit.core.bedside import CALM
from tests.unit.sessions.ward import Ward

# --- 33 -------------------------------------------------------------------------------------------------------------------------------


async def silent_until_it_clears(ward: Ward) -> None:
    """Answered, five minutes more of the same with one new event in it, then over, then there again."""
    session = await ward.infusing()
    screen = await Tablet(ward, "anna").listen()
    await say_for(ward, 64, HYPOXIC)
    for alert in ("OX-H1.1", "OX-H2.1"):  # both are high: the lesser ones of their cause are answered with them
        await ward.acknowledge(session, alert)
    answered_s = await moment(ward, screen)
    await say_for(ward, 148, HYPOXIC)
    event_s = await moment(ward, screen)
    await ward.registry.command(session, ObservationCharted("anna", None, Charted.VOMITING, 1))
    await screen.listen()
    await say_for(ward, 4, HYPOXIC)
    await ward.acknowledge(session, "GI-M1.1")
    await screen.listen()
    await say_for(ward, 148, HYPOXIC)
    await say_for(ward, 32, CALM)
    assert not {"OX-H1", "OX-H2", "OX-M1"} & {alert.rule for alert in ward.registry.view(session).alerts}
    again_s = await moment(ward, screen)
    await say_for(ward, 4, HYPOXIC)
    await moment(ward, screen)
    raised = [body.alert.id for entry in ward.log(session) if isinstance(body := entry.body, AlertChanged) and body.why in RAISES]
    assert [alert for alert in raised if "OX-H1" in alert] == ["OX-H1.1", "OX-H1.2"], "it is not armed again"
    tones = [(tone.kind, tone.start) for tone in screen.played().tones if tone.start > answered_s]
    assert [kind for kind, _ in tones] == ["medium", "high"]
    assert event_s <= tones[0][1] < event_s + 0.5
    assert again_s + 4 <= tones[1][1] < again_s + 4.5


async def moment(ward: Ward, screen: Tablet) -> float:
    """Everything so far is heard. Seconds since the screen was opened."""
    await screen.listen()
    return (ward.clock.now_ms() - screen.opened_ms) / 1000


async def test_ask_33_an_answer_holds_until_the_condition_clears_and_hides_nothing_new(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """A silence for a fixed time rang again too early, or hid what was new. Here an answer holds for its occurrence: silent while the
    condition lasts, armed again as soon as it is over, and every other alert sounds at once."""
    await silent_until_it_clears(ward)
    monkeypatch.setattr(
        RuleState, "condition_ended", lambda self, alert: self._move(alert, AlertState.ACKNOWLEDGED, Why.CONDITION_ENDED)
    )  # an answer that outlives its occurrence
    other = await another_ward()
    with pytest.raises(AssertionError):
        await silent_until_it_clears(other)
    await other.registry.stop()


# --- 34 -------------------------------------------------------------------------------------------------------------------------------


def for_how_long(screen: Tablet, answered_ms: int) -> None:
    """On the wire the name and the instant, on the screen the name and how long ago that was."""
    (session,) = screen.sessions.values()
    alert = {alert.id: alert for alert in session.alerts}["OX-H1.1"]
    assert (alert.acknowledged_by, alert.acknowledged_at_ms) == ("anna", answered_ms)
    look = screen.played().last.sessions[0]
    assert look.stands["OX-H1.1"] == "acknowledged by anna 08:27"
    assert look.answered["OX-H1.1"] == "acknowledged for 4:12 min"
    assert look.answered["OX-H2.1"] == "", "nobody has answered that one"


async def test_ask_34_an_answered_alert_says_by_whom_and_for_how_long(ward: Ward) -> None:
    """Answered alerts were forgotten. Here the wire has who answered and when, the list shows for how long each has been answered, and the
    one who did is reminded every three minutes while the condition lasts."""
    session = await ward.infusing()
    await say_for(ward, 20, HYPOXIC)
    await ward.acknowledge(session, "OX-H1.1")
    answered_ms = ward.clock.now_ms()
    await say_for(ward, 252, HYPOXIC)
    screen = await Tablet(ward, "ben").listen()
    for_how_long(screen, answered_ms)
    reminded = [e.at_ms for e in ward.log(session) if isinstance(e.body, AlertChanged) and e.body.why is Why.REMINDED]
    assert reminded == [answered_ms + 180_000]
    old = f'"acknowledged_at_ms":{answered_ms}'.encode()
    screen.frames = [(at, raw.replace(old, b'"acknowledged_at_ms":null')) for at, raw in screen.frames]
    with pytest.raises(AssertionError):  # a wire without the instant
        for_how_long(screen, answered_ms)


# --- 35, 36 ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


class TwoScreens:
    """Two people with a screen each, one patient with chest pain, and the API between them."""

    def __init__(self, home: House) -> None:
        self.home = home

    async def begin(self) -> "TwoScreens":
        self.anna = await self.home.person("anna")
        session = await self.home.session()
        self.path = f"/api/v1/sessions/{session}"
        await self.home.post(f"{self.path}/phase", {"phase": "baseline"})
        await self.home.post(f"{self.path}/phase", {"phase": "infusing", "override": "test"})
        self.screens = [await Tablet(self.home, person).listen() for person in ("anna", "ben")]
        await self.home.post(f"{self.path}/observations", {"items": [{"sign": "chest_pain", "value": 1}]})
        await self.heard()
        await self.after(1)
        return self

    async def after(self, seconds: int) -> None:
        """Both screens have heard everything up to then."""
        for _ in range(seconds):
            self.home.clock.advance(1_000)
            await self.heard()

    async def heard(self) -> None:
        for screen in self.screens:
            await screen.listen()

    async def by_anna(self, path: str, body: object) -> None:
        done = await self.home.http.post(f"{self.path}/{path}", headers=self.anna, json=body)
        assert done.status_code == 200, done.text
        await self.heard()

    def played(self) -> list[Played]:
        return [screen.played() for screen in self.screens]


def silent_since(played: list[Played], since_s: float) -> None:
    """It sounded on each of them before, and not since."""
    for one in played:
        assert one.tones[0].kind == "high"
        assert max(tone.end for tone in one.tones) <= since_s
        assert one.last.calls is None


@pytest.mark.parametrize(
    ("path", "body"), [("alerts/SYM-H1.1/acknowledgement", {"comment": "seen"}), ("audio-pause", {"seconds": 60})], ids=["answer", "pause"]
)
async def test_ask_35_one_answer_silences_every_screen(home: House, path: str, body: dict[str, object]) -> None:
    """One had to walk to every tablet to silence one alarm. Here the monitor is answered, or its sound paused, and with the same commit
    every screen is told: its tone is cut off, and no other begins."""
    two = await TwoScreens(home).begin()
    await two.by_anna(path, body)
    answered_s = (home.clock.now_ms() - two.screens[0].opened_ms) / 1000
    heard = len(two.screens[1].frames)
    await two.after(3)  # in five seconds the missing heart rate is a new alert
    silent_since(two.played(), answered_s)
    presented = [next(iter(screen.sessions.values())).presented for screen in two.screens]
    assert presented[0] == presented[1]
    two.screens[1].frames = two.screens[1].frames[: heard - 1]  # an answer that stays on the screen where it was given
    with pytest.raises(AssertionError):
        silent_since(two.played(), answered_s)


def says_who(screen: Tablet) -> None:
    """In the alert itself, where it is drawn, and in the journal."""
    assert screen.played().last.sessions[0].stands["SYM-H1.1"].startswith("acknowledged by anna ")
    assert "SYM-H1.1 acknowledged by anna: on my way" in screen.journal


async def test_ask_36_an_answer_tells_the_others_who_is_acting(home: House) -> None:
    """An acknowledgement is a message to the other watchers: somebody is on the way. Here every screen shows who answered and when, with
    the words that were said to it; the name is that of the login, and nobody can give another one."""
    two = await TwoScreens(home).begin()
    forged = await two.home.http.post(f"{two.path}/alerts/SYM-H1.1/acknowledgement", headers=two.anna, json={"by": "ben", "comment": None})
    assert forged.status_code == 422
    await two.by_anna("alerts/SYM-H1.1/acknowledgement", {"comment": "on my way"})
    for screen in two.screens:
        says_who(screen)
    ben = two.screens[1]
    ben.frames = [(at, raw.replace(b'"acknowledged_by":"anna"', b'"acknowledged_by":null')) for at, raw in ben.frames]
    with pytest.raises(AssertionError):  # an answer without a name
        says_who(ben)
