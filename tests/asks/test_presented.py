"""Faults F3 and F10: what is shown of several alerts, and of one that is over before anybody looks."""

import json
from collections.abc import Callable, Sequence
from itertools import permutations

import msgspec
import pytest
from msgspec.structs import replace

from monitor.core.rule_state import RuleState
from monitor.core.signals import present
from monitor.sessions.views import session_now
from schemas.alert import PRIORITY_RANK, Alert, AlertState, Why
from schemas.log import AlertChanged
from schemas.signs import Charted
from schemas.stream_wire import Presented, SessionNow, Snapshot, StreamHello, SystemNow
from tests.asks.people import another_ward, say_for
from tests.asks.screen import Look, Tablet, play
from tests.asks.ward_on_disk import HYPOXIC
from tests.unit.core.bedside import CALM, START_MS, Bedside, infusing
from tests.unit.sessions.ward import Ward

# --- F3 -------------------------------------------------------------------------------------------------------------------------------


def stepped_clock(bed: Bedside) -> None:
    bed.skew_ms["d1"] = 10_000
    bed.say(**CALM)


ARRIVALS: dict[str, Callable[[Bedside], object]] = {
    "TEC-L8": stepped_clock,  # low, technical
    "GI-M1": lambda bed: bed.chart(Charted.VOMITING),
    "SYM-M1": lambda bed: bed.chart(Charted.DYSPNOEA),  # medium, of the cause of the high one
    "SYM-H1": lambda bed: bed.chart(Charted.CHEST_PAIN),
}
Presents = Callable[[Sequence[Alert]], tuple[Presented, ...]]


def views() -> list[tuple[tuple[str, ...], SessionNow]]:
    """The rules whose alerts have come so far, in the order in which they came, and the session as a screen is told of it then: after every
    step of every order."""
    made: list[tuple[tuple[str, ...], SessionNow]] = []
    for number, order in enumerate(permutations(ARRIVALS)):
        bed = infusing()
        bed.say(**CALM)
        for count, rule in enumerate(order, 1):
            ARRIVALS[rule](bed)
            view = session_now(bed.engine, "Room 1", len(bed.log), bed.now_ms)
            made.append((order[:count], replace(view, id=f"S-{number:03d}{count}")))
    return made


def rank_of(view: SessionNow, alert: str) -> int:
    return next(PRIORITY_RANK[each.priority] for each in view.alerts if each.id == alert)


def shown(sessions: Sequence[SessionNow]) -> Look:
    """On the ward, all of them at once."""
    hello = StreamHello(1, "one", START_MS, 1.0, "1", "UTC", "anna", "clinician")
    frames = (hello, Snapshot(1, START_MS, tuple(sessions), (), SystemNow(None, 0, (), 1)))
    return play([[0, json.loads(msgspec.json.encode(frame))] for frame in frames], until=0).last


def highest_is_first(sessions: Sequence[SessionNow]) -> None:
    """In what the monitor presents, and on the tile that a screen draws."""
    tiles = {look.id: look.tile for look in shown(sessions).sessions}
    for view in sessions:
        highest = max(rank_of(view, alert.id) for alert in view.alerts if alert.raised_at_ms is not None)
        assert rank_of(view, view.presented[0].alert) == highest
        assert rank_of(view, tiles[view.id][0]) == highest


def test_f03_highest_priority_is_presented_whatever_the_order() -> None:
    """The first alert that was found was shown, though a worse one stood behind it. Here the highest comes first on the wire and on the
    screen: in every order in which alerts can come, at every step of it, and in every order in which they can be listed."""
    found = views()
    assert len(found) == 24 * 4
    highest_is_first([view for _, view in found])
    everything = [alert for alert in found[-1][1].alerts if alert.raised_at_ms is not None]
    for listed in permutations(everything):
        assert present(listed, is_paused=False) == found[-1][1].presented


def test_f03_control_the_first_one_found_is_not_the_highest() -> None:
    def as_they_came(came: tuple[str, ...], view: SessionNow) -> SessionNow:
        alerts = {alert.rule: alert.id for alert in view.alerts}
        return replace(view, presented=tuple(Presented(alerts[rule], (), is_flashing=True, sound=True) for rule in came))

    with pytest.raises(AssertionError):
        highest_is_first([as_they_came(came, view) for came, view in views()])


# --- F10 ------------------------------------------------------------------------------------------------------------------------------


async def dip_that_nobody_saw(ward: Ward) -> None:
    """Four seconds of deep desaturation, then ten minutes of good values; then somebody comes and opens a screen."""
    session = await ward.infusing()
    await say_for(ward, 12, CALM, is_watched=False)
    await say_for(ward, 4, HYPOXIC, is_watched=False)
    dip_ms = ward.clock.now_ms()
    await say_for(ward, 600, CALM, is_watched=False)
    screen = await Tablet(ward, "ben").listen()
    seen = {alert.id: alert for alert in screen.sessions[session].alerts}
    assert "OX-H1.1" in seen, "it left no trace on the screen"
    assert (seen["OX-H1.1"].state, seen["OX-H1.1"].raised_at_ms) == (AlertState.LATCHED, dip_ms)
    assert seen["OX-H1.1"].reason.startswith("SpO2 79 <= 80")
    look = screen.played().last
    assert (look.calls, look.sessions[0].flash) == ("high", "high")
    assert look.sessions[0].stands["OX-H1.1"] == "over, unanswered"
    await ward.acknowledge(session, "OX-H1.1")
    after = (await screen.listen()).sessions[session]
    assert "OX-H1.1" not in {alert.id for alert in after.alerts}
    moved = [(entry.at_ms, body) for entry in ward.log(session) if isinstance(body := entry.body, AlertChanged)]
    steps = [(at_ms, body.why) for at_ms, body in moved if body.alert.id == "OX-H1.1"]
    assert (steps[0], steps[-1]) == ((dip_ms, Why.IMMEDIATE), (ward.clock.now_ms(), Why.ACKNOWLEDGED))


async def test_f10_a_dip_of_seconds_is_there_until_a_person_acknowledges_it(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that came back were taken for an answer, so a short dip was seen by nobody. Here a high alert outlives its condition: ten
    minutes later a screen shows it, calls, says that it is over, and has its time; a person ends it."""
    await dip_that_nobody_saw(ward)
    monkeypatch.setattr(RuleState, "condition_ended", lambda self, alert: self._end(alert, AlertState.RESOLVED, Why.CONDITION_ENDED))
    other = await another_ward()
    with pytest.raises(AssertionError, match="left no trace"):
        await dip_that_nobody_saw(other)
    await other.registry.stop()
