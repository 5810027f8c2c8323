"""Sessions, devices and commands: what is acknowledged is on disk, what is refused is refused by name, and a kill loses nothing."""

import asyncio

import pytest

from monitor.sessions import registry as registry_module
from monitor.sessions.device_positions import FrameRefused
from monitor.sessions.registry import CommandRefused
from monitor.store.ports import StoreFailed
from schemas.log import (
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Interval,
    Measured,
    NoteAdded,
    RateSet,
    RemeasureRequested,
)
from schemas.measurement import Mode
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM, INFUSION, PATIENT
from tests.unit.sessions.ward import Ward, turns

BY_TIME_ALONE = {
    "TEC-L2": 5_000,
    "TEC-L3": 5_000,
    "TEC-M1": 15_000,
    "TEC-M2": 15_000,
    "DEL-M1": 15_000,
    "TEC-H1": 30_000,
    "INF-M2": 30_000,
}

# --- binding --------------------------------------------------------------------------------------------------------------------------


async def test_one_open_session_a_room(ward: Ward) -> None:
    session = await ward.create()
    with pytest.raises(CommandRefused, match=session) as refused:
        await ward.create()
    assert refused.value.reason == "room_in_use"
    assert await ward.create("Room 2") == "S-000002"
    await ward.order(session, Phase.ABORTED)
    assert await ward.create() == "S-000003"


async def test_one_open_session_a_device(ward: Ward) -> None:
    first, second = await ward.create(), await ward.create("Room 2")
    await ward.bind(first)
    for session, reason in ((second, "device_in_use"), (first, "already_bound")):
        with pytest.raises(CommandRefused) as refused:
            await ward.bind(session)
        assert refused.value.reason == reason
    await ward.registry.command(first, DeviceUnbound("anna", "d1"))
    assert ward.registry.session_of("d1") is None
    await ward.bind(second)
    assert ward.registry.session_of("d1") == second


async def test_of_many_who_bind_at_once_one_wins(ward: Ward) -> None:
    sessions = [await ward.create(f"Room {number}") for number in range(20)]
    outcomes = await asyncio.gather(*(ward.bind(session) for session in sessions), return_exceptions=True)
    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, CommandRefused)} == {"device_in_use"}


async def test_a_device_that_was_connected_before_has_joined_after_it_was_bound(ward: Ward) -> None:
    session = await ward.create()
    ward.join("d1", "boot", Interval(60_000, Vital.SYSTOLIC_BP))
    await ward.bind(session)
    assert [entry.body for entry in ward.log(session)[2:]] == [
        DeviceBound("anna", "d1", Mode.SIMULATED, "a bed"),
        DeviceJoined("boot", "d1", (Interval(60_000, Vital.SYSTOLIC_BP),)),
    ]


async def test_a_device_that_went_before_it_was_bound_has_not_joined(ward: Ward) -> None:
    session = await ward.create()
    ward.join()
    ward.registry.intake.left("d1", "bye")
    await ward.bind(session)
    assert ward.log(session)[-1].body == DeviceBound("anna", "d1", Mode.SIMULATED, "a bed")


async def test_coming_and_going_is_recorded(ward: Ward) -> None:
    session = await ward.infusing()
    ward.registry.intake.left("d1", "bye")
    ward.registry.intake.left("d9", "never seen")
    await ward.registry.settled()
    assert ward.bodies(session, DeviceLeft) == [DeviceLeft("d1", "bye")]
    assert ward.registry.view(session).devices[0].is_connected is False


async def test_too_many_sessions_are_refused(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "MAX_OPEN_SESSIONS", 1)
    await ward.create()
    with pytest.raises(CommandRefused) as refused:
        await ward.create("Room 2")
    assert refused.value.reason == "too_many_sessions"


# --- commands -------------------------------------------------------------------------------------------------------------------------


