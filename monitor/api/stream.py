"""`WS /stream`: what the hub has for a screen, as text frames. `?stream=..&since=..` of the last frame seen resumes there.

A screen says whether it can be seen and heard (`ready`) and which alerts it has drawn (`shown`); see `schemas.stream_wire`. What it says is
decoded strictly. Only a clinician's screen counts as watching, for only a clinician can answer an alert; the others are listened to all the
same, and what they say is counted and ignored. The connection ends when the screen takes no frame for `send_s`, when its person is logged
out or changed (4401), when it talks too much (4400), or when too much of what it says is not understood (4422).
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

import msgspec
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from monitor.access.control import AccessControl
from monitor.access.roles import Person, Role
from monitor.api import stream_socket
from monitor.api.auth import AddressHere, PersonHere
from monitor.api.ingest_connection import Patience
from monitor.api.stream_socket import first_to_end
from monitor.sessions.registry import Registry
from monitor.stream.hub import Subscription, TooManyViewers
from schemas.stream_wire import ScreenReady, ScreenSays, ScreenShown

MAX_SAID: Final = 300  # messages of a screen within a minute: `ready` every 5 s and at each change, `shown` a few times a second in a storm
MAX_MALFORMED: Final = 20  # of these
SAID_WINDOW_S: Final = 60.0
MAX_SAID_CHARACTERS: Final = 40_000  # `shown` of 200 alerts with the longest names

LOGGED_OUT: Final = (4401, "log in again")
NOT_READING: Final = (4410, "a frame was not taken in time")
TALKS_TOO_MUCH: Final = (4400, f"a screen says at most {MAX_SAID} messages a minute, each of at most {MAX_SAID_CHARACTERS} characters")
NOT_UNDERSTOOD: Final = (4422, "too much of what this screen says is not understood")
TOO_MANY: Final = (1013, "too many screens are connected")

_End = tuple[int, str] | None
_decode: Final = msgspec.json.Decoder(ScreenSays).decode


class Screen:
    """One open connection."""

    def __init__(
        self,
        websocket: WebSocket,
        subscription: Subscription,
        registry: Registry,
        person: Person,
        is_valid: Callable[[], bool],
        patience: Patience,
    ) -> None:
        self._websocket = websocket
        self._subscription = subscription
        self._screens = registry.screens
        self._telemetry = registry.telemetry
        self._person = person
        self._is_valid = is_valid
        self._patience = patience
        self._screen = registry.screens.arrived()

    async def run(self) -> None:
        try:
            end = await first_to_end(self._show(), self._listen(), self._recheck())
            if end is not None:
                await stream_socket.close(self._websocket, *end, self._patience.send_s)
        except (WebSocketDisconnect, TimeoutError):
            pass  # it went while a frame was on its way, or it does not read: the server drops the line when this returns
        finally:
            self._screens.left(self._screen)
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
        since, said, malformed = loop.time(), 0, 0
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            if loop.time() - since > SAID_WINDOW_S:
                since, said, malformed = loop.time(), 0, 0
            said += 1
            text = message.get("text") or message.get("bytes") or ""
            if said > MAX_SAID or len(text) > MAX_SAID_CHARACTERS:
                return TALKS_TOO_MUCH
            try:
                self._take(_decode(text))
            except (msgspec.MsgspecError, UnicodeError):
                self._telemetry.malformed.inc()
                malformed += 1
                if malformed > MAX_MALFORMED:
                    return NOT_UNDERSTOOD

    def _take(self, said: ScreenReady | ScreenShown) -> None:
        if isinstance(said, ScreenShown):
            self._screens.shown(self._screen, self._person.username, said.alerts)
        elif self._person.role is Role.CLINICIAN:
            self._screens.said(self._screen, self._person.username, is_ready=said.visible and said.sound)

    async def _recheck(self) -> _End:
        while True:
            if not self._is_valid():
                return LOGGED_OUT
            await asyncio.sleep(self._patience.recheck_s)


def routes(registry: Registry, access: AccessControl, patience: Patience) -> APIRouter:
    router = APIRouter()

    @router.websocket("/stream")
    async def connect(
        websocket: WebSocket,
        person: PersonHere,
        address: AddressHere,
        stream: str = Query("", max_length=64),
        since: str = Query("", max_length=20),
    ) -> None:
        await websocket.accept()
        position = int(since) if since.isascii() and since.isdigit() else None
        last = (stream, position) if position is not None else None
        try:
            subscription = registry.hub.subscribe(last, user=person.username, role=person.role)
        except TooManyViewers:
            await websocket.close(*TOO_MANY)
            return
        screen = Screen(websocket, subscription, registry, person, lambda: access.still_valid(person), patience)
        name = f"screen {secrets.token_hex(4)}"
        access.watching(person, address, screen=name, is_open=True)
        try:
            await screen.run()
        finally:
            access.watching(person, address, screen=name, is_open=False)

    return router
