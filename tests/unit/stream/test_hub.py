"""The hub: alerts at once, values gathered, exactly the missed frames after a reconnect, and no alert lost to a slow screen."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from monitor.clock import ManualClock
from monitor.stream import hub as hub_module
from monitor.stream.delivery import MEMORY_FRAMES, QUEUE_FRAMES
from monitor.stream.hub import Hub, Newest, Subscription, TooManyViewers
from schemas.log import Measured
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Order, Patient, Phase, Treatment
from schemas.stream_wire import (
    Canary,
    Happened,
    Heartbeat,
    Resumed,
    SessionNow,
    Snapshot,
    StreamFrame,
    StreamHello,
    SystemNow,
    Update,
    VitalNow,
)
from schemas.vitals import Vital

_decode = msgspec.json.Decoder(StreamFrame).decode
HR = Vital.HEART_RATE


def values(value: float) -> dict[str, Newest]:
    reading = Reading(Reason.NONE, Validity.VALID, round(value * 1000), HR)
    return {"S-000001": {HR: (Measured(1, "d1", 0, Mode.REAL, (reading,), 0), reading)}}


def session(last_seq: int) -> SessionNow:
    return SessionNow(
        id="S-000001", room="Room 1", patient=Patient(1980, "J.S.", 70_000), order=Order(35_000, 2_400_000, Treatment.KETAMINE_IV),
        phase=Phase.INFUSING, phase_since_ms=0, created_at_ms=0, started_at_ms=0, stopped_at_ms=None, rate_ug_per_min=875, given_ug=0,
        given_at_ms=0, mode=Mode.REAL, devices=(), vitals=(), baselines=(), alerts=(), cuff_interval_ms=300_000, last_seq=last_seq,
    )  # fmt: skip


def event(seq: int) -> Happened:
    return Happened(session="S-000001", seq=seq, at_ms=0, kind="alert_changed", text="HR-H1.1 raised")


class Ward:
    """What the hub asks its owner for, and the hub."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.last_seq = 0
        self.refused = 0
        self.before_snapshot: Callable[[], object] = lambda: None
        self.snapshots = 0
        self.deaths: list[str] = []
        self.hub = Hub(self.clock, version="1", site_zone="UTC", snapshots=self._snapshot, values=self._values, system=self.system)

    async def _snapshot(self) -> tuple[tuple[SessionNow, ...], tuple[Happened, ...], SystemNow]:
        self.snapshots += 1
        sessions = (session(self.last_seq),)
        await asyncio.sleep(0)
        self.before_snapshot()
        return sessions, (), self.system()

    def _values(self, _: str, newest: Newest, now_ms: int) -> tuple[VitalNow, ...]:
        return tuple(
            VitalNow(vital, (reading.value_milli or 0) / 1000, reading.validity, reading.reason, 0, now_ms, 0, 5_000, 5_000, "d1")
            for vital, (_, reading) in newest.items()
        )

    def system(self) -> SystemNow:
        return SystemNow(recording_impaired=None, refused=self.refused, unbound=(), viewers=self.hub.viewers)

    def value(self, value: float) -> None:
        self.hub.publish(values(value), (), (), (), None)

    def alert(self) -> None:
        self.last_seq += 1
        self.hub.publish({}, (session(self.last_seq),), (), (event(self.last_seq),), None)

    def screen(self, since: tuple[str, int] | None = None) -> Subscription:
        return self.hub.subscribe(since, user="anna", role="clinician")


@pytest.fixture
async def ward() -> AsyncIterator[Ward]:
    ward = Ward()
    yield ward
    await ward.hub.stop()


async def read(screen: Subscription) -> StreamFrame:
    frame: StreamFrame = _decode(await screen.next())
    return frame


async def is_silent(screen: Subscription) -> bool:
    """Whether no frame is there to be read."""
    waiting = asyncio.ensure_future(screen.next())
    for _ in range(5):
        await asyncio.sleep(0)
    is_waiting = not waiting.done()
    waiting.cancel()
    await asyncio.wait({waiting})
    return is_waiting


async def opened(ward: Ward) -> Subscription:
    """A screen that has read its hello and its snapshot."""
    screen = ward.screen()
    assert isinstance(await read(screen), StreamHello)
    assert isinstance(await read(screen), Snapshot)
    return screen


