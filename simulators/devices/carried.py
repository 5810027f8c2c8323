"""A wire that carries whole items over a connection of its own: HTTP, MLLP, a broker, Socket.IO.

What comes while MAX_WAITING wait is lost, as on any wire that nobody reads.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Generic, TypeVar

import httpx2

from simulators.clock import Clock
from simulators.say import Say, ignore

MAX_WAITING: Final = 16
AGAIN_MS: Final = 1_000  # between two attempts to connect
WITHIN_S: Final = 5.0
Item = TypeVar("Item")
Deliver = Callable[[Item], Awaitable[str]]
"""Hands one item over; what the other end answered. Raises OSError: the connection is gone."""


class Unreachable(OSError):
    """There is no connection, and its text says why."""


class Carried(Generic[Item]):
    """`async with Carried(...) as wire:`. `say` is told what the other end answers, each time that changes. Connects again for ever;
    the item that was under way is lost."""

    def __init__(self, connected: Callable[[], AbstractAsyncContextManager[Deliver[Item]]], clock: Clock, say: Say = ignore) -> None:
        self._connected = connected
        self._clock = clock
        self._say = say
        self._said = ""
        self._waiting: asyncio.Queue[Item] = asyncio.Queue(MAX_WAITING)
        self._carrying: asyncio.Task[None] | None = None
        self._is_unplugged = False

    async def __aenter__(self) -> "Carried[Item]":
        self._carrying = asyncio.create_task(self._carry())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.unplug()
        if self._carrying is not None:
            await asyncio.wait({self._carrying})

    @property
    def is_idle(self) -> bool:
        """Nothing waits to go out."""
        return self._waiting.empty()

    def send(self, data: Item) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(data)

    def unplug(self) -> None:
        self._is_unplugged = True
        if self._carrying is not None:
            self._carrying.cancel()

    async def _carry(self) -> None:
        while not self._is_unplugged:  # asked too: Python 3.11's wait_for, in a client, loses a cancellation that comes with its answer
            try:
                async with self._connected() as deliver:
                    while not self._is_unplugged:
                        self._tell(await deliver(await self._waiting.get()))
            except Unreachable as error:
                self._tell(str(error))
            except OSError as error:
                self._tell(f"no answer ({type(error).__name__})")
            await self._clock.sleep_until(self._clock.now_ms() + AGAIN_MS)

    def _tell(self, heard: str) -> None:
        if heard != self._said:
            self._said = heard
            self._say(heard)


@asynccontextmanager
async def posting(url: str, token: str) -> AsyncIterator[Deliver[bytes]]:
    """Every item is a POST."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    async with httpx2.AsyncClient(headers=headers, timeout=WITHIN_S, trust_env=False) as http:

        async def deliver(data: bytes) -> str:
            try:
                return f"answered {(await http.post(url, content=data)).status_code}"
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                return f"no answer ({type(error).__name__})"

        yield deliver
