"""A WebSocket client without a network: an ASGI application is run in a task of the test's own event loop."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message, Scope
from starlette.websockets import WebSocket

WITHIN_S = 10


class AsgiSocket:
    """`serve` is the server's side, given a Starlette WebSocket. `read_limit`: messages the client takes before it stops reading."""

    def __init__(self, serve: Callable[[WebSocket], Awaitable[None]]) -> None:
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self.is_gone = False
        self.is_closed_by_server = False  # as uvicorn is after a ping without answer, until the application has read that
        scope: Scope = {"type": "websocket", "path": "/", "headers": [], "state": {}}
        self._to_server.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(serve(WebSocket(scope, self._receive, self._send)))

    async def _receive(self) -> Message:
        return await self._to_server.get()

    async def _send(self, message: Message) -> None:
        await self._may_read.wait()
        if self.is_gone:
            raise OSError("the client is gone")
        if self.is_closed_by_server:
            raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")
        self._said.put_nowait(message)

    # --- the client's side --------------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    def say_bytes(self, raw: bytes) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "bytes": raw})

    def hang_up(self) -> None:
        """Closes as a browser or a broken line does; what is sent to it from now on fails."""
        self.is_gone = True
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def stop_reading(self) -> None:
        self._may_read.clear()

    def read_on(self) -> None:
        self._may_read.set()

    @property
    def unread(self) -> int:
        """Messages the server has not taken yet."""
        return self._to_server.qsize()

    async def message(self) -> Message:
        """The next ASGI message of the server, after its accept."""
        async with asyncio.timeout(WITHIN_S):
            message = await self._said.get()
            return await self._said.get() if message["type"] == "websocket.accept" else message

    async def hear(self) -> dict[str, Any]:
        """The next text frame, decoded."""
        message = await self.message()
        assert message["type"] == "websocket.send", message
        return dict(json.loads(message["text"]))

    async def closed(self) -> tuple[int, str]:
        """Code and reason; frames before it are passed over."""
        while (message := await self.message())["type"] != "websocket.close":
            pass
        return message["code"], message["reason"]

    async def ended(self) -> None:
        """Returns when the server's side is over; raises what it ended with."""
        async with asyncio.timeout(WITHIN_S):
            await self.task


async def turns(count: int = 20) -> None:
    """Let every task that can run have its turn."""
    for _ in range(count):
        await asyncio.sleep(0)
