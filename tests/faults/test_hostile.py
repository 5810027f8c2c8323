"""Ten thousand hostile inputs over HTTP and WebSocket: every one is answered by name, nothing dies, a healthy device beside it is served.

A real server on loopback in the test's own event loop, so that what goes wrong in any task of it is seen. The seed is in SEED.
"""

import asyncio
import json
import logging
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from monitor.ingest.todo import Closing
from schemas.device_wire import MAX_FRAME_BYTES, RefusedReason
from schemas.instant import format_ms
from tests.faults.hostile_inputs import hostile_frames
from tests.unit.api.house import House, house
from tests.unit.ingest.frames import frame, hello, measurement

SEED: Final = 20_261_122
OVER_WEBSOCKET: Final = 6_000
OVER_HTTP: Final = 4_000
NAMES: Final = frozenset(RefusedReason)
CLOSE_CODES: Final = frozenset(Closing) | {1007, 1009}  # and the server's own: not UTF-8, longer than it reads at all
WITHIN_S: Final = 10


class Server:
    """A house that is served; `errors` is what the event loop and the server's log complained of."""

    def __init__(self, home: House, port: int) -> None:
        self.home = home
        self.port = port
        self.errors: list[str] = []
        self.pace = asyncio.Semaphore(0)  # a good frame for every fifth hostile input
        self._inputs = 0

    def attacked(self) -> None:
        """Once for each hostile input: time goes on, slowly enough that the device is not cut off for its bad frames."""
        self.home.clock.advance(300)
        self._inputs += 1
        if self._inputs % 5 == 0:
            self.pace.release()

    def now(self) -> str:
        return format_ms(self.home.clock.now_ms())


