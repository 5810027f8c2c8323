"""Channels that do what a test tells them to, and a receiver of webhooks on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from monitor.notify.ports import Delivery, Notice

TAKEN = Delivery(is_delivered=True, detail="taken")
REFUSED = Delivery(is_delivered=False, detail="refused")


class FakeChannel:
    """Answers with `answers` in turn, then with TAKEN. `hold` keeps every attempt waiting until it is set."""

    def __init__(self, name: str = "fake", *answers: Delivery | Exception) -> None:
        self.name = name
        self.answers = list(answers)
        self.sent: list[Notice] = []
        self.hold: asyncio.Event | None = None
        self.at_once = 0
        self.most_at_once = 0
        self.is_closed = False

    async def send(self, notice: Notice) -> Delivery:
        self.sent.append(notice)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.hold is not None:
                await self.hold.wait()
        finally:
            self.at_once -= 1
        answer = self.answers.pop(0) if self.answers else TAKEN
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.is_closed = True


class Post(msgspec.Struct):
    """What a receiver got."""

    target: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers each POST with `status`, and says what came. `answers` False: takes it and never answers."""

    def __init__(self) -> None:
        self.status = 204
        self.answers = True
        self.location = ""
        self.posts: list[Post] = []
        self.port = 0
        self.arrived = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alerts?key=of-the-receiver"

    async def open(self) -> None:
        """On the port it had before, if it was open before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Nobody listens any more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def wait_for(self, is_so: Callable[[], bool], within_s: float = 20) -> None:
        """Until a post makes it so."""
        async with asyncio.timeout(within_s):
            while not is_so():
                self.arrived.clear()
                await self.arrived.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.posts.append(Post(head[0].split(" ")[1], headers, body))
            self.arrived.set()
            if not self.answers:
                await reader.read()  # until the sender gives up
                return
            more = f"Location: {self.location}\r\n" if self.location else ""
            writer.write(f"HTTP/1.1 {self.status} X\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    built = Receiver()
    await built.open()
    try:
        yield built
    finally:
        await built.shut()
