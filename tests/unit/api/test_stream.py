"""The shell around a screen's connection."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from starlette.websockets import WebSocket

from monitor.access.roles import Person, Role
from monitor.api.ingest_connection import Patience
from monitor.api.stream import MAX_MALFORMED, MAX_SAID, MAX_SAID_CHARACTERS, Screen
from monitor.stream.watching import NOBODY, Watchers
from tests.unit.api.asgi_socket import AsgiSocket, turns
from tests.unit.api.house import House


def screen(
    home: House, *, role: Role = Role.CLINICIAN, patience: Patience | None = None, is_valid: Callable[[], bool] = lambda: True
) -> AsgiSocket:
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        subscription = home.registry.hub.subscribe(None, user="anna", role="clinician")
        person = Person("anna", "Anna", role)
        await Screen(websocket, subscription, home.registry, person, is_valid, patience or Patience()).run()

    return AsgiSocket(serve)


async def next_but_heartbeat(socket: AsgiSocket) -> dict[str, Any]:
    while (said := await socket.hear())["type"] == "heartbeat":
        pass
    return said


async def test_a_screen_gets_hello_snapshot_and_updates_as_text(home: House) -> None:
    socket = screen(home)
    assert [(await next_but_heartbeat(socket))["type"] for _ in range(2)] == ["hello", "snapshot"]
    session = await home.session()
    update = await next_but_heartbeat(socket)
    assert [made["id"] for made in update["sessions"]] == [session]
    assert home.registry.hub.viewers == 1
    socket.hang_up()
    await socket.ended()
    assert home.registry.hub.viewers == 0


async def test_a_screen_that_is_gone_is_noticed_when_something_is_sent(home: House) -> None:
    socket = screen(home)
    await socket.hear()
    socket.is_gone = True
    await home.session()
    await socket.ended()
    assert home.registry.hub.viewers == 0


async def test_a_screen_that_takes_nothing_is_let_go(home: House) -> None:
    socket = screen(home, patience=Patience(send_s=0.01))
    await socket.hear()
    socket.stop_reading()
    await home.session()
    await socket.ended()
    assert home.registry.hub.viewers == 0


async def test_a_logged_out_person_is_cut_off(home: House) -> None:
    valid = True
    socket = screen(home, patience=Patience(recheck_s=0.01), is_valid=lambda: valid)
    await socket.hear()
    valid = False
    assert (await socket.closed())[0] == 4401


READY = '{"type":"ready","visible":true,"sound":true}'


@pytest.mark.parametrize(
    ("said", "code"),
    [([READY] * (MAX_SAID + 1), 4400), (["x" * (MAX_SAID_CHARACTERS + 1)], 4400), (["hi"] * (MAX_MALFORMED + 1), 4422)],
    ids=["often", "long", "nonsense"],
)
async def test_a_screen_that_talks_too_much_is_cut_off(home: House, said: list[str], code: int) -> None:
    socket = screen(home)
    for text in said:
        socket.say(text)
    assert (await socket.closed())[0] == code
    assert home.registry.screens.watchers() == NOBODY, "who was cut off does not watch"


async def test_a_screen_may_say_a_little(home: House) -> None:
    socket = screen(home)
    for _ in range(MAX_MALFORMED):
        socket.say('{"type":"shown"}')
    for _ in range(MAX_SAID - MAX_MALFORMED):
        socket.say(READY)
    await turns(3 * MAX_SAID)
    assert (socket.unread, home.registry.hub.viewers) == (0, 1)
    assert home.registry.telemetry.malformed._value.get() == MAX_MALFORMED
    socket.hang_up()
    await socket.ended()


@pytest.mark.parametrize(
    "said",
    [
        '{"type":"ready","visible":true}',
        '{"type":"ready","visible":1,"sound":true}',
        '{"type":"ready","visible":true,"sound":true,"more":1}',
        '{"type":"shown","alerts":[{"session":"S-000001"}]}',
        '{"type":"heartbeat"}',
        "[]",
        "",
        "\ud800",
    ],
)
async def test_what_is_not_of_the_form_is_counted_and_changes_nothing(home: House, said: str) -> None:
    socket = screen(home)
    socket.say(said)
    await turns()
    assert (home.registry.telemetry.malformed._value.get(), home.registry.screens.watchers()) == (1, NOBODY)
    socket.hang_up()
    await socket.ended()


async def test_bytes_that_are_no_text_are_counted(home: House) -> None:
    socket = screen(home)
    socket.say_bytes(b"\xff\xfe")
    await turns()
    assert home.registry.telemetry.malformed._value.get() == 1
    socket.hang_up()
    await socket.ended()


@pytest.mark.parametrize(("visible", "sound"), [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("role", list(Role))
async def test_a_clinician_s_screen_that_is_seen_and_heard_watches(home: House, role: Role, visible: bool, sound: bool) -> None:
    socket = screen(home, role=role)
    socket.say(json.dumps({"type": "ready", "visible": visible, "sound": sound}))
    await turns()
    watches = role is Role.CLINICIAN and visible and sound
    assert home.registry.screens.watchers() == (Watchers(("anna",), 1) if watches else NOBODY)
    assert home.registry.system().watching == int(watches)
    socket.hang_up()
    await socket.ended()
    assert home.registry.screens.watchers() == NOBODY


async def test_the_route_resumes_where_a_screen_was(home: House) -> None:
    hub = home.registry.hub
    keeping = hub.subscribe(None, user="x", role="y")  # without a screen nothing is remembered
    await home.session()
    await home.session(room="Room 2")
    frames = await _first_frames(home, f"stream={hub.stream}&since={hub.position - 1}", 3)
    assert [frame["type"] for frame in frames] == ["hello", "resumed", "update"]
    assert frames[0]["role"] == "clinician"
    assert (await _first_frames(home, "stream=other&since=1", 2))[1]["type"] == "snapshot"
    assert (await _first_frames(home, "since=soon", 2))[1]["type"] == "snapshot"
    keeping.close()


async def _first_frames(home: House, query: str, count: int) -> list[dict[str, Any]]:
    """Through the guard and the route."""
    headers = {**home._headers[Role.CLINICIAN], "host": "monitor.example"}
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {
        "type": "websocket",
        "path": "/stream",
        "scheme": "ws",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
    }
    said.put_nowait({"type": "websocket.connect"})

    async def send(message: dict[str, Any]) -> None:
        heard.put_nowait(message)

    task = asyncio.ensure_future(home.api(scope, said.get, send))
    async with asyncio.timeout(10):
        assert (await heard.get())["type"] == "websocket.accept"
        frames = [msgspec.json.decode(str((await heard.get())["text"])) for _ in range(count)]
        said.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await task
    return frames