class Listening(logging.Handler):
    def __init__(self, errors: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith("Invalid UTF-8 sequence"):  # uvicorn's own word for it, before it closes with 1007
            self._errors.append(self.format(record))  # with its traceback


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # else asyncio leaves Nagle's algorithm on, 40 ms an answer
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        async with house(tmp_path) as home:
            served = Server(home, listener.getsockname()[1])
            loop, log = asyncio.get_running_loop(), Listening(served.errors)
            loop.set_exception_handler(lambda _, context: served.errors.append(str(context)))
            config = uvicorn.Config(home.api, lifespan="off", log_config=None, access_log=False, ws_max_size=2 * MAX_FRAME_BYTES)
            running = uvicorn.Server(config)
            logging.getLogger("uvicorn.error").addHandler(log)
            task = asyncio.create_task(running.serve([listener]))
            try:
                yield served
            finally:
                running.should_exit = True
                await task
                logging.getLogger("uvicorn.error").removeHandler(log)


class HealthyDevice:
    """Sends a good frame, waits for its acknowledgement, sends the next, until it is told to stop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.acknowledged = 0
        self.is_over = False

    async def run(self) -> None:
        session, headers = await self._server.home.bound("healthy")
        async with connect(f"ws://127.0.0.1:{self._server.port}/ingest/ws", additional_headers=headers, compression=None) as line:
            await line.send(hello(device="healthy", boot="h1"))
            await line.recv()
            while not self.is_over:
                await self._server.pace.acquire()
                seq = self.acknowledged + 1
                await line.send(json.dumps(frame(seq, measurements=[measurement(seq, measured_at=self._server.now())])))
                async with asyncio.timeout(WITHIN_S):
                    assert json.loads(await line.recv()) == {"type": "ack", "seq": seq}
                self.acknowledged = seq
        log = self._server.home.store.logs[session]
        assert sum(type(entry.body).__struct_config__.tag == "measurement" for entry in log) == self.acknowledged


class HostileDevice:
    """A registered device that sends anything. After a few inputs it says hello again, whose refusal marks the end of the answers."""

    def __init__(self, server: Server, headers: dict[str, str]) -> None:
        self._server = server
        self._headers = headers
        self._boot = 0
        self._line: ClientConnection | None = None
        self._next_seq = 1
        self._unanswered = 0
        self.heard: Counter[str] = Counter()
        self.closed: Counter[int] = Counter()

    async def _open(self) -> ClientConnection:
        if self._line is None:
            url = f"ws://127.0.0.1:{self._server.port}/ingest/ws"
            self._line = await connect(url, additional_headers=self._headers, compression=None)
            self._boot += 1
            await self._line.send(hello(device="hostile", boot=f"x{self._boot}"))
            welcome = json.loads(await self._line.recv())
            assert welcome["type"] == "welcome", welcome
            self._next_seq = 1
        return self._line

    def frame(self) -> dict[str, Any]:
        """A good one, whose turn it is if those before it took theirs."""
        return good_frame(self._next_seq + self._unanswered, self._server.now())

    async def send(self, raw: bytes, *, as_text: bool = True, is_last: bool = True) -> None:
        """`is_last`: of a few; then all answers are heard."""
        self._unanswered += 1
        try:
            line = await self._open()
            await line.send(raw, text=as_text)
            if is_last:
                await line.send(hello(device="hostile"))
                while not self._hears(json.loads(await asyncio.wait_for(line.recv(), WITHIN_S))):
                    pass
        except ConnectionClosed as closed:
            self.closed[closed.rcvd.code if closed.rcvd is not None else 0] += 1  # 0: dropped without a word
            self._line, self._unanswered = None, 0
        if is_last:
            self._unanswered = 0

    def _hears(self, said: dict[str, Any]) -> bool:
        """True at the end of the answers."""
        assert said["type"] in {"ack", "refused"}, said
        if said["type"] == "ack":
            self.heard["ack"] += 1
            self._next_seq = said["seq"] + 1
            return False
        assert said["reason"] in NAMES, said
        is_end = said["reason"] == "protocol" and "hello was said already" in said["detail"]
        self.heard[said["reason"]] += not is_end
        if said["seq"] == self._next_seq and said["reason"] not in {"sequence_gap", "busy"}:
            self._next_seq += 1
        return is_end


def good_frame(seq: int, now: str) -> dict[str, Any]:
    readings = [{"vital": "spo2", "value": 97.5, "unit": "%"}, {"vital": "heart_rate", "value": 97.5, "unit": "/min"}]
    return frame(seq, measurements=[measurement(seq, measured_at=now, readings=readings)])


async def attack_by_websocket(server: Server, count: int) -> HostileDevice:
    device = HostileDevice(server, (await server.home.bound("hostile"))[1])
    chance = random.Random(SEED)
    for number, raw in enumerate(hostile_frames(chance, count, device.frame), 1):
        server.attacked()
        await device.send(raw, as_text=chance.random() < 0.95, is_last=number % 4 == 0 or number == count)
    return device


class PostingDevice:
    """Posts over one connection that is kept open, with no more of HTTP than that takes."""

    def __init__(self, server: Server, headers: dict[str, str]) -> None:
        self._port = server.port
        self._authorization = headers["authorization"]
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, raw: bytes, content_type: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Status, headers and decoded body of the answer."""
        if self._line is None:
            self._line = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._line
        head = (
            f"POST /api/v1/ingest HTTP/1.1\r\nHost: monitor.example\r\nAuthorization: {self._authorization}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        writer.write(head.encode() + raw)
        async with asyncio.timeout(WITHIN_S):
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            headers = dict(line.split(": ", 1) for line in answer[1:] if line)
            body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return int(answer[0].split()[1]), headers, json.loads(body)

    def close(self) -> None:
        if self._line is not None:
            self._line[1].close()
            self._line = None


async def attack_by_http(server: Server, count: int) -> Counter[str]:
    device = PostingDevice(server, (await server.home.bound("poster"))[1])
    answers: Counter[str] = Counter()
    chance = random.Random(SEED + 1)
    seq = 1

    def next_frame() -> dict[str, Any]:
        return {**good_frame(seq, server.now()), "boot": "p1"}

    for raw in hostile_frames(chance, count, next_frame):
        server.attacked()
        kind = chance.choice(["application/json", "text/plain", "application/json; charset=utf-16", "multipart/form-data", ""])
        status, headers, body = await device.post(raw, kind)
        if status == 200:
            answers["ack"] += 1
            seq = body["seq"] + 1
            continue
        assert status in {409, 413, 422, 429}, (raw[:200], status, body)
        assert headers["content-type"] == "application/problem+json"
        assert body["reason"] in NAMES, (raw[:200], body)
        answers[body["reason"]] += 1
    device.close()
    return answers


async def test_ten_thousand_hostile_inputs(server: Server) -> None:
    healthy = HealthyDevice(server)
    beside = asyncio.create_task(healthy.run())
    attacks = asyncio.gather(attack_by_websocket(server, OVER_WEBSOCKET), attack_by_http(server, OVER_HTTP))
    both: set[asyncio.Future[Any]] = {beside, attacks}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    healthy.is_over = True
    server.pace.release()
    await beside  # first: if it ended before the attacks did, this says why
    hostile, posted = await attacks
    assert set(hostile.closed) <= CLOSE_CODES, hostile.closed
    assert server.errors == []
    assert {True} == set(server.home.registry.checks.values())
    assert healthy.acknowledged >= (OVER_WEBSOCKET + OVER_HTTP) // 5
    for name in ("malformed", "not_a_number", "wrong_unit", "unknown_unit", "unknown_vital", "too_large", "time_not_utc", "sequence_gap"):
        assert hostile.heard[name] > 0, (name, hostile.heard)
        assert posted[name] > 0, (name, posted)
    refused = server.home.registry.system().refused
    assert refused > (OVER_WEBSOCKET + OVER_HTTP) // 2
    assert len(server.home.store.kept_aside) == min(refused, 10_000)


async def test_a_flood_of_bad_frames_is_cut_off_and_the_device_may_come_back(server: Server) -> None:
    device = HostileDevice(server, await server.home.device("hostile"))
    for _ in range(60):
        await device.send(b"{]")  # two bad frames each, at one instant of the clock
        if device.closed:
            break
    assert device.closed == {Closing.MALFORMED: 1}
    server.home.clock.advance(10_000)
    await device.send(b"{]")
    assert device.closed == {Closing.MALFORMED: 1}
    assert server.errors == []
