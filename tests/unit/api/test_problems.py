"""One shape for every error, and nothing of the request or of the fault in it."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import httpx2
import msgspec
import pytest
from fastapi import FastAPI, HTTPException, WebSocket
from pydantic import BaseModel, ConfigDict, Field
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from monitor.access.ports import AccessStoreFailed
from monitor.api.problems import MAX_ERRORS, Fault, Problem, ProblemBody, install, malformed
from schemas.measurement import Mode

SECRET = "J.S. 1984 secret"


class Order(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    room: Annotated[str, Field(max_length=5)]
    weight_kg: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Wire(msgspec.Struct, forbid_unknown_fields=True):
    room: str
    weights: list[int]


def build() -> FastAPI:
    app = FastAPI()
    install(app)

    @app.post("/orders")
    async def orders(order: Order) -> Order:
        return order

    @app.get("/raise/{kind}")
    async def raises(kind: str) -> None:
        match kind:
            case "problem":
                raise Problem(409, "device_bound", "It is bound.", errors=[Fault("body.device", "bound")], headers={"Retry-After": "1"})
            case "http":
                raise HTTPException(418, detail={"not": "text"})
            case "store":
                raise AccessStoreFailed("io", SECRET)
            case "nobody":
                raise HTTPException(304)
        raise RuntimeError(SECRET)

    @app.get("/stream")
    async def stream() -> AsyncIterator[str]:
        yield "x"

    @app.websocket("/ws")
    async def ws(websocket: WebSocket, number: int) -> None:
        await websocket.accept()

    return app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(build(), raise_server_exceptions=False) as client:
        yield client


def check(answer: httpx2.Response, status: int, reason: str) -> ProblemBody:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = msgspec.json.decode(answer.content, type=ProblemBody, strict=True)
    assert (body.status, body.reason, body.type) == (status, reason, f"urn:infusion-monitor:problem:{reason}")
    assert body.title
    assert body.detail
    assert SECRET not in answer.text
    return body


def test_raised_problem_keeps_its_reason_faults_and_headers(client: TestClient) -> None:
    answer = client.get("/raise/problem")
    body = check(answer, 409, "device_bound")
    assert body.errors == (Fault("body.device", "bound"),)
    assert answer.headers["retry-after"] == "1"


def test_unknown_path_and_method(client: TestClient) -> None:
    check(client.get("/nowhere"), 404, "not_found")
    answer = client.get("/orders")
    check(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('{"room": "1", "weight_kg": "70"}', "body.weight_kg"),
        ('{"room": "1", "weight_kg": true}', "body.weight_kg"),
        ('{"room": "1", "weight_kg": NaN}', "body.weight_kg"),
        ('{"room": "1", "weight_kg": 1e999}', "body.weight_kg"),
        ('{"room": "J.S. 1984 secret", "weight_kg": 1}', "body.room"),
        ('{"weight_kg": 1}', "body.room"),
        ("{", "body.1"),
        ("", "body"),
        ("[]", "body"),
    ],
)
def test_invalid_body_names_where_and_gives_nothing_back(client: TestClient, body: str, where: str) -> None:
    answer = client.post("/orders", content=body, headers={"content-type": "application/json"})
    assert [fault.where for fault in check(answer, 422, "malformed").errors] == [where]


def test_faults_told_are_bounded(client: TestClient) -> None:
    body = {f"x{number}": 1 for number in range(5_000)} | {"y" * 5_000: 1}
    answer = client.post("/orders", json=body)
    problem = check(answer, 422, "malformed")
    assert len(problem.errors) == MAX_ERRORS
    assert "5003 things" in problem.detail
    assert len(answer.content) < 20_000


def test_other_exceptions(client: TestClient) -> None:
    check(client.get("/raise/http"), 418, "i_m_a_teapot")
    answer = client.get("/raise/store")
    check(answer, 503, "access_store_failed")
    assert answer.headers["retry-after"] == "2"
    assert client.get("/raise/nobody").content == b""


def test_unforeseen_error_says_only_that_it_happened(client: TestClient) -> None:
    check(client.get("/raise/bug"), 500, "internal_error")


def test_unforeseen_error_still_reaches_the_server(client: TestClient) -> None:
    with TestClient(build()) as strict, pytest.raises(RuntimeError, match=SECRET):
        strict.get("/raise/bug")


def test_invalid_websocket_is_closed_without_what_it_sent(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect(f"/ws?number={SECRET}"):
        raise AssertionError("accepted")
    assert closed.value.code == 1008
    assert closed.value.reason == "malformed"


def test_debug_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="debug"):
        install(FastAPI(debug=True))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"room": 1, "weights": []}', "body.room"),
        (b'{"room": "1", "weights": [1, "J.S. 1984 secret"]}', "body.weights[1]"),
        (b'{"room": "1"}', "body"),
        (b"{", "body"),
    ],
)
def test_body_decoded_by_msgspec_gives_the_same_problem(body: bytes, where: str) -> None:
    with pytest.raises(msgspec.MsgspecError) as error:
        msgspec.json.decode(body, type=Wire)
    problem = malformed(error.value)
    assert (problem.status, problem.reason) == (422, "malformed")
    (fault,) = problem.errors
    assert fault.where == where
    assert fault.detail


def test_value_that_msgspec_quotes_is_not_given_back() -> None:
    with pytest.raises(msgspec.MsgspecError, match=SECRET) as error:
        msgspec.json.decode(msgspec.json.encode(SECRET), type=Mode)
    (fault,) = malformed(error.value).errors
    assert fault.detail == "Invalid enum value given"