async def test_a_refused_command_still_records_what_fell_due(ward: Ward) -> None:
    session = await ward.infusing()
    ward.clock._now_ms += 20_000  # nobody has looked yet
    with pytest.raises(CommandRefused):
        await ward.acknowledge(session, "HR-H1.1")
    await ward.registry.settled()
    assert list(ward.raised(session)) == ["TEC-L2", "TEC-L3", "TEC-M1", "TEC-M2", "DEL-M1"]


async def test_a_refused_command_before_which_nothing_fell_due_records_nothing(ward: Ward) -> None:
    session = await ward.infusing()
    await ward.say(hr=72)  # an open range of measurements
    asked, length = ward.store.asked, len(ward.log(session))
    with pytest.raises(CommandRefused) as refused:
        await ward.registry.command(session, RateSet("anna", -5))
    await turns()
    assert refused.value.reason == "out_of_range"
    assert (ward.store.asked, len(ward.log(session))) == (asked, length)


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00b"])
async def test_half_a_character_does_not_break_the_log(ward: Ward, text: str) -> None:
    session = await ward.infusing()
    with pytest.raises(CommandRefused) as refused:
        await ward.registry.command(session, NoteAdded("anna", text))
    assert refused.value.reason == "malformed_text"
    with pytest.raises(CommandRefused):
        await ward.registry.create(room=text, patient=PATIENT, order=INFUSION, by="anna")
    await ward.registry.command(session, NoteAdded("anna", "whole"))
    assert ward.store.all_seqs[session] == list(range(1, len(ward.log(session)) + 1))


async def test_an_unknown_session_is_a_key_error(ward: Ward) -> None:
    with pytest.raises(KeyError):
        await ward.order("S-000099", Phase.BASELINE)
    with pytest.raises(KeyError):
        await ward.registry.past_view("S-000099")
    assert ward.registry.get("S-000099") is None


async def test_a_session_that_ends_frees_its_room_and_devices_and_can_still_be_seen(ward: Ward) -> None:
    session = await ward.infusing()
    screen = await ward.screen()
    await ward.order(session, Phase.RECOVERY)
    await ward.order(session, Phase.CLOSED)
    assert (ward.registry.open_sessions(), ward.registry.session_of("d1")) == ([], None)
    with pytest.raises(FrameRefused):
        ward.send(hr=72)
    view = await ward.registry.past_view(session)
    assert (view.phase, view.last_seq) == (Phase.CLOSED, len(ward.log(session)))
    ended = [session for update in await screen.drain() for session in update.ended]
    assert ended == [session]
    await ward.pass_time(3_600)
    assert len(ward.log(session)) == view.last_seq, "nothing falls due after the end"


