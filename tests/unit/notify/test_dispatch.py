"""Notices on their way: every attempt is told, nothing is waited for, everything has a bound."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from monitor.clock import ManualClock
from monitor.notify import dispatch as dispatch_module
from monitor.notify.dispatch import MAX_UNDER_WAY, RETRY_AFTER_MS, SIDE_BY_SIDE, TOO_MANY, TOO_OLD, WITHIN_MS, Dispatcher
from monitor.notify.ports import Delivery, Notice, headline
from schemas.alert import Priority
from schemas.measurement import Mode
from tests.support.channels import REFUSED, TAKEN, FakeChannel

NOTICE = Notice(
    id="S-000001/OX-H1.1/unseen/0",
    at_ms=1_763_800_000_000,
    room="Room 1",
    title="Severe hypoxia",
    priority=Priority.HIGH,
    reason="SpO2 79 < 85",
    why="unseen",
    escalation=0,
    mode=Mode.REAL,
    link="http://127.0.0.1:8050/session/S-000001",
)


class Desk:
    """A dispatcher with its clock, and what it told."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.told: list[tuple[str, Delivery]] = []
        self.deaths: list[str] = []
        self.dispatcher = Dispatcher((), self.clock)

    def over(self, *channels: FakeChannel) -> Dispatcher:
        self.dispatcher = Dispatcher(channels, self.clock)
        self.dispatcher.start(self.deaths.append)
        return self.dispatcher

    def send(self, notice: Notice = NOTICE) -> None:
        self.dispatcher.send(notice, lambda channel, delivery: self.told.append((channel, delivery)))

    async def pass_time(self, ms: int) -> None:
        self.clock.advance(ms)
        await turns()


async def turns(count: int = 30) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.dispatcher.stop()


async def test_a_notice_goes_over_every_channel_once(desk: Desk) -> None:
    first, second = FakeChannel("first"), FakeChannel("second")
    desk.over(first, second)
    desk.send()
    assert desk.told == [], "nobody waited for it"
    await turns()
    await desk.pass_time(10 * WITHIN_MS)
    assert (first.sent, second.sent) == ([NOTICE], [NOTICE])
    assert desk.told == [("first", TAKEN), ("second", TAKEN)]
    assert desk.dispatcher.under_way == 0


async def test_what_fails_is_tried_again_at_growing_intervals_and_each_attempt_is_told(desk: Desk) -> None:
    channel = FakeChannel("fake", REFUSED, ValueError("a secret address"), REFUSED, REFUSED)
    desk.over(channel)
    desk.send()
    await turns()
    for tried, wait_ms in enumerate(RETRY_AFTER_MS, 1):
        assert len(channel.sent) == tried
        await desk.pass_time(wait_ms - 1)
        assert len(channel.sent) == tried, "not a moment before"
        await desk.pass_time(1)
    assert len(channel.sent) == len(desk.told) == 1 + len(RETRY_AFTER_MS)
    assert {notice.id for notice in channel.sent} == {NOTICE.id}
    assert desk.told[1] == ("fake", Delivery(is_delivered=False, detail="failed (ValueError)")), "and not what the error says"
    await desk.pass_time(10 * WITHIN_MS)
    assert len(channel.sent) == 1 + len(RETRY_AFTER_MS), "that was all"
    assert sum(RETRY_AFTER_MS) + len(channel.sent) * 5_000 <= WITHIN_MS, "attempts that each take all their time end within the minute"


@pytest.mark.parametrize(("wanted_for", "tried"), [(0, 0), (1, 1), (2, 2), (9, 4)])
async def test_what_nobody_needs_to_hear_any_more_is_given_up_without_a_word(desk: Desk, wanted_for: int, tried: int) -> None:
    channel = FakeChannel("fake", *[REFUSED] * 9)
    told: list[str] = []
    desk.over(channel).send(NOTICE, lambda name, _: told.append(name), lambda: len(channel.sent) < wanted_for)
    await turns()
    for wait_ms in RETRY_AFTER_MS:
        await desk.pass_time(wait_ms)
    assert (len(channel.sent), len(told), desk.dispatcher.under_way) == (tried, tried, 0)


