"""The only place that reads time. Shells get a `Clock`; the core gets `at_ms` as an argument.

A clock never goes back within a process: it is the wall time at its start plus the time that has passed since. A step of the wall clock
(NTP, an administrator, daylight saving) therefore moves no deadline and no age. The time that a machine slept has passed, too: a value from
before is as old afterwards as it is, whoever closed the lid.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol


class Clock(Protocol):
    """`speed` is how many seconds of the clock pass in a real one; anything but 1 is for simulated installations only."""

    speed: float

    def now_ms(self) -> int:
        """UTC milliseconds since 1970; never less than the call before."""
        ...

    def not_before(self, at_ms: int) -> int:
        """Steps forward to `at_ms` where the clock shows less; returns by how much. Once, at start: what is on record has happened."""
        ...

    async def sleep_until(self, at_ms: int) -> None:
        """Returns at `at_ms` of this clock, at once if that has passed."""
        ...


async def event_or_time(event: asyncio.Event, clock: Clock, at_ms: int | None) -> None:
    """Returns when the event is set or the clock reaches `at_ms` (None: never), whichever is first."""
    if at_ms is None:
        await event.wait()
        return
    sleep = asyncio.ensure_future(clock.sleep_until(at_ms))
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({sleep, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleep.cancel()
        waiting.cancel()


_PASSED: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux: monotonic, and goes on while the machine sleeps
LOOK_S: Final = 5.0  # the event loop's own timers stand still meanwhile: a long sleep looks at the clock so often


def passed_ns() -> int:
    """Since some instant of the past; never goes back, counts sleep."""
    return time.clock_gettime_ns(_PASSED)


class SystemClock:
    """Wall time at start, then `passed`. A deadline that fell into a sleep of the machine is met at most LOOK_S after it woke."""

    def __init__(self, passed: Callable[[], int] = passed_ns) -> None:
        self.speed = 1.0
        self._passed = passed
        self._wall_ms = time.time_ns() // 1_000_000
        self._started_ns = passed()

    def now_ms(self) -> int:
        return self._wall_ms + (self._passed() - self._started_ns) // 1_000_000

    def not_before(self, at_ms: int) -> int:
        step_ms = max(0, at_ms - self.now_ms())
        self._wall_ms += step_ms
        return step_ms

    async def sleep_until(self, at_ms: int) -> None:
        while (left_s := (at_ms - self.now_ms()) / 1000) > LOOK_S:  # noqa: ASYNC110 - a clock tells nobody that it has moved
            await asyncio.sleep(LOOK_S)
        await asyncio.sleep(max(0.0, left_s))


class PacedClock:
    """The clock of a simulated installation: it can run fast, and never outruns what lives by it.

    It stands at `head_start_ms` before now until `run`. While it runs fast it moves in steps of two seconds, and each step waits until
    `is_settled` (at most SETTLE_S): on a busy machine it becomes slower, and no value becomes stale or late because of that. The demo lives
    through the past of its rooms so, then goes on at `speed`; a speed of at most CONTINUOUS runs smoothly.
    """

    STEP_MS = 2_000
    SETTLE_S = 0.25
    CONTINUOUS = 8.0

    def __init__(self, *, speed: float, head_start_ms: int = 0) -> None:
        self.speed = speed
        self._at_ms = time.time_ns() // 1_000_000 - head_start_ms
        self._catch_up_to_ms = self._at_ms + head_start_ms
        self._smooth_since_ns: int | None = None
        self._moved = asyncio.Event()

    def now_ms(self) -> int:
        if self._smooth_since_ns is None:
            return self._at_ms
        return self._at_ms + int((passed_ns() - self._smooth_since_ns) * self.speed / 1e6)

    def not_before(self, at_ms: int) -> int:
        step_ms = max(0, at_ms - self.now_ms())
        self._at_ms += step_ms
        return step_ms

    @property
    def is_catching_up(self) -> bool:
        return self._smooth_since_ns is None and self._at_ms < self._catch_up_to_ms

    async def run(self, is_settled: Callable[[], bool]) -> None:
        """Let time pass; for ever."""
        started_ms, began_ns = self._at_ms, passed_ns()
        while self.is_catching_up or self.speed > self.CONTINUOUS:
            await self._step(is_settled)
            if not self.is_catching_up:
                ahead_s = (self._at_ms - max(started_ms, self._catch_up_to_ms)) / 1000 / self.speed - (passed_ns() - began_ns) / 1e9
                await asyncio.sleep(max(0.0, ahead_s))
            else:
                began_ns = passed_ns()
                if self._at_ms >= time.time_ns() // 1_000_000 - self.STEP_MS:
                    break
                self._catch_up_to_ms = max(self._catch_up_to_ms, time.time_ns() // 1_000_000)
        self._smooth_since_ns = passed_ns()
        self._wake()

    async def _step(self, is_settled: Callable[[], bool]) -> None:
        self._at_ms += self.STEP_MS
        self._wake()
        give_up_ns = passed_ns() + int(self.SETTLE_S * 1e9)
        for _ in range(3):  # who was woken gets its turn to begin
            await asyncio.sleep(0)
        while not is_settled() and passed_ns() < give_up_ns:  # noqa: ASYNC110 - many parts, none of which tells
            await asyncio.sleep(0.0005)

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, at_ms: int) -> None:
        while (left_ms := at_ms - self.now_ms()) > 0:
            if self._smooth_since_ns is None:
                await self._moved.wait()
            else:
                await asyncio.sleep(left_ms / self.speed / 1000)


class ManualClock:
    """For tests: moves only when told to. Sleepers wake in the order of their times."""

    def __init__(self, at_ms: int = 1_763_800_000_000) -> None:
        self.speed = 1.0
        self._now_ms = at_ms
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, by_ms: int) -> None:
        """Move on and wake whoever's time has come."""
        self._now_ms += by_ms
        for at_ms, sleeper in sorted(self._sleepers, key=lambda waiting: waiting[0]):
            if at_ms <= self._now_ms and not sleeper.done():
                sleeper.set_result(None)
        self._sleepers = [waiting for waiting in self._sleepers if not waiting[1].done()]

    def not_before(self, at_ms: int) -> int:
        step_ms = max(0, at_ms - self._now_ms)
        self.advance(step_ms)
        return step_ms

    async def sleep_until(self, at_ms: int) -> None:
        if at_ms > self._now_ms:
            sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._sleepers.append((at_ms, sleeper))
            await sleeper
