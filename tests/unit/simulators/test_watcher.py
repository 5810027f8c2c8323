"""The simulated screen against a stream on loopback: says it watches, answers every alert once, and comes back after a lost line."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx2
import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from monitor.cli.simulate import _watched
from schemas.alert import AlertState
from schemas.stream_wire import (
    Canary,
    Heartbeat,
    ScreenReady,
    ScreenSays,
    ScreenShown,
    SessionNow,
    Snapshot,
    StreamFrame,
    StreamHello,
    SystemNow,
    Update,
)
from simulators.rest import MonitorRefused
from simulators.run import BedResult
from simulators.watcher import AT_ONCE, Watcher
from tests.support.stub_ward import alert, session

HELLO = StreamHello(protocol=1, stream="s", now_ms=0, clock_speed=1.0, version="1", site_zone="UTC", user="anna", role="clinician")
SYSTEM = SystemNow(recording_impaired=None, refused=0, unbound=(), viewers=1)


def raised(room: int, *rules: str, state: AlertState = AlertState.ACTIVE) -> SessionNow:
    return session(room, str(room), "A.B.", alerts=tuple(alert(rule, "An alert", "because", state=state) for rule in rules))


def snapshot(*sessions: SessionNow, position: int = 0) -> Snapshot:
    return Snapshot(position=position, now_ms=0, sessions=sessions, journal=(), system=SYSTEM)


class FakeStream:
    """What a monitor's /stream is for a screen. `said` is what came, over all connections."""

    def __init__(self) -> None:
        self.url = ""
        self.first: tuple[StreamFrame, ...] = (HELLO, snapshot())
        self.status: HTTPStatus | None = None
        self.said: list[ScreenReady | ScreenShown] = []
        self.connections: list[ServerConnection] = []
        self.requests: list[Request] = []
        self._news = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeStream"]:
        async with serve(self._serve, "127.0.0.1", 0, process_request=self._check) as server:
            self.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            yield self

    def _check(self, socket: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        self._news.set()
        return None if self.status is None else socket.respond(self.status, "no\n")

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections.append(socket)
        for frame in self.first:
            await socket.send(msgspec.json.encode(frame), text=True)
        async for text in socket:
            self.said.append(msgspec.json.decode(text, type=ScreenSays))
            self._news.set()

    async def send(self, frame: StreamFrame) -> None:
        await self.connections[-1].send(msgspec.json.encode(frame), text=True)

    async def wait_for(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    @property
    def shown(self) -> list[tuple[str, str]]:
        return [(each.session, each.alert) for said in self.said if isinstance(said, ScreenShown) for each in said.alerts]


class Naps:
    """Sleeps that end when they are told to."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._ends = asyncio.Event()
        self._asked = asyncio.Condition()

    async def __call__(self, seconds: float) -> None:
        async with self._asked:
            self.asked.append(seconds)
            self._asked.notify_all()
        await self._ends.wait()

    async def wait_for(self, count: int) -> None:
        """Until so many have been asked for."""
        async with asyncio.timeout(10), self._asked:
            await self._asked.wait_for(lambda: len(self.asked) >= count)

    def end(self) -> None:
        self._ends.set()
        self._ends = asyncio.Event()


@asynccontextmanager
async def watching(there: FakeStream, naps: Naps) -> AsyncIterator[tuple[Watcher, "asyncio.Task[None]"]]:
    cookies = httpx2.Cookies({"infusion_session": "token"})
    watcher = Watcher(there.url, cookies, rng=random.Random(1), sleep=naps)
    task = asyncio.ensure_future(watcher.run())
    try:
        yield watcher, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def there() -> AsyncIterator[FakeStream]:
    async with FakeStream().running() as built:
        yield built


async def test_it_comes_in_as_the_person_and_says_that_it_watches_every_five_seconds(there: FakeStream) -> None:
    naps = Naps()
    async with watching(there, naps) as (watcher, _):
        await asyncio.wait_for(watcher.watching.wait(), 10)
        await there.wait_for(lambda: len(there.said) == 1)
        (request,) = there.requests
        assert (request.path, request.headers["Cookie"], request.headers["Origin"]) == ("/stream", "infusion_session=token", there.url)
        assert naps.asked == [5.0]
        naps.end()
        await there.wait_for(lambda: len(there.said) == 2)
        assert there.said == [ScreenReady(visible=True, sound=True)] * 2


async def test_every_raised_alert_gets_its_receipt_once(there: FakeStream) -> None:
    there.first = (HELLO, snapshot(raised(1, "OX-H1", "HR-H1"), raised(2, "BP-M1", state=AlertState.PENDING)))
    async with watching(there, Naps()) as (watcher, _):
        await there.wait_for(lambda: len(there.shown) == 2)
        await there.send(Update(position=1, now_ms=0, sessions=(raised(1, "OX-H1", "HR-H1"), raised(2, "BP-M1"))))
        await there.wait_for(lambda: len(there.shown) == 3)
        await there.send(Canary(id="c-1", now_ms=0))
        await there.wait_for(lambda: len(there.shown) == 4)
        assert there.shown == [("S-000001", "HR-H1.1"), ("S-000001", "OX-H1.1"), ("S-000002", "BP-M1.1"), ("", "c-1")]
        assert watcher.receipts == 3


async def test_an_alert_that_ended_and_came_again_by_the_same_name_is_answered_again(there: FakeStream) -> None:
    there.first = (HELLO, snapshot(raised(1, "OX-H1")))
    async with watching(there, Naps()):
        await there.wait_for(lambda: len(there.shown) == 1)
        await there.send(Update(position=1, now_ms=0, sessions=(raised(1),)))
        await there.send(Update(position=2, now_ms=0, sessions=(raised(1, "OX-H1"),)))
        await there.wait_for(lambda: len(there.shown) == 2)


async def test_many_receipts_go_in_messages_of_a_bounded_size(there: FakeStream) -> None:
    there.first = (HELLO, snapshot(*(raised(room, "OX-H1") for room in range(1, AT_ONCE + 10))))
    async with watching(there, Naps()):
        await there.wait_for(lambda: len(there.shown) == AT_ONCE + 9)
    assert [len(said.alerts) for said in there.said if isinstance(said, ScreenShown)] == [AT_ONCE, 9]


async def test_it_says_how_far_it_has_seen(there: FakeStream) -> None:
    there.first = (HELLO, snapshot(position=7))
    async with watching(there, Naps()) as (watcher, _):
        assert watcher.has_seen(99), "before it is connected there is nothing to see"
        await there.wait_for(lambda: bool(there.said))
        await there.send(Heartbeat(position=8, now_ms=0))
        await there.send(Canary(id="c-1", now_ms=0))
        await there.wait_for(lambda: bool(there.shown))
        assert (watcher.has_seen(8), watcher.has_seen(9)) == (True, False)


async def test_after_a_lost_line_it_comes_back_and_answers_anew(there: FakeStream) -> None:
    naps = Naps()
    there.first = (HELLO, snapshot(raised(1, "OX-H1")))
    async with watching(there, naps) as (watcher, _):
        await there.wait_for(lambda: len(there.shown) == 1)
        there.connections[0].transport.abort()
        await naps.wait_for(2)
        assert watcher.has_seen(99)
        assert naps.asked[-1] <= 0.2
        naps.end()
        await there.wait_for(lambda: len(there.shown) == 2)
        assert len(there.connections) == 2


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
async def test_who_is_not_let_in_stops(there: FakeStream, status: HTTPStatus) -> None:
    there.status = status
    async with watching(there, Naps()) as (_, task):
        with pytest.raises(MonitorRefused, match="not_let_in"):
            await asyncio.wait_for(task, 10)


async def test_who_was_logged_out_stops(there: FakeStream) -> None:
    async with watching(there, Naps()) as (_, task):
        await there.wait_for(lambda: bool(there.said))
        await there.connections[0].close(4401, "log in again")
        with pytest.raises(MonitorRefused, match="logged_out"):
            await asyncio.wait_for(task, 10)


@pytest.mark.parametrize("status", [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY])
async def test_a_monitor_that_is_not_there_yet_is_waited_for(there: FakeStream, status: HTTPStatus) -> None:
    naps = Naps()
    there.status = status
    async with watching(there, naps) as (watcher, _):
        await there.wait_for(lambda: len(there.requests) == 1)
        there.status = None
        await naps.wait_for(1)
        naps.end()
        await asyncio.wait_for(watcher.watching.wait(), 10)


# --- beside the beds of `simulate --watch` --------------------------------------------------------------------------------------------


def signed_in_at(there: FakeStream) -> Callable[[], httpx2.AsyncClient]:
    return lambda: httpx2.AsyncClient(base_url=there.url, cookies={"infusion_session": "token"})


async def test_the_screen_goes_when_the_beds_are_done(there: FakeStream) -> None:
    async def beds() -> list[BedResult]:
        await there.wait_for(lambda: bool(there.said))
        return []

    assert await _watched(there.url, signed_in_at(there), 1, beds()) == []
    async with asyncio.timeout(10):
        await there.connections[0].wait_closed()


async def test_a_screen_that_is_not_let_in_ends_the_beds(there: FakeStream) -> None:
    there.status = HTTPStatus.FORBIDDEN
    ended = asyncio.Event()

    async def beds() -> list[BedResult]:
        try:
            return await asyncio.Future()
        finally:
            ended.set()

    with pytest.raises(MonitorRefused, match="not_let_in"):
        await _watched(there.url, signed_in_at(there), 1, beds())
    assert ended.is_set()