async def test_what_is_delivered_late_is_delivered_once(desk: Desk) -> None:
    channel = FakeChannel("fake", REFUSED)
    desk.over(channel)
    desk.send()
    await turns()
    await desk.pass_time(RETRY_AFTER_MS[0])
    await desk.pass_time(10 * WITHIN_MS)
    assert [delivery.is_delivered for _, delivery in desk.told] == [False, True]


async def test_an_attempt_that_takes_too_long_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch_module, "SEND_WITHIN_S", 0.01)
    channel = FakeChannel("fake")
    channel.hold = asyncio.Event()
    desk.over(channel)
    told: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
    desk.dispatcher.send(NOTICE, lambda _, delivery: told.set_result(delivery))
    assert await asyncio.wait_for(told, 10) == Delivery(is_delivered=False, detail="no answer within 0.01 s")
    assert channel.at_once == 0, "and is not left behind"


async def test_a_channel_that_hangs_holds_up_no_other(desk: Desk) -> None:
    hanging, well = FakeChannel("hanging"), FakeChannel("well")
    hanging.hold = asyncio.Event()
    desk.over(hanging, well)
    for _ in range(20):
        desk.send()
    await turns(60)
    assert desk.told == [("well", TAKEN)] * 20
    assert hanging.most_at_once == SIDE_BY_SIDE
    hanging.hold.set()
    await turns(120)
    assert len(hanging.sent) == 20


async def test_too_many_are_told_as_not_delivered(desk: Desk) -> None:
    channel = FakeChannel("fake")
    channel.hold = asyncio.Event()
    desk.over(channel)
    for _ in range(MAX_UNDER_WAY + 3):
        desk.send()
    await turns()
    assert desk.told == [("fake", TOO_MANY)] * 3
    assert desk.dispatcher.under_way == MAX_UNDER_WAY


async def test_what_has_waited_too_long_is_not_sent_any_more(desk: Desk) -> None:
    channel = FakeChannel("fake")
    channel.hold = asyncio.Event()
    desk.over(channel)
    for _ in range(SIDE_BY_SIDE + 2):
        desk.send()
    await turns()
    desk.clock.advance(WITHIN_MS)
    channel.hold.set()
    await turns(60)
    assert [delivery for _, delivery in desk.told].count(TOO_OLD) == 2
    assert len(channel.sent) == SIDE_BY_SIDE
    assert desk.dispatcher.under_way == 0


async def test_its_death_is_told(desk: Desk) -> None:
    desk.over(FakeChannel("fake"))

    def broken(channel: str, delivery: Delivery) -> None:
        raise ZeroDivisionError

    assert desk.dispatcher.is_alive
    desk.dispatcher.send(NOTICE, broken)
    await turns()
    assert not desk.dispatcher.is_alive
    assert desk.deaths == ["the second channel died: ZeroDivisionError()"]
    desk.send()
    await turns()
    assert desk.told == [("fake", TAKEN)], "the next notice is carried all the same"


async def test_a_stop_leaves_nothing_behind(desk: Desk) -> None:
    channel = FakeChannel("fake")
    channel.hold = asyncio.Event()
    desk.over(channel)
    desk.send()
    await turns()
    await desk.dispatcher.stop()
    assert (channel.at_once, channel.is_closed, desk.told, desk.deaths) == (0, True, [], [])


async def test_without_a_channel_nothing_is_sent(desk: Desk) -> None:
    desk.send()
    await turns()
    assert (desk.told, desk.dispatcher.channels) == ([], ())


@pytest.mark.parametrize(
    ("mode", "room", "line"),
    [
        (Mode.REAL, "Room 1", "HIGH Room 1: Severe hypoxia"),
        (Mode.SIMULATED, "Room 1", "SIMULATED HIGH Room 1: Severe hypoxia"),
        (Mode.REPLAYED, "", "REPLAYED HIGH Infusion Monitor: Severe hypoxia"),
    ],
)
def test_the_first_line_says_what_is_not_a_patient(mode: Mode, room: str, line: str) -> None:
    assert headline(replace(NOTICE, mode=mode, room=room)) == line
