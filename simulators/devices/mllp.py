"""The device's end of an MLLP line: sends a message and waits until it is acknowledged. Dials, or listens as Nihon Kohden's server does."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from simulators.devices.carried import WITHIN_S, Deliver

_END: Final = b"\x1c\r"
_VERDICT: Final = re.compile(rb"\rMSA\|([A-Z]{2})\|([^|\r]*)")


def framed(message: bytes) -> bytes:
    return b"\x0b" + message + _END


class MllpLink:
    """One connection. `await MllpLink.dial(host, port)`, or from an MllpServer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def dial(cls, host: str, port: int) -> "MllpLink":
        """Raises OSError."""
        return cls(*await asyncio.open_connection(host, port))

    def write(self, data: bytes) -> None:
        """Bytes as they are: half a frame, several at once."""
        self._writer.write(data)

    async def exchange(self, message: bytes) -> str:
        """Sends it in its frame; the verdict (MSA-1) of the answer that echoes its MSH-10. Raises EOFError where the line ends first."""
        self.write(framed(message))
        return await self.verdict(message.split(b"|", 10)[9])

    async def verdict(self, control_id: bytes) -> str:
        """Of an answer to a message that was written. Raises EOFError where the line ends first."""
        while True:
            answer = await self._reader.readuntil(_END)  # IncompleteReadError is an EOFError
            match = _VERDICT.search(answer)
            if match is not None and match[2] == control_id:
                return match[1].decode("ascii")

    def unplug(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def dialling(host: str, port: int) -> AsyncIterator[Deliver[bytes]]:
    """Every item is a message without its frame; the answer is its verdict."""
    link = await MllpLink.dial(host, port)

    async def deliver(message: bytes) -> str:
        try:
            async with asyncio.timeout(WITHIN_S):
                return f"answered {await link.exchange(message)}"
        except EOFError as error:
            raise ConnectionResetError("the line ended before the answer") from error

    try:
        yield deliver
    finally:
        link.unplug()


class MllpServer:
    """Listens; `await server.connected()` is the next that came. `async with MllpServer() as server:`, then `server.port`."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._server: asyncio.Server | None = None
        self._came: asyncio.Queue[MllpLink] = asyncio.Queue()
        self._links: list[MllpLink] = []

    async def __aenter__(self) -> "MllpServer":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        for link in self._links:
            link.unplug()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def connected(self) -> MllpLink:
        return await self._came.get()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = MllpLink(reader, writer)
        self._links.append(link)
        self._came.put_nowait(link)
