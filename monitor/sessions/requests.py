"""A request that is sent again is not carried out again.

A screen gives each request an id of its own; the entries it makes carry it, so the log itself remembers what was done, over a restart too.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec.structs import replace

from monitor.core.refused import Refused
from schemas.log import ASKED, Body, Entry, Input, PhaseOrdered, SignedOff
from schemas.patient import PatientCorrected

MAX_REQUESTS: Final = 2_000  # of a session, the newest: a request is sent again within minutes, not after so many others
MAX_ENTRIES: Final = 100  # of one request: more than there are signs to chart at once

T = TypeVar("T")


class Once(Generic[T]):
    """What is under way, by the id of its request: whoever asks again waits for the same work. What failed in the store stays failed here,
    for it was judged and may not be done a second time; what was refused did nothing and may be asked anew."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Future[T]] = {}

    def run(self, request: str, start: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Future[T]:
        known = self._running.get(request)
        if known is not None:
            return known
        while len(self._running) >= MAX_REQUESTS:
            self._running.pop(next(iter(self._running)))
        work = self._running[request] = asyncio.ensure_future(start())

        def over(done: asyncio.Future[T]) -> None:
            error = None if done.cancelled() else done.exception()
            if done.cancelled() or error is None or isinstance(error, Refused | KeyError):
                self._running.pop(request, None)

        work.add_done_callback(over)
        return work

    def is_running(self, request: str) -> bool:
        return request in self._running


class Requests:
    """Of one session. `take` every entry of its log that is no measurement."""

    def __init__(self) -> None:
        self._done: dict[str, list[Entry]] = {}
        self.once: Once[list[list[Entry]]] = Once()

    def take(self, entry: Entry) -> None:
        request: str | None = getattr(entry.body, "request", None)
        if request is None:
            return
        entries = self._done.setdefault(request, [])
        if len(entries) < MAX_ENTRIES:
            entries.append(entry)
        if len(self._done) > MAX_REQUESTS:
            del self._done[next(iter(self._done))]

    def done(self, request: str | None, bodies: Sequence[Input]) -> list[Entry] | None:
        """The entries that a request has made; None where it has made none. Raises Refused (`request_reused`) where it asked for something
        else then."""
        entries = self._done.get(request or "")
        if entries is None:
            return None
        if [_asked_for(entry.body) for entry in entries] != [_asked_for(body) for body in bodies]:
            raise Refused("request_reused", "another request has been made under this id")
        return entries


def _asked_for(body: Body) -> Body:
    """What a person asked for: without what the record was when they signed or corrected."""
    if isinstance(body, PatientCorrected):
        return replace(body, is_late=False)
    return replace(body, under=None) if isinstance(body, SignedOff | PhaseOrdered) else body


def asked(bodies: Sequence[Input], request: str | None) -> list[Input]:
    """The inputs with the id of the request that they come from."""
    return [replace(body, request=request) if isinstance(body, ASKED) else body for body in bodies]
