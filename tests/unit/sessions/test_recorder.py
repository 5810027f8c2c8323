"""When the store fails: it is said at once, shown all the same, and nothing is acknowledged that is not on disk."""

import asyncio

import pytest

from monitor.sessions import recorder as recorder_module
from monitor.store.ports import Aside, StoreFailed
from schemas.log import NoteAdded
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM
from tests.unit.sessions.ward import Screen, Ward, turns


@pytest.fixture(autouse=True)
def quick_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "RETRY_MS", 0)


async def fail(ward: Ward, kind: str) -> None:
    ward.store.fail(kind)
    await turns(2)


def heart_rates(screen_updates: list[object]) -> list[float | None]:
    return [
        vital.value
        for update in screen_updates
        for vitals in update.vitals.values()  # type: ignore[attr-defined]
        for vital in vitals
        if vital.vital is Vital.HEART_RATE
    ]


async def shown_heart_rates(ward: Ward, screen: Screen) -> list[float | None]:
    ward.registry.hub._flush()
    return heart_rates(list(await screen.drain()))


async def test_nothing_is_shown_before_it_is_on_disk(ward: Ward) -> None:
    session = await ward.infusing()
    screen = await ward.screen()
    ward.store.is_held = True
    ward.send(hr=99)
    noting = asyncio.ensure_future(ward.registry.command(session, NoteAdded("anna", "calm")))
    await turns()
    assert await screen.drain() == []
    ward.store.release()
    await noting
    updates = await screen.drain()
    assert [entry.text for update in updates for entry in update.journal] == ["anna: calm"]
    assert heart_rates(list(updates)) == [99.0]


