"""The shell around one device's WebSocket: moves bytes and carries out what its `DeviceSession` wants.

One task listens, one talks. Listening stops while `max_in_flight` frames wait for the disk or the device does not read its answers: then
TCP holds the device back, nothing is dropped. Acknowledgements are gathered: one per turn of the event loop, whatever came to disk in it.
The connection ends when the token is no longer good, a newer connection of the device says hello, no hello comes, the device does not
read, or too much of what it sends is bad; never because one frame was.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import msgspec
from fastapi import WebSocket, WebSocketDisconnect

from monitor.access.roles import Device
from monitor.api import stream_socket
from monitor.api.stream_socket import first_to_end
from monitor.clock import Clock
from monitor.ingest.device_line import DeviceLine
from monitor.ingest.device_session import DeviceSession
from monitor.ingest.ports import FrameRefused, Recorder
from monitor.ingest.todo import Close, Closing, Join, Keep, Say, Skip, Take, Todo
from schemas.device_wire import MonitorSays, RemeasureNow
from schemas.vitals import Vital

MAX_OUTBOX: Final = 128  # answers that wait to be sent; beyond it nothing more is read

_encode: Final = msgspec.json.Encoder().encode


class Patience(msgspec.Struct, frozen=True):
    """How long, in seconds of real time, a connection is waited for."""

    hello_s: float = 10.0
    send_s: float = 5.0  # for one answer to be taken
    recheck_s: float = 30.0  # between two looks at a token of a device that says nothing; one that speaks is looked at each time
    durable_s: float = 10.0  # for the disk, before a posted frame is answered `busy`


class Line:
    """A device's place: what is remembered of it, its open connection, its posts under way."""

    __slots__ = ("connection", "memory", "posting")

    def __init__(self) -> None:
        self.memory = DeviceLine()
        self.connection: DeviceConnection | None = None
        self.posting = 0


