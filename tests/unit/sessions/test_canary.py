"""The canary: comes through where alerts do, is missed where they are not, and touches nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from monitor.core.engine import Engine
from monitor.sessions import canary as canary_module
from monitor.sessions.canary import DEVICE, EVERY_MS, ONSET_S, SESSION, WITHIN_MS, Canary
from monitor.store.rows import session_no
from schemas.signs import SIGNS
from schemas.stream_wire import Canary as CanaryFrame
from schemas.stream_wire import ShownAlert
from schemas.vitals import Vital
from tests.support.channels import FakeChannel
from tests.unit.core.bedside import CALM
from tests.unit.sessions.test_screens import say
from tests.unit.sessions.ward import Screen, Ward, turns


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


def figure(ward: Ward, name: str) -> float:
    lines = dict(line.rsplit(" ", 1) for line in ward.registry.telemetry.text().decode().splitlines() if not line.startswith("#"))
    return float(lines[name])


async def one_canary(ward: Ward) -> None:
    """From one to the next, and a little more than a second for it."""
    await ward.pass_time(EVERY_MS / 1000)
    await ward.pass_time(ONSET_S + 0.001)


def canaries(screen: Screen) -> list[CanaryFrame]:
    return [frame for frame in screen.frames if isinstance(frame, CanaryFrame)]


# --- where all is well ----------------------------------------------------------------------------------------------------------------


async def test_it_comes_through_and_its_time_is_measured(ward: Ward) -> None:
    await one_canary(ward)
    assert figure(ward, "infusion_canary_seconds_count") == 1
    assert 0 <= figure(ward, "infusion_canary_last_seconds") < 0.1
    assert ward.registry.system().recording_impaired is None
    for _ in range(3):
        await one_canary(ward)
    assert figure(ward, "infusion_canary_seconds_count") == 4
    assert figure(ward, "infusion_canary_failed_total") == 0


async def test_it_waits_for_the_disk_as_an_alert_does(ward: Ward) -> None:
    await ward.pass_time(EVERY_MS / 1000)
    ward.store.is_held = True
    await ward.pass_time(ONSET_S)
    await ward.pass_time(2)
    assert figure(ward, "infusion_canary_seconds_count") == 0
    ward.store.release()
    await turns(20)
    assert figure(ward, "infusion_canary_last_seconds") == 2


async def test_it_leaves_one_position_and_nothing_else(ward: Ward) -> None:
    session = await ward.create()
    length = len(ward.log(session))
    for _ in range(5):
        await one_canary(ward)
    assert set(ward.store.logs) == {session}
    assert len(ward.log(session)) == length
    assert {name: position.seq for name, position in (await ward.store.positions()).items()} == {DEVICE: 5}
    assert [runner.session for runner in ward.registry.open_sessions()] == [session]
    assert ward.registry.system().unbound == ()
    assert session_no(SESSION) is None, "no store takes it"
    assert await ward.create("Room 2") == "S-000002"
    assert len(ward.registry._watch._heap) <= 4, "the canaries before it are not watched any more"


async def test_after_a_restart_its_position_is_no_device(ward: Ward) -> None:
    await one_canary(ward)
    again = await ward.restart()
    assert again.registry._devices.position(DEVICE) is None
    await turns()
    await one_canary(again)
    assert figure(again, "infusion_canary_seconds_count") == 1
    await again.registry.stop()


async def test_real_screens_get_its_frame_and_their_receipt_is_measured(ward: Ward) -> None:
    screen = await ward.screen()
    await one_canary(ward)
    await screen.drain()
    (frame,) = canaries(screen)
    assert ward.registry.hub.viewers == 1, "the monitor's own subscriber is no viewer"
    await say(ward)
    await ward.pass_time(0.3)
    for _ in range(2):
        ward.registry.screens.shown(1, "anna", [ShownAlert("", frame.id)])
    ward.registry.screens.shown(1, "anna", [ShownAlert("", "another")])
    ward.registry.screens.shown(2, "ben", [ShownAlert("", frame.id)])  # does not watch
    assert figure(ward, "infusion_canary_painted_seconds_count") == 1
    assert 0.3 <= figure(ward, "infusion_canary_painted_seconds_sum") < 0.4


async def test_no_session_and_no_journal_of_it_is_shown(ward: Ward) -> None:
    screen = await ward.screen()
    await one_canary(ward)
    updates = await screen.drain()
    assert not any(update.sessions or update.journal for update in updates)
    assert (await ward.screen()).snapshot.sessions == ()


async def test_it_judges_with_the_whole_rule_set(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    whole = Engine.measure

    def counted(engine: Engine, *arguments: object) -> object:
        seen.append(len(engine.limits.rule))
        return whole(engine, *arguments)

    monkeypatch.setattr(Engine, "measure", counted)
    session = await ward.create()
    await one_canary(ward)
    runner = ward.registry.get(session)
    assert runner is not None
    assert seen == [len(runner.engine.limits.rule) + 1]


async def test_where_recording_is_impaired_it_is_shown_as_an_alert_is(ward: Ward) -> None:
    ward.store.is_held = True
    waiting = asyncio.ensure_future(ward.create())
    await turns()
    ward.store.fail("full")
    await one_canary(ward)
    assert figure(ward, "infusion_canary_seconds_count") == 1
    assert "recording impaired" in (ward.registry.system().recording_impaired or "")
    ward.store.release()
    waiting.cancel()


# --- where alerts do not get through --------------------------------------------------------------------------------------------------


async def dead_watch(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ward.registry._watch, "_advance_due", lambda: None)


async def stuck_disk(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.store.is_held = True


async def deaf_recorder(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ward.registry._recorder, "_show", lambda _: None)


async def mute_hub(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ward.registry.hub, "publish", lambda *_: None)


async def blind_rules(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.core.judge.Judge.judge", lambda *_: None)


async def raising_rules(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Engine.measure

    def raises(engine: Engine, *arguments: object) -> object:
        if engine.session == SESSION:
            raise ZeroDivisionError
        return whole(engine, *arguments)

    monkeypatch.setattr(Engine, "measure", raises)


async def raising_deadline(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Engine.advance

    def raises(engine: Engine, at_ms: int) -> object:
        if engine.session == SESSION and at_ms > engine.at_ms:
            raise ZeroDivisionError
        return whole(engine, at_ms)

    monkeypatch.setattr(Engine, "advance", raises)


BREAKS = [dead_watch, stuck_disk, deaf_recorder, mute_hub, blind_rules, raising_rules, raising_deadline]


@pytest.mark.parametrize("break_it", BREAKS)
async def test_a_hop_that_fails_is_said_on_screens_and_over_the_second_channel(
    called: Ward, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch, break_it: object
) -> None:
    assert called.registry.checks["alert_path"]
    with monkeypatch.context() as broken:
        await break_it(called, broken)  # type: ignore[operator]
        await one_canary(called)
        await called.pass_time(WITHIN_MS / 1000)
        assert "the alert path does not answer" in (called.registry.system().recording_impaired or "")
        assert called.registry.checks["alert_path"] is False
        assert [(notice.why, notice.room, notice.title) for notice in channel.sent] == [
            ("path_silent", "", "The alert path does not answer")
        ]
        assert figure(called, "infusion_canary_failed_total") == 1
        await one_canary(called)
        await called.pass_time(WITHIN_MS / 1000)
        assert len(channel.sent) == 1, "once, until it answers again"
    called.store.release()
    called.registry._watch._earlier.set()
    await turns(30)
    await one_canary(called)
    assert called.registry.system().recording_impaired is None
    assert called.registry.checks["alert_path"]


@pytest.mark.parametrize("break_it", [blind_rules, raising_rules, raising_deadline])
async def test_a_failing_canary_disturbs_no_session(ward: Ward, monkeypatch: pytest.MonkeyPatch, break_it: object) -> None:
    session = await ward.infusing()
    await break_it(ward, monkeypatch)  # type: ignore[operator]
    for _ in range(2):
        await one_canary(ward)
        await ward.say(**CALM)
    await ward.pass_time(WITHIN_MS / 1000)
    monkeypatch.undo()
    assert {name for name, is_well in ward.registry.checks.items() if not is_well} == {"alert_path"}
    assert ward.registry._judging.failed == {}
    assert await ward.say(hr=72) == ()
    assert ward.registry.get(session) is not None


async def test_its_own_death_is_said(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Canary, "_land", broken)
    await one_canary(ward)
    assert ward.registry.checks["alert_path"] is False
    assert "the canary died" in (ward.registry.system().recording_impaired or "")


async def test_its_rule_stands_beside_any_rule_set() -> None:
    """The value is compared with itself, and plausible by every rule set: admission has fixed bounds."""
    row = SIGNS[Vital.HEART_RATE]
    assert row.low <= canary_module._VALUE <= row.high
