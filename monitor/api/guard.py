"""The guard: the outermost layer, for HTTP and WebSockets alike. Whom the policy does not name does not get through.

It asks, in this order: is the Host one of ours; does a row of the policy cover this; who is this (a person by cookie, a device by bearer
token); was it sent by our own page; may this one do that. It decides from the headers alone and never reads a body. Who is let through
stands in `scope["state"]["principal"]` (None on public routes) and, for code that sees no request, in `principal_now`.

Anonymous: a page is sent to the login (303), the API says 401, a WebSocket is closed before it is accepted (403 on the wire).
Who is refused is told so by a problem; a person's browser that wanted a page, with the same status, by a page that says the same.
The path is the ASGI scope's, the same that the router matches; nothing is decided by a URL put together from the Host header.
"""

import hashlib
import hmac
from contextvars import ContextVar
from typing import Final
from urllib.parse import quote

import msgspec
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.access.control import AccessControl
from monitor.access.origins import Origin, own_origin, parse_origin, why_foreign
from monitor.access.ports import AccessKind, AccessStoreFailed
from monitor.access.roles import Device, Person, Principal, Role, Scraper
from monitor.api import pages
from monitor.api.policy import Policy, Row
from monitor.api.problems import Problem, problem_response, unavailable
from monitor.api.read_audit import opened_page
from monitor.api.request_head import RequestHead, read_head

principal_now: ContextVar[Principal | None] = ContextVar("principal_now", default=None)

