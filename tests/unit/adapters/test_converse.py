"""One connection and the next: what is acknowledged is kept, silence ends a line, loss is told once."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import repeat

import pytest

from monitor.adapters.base import Codec, NotKept, Setup
from monitor.adapters.converse import Conversation, Ended
from monitor.adapters.redial import SILENT_AFTER_MS, Redialled
from monitor.adapters.said import Condition, DeviceStatus, Fault, Reply, Said, Told, undecoded
from monitor.clock import ManualClock


class _Line:
    """A line in memory: reads what is put in, an OSError breaks it."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[bytes | OSError] = asyncio.Queue()
        self.written: list[bytes] = []
        self.is_closed = False

    async def read(self) -> bytes:
        data = await self.incoming.get()
        if isinstance(data, OSError):
            raise data
        return data

    async def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True


class _Echo(Codec[bytes]):
    """Says each input as a status and acknowledges it; `?` is not understood; asks `poll` every 3 s."""

    def __init__(self) -> None:
        self._wake_ms: int | None = None

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        if data == b"?":
            return [undecoded(Fault.MALFORMED, data, received_at_ms)]
        told = DeviceStatus(received_at_ms, Condition.STANDBY, holds=True, why=data.decode())
        return [Reply(b"now"), told, Reply(b"ack " + data, when_kept=True, otherwise=b"not " + data)]

    def opened(self, at_ms: int) -> list[Said]:
        self._wake_ms = at_ms + 3_000
        return [Reply(b"hello")]

    @property
    def next_wake_ms(self) -> int | None:
        return self._wake_ms

    def woken(self, at_ms: int) -> list[Said]:
        self._wake_ms = at_ms + 3_000
        return [Reply(b"poll")]

    def closed(self, at_ms: int) -> list[Said]:
        return [undecoded(Fault.TRUNCATED, b"rest", at_ms)]


