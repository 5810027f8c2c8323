"""One enrolled device's connection to the monitor: out of the spool, acknowledged, forgotten. Connects again for ever.

The waits between attempts grow until a frame was acknowledged, so a monitor that welcomes and drops is not hammered. Where the monitor
does not know the device, its token or its mode, or another program speaks as this device, trying soon is of no use and would only throw
the other one out in turn: the waits are twelve times as long, and the token is read anew. Who was thrown out so stays out until a person
has started the gateway again, for two patients' devices must not take turns under one name.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec

from monitor.clock import Clock, event_or_time
from monitor.gateway.spooling import Spooling
from monitor.store.ports import StoreFailed
from schemas.device_wire import Ack, Frame, Hello, MonitorSays, Refused, RefusedReason, RemeasureNow, Welcome
from schemas.instant import from_ms

MAX_UNANSWERED: Final = 8
REJECTED_TIMES: Final = 12  # as long as an ordinary wait
_FOR_GOOD: Final = frozenset({RefusedReason.UNKNOWN_DEVICE, RefusedReason.WRONG_MODE, RefusedReason.PROTOCOL})

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(MonitorSays).decode


class Lost(Exception):
    """The connection is over, or was not made; the text says why."""


class Rejected(Exception):
    """The monitor takes nothing from this device."""


class Socket(Protocol):
    async def send(self, text: bytes) -> None:
        """Raises Lost or Rejected."""
        ...

    async def receive(self) -> bytes | str:
        """Raises Lost or Rejected."""
        ...


Dial = Callable[[], AbstractAsyncContextManager[Socket]]
"""A new connection to the monitor as one device. Raises Lost or Rejected."""


class Uplink:
    """`hello` without its boot, which the spool knows. `tell` gets a line where the connection comes or goes."""

    def __init__(
        self, hello: Hello, spooling: Spooling, dial: Dial, clock: Clock, waits: Callable[[], Iterator[float]], tell: Callable[[str], None]
    ) -> None:
        self.is_connected = False
        self._hello = hello
        self._spooling = spooling
        self._dial = dial
        self._clock = clock
        self._new_waits = waits
        self._waits = waits()
        self._tell = tell
        self._was_told: str | None = None
        self._work = asyncio.Event()
        self._unanswered: set[int] = set()
        self._sent = 0  # the highest number that went out on this connection
        self._is_held = False  # after a refusal that asks to send again

    def wake(self) -> None:
        """Something was kept."""
        self._work.set()

    async def enrol(self) -> None:
        """Before anything is kept for it. Raises StoreFailed."""
        hello = self._hello
        boot = await self._spooling.do(lambda spool: spool.enrol(hello.device, hello.boot))
        self._hello = msgspec.structs.replace(hello, boot=boot)

    async def run(self) -> None:
        """Until cancelled. Raises StoreFailed alone: then the spool is broken."""
        while True:
            times = 1
            try:
                async with self._dial() as socket:
                    await self._converse(socket)
            except Rejected as rejected:
                times = REJECTED_TIMES
                self._told(f"takes nothing: {rejected}")
            except (Lost, OSError, msgspec.MsgspecError, StoreFailed) as lost:
                if isinstance(lost, StoreFailed) and lost.is_final:
                    raise
                self._told(f"no connection: {str(lost) or type(lost).__name__}")
            finally:
                self.is_connected = False
            await self._clock.sleep_until(self._clock.now_ms() + round(next(self._waits) * times * 1000))

    def _told(self, line: str) -> None:
        if line != self._was_told:
            self._was_told = line
            self._tell(f"{self._hello.device}: {line}")

    async def _converse(self, socket: Socket) -> None:
        await socket.send(_encode(self._hello))
        answer = _decode(await socket.receive())
        if isinstance(answer, Refused):
            raise await self._rejected(answer)
        if not isinstance(answer, Welcome):
            raise Lost(f"the monitor answered hello with {type(answer).__name__}")
        device = self._hello.device
        self._unanswered.clear()
        self._sent, self._is_held = answer.last_seq, False
        if not await self._spooling.do(lambda spool: spool.opened(device, answer.last_seq)):
            await self._start_over()
        self.is_connected = True
        self._told(f"connected, {self._spooling.waiting(device)} measurements to send")
        window = min(MAX_UNANSWERED, max(1, answer.max_in_flight))
        tasks = [asyncio.ensure_future(self._write(socket, window)), asyncio.ensure_future(self._read(socket))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        raise next((why for why in ended if isinstance(why, Exception)), Lost("the connection was given up"))

    async def _rejected(self, refused: Refused) -> Rejected:
        if refused.where != "boot":
            return Rejected(f"{refused.reason}: {refused.detail}")
        boot = self._hello.boot
        await self._spooling.do(lambda spool: spool.ended(self._hello.device, boot))
        return Rejected("another program spoke as this device: stop that one, then start this gateway again")

    async def _start_over(self) -> None:
        device = self._hello.device
        self._hello = msgspec.structs.replace(self._hello, boot=await self._spooling.do(lambda spool: spool.new_boot(device)))
        raise Lost("the numbers of the monitor and of the spool do not fit: counting anew")

    async def _write(self, socket: Socket, window: int) -> None:
        device = self._hello.device
        while True:
            if self._is_held:
                await self._clock.sleep_until(self._clock.now_ms() + round(next(self._waits) * 1000))
                self._unanswered.clear()
                self._sent, self._is_held = 0, False
            self._work.clear()
            found = None
            if len(self._unanswered) < window:
                after, now_ms = self._sent, self._clock.now_ms()
                found = await self._spooling.do(lambda spool: spool.next(device, after, now_ms))  # noqa: B023 - done before the next turn
            if found is None:
                await event_or_time(self._work, self._clock, None)
                continue
            self._sent = found.seq
            self._unanswered.add(found.seq)
            sent_at = from_ms(self._clock.now_ms())
            await socket.send(_encode(Frame(found.seq, found.measurements, sent_at=sent_at, announcements=found.announcements)))

    async def _read(self, socket: Socket) -> None:
        while True:
            match _decode(await socket.receive()):
                case Ack() as ack:
                    await self._settle(ack)
                case Refused() as refused:
                    await self._take_refusal(refused)
                case RemeasureNow():
                    pass  # adapters only listen
                case Welcome():
                    raise Lost("the monitor said welcome twice")
            self._work.set()

    async def _settle(self, ack: Ack) -> None:
        device = self._hello.device
        early = sum(one.reason == RefusedReason.DEVICE_UNBOUND and one.where.startswith("measurements") for one in ack.invalid)
        await self._spooling.do(lambda spool: spool.settled(device, ack.seq, early))
        self._unanswered = {seq for seq in self._unanswered if seq > ack.seq}
        self._waits = self._new_waits()

    async def _take_refusal(self, refused: Refused) -> None:
        device, seq, reason = self._hello.device, refused.seq, refused.reason
        if seq is None:
            raise Lost(f"the monitor refused a frame without its number: {reason}: {refused.detail}")
        if reason in _FOR_GOOD:
            raise Rejected(f"{reason}: {refused.detail}")
        self._unanswered.discard(seq)
        if reason not in (RefusedReason.BUSY, RefusedReason.SEQUENCE_GAP):
            await self._spooling.do(lambda spool: spool.refused(device, seq, reason))
            self._waits = self._new_waits()
            self._told(f"frame refused: {reason}: {refused.detail}")
        elif (
            reason is RefusedReason.SEQUENCE_GAP
            and not self._is_held
            and await self._spooling.do(lambda spool: spool.is_first(device, seq))
        ):
            await self._start_over()
        else:
            self._is_held = True