async def test_a_snapshot_waits_for_the_disk(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    noting = asyncio.ensure_future(ward.registry.command(session, NoteAdded("anna", "calm")))
    await turns()
    opening = asyncio.ensure_future(ward.screen())
    await turns()
    assert not opening.done()
    ward.store.release()
    screen = await opening
    await noting
    assert [entry.text for entry in screen.snapshot.journal][-1] == "anna: calm"


@pytest.mark.parametrize("kind", ["full", "locked", "busy"])
async def test_a_full_disk_is_said_and_shown_and_tried_again(ward: Ward, kind: str) -> None:
    session = await ward.infusing()
    screen = await ward.screen()
    before = len(ward.log(session))
    ward.store.is_held = True
    first = ward.send(hr=80)
    await turns()
    await fail(ward, kind)
    assert ward.registry.checks["recording"] is False
    assert f"recording impaired ({kind})" in (ward.registry.system().recording_impaired or "")
    second = ward.send(hr=90)
    await turns()
    assert await shown_heart_rates(ward, screen) == [80.0, 90.0], "shown all the same"
    assert not first.done(), "and not acknowledged"
    assert not second.done()
    assert len(ward.log(session)) == before
    while not ward.store.waiting:
        await turns()
    await fail(ward, kind)  # still full: tried once more
    while not ward.store.waiting:
        await turns()
    assert len(ward.store.waiting) == 1, "one at a time"
    ward.store.release()
    assert (await first, await second) == ((), ())
    await turns()
    assert ward.registry.system().recording_impaired is None
    assert ward.registry.checks["recording"] is True
    assert ward.store.all_seqs[session] == list(range(1, before + 3)), "in order, each once"
    updates = await screen.drain()
    assert heart_rates(list(updates)) == [], "what was shown is not shown again"
    assert [update.system.recording_impaired for update in updates if update.system][-1:] == [None]


async def test_what_comes_after_the_recovery_waits_for_the_disk_again(ward: Ward) -> None:
    await ward.infusing()
    ward.store.is_held = True
    first = ward.send(hr=80)
    await turns()
    await fail(ward, "full")
    while not ward.store.waiting:
        await turns()
    ward.store.commit()
    await first
    screen = await ward.screen()
    third = ward.send(hr=85)
    await turns()
    assert await shown_heart_rates(ward, screen) == []
    ward.store.release()
    await third
    assert await shown_heart_rates(ward, screen) == [85.0]


async def test_a_failed_write_is_never_tried_again(ward: Ward) -> None:
    session = await ward.infusing()
    screen = await ward.screen()
    ward.store.is_held = True
    frame = ward.send(hr=80)
    await turns()
    second = ward.send(hr=81)  # waits behind it
    await turns()
    asked = ward.store.asked
    await fail(ward, "io")
    for done in (frame, second):
        with pytest.raises(StoreFailed) as failed:
            await done
        assert failed.value.kind == "io"
    with pytest.raises(StoreFailed):
        await ward.registry.command(session, NoteAdded("anna", "calm"))
    with pytest.raises(StoreFailed):
        await ward.create("Room 2")
    third = ward.send(hr=82)
    with pytest.raises(StoreFailed):
        await third
    with pytest.raises(StoreFailed):
        await ward.send(seq=4, hr=82)
    await ward.registry.settled()
    assert ward.store.asked == asked
    assert (await shown_heart_rates(ward, screen))[-2:] == [81.0, 82.0], "shown all the same"
    assert "recording impaired (io)" in (ward.registry.system().recording_impaired or "")


async def test_what_is_judged_without_a_store_is_shown(ward: Ward) -> None:
    """Alerts above all: a dead disk must not silence the ward."""
    session = await ward.infusing()
    await ward.pass_time(4)
    screen = await ward.screen()
    ward.store.is_held = True
    ward.send(**CALM)
    await turns()
    await fail(ward, "io")
    await ward.pass_time(4)
    ward.send(**{**CALM, "spo2": 79.0})
    await turns()
    updates = await screen.drain()
    texts = [entry.text for update in updates for entry in update.journal]
    assert any("OX-H1.1" in text and "raised at once" in text for text in texts)
    assert "OX-H1.1" in {alert.id for update in updates for now in update.sessions for alert in now.alerts}
    assert ward.registry.view(session).alerts[0].rule == "OX-H1"
    for _ in range(40):
        ward.send(**CALM)
        await turns()
    assert ward.registry._recorder.has_room(), "what can never be written is not kept for ever"


async def test_a_full_disk_that_turns_into_a_failed_write_is_lost(ward: Ward) -> None:
    await ward.infusing()
    ward.store.is_held = True
    frame = ward.send(hr=80)
    await turns()
    await fail(ward, "full")
    while not ward.store.waiting:
        await turns()
    await fail(ward, "io")
    with pytest.raises(StoreFailed):
        await frame
    assert "recording impaired (io)" in (ward.registry.system().recording_impaired or "")


@pytest.mark.parametrize("how", ["another error", "cancelled"])
async def test_an_unforeseen_end_of_a_commit_is_a_lost_one(ward: Ward, how: str) -> None:
    await ward.infusing()
    ward.store.is_held = True
    frame = ward.send(hr=80)
    await turns()
    _, commit = ward.store.waiting.popleft()
    if how == "cancelled":
        commit.cancel()
    else:
        commit.set_exception(ZeroDivisionError("never thought of"))
    with pytest.raises(StoreFailed) as failed:
        await frame
    assert failed.value.kind == ("closed" if how == "cancelled" else "unknown")


async def test_who_waits_for_the_disk_is_let_go_when_it_fails(ward: Ward) -> None:
    """A snapshot, a shutdown: they must not hang on a disk that is full."""
    await ward.infusing()
    ward.store.is_held = True
    ward.send(hr=80)
    await turns()
    settling = asyncio.ensure_future(ward.registry.settled())
    await turns()
    assert not settling.done()
    await fail(ward, "full")
    await settling
    await ward.registry.settled()
    await ward.registry.stop()
    assert ward.store.asked < 10


async def test_a_stopped_recorder_tries_nothing_again(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "RETRY_MS", 1)
    await ward.infusing()
    ward.store.is_held = True
    ward.send(hr=80)
    await turns()
    await fail(ward, "full")
    asked = ward.store.asked
    await ward.registry.stop()
    loop = asyncio.get_running_loop()
    passed = asyncio.Event()
    loop.call_later(0.01, passed.set)
    await passed.wait()
    assert ward.store.asked == asked


async def test_a_cancelled_waiter_does_not_stop_the_recording_of_others(ward: Ward) -> None:
    await ward.infusing()
    recorder = ward.registry._recorder
    ward.store.is_held = True
    ward.registry.intake.keep_aside(Aside(0, None, "malformed", "", "", b""))
    assert recorder._open is not None
    recorder._open.done.cancel()
    await turns()
    ward.store.release()
    await turns()
    assert await ward.send(hr=80) == ()


async def test_who_is_cancelled_is_not_acknowledged_and_harms_nobody(ward: Ward) -> None:
    """The one who waits for a frame; the commit itself."""
    await ward.infusing()
    ward.store.is_held = True
    given_up, kept = ward.send(hr=80), ward.send(hr=81)
    given_up.cancel()
    await turns()
    ward.store.release()
    assert await kept == ()
    ward.store.is_held = True
    frame = ward.send(hr=82)
    assert ward.registry._recorder._open is not None
    ward.registry._recorder._open.done.cancel()
    await turns()
    assert frame.cancelled()
    ward.store.release()
    await turns()
    assert await ward.send(hr=83) == ()


async def test_batches_are_gathered_while_one_is_on_its_way(ward: Ward) -> None:
    session = await ward.infusing()
    ward.store.is_held = True
    asked = ward.store.asked
    waiting = []
    for _ in range(10):
        waiting.append(ward.send(hr=80))
        await turns()
    assert ward.store.asked == asked + 1
    ward.store.commit()
    await turns()
    assert ward.store.asked == asked + 2
    ward.store.release()
    for done in waiting:
        await done
    assert ward.store.all_seqs[session] == list(range(1, len(ward.log(session)) + 1))


async def test_the_newest_of_each_vital_sign_is_shown_and_history_never(ward: Ward) -> None:
    session = await ward.infusing()
    screen = await ward.screen()
    ward.clock.advance(10_000)
    now_ms = ward.clock.now_ms()
    live, later = ward.measurement(hr=80, spo2=97), ward.measurement(hr=81)
    late = ward.measurement(hr=140, spo2=None)
    late = type(late)(late.device, late.counter, now_ms - 60_000, late.values)
    frozen = type(late)(late.device, late.counter, now_ms, later.values)
    await ward.registry.intake.frame("d1", "boot", 2, [live, later, late, frozen], now_ms)
    ward.registry.hub._flush()
    updates = await screen.drain()
    found = {vital.vital: vital.value for update in updates for vital in update.vitals.get(session, ())}
    assert found == {Vital.HEART_RATE: 81.0, Vital.SPO2: 97.0}


async def test_the_order_of_phases_is_shown_with_the_end(ward: Ward) -> None:
    session = await ward.create()
    screen = await ward.screen()
    await ward.order(session, Phase.ABORTED)
    updates = await screen.drain()
    assert [now.phase for update in updates for now in update.sessions] == [Phase.ABORTED]
    assert [ended for update in updates for ended in update.ended] == [session]
