"""A monitor on loopback, as small as the wire allows: it keeps frames in order, and fails when and how a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from schemas.device_wire import (
    Ack,
    Bye,
    DeviceSays,
    Frame,
    Hello,
    MonitorSays,
    Refused,
    RefusedReason,
    RemeasureNow,
    Welcome,
    WireMeasurement,
)
from schemas.instant import from_ms, to_ms

TOKEN = "inf_dev_test"
START_MS = 1_760_000_000_000
Kept = tuple[str, int, tuple[WireMeasurement, ...]]  # boot, seq, measurements


class FakeMonitor:
    """`kept` is its disk. A frame must be the next of its boot, or it is a duplicate (acknowledged) or a gap (refused)."""

    def __init__(self) -> None:
        self.url = ""
        self.now_ms = START_MS
        self.clock_speed = 1.0
        self.max_in_flight = 8
        self.kept: list[Kept] = []
        self.hellos: list[Hello] = []
        self.byes: list[str] = []
        self.received: list[int] = []  # every frame that came, duplicates too
        self.sent_at_ms: list[int | None] = []  # of those, by the device's clock
        self.answers_to_hello: Callable[[Hello], MonitorSays] | None = None
        self.refusals: dict[int, list[RefusedReason]] = {}  # seq -> reasons, one for each time the frame comes
        self.losses: dict[int, int] = {}  # seq -> that and the following frames, up to this number, are lost by a failing disk, once
        self.closes: list[tuple[int, int]] = []  # (frames that have come, code): close the connection with this code then
        self.cuts: list[int] = []  # cut the line without an answer when this many frames have come
        self.forgets_refused = False  # whether a refused frame leaves a gap that only a new boot closes
        self.arrived = asyncio.Event()
        self._positions: dict[str, int] = {}
        self._sockets: set[ServerConnection] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeMonitor"]:
        async with serve(self._serve, "127.0.0.1", 0, process_request=_check_token) as server:
            self.url = f"http://127.0.0.1:{_port(server)}"
            yield self

    async def remeasure(self, request: RemeasureNow) -> None:
        for socket in self._sockets:
            await socket.send(msgspec.json.encode(request), text=True)

    async def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Until a frame, hello or bye makes it so; a test that waits in vain is ended by its own timeout."""
        async with asyncio.timeout(10):
            while not is_so():
                self.arrived.clear()
                await self.arrived.wait()

    async def _serve(self, socket: ServerConnection) -> None:
        self._sockets.add(socket)
        try:
            hello = msgspec.json.decode(await socket.recv(), type=DeviceSays)
            assert isinstance(hello, Hello)
            self.hellos.append(hello)
            answer = self.answers_to_hello(hello) if self.answers_to_hello else self._welcome(hello)
            await socket.send(msgspec.json.encode(answer), text=True)
            async for text in socket:
                is_cut = not await self._take(socket, hello.boot, msgspec.json.decode(text, type=DeviceSays))
                self.arrived.set()
                if is_cut:
                    return
        finally:
            self._sockets.discard(socket)
            self.arrived.set()

    def _welcome(self, hello: Hello) -> Welcome:
        return Welcome(1, self._positions.get(hello.boot, 0), self.max_in_flight, from_ms(self.now_ms), self.clock_speed, "S-000001")

    async def _take(self, socket: ServerConnection, boot: str, said: Frame | Bye | Hello) -> bool:
        """False: the line was cut."""
        if isinstance(said, Bye):
            self.byes.append(said.why)
            return True
        assert isinstance(said, Frame)
        self.received.append(said.seq)
        self.sent_at_ms.append(None if said.sent_at is None else to_ms(said.sent_at))
        if self.cuts and len(self.received) >= self.cuts[0]:
            self.cuts.pop(0)
            socket.transport.abort()
            return False
        if self.closes and len(self.received) >= self.closes[0][0]:
            await socket.close(self.closes.pop(0)[1], "told to")
            return False
        if self._is_lost(said.seq):
            if said.seq == self.losses[min(self.losses)]:
                first = min(self.losses)
                del self.losses[first]
                await socket.send(msgspec.json.encode(Refused(first, RefusedReason.BUSY, "", "the disk failed")), text=True)
            return True
        await socket.send(msgspec.json.encode(self._judge(boot, said)), text=True)
        return True

    def _is_lost(self, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self.losses.items())

    def _judge(self, boot: str, frame: Frame) -> MonitorSays:
        position = self._positions.get(boot, 0)
        if frame.seq <= position:
            return Ack(position)
        reasons = self.refusals.get(frame.seq)
        if frame.seq > position + 1:
            return Refused(frame.seq, RefusedReason.SEQUENCE_GAP, "seq", f"send from {position + 1}")
        if reasons:
            reason = reasons.pop(0)
            if reason is not RefusedReason.BUSY and not self.forgets_refused:
                self._positions[boot] = frame.seq
            return Refused(frame.seq, reason, "", "told to")
        self._positions[boot] = frame.seq
        self.kept.append((boot, frame.seq, frame.measurements))
        return Ack(frame.seq)


def _check_token(socket: ServerConnection, request: Request) -> Response | None:
    if request.path == "/ingest/ws" and request.headers.get("Authorization") == f"Bearer {TOKEN}":
        return None
    return socket.respond(HTTPStatus.FORBIDDEN, "no\n")


def _port(server: Server) -> int:
    port = next(iter(server.sockets)).getsockname()[1]
    assert isinstance(port, int)
    return port
