"""Sends notices over every channel there is, beside everything else: nothing here is waited for, and each attempt's outcome is told.

At most MAX_UNDER_WAY notices of a channel are under way; one more is told as not delivered at once. A channel sends SIDE_BY_SIDE at a time.
An attempt that fails is tried again after each of RETRY_AFTER_MS; what has not gone out within WITHIN_MS is given up: it is old by then.
So is, without another attempt, what nobody needs to hear any more.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from monitor.clock import Clock
from monitor.notify.ports import SEND_WITHIN_S, Delivery, Notice, Notifier

MAX_UNDER_WAY: Final = 500
SIDE_BY_SIDE: Final = 4
RETRY_AFTER_MS: Final = (2_000, 8_000, 20_000)
WITHIN_MS: Final = 60_000
TOO_MANY: Final = Delivery(is_delivered=False, detail=f"{MAX_UNDER_WAY} notices wait already")
TOO_OLD: Final = Delivery(is_delivered=False, detail=f"given up after {WITHIN_MS // 1000} s")

Tell = Callable[[str, Delivery], None]  # (name of the channel, what became of the attempt)


class _Lane:
    """One channel at work."""

    __slots__ = ("channel", "slots", "under_way")

    def __init__(self, channel: Notifier) -> None:
        self.channel = channel
        self.slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self.under_way = 0


class Dispatcher:
    """Owned by the event loop. `clock` is real time: a person is not called faster in an installation whose clock runs fast."""

    def __init__(self, channels: Sequence[Notifier], clock: Clock) -> None:
        self._lanes = [_Lane(channel) for channel in channels]
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_death: Callable[[str], None] = lambda _: None
        self.is_alive = True

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(lane.channel.name for lane in self._lanes)

    @property
    def under_way(self) -> int:
        return sum(lane.under_way for lane in self._lanes)

    def start(self, on_death: Callable[[str], None]) -> None:
        self._on_death = on_death

    async def stop(self) -> None:
        """What is under way is not waited for: it is owed by the log, and sent after the next start."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for lane in self._lanes:
            await lane.channel.close()

    def send(self, notice: Notice, tell: Tell, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Returns at once; `tell` is called later, for each attempt of each channel. `is_wanted` is asked before each."""
        loop = asyncio.get_running_loop()
        for lane in self._lanes:
            if lane.under_way >= MAX_UNDER_WAY:
                loop.call_soon(tell, lane.channel.name, TOO_MANY)
                continue
            lane.under_way += 1
            task = loop.create_task(self._carry(lane, notice, tell, is_wanted), name="notice")
            self._tasks.add(task)
            task.add_done_callback(lambda done, lane=lane: self._ended(lane, done))  # type: ignore[misc]  # mypy cannot infer it

    def _ended(self, lane: _Lane, task: asyncio.Task[None]) -> None:
        lane.under_way -= 1
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.is_alive = False
            self._on_death(f"the second channel died: {error!r}")

    async def _carry(self, lane: _Lane, notice: Notice, tell: Tell, is_wanted: Callable[[], bool]) -> None:
        until_ms = self._clock.now_ms() + WITHIN_MS
        for wait_ms in (0, *RETRY_AFTER_MS):
            await self._clock.sleep_until(self._clock.now_ms() + wait_ms)
            async with lane.slots:
                if not is_wanted():
                    return
                is_too_old = self._clock.now_ms() >= until_ms
                delivery = TOO_OLD if is_too_old else await _attempt(lane.channel, notice)
            tell(lane.channel.name, delivery)
            if delivery.is_delivered or is_too_old:
                return


async def _attempt(channel: Notifier, notice: Notice) -> Delivery:
    try:
        async with asyncio.timeout(SEND_WITHIN_S):
            return await channel.send(notice)
    except TimeoutError:
        return Delivery(is_delivered=False, detail=f"no answer within {SEND_WITHIN_S:g} s")
    except Exception as error:  # noqa: BLE001 - whatever a channel's library does, it was not delivered
        return Delivery(is_delivered=False, detail=f"failed ({type(error).__name__})")