async def test_a_new_screen_gets_hello_and_a_snapshot(ward: Ward) -> None:
    screen = ward.screen()
    hello = await read(screen)
    assert isinstance(hello, StreamHello)
    assert (hello.stream, hello.user, hello.role, hello.clock_speed) == (ward.hub.stream, "anna", "clinician", 1.0)
    snapshot = await read(screen)
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.position, snapshot.sessions[0].last_seq, snapshot.system.viewers) == (0, 0, 1)
    assert await is_silent(screen)


async def test_an_alert_goes_out_at_once_and_takes_waiting_values_with_it(ward: Ward) -> None:
    screen = await opened(ward)
    ward.value(71)
    await read(screen)
    ward.value(72)
    ward.alert()
    update = await read(screen)
    assert isinstance(update, Update)
    assert [vital.value for vital in update.vitals["S-000001"]] == [72.0]
    assert [entry.seq for entry in update.journal] == [1]
    assert await is_silent(screen), "the values are not sent twice"


async def test_values_after_a_quiet_while_go_out_at_once(ward: Ward) -> None:
    screen = await opened(ward)
    ward.value(70)
    assert not await is_silent(screen)


async def test_values_keep_the_pace_and_the_newest_wins(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PACE_MS", 20)
    screen = await opened(ward)
    for value in (70, 71, 72):
        ward.value(value)
    sent = [await read(screen), await read(screen)]
    assert await is_silent(screen)
    assert [[vital.value for vital in update.vitals["S-000001"]] for update in sent if isinstance(update, Update)] == [[70.0], [72.0]]


async def test_frames_are_encoded_once_for_all(ward: Ward) -> None:
    screens = [await opened(ward) for _ in range(3)]
    ward.alert()
    frames = [await screen.next() for screen in screens]
    assert frames[0] is frames[1] is frames[2]


async def test_a_screen_that_comes_back_gets_exactly_what_it_missed(ward: Ward) -> None:
    await opened(ward)  # another one stays, so that frames are made
    for _ in range(5):
        ward.alert()
    for since in range(6):
        screen = ward.screen((ward.hub.stream, since))
        assert isinstance(await read(screen), StreamHello)
        assert await read(screen) == Resumed(since=since, position=5)
        missed = [await read(screen) for _ in range(5 - since)]
        assert [frame.position for frame in missed if isinstance(frame, Update)] == list(range(since + 1, 6))
        ward.hub.leave(screen)


@pytest.mark.parametrize("since", [("another stream", 3), ("", 0), (None, 6), (None, 999_999)])
async def test_a_screen_from_elsewhere_gets_a_snapshot(ward: Ward, since: tuple[str | None, int]) -> None:
    await opened(ward)
    for _ in range(5):
        ward.alert()
    screen = ward.screen((ward.hub.stream if since[0] is None else since[0], since[1]))
    await read(screen)
    assert isinstance(await read(screen), Snapshot)


async def test_what_was_missed_for_too_long_is_a_snapshot(ward: Ward) -> None:
    await opened(ward)
    for _ in range(MEMORY_FRAMES + 1):
        ward.alert()
    screen = ward.screen((ward.hub.stream, 0))
    await read(screen)
    assert isinstance(await read(screen), Snapshot)


async def test_without_a_screen_nothing_is_kept_and_positions_go_on(ward: Ward) -> None:
    screen = await opened(ward)
    screen.close()
    ward.value(70)
    ward.alert()
    assert ward.hub.position == 2
    again = ward.screen((ward.hub.stream, 0))
    await read(again)
    snapshot = await read(again)
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.position, snapshot.sessions[0].last_seq) == (2, 1)


async def test_a_slow_screen_gets_a_snapshot_and_loses_no_alert(ward: Ward) -> None:
    slow, quick = await opened(ward), await opened(ward)
    seen = []
    for _ in range(3 * QUEUE_FRAMES):
        ward.alert()
        update = await read(quick)
        assert isinstance(update, Update)
        seen.extend(entry.seq for entry in update.journal)
    assert seen == list(range(1, 3 * QUEUE_FRAMES + 1)), "one slow screen delays no other"
    snapshot = await read(slow)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.sessions[0].last_seq == 3 * QUEUE_FRAMES
    ward.alert()
    update = await read(slow)
    assert isinstance(update, Update)
    assert update.position == snapshot.position + 1, "and from there it goes on without a gap"


