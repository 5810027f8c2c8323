"""Clocks never go back, and wake in time. A clock that is paced waits for what lives by it."""

import asyncio
import time

import pytest

from monitor.clock import LOOK_S, Clock, ManualClock, PacedClock, SystemClock, event_or_time, passed_ns


def make(kind: str) -> Clock:
    return {"system": SystemClock, "manual": ManualClock}[kind]() if kind != "paced" else PacedClock(speed=1.0)


@pytest.mark.parametrize("kind", ["system", "manual", "paced"])
async def test_a_clock_steps_forward_to_what_is_on_record_and_never_back(kind: str) -> None:
    clock = make(kind)
    now_ms = clock.now_ms()
    assert clock.not_before(now_ms - 1_000) == 0
    step_ms = clock.not_before(now_ms + 3_600_000)
    assert 3_590_000 < step_ms <= 3_600_000
    assert now_ms + 3_600_000 <= clock.now_ms() < now_ms + 3_660_000


async def test_the_system_clock_starts_at_the_wall_and_goes_on_monotonic(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time_ns() // 1_000_000) < 10_000
    before_ms = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert clock.now_ms() >= before_ms, "a step of the wall clock moves nothing"


def test_the_time_that_a_machine_slept_has_passed() -> None:
    """Control: a clock that stands still meanwhile would call a value of an hour ago as old as it was before."""
    passed_ns = 5_000_000_000
    clock = SystemClock(lambda: passed_ns)
    before_ms = clock.now_ms()
    passed_ns += 3_600_000_000_000
    assert clock.now_ms() - before_ms == 3_600_000


def test_the_clock_of_the_machine_is_one_that_counts_sleep() -> None:
    assert not hasattr(time, "CLOCK_BOOTTIME") or abs(passed_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) < 1_000_000_000


async def test_a_deadline_that_fell_into_a_sleep_is_met_soon_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop's timer would go on where it stood: forty minutes late."""
    passed_ns, naps = 0, list[float]()

    async def nap(seconds: float) -> None:
        nonlocal passed_ns
        naps.append(seconds)
        passed_ns += 3_600_000_000_000 if len(naps) == 2 else round(seconds * 1e9)

    monkeypatch.setattr(asyncio, "sleep", nap)
    clock = SystemClock(lambda: passed_ns)
    await clock.sleep_until(clock.now_ms() + 2_400_000)
    assert naps == [LOOK_S, LOOK_S, 0.0]


@pytest.mark.parametrize("kind", ["system", "manual"])
async def test_what_has_passed_is_not_waited_for(kind: str) -> None:
    clock = make(kind)
    await clock.sleep_until(clock.now_ms() - 1_000)
    await clock.sleep_until(clock.now_ms())


async def test_the_system_clock_wakes_in_time() -> None:
    clock = SystemClock()
    at_ms = clock.now_ms() + 20
    await clock.sleep_until(at_ms)
    assert clock.now_ms() >= at_ms - 1


async def test_the_manual_clock_wakes_in_the_order_of_times() -> None:
    clock, order = ManualClock(0), list[int]()

    async def sleeper(at_ms: int) -> None:
        await clock.sleep_until(at_ms)
        order.append(at_ms)

    tasks = [asyncio.ensure_future(sleeper(at_ms)) for at_ms in (30, 10, 20, 40)]
    cancelled = tasks.pop()
    await asyncio.sleep(0)
    cancelled.cancel()
    clock.advance(9)
    await asyncio.sleep(0)
    assert order == []
    clock.advance(21)
    await asyncio.gather(*tasks)
    assert order == [10, 20, 30]
    clock.advance(100)
    assert cancelled.cancelled()


async def test_a_paced_clock_catches_up_and_then_goes_with_the_wall() -> None:
    clock = PacedClock(speed=1.0, head_start_ms=20_000)
    began_ms = clock.now_ms()
    assert clock.is_catching_up
    woken: list[int] = []

    async def sleeper() -> None:
        await clock.sleep_until(began_ms + 5_000)
        woken.append(clock.now_ms())

    sleeping = asyncio.ensure_future(sleeper())
    asked = 0

    def is_settled() -> bool:
        nonlocal asked
        asked += 1
        return asked % 3 == 0

    await asyncio.gather(clock.run(is_settled), sleeping)
    assert not clock.is_catching_up
    assert woken == [began_ms + 6_000], "at the first step that reaches it, not at the end"
    assert asked >= 20, "each step waits until everything has settled"
    assert abs(clock.now_ms() - time.time_ns() // 1_000_000) < 10_000
    await clock.sleep_until(clock.now_ms() + 2)


async def test_a_paced_clock_gives_up_on_what_never_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PacedClock, "SETTLE_S", 0.001)
    clock = PacedClock(speed=1.0, head_start_ms=6_000)
    await clock.run(lambda: False)
    assert not clock.is_catching_up


async def test_a_fast_paced_clock_keeps_its_speed() -> None:
    clock = PacedClock(speed=1_000.0)
    began_ms, began_ns = clock.now_ms(), time.monotonic_ns()
    running = asyncio.ensure_future(clock.run(lambda: True))
    await clock.sleep_until(began_ms + 40_000)
    real_ms = (time.monotonic_ns() - began_ns) / 1e6
    running.cancel()
    await asyncio.wait({running})
    assert real_ms >= 30, "40 s at a thousandfold"


@pytest.mark.parametrize("first", ["event", "time", "event only"])
async def test_an_event_or_a_time_whichever_is_first(first: str) -> None:
    clock, event = ManualClock(), asyncio.Event()
    waiting = asyncio.ensure_future(event_or_time(event, clock, None if first == "event only" else clock.now_ms() + 1_000))
    for _ in range(3):
        await asyncio.sleep(0)
    clock.advance(999)
    await asyncio.sleep(0)
    assert not waiting.done()
    if first == "time":
        clock.advance(1)
    else:
        event.set()
    await asyncio.wait_for(waiting, 10)
    clock.advance(5_000)
    assert [sleeper for _, sleeper in clock._sleepers if not sleeper.done()] == []
