"""The monitor's REST interface as a client sees it: one request, one answer or one named refusal; outages are waited out."""

import asyncio
import random
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec

from simulators.backoff import backoff_s
from simulators.clock import Sleep
from simulators.say import Say, ignore

API: Final = "/api/v1"
_NOT_DONE: Final = frozenset({429, 503})  # the monitor says that it did nothing
_TRY_AGAIN: Final = _NOT_DONE | {500, 502, 504}
HttpFactory = Callable[[], httpx2.AsyncClient]
T = TypeVar("T")


class MonitorRefused(Exception):
    """The monitor said no: `status` of HTTP, `reason` as a fixed name, the text for people."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(f"{reason} (HTTP {status}): {detail}")
        self.status = status
        self.reason = reason


class Fault(msgspec.Struct):
    """One thing that is wrong with what was sent."""

    where: str = ""
    detail: str = ""


class Problem(msgspec.Struct):
    """The part of an RFC 9457 answer that is used here."""

    title: str = ""
    detail: str = ""
    reason: str = "refused"
    errors: list[Fault] = []


class Rest:
    """Requests with answers decoded to a type. A monitor that cannot be reached or is overloaded is tried again for ever (0.2 s .. 5 s).

    A POST carries an id of its own, by which the monitor knows one that is sent again. Where it does not look for that (`is_creation`) it
    is only sent again where the monitor surely did not do it.
    """

    def __init__(self, http: httpx2.AsyncClient, *, rng: random.Random, sleep: Sleep = asyncio.sleep, say: Say = ignore) -> None:
        self._http = http
        self._rng = rng
        self._sleep = sleep
        self._say = say

    async def get(self, path: str, answer: type[T]) -> T:
        return msgspec.json.decode(await self._send("GET", path, None, is_creation=False), type=answer)

    async def post(self, path: str, body: Mapping[str, Any], answer: type[T], *, is_creation: bool = False) -> T:
        return msgspec.json.decode(await self._send("POST", path, body, is_creation=is_creation), type=answer)

    async def delete(self, path: str) -> None:
        await self._send("DELETE", path, None, is_creation=False)

    async def order(self, path: str, body: Mapping[str, Any]) -> None:
        """A POST whose answer does not matter."""
        await self._send("POST", path, body, is_creation=False)

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None, *, is_creation: bool) -> bytes:
        waits = backoff_s(self._rng)
        has_said = False
        headers = {"Idempotency-Key": token_hex(16)} if method == "POST" else {}
        while True:
            try:
                response = await self._http.request(method, API + path, json=body, headers=headers)
            except httpx2.TransportError as error:
                if is_creation and not isinstance(error, httpx2.ConnectError):
                    raise MonitorRefused(0, "no_answer", f"{method} {path}: the line failed before the answer came") from error
                trouble = f"{type(error).__name__} {error}"
            else:
                if response.is_success:
                    return response.content
                if response.status_code not in (_NOT_DONE if is_creation else _TRY_AGAIN):
                    raise refusal(response)
                trouble = f"HTTP {response.status_code}"
            if not has_said:
                self._say(f"{method} {path}: {trouble}; trying again")
                has_said = True
            await self._sleep(next(waits))


def refusal(response: httpx2.Response) -> MonitorRefused:
    """An unsuccessful answer as an exception, whatever its body."""
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem(detail=response.text[:200])
    detail = problem.detail or problem.title or response.reason_phrase
    return MonitorRefused(
        response.status_code, problem.reason, " ".join([detail, *(f"{one.where}: {one.detail}." for one in problem.errors)])
    )


def http_factory(url: str, cookies: httpx2.Cookies | None = None, headers: Mapping[str, str] | None = None) -> HttpFactory:
    """Clients of the monitor at `url` with a person's cookie. They say where they come from, as the monitor asks of unsafe requests."""
    base = url.rstrip("/")
    return lambda: httpx2.AsyncClient(base_url=base, cookies=cookies, headers={"Origin": base, **(headers or {})}, trust_env=False)


async def sign_in(http: httpx2.AsyncClient, login_url: str) -> httpx2.Cookies:
    """Use a one-time login link (ticket in the query, or after the #) and return the cookies it gave. MonitorRefused if it gave none."""
    parts = urlsplit(login_url)
    tickets = parse_qs(parts.query).get("ticket") or ([parts.fragment] if parts.fragment else [])
    if not tickets:
        raise MonitorRefused(0, "no_ticket", "the login link has no ticket in it: copy it whole, as the monitor printed it")
    response = await http.post(parts.path or "/auth/ticket", data={"ticket": tickets[0]})
    if not http.cookies:
        raise MonitorRefused(response.status_code, "ticket_refused", "the login link gave no session: it works once, and for ten minutes")
    return http.cookies


async def signed_in(url: str, login_url: str) -> HttpFactory:
    """A factory of clients signed in by a one-time login link. MonitorRefused; httpx2.TransportError where nobody answers."""
    async with http_factory(url)() as http:
        return http_factory(url, cookies=await sign_in(http, login_url))


def origin_of(login_url: str) -> str:
    """'http://127.0.0.1:8050/auth/ticket#abc' -> 'http://127.0.0.1:8050'."""
    parts = urlsplit(login_url)
    return f"{parts.scheme}://{parts.netloc}"
