"""Coming in and going out: the login form, the login link, the logout. Server-rendered, no script.

The cookie is `SameSite=Strict`: it goes only with requests that a page of ours, or the person's own hand, made. So
- a login link that is typed, pasted or opened from a terminal comes in with one click: GET uses the ticket and answers 303 to `/`;
- the same link followed from another site's page (a chat, a mail), fetched ahead, or opened by what does not say where from, is not used
  by the GET, for it may be a preview: the answer is a page with one button, whose POST uses it;
- a page of the monitor linked from elsewhere arrives without the cookie, is sent to the login, and the login asks for itself once more,
  now as our own page: who is logged in goes on to the page wanted.
"""

import re
from typing import Annotated, Final
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Depends, Request
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from monitor.access.control import AccessControl, Opened
from monitor.access.login import LoginRefused
from monitor.access.roles import Device, Person
from monitor.api import pages
from monitor.api.problems import Problem
from monitor.api.request_head import RequestHead, cookie_name, is_secure, read_head

HOME: Final = "/"
MAX_FORM_BYTES: Final = 8_192
MAX_NEXT: Final = 512
_FORM: Final = "application/x-www-form-urlencoded"
_PATH: Final = re.compile(
    r"/(?![/\\])[!#-;=?-\[\]_a-z~]*"
)  # a path of ours: one leading slash, printable ASCII, no backslash, no double quote
_STATIC: Final = {"Cache-Control": "max-age=3600"}
_SAYS: Final = {
    "wrong_credentials": "That username and password do not match.",
    "held_back": "Too many wrong attempts. Try again in {wait}.",
    "busy": "Too many people are logging in at this moment. Try again in {wait}.",
    "ticket_refused": "This login link has been used or is older than ten minutes. Ask for a new one.",
}


async def person_here(connection: HTTPConnection) -> Person:  # async: others are called in a thread
    """The person the guard let through, for `Depends` in HTTP and WebSocket routes. A route without a guard in front lets nobody in."""
    principal = getattr(connection.state, "principal", None)
    if not isinstance(principal, Person):
        raise Problem(401, "login_needed", "Log in first.")
    return principal


def device_here(connection: HTTPConnection) -> Device:
    """The device the guard let through."""
    principal = getattr(connection.state, "principal", None)
    if not isinstance(principal, Device):
        raise Problem(401, "device_needed", "Send the device's token as a bearer token.")
    return principal


async def address_here(connection: HTTPConnection) -> str | None:
    """Where a request came from, for the access log."""
    return None if connection.client is None else connection.client.host


AddressHere = Annotated[str | None, Depends(address_here)]
PersonHere = Annotated[Person, Depends(person_here)]
DeviceHere = Annotated[Device, Depends(device_here)]


