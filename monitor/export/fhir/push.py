"""Sends a session's resources to a FHIR server: `batch` bundles of PUTs, each resource under its lasting id, an answer for each.

What is sent twice replaces itself, so a push can be repeated after any failure. Bounds: MAX_ENTRIES resources and MAX_BYTES a request,
ATTEMPTS tries of one request, MAX_ANSWER bytes read of an answer, MAX_WAIT_S between two tries. Groups go out one after the other, so that
nothing is referred to before the server has it.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

import httpx2
import msgspec

from monitor.clock import Clock
from monitor.export.fhir.terms import Json

MAX_ENTRIES: Final = 100
MAX_BYTES: Final = 512 * 1024
MAX_ANSWER: Final = 4 << 20
MAX_WAIT_S: Final = 60.0
ATTEMPTS: Final = 8
_MAX_TEXT: Final = 200
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_LET_IN: Final = frozenset({401, 403})
_CREATED: Final = 201
_HEADERS: Final = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json", "Prefer": "return=minimal"}
_encode: Final = msgspec.json.Encoder().encode


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"  # it was there, or is there now: some servers do not tell
    REFUSED = "refused"
    NO_ANSWER = "no_answer"  # it may be there: push again
    NOT_SENT = "not_sent"  # the push had been given up before

    __hash__ = str.__hash__


TAKEN: Final = frozenset({Outcome.CREATED, Outcome.UPDATED})


class Answer(msgspec.Struct, frozen=True):
    """`resource`: 'Observation/...'. `status`: of HTTP, 0 without one. `detail`: why not, at most 200 characters."""

    resource: str
    outcome: Outcome
    status: int
    detail: str = ""


class _Reply(msgspec.Struct, frozen=True):
    """`body` None: no JSON object, or too long. `trouble`: why to try again; empty: this is the answer."""

    status: int
    body: Json | None = None
    trouble: str = ""
    wait_s: float = 0.0  # as long as the server asks for


class Pusher:
    """`url`: the server's base. `waits` gives the seconds between tries, afresh for each request. `http` has the token and the timeouts."""

    def __init__(
        self, url: str, http: httpx2.AsyncClient, clock: Clock, waits: Callable[[], Iterator[float]], say: Callable[[str], None]
    ) -> None:
        self._url = url.rstrip("/")
        self._http = http
        self._clock = clock
        self._waits = waits
        self._say = say
        self._given_up = ""

    async def push(self, groups: AsyncIterator[list[Json]]) -> AsyncIterator[Answer]:
        """An answer for each resource, in order. Where the server cannot be reached, or does not let us in, the rest is `not_sent`."""
        async for group in groups:
            for batch in _batches(group):
                if self._given_up:
                    for resource in batch:
                        yield Answer(name_of(resource), Outcome.NOT_SENT, 0, self._given_up)
                else:
                    for answer in await self._batch(batch):
                        yield answer

    async def _batch(self, batch: Sequence[Json]) -> list[Answer]:
        """Entries that are to be tried again are, without the others. A server that takes no batch gets one resource at a time."""
        answers: dict[str, Answer] = {}
        waits = self._waits()
        left = list(batch)
        for attempt in range(ATTEMPTS):
            reply = await self._send("POST", self._url, {"resourceType": "Bundle", "type": "batch", "entry": [_put(one) for one in left]})
            if not reply.trouble:
                entries = _entries(reply, len(left))
                if entries is None:
                    return [answers.get(name_of(one)) or await self._single(one) for one in batch]
                for resource, (status, body) in zip(left, entries, strict=True):
                    answers[name_of(resource)] = _answer(resource, status, body)
                left = [one for one in left if answers[name_of(one)].status in _TRY_AGAIN]
                if not left:
                    break
                reply = _Reply(0, trouble=f"{len(left)} resources to be tried again")
            if not await self._wait(reply, waits, attempt):
                answers |= {name_of(one): Answer(name_of(one), Outcome.NO_ANSWER, reply.status, reply.trouble) for one in left}
                break
        return [answers[name_of(one)] for one in batch]

    async def _single(self, resource: Json) -> Answer:
        waits = self._waits()
        for attempt in range(ATTEMPTS):
            if self._given_up:
                return Answer(name_of(resource), Outcome.NOT_SENT, 0, self._given_up)
            reply = await self._send("PUT", f"{self._url}/{name_of(resource)}", resource)
            if not reply.trouble:
                return _answer(resource, reply.status, reply.body)
            if not await self._wait(reply, waits, attempt):
                return Answer(name_of(resource), Outcome.NO_ANSWER, reply.status, reply.trouble)
        raise AssertionError("the last attempt ends the loop")

    async def _wait(self, reply: _Reply, waits: Iterator[float], attempt: int) -> bool:
        """Whether to try again. After the last attempt, or where we are not let in, the push is given up."""
        if reply.status in _NOT_LET_IN or attempt + 1 == ATTEMPTS:
            self._given_up = f"given up: {reply.trouble}"
            self._say(self._given_up)
            return False
        self._say(f"{reply.trouble}; trying again")
        wait_s = min(max(next(waits), reply.wait_s), MAX_WAIT_S)
        await self._clock.sleep_until(self._clock.now_ms() + round(wait_s * 1000))
        return True

    async def _send(self, method: str, url: str, body: Json) -> _Reply:
        try:
            async with self._http.stream(method, url, content=_encode(body), headers=_HEADERS) as response:
                read = await _read(response)
                status, asked = response.status_code, response.headers.get("Retry-After", "")
        except (httpx2.HTTPError, OSError) as error:
            return _Reply(0, trouble=f"no answer ({type(error).__name__})")
        if status in _TRY_AGAIN:
            return _Reply(
                status, trouble=f"the server answers {status}", wait_s=float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0
            )
        if status in _NOT_LET_IN:
            return _Reply(status, trouble=f"the server does not let us in ({status}): {_said(read)}")
        return _Reply(status, read)