async def test_what_happens_while_a_snapshot_is_made_comes_behind_it_once(ward: Ward) -> None:
    ward.before_snapshot = ward.alert
    screen = ward.screen()
    ward.value(71)  # waits, and is in the snapshot
    await read(screen)
    snapshot, update = await read(screen), await read(screen)
    assert isinstance(snapshot, Snapshot)
    assert isinstance(update, Update)
    assert (update.position, update.vitals) == (snapshot.position + 1, {})
    assert await is_silent(screen)


async def test_a_snapshot_that_was_interrupted_is_made_again(ward: Ward) -> None:
    """The one who asked was cancelled half way: the next question must not find an empty queue."""
    screen = ward.screen()
    await read(screen)
    asked = asyncio.ensure_future(screen.next())
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait({asked})
    ward.alert()
    snapshot = await read(screen)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.sessions[0].last_seq == 1
    assert ward.snapshots == 2


async def test_the_heart_beats_and_tells_of_the_monitors_own_state(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "HEARTBEAT_MS", 0)
    screen = await opened(ward)
    ward.hub.start(ward.deaths.append)
    assert ward.hub.is_alive
    first = await read(screen)
    assert isinstance(first, Update), "what the snapshot could not know: viewers"
    assert isinstance(await read(screen), Heartbeat)
    ward.refused = 7
    while not isinstance(frame := await read(screen), Update):
        assert isinstance(frame, Heartbeat)
    assert frame.system is not None
    assert frame.system.refused == 7
    assert isinstance(beat := await read(screen), Heartbeat)
    assert beat.position == frame.position
    await ward.hub.stop()
    assert not ward.hub.is_alive


async def test_a_heart_without_screens_changes_nothing(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "HEARTBEAT_MS", 0)
    ward.hub.start(ward.deaths.append)
    for _ in range(20):
        ward.refused += 1
        await asyncio.sleep(0)
    assert ward.hub.position == 0


async def test_one_screen_too_many_is_refused(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_SUBSCRIBERS", 2)
    first, _ = ward.screen(), ward.screen()
    with pytest.raises(TooManyViewers):
        ward.screen()
    first.close()
    assert ward.hub.viewers == 1
    ward.screen()


async def test_the_end_of_a_session_goes_out_at_once(ward: Ward) -> None:
    screen = await opened(ward)
    ward.hub.publish({}, (), ("S-000001",), (), None)
    update = await read(screen)
    assert isinstance(update, Update)
    assert update.ended == ("S-000001",)


async def test_stopping_ends_what_waits(ward: Ward) -> None:
    await opened(ward)
    ward.value(70)
    ward.hub.start(ward.deaths.append)
    await ward.hub.stop()
    assert not ward.hub.is_alive


# --- the monitor's own subscriber -----------------------------------------------------------------------------------------------------


async def test_a_canary_goes_to_every_screen_behind_what_came_before_it(ward: Ward) -> None:
    screen, other = await opened(ward), await opened(ward)
    ward.alert()
    ward.hub.publish({}, (), (), (), None, [Canary(id="c-1", now_ms=5)])
    for each in (screen, other):
        assert isinstance(await read(each), Update)
        assert await read(each) == Canary(id="c-1", now_ms=5)
    assert ward.hub.position == 1, "it is no update: a screen that comes back does not miss it"


async def test_a_probe_gets_what_is_published_and_no_more(ward: Ward) -> None:
    probe = ward.hub.probe()
    assert await is_silent(probe), "no hello, no snapshot"
    assert (ward.hub.viewers, ward.snapshots) == (0, 0)
    ward.hub.publish({}, (), (), (), None, [Canary(id="c-1", now_ms=5)])
    assert await read(probe) == Canary(id="c-1", now_ms=5)
    probe.close()
    ward.hub.publish({}, (), (), (), None, [Canary(id="c-2", now_ms=6)])
    assert await is_silent(probe)


async def test_a_probe_takes_no_screen_s_place(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_SUBSCRIBERS", 1)
    ward.hub.probe()
    ward.screen()
    with pytest.raises(TooManyViewers):
        ward.screen()


async def test_a_canary_without_anybody_there_is_gone(ward: Ward) -> None:
    ward.hub.publish({}, (), (), (), None, [Canary(id="c-1", now_ms=5)])
    screen = await opened(ward)
    assert await is_silent(screen)
