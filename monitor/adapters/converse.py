"""One connection: what it brings to a codec, what it says to `keep`, its replies back. The same for a line we made and one we accepted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec

from monitor.adapters.base import Codec, Keep, NotKept
from monitor.adapters.line import Line
from monitor.adapters.said import Reply, Said, Told, Undecoded
from monitor.clock import Clock

Item = TypeVar("Item")


class Ended(msgspec.Struct, frozen=True):
    """`was_understood`: anything but undecodable bytes came over it."""

    why: str
    was_understood: bool


class Conversation(Generic[Item]):
    """`silent_after_ms`: without anything understood for so long the line is given up; a half-open one never tells. None: it may be silent.

    The line is closed at the end, whatever the end was.
    """

    def __init__(self, line: Line[Item], codec: Codec[Item], keep: Keep, clock: Clock, silent_after_ms: int | None) -> None:
        self._line = line
        self._codec = codec
        self._keep = keep
        self._clock = clock
        self._silent_after_ms = silent_after_ms
        self._was_understood = False
        self._understood_ms = clock.now_ms()

    async def run(self) -> Ended:
        """Until the line ends; raises only what `keep` raises beside NotKept."""
        try:
            try:
                await self._take(self._codec.opened(self._clock.now_ms()))
                why = await self._listen()
            except OSError as error:
                why = str(error) or type(error).__name__
            with suppress(OSError):
                await self._take(self._codec.closed(self._clock.now_ms()))
        finally:
            self._line.close()
        return Ended(why, self._was_understood)

    async def _listen(self) -> str:
        reading: asyncio.Future[Item] | None = None
        try:
            while True:
                if reading is None:
                    reading = asyncio.ensure_future(self._line.read())
                await _done_or_time(reading, self._clock, self._next_ms())
                now_ms = self._clock.now_ms()
                if reading.done():
                    data = reading.result()
                    reading = None
                    if not data:
                        return "closed by the other end"
                    said = self._codec.feed(data, now_ms)
                    await self._take(said)
                    if any(not isinstance(item, Undecoded) for item in said):
                        self._was_understood, self._understood_ms = True, self._clock.now_ms()  # a slow disk is not the device's silence
                if (wake_ms := self._codec.next_wake_ms) is not None and wake_ms <= now_ms:
                    await self._take(self._codec.woken(now_ms))
                if self._silent_after_ms is not None and now_ms - self._understood_ms >= self._silent_after_ms:
                    return f"nothing understood for {self._silent_after_ms / 1000:g} s"
        finally:
            if reading is not None:
                reading.cancel()
                with suppress(OSError, asyncio.CancelledError):
                    await reading

    def _next_ms(self) -> int | None:
        silent_ms = None if self._silent_after_ms is None else self._understood_ms + self._silent_after_ms
        return min((at_ms for at_ms in (self._codec.next_wake_ms, silent_ms) if at_ms is not None), default=None)

    async def _take(self, said: list[Said]) -> None:
        await deliver(said, self._keep, self._line.write)


async def deliver(said: Sequence[Said], keep: Keep, write: Callable[[bytes], Awaitable[None]]) -> None:
    """Replies that wait for nothing go first; then everything is kept, then go those that waited for it. For every shell that answers."""
    told: list[Told] = []
    waiting: list[Reply] = []
    for item in said:
        if not isinstance(item, Reply):
            told.append(item)
        elif item.when_kept:
            waiting.append(item)
        else:
            await write(item.data)
    is_kept = True
    if told:
        try:
            await keep(told)
        except NotKept:
            is_kept = False
    for reply in waiting:
        if data := reply.data if is_kept else reply.otherwise:
            await write(data)


async def _done_or_time(reading: asyncio.Future[Any], clock: Clock, at_ms: int | None) -> None:
    if at_ms is None:
        await asyncio.wait({reading})
        return
    sleep: asyncio.Future[None] = asyncio.ensure_future(clock.sleep_until(at_ms))
    waiting: set[asyncio.Future[Any]] = {reading, sleep}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleep.cancel()
