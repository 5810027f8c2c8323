"""A port that devices connect to: monitors, gateways and recorders that send by themselves."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, Generic, TypeVar

from monitor.adapters.base import Codec, Keep, NotKept, Setup
from monitor.adapters.converse import Conversation
from monitor.adapters.line import Line, StreamLine
from monitor.adapters.said import Condition, DeviceStatus, clipped

MAX_CONNECTIONS: Final = 64
_LOST_AFTER_MS: Final = 10_000  # some senders make a connection for each message
Item = TypeVar("Item")
Accept = Callable[[Line[Item], str], Awaitable[None]]
"""Takes a connection and who made it; returns once that is over."""
Open = Callable[[Accept[Item]], Awaitable[AbstractAsyncContextManager[object]]]
"""Opens the port; it is closed when the context is left. Raises OSError: it is taken."""


class Listening(Generic[Item]):
    """Adapter. Each connection gets a codec of its own; one beyond MAX_CONNECTIONS is closed at once. `connected` is told of all together:
    it ends once none has been there for ten seconds. Where the port is taken, it is tried again for ever."""

    def __init__(self, open_port: Open[Item], make_codec: Callable[[], Codec[Item]], setup: Setup, silent_after_ms: int) -> None:
        self._open_port = open_port
        self._make_codec = make_codec
        self._setup = setup
        self._silent_after_ms = silent_after_ms
        self._open = 0
        self._changes = 0  # of `_open`
        self._was_told: bool | None = None

    async def run(self, keep: Keep) -> None:
        async with asyncio.TaskGroup() as connections:

            async def accept(line: Line[Item], who: str) -> None:
                if self._open >= MAX_CONNECTIONS:
                    line.close()
                    return
                self._open, self._changes = self._open + 1, self._changes + 1
                over = asyncio.Event()
                connections.create_task(self._converse(line, who, keep, over))
                await over.wait()

            async with await self._opened(accept, keep):
                await asyncio.get_running_loop().create_future()  # until cancelled

    async def _opened(self, accept: Accept[Item], keep: Keep) -> AbstractAsyncContextManager[object]:
        clock = self._setup.clock
        for wait_s in self._setup.waits():
            try:
                return await self._open_port(accept)
            except OSError as error:
                await self._tell(keep, str(error), is_connected=False)
            await clock.sleep_until(clock.now_ms() + round(wait_s * 1000))
        raise AssertionError("the waits between attempts have no end")

    async def _converse(self, line: Line[Item], who: str, keep: Keep, over: asyncio.Event) -> None:
        clock = self._setup.clock
        try:
            await self._tell(keep, who, is_connected=True)
            ended = await Conversation(line, self._make_codec(), keep, clock, self._silent_after_ms).run()
        finally:
            line.close()
            over.set()
            self._open, self._changes = self._open - 1, self._changes + 1
        seen = self._changes
        await clock.sleep_until(clock.now_ms() + _LOST_AFTER_MS)
        if self._changes == seen and self._open == 0:
            await self._tell(keep, ended.why, is_connected=False)

    async def _tell(self, keep: Keep, why: str, *, is_connected: bool) -> None:
        if self._was_told is is_connected:
            return
        self._was_told = is_connected
        with suppress(NotKept):
            await keep([DeviceStatus(self._setup.clock.now_ms(), Condition.CONNECTED, is_connected, clipped(why))])


def tcp_port(host: str, port: int) -> Open[bytes]:
    async def open_port(accept: Accept[bytes]) -> AbstractAsyncContextManager[object]:
        async def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            them, number, *_ = writer.get_extra_info("peername") or ("", "")
            await accept(StreamLine(reader, writer), f"{them}:{number}")

        return await asyncio.start_server(came, host, port)

    return open_port
