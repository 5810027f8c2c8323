"""An exception in one session's engine stays there: the others, the watch and the screens go on, and everybody is told."""

from collections.abc import Callable

import pytest

from monitor.core.engine import Engine
from monitor.sessions.device_positions import FrameRefused
from monitor.sessions.registry import CommandRefused
from monitor.sessions.runner import Runner
from monitor.store.ports import Position
from schemas.device_wire import RefusedReason
from schemas.log import DeviceBound, DeviceUnbound, Measured, MonitorRestarted, NoteAdded
from schemas.measurement import Mode
from schemas.session import Phase
from tests.unit.core.bedside import CALM
from tests.unit.sessions.test_screens import say, show
from tests.unit.sessions.ward import Ward, turns


def broken(*_: object) -> object:
    raise ZeroDivisionError("SpO2 79 of J.S.")


def break_engine(ward: Ward, session: str, *methods: str) -> Runner:
    """From now on these methods of this session's engine raise."""
    runner = ward.registry.get(session)
    assert runner is not None
    for method in methods:
        setattr(runner.engine, method, broken)
    return runner


async def two_rooms(ward: Ward) -> tuple[str, str]:
    return await ward.infusing("Room 1", "d1"), await ward.infusing("Room 2", "d2")


async def measure(ward: Ward, session: str) -> None:
    with pytest.raises(FrameRefused) as refused:
        ward.send("d1", hr=72)
    assert refused.value.reason is RefusedReason.BUSY


