"""Where a request was made from: is the page that sent it our own? Pure.

A browser adds the cookie to requests of other sites' pages too (`SameSite` stops most of it, but another port of this host is the same
*site*), and it opens WebSockets for anybody. So every unsafe request and every WebSocket that rides on a cookie must say an `Origin` that
is ours: same scheme, same host, same port. `Sec-Fetch-Site`, where the browser sends it, must agree.
"""

import re
from typing import Final

import msgspec

_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])"
_ORIGIN: Final = re.compile(rf"(https?)://({_HOST})(?::([0-9]{{1,5}}))?")
_HOST_HEADER: Final = re.compile(rf"({_HOST})(?::([0-9]{{1,5}}))?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HTTP_OF: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_OWN_SITES: Final = frozenset({"same-origin", "none"})  # none: typed, pasted or opened by the person, not by a page


class Origin(msgspec.Struct, frozen=True):
    scheme: str
    host: str
    port: int


def parse_origin(text: str) -> Origin | None:
    """'https://monitor.example:8443' -> Origin. None for anything else: `null`, a path, a user, upper-case schemes, a list."""
    match = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    return None if match is None else _origin(match[1], match[2], match[3])


def own_origin(scheme: str, host_header: str) -> Origin | None:
    """The origin of a page that this request's host would serve. `scheme` is the ASGI scope's (http, https, ws, wss)."""
    match = _HOST_HEADER.fullmatch(host_header.lower()) if host_header.isascii() else None
    http_scheme = _HTTP_OF.get(scheme)
    return None if match is None or http_scheme is None else _origin(http_scheme, match[1], match[2])


def why_foreign(origins: list[str], site: str | None, own: frozenset[Origin], *, is_origin_needed: bool) -> str | None:
    """None: it comes from our own page. Else the reason: cross_site, origin_repeated, origin_foreign, origin_missing.

    `origins`: all Origin headers. Without one, `Sec-Fetch-Site: same-origin` will do; a device, which is no browser, needs neither."""
    if site is not None and site not in _OWN_SITES:
        return "cross_site"
    if len(origins) > 1:
        return "origin_repeated"
    if origins:
        return None if parse_origin(origins[0]) in own else "origin_foreign"
    return "origin_missing" if is_origin_needed and site != "same-origin" else None


def _origin(scheme: str, host: str, port: str | None) -> Origin | None:
    number = _DEFAULT_PORTS[scheme] if port is None else int(port)
    return Origin(scheme, host, number) if 0 < number < 65_536 else None
