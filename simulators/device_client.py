"""A device's end of `/ingest/ws`: keeps what it measured until the monitor has it on disk, whatever happens to the line.

Connects again for ever, after 0.2 s at first and at most 5 s (with jitter, so that a ward full of devices does not come back at once), and
sends again what was not acknowledged. Only a monitor that does not know the device, its token or its mode ends it: then trying on is
of no use and `DeviceRefused` says so. Shell around `Outbox`; time and sleep are injected.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from schemas.device_wire import (
    MAX_FRAME_BYTES,
    Ack,
    Bye,
    Hello,
    MonitorSays,
    Refused,
    RemeasureNow,
    Welcome,
    WireMeasurement,
)
from schemas.instant import from_ms, to_ms
from simulators.backoff import backoff_s
from simulators.clock import Clock, Monotonic, Sleep, WelcomeClock
from simulators.outbox import DEFAULT_BOUND, Counts, Outbox, Verdict
from simulators.say import Say, ignore

_NOT_AUTHORISED: Final = frozenset({401, 403})
_FINAL_CLOSE_CODES: Final = {
    4401: "token_ended",  # revoked
    4403: "not_yours",  # the token is another device's
    4409: "replaced",  # another program has connected as this device: coming back would only throw that one out in turn
}

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(MonitorSays)


class DeviceRefused(Exception):
    """The monitor takes nothing from this device; `reason` is a fixed name, the text is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class _NewBoot(Exception):
    """The monitor misses a frame that is gone: connect again under a new boot."""