def name_of(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _batches(group: Iterable[Json]) -> Iterator[list[Json]]:
    batch: list[Json] = []
    size = 0
    for resource in group:
        length = len(_encode(resource))
        if batch and (len(batch) == MAX_ENTRIES or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(resource)
        size += length
    if batch:
        yield batch


def _put(resource: Json) -> Json:
    return {"resource": resource, "request": {"method": "PUT", "url": name_of(resource)}}


def _entries(reply: _Reply, expected: int) -> list[tuple[int, Json | None]] | None:
    """Status and outcome of each entry; None: it is no answer to a batch."""
    body = reply.body
    entries = body.get("entry") if body is not None and body.get("resourceType") == "Bundle" and 200 <= reply.status < 300 else None
    if not isinstance(entries, list) or len(entries) != expected:
        return None
    found = [entry.get("response") if isinstance(entry, dict) else None for entry in entries]
    return [_entry(one) for one in found]


def _entry(response: Any) -> tuple[int, Json | None]:
    """'201 Created' -> 201; what is no status is 0, and taken for a refusal."""
    if not isinstance(response, dict):
        return 0, None
    status, outcome = str(response.get("status", ""))[:3], response.get("outcome")
    return int(status) if len(status) == 3 and status.isascii() and status.isdecimal() else 0, outcome if isinstance(
        outcome, dict
    ) else None


def _answer(resource: Json, status: int, body: Json | None) -> Answer:
    if 200 <= status < 300:
        return Answer(name_of(resource), Outcome.CREATED if status == _CREATED else Outcome.UPDATED, status)
    return Answer(name_of(resource), Outcome.REFUSED, status, _said(body))


def _said(body: Json | None) -> str:
    """The first issue of an OperationOutcome, on one line."""
    issues = body.get("issue") if body is not None else None
    first = issues[0] if isinstance(issues, list) and issues and isinstance(issues[0], dict) else {}
    details = first.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    said = text or first.get("diagnostics") or first.get("code") or "without a reason"
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(said)).split())[:_MAX_TEXT]


async def _read(response: httpx2.Response) -> Json | None:
    """The answer's JSON object, if it is one of at most MAX_ANSWER bytes."""
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > MAX_ANSWER:
            return None
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
