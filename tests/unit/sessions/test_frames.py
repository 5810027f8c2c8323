"""Frames and acknowledgements: acknowledged means on disk; each frame once, in order."""

import asyncio
from collections.abc import Iterable

import pytest

from monitor.sessions import recorder as recorder_module
from monitor.sessions.device_positions import FrameRefused
from monitor.sessions.journal import journal_lines
from monitor.store.ports import Aside, Position
from schemas.announcement import Announcement, DeviceAnnounced, Fact, Turn
from schemas.device_wire import Invalid, RefusedReason
from schemas.log import (
    DeviceBound,
    DeviceJoined,
    Measured,
    NoteAdded,
    ScreensChanged,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode
from schemas.stream_wire import UnboundNow, Update
from tests.unit.core.bedside import values_of
from tests.unit.sessions.ward import Ward, turns

# --- acknowledged means on disk -------------------------------------------------------------------------------------------------------


async def test_a_frame_is_acknowledged_when_it_is_on_disk_and_not_before(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    done = ward.send(hr=72)
    await turns()
    assert not done.done()
    assert not any(isinstance(entry.body, Measured) and entry.body.counter == 2 for entry in ward.log(session))
    ward.store.commit()
    await turns()
    assert done.result() == ()
    body = ward.log(session)[-1].body
    assert isinstance(body, Measured)
    assert (body.counter, await ward.store.positions()) == (2, {"d1": Position("d1", "boot", 2)})


async def test_a_command_returns_when_it_is_on_disk_and_not_before(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    commanded = asyncio.ensure_future(ward.registry.command(session, NoteAdded("anna", "calm")))
    await turns()
    assert not commanded.done()
    ward.store.commit()
    made = await commanded
    assert [entry.body for entry in made] == [NoteAdded("anna", "calm")]
    assert ward.log(session)[-1] == made[0]


async def test_a_session_has_its_number_when_it_is_on_disk(ward: Ward) -> None:
    ward.store.is_held = True
    creating = asyncio.ensure_future(ward.create())
    await turns()
    assert not creating.done()
    ward.store.release()
    assert await creating == "S-000001"
    assert isinstance(ward.log("S-000001")[0].body, SessionCreated)


async def test_who_gives_up_waiting_undoes_nothing_and_keeps_nobody_else_waiting(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    commanded = asyncio.ensure_future(ward.registry.command(session, NoteAdded("anna", "calm")))
    creating = asyncio.ensure_future(ward.create("Room 2"))
    await turns(1)
    done = ward.send(hr=72)
    commanded.cancel()
    creating.cancel()
    await asyncio.wait({commanded, creating})
    ward.store.release()
    await turns()
    assert done.result() == ()
    assert ward.registry.get("S-000002") is not None


async def test_invalid_values_are_named_in_the_acknowledgement(ward: Ward) -> None:
    await ward.infusing()
    measurements = [ward.measurement(hr=72, spo2=101), ward.measurement(hr=None, sbp=110, dbp=120)]
    invalid = await ward.registry.intake.frame("d1", "boot", 2, measurements, ward.clock.now_ms())
    assert invalid == (
        Invalid("measurements[0].readings[1]", "out_of_range"),
        Invalid("measurements[1].readings[1]", "cross_field"),
        Invalid("measurements[1].readings[2]", "cross_field"),
    )


# --- frames: once, in order -----------------------------------------------------------------------------------------------------------


async def test_a_frame_that_was_taken_before_is_not_judged_again(ward: Ward) -> None:
    session = await ward.infusing()
    await ward.say(hr=72)
    length = len(ward.log(session))
    for seq in (1, 2):
        assert await ward.send(seq=seq, hr=99) == ()
    assert len(ward.log(session)) == length


async def test_a_duplicate_of_a_frame_on_its_way_waits_for_the_same_commit(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    first, again = ward.send(hr=72), ward.send(seq=2, hr=72)
    await turns()
    assert not again.done()
    ward.store.release()
    await turns()
    assert (first.result(), again.result()) == ((), ())
    assert sum(isinstance(entry.body, Measured) for entry in ward.log(session)) == 2


async def test_a_gap_is_refused_and_leaves_things_as_they_are(ward: Ward) -> None:
    await ward.infusing()
    with pytest.raises(FrameRefused, match="send from 2") as refused:
        ward.send(seq=3, hr=72)
    assert refused.value.reason is RefusedReason.SEQUENCE_GAP
    assert await ward.send(seq=2, hr=72) == ()


async def test_after_a_reconnect_the_device_is_told_what_is_on_disk(ward: Ward) -> None:
    await ward.infusing()
    assert ward.join() == 1
    ward.store.is_held = True
    done = ward.send(hr=72)
    assert ward.join() == 1, "not on disk yet"
    again = ward.send(seq=2, hr=72)
    await turns()
    ward.store.release()
    assert await done == await again == ()
    await turns()
    assert ward.join() == 2


async def test_a_reconnect_between_the_commit_and_its_news_takes_nothing_twice(ward: Ward) -> None:
    """The commit is done, those who wait for it have not had their turn yet: the frame is sent again in that very moment."""
    session = await ward.infusing()
    ward.store.is_held = True
    ward.send(hr=72)
    await turns()
    ward.store.commit()
    ward.join()
    assert await ward.send(seq=2, hr=72) == ()
    assert sum(isinstance(entry.body, Measured) for entry in ward.log(session)) == 2


async def test_a_new_boot_counts_from_one(ward: Ward) -> None:
    session = await ward.infusing()
    assert ward.join(boot="boot-2") == 0
    ward.counters["d1"] = 0
    assert await ward.send(seq=1, boot="boot-2", hr=73) == ()
    body = ward.log(session)[-1].body
    assert isinstance(body, Measured)
    assert body.readings[0].reason.value == "none"


async def test_a_commit_of_the_boot_before_says_nothing_of_this_one(ward: Ward) -> None:
    await ward.infusing()
    ward.store.is_held = True
    ward.send(hr=72)
    ward.join(boot="boot-2")
    await turns()
    ward.store.release()
    await turns()
    assert ward.join(boot="boot-2") == 0


async def test_over_http_the_first_frame_is_the_joining(ward: Ward) -> None:
    session = await ward.create()
    await ward.bind(session, "d2")
    assert await ward.send("d2", boot="posted", hr=72) == ()
    kinds = [type(entry.body) for entry in ward.log(session)]
    assert kinds == [SessionCreated, ScreensChanged, DeviceBound, DeviceJoined, Measured]


async def test_a_device_that_is_bound_nowhere_is_counted_and_shown_and_recorded_nowhere(ward: Ward) -> None:
    ward.registry.intake.label("d7", Mode.REAL, "monitor 7")
    ward.join("d7")
    ward.store.is_held = True
    with pytest.raises(FrameRefused) as refused:
        ward.send("d7", hr=72, spo2=98)
    assert refused.value.reason is RefusedReason.DEVICE_UNBOUND
    assert ward.registry.system().unbound == (UnboundNow("d7", Mode.REAL, "monitor 7", 2, ward.clock.now_ms()),)
    skipped = ward.registry.intake.skip("d7", "boot", 1)
    assert skipped is not None
    await turns()
    assert not skipped.done(), "the device is told when its turn is on disk, not before"
    ward.store.release()
    await skipped
    assert await ward.store.positions() == {"d7": Position("d7", "boot", 1)}
    assert ward.registry.intake.skip("d7", "boot", 1) is None
    session = await ward.create()
    await ward.bind(session, "d7")
    assert ward.registry.system().unbound == ()


async def test_a_frame_that_is_skipped_takes_its_turn(ward: Ward) -> None:
    await ward.infusing()
    assert ward.registry.intake.skip("d9", "boot", 1) is None
    assert ward.registry.intake.skip("d1", "another", 2) is None
    assert ward.registry.intake.skip("d1", "boot", 3) is None, "its turn has not come"
    skipped = ward.registry.intake.skip("d1", "boot", 2)
    assert skipped is not None
    await skipped
    assert await ward.send(seq=3, hr=72) == ()


async def test_at_the_bound_devices_are_told_to_wait(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    await ward.infusing()
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 2)
    ward.store.is_held = True
    waiting = [ward.send(hr=72), ward.send(hr=72)]
    with pytest.raises(FrameRefused) as refused:
        ward.send(hr=72)
    assert refused.value.reason is RefusedReason.BUSY
    ward.registry.intake.keep_aside(Aside(0, "d1", "malformed", "", "", b"x"))
    await turns()
    ward.store.release()
    assert [await done for done in waiting] == [(), ()]
    assert await ward.send(seq=4, hr=72) == ()
    assert (ward.registry.system().refused, ward.store.kept_aside) == (1, []), "counted, although there was no room to keep it"


async def test_refused_input_is_counted_and_kept(ward: Ward) -> None:
    aside = Aside(0, "d1", "malformed", "", "not JSON", b"{")
    ward.registry.intake.keep_aside(aside)
    await ward.registry.settled()
    assert (ward.registry.system().refused, ward.store.kept_aside) == (1, [aside])


# --- whose was it? ---------------------------------------------------------------------------------------------------------------------


async def test_what_was_measured_before_the_binding_is_recorded_nowhere_however_wrong_the_device_s_clock(ward: Ward) -> None:
    """Three measurements that waited, by a clock that is an hour slow: one before the binding, two after."""
    session = await ward.infusing()
    bound_ms = ward.clock.now_ms()
    await ward.pass_time(60)
    slow_ms = 3_600_000
    waited = [
        Measurement("d1", 10 + number, bound_ms + since_ms - slow_ms, values_of({"hr": 72.0}))
        for number, since_ms in enumerate((-1, 0, 30_000))
    ]
    invalid = await ward.registry.intake.frame("d1", "boot", 2, waited, ward.clock.now_ms(), ward.clock.now_ms() - slow_ms)
    assert invalid == (Invalid("measurements[0]", "device_unbound"),)
    assert [entry.body.counter for entry in ward.log(session) if isinstance(entry.body, Measured)][1:] == [11, 12]
    with pytest.raises(FrameRefused) as refused:
        ward.registry.intake.frame("d1", "boot", 3, waited[:1], ward.clock.now_ms(), ward.clock.now_ms() - slow_ms)
    assert refused.value.reason is RefusedReason.DEVICE_UNBOUND
    position = ward.registry.device_position("d1")
    assert position is not None
    assert position.unbound_newest == {}, "an old value is not what the device shows now, least of all beside another patient's name"
    assert "infusion_readings_before_binding_total 2.0" in ward.registry.telemetry.text().decode()
    assert await ward.registry.intake.frame("d1", "boot", 4, waited[:1], ward.clock.now_ms()) == (), (
        "control: without sent_at nothing is known"
    )


async def test_a_place_in_the_answer_is_that_of_the_frame(ward: Ward) -> None:
    await ward.infusing()
    now_ms = ward.clock.now_ms()
    waited = [
        Measurement("d1", 10, now_ms - 1, values_of({"hr": 72.0})),
        Measurement("d1", 11, now_ms, values_of({"hr": 900.0})),
    ]
    assert await ward.registry.intake.frame("d1", "boot", 2, waited, now_ms, now_ms) == (
        Invalid("measurements[0]", "device_unbound"),
        Invalid("measurements[1].readings[0]", "out_of_range"),
    )


# --- what devices say beside their vital signs -----------------------------------------------------------------------------------------


def _announced(ward: Ward, session: str) -> list[tuple[int, str]]:
    """How long ago each was said when it came, and its first fact."""
    bodies = [entry.body for entry in ward.log(session)]
    return [(one.received_at_ms - one.said_at_ms, one.facts[0].name) for one in bodies if isinstance(one, DeviceAnnounced)]


def _send(ward: Ward, seq: int, *said: tuple[str, int], measurements: tuple[Measurement, ...] = ()) -> asyncio.Future[tuple[Invalid, ...]]:
    """By a clock that is an hour slow; each as (name, when by that clock)."""
    announced = tuple(Announcement(at_ms - 3_600_000, (Fact(name, turn=Turn.START),)) for name, at_ms in said)
    now_ms = ward.clock.now_ms()
    return ward.registry.intake.frame("d1", "boot", seq, list(measurements), now_ms, now_ms - 3_600_000, announced)


async def test_what_a_device_announces_is_on_record_and_on_its_view(ward: Ward) -> None:
    session = await ward.infusing()
    await ward.pass_time(5)
    now_ms = ward.clock.now_ms()
    assert await _send(ward, 2, ("standby", now_ms), ("battery_low", now_ms - 700)) == ()
    assert _announced(ward, session) == [(0, "standby"), (700, "battery_low")]
    [device] = ward.registry.view(session).devices
    assert [(one.name, one.at_ms, one.is_state) for one in device.says] == [("standby", now_ms, True), ("battery_low", now_ms - 700, True)]
    assert await _send(ward, 2, ("standby", now_ms)) == (), "a frame that was taken before is taken no second time"
    assert len(_announced(ward, session)) == 2


async def test_what_was_announced_before_the_binding_is_another_patient_s(ward: Ward) -> None:
    session = await ward.infusing()
    bound_ms = ward.clock.now_ms()
    await ward.pass_time(60)
    invalid = await _send(ward, 2, ("theirs", bound_ms - 1), ("ours", bound_ms))
    assert invalid == (Invalid("announcements[0]", "device_unbound"),)
    assert _announced(ward, session) == [(60_000, "ours")]
    with pytest.raises(FrameRefused) as refused:
        _send(ward, 3, ("theirs", bound_ms - 1))
    assert refused.value.reason is RefusedReason.DEVICE_UNBOUND


def _told(updates: Iterable[Update]) -> list[str]:
    return [one.text for update in updates for one in update.journal if one.kind == "device_announced"]


async def _pump(ward: Ward, seq: int, ml_h: int) -> None:
    now_ms = ward.clock.now_ms()
    figures = (Fact("infusion_rate", unit="mL/h", value_milli=ml_h * 1000), Fact("volume_infused", unit="mL", value_milli=seq * 1000))
    await ward.registry.intake.frame("d1", "boot", seq, [], now_ms, now_ms, (Announcement(now_ms, figures),))


async def test_a_screen_is_told_of_a_pump_s_figures_what_its_journal_tells_when_it_is_loaded_again(ward: Ward) -> None:
    """They come again and again: each change of the rate is a line, at once and for good; the view has all of them."""
    session = await ward.infusing()
    screen = await ward.screen()
    for seq, ml_h in enumerate((12, 12, 20, 20, 12), start=2):
        await _pump(ward, seq, ml_h)
    await _send(ward, 7, ("standby", ward.clock.now_ms()))
    updates = await screen.drain()
    told = _told(updates)
    assert [text.split(",")[0] for text in told] == [
        "d1 says: infusion rate 12 mL/h",
        "d1 says: infusion rate 20 mL/h",
        "d1 says: infusion rate 12 mL/h",
        "d1 says: standby (begins)",
    ]
    assert told == [one.text for one in ward.registry._do.journal if one.kind == "device_announced"]
    events = [entry for entry in ward.log(session) if not isinstance(entry.body, Measured)]
    assert told == [one.text for one in journal_lines(events) if one.kind == "device_announced"]
    assert [(one.name, one.value) for one in updates[-1].sessions[0].devices[0].says] == [
        ("infusion_rate", 12.0),
        ("volume_infused", 6.0),
        ("standby", None),
    ]


async def test_a_restart_tells_no_rate_again_that_stood_before_it(ward: Ward) -> None:
    session = await ward.infusing()
    await _pump(ward, 2, 12)
    again = await ward.restart()
    again.join("d1", "boot")
    screen = await again.screen()
    await _pump(again, 3, 12)
    await _pump(again, 4, 20)
    assert [text.split(",")[0] for text in _told(await screen.drain())] == ["d1 says: infusion rate 20 mL/h"]
    assert [one.value for one in again.registry.view(session).devices[0].says] == [20.0, 4.0]
    await again.registry.stop()
