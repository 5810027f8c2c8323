"""The one door to the data: through the whole application, as the person whose callback runs, and for nobody else."""

import json
from typing import Any

import pytest

from dashboard.door import CALLBACKS, Door, Remembering, Scope


async def application(scope: Scope, receive: Any, send: Any) -> None:
    """Answers with what it was asked, and refuses strangers."""
    headers = dict(scope["headers"])
    request = await receive()
    known = headers.get(b"cookie") == b"infusion_session=ana"
    body = {
        "asked": f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}",
        "body": request["body"].decode(),
        "state": scope["state"],
    }
    if not known:
        body = {"detail": "Log in first.", "errors": [{"where": "cookie", "detail": "none"}]}
    if scope["path"].endswith("/dies"):
        raise RuntimeError
    await send({"type": "http.response.start", "status": 200 if known else 401, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def callback(cookie: bytes = b"infusion_session=ana", path: str = CALLBACKS) -> Scope:
    headers = [(b"host", b"monitor"), (b"cookie", cookie), (b"authorization", b"Bearer stolen"), (b"content-length", b"999")]
    state = {"principal": "somebody else", "kept": 1}
    return {"type": "http", "path": path, "method": "POST", "scheme": "http", "headers": headers, "state": state}


async def through(door: Door, scope: Scope, ask: Any) -> Any:
    """What a callback of Dash gets that asks `ask(door)` while `scope` runs."""
    found = []

    async def inside(*_: Any) -> None:
        found.append(await ask(door))

    await Remembering(inside)(scope, None, None)
    return found[0]


async def test_a_callback_asks_as_the_person_it_runs_for() -> None:
    answer = await through(
        Door(application), callback(), lambda door: door.get("/past-sessions", room="Room 1", label="", high=False, before=None)
    )
    assert answer.ok
    assert json.loads(answer.body)["asked"] == "GET /api/v1/past-sessions?room=Room+1"
    assert json.loads(answer.body)["state"] == {"kept": 1}  # who the guard let through for the callback says nothing for this request


async def test_what_is_sent_arrives() -> None:
    answer = await through(Door(application), callback(), lambda door: door.post("/x", {"a": 1}))
    assert json.loads(answer.body)["body"] == '{"a": 1}'


async def test_a_refusal_is_told_in_its_own_words() -> None:
    answer = await through(Door(application), callback(b"infusion_session=eve"), lambda door: door.get("/x"))
    assert (answer.ok, answer.status, answer.why) == (False, 401, "Log in first. cookie: none")


@pytest.mark.parametrize("path", ["/", "/api/v1/me", "/_dash-layout"])
async def test_outside_of_a_callback_nobody_asks(path: str) -> None:
    answer = await through(Door(application), callback(path=path), lambda door: door.get("/x"))
    assert answer.status == 401


async def test_an_application_that_dies_gives_an_answer() -> None:
    answer = await through(Door(application), callback(), lambda door: door.get("/dies"))
    assert (answer.status, answer.why) == (500, "The monitor answered 500.")
