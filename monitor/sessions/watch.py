"""The watch: advances each session at its deadline, by a heap of wake times. Its death is not silent: /readyz and the screens tell."""

import asyncio
import heapq
from collections.abc import Callable
from typing import Final

from monitor.clock import Clock, event_or_time
from monitor.core.engine import NEVER_MS
from monitor.lasting import Lasting
from monitor.sessions.runner import Runner

SLICE: Final = 200  # sessions advanced before the event loop gets its turn: a few ms


class Watch:
    """`advance` is called with each runner whose time has come."""

    def __init__(self, clock: Clock, advance: Callable[[Runner], None]) -> None:
        self._clock = clock
        self._advance = advance
        self._heap: list[tuple[int, int, Runner]] = []
        self._count = 0
        self._earlier = asyncio.Event()
        self._task = Lasting("the watch over deadlines")

    def start(self, on_death: Callable[[str], None]) -> None:
        self._task.start(self._run(), on_death)

    async def stop(self) -> None:
        await self._task.stop()

    @property
    def is_alive(self) -> bool:
        return self._task.is_alive

    def look(self, runner: Runner) -> None:
        """After every change of a runner: schedule it if it now wants to be woken earlier."""
        wake_ms = runner.wake_ms
        if wake_ms < runner.scheduled_ms:
            runner.scheduled_ms = wake_ms
            self._count += 1
            heapq.heappush(self._heap, (wake_ms, self._count, runner))
            if self._heap[0][2] is runner:
                self._earlier.set()

    async def _run(self) -> None:
        while True:
            self._advance_due()
            if self._heap and self._heap[0][0] <= self._clock.now_ms():
                await asyncio.sleep(0)  # more than a slice is due: let others have their turn
                continue
            self._earlier.clear()
            await event_or_time(self._earlier, self._clock, self._heap[0][0] if self._heap else None)

    def _advance_due(self) -> None:
        """At most SLICE of the sessions whose time has come."""
        now_ms = self._clock.now_ms()
        for _ in range(SLICE):
            if not self._heap or self._heap[0][0] > now_ms:
                return
            wake_ms, _, runner = heapq.heappop(self._heap)
            if wake_ms != runner.scheduled_ms:
                continue  # an earlier wake took its place
            runner.scheduled_ms = NEVER_MS
            self._advance(runner)
            self.look(runner)
