"""The monitor's time, as a device lives by it.

Within one process the monitor's own clock can be handed over (it has this shape). A device elsewhere takes the time and the speed from
each `welcome` and counts on from there.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

Sleep = Callable[[float], Awaitable[object]]
Monotonic = Callable[[], float]


class Clock(Protocol):
    """`speed`: seconds of this clock in a real one."""

    speed: float

    def now_ms(self) -> int:
        """UTC milliseconds since 1970; never less than the call before."""
        ...

    async def sleep_until(self, at_ms: int) -> None:
        """Returns at `at_ms` of this clock, at once if that has passed."""
        ...


class WelcomeClock:
    """Counts from the last welcome by `monotonic` (seconds). Before the first it stands at 0. One that would set it back holds it."""

    def __init__(self, monotonic: Monotonic, sleep: Sleep) -> None:
        self.speed = 1.0
        self._monotonic = monotonic
        self._sleep = sleep
        self._base_ms = 0.0
        self._base_s = monotonic()
        self._latest_ms = 0

    def welcomed(self, now_ms: int, speed: float) -> None:
        """The monitor's clock stands at `now_ms` and runs at `speed`."""
        self._base_ms, self._base_s, self.speed = float(now_ms), self._monotonic(), speed

    def now_ms(self) -> int:
        if self._base_ms:
            self._latest_ms = max(self._latest_ms, int(self._base_ms + (self._monotonic() - self._base_s) * 1000 * self.speed))
        return self._latest_ms

    async def sleep_until(self, at_ms: int) -> None:
        while (left_ms := at_ms - self.now_ms()) > 0:
            await self._sleep(left_ms / 1000 / self.speed)
