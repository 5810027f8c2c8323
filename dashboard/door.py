"""How a page gets its data: through the monitor's own REST API, in this process and without a network, as the person who is signed in.

There is one door. What the API's table refuses to a person, a page of theirs cannot show, and what the access log knows of a read it knows
of a page's too. `Remembering` keeps who asks for as long as a callback of Dash runs; `Door` asks with that person's cookie.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CALLBACKS: Final = "/_dash-update-component"
_KEPT: Final = frozenset({b"host", b"cookie", b"origin", b"sec-fetch-site"})
_asking: ContextVar[Scope | None] = ContextVar("asking", default=None)


class Answer(msgspec.Struct, frozen=True):
    """`body`: the JSON as it came. `why`: the words of the problem where `ok` is not."""

    status: int
    body: bytes
    why: str

    @property
    def ok(self) -> bool:
        return self.status < 400


class Remembering:
    """Innermost of all: what reaches it was let through."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != CALLBACKS:
            await self._app(scope, receive, send)
            return
        token = _asking.set(scope)
        try:
            await self._app(scope, receive, send)
        finally:
            _asking.reset(token)


class Door:
    """`app`: the whole application, guard and all."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def get(self, path: str, **params: object) -> Answer:
        """`path` below /api/v1. Parameters that are None, empty or False are left out; a list is asked value by value."""
        asked = {name: value for name, value in params.items() if isinstance(value, list) or value not in {None, "", False}}
        return await self._call("GET", path, urlencode(asked, doseq=True), b"")

    async def post(self, path: str, body: object) -> Answer:
        return await self._call("POST", path, "", json.dumps(body).encode())

    async def delete(self, path: str) -> Answer:
        return await self._call("DELETE", path, "", b"")

    async def _call(self, method: str, path: str, query: str, body: bytes) -> Answer:
        outer = _asking.get()
        if outer is None:
            return Answer(401, b"", "Nobody is signed in.")
        full = f"/api/v1{path}"
        headers = [(name, value) for name, value in outer["headers"] if name.lower() in _KEPT]
        headers += [(b"accept", b"application/json"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        scope: dict[str, Any] = {
            **{name: outer.get(name) for name in ("type", "asgi", "http_version", "scheme", "server", "client")},
            "method": method,
            "path": full,
            "raw_path": full.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "state": {name: value for name, value in outer.get("state", {}).items() if name != "principal"},
        }
        return await _ask(self._app, scope, body)


async def _ask(app: App, scope: Scope, body: bytes) -> Answer:
    status, chunks = 500, bytearray()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            chunks.extend(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception:  # noqa: BLE001 - the application has answered and logged it; a page says that it has nothing to show
        status = max(status, 500)
    answered = bytes(chunks)
    return Answer(status, answered, "" if status < 400 else _why(status, answered))


def _why(status: int, body: bytes) -> str:
    try:
        problem = json.loads(body)
        errors = "; ".join(f"{error['where']}: {error['detail']}" for error in problem.get("errors", ()))
        return f"{problem['detail']}{f' {errors}' if errors else ''}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"The monitor answered {status}."