def auth_routes(access: AccessControl) -> APIRouter:
    """The routes below /auth. Include it in the application; it has no prefix to be given."""
    router = APIRouter(include_in_schema=False)

    @router.get("/auth/login")
    async def login_form(request: Request, next: str = HOME) -> Response:  # noqa: A002 - the name in the address
        head, wanted = read_head(request.scope), own_path(next)
        if head.site == "cross-site":
            return HTMLResponse(pages.again_page("/auth/login?next=" + quote(wanted, safe="/")))
        if await _person(access, head) is not None:
            return RedirectResponse(wanted, 303)
        return HTMLResponse(pages.login_page(next_path=wanted))

    @router.post("/auth/login")
    async def login(request: Request) -> Response:
        head, form = read_head(request.scope), await _form(request)
        username, wanted = form.get("username", ""), own_path(form.get("next", HOME))
        try:
            opened = await access.login(username, form.get("password", ""), head.address)
        except LoginRefused as refused:
            page = pages.login_page(next_path=wanted, username=username[:64], message=_say(refused))
            return HTMLResponse(page, _status(refused), _retry(refused))
        return await _come_in(access, request, head, opened, wanted)

    @router.get("/auth/ticket")
    async def ticket_link(request: Request, ticket: str = "") -> Response:
        head = read_head(request.scope)
        is_by_hand = head.is_navigation and head.site in {"none", "same-origin"}
        if not is_by_hand or "sec-purpose" in request.headers or "purpose" in request.headers:
            return HTMLResponse(pages.ticket_page(ticket[:128]))
        return await _use_ticket(access, request, head, ticket)

    @router.post("/auth/ticket")
    async def ticket_button(request: Request) -> Response:
        form = await _form(request)
        return await _use_ticket(access, request, read_head(request.scope), form.get("ticket", ""))

    @router.post("/auth/logout")
    async def logout(request: Request) -> Response:
        head = read_head(request.scope)
        person = await _person(access, head)
        if person is not None:
            await access.logout(person, head.address)
        response = RedirectResponse("/auth/login", 303)
        response.delete_cookie(cookie_name(request.scope), path="/", secure=is_secure(request.scope), httponly=True, samesite="strict")
        return response

    @router.get("/auth/login.css")
    async def style() -> Response:
        return Response(pages.STYLE, headers=_STATIC, media_type="text/css")

    @router.get("/auth/icon.svg")
    async def icon() -> Response:
        return Response(pages.ICON, headers=_STATIC, media_type="image/svg+xml")

    return router


def own_path(text: str) -> str:
    """Where to go after the login: a path of ours, else `/`. Nothing that a browser could read as another host, and not back to /auth."""
    is_ours = len(text) <= MAX_NEXT and _PATH.fullmatch(text) is not None and not text.startswith("/auth/")
    return text if is_ours else HOME


async def _person(access: AccessControl, head: RequestHead) -> Person | None:
    return None if head.cookie is None else await access.web_sessions.verify(head.cookie)


async def _use_ticket(access: AccessControl, request: Request, head: RequestHead, ticket: str) -> Response:
    try:
        opened = await access.use_ticket(ticket, head.address)
    except LoginRefused as refused:
        if await _person(access, head) is not None:
            return RedirectResponse(HOME, 303)  # the link opened a second time, by the one it let in
        return HTMLResponse(
            pages.notice_page("Login link", _say(refused), way="Log in", to="/auth/login"), _status(refused), _retry(refused)
        )
    return await _come_in(access, request, head, opened, HOME)


async def _come_in(access: AccessControl, request: Request, head: RequestHead, opened: Opened, wanted: str) -> Response:
    """A new session gets a new token, and the session of the cookie that came along ends: none is carried over a login."""
    before = await _person(access, head)
    if before is not None:
        await access.web_sessions.end(before.session_key)
    response = RedirectResponse(wanted, 303)
    response.set_cookie(
        cookie_name(request.scope), opened.token, path="/", secure=is_secure(request.scope), httponly=True, samesite="strict"
    )
    return response


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name. Refuses other encodings (415) and more than 8 KiB (413)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Problem(415, "unsupported_media_type", f"Send the form as {_FORM}.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise Problem(413, "too_large", f"A form is at most {MAX_FORM_BYTES} bytes.")
    try:
        fields = parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, errors="replace", max_num_fields=10)
    except ValueError as error:
        raise Problem(422, "malformed", "A form of at most 10 fields is expected.") from error
    return {name: values[0] for name, values in fields.items()}


def _say(refused: LoginRefused) -> str:
    wait_s = refused.retry_after_s
    wait = f"{wait_s} s" if wait_s < 120 else f"{-(-wait_s // 60)} minutes"
    return _SAYS[refused.reason].format(wait=wait)


def _status(refused: LoginRefused) -> int:
    return 429 if refused.retry_after_s else 401


def _retry(refused: LoginRefused) -> dict[str, str]:
    return {"Retry-After": str(refused.retry_after_s)} if refused.retry_after_s else {}
