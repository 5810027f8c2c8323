"""What sessions are told of the screens, and which receipts count."""

import pytest

from monitor.sessions import screens as screens_module
from monitor.sessions.screens import TELL_EVERY_MS
from monitor.stream.watching import READY_FOR_MS, Watchers
from schemas.alert import Why
from schemas.log import AlertChanged, AlertShown, Measured, MonitorRestarted, ScreensChanged
from schemas.session import Phase
from schemas.stream_wire import ShownAlert
from tests.unit.core.bedside import CALM
from tests.unit.sessions.ward import Ward, turns

HYPOXIC = {**CALM, "spo2": 79.0}


def told(ward: Ward, session: str) -> list[tuple[tuple[str, ...], int]]:
    return [(body.people, body.screens) for body in ward.bodies(session, ScreensChanged) if isinstance(body, ScreensChanged)]


def receipts(ward: Ward, session: str) -> list[AlertShown]:
    return [body for body in ward.bodies(session, AlertShown) if isinstance(body, AlertShown)]


def outcomes(ward: Ward) -> dict[str, float]:
    """How often each outcome of a receipt was counted."""
    return {
        sample.labels["outcome"]: sample.value
        for metric in ward.registry.telemetry.receipts.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


async def say(ward: Ward, screen: int = 1, person: str = "anna", *, is_ready: bool = True) -> None:
    ward.registry.screens.said(screen, person, is_ready=is_ready)
    await turns(20)


def show(ward: Ward, session: str, alert: str, screen: int = 1, person: str = "anna") -> None:
    ward.registry.screens.shown(screen, person, [ShownAlert(session, alert)])


async def with_alert(ward: Ward) -> str:
    """A session with OX-H1.1 raised just now."""
    session = await ward.infusing()
    await ward.say(**HYPOXIC)
    await ward.pass_time(10)
    await ward.say(**HYPOXIC)
    assert "OX-H1" in ward.raised(session)
    return session


# --- who watches ----------------------------------------------------------------------------------------------------------------------


async def test_a_new_session_is_told_at_once_that_nobody_watches(ward: Ward) -> None:
    session = await ward.create()
    assert told(ward, session) == [((), 0)]
    assert isinstance(ward.log(session)[1].body, ScreensChanged)


async def test_a_change_goes_into_every_open_session_and_into_those_that_come_after(ward: Ward) -> None:
    first, second = await ward.create(), await ward.create("Room 2")
    await say(ward)
    third = await ward.create("Room 3")
    assert told(ward, first) == told(ward, second) == [((), 0), (("anna",), 1)]
    assert told(ward, third) == [(("anna",), 1)]
    assert ward.registry.system().watching == 1


async def test_one_more_screen_and_another_person_are_changes_and_the_same_again_is_none(ward: Ward) -> None:
    session = await ward.create()
    for screen, person in ((1, "anna"), (1, "anna"), (2, "anna"), (3, "ben"), (3, "ben")):
        await say(ward, screen, person)
        await ward.pass_time(TELL_EVERY_MS / 1000)
    assert told(ward, session) == [((), 0), (("anna",), 1), (("anna",), 2), (("anna", "ben"), 3)]


@pytest.mark.parametrize("how", ["silence", "hidden", "left"])
async def test_a_screen_that_is_no_longer_there_is_told_of(ward: Ward, how: str) -> None:
    session = await ward.create()
    await say(ward)
    await ward.pass_time(TELL_EVERY_MS / 1000)
    if how == "silence":
        await ward.pass_time((READY_FOR_MS - TELL_EVERY_MS - 1) / 1000)
        assert told(ward, session)[-1] == (("anna",), 1)
        await ward.pass_time(0.001)
    elif how == "hidden":
        await say(ward, is_ready=False)
    else:
        ward.registry.screens.left(1)
        await turns(20)
    assert told(ward, session)[-1] == ((), 0)


async def test_a_screen_that_flickers_does_not_flood_the_logs(ward: Ward) -> None:
    session = await ward.create()
    for number in range(100):
        await say(ward, is_ready=number % 2 == 0)
        await ward.pass_time(0.1)
    assert len(told(ward, session)) <= 2 + 10_000 // TELL_EVERY_MS


async def test_what_is_told_late_is_told_truly(ward: Ward) -> None:
    """A change within the pause waits for its end; a session that begins meanwhile hears both."""
    session = await ward.create()
    await say(ward)
    await say(ward, 2, "ben")
    between = await ward.create("Room 2")
    assert told(ward, session)[-1] == (("anna",), 1)
    await ward.pass_time(TELL_EVERY_MS / 1000)
    assert told(ward, session)[-1] == told(ward, between)[-1] == (("anna", "ben"), 2)


async def test_after_a_restart_nobody_watches_until_a_screen_says_so(ward: Ward) -> None:
    session = await ward.create()
    await say(ward)
    again = await ward.restart()
    await again.registry.settled()
    assert told(again, session) == [((), 0), (("anna",), 1), ((), 0)]
    kinds = [type(entry.body) for entry in again.log(session)]
    assert kinds[-2:] == [MonitorRestarted, ScreensChanged]
    await say(again)
    assert told(again, session)[-1] == (("anna",), 1)
    await again.registry.stop()


async def test_an_ended_session_is_told_nothing_more(ward: Ward) -> None:
    session = await ward.create()
    await ward.order(session, Phase.ABORTED)
    length = len(ward.log(session))
    await say(ward)
    assert len(ward.log(session)) == length


async def test_many_sessions_leave_others_their_turn(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens_module, "SLICE", 2)
    sessions = [await ward.create(f"Room {number}") for number in range(7)]
    ward.registry.screens.said(1, "anna", is_ready=True)
    seen = set()
    for _ in range(30):
        await turns(1)
        seen.add(
            sum((runner := ward.registry.get(session)) is not None and runner.watched_by == Watchers(("anna",), 1) for session in sessions)
        )
    assert {2, 4, 6, 7} <= seen


async def test_who_watches_goes_to_no_screen_as_news_of_every_session(ward: Ward) -> None:
    session = await ward.create()
    screen = await ward.screen()
    await say(ward)
    assert told(ward, session)[-1] == (("anna",), 1)
    updates = await screen.drain()
    assert not any(update.sessions or update.journal for update in updates)


@pytest.mark.parametrize("is_watched", [True, False])
async def test_a_session_that_nobody_watches_says_so(ward: Ward, is_watched: bool) -> None:
    session = await ward.create()
    ward.registry.intake.joined("d1", "boot", ())
    await ward.bind(session)
    await ward.order(session, Phase.BASELINE)
    if is_watched:
        await say(ward)
    await ward.order(session, Phase.INFUSING)
    for _ in range(31):
        await ward.say(**CALM)
        await ward.pass_time(1)
        if is_watched:
            await say(ward)
    assert ("INF-M2" in ward.raised(session)) is not is_watched


# --- receipts -------------------------------------------------------------------------------------------------------------------------


async def test_a_receipt_of_a_screen_that_watches_is_recorded_with_its_time(ward: Ward) -> None:
    session = await with_alert(ward)
    await say(ward)
    raised_ms = ward.raised(session)["OX-H1"] + ward.log(session)[0].at_ms
    await ward.pass_time(1.25)
    show(ward, session, "OX-H1.1")
    await ward.registry.settled()
    assert receipts(ward, session) == [AlertShown("OX-H1.1", "anna", ward.clock.now_ms() - raised_ms)]
    alert = next(alert for alert in ward.registry.view(session).alerts if alert.id == "OX-H1.1")
    assert alert.shown_at_ms == ward.clock.now_ms()
    assert outcomes(ward) == {"taken": 1}


async def test_a_receipt_counts_once_for_each_alert_and_person(ward: Ward) -> None:
    session = await with_alert(ward)
    for screen, person in ((1, "anna"), (2, "anna"), (3, "ben")):
        await say(ward, screen, person)
        for _ in range(3):
            show(ward, session, "OX-H1.1", screen, person)
    await ward.registry.settled()
    assert [(body.alert, body.by) for body in receipts(ward, session)] == [("OX-H1.1", "anna"), ("OX-H1.1", "ben")]
    assert outcomes(ward) == {"taken": 2, "repeated": 7}


@pytest.mark.parametrize("how", ["never said", "hidden", "silent", "left"])
async def test_a_receipt_of_a_screen_that_does_not_watch_is_none(ward: Ward, how: str) -> None:
    session = await with_alert(ward)
    if how != "never said":
        await say(ward)
    if how == "hidden":
        await say(ward, is_ready=False)
    elif how == "silent":
        await ward.pass_time(READY_FOR_MS / 1000)
    elif how == "left":
        ward.registry.screens.left(1)
    show(ward, session, "OX-H1.1")
    await ward.registry.settled()
    assert receipts(ward, session) == []
    assert outcomes(ward) == {"not_watching": 1}


@pytest.mark.parametrize(
    ("session", "alert", "outcome"),
    [
        ("S-000099", "OX-H1.1", "unknown_session"),
        ("S-000001; DROP", "OX-H1.1", "unknown_session"),
        ("S-000001", "OX-H1.2", "unknown_alert"),
        ("S-000001", "OX-H1", "unknown_alert"),
        ("S-000001", "", "unknown_alert"),
        ("S-000001", "BP-H1.1", "unknown_alert"),  # pending: not raised, so nothing of it can have been shown
    ],
)
async def test_a_forged_receipt_is_ignored_and_counted(ward: Ward, session: str, alert: str, outcome: str) -> None:
    await with_alert(ward)
    await ward.say(sbp=184, dbp=96, map=120)
    await say(ward)
    before = len(ward.log("S-000001"))
    show(ward, session, alert)
    await ward.registry.settled()
    assert len(ward.log("S-000001")) == before
    assert outcomes(ward) == {outcome: 1}


async def test_a_receipt_for_what_has_just_ended_is_ignored_and_what_fell_due_is_recorded(ward: Ward) -> None:
    session = await with_alert(ward)
    await say(ward)
    await ward.order(session, Phase.RECOVERY)
    await ward.order(session, Phase.ABORTED)
    show(ward, session, "OX-H1.1")
    assert outcomes(ward) == {"unknown_session": 1}


async def test_the_memory_of_receipts_is_bounded_by_the_open_alerts(ward: Ward) -> None:
    session = await with_alert(ward)
    runner = ward.registry.get(session)
    assert runner is not None
    runner.receipts = {(f"OLD-H1.{number}", "anna") for number in range(100)}
    await say(ward)
    show(ward, session, "OX-H1.1")
    assert runner.receipts == {("OX-H1.1", "anna")}


async def test_a_shown_alert_is_not_said_to_be_unseen(ward: Ward) -> None:
    """With its control: the same course without a receipt."""
    for is_shown in (True, False):
        ward_ = ward if is_shown else Ward()
        if not is_shown:
            await ward_.start()
        session = await with_alert(ward_)
        await say(ward_)
        if is_shown:
            show(ward_, session, "OX-H1.1")
        for _ in range(11):
            await ward_.say(**HYPOXIC)
            await ward_.pass_time(1)
        changes = [body for body in ward_.bodies(session, AlertChanged) if isinstance(body, AlertChanged)]
        whys = [body.why for body in changes if body.alert.id == "OX-H1.1"]
        assert (Why.UNSEEN in whys) is not is_shown
        if not is_shown:
            await ward_.registry.stop()


async def test_the_log_of_receipts_is_judged_the_same_again(ward: Ward) -> None:
    session = await with_alert(ward)
    await say(ward)
    show(ward, session, "OX-H1.1")
    await ward.pass_time(40)
    again = await ward.restart()
    assert again.registry.system().recording_impaired is None
    assert any(isinstance(entry.body, Measured) for entry in again.log(session))
    await again.registry.stop()
