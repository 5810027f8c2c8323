"""The wires a virtual device hangs on: a pty that behaves as a serial port, and a TCP port that behaves as a serial-to-TCP converter."""

import asyncio
import os
import tty
from collections.abc import Callable
from typing import Protocol, TypeVar

Item = TypeVar("Item", contravariant=True)


class Wire(Protocol[Item]):
    """What a virtual device sends into: bytes, or whole items. Nobody at the other end loses them, as on a real wire."""

    def send(self, data: Item) -> None: ...

    def unplug(self) -> None:
        """The wire is gone until a new one is made. More than once is harmless."""
        ...


class PtyWire:
    """`path` is the serial port a program opens. Unplugging makes its reads fail, as pulling a USB adapter does."""

    def __init__(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(master, False)
        self._master: int | None = master

    def send(self, data: bytes) -> None:
        if self._master is not None:
            try:
                os.write(self._master, data)
            except BlockingIOError:  # nobody reads: a wire keeps nothing
                return

    def unplug(self) -> None:
        if self._master is not None:
            os.close(self._master)
            self._master = None


class TcpWire:
    """Listens; every connection gets every byte. `async with TcpWire() as wire:`, then `wire.port`. `answer`: of a device that is asked."""

    def __init__(self, port: int = 0, answer: Callable[[bytes], bytes] | None = None) -> None:
        self.port = port
        self._answer = answer
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._came = asyncio.Event()

    async def __aenter__(self) -> "TcpWire":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self.unplug()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def connected(self) -> None:
        """Returns once somebody is connected who was not before."""
        await self._came.wait()
        self._came.clear()

    def send(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    def unplug(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.connections += 1
        self._came.set()
        try:
            while data := await reader.read(4_096):
                if self._answer is not None:
                    writer.write(self._answer(data))
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
