"""The guard before an application that answers everything: only the guard can refuse."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from monitor.access.memory import MemoryAccessStore
from monitor.access.origins import Origin
from monitor.access.ports import AccessKind, AccessStoreFailed
from monitor.access.roles import Person, Principal, Role
from monitor.api.guard import Guard, principal_now
from monitor.api.policy import ANY_PERSON, ANYBODY, CLINICIAN, DEVICE, NOBODY, WEBSOCKET, Policy, Row
from monitor.api.request_head import RequestHead
from schemas.measurement import Mode
from tests.unit.access.door import CountingHasher, Door, HandClock

HOST = "monitor.example:8000"
OWN = f"http://{HOST}"
CSP = "default-src 'self'"

ROWS = (
    Row("GET", "/healthz", ANYBODY),
    Row("POST", "/auth/login", ANYBODY),
    Row("GET", "/things", ANY_PERSON),
    Row("POST", "/things", CLINICIAN),
    Row("POST", "/ingest", DEVICE),
    Row(WEBSOCKET, "/ingest/ws", DEVICE),
    Row(WEBSOCKET, "/stream", ANY_PERSON),
    Row("*", "/api/{rest:path}", NOBODY),
    Row("GET", "/{path:path}", ANY_PERSON),
)

# One per trick. Each is a page that is not ours, sending with the cookie of somebody logged in.
FORGED = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://monitor.example.evil.example:8000"},
    {"origin": "http://evil-monitor.example:8000"},
    {"origin": "http://monitor.example:9000"},
    {"origin": "http://monitor.example"},
    {"origin": "https://monitor.example:8000"},
    {"origin": f"{OWN}/"},
    {"origin": f"{OWN}@evil.example"},
    {"origin": ""},
    {},
    {"origin": OWN, "sec-fetch-site": "cross-site"},
    {"origin": OWN, "sec-fetch-site": "same-site"},
    {"referer": f"{OWN}/"},
]


class Reached:
    """The application behind the guard. Fails the test where the guard has touched the body."""

    def __init__(self) -> None:
        self.principals: list[Principal | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert principal_now.get() == scope["state"]["principal"]
        self.principals.append(scope["state"]["principal"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        message = await receive()
        assert message["type"] == "http.request"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": message["body"]})


class GuardThatTrustsEveryOrigin(Guard):
    """The guard without its check of where a request came from: with it the tests of forged requests must fail."""

    def _why_foreign(self, head: RequestHead, row: Row | None, own: Origin) -> str | None:
        return None


class House:
    """The guard, what is behind it, and somebody with a key."""

    def __init__(self, door: Door, make: Callable[..., Guard] = Guard, **settings: Any) -> None:
        self.door = door
        self.reached = Reached()
        self.guard = make(self.reached, access=door, csp=CSP, policy=Policy(ROWS), **settings)
        self.cookies: dict[Role, str] = {}
        self.device_token = ""

    async def furnish(self) -> "House":
        for role in Role:
            await self.door.add_person(role, role.title(), role, password=None, by="test")
            opened = await self.door.use_ticket(await self.door.issue_ticket(role, by="test"), "10.0.0.7")
            self.cookies[role] = opened.token
        self.device_token = await self.door.register_device("pump-1", Mode.REAL, "ward 3", by="test")
        return self

    def cookie(self, role: Role = Role.CLINICIAN) -> dict[str, str]:
        return {"cookie": f"infusion_session={self.cookies[role]}"}

    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.device_token}"}

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, *, base: str = OWN) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.guard, client=("10.0.0.9", 5000))
        async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, headers=headers)

    async def connect(self, path: str, headers: dict[str, str], *, scheme: str = "ws") -> str:
        """'websocket.accept', or 'websocket.close' for a handshake that the server answers with 403."""
        sent: list[str] = []

        async def send(message: Any) -> None:
            sent.append(message["type"])

        async def receive() -> Any:
            raise AssertionError("the guard reads nothing of a WebSocket")

        raw = [(name.encode(), value.encode()) for name, value in {"host": HOST, **headers}.items()]
        scope: Scope = {"type": "websocket", "scheme": scheme, "path": path, "headers": raw, "query_string": b"", "client": ("10.0.0.9", 1)}
        await self.guard(scope, receive, send)
        assert len(sent) == 1
        return sent[0]


@pytest.fixture
async def door() -> Door:
    door = Door(MemoryAccessStore(), HandClock(), CountingHasher())
    await door.start()
    return door


@pytest.fixture
async def house(door: Door) -> House:
    return await House(door).furnish()


async def test_public_route_is_open_and_has_no_principal(house: House) -> None:
    reads = house.door.store.reads
    assert (await house.ask("GET", "/healthz")).status_code == 200
    assert house.reached.principals == [None]
    assert house.door.store.reads == reads


async def test_person_is_let_through_and_named(house: House) -> None:
    assert (await house.ask("GET", "/things", house.cookie())).status_code == 200
    (person,) = house.reached.principals
    assert isinstance(person, Person)
    assert (person.username, person.role) == ("clinician", Role.CLINICIAN)
    assert principal_now.get() is None


async def test_device_is_let_through_to_its_routes_alone(house: House) -> None:
    assert (await house.ask("POST", "/ingest", house.bearer())).status_code == 200
    assert await house.connect("/ingest/ws", house.bearer()) == "websocket.accept"
    assert (await house.ask("GET", "/things", house.bearer())).status_code == 403
    assert await house.connect("/stream", {**house.bearer(), "origin": OWN}) == "websocket.close"


async def test_person_is_not_let_through_to_a_devices_route(house: House) -> None:
    own = {**house.cookie(), "origin": OWN}
    assert (await house.ask("POST", "/ingest", own)).status_code == 403
    assert await house.connect("/ingest/ws", own) == "websocket.close"


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/", "text/html,*/*", 303),
        ("/sessions/S-000001?tab=journal", "text/html", 303),
        ("/things", "application/json", 401),
        ("/api/v1/sessions", "text/html", 401),
        ("/_dash-layout", "text/html", 401),
    ],
)
async def test_anonymous_page_goes_to_the_login_and_the_rest_gets_401(house: House, path: str, accept: str, status: int) -> None:
    answer = await house.ask("GET", path, {"accept": accept})
    assert answer.status_code == status
    assert house.reached.principals == []
    if status == 401:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["reason"] == "login_needed"


async def test_login_is_told_where_to_go_on(house: House) -> None:
    answer = await house.ask("GET", "/sessions/a%20b?x=1&y=%2F", {"accept": "text/html"})
    assert answer.headers["location"] == "/auth/login?next=/sessions/a%2520b%3Fx%3D1%26y%3D%252F"


async def test_unsafe_request_of_nobody_is_not_sent_to_the_login(house: House) -> None:
    assert (await house.ask("POST", "/things", {"accept": "text/html", "origin": OWN})).status_code == 401


@pytest.mark.parametrize("forged", FORGED)
async def test_forged_request_is_refused(house: House, forged: dict[str, str]) -> None:
    answer = await house.ask("POST", "/things", house.cookie() | forged)
    assert answer.status_code == 403
    assert await house.connect("/stream", house.cookie() | forged) == "websocket.close"
    assert house.reached.principals == []


@pytest.mark.parametrize("forged", FORGED)
async def test_forged_request_would_pass_a_guard_without_the_check(door: Door, forged: dict[str, str]) -> None:
    house = await House(door, GuardThatTrustsEveryOrigin).furnish()
    assert (await house.ask("POST", "/things", house.cookie() | forged)).status_code == 200
    assert await house.connect("/stream", house.cookie() | forged) == "websocket.accept"


@pytest.mark.parametrize(
    "forged", [{"origin": "https://evil.example"}, {"origin": "null"}, {}, {"origin": OWN, "sec-fetch-site": "same-site"}]
)
async def test_forged_login_is_refused(house: House, forged: dict[str, str]) -> None:
    assert (await house.ask("POST", "/auth/login", forged)).status_code == 403
    assert house.reached.principals == []


@pytest.mark.parametrize("own", [{"origin": OWN}, {"origin": OWN, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "same-origin"}])
async def test_own_page_is_let_through(house: House, own: dict[str, str]) -> None:
    assert (await house.ask("POST", "/things", house.cookie() | own)).status_code == 200
    assert await house.connect("/stream", house.cookie() | own) == "websocket.accept"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_device_token_in_a_foreign_page_is_refused(house: House, origin: str) -> None:
    assert (await house.ask("POST", "/ingest", {**house.bearer(), "origin": origin})).status_code == 403
    assert await house.connect("/ingest/ws", {**house.bearer(), "origin": origin}) == "websocket.close"


async def test_repeated_origin_host_or_cookie_is_refused(house: House) -> None:
    base = [(b"host", HOST.encode()), (b"cookie", house.cookie()["cookie"].encode()), (b"origin", OWN.encode())]
    evil = [(b"origin", b"https://evil.example"), (b"host", b"evil.example"), (b"cookie", b"infusion_session=other")]
    statuses = [await raw_status(house, [*base, extra]) for extra in evil]
    assert await raw_status(house, base) == 200
    assert statuses == [403, 400, 401]


async def raw_status(house: House, headers: list[tuple[bytes, bytes]]) -> int:
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await house.guard({"type": "http", "method": "POST", "scheme": "http", "path": "/things", "headers": headers}, receive, send)
    (status,) = statuses
    return status


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_foreign_page_may_link_to_us_but_not_embed_us(house: House, site: str) -> None:
    headers = house.cookie() | {"sec-fetch-site": site}
    embeds = [("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe"), ("cors", "empty")]
    for mode, dest in embeds:
        answer = await house.ask("GET", "/things", headers | {"sec-fetch-mode": mode, "sec-fetch-dest": dest})
        assert answer.status_code == 403
    link = headers | {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert (await house.ask("GET", "/things", link)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/things", 405),
        ("DELETE", "/things", 405),
        ("OPTIONS", "/things", 405),
        ("POST", "/somewhere", 405),
        ("HEAD", "/things", 200),
        ("GET", "/things/", 200),  # a page of the dashboard, or its 404
        ("GET", "/api/v1/typo", 404),
        ("POST", "/api/v1/typo", 404),
        ("GET", "/stream", 404),
        ("GET", "/healthz%0A", 404),
        ("TRACE", "/healthz", 405),
    ],
)
async def test_what_has_no_row_is_refused_also_to_people(house: House, method: str, path: str, status: int) -> None:
    answer = await house.ask(method, path, house.cookie() | {"origin": OWN})
    assert answer.status_code == status
    assert bool(house.reached.principals) is (status == 200)
    if status == 405:
        assert answer.headers["allow"]


async def test_path_tricks_do_not_reach_a_public_row(house: House) -> None:
    for path in ("//healthz", "/healthz/", "/healthz/../things", "/auth/login/../../things", "/HEALTHZ", "/healthz;x", "/healthz%2F.."):
        assert (await house.ask("GET", path)).status_code == 401
    assert house.reached.principals == []


@pytest.mark.parametrize(
    "host", ["evil.example", "monitor.example.evil.example", "127.0.0.1", "", "monitor.example/..", "user@monitor.example"]
)
async def test_foreign_host_is_refused_where_hosts_are_named(door: Door, host: str) -> None:
    house = await House(door, hosts=frozenset({"monitor.example"})).furnish()
    assert (await house.ask("GET", "/things", house.cookie() | {"host": host})).status_code == 400
    assert (await house.ask("GET", "/things", house.cookie() | {"host": HOST})).status_code == 200


async def test_configured_origin_is_ours_too(door: Door) -> None:
    house = await House(door, origins=frozenset({"https://public.example"})).furnish()
    assert (await house.ask("POST", "/things", house.cookie() | {"origin": "https://public.example"})).status_code == 200
    assert (await house.ask("POST", "/things", house.cookie() | {"origin": "http://public.example"})).status_code == 403
    with pytest.raises(ValueError, match="is not an origin"):
        House(door, origins=frozenset({"public.example"}))


async def test_https_takes_the_host_bound_cookie_alone(house: House) -> None:
    secure = f"https://{HOST}"
    token = house.cookies[Role.CLINICIAN]
    assert (await house.ask("GET", "/things", {"cookie": f"__Host-infusion_session={token}"}, base=secure)).status_code == 200
    assert (await house.ask("GET", "/things", {"cookie": f"infusion_session={token}"}, base=secure)).status_code == 401
    cookie = {"cookie": f"__Host-infusion_session={token}", "origin": secure}
    assert await house.connect("/stream", cookie, scheme="wss") == "websocket.accept"
    assert await house.connect("/stream", cookie | {"origin": OWN}, scheme="wss") == "websocket.close"


async def test_ended_session_and_revoked_device_are_refused_at_once(house: House) -> None:
    await house.door.web_sessions.end_all_of("clinician")
    await house.door.revoke_device("pump-1", by="test")
    assert (await house.ask("GET", "/things", house.cookie())).status_code == 401
    assert (await house.ask("POST", "/ingest", house.bearer())).status_code == 401
    assert await house.connect("/ingest/ws", house.bearer()) == "websocket.close"


async def test_security_headers_are_on_every_answer(house: House) -> None:
    answers = [
        await house.ask("GET", "/healthz"),
        await house.ask("GET", "/things", house.cookie()),
        await house.ask("GET", "/things"),
        await house.ask("GET", "/", {"accept": "text/html"}),
        await house.ask("GET", "/things", {"host": "evil/.."}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 401, 303, 400]
    for answer in answers:
        assert answer.headers["content-security-policy"] == f"{CSP}; frame-ancestors 'none'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
    assert answers[1].headers["cache-control"] == "no-store"


async def test_refusals_of_people_and_devices_are_logged_without_paths(house: House) -> None:
    await house.ask("POST", "/things", house.cookie(Role.AUDITOR) | {"origin": OWN})
    await house.ask("POST", "/things?label=J.S.", house.cookie() | {"origin": "https://evil.example"})
    await house.ask("POST", "/ingest", {"authorization": "Bearer inf_dev_" + "A" * 43})
    await house.ask("GET", "/things")
    rows = [row for row in reversed(await house.door.store.access_log()) if row.address == "10.0.0.9"]
    assert [(row.kind, row.who, row.what, row.detail) for row in rows] == [
        (AccessKind.DENIED, "auditor", "POST /things", "not_allowed"),
        (AccessKind.DENIED, "clinician", "POST /things", "origin_foreign"),
        (AccessKind.DEVICE_REFUSED, None, "POST /ingest", "unknown_device"),
    ]


async def test_store_that_was_never_read_is_a_503_not_an_open_door() -> None:
    class Unread(MemoryAccessStore):
        async def people(self) -> list[Any]:
            raise AccessStoreFailed("io")

    house = House(Door(Unread(), HandClock(), CountingHasher()))
    house.cookies[Role.CLINICIAN] = "inf_web_" + "A" * 43
    answer = await house.ask("GET", "/things", house.cookie())
    assert (answer.status_code, answer.json()["reason"]) == (503, "access_store_failed")
    assert (await house.ask("GET", "/healthz")).status_code == 200


async def test_lifespan_passes() -> None:
    seen: list[str] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        return None

    guard = Guard(application, access=Door(MemoryAccessStore(), HandClock(), CountingHasher()), csp=CSP)
    await guard({"type": "lifespan"}, nothing, nothing)
    assert seen == ["lifespan"]