class DeviceConnection:
    """`run` it once; it returns when the connection is over."""

    def __init__(
        self,
        websocket: WebSocket,
        device: Device,
        line: Line,
        *,
        recorder: Recorder,
        clock: Clock,
        still_valid: Callable[[Device], bool],
        patience: Patience,
        max_in_flight: int,
    ) -> None:
        self._websocket = websocket
        self._device = device
        self._line = line
        self._recorder = recorder
        self._clock = clock
        self._still_valid = still_valid
        self._patience = patience
        self._session = DeviceSession(device, line.memory, max_in_flight=max_in_flight)
        self._outbox: deque[MonitorSays] = deque()
        self._wanted: dict[Vital, RemeasureNow] = {}  # cuff values to ask for; a newer request takes the place of an older one
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._ended: asyncio.Future[Close | None] = asyncio.get_running_loop().create_future()
        self._unsubscribe: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        await self._websocket.accept()
        self._room.set()
        self._recheck_in(self._patience.hello_s)
        why = "the connection was lost"
        try:
            close = await first_to_end(self._listen(), self._talk(), self._ended)
            if close is not None:
                why = close.why
                await self._finish(close)
        except WebSocketDisconnect:
            pass  # it went while something was being sent to it
        finally:
            self._leave(why)

    # --- listening ----------------------------------------------------------------------------------------------------------------

    async def _listen(self) -> Close | None:
        websocket, session, now_ms = self._websocket, self._session, self._clock.now_ms
        while True:
            await self._room.wait()
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            if self._ended.done():
                return self._ended.result()  # replaced in this very turn: its boot's place is the newer connection's
            if not self._still_valid(self._device):
                return _TOKEN_ENDED
            text = message.get("text")
            todo = session.feed(text, now_ms()) if text is not None else session.feed_binary(message["bytes"], now_ms())
            close = self._carry_out(todo)
            if close is not None:
                return close

    def _carry_out(self, todo: list[Todo]) -> Close | None:
        """Everything in order; what is left of it after a Close is not done."""
        for do in todo:
            match do:
                case Take():
                    self._take(do)
                case Skip():
                    self._await_disk(do.seq, self._recorder.skip(self._device.device, self._session.boot or "", do.seq))
                case Say():
                    self._outbox.append(do.what)
                case Keep():
                    self._recorder.keep_aside(do.aside)
                case Join():
                    self._join(do)
                case Close():
                    return do
        self._news.set()
        self._look_for_room()
        return None

    def _take(self, take: Take) -> None:
        try:
            done = self._recorder.frame(
                self._device.device,
                self._session.boot or "",
                take.seq,
                take.measurements,
                take.received_at_ms,
                take.sent_at_ms,
                take.announced,
            )
        except FrameRefused as refused:
            self._carry_out(self._session.not_taken(take.seq, refused.reason, refused.detail))
        else:
            self._await_disk(take.seq, done)

    def _await_disk(self, seq: int, done: asyncio.Future[Any] | None) -> None:
        if done is None:
            self._session.settled(seq)
        elif done.done():
            self._on_disk(seq, done)
        else:
            done.add_done_callback(partial(self._on_disk, seq))

    def _on_disk(self, seq: int, done: asyncio.Future[Any]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._carry_out(self._session.failed(seq))
        else:
            self._session.settled(seq, done.result() or ())
            self._news.set()

    def _join(self, join: Join) -> None:
        """The newest connection of a device counts: one that hangs half open must not keep the device out."""
        name, before = self._device.device, self._line.connection
        if before is not None:
            before.replaced()
        self._line.connection = self
        self._recorder.label(name, self._device.mode, self._device.source)
        self._unsubscribe = self._recorder.subscribe_remeasure(name, self._ask)
        last_seq = self._recorder.joined(name, join.boot, join.intervals)
        session = self._recorder.session_of(name)
        self._carry_out(self._session.joined(join.boot, last_seq, session, self._clock.now_ms(), self._clock.speed))

    # --- talking ------------------------------------------------------------------------------------------------------------------

    async def _talk(self) -> Close:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._send_due()
            except TimeoutError:
                return Close(Closing.NOT_READING, f"an answer was not taken within {self._patience.send_s:g} s")
            self._look_for_room()

    async def _send_due(self) -> None:
        while self._outbox:
            await self._send(self._outbox.popleft())
        while self._wanted:
            await self._send(self._wanted.pop(next(iter(self._wanted))))
        for said in self._session.answers():
            await self._send(said)

    async def _send(self, said: MonitorSays) -> None:
        await stream_socket.send_text(self._websocket, _encode(said).decode(), self._patience.send_s)

    def _ask(self, vital: Vital, within_s: float) -> None:
        """Called by the recorder."""
        self._wanted[vital] = RemeasureNow(vital, within_s)
        self._news.set()

    def _look_for_room(self) -> None:
        if self._session.has_room and len(self._outbox) < MAX_OUTBOX:
            self._room.set()
        else:
            self._room.clear()

    # --- ending -------------------------------------------------------------------------------------------------------------------

    def replaced(self) -> None:
        """A newer connection of this device said hello."""
        self._let_go()
        self._end(Close(Closing.REPLACED, "the device opened a newer connection"))

    def _recheck_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._recheck)

    def _recheck(self) -> None:
        if not self._session.is_open:
            self._end(Close(Closing.NO_HELLO, f"no hello within {self._patience.hello_s:g} s"))
        elif not self._still_valid(self._device):
            self._end(_TOKEN_ENDED)
        else:
            self._recheck_in(self._patience.recheck_s)

    def _end(self, close: Close) -> None:
        if not self._ended.done():
            self._ended.set_result(close)

    async def _finish(self, close: Close) -> None:
        """Say what is still to be said, then close. To a device that does not read, neither: the server drops its line."""
        with suppress(TimeoutError):
            await self._send_due()
            await stream_socket.close(self._websocket, close.code, close.why, self._patience.send_s)

    def _let_go(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _leave(self, why: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._let_go()
        if self._line.connection is self:
            self._line.connection = None
            self._recorder.left(self._device.device, why)


_TOKEN_ENDED: Final = Close(Closing.TOKEN_ENDED, "the device's token is no longer good")
