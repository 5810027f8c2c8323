"""A monitor in this event loop at the other end of an uplink, on a clock of the test's; its line can be cut at any moment."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager, suppress
from itertools import repeat
from typing import Any, TypeVar

from monitor.access.roles import Device
from monitor.api.ingest_connection import DeviceConnection, Line, Patience
from monitor.gateway.uplink import Lost, Rejected, Socket
from schemas.log import Measured
from schemas.measurement import Mode
from tests.unit.api.asgi_socket import AsgiSocket
from tests.unit.api.house import House


class Inline(Executor):
    """The spool's thread, without a thread: tests decide what happens when."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as a pool does
            done.set_exception(error)
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing runs."""


def waits() -> Iterator[float]:
    return repeat(0.2)


Kind = TypeVar("Kind")


class MonitorHere:
    """The monitor's side of one device. `attempts` counts the connections that were tried, at the test's clock."""

    def __init__(self, house: House, device: str) -> None:
        self.house = house
        self.is_up = True
        self.attempts: list[int] = []
        self.rejects: str | None = None
        self._device = Device(device, Mode.SIMULATED, "gateway")
        self._line = Line()
        self._cut = asyncio.Event()
        self._open: AsgiSocket | None = None

    def cut(self) -> None:
        """Nothing gets through any more, in neither direction; the ends notice at their next word."""
        self.is_up = False
        self._cut.set()
        if self._open is not None:
            self._open.hang_up()

    def mend(self) -> None:
        self.is_up = True
        self._cut = asyncio.Event()

    @asynccontextmanager
    async def dial(self) -> AsyncIterator[Socket]:
        self.attempts.append(self.house.clock.now_ms())
        if self.rejects:
            raise Rejected(self.rejects)
        if not self.is_up:
            raise Lost("no way to the monitor")
        socket = self._open = AsgiSocket(self._serve)
        try:
            yield _Socket(socket, self._cut)
        finally:
            socket.hang_up()
            with suppress(Exception):
                await socket.task

    async def _serve(self, websocket: Any) -> None:
        await DeviceConnection(
            websocket,
            self._device,
            self._line,
            recorder=self.house.registry.intake,
            clock=self.house.clock,
            still_valid=lambda _: True,
            patience=Patience(),
            max_in_flight=64,
        ).run()

    async def recorded(self, session: str) -> list[Measured]:
        return await self.logged(session, Measured)

    async def logged(self, session: str, kind: type[Kind]) -> list[Kind]:
        return [entry.body async for entries in self.house.store.entries(session) for entry in entries if isinstance(entry.body, kind)]


class _Socket:
    def __init__(self, socket: AsgiSocket, cut: asyncio.Event) -> None:
        self._socket = socket
        self._cut = cut

    async def send(self, text: bytes) -> None:
        if self._cut.is_set():
            raise Lost("cut")
        self._socket.say(text.decode())

    async def receive(self) -> str:
        hearing = asyncio.ensure_future(self._socket._said.get())
        cut = asyncio.ensure_future(self._cut.wait())
        try:
            await asyncio.wait({hearing, cut}, return_when=asyncio.FIRST_COMPLETED)
            if self._cut.is_set():
                raise Lost("cut")
            message = hearing.result()
        finally:
            hearing.cancel()
            cut.cancel()
        if message["type"] == "websocket.accept":
            return await self.receive()
        if message["type"] == "websocket.close":
            raise Lost(message["reason"])
        return str(message["text"])