class _Spool:
    """Keeps when it is let; `is_broken` refuses."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.is_broken = False
        self.open = asyncio.Event()
        self.open.set()

    async def keep(self, told: Sequence[Told]) -> None:
        await self.open.wait()
        if self.is_broken:
            raise NotKept("disk full")
        self.told += told


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def _talk(line: _Line, spool: _Spool, clock: ManualClock, silent_after_ms: int | None = None) -> asyncio.Task[Ended]:
    return asyncio.ensure_future(Conversation(line, _Echo(), spool.keep, clock, silent_after_ms).run())


async def test_an_acknowledgement_waits_until_it_is_kept() -> None:
    line, spool, clock = _Line(), _Spool(), ManualClock()
    spool.open.clear()
    talk = _talk(line, spool, clock)
    line.incoming.put_nowait(b"a")
    await _settle()
    assert line.written == [b"hello", b"now"]  # what waits for nothing has gone
    spool.open.set()
    await _settle()
    assert line.written == [b"hello", b"now", b"ack a"]
    line.incoming.put_nowait(b"")
    assert await talk == Ended("closed by the other end", was_understood=True)


async def test_what_cannot_be_kept_is_never_acknowledged_and_the_line_goes_on() -> None:
    line, spool, clock = _Line(), _Spool(), ManualClock()
    talk = _talk(line, spool, clock)
    spool.is_broken = True
    line.incoming.put_nowait(b"a")
    await _settle()
    spool.is_broken = False
    line.incoming.put_nowait(b"b")
    await _settle()
    assert line.written == [b"hello", b"now", b"not a", b"now", b"ack b"]
    talk.cancel()
    await asyncio.wait({talk})
    assert line.is_closed


async def test_a_codec_is_woken_when_it_asked_to_be() -> None:
    line, spool, clock = _Line(), _Spool(), ManualClock()
    talk = _talk(line, spool, clock)
    for _ in range(2):
        await _settle()
        clock.advance(3_000)
    await _settle()
    assert line.written == [b"hello", b"poll", b"poll"]
    line.incoming.put_nowait(b"")
    await talk


async def test_a_device_that_speaks_all_the_time_does_not_keep_the_codec_from_its_turn() -> None:
    line, spool, clock = _Line(), _Spool(), ManualClock()
    talk = _talk(line, spool, clock)
    await _settle()
    for _ in range(3):
        line.incoming.put_nowait(b"a")
    clock.advance(3_000)
    await _settle()
    assert line.written == [b"hello", b"now", b"ack a", b"poll", b"now", b"ack a", b"now", b"ack a"]
    line.incoming.put_nowait(b"")
    await talk


async def test_a_broken_line_tells_what_it_cut_off() -> None:
    line, spool, clock = _Line(), _Spool(), ManualClock()
    line.incoming.put_nowait(OSError("pulled"))
    assert await _talk(line, spool, clock) == Ended("pulled", was_understood=False)
    assert line.is_closed
    assert spool.told == [undecoded(Fault.TRUNCATED, b"rest", clock.now_ms())]


@pytest.mark.parametrize("noise", [None, b"?"], ids=["half-open", "noise"])
async def test_a_line_on_which_nothing_is_understood_is_given_up(noise: bytes | None) -> None:
    line, spool, clock = _Line(), _Spool(), ManualClock()
    talk = _talk(line, spool, clock, silent_after_ms=5_000)
    for _ in range(5):
        await _settle()
        assert not talk.done()
        if noise is not None:
            line.incoming.put_nowait(noise)
        clock.advance(1_000)
    assert (await talk).why == "nothing understood for 5 s"


async def test_control_a_line_that_speaks_is_kept_and_a_slow_disk_is_not_its_silence() -> None:
    line, spool, clock = _Line(), _Spool(), ManualClock()
    talk = _talk(line, spool, clock, silent_after_ms=5_000)
    for _ in range(4):
        line.incoming.put_nowait(b"a")
        await _settle()
        spool.open.clear()
        line.incoming.put_nowait(b"b")
        await _settle()
        clock.advance(20_000)  # while the disk hangs
        spool.open.set()
        await _settle()
        assert not talk.done()
        clock.advance(4_000)
    line.incoming.put_nowait(b"")
    assert (await talk).was_understood


def _waits() -> Iterator[float]:
    yield from (1.0, 2.0)
    yield from repeat(4.0)


async def test_a_lost_line_is_opened_again_with_a_fresh_codec_and_told_once() -> None:
    clock, spool = ManualClock(), _Spool()
    lines: list[_Line | OSError] = [_Line(), OSError("no port"), OSError("no port"), _Line()]
    opened: list[_Line] = []
    made: list[_Echo] = []

    async def open_line() -> _Line:
        line = lines.pop(0)
        if isinstance(line, OSError):
            raise line
        opened.append(line)
        return line

    def make() -> _Echo:
        made.append(_Echo())
        return made[-1]

    running = asyncio.ensure_future(Redialled(open_line, make, Setup("serial:x", clock, _waits)).run(spool.keep))
    await _settle()
    opened[0].incoming.put_nowait(b"a")
    await _settle()
    opened[0].incoming.put_nowait(OSError("pulled"))
    for wait_ms in (1_000, 2_000, 4_000):
        await _settle()
        assert len(opened) == 1
        clock.advance(wait_ms)
    await _settle()
    assert len(opened) == 2
    assert len(made) == 2
    told = [(item.holds, item.why) for item in spool.told if isinstance(item, DeviceStatus) and item.condition is Condition.CONNECTED]
    assert told == [(True, "serial:x"), (False, "pulled"), (True, "serial:x")]
    running.cancel()
    await asyncio.wait({running})
    assert opened[1].is_closed


async def test_a_line_that_opens_and_drops_is_not_hammered() -> None:
    """The waits grow on, since nothing was understood in between."""
    clock, spool = ManualClock(), _Spool()
    opened: list[int] = []

    async def open_line() -> _Line:
        opened.append(clock.now_ms())
        line = _Line()
        line.incoming.put_nowait(b"")
        return line

    running = asyncio.ensure_future(Redialled(open_line, _Echo, Setup("serial:x", clock, _waits)).run(spool.keep))
    for _ in range(8):
        await _settle()
        clock.advance(1_000)
    await _settle()
    assert [at_ms - opened[0] for at_ms in opened] == [0, 1_000, 3_000, 7_000]
    assert SILENT_AFTER_MS > 7_000
    running.cancel()
    await asyncio.wait({running})
