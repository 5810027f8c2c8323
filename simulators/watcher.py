"""A simulated clinician's screen: always visible and always to be heard. It says so, and says of every alert and canary that it was drawn.

With it a simulated ward is watched, as a real one would be: its alerts get their receipts and the second channel stays quiet. Connects
again for ever; only a monitor that does not let the person in ends it. Shell: time and sleep are injected.
"""

import asyncio
import random
from collections.abc import Iterable
from typing import Final

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Origin

from schemas.stream_wire import (
    Canary,
    Heartbeat,
    Resumed,
    ScreenReady,
    ScreenSays,
    ScreenShown,
    SessionNow,
    ShownAlert,
    Snapshot,
    StreamFrame,
    Update,
)
from simulators.backoff import backoff_s
from simulators.clock import Sleep
from simulators.rest import MonitorRefused
from simulators.say import Say, ignore

READY_EVERY_S: Final = 5.0
AT_ONCE: Final = 200  # receipts in one message
MAX_FRAME_BYTES: Final = 64 << 20
LOGGED_OUT: Final = 4401

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(StreamFrame).decode


class Watcher:
    """`run` it. `cookies`: of somebody who is signed in. `watching` is set once the monitor was first told that somebody watches."""

    def __init__(self, url: str, cookies: httpx2.Cookies, *, rng: random.Random, sleep: Sleep = asyncio.sleep, say: Say = ignore) -> None:
        self.watching = asyncio.Event()
        self.receipts = 0
        self._base = url.rstrip("/")
        self._cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._rng = rng
        self._sleep = sleep
        self._say = say
        self._position: int | None = None  # of the newest frame; None while there is no connection
        self._shown: set[tuple[str, str]] = set()

    def has_seen(self, position: int) -> bool:
        """Whether it has answered everything up to this position of the stream. What is not connected has nothing to see."""
        return self._position is None or self._position >= position

    async def run(self) -> None:
        """For ever. Raises MonitorRefused where it is not let in."""
        waits = backoff_s(self._rng)
        while True:
            trouble = "the line ended"
            try:
                await self._connect()
            except InvalidStatus as error:
                if error.response.status_code in (401, 403):
                    raise MonitorRefused(error.response.status_code, "not_let_in", "the screen's sign-in is not known") from error
                trouble = f"HTTP {error.response.status_code}"
            except ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code == LOGGED_OUT:
                    raise MonitorRefused(LOGGED_OUT, "logged_out", "the screen's person was logged out") from closed
                trouble = type(closed).__name__
                waits = backoff_s(self._rng)
            except (OSError, TimeoutError, WebSocketException, msgspec.MsgspecError) as error:
                trouble = type(error).__name__
            self._say(f"screen: {trouble}; connecting again")
            await self._sleep(next(waits))

    async def _connect(self) -> None:
        """Ends with the exception of what ended the connection."""
        async with connect(
            self._base.replace("http", "ws", 1) + "/stream",
            additional_headers={"Cookie": self._cookie},
            origin=Origin(self._base),
            compression=None,
            proxy=None,
            max_size=MAX_FRAME_BYTES,
        ) as socket:
            self._shown.clear()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._say_ready(socket))
                    group.create_task(self._read(socket))
            except* ConnectionClosed as closed:
                raise closed.exceptions[0] from None
            except* msgspec.MsgspecError as unread:
                raise unread.exceptions[0] from None
            finally:
                self._position = None

    async def _say_ready(self, socket: ClientConnection) -> None:
        while True:
            await _send(socket, ScreenReady(visible=True, sound=True))
            self.watching.set()
            await self._sleep(READY_EVERY_S)

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            frame = _decode(await socket.recv())
            match frame:
                case Snapshot() | Update():
                    await self._answer(socket, frame.sessions)
                case Canary():
                    await _send(socket, ScreenShown((ShownAlert("", frame.id),)))
            if isinstance(frame, Snapshot | Update | Heartbeat | Resumed):
                self._position = frame.position

    async def _answer(self, socket: ClientConnection, sessions: Iterable[SessionNow]) -> None:
        """Every raised alert once, for as long as it is open."""
        drawn: list[ShownAlert] = []
        for session in sessions:
            raised = {(session.id, alert.id) for alert in session.alerts if alert.raised_at_ms is not None}
            drawn += [ShownAlert(*each) for each in sorted(raised - self._shown)]
            self._shown = {each for each in self._shown if each[0] != session.id} | raised
        for first in range(0, len(drawn), AT_ONCE):
            await _send(socket, ScreenShown(tuple(drawn[first : first + AT_ONCE])))
        self.receipts += len(drawn)


async def _send(socket: ClientConnection, said: ScreenSays) -> None:
    await socket.send(_encode(said), text=True)
