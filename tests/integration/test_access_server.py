"""The guard on a real server and real sockets: what the wire says to who is refused, and that a running stream ends with its session."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from monitor.access.control import AccessControl
from monitor.access.memory import MemoryAccessStore
from monitor.access.roles import Role
from monitor.api import problems
from monitor.api.auth import auth_routes
from monitor.api.guard import Guard
from schemas.measurement import Mode

SESSION_ENDED = 4401


class WallTime:
    def __call__(self) -> int:
        return 1_795_000_000_000


class Server:
    """One uvicorn on a free port of this machine; `tick` is what a stream waits for before it looks again."""

    def __init__(self) -> None:
        self.access = AccessControl(MemoryAccessStore(), WallTime())
        self.tick = asyncio.Event()
        self.app = FastAPI()
        problems.install(self.app)
        self.app.include_router(auth_routes(self.access))
        self.app.add_api_websocket_route("/stream", self._stream)
        self.app.add_api_websocket_route("/ingest/ws", self._stream)
        self.app.add_middleware(Guard, access=self.access, csp="default-src 'self'")
        self.base = ""

    async def _stream(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        while self.access.still_valid(websocket.state.principal):
            self.tick.clear()
            await self.tick.wait()
        await websocket.close(SESSION_ENDED)


class AnnouncedServer(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.access.start()
    for role in Role:
        await server.access.add_person(role, role, role, password=None, by="test")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server.base = f"127.0.0.1:{bound.getsockname()[1]}"
        running = AnnouncedServer(uvicorn.Config(server.app, log_level="warning", lifespan="off", ws="websockets-sansio"))
        task = asyncio.create_task(running.serve(sockets=[bound]))
        await running.is_up.wait()
        yield server
        running.should_exit = True
        await task


async def cookie_of(server: Server, username: str = "clinician") -> str:
    ticket = await server.access.issue_ticket(username, by="test")
    base = f"http://{server.base}"
    async with httpx2.AsyncClient(base_url=base, headers={"origin": base}) as client:
        answer = await client.post("/auth/ticket", data={"ticket": ticket})
    assert answer.status_code == 303
    return answer.headers["set-cookie"].partition(";")[0]


async def refused_with(server: Server, path: str, headers: dict[str, str]) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://{server.base}{path}", additional_headers=headers, proxy=None):
            pass
    return refused.value.response.status_code


async def test_handshake_of_who_is_refused_is_a_403(server: Server) -> None:
    cookie = await cookie_of(server)
    own = f"http://{server.base}"
    assert await refused_with(server, "/stream", {}) == 403
    assert await refused_with(server, "/stream", {"Cookie": cookie}) == 403
    for origin in ("null", "https://evil.example", f"https://{server.base}", f"http://{server.base}0", "http://127.0.0.1"):
        assert await refused_with(server, "/stream", {"Cookie": cookie, "Origin": origin}) == 403
    assert await refused_with(server, "/ingest/ws", {"Cookie": cookie, "Origin": own}) == 403
    assert await refused_with(server, "/ingest/ws", {"Authorization": "Bearer inf_dev_" + "A" * 43}) == 403
    assert await refused_with(server, "/nowhere", {"Cookie": cookie, "Origin": own}) == 403


async def test_running_stream_ends_when_its_person_logs_out(server: Server) -> None:
    cookie, other = await cookie_of(server), await cookie_of(server, "auditor")
    own = f"http://{server.base}"
    async with (
        connect(f"ws://{server.base}/stream", additional_headers={"Cookie": cookie, "Origin": own}, proxy=None) as stream,
        connect(f"ws://{server.base}/stream", additional_headers={"Cookie": other, "Origin": own}, proxy=None) as bystander,
        httpx2.AsyncClient(base_url=own, headers={"origin": own, "cookie": cookie}) as client,
    ):
        assert await stream.recv() == await bystander.recv() == "hello"
        assert (await client.post("/auth/logout")).status_code == 303
        server.tick.set()
        with pytest.raises(ConnectionClosedError) as closed:
            await asyncio.wait_for(stream.recv(), 5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == SESSION_ENDED
        await bystander.ping()
        await server.access.set_disabled("auditor", disabled=True, by="test")
        server.tick.set()
        with pytest.raises(ConnectionClosedError):
            await asyncio.wait_for(bystander.recv(), 5)


async def test_running_ingest_ends_when_its_device_is_revoked(server: Server) -> None:
    token = await server.access.register_device("pump-1", Mode.REAL, "", by="test")
    bearer = {"Authorization": f"Bearer {token}"}
    async with connect(f"ws://{server.base}/ingest/ws", additional_headers=bearer, proxy=None) as ingest:
        assert await ingest.recv() == "hello"
        await server.access.revoke_device("pump-1", by="test")
        server.tick.set()
        with pytest.raises(ConnectionClosedError) as closed:
            await asyncio.wait_for(ingest.recv(), 5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == SESSION_ENDED
    assert await refused_with(server, "/ingest/ws", bearer) == 403


async def test_refused_request_is_answered_before_its_body_has_come(server: Server) -> None:
    host, _, port = server.base.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /api/v1/ingest HTTP/1.1\r\nHost: {server.base}\r\nContent-Length: 1000000000\r\n\r\n".encode())
    assert await asyncio.wait_for(reader.readline(), 5) == b"HTTP/1.1 401 Unauthorized\r\n"
    writer.close()