async def apply(ward: Ward, session: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        await ward.registry.command(session, NoteAdded("anna", "x"))
    assert refused.value.reason == "judging_failed"


async def advance(ward: Ward, session: str) -> None:
    await ward.pass_time(6)


async def come_and_go(ward: Ward, session: str) -> None:
    ward.registry.intake.left("d1", "bye")


async def see(ward: Ward, session: str) -> None:
    await say(ward)


WAYS: list[Callable[[Ward, str], object]] = [measure, apply, advance, come_and_go, see]


@pytest.mark.parametrize("way", WAYS)
async def test_the_fault_of_one_session_is_said_and_the_others_go_on(ward: Ward, way: Callable[[Ward, str], object]) -> None:
    failing, well = await two_rooms(ward)
    screen = await ward.screen()
    break_engine(ward, failing, "measure", "apply", "advance")
    await way(ward, failing)  # type: ignore[misc]
    text = ward.registry.system().recording_impaired or ""
    assert f"{failing} (Room 1): judging FAILED" in text
    assert "ZeroDivisionError in broken" in text
    assert "J.S." not in text, "what an error says may be a patient's"
    assert [update.system.recording_impaired for update in await screen.drain() if update.system][-1] == text
    assert {name for name, is_well in ward.registry.checks.items() if not is_well} == {"judging"}
    before = len(ward.log(failing))
    assert await ward.say("d2", **CALM) == ()
    await ward.pass_time(40)
    assert "TEC-H1" in ward.raised(well), "its deadlines are watched"
    assert (await ward.order(well, Phase.PAUSED))[0].session == well
    assert len(ward.log(failing)) == before, "nothing more goes into the failed one"
    assert ward.registry.telemetry.judging_failed._value.get() == 1


async def test_without_a_fault_nothing_is_said(ward: Ward) -> None:
    """The control."""
    failing, _ = await two_rooms(ward)
    for way in (advance, come_and_go, see):
        await way(ward, failing)
    await ward.say("d1", hr=72)
    await ward.registry.command(failing, NoteAdded("anna", "x"))
    assert ward.registry.system().recording_impaired is None
    assert all(ward.registry.checks.values())


async def test_a_refusal_is_no_fault(ward: Ward) -> None:
    session = await ward.infusing()
    with pytest.raises(CommandRefused):
        await ward.acknowledge(session, "HR-H1.1")
    assert ward.registry.system().recording_impaired is None
    assert await ward.say(hr=72) == ()


async def test_the_device_keeps_its_frames_and_sends_them_after_a_restart(ward: Ward) -> None:
    failing, _ = await two_rooms(ward)
    break_engine(ward, failing, "measure")
    for seq in (2, 2, 2):
        with pytest.raises(FrameRefused) as refused:
            ward.send("d1", seq, hr=99)
        assert refused.value.reason is RefusedReason.BUSY
    assert (await ward.store.positions())["d1"] == Position("d1", "boot", 1)
    again = await ward.restart()
    assert again.registry.system().recording_impaired is None
    assert again.join("d1") == 1
    assert await again.send("d1", 2, hr=99) == ()
    assert [body.counter for body in again.bodies(failing, Measured) if isinstance(body, Measured)][-1] == again.counters["d1"]
    assert again.store.all_seqs[failing] == list(range(1, len(again.log(failing)) + 1))
    await again.registry.stop()


async def test_a_frame_that_fails_half_way_is_not_half_recorded(ward: Ward) -> None:
    failing, _ = await two_rooms(ward)
    runner = ward.registry.get(failing)
    assert runner is not None
    whole = runner.engine.measure

    def third_fails(*arguments: object) -> object:
        if len(taken) == 2:
            broken()
        taken.append(arguments)
        return whole(*arguments)

    taken: list[object] = []
    runner.engine.measure = third_fails  # type: ignore[method-assign, assignment]
    before = len(ward.log(failing))
    with pytest.raises(FrameRefused):
        ward.registry.intake.frame("d1", "boot", 2, [ward.measurement("d1", hr=72) for _ in range(4)], ward.clock.now_ms())
    await ward.registry.settled()
    assert (len(taken), len(ward.log(failing))) == (2, before)


async def test_a_failed_session_is_still_on_the_screens(ward: Ward) -> None:
    failing, well = await two_rooms(ward)
    break_engine(ward, failing, "measure")
    await measure(ward, failing)
    screen = await ward.screen()
    assert [session.id for session in screen.snapshot.sessions] == [failing, well]
    assert screen.snapshot.system.recording_impaired


async def test_one_that_cannot_even_be_looked_at_is_missing_and_the_others_are_there(ward: Ward) -> None:
    failing, well = await two_rooms(ward)
    break_engine(ward, failing, "alerts")
    screen = await ward.screen()
    assert [session.id for session in screen.snapshot.sessions] == [well]
    assert f"{failing} (Room 1)" in (screen.snapshot.system.recording_impaired or "")
    assert await ward.say("d2", **CALM) == ()


async def test_a_command_whose_result_cannot_be_shown_is_on_record_all_the_same(ward: Ward) -> None:
    failing, well = await two_rooms(ward)
    break_engine(ward, failing, "alerts")
    await ward.registry.command(failing, NoteAdded("anna", "x"))
    assert ward.bodies(failing, NoteAdded) == [NoteAdded("anna", "x")]
    assert "judging FAILED" in (ward.registry.system().recording_impaired or "")
    assert await ward.registry.command(well, NoteAdded("anna", "y"))


async def test_a_receipt_for_a_failed_session_is_counted_and_ignored(ward: Ward) -> None:
    failing, _ = await two_rooms(ward)
    break_engine(ward, failing, "measure")
    await measure(ward, failing)
    await say(ward)
    show(ward, failing, "TEC-L2.1")
    assert b'infusion_receipts_total{outcome="not_judged"} 1.0' in ward.registry.telemetry.text()


async def test_the_watch_does_not_come_back_to_a_failed_session(ward: Ward) -> None:
    failing, _ = await two_rooms(ward)
    runner = break_engine(ward, failing, "advance")
    await ward.pass_time(6)
    looked = 0

    def count(*_: object) -> None:
        nonlocal looked
        looked += 1

    runner.engine.advance = count  # type: ignore[method-assign, assignment]
    await ward.pass_time(600)
    assert looked == 0


@pytest.mark.parametrize("where", ["monitor.sessions.recorder.happened", "monitor.sessions.proceedings.happened"])
async def test_what_cannot_be_put_into_words_is_judged_and_on_record_all_the_same(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    session, other = await two_rooms(ward)
    with monkeypatch.context() as wordless:
        wordless.setattr(where, broken)
        await ward.registry.command(session, NoteAdded("anna", "x"))
        await ward.pass_time(6)
    assert ward.bodies(session, NoteAdded) == [NoteAdded("anna", "x")]
    assert f"{session}: what was judged could not be passed on (ZeroDivisionError)" in (ward.registry.system().recording_impaired or "")
    assert all(ward.registry.checks.values()), "nothing has ended by it"
    await ward.pass_time(40)
    for each in (session, other):
        assert "TEC-H1" in ward.raised(each)


# --- at a restart ---------------------------------------------------------------------------------------------------------------------


async def test_one_that_cannot_be_rebuilt_does_not_keep_the_others_down(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    failing, well = await two_rooms(ward)
    whole = Engine.measure

    def measure_of_one(engine: Engine, *arguments: object) -> object:
        return broken() if engine.session == failing else whole(engine, *arguments)

    monkeypatch.setattr(Engine, "measure", measure_of_one)
    again = await ward.restart()
    assert [runner.session for runner in again.registry.open_sessions()] == [well]
    assert f"{failing} (Room 1): judging FAILED" in (again.registry.system().recording_impaired or "")
    assert again.registry.checks["judging"] is False
    again.join("d1")
    with pytest.raises(FrameRefused) as refused:
        again.send("d1", hr=72)
    assert refused.value.reason is RefusedReason.BUSY, "its device keeps its frames"
    new = await again.create("Room 3")
    with pytest.raises(CommandRefused) as in_use:
        await again.registry.command(new, DeviceBound("anna", "d1", Mode.SIMULATED, "a bed"))
    assert in_use.value.reason == "device_in_use", "the store holds it bound: a second binding would end the recording"
    again.join("d2")
    assert await again.say("d2", **CALM) == ()
    monkeypatch.undo()
    mended = await again.restart()
    assert {runner.session for runner in mended.registry.open_sessions()} == {failing, well, new}
    assert mended.registry.system().recording_impaired is None
    await mended.registry.stop()


async def test_a_broken_log_keeps_its_devices_frames_too(ward: Ward) -> None:
    failing, _ = await two_rooms(ward)
    await ward.registry.command(failing, DeviceUnbound("anna", "d1"))
    await ward.bind(failing, "d3")
    del ward.store.logs[failing][5]
    again = await ward.restart()
    assert again.registry.session_of("d1") is None
    again.join("d3")
    with pytest.raises(FrameRefused) as refused:
        again.send("d3", hr=72)
    assert refused.value.reason is RefusedReason.BUSY
    await again.registry.stop()


async def test_one_that_fails_at_its_restart_is_not_asked_again(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    failing, well = await two_rooms(ward)
    whole = Engine.apply

    def apply_of_one(engine: Engine, body: object, at_ms: int) -> object:
        return broken() if engine.session == failing and isinstance(body, MonitorRestarted) else whole(engine, body, at_ms)

    monkeypatch.setattr(Engine, "apply", apply_of_one)
    again = await ward.restart()
    await turns()
    assert {name for name, is_well in again.registry.checks.items() if not is_well} == {"judging"}
    assert again.bodies(well, MonitorRestarted) == [MonitorRestarted("1")]
    assert again.bodies(failing, MonitorRestarted) == []
    await again.registry.stop()
