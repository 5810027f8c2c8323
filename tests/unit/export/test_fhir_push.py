"""What a push makes of strange answers: how long it waits, what it sends again, what it believes."""

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import repeat
from typing import Any

import httpx2
import msgspec
import pytest

from monitor.clock import ManualClock
from monitor.export.fhir.push import ATTEMPTS, MAX_ANSWER, MAX_BYTES, MAX_ENTRIES, Answer, Outcome, Pusher

Json = dict[str, Any]
URL = "http://127.0.0.1:9/fhir"


class _Sleeping(ManualClock):
    """Time passes only where somebody waits for it."""

    async def sleep_until(self, at_ms: int) -> None:
        self.advance(at_ms - self.now_ms())


class _Pushed:
    def __init__(self, answer: Callable[[int, Json], httpx2.Response]) -> None:
        self.sent: list[list[str]] = []
        self.said: list[str] = []
        self.clock = _Sleeping()
        self._began_ms = self.clock.now_ms()
        self._answer = answer

    def _take(self, request: httpx2.Request) -> httpx2.Response:
        body = msgspec.json.decode(request.content)
        entries = [one["resource"] for one in body["entry"]] if body["resourceType"] == "Bundle" else [body]
        self.sent.append([one["id"] for one in entries])
        return self._answer(len(self.sent), body)

    async def push(self, *resources: Json) -> list[Answer]:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(self._take)) as http:
            pusher = Pusher(URL, http, self.clock, lambda: repeat(0.5), self.said.append)
            return [answer async for answer in pusher.push(_groups(list(resources)))]

    @property
    def waited_s(self) -> float:
        return (self.clock.now_ms() - self._began_ms) / 1000


async def _groups(resources: list[Json]) -> AsyncIterator[list[Json]]:
    yield resources


def _some(number: int, note: str = "") -> Iterator[Json]:
    return ({"resourceType": "Observation", "id": str(place), "note": note} for place in range(number))


def _of(statuses: list[str]) -> httpx2.Response:
    return httpx2.Response(200, json={"resourceType": "Bundle", "entry": [{"response": {"status": status}} for status in statuses]})


def _taken(_: int, body: Json) -> httpx2.Response:
    return _of(["201 Created"] * len(body["entry"])) if body["resourceType"] == "Bundle" else httpx2.Response(200, json=body)


async def test_only_what_is_to_be_tried_again_is_sent_again() -> None:
    pushed = _Pushed(lambda number, _: _of(["201", "503", "422"]) if number == 1 else _of(["200"]))
    answers = await pushed.push(*_some(3))
    assert [(answer.outcome, answer.status) for answer in answers] == [
        (Outcome.CREATED, 201),
        (Outcome.UPDATED, 200),
        (Outcome.REFUSED, 422),
    ]
    assert pushed.sent == [["0", "1", "2"], ["1"]]


@pytest.mark.parametrize(("asked", "waited_s"), [("", 0.5), ("7", 7.0), ("3600", 60.0), ("soon", 0.5), ("-1", 0.5)])
async def test_it_waits_as_long_as_it_is_asked_to_within_its_bound(asked: str, waited_s: float) -> None:
    pushed = _Pushed(lambda number, body: httpx2.Response(429, headers={"Retry-After": asked}) if number == 1 else _taken(number, body))
    assert [answer.outcome for answer in await pushed.push(*_some(1))] == [Outcome.CREATED]
    assert pushed.waited_s == waited_s


async def test_a_server_that_never_recovers_is_given_up_and_what_is_left_is_not_sent() -> None:
    pushed = _Pushed(lambda *_: httpx2.Response(503))
    answers = await pushed.push(*_some(MAX_ENTRIES + 1))
    assert len(pushed.sent) == ATTEMPTS
    assert [answer.outcome for answer in answers] == [Outcome.NO_ANSWER] * MAX_ENTRIES + [Outcome.NOT_SENT]
    assert answers[-1].detail == "given up: the server answers 503"


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, content=b"<html>hello</html>"),
        httpx2.Response(200, json=[1, 2]),
        httpx2.Response(200, json={"resourceType": "Bundle", "entry": []}),
        httpx2.Response(200, json={"resourceType": "Bundle", "entry": "all"}),
        httpx2.Response(404, json={"resourceType": "OperationOutcome"}),
        httpx2.Response(302, headers={"Location": "http://elsewhere/"}),
        httpx2.Response(200, content=b'{"resourceType":"Bundle","entry":["' + b" " * MAX_ANSWER + b'"]}'),
    ],
    ids=["html", "list", "too-few", "no-list", "not-found", "elsewhere", "too-long"],
)
async def test_what_answers_no_batch_gets_one_resource_at_a_time(answer: httpx2.Response) -> None:
    pushed = _Pushed(lambda number, body: answer if body["resourceType"] == "Bundle" else _taken(number, body))
    assert [one.outcome for one in await pushed.push(*_some(2))] == [Outcome.UPDATED] * 2
    assert pushed.sent == [["0", "1"], ["0"], ["1"]]


@pytest.mark.parametrize("status", ["", "2", "abc", "20\u00b2", "302 Found", "999"])
async def test_a_status_that_is_none_is_a_refusal(status: str) -> None:
    (answer,) = await _Pushed(lambda *_: _of([status])).push(*_some(1))
    assert answer.outcome is Outcome.REFUSED


async def test_requests_are_bounded_by_number_and_by_bytes() -> None:
    pushed = _Pushed(_taken)
    await pushed.push(*_some(MAX_ENTRIES + 1))
    assert [len(ids) for ids in pushed.sent] == [MAX_ENTRIES, 1]
    pushed = _Pushed(_taken)
    await pushed.push(*_some(3, "x" * (MAX_BYTES // 2)))
    assert [len(ids) for ids in pushed.sent] == [1, 1, 1]


async def test_what_a_server_says_of_a_refusal_stays_on_one_short_line() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "no\r\n\x1b[31m" + "x" * 500}]}
    entry = {"response": {"status": "422", "outcome": outcome}}
    (answer,) = await _Pushed(lambda *_: httpx2.Response(200, json={"resourceType": "Bundle", "entry": [entry]})).push(*_some(1))
    assert answer.detail.startswith("no [31mxx")
    assert len(answer.detail) == 200