LOGIN: Final = "/auth/login"
WALL_SCREEN: Final = "/?kiosk=1"  # all that a display is shown
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_NO_STORE: Final = ("/api/", "/auth/", "/_dash-")
_HEADERS: Final = {
    b"x-content-type-options": b"nosniff",
    # Not no-referrer: with it a browser sends `Origin: null` with our own login form.
    b"referrer-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}


class Refused(msgspec.Struct, frozen=True):
    """The answer of the guard. `log`: how it stands in the access log, None where a row would say nothing."""

    problem: Problem
    log: AccessKind | None = AccessKind.DENIED
    who: str | None = None
    to_login: bool = False
    to_wall: bool = False


class Guard:
    """Pure ASGI. Add it last (`app.add_middleware(Guard, access=..., csp=...)`), or wrap the finished application in it.

    `csp`: the Content-Security-Policy of every answer that brings none; `frame-ancestors 'none'` is added where it does not say.
    `hosts`: Host names (lower case, without port) that are answered; None answers all. `origins`: further origins whose pages are ours,
    e.g. the public 'https://monitor.example' in front of a proxy that hides it. `metrics_token`: opens the rows for figures; None: nothing
    does but a person's role. Raises ValueError for an origin that is none.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: AccessControl,
        csp: str,
        policy: Policy | None = None,
        hosts: frozenset[str] | None = None,
        origins: frozenset[str] = frozenset(),
        metrics_token: bytes | None = None,
    ) -> None:
        self._app = app
        self._access = access
        self._policy = policy if policy is not None else Policy()
        self._hosts = hosts
        self._metrics_token = None if metrics_token is None else _digest(metrics_token)
        self._origins: frozenset[Origin] = frozenset(_configured(text) for text in origins)
        full_csp = csp if "frame-ancestors" in csp else f"{csp.rstrip('; ')}; frame-ancestors 'none'"
        self._headers = {**_HEADERS, b"content-security-policy": full_csp.encode("ascii")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        head = read_head(scope)
        secured = self._secured(head, send)
        answer = await self._judge(head)
        if isinstance(answer, Refused):
            await self._refuse(head, answer, scope, receive, secured)
            return
        self._note_opened(head, answer)
        scope.setdefault("state", {})["principal"] = answer
        token = principal_now.set(answer)
        try:
            await self._app(scope, receive, secured)
        finally:
            principal_now.reset(token)

    def _note_opened(self, head: RequestHead, principal: Principal | None) -> None:
        if not isinstance(principal, Person):
            return
        row = self._policy.match(head.method, head.path).row
        opened = None if row is None else opened_page(head, row)
        if opened is not None:
            self._access.opened(principal, head.address, what=opened.what, detail=opened.detail)

    async def _judge(self, head: RequestHead) -> Principal | Refused | None:
        """Who is let through (None: anybody), or why nobody is."""
        own = own_origin(head.scheme, head.host or "")
        if own is None or (self._hosts is not None and own.host not in self._hosts):
            return Refused(Problem(400, "host_unknown", "This host name is not one of the monitor's."))
        match = self._policy.match(head.method, head.path)
        row = match.row
        is_public = row is not None and row.who.anybody
        try:
            principal = None if is_public else await self._identify(head, row)
        except AccessStoreFailed:
            return Refused(unavailable(), log=None)
        foreign = self._why_foreign(head, row, own)
        if foreign is not None:
            detail = "This was not sent by a page of the monitor."
            return Refused(Problem(403, foreign, detail), who=_name(principal))
        if is_public:
            return None
        if principal is None:
            return self._stranger(head, row)
        if row is None and match.methods:
            allow = {"Allow": ", ".join(sorted(match.methods))}
            return Refused(Problem(405, "method_not_allowed", "This path does not take this method.", headers=allow), log=None)
        if row is None or not (row.who.device or row.who.roles):
            return Refused(Problem(404, "not_found", "There is nothing here."), log=None)
        if not _may(principal, row):
            to_wall = _is_display(principal) and _asks_for_page(head)
            return Refused(Problem(403, "not_allowed", _not_allowed(principal, row)), who=_name(principal), to_wall=to_wall)
        if _is_display(principal) and head.path == "/" and not _is_kiosk(head):
            return Refused(Problem(403, "not_allowed", f"A display shows {WALL_SCREEN} alone."), log=None, to_wall=True)
        return principal

    async def _identify(self, head: RequestHead, row: Row | None) -> Principal | None:
        """On a device's route the bearer token alone counts, elsewhere the cookie, and a bearer token only where there is no person."""
        if head.cookie is not None and not (row is not None and row.who.device and head.bearer is not None):
            person = await self._access.web_sessions.verify(head.cookie)
            if person is not None:
                return person
        if head.bearer is None:
            return None
        if row is not None and row.who.scraper and self._is_metrics_token(head.bearer):
            return Scraper()
        return await self._access.devices.verify(head.bearer)

    def _is_metrics_token(self, bearer: str) -> bool:
        """Digests are compared, so that the time it takes tells neither how much of it is right nor how long the right one is."""
        return self._metrics_token is not None and hmac.compare_digest(_digest(bearer.encode("utf-8", "replace")), self._metrics_token)

    def _why_foreign(self, head: RequestHead, row: Row | None, own: Origin) -> str | None:
        is_for_device = row is not None and row.who.device
        if head.method not in SAFE_METHODS:
            is_public = row is not None and row.who.anybody
            is_needed = not is_for_device and (is_public or head.cookie is not None)
            return why_foreign(head.origins, head.site, self._origins | {own}, is_origin_needed=is_needed)
        if head.site in {"cross-site", "same-site"} and not head.is_navigation and not (row is not None and row.who.anybody):
            return "cross_site"  # another page asks for our data as a picture, a script or a frame
        return None

    def _stranger(self, head: RequestHead, row: Row | None) -> Refused:
        if head.bearer is not None:
            problem = Problem(401, "unknown_device", "This token opens nothing.", headers={"WWW-Authenticate": "Bearer"})
            return Refused(problem, log=AccessKind.DEVICE_REFUSED)
        if row is not None and row.who.device:
            problem = Problem(401, "device_needed", "Send the device's token as a bearer token.", headers={"WWW-Authenticate": "Bearer"})
            return Refused(problem, log=AccessKind.DEVICE_REFUSED)
        problem = Problem(401, "login_needed", "Log in first.", headers={"WWW-Authenticate": "Cookie"})
        return Refused(problem, log=None, to_login=_asks_for_page(head))

    async def _refuse(self, head: RequestHead, refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        problem = refused.problem
        if refused.log is not None:
            row = self._policy.match(head.method, head.path).row
            what = f"{head.method} {row.path if row is not None else '(no row)'}"
            await self._access.log.note(refused.log, who=refused.who, address=head.address, what=what, detail=problem.reason)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": problem.reason})
            return
        response: Response = problem_response(problem)
        if refused.to_login:
            response = RedirectResponse(f"{LOGIN}?next={quote(head.target, safe='/')}", 303)
        elif refused.to_wall:
            response = RedirectResponse(WALL_SCREEN, 303)
        elif _asks_for_page(head):
            page = pages.notice_page("Not opened", problem.detail, way="Open the ward", to="/")
            response = HTMLResponse(page, problem.status, problem.headers)
        await response(scope, receive, send)

    def _secured(self, head: RequestHead, send: Send) -> Send:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._with_headers(head, message.get("headers", ()))}
            await send(message)

        return secured

    def _with_headers(self, head: RequestHead, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """What the application set stays; nothing that may hold patient data is kept by a cache."""
        there = {name.lower(): value for name, value in given}
        headers = [*given, *((name, value) for name, value in self._headers.items() if name not in there)]
        is_page = there.get(b"content-type", b"").startswith(b"text/html")
        if b"cache-control" not in there and (is_page or head.path.startswith(_NO_STORE)):
            headers.append((b"cache-control", b"no-store"))
        return headers


def _is_display(principal: Principal) -> bool:
    return isinstance(principal, Person) and principal.role is Role.DISPLAY


def _asks_for_page(head: RequestHead) -> bool:
    """Whether a person's browser would show the answer: it is led somewhere in place of being given a problem to read."""
    return head.wants_page and head.method in SAFE_METHODS and not head.path.startswith(("/api/", "/_"))


def _is_kiosk(head: RequestHead) -> bool:
    return "kiosk=1" in head.target.partition("?")[2].split("&")


def _may(principal: Principal, row: Row) -> bool:
    match principal:
        case Person():
            return principal.role in row.who.roles
        case Device():
            return row.who.device
        case Scraper():
            return row.who.scraper


def _not_allowed(principal: Principal, row: Row) -> str:
    needed = "a registered device" if row.who.device else "one of: " + ", ".join(sorted(row.who.roles))
    return f"This is for {needed}; you are {principal.role if isinstance(principal, Person) else 'a device'}."


def _name(principal: Principal | None) -> str | None:
    match principal:
        case Person():
            return principal.username
        case Device():
            return principal.device
        case Scraper():
            return "(figures)"
        case None:
            return None


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _configured(text: str) -> Origin:
    origin = parse_origin(text)
    if origin is None:
        raise ValueError(f"{text!r} is not an origin: write it as 'https://monitor.example' or 'http://10.0.0.5:8000'")
    return origin