async def test_an_open_session_is_seen_as_it_stands_on_disk(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    ward.send(hr=99)
    looking = asyncio.ensure_future(ward.registry.past_view(session))
    await turns()
    assert not looking.done()
    ward.store.release()
    view = await looking
    assert [vital.value for vital in view.vitals if vital.vital is Vital.HEART_RATE] == [99.0]


# --- asking for another cuff ----------------------------------------------------------------------------------------------------------


async def test_the_device_is_asked_for_a_second_cuff(ward: Ward) -> None:
    session = await ward.infusing()
    asked: list[tuple[Vital, float]] = []
    stop = ward.registry.intake.subscribe_remeasure("d1", lambda vital, within_s: asked.append((vital, within_s)))
    await ward.say(sbp=184, dbp=96, map=120)
    assert asked == [(Vital.SYSTOLIC_BP, 120.0)]
    assert any(isinstance(entry.body, RemeasureRequested) for entry in ward.log(session))
    stop()
    await ward.pass_time(40)
    await ward.say(sbp=125, dbp=76, map=92)
    await ward.say(sbp=184, dbp=96, map=120)
    assert len(asked) == 1


async def test_an_old_connection_that_ends_does_not_silence_the_new_one(ward: Ward) -> None:
    await ward.infusing()
    asked: list[str] = []
    stop_old = ward.registry.intake.subscribe_remeasure("d1", lambda *_: asked.append("old"))
    stop_new = ward.registry.intake.subscribe_remeasure("d1", lambda *_: asked.append("new"))
    stop_old()
    await ward.say(sbp=184, dbp=96, map=120)
    assert asked == ["new"]
    stop_new()
    stop_new()


# --- after a kill ---------------------------------------------------------------------------------------------------------------------


async def test_what_was_not_on_disk_at_a_kill_was_never_acknowledged_and_is_taken_again(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    lost = ward.send(hr=99)
    await turns()
    again = await ward.restart()
    with pytest.raises(StoreFailed):
        await lost
    assert again.join() == 1
    assert await again.send(seq=2, hr=99) == ()
    assert again.store.all_seqs[session] == list(range(1, len(again.log(session)) + 1))
    await again.registry.stop()


async def test_what_fell_due_while_nobody_watched_has_its_own_time(ward: Ward) -> None:
    session = await ward.infusing()
    await ward.registry._watch.stop()
    ward.clock.advance(60_000)
    again = await ward.restart()
    await again.registry.settled()
    assert again.raised(session) == BY_TIME_ALONE
    await again.registry.stop()


async def test_session_numbers_go_on(ward: Ward) -> None:
    await ward.create()
    again = await ward.restart()
    assert await again.create("Room 2") == "S-000002"
    await again.registry.stop()


async def test_a_clock_set_back_while_the_monitor_was_down_stops_no_deadline(ward: Ward) -> None:
    """An hour back: without care every deadline and every age would stand still for an hour, and an old value would look current."""
    session = await ward.infusing()
    await ward.say(**CALM)
    ward.clock._now_ms -= 3_600_000
    again = await ward.restart()
    assert (
        again.registry.system().recording_impaired == "the clock was set back by 3600 s while the monitor was down: times run ahead by that"
    )
    await again.pass_time(5)
    assert set(again.raised(session)) == {"TEC-L2", "TEC-L3"}
    assert {vital.age_ms for vital in again.registry.view(session).vitals} == {5_000}
    await again.registry.stop()


# --- deadlines ------------------------------------------------------------------------------------------------------------------------


async def test_alerts_are_raised_by_time_alone(ward: Ward) -> None:
    session = await ward.infusing()
    for _ in range(31):
        await ward.pass_time(1)
    assert ward.raised(session) == BY_TIME_ALONE


async def test_an_open_range_is_sealed_in_ten_seconds_by_time_alone(ward: Ward) -> None:
    session = await ward.create()
    await ward.bind(session)
    ward.join()
    await ward.say(hr=72)
    sealed = await ward.store.seals(session)
    assert sealed[-1].last_seq == len(ward.log(session)) - 1
    await ward.pass_time(9.999)
    assert (await ward.store.seals(session))[-1] == sealed[-1]
    await ward.pass_time(0.001)
    assert (await ward.store.seals(session))[-1].last_seq == len(ward.log(session))
    assert all(ward.registry.checks.values())


async def test_the_death_of_the_watch_is_not_silent(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    await ward.infusing()
    screen = await ward.screen()

    def broken(_: object) -> None:
        raise ZeroDivisionError("the watch is wrong")

    monkeypatch.setattr(ward.registry._watch, "look", broken)
    await ward.pass_time(6)
    assert ward.registry.checks["watch"] is False
    assert "the watch over deadlines died: ZeroDivisionError" in (ward.registry.system().recording_impaired or "")
    assert [update.system.recording_impaired for update in await screen.drain() if update.system] == [
        ward.registry.system().recording_impaired
    ]


async def test_a_stop_leaves_everything_on_disk(ward: Ward) -> None:
    session = await ward.infusing()
    done = ward.send(hr=99)
    await ward.registry.stop()
    assert done.done()
    assert {name for name, is_well in ward.registry.checks.items() if not is_well} == {"watch", "stream", "screens"}
    assert isinstance(ward.log(session)[-1].body, Measured)
