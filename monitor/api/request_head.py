"""What the guard reads of a request: its line and its headers, each once, and never its body."""

from typing import Final

import msgspec
from starlette.types import Scope

from monitor.api.policy import WEBSOCKET

COOKIE: Final = "infusion_session"
SECURE_COOKIE: Final = "__Host-infusion_session"  # the prefix makes the browser hold it to https, this host and path /


class RequestHead(msgspec.Struct, frozen=True, kw_only=True):
    """`host`: None where it is missing or repeated. `cookie`: the session cookie's value, None where it is missing or repeated.
    `target`: path and query as they came. `site`: Sec-Fetch-Site. `is_navigation`: a page opened as a page, not fetched or framed."""

    method: str
    scheme: str
    path: str
    target: str
    host: str | None
    origins: list[str]
    site: str | None
    is_navigation: bool
    wants_page: bool
    cookie: str | None
    bearer: str | None
    address: str | None


def read_head(scope: Scope) -> RequestHead:
    """A header that decides something and comes twice (Host, Authorization, the session cookie, Sec-Fetch-*) counts as missing.

    Else a sender could have one checked and the other used."""
    headers: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.lower(), []).append(value.decode("latin-1"))
    is_websocket = scope["type"] == "websocket"
    query = scope.get("query_string", b"").decode("latin-1")
    path = _route_path(scope)
    raw_path = (scope.get("raw_path") or path.encode()).decode("latin-1")
    client = scope.get("client")
    return RequestHead(
        method=WEBSOCKET if is_websocket else scope["method"],
        scheme=scope.get("scheme", "http"),
        path=path,
        target=f"{raw_path}?{query}" if query else raw_path,
        host=_only(headers.get(b"host")),
        origins=headers.get(b"origin", []),
        site=_only(headers.get(b"sec-fetch-site")),
        is_navigation=_only(headers.get(b"sec-fetch-mode")) == "navigate" and _only(headers.get(b"sec-fetch-dest")) == "document",
        wants_page="text/html" in ",".join(headers.get(b"accept", [])),
        cookie=_cookie(headers.get(b"cookie", []), cookie_name(scope)),
        bearer=_bearer(_only(headers.get(b"authorization"))),
        address=None if client is None else str(client[0]),
    )


def cookie_name(scope: Scope) -> str:
    return SECURE_COOKIE if is_secure(scope) else COOKIE


def is_secure(scope: Scope) -> bool:
    """Whether this connection is encrypted, as far as the server knows (a proxy in front must be trusted by it to say so)."""
    return scope.get("scheme") in {"https", "wss"}


def _route_path(scope: Scope) -> str:
    """The path the router matches: without the root path, where the server is told of one."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and path.startswith(root + "/"):
        return path[len(root) :]
    return path


def _cookie(headers: list[str], name: str) -> str | None:
    found = [
        value.strip() for header in headers for key, _, value in (part.partition("=") for part in header.split(";")) if key.strip() == name
    ]
    return _only(found)


def _bearer(authorization: str | None) -> str | None:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _only(values: list[str] | None) -> str | None:
    return values[0] if values is not None and len(values) == 1 else None
