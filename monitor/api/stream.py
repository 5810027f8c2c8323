"""`WS /stream`: what the hub has for a screen, as text frames. `?stream=..&since=..` of the last frame seen resumes there.

The connection ends when the screen takes no frame for `send_s`, when its person is logged out or changed (4401), or when it talks too
much: a screen has nothing to say yet. What it says is read, since a closed connection is noticed by reading, and then dropped.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from monitor.access.roles import Person
from monitor.api import stream_socket
from monitor.api.auth import PersonHere
from monitor.api.ingest_connection import Patience
from monitor.api.stream_socket import first_to_end
from monitor.stream.hub import Hub, Subscription, TooManyViewers

MAX_SAID: Final = 100  # messages of a screen within a minute
SAID_WINDOW_S: Final = 60.0
MAX_SAID_CHARACTERS: Final = 4_096

LOGGED_OUT: Final = (4401, "log in again")
NOT_READING: Final = (4410, "a frame was not taken in time")
TALKS_TOO_MUCH: Final = (4400, "a screen says at most 100 short messages a minute")
TOO_MANY: Final = (1013, "too many screens are connected")

_End = tuple[int, str] | None


class Screen:
    """One open connection."""

    def __init__(self, websocket: WebSocket, subscription: Subscription, is_valid: Callable[[], bool], patience: Patience) -> None:
        self._websocket = websocket
        self._subscription = subscription
        self._is_valid = is_valid
        self._patience = patience

    async def run(self) -> None:
        try:
            end = await first_to_end(self._show(), self._listen(), self._recheck())
            if end is not None:
                await stream_socket.close(self._websocket, *end, self._patience.send_s)
        except (WebSocketDisconnect, TimeoutError):
            pass  # it went while a frame was on its way, or it does not read: the server drops the line when this returns
        finally:
            self._subscription.close()

    async def _show(self) -> _End:
        while True:
            frame = await self._subscription.next()
            try:
                await stream_socket.send_text(self._websocket, frame.decode(), self._patience.send_s)
            except TimeoutError:
                return NOT_READING

    async def _listen(self) -> _End:
        loop = asyncio.get_running_loop()
        since, said = loop.time(), 0
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            if loop.time() - since > SAID_WINDOW_S:
                since, said = loop.time(), 0
            said += 1
            if said > MAX_SAID or len(message.get("text") or message.get("bytes") or "") > MAX_SAID_CHARACTERS:
                return TALKS_TOO_MUCH

    async def _recheck(self) -> _End:
        while True:
            if not self._is_valid():
                return LOGGED_OUT
            await asyncio.sleep(self._patience.recheck_s)


def routes(hub: Hub, still_valid: Callable[[Person], bool], patience: Patience) -> APIRouter:
    router = APIRouter()

    @router.websocket("/stream")
    async def connect(
        websocket: WebSocket, person: PersonHere, stream: str = Query("", max_length=64), since: str = Query("", max_length=20)
    ) -> None:
        await websocket.accept()
        position = int(since) if since.isascii() and since.isdigit() else None
        try:
            subscription = hub.subscribe((stream, position) if position is not None else None, user=person.username, role=person.role)
        except TooManyViewers:
            await websocket.close(*TOO_MANY)
            return
        await Screen(websocket, subscription, lambda: still_valid(person), patience).run()

    return router
