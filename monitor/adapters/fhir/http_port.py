"""An HTTP port for senders of FHIR resources: a bearer token, bounded bodies, every answer an OperationOutcome."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final

import uvicorn

from monitor.adapters.base import Keep, NotKept, Setup
from monitor.adapters.converse import deliver
from monitor.adapters.fhir.codec import MAX_DOCUMENT, FhirCodec, parted, refusal
from monitor.adapters.said import Condition, DeviceStatus, clipped

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_CONNECTIONS: Final = 64  # beyond it a request is answered 503
BODY_WITHIN_S: Final = 30.0
SILENT_MS: Final = 60_000  # senders make requests and hold no line: after a minute without one they are not there
_TYPES: Final = frozenset({"application/fhir+json", "application/json"})
_TAKEN: Final = {"POST": 1, "PUT": 2}  # parts of the path behind the base, at most
_BACKLOG: Final = 64


class _Refused(Exception):
    """A request that is answered without reading it on."""

    def __init__(self, status: int, code: str, why: str) -> None:
        super().__init__(why)
        self.answer = refusal(status, code, why)


class _Server(uvicorn.Server):
    """One adapter among others: the signals of the process are not its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpPort:
    """Adapter. `connected` begins with the first document that is let in and ends after a minute without one. Where the port is taken it is
    tried again for ever."""

    def __init__(self, host: str, port: int, token: str, setup: Setup) -> None:
        self._host = host
        self._port = port
        self._token = sha256(token.encode()).digest()
        self._setup = setup
        self._keep: Keep | None = None
        self._fault: asyncio.Future[None] | None = None
        self._heard_ms = 0
        self._came = asyncio.Event()
        self._was_told: bool | None = None

    async def run(self, keep: Keep) -> None:
        self._keep, self._fault = keep, asyncio.get_running_loop().create_future()
        listener = await self._bound()
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            log_config=None,
            access_log=False,
            lifespan="off",
            http="h11",
            ws="none",
            limit_concurrency=MAX_CONNECTIONS,
            server_header=False,
            date_header=False,
            proxy_headers=False,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        watching = asyncio.create_task(self._watch())
        try:
            done, _ = await asyncio.wait({serving, watching, self._fault}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            watching.cancel()
            server.should_exit = server.force_exit = True
            await asyncio.wait({serving, watching})
            listener.close()

    async def _bound(self) -> socket.socket:
        clock = self._setup.clock
        for wait_s in self._setup.waits():
            try:
                family, *_, place = (await asyncio.get_running_loop().getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))[0]
                return socket.create_server(place[:2], family=family, backlog=_BACKLOG)
            except OSError as error:
                await self._tell(str(error), is_connected=False)
            await clock.sleep_until(clock.now_ms() + round(wait_s * 1000))
        raise AssertionError("the waits between attempts have no end")

    async def _watch(self) -> None:
        """Tells when nobody has sent for SILENT_MS."""
        clock = self._setup.clock
        while True:
            await self._came.wait()
            self._came.clear()
            await clock.sleep_until(self._heard_ms + SILENT_MS)
            if clock.now_ms() >= self._heard_ms + SILENT_MS:  # otherwise somebody came meanwhile
                await self._tell(f"nothing sent for {SILENT_MS // 1000} s", is_connected=False)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        try:
            self._let_in(scope)
            replies = await self._take(await _body(receive), scope)
        except _Refused as refused:
            replies = [refused.answer]
        except Exception as error:  # noqa: BLE001 - whatever `keep` raises beside NotKept
            if self._fault is not None and not self._fault.done():
                self._fault.set_exception(error)  # what trying again cannot mend goes to whoever supervises
            replies = [refusal(500, "exception", "this port has failed")]
        status, body = parted(replies[-1])
        headers = [(b"content-type", b"application/fhir+json"), (b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _take(self, document: bytes, scope: Message) -> list[bytes]:
        assert self._keep is not None, "run has begun"
        self._heard_ms = self._setup.clock.now_ms()
        self._came.set()
        host, port, *_ = scope.get("client") or ("", "")
        await self._tell(f"{host}:{port}", is_connected=True)
        replies: list[bytes] = []

        async def write(data: bytes) -> None:
            replies.append(data)

        await deliver(FhirCodec(self._setup.codec).feed(document, self._heard_ms), self._keep, write)
        return replies

    def _let_in(self, scope: Message) -> None:
        """Raises _Refused. Who has no token learns nothing else."""
        headers = dict(scope["headers"])
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not compare_digest(sha256(token.strip()).digest(), self._token):
            raise _Refused(401, "login", "a bearer token is needed, and this is not the one")
        parts = [part for part in scope["path"].split("/") if part]
        if scope["method"] not in _TAKEN:
            raise _Refused(405, "not-supported", "resources are sent with POST or PUT")
        if parts and (parts[0] != "Observation" or len(parts) > _TAKEN[scope["method"]]):
            raise _Refused(404, "not-found", "send to the base or to Observation")
        kind = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        if kind not in _TYPES:
            raise _Refused(415, "not-supported", "application/fhir+json is read, and nothing else")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 9 or int(length) > MAX_DOCUMENT:
            raise _Refused(413, "too-long", f"at most {MAX_DOCUMENT} bytes are read")

    async def _tell(self, why: str, *, is_connected: bool) -> None:
        if self._was_told is is_connected or self._keep is None:
            return
        self._was_told = is_connected
        with suppress(NotKept):
            await self._keep([DeviceStatus(self._setup.clock.now_ms(), Condition.CONNECTED, is_connected, clipped(why))])


async def _body(receive: Receive) -> bytes:
    """Raises _Refused where it is too long or does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise _Refused(400, "incomplete", "the request ended before its body")
                body += message.get("body", b"")
                if len(body) > MAX_DOCUMENT:
                    raise _Refused(413, "too-long", f"at most {MAX_DOCUMENT} bytes are read")
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise _Refused(408, "timeout", f"the body did not come within {BODY_WITHIN_S:g} s") from error
