"""A port that devices connect to: monitors and gateways that send by themselves."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from monitor.adapters.base import Codec, Keep, NotKept, Setup
from monitor.adapters.converse import Conversation
from monitor.adapters.line import StreamLine
from monitor.adapters.said import Condition, DeviceStatus, clipped

MAX_CONNECTIONS: Final = 64
_LOST_AFTER_MS: Final = 10_000  # some senders make a connection for each message


class Listening:
    """Adapter. Each connection gets a codec of its own; one beyond MAX_CONNECTIONS is closed at once. `connected` is told of all together:
    it ends once none has been there for ten seconds. Where the port is taken, it is tried again for ever."""

    def __init__(self, host: str, port: int, make_codec: Callable[[], Codec[bytes]], setup: Setup, silent_after_ms: int) -> None:
        self._host = host
        self._port = port
        self._make_codec = make_codec
        self._setup = setup
        self._silent_after_ms = silent_after_ms
        self._open = 0
        self._changes = 0  # of `_open`
        self._was_told: bool | None = None

    async def run(self, keep: Keep) -> None:
        async with asyncio.TaskGroup() as connections:

            def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                if self._open >= MAX_CONNECTIONS:
                    writer.transport.abort()
                    return
                self._open, self._changes = self._open + 1, self._changes + 1
                connections.create_task(self._converse(reader, writer, keep))

            server = await self._bound(accept, keep)
            async with server:
                await server.serve_forever()

    async def _bound(self, accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None], keep: Keep) -> asyncio.Server:
        clock = self._setup.clock
        for wait_s in self._setup.waits():
            try:
                return await asyncio.start_server(accept, self._host, self._port)
            except OSError as error:
                await self._tell(keep, str(error), is_connected=False)
            await clock.sleep_until(clock.now_ms() + round(wait_s * 1000))
        raise AssertionError("the waits between attempts have no end")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: Keep) -> None:
        clock, line = self._setup.clock, StreamLine(reader, writer)
        host, port, *_ = writer.get_extra_info("peername") or ("", "")
        try:
            await self._tell(keep, f"{host}:{port}", is_connected=True)
            ended = await Conversation(line, self._make_codec(), keep, clock, self._silent_after_ms).run()
        finally:
            line.close()
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
