"""A connection that carries bytes or messages: what every transport looks like to the shells. TCP is here, serial in `serial_line`."""

import asyncio
from typing import Final, Protocol, TypeVar

READ_BYTES: Final = 65_536
CONNECT_S: Final = 10.0
WRITE_S: Final = 10.0
Item = TypeVar("Item", covariant=True)


class Line(Protocol[Item]):
    """Nothing is read ahead beyond the transport's own bounded buffer, so a slow reader slows the sender and loses nothing here."""

    async def read(self) -> Item:
        """The next bytes, at most READ_BYTES, empty once the other end has closed; or the next message, which is never empty. Raises
        OSError: the line is broken, and for messages also: it is closed."""
        ...

    async def write(self, data: bytes) -> None:
        """Raises OSError; also where the other end takes nothing for WRITE_S."""
        ...

    def close(self) -> None:
        """At once; what was not written is lost. More than once is harmless."""
        ...


class StreamLine:
    """A TCP connection, made or accepted: `StreamLine(*await asyncio.open_connection(...))`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        return await self._reader.read(READ_BYTES)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(WRITE_S):  # its TimeoutError is an OSError
            await self._writer.drain()

    def close(self) -> None:
        self._writer.transport.abort()


async def open_tcp(host: str, port: int) -> StreamLine:
    """Raises OSError, TimeoutError among them after CONNECT_S."""
    async with asyncio.timeout(CONNECT_S):
        return StreamLine(*await asyncio.open_connection(host, port))