class DeviceClient:
    """One device. `async with client.running():` keeps it connected; `send` never waits.

    `url`: http(s) or ws(s) address of the monitor. `clock`: the monitor's own, where it runs in this process; otherwise the time of its
    welcome counts on by `monotonic`. `bound`: frames kept at most (see Outbox). `say` gets one line for each change people should know of.
    """

    def __init__(
        self,
        url: str,
        token: str,
        hello: Hello,
        *,
        monotonic: Monotonic,
        rng: random.Random,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
        bound: int = DEFAULT_BOUND,
        say: Say = ignore,
    ) -> None:
        self.on_remeasure: Callable[[RemeasureNow], None] = lambda _: None
        self.connections = 0
        self.session: str | None = None  # the session of the last welcome
        self.clock_off_ms = 0  # how far the device's own clock, which stamps what goes out, is from the monitor's
        self._url = ingest_url(url)
        self._token = token
        self.hello = hello
        self._boots = 1
        self._rng = rng
        self._sleep = sleep
        self._own_clock = WelcomeClock(monotonic, sleep)
        self.clock: Clock = self._own_clock if clock is None else clock
        self._outbox = Outbox(bound)
        self._say = say
        self._backoff = backoff_s(rng)
        self._window = 1
        self._socket: ClientConnection | None = None
        self._work = asyncio.Event()
        self._changed = asyncio.Event()
        self._welcomed = asyncio.Event()
        self._line_is_up = asyncio.Event()
        self._line_is_up.set()
        self._is_over = False
        self._is_lost = False  # the line is down and that was said

    # --- what the owner calls -----------------------------------------------------------------------------------------------------

    @property
    def counts(self) -> Counts:
        return self._outbox.counts

    @property
    def backlog(self) -> int:
        """Frames that are not acknowledged yet."""
        return len(self._outbox)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way: every frame acknowledged, or the line cut."""
        return not len(self._outbox) or not self._line_is_up.is_set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["DeviceClient"]:
        """Connected while the block runs. DeviceRefused ends the block (inside an ExceptionGroup)."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self._run())
            try:
                yield self
            finally:
                running.cancel()

    async def welcomed(self) -> None:
        """Returns once the monitor has said welcome for the first time: the clock runs from there."""
        await self._welcomed.wait()

    def send(self, measurements: tuple[WireMeasurement, ...]) -> None:
        """Keep a frame and send it when the window allows. A full outbox drops the oldest unsent frame and says so."""
        if not self._outbox.put(measurements) and (self.counts.dropped == 1 or self.counts.dropped % 1000 == 0):
            self._say(f"{self.hello.device}: outbox full, {self.counts.dropped} frames dropped")
        self._work.set()

    async def drained(self) -> None:
        """Returns once every frame is acknowledged or refused."""
        while len(self._outbox):
            self._changed.clear()
            await self._changed.wait()

    async def bye(self, why: str) -> None:
        """Say goodbye and close. No connection is made after it."""
        self._is_over = True
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(_encoder.encode(Bye(why=why)), text=True)
            await self._socket.close()

    def cut(self) -> None:
        """The line fails: the connection is gone without a word until `restore`."""
        if self._line_is_up.is_set():
            self._line_is_up.clear()
            self._say(f"{self.hello.device}: line cut")
            if self._socket is not None:
                self._socket.transport.abort()

    def restart(self) -> None:
        """The device was switched off and on: it connects under a new boot and counts from 1."""
        self._boots += 1
        self._outbox.start_over()
        if self._socket is not None:
            self._socket.transport.abort()

    def restore(self) -> None:
        self._line_is_up.set()

    # --- one connection after the other -------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._is_over:
            await self._line_is_up.wait()
            try:
                await self._connect()
            except* DeviceRefused as refused:
                raise refused.exceptions[0] from None
            except* _NewBoot:
                self._boots += 1
                self._outbox.start_over()
            except* (OSError, TimeoutError, WebSocketException, msgspec.MsgspecError) as failed:
                if self._line_is_up.is_set() and not self._is_lost and not self._is_over:
                    self._is_lost = True
                    self._say(f"{self.hello.device}: {_first(failed)}; {self.backlog} frames kept")
            if not self._is_over:
                await self._sleep(next(self._backoff))

    async def _connect(self) -> None:
        hello = msgspec.structs.replace(self.hello, boot=self.hello.boot if self._boots == 1 else f"{self.hello.boot}.{self._boots}")
        try:
            async with connect(
                self._url,
                additional_headers={"Authorization": f"Bearer {self._token}"},
                compression=None,
                proxy=None,
                max_size=MAX_FRAME_BYTES,
            ) as socket:
                await self._converse(socket, hello)
        except InvalidURI as error:
            raise DeviceRefused("bad_url", str(error)) from error
        except InvalidStatus as error:
            if error.response.status_code in _NOT_AUTHORISED:
                raise DeviceRefused("not_authorised", f"the token is not known (HTTP {error.response.status_code})") from error
            raise

    async def _converse(self, socket: ClientConnection, hello: Hello) -> None:
        self._socket = socket
        try:
            if not self._line_is_up.is_set():  # cut while connecting
                socket.transport.abort()
            await socket.send(_encoder.encode(hello), text=True)
            self._take_welcome(_decoder.decode(await socket.recv()))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(socket))
                group.create_task(self._read(socket))
        except* ConnectionClosed:
            reason = _FINAL_CLOSE_CODES.get(socket.close_code or 0)
            if reason is not None and not self._is_over:
                raise DeviceRefused(reason, socket.close_reason or "the monitor closed the connection for good") from None
            raise
        finally:
            self._socket = None

    def _take_welcome(self, answer: MonitorSays) -> None:
        if isinstance(answer, Refused):
            raise DeviceRefused(answer.reason, answer.detail)
        if not isinstance(answer, Welcome):
            raise msgspec.ValidationError(f"the monitor answered hello with {type(answer).__name__}")
        self._own_clock.welcomed(to_ms(answer.now), answer.clock_speed)
        self._outbox.opened(answer.last_seq)
        self._window = max(1, answer.max_in_flight)
        self.session = answer.session
        self.connections += 1
        self._is_lost = False
        if self.connections > 1:
            self._say(f"{self.hello.device}: connected again, {self.backlog} frames to send")
        self._welcomed.set()
        self._changed.set()

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            if self._outbox.is_held:
                await self._sleep(next(self._backoff))
                self._outbox.rewind()
            frame = self._outbox.next(self._window)
            if frame is None:
                self._work.clear()
                await self._work.wait()
            else:
                stamped = msgspec.structs.replace(frame, sent_at=from_ms(self.clock.now_ms() + self.clock_off_ms))
                await socket.send(_encoder.encode(stamped), text=True)

    async def _read(self, socket: ClientConnection) -> None:
        """Ends with the exception of the closed connection."""
        while True:
            match _decoder.decode(await socket.recv()):
                case Ack() as ack:
                    self._backoff = backoff_s(self._rng)
                    self.counts.invalid += len(ack.invalid)
                    self._outbox.acked(ack.seq)
                case Refused() as refused:
                    self._take_refusal(refused)
                case RemeasureNow() as request:
                    self.on_remeasure(request)
                case Welcome():
                    raise msgspec.ValidationError("the monitor said welcome twice")
            self._work.set()
            self._changed.set()

    def _take_refusal(self, refused: Refused) -> None:
        is_first = refused.reason not in self.counts.refused
        if refused.seq is None:
            raise msgspec.ValidationError(f"the monitor refused a frame without its number: {refused.reason}: {refused.detail}")
        verdict = self._outbox.refused(refused.seq, refused.reason)
        if is_first:
            self._say(f"{self.hello.device}: frame {refused.seq} refused: {refused.reason}: {refused.detail}")
        if verdict is Verdict.GIVE_UP:
            raise DeviceRefused(refused.reason, refused.detail)
        if verdict is Verdict.NEW_BOOT:
            raise _NewBoot


def ingest_url(url: str) -> str:
    """'http://127.0.0.1:8050' -> 'ws://127.0.0.1:8050/ingest/ws'; https becomes wss, a ws(s) address is taken as the monitor's too."""
    base = url.rstrip("/")
    for http, ws in (("http://", "ws://"), ("https://", "wss://")):
        if base.startswith(http):
            base = ws + base.removeprefix(http)
    return base if base.endswith("/ingest/ws") else f"{base}/ingest/ws"


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    """One line about the first cause in a group."""
    cause: BaseException = group
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
