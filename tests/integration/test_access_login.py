"""The login, the login link and the logout, as a browser would walk them."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable
from http.cookies import SimpleCookie

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from monitor.access.control import AccessControl
from monitor.access.memory import MemoryAccessStore
from monitor.access.roles import Role
from monitor.api import problems
from monitor.api.auth import auth_routes, own_path
from monitor.api.guard import Guard

OWN = "http://monitor.example"
PASSWORD = "correct horse 7 battery"
BY_HAND = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept": "text/html"}


class Time:
    def __init__(self) -> None:
        self.ms = 1_795_000_000_000

    def __call__(self) -> int:
        return self.ms


Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def access(time: Time) -> AccessControl:
    access = AccessControl(MemoryAccessStore(), time, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await access.start()
    await access.add_person("m.kern", "M. Kern", Role.CLINICIAN, password=PASSWORD, by="test")
    return access


@pytest.fixture
async def connect(access: AccessControl) -> AsyncIterator[Connect]:
    """Makes a browser-like client: it keeps cookies, follows nothing, says where its page is from."""
    app = FastAPI()
    problems.install(app)
    app.include_router(auth_routes(access))

    @app.get("/{path:path}")
    async def page(path: str) -> PlainTextResponse:
        return PlainTextResponse(f"page {path}")

    app.add_middleware(Guard, access=access, csp="default-src 'self'")
    clients: list[httpx2.AsyncClient] = []

    def make(base: str = OWN, address: str = "10.0.0.7") -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=app, client=(address, 5000))
        clients.append(httpx2.AsyncClient(transport=transport, base_url=base, headers={"origin": base}))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def browser(connect: Connect) -> httpx2.AsyncClient:
    return connect()


async def log_in(client: httpx2.AsyncClient, password: str = PASSWORD, next_path: str = "/") -> httpx2.Response:
    return await client.post("/auth/login", data={"username": "m.kern", "password": password, "next": next_path})


async def test_page_wanted_is_reached_through_the_login(browser: httpx2.AsyncClient) -> None:
    sent_away = await browser.get("/sessions/S-000001?tab=journal&x=%2F", headers={"accept": "text/html"})
    assert sent_away.status_code == 303
    form = await browser.get(sent_away.headers["location"])
    assert form.status_code == 200
    hidden = re.search(r'name="next" value="([^"]*)"', form.text)
    assert hidden is not None
    answer = await log_in(browser, next_path=html.unescape(hidden[1]))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sessions/S-000001?tab=journal&x=%2F")
    assert (await browser.get(answer.headers["location"])).text == "page sessions/S-000001"


@pytest.mark.parametrize(
    ("base", "name", "secure"), [(OWN, "infusion_session", False), ("https://monitor.example", "__Host-infusion_session", True)]
)
async def test_cookie_is_locked_down(connect: Connect, base: str, name: str, secure: bool) -> None:
    answer = await log_in(connect(base))
    cookies = SimpleCookie(answer.headers["set-cookie"])
    assert list(cookies) == [name]
    morsel = cookies[name]
    assert (morsel["httponly"], morsel["samesite"].lower(), morsel["path"], bool(morsel["secure"])) == (True, "strict", "/", secure)
    assert morsel["domain"] == ""
    assert len(morsel.value) == len("inf_web_") + 43


async def test_wrong_password_shows_the_form_again_without_it(browser: httpx2.AsyncClient) -> None:
    answer = await log_in(browser, password="wrong <b>password</b>")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "do not match" in answer.text
    assert 'value="m.kern"' in answer.text
    assert "wrong" not in answer.text.lower().replace("wrong ones", "")


async def test_held_back_login_says_how_long(browser: httpx2.AsyncClient, time: Time) -> None:
    for _ in range(5):
        assert (await log_in(browser, password="wrong")).status_code == 401
    answer = await log_in(browser)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "Try again in 1 s" in answer.text
    time.ms += 1_000
    assert (await log_in(browser)).status_code == 303


async def test_what_is_typed_is_escaped(browser: httpx2.AsyncClient) -> None:
    evil = "\"><script>alert(1)</script>'$message"
    answer = await browser.post("/auth/login", data={"username": evil, "password": "x", "next": evil})
    ticket = await browser.get("/auth/ticket", params={"ticket": evil})
    form = await browser.get("/auth/login", params={"next": evil})
    for page in (answer, ticket, form):
        assert "<script" not in page.text
    assert html.escape(evil) in answer.text


async def test_login_gives_a_new_session_and_ends_the_one_before(browser: httpx2.AsyncClient, access: AccessControl) -> None:
    await log_in(browser)
    first = browser.cookies["infusion_session"]
    await log_in(browser)
    second = browser.cookies["infusion_session"]
    assert first != second
    assert await access.web_sessions.verify(first) is None
    assert await access.web_sessions.verify(second) is not None


async def test_planted_session_cookie_is_not_taken_over(browser: httpx2.AsyncClient) -> None:
    planted = "inf_web_" + "A" * 43
    browser.cookies.set("infusion_session", planted, domain="monitor.example", path="/")
    answer = await log_in(browser)
    assert planted not in answer.headers["set-cookie"]


async def test_logout_ends_the_session_everywhere_the_cookie_is(browser: httpx2.AsyncClient, connect: Connect) -> None:
    await log_in(browser)
    token = browser.cookies["infusion_session"]
    answer = await browser.post("/auth/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/login")
    assert "infusion_session" not in browser.cookies
    stolen = connect()
    stolen.cookies.set("infusion_session", token)
    assert (await stolen.get("/")).status_code == 401
    assert (await stolen.post("/auth/logout")).status_code == 303


async def test_who_is_logged_in_goes_past_the_login(browser: httpx2.AsyncClient) -> None:
    await log_in(browser)
    answer = await browser.get("/auth/login", params={"next": "/sessions/S-1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sessions/S-1")


async def test_link_from_another_site_asks_once_more_as_our_own_page(browser: httpx2.AsyncClient) -> None:
    """The first request comes without the cookie (SameSite=Strict), the second, made by our page, with it."""
    first = await browser.get("/auth/login", params={"next": "/sessions/S-1?a=b&c=d"}, headers={"sec-fetch-site": "cross-site"})
    refresh = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', first.text)
    assert refresh is not None
    await log_in(browser)
    second = await browser.get(html.unescape(refresh[1]), headers={"sec-fetch-site": "same-origin"})
    assert (second.status_code, second.headers["location"]) == (303, "/sessions/S-1?a=b&c=d")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil",
        "/a\r\nSet-Cookie: x=y",
        "/auth/logout",
        "/" * 600,
        '/"',
        "/ö",
        "\\/x",
    ],
)
def test_foreign_targets_after_login_become_home(text: str) -> None:
    assert own_path(text) == "/"


@pytest.mark.parametrize("text", ["/", "/sessions/S-000001?tab=journal#top", "/a%20b", "/.//evil"])
def test_own_targets_after_login_stay(text: str) -> None:
    assert own_path(text) == text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"username=a&password=b", "text/plain", 415),
        (b'{"username": "a"}', "application/json", 415),
        (b"username=" + b"a" * 9_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=1" % number for number in range(50)), "application/x-www-form-urlencoded", 422),
        (b"", "application/x-www-form-urlencoded; charset=utf-8", 401),
        (b"username=%ff%00&password=%ed%a0%80", "application/x-www-form-urlencoded", 401),
    ],
)
async def test_strange_forms_get_a_named_answer(browser: httpx2.AsyncClient, body: bytes, kind: str, status: int) -> None:
    answer = await browser.post("/auth/login", content=body, headers={"content-type": kind})
    assert answer.status_code == status


# Login links


async def test_link_opened_by_hand_comes_in_with_one_click_and_once(
    browser: httpx2.AsyncClient, connect: Connect, access: AccessControl
) -> None:
    link = f"/auth/ticket?ticket={await access.issue_ticket('m.kern', by='test')}"
    answer = await browser.get(link, headers=BY_HAND)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/")).text == "page "
    again = await connect().get(link, headers=BY_HAND)
    assert again.status_code == 401
    assert "has been used" in again.text
    own_again = await browser.get(link, headers=BY_HAND)
    assert (own_again.status_code, own_again.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a preview robot, or plain http to a host that is not this machine: browsers say nothing there
        BY_HAND | {"sec-fetch-site": "cross-site"},
        BY_HAND | {"sec-fetch-site": "same-site"},
        BY_HAND | {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        BY_HAND | {"sec-fetch-dest": "iframe"},
        BY_HAND | {"sec-purpose": "prefetch;prerender"},
        BY_HAND | {"purpose": "prefetch"},
    ],
)
async def test_preview_does_not_use_the_link_up_and_the_button_does(
    connect: Connect, access: AccessControl, headers: dict[str, str]
) -> None:
    ticket = await access.issue_ticket("m.kern", by="test")
    preview = await connect().get(f"/auth/ticket?ticket={ticket}", headers=headers)
    assert preview.status_code == 200
    assert "set-cookie" not in preview.headers
    assert ticket in preview.text
    assert preview.headers["referrer-policy"] == "same-origin"
    browser = connect()
    answer = await browser.post("/auth/ticket", data={"ticket": ticket})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/")).status_code == 200


async def test_button_on_a_foreign_page_lets_nobody_in(connect: Connect, access: AccessControl) -> None:
    """Else a page could log a victim in as somebody else and have the victim's work recorded there."""
    ticket = await access.issue_ticket("m.kern", by="test")
    for forged in ({"origin": "https://evil.example"}, {"origin": "null"}):
        assert (await connect().post("/auth/ticket", data={"ticket": ticket}, headers=forged)).status_code == 403
    assert (await connect().post("/auth/ticket", data={"ticket": ticket})).status_code == 303


async def test_of_fifty_clicks_at_once_one_comes_in(connect: Connect, access: AccessControl) -> None:
    link = f"/auth/ticket?ticket={await access.issue_ticket('m.kern', by='test')}"
    browsers = [connect(address=f"10.0.1.{number}") for number in range(50)]
    answers = await asyncio.gather(*(browser.get(link, headers=BY_HAND) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303] + [401] * 49


async def test_head_does_not_use_the_link_up(connect: Connect, access: AccessControl) -> None:
    ticket = await access.issue_ticket("m.kern", by="test")
    assert (await connect().head(f"/auth/ticket?ticket={ticket}", headers=BY_HAND)).status_code == 405
    assert (await connect().get(f"/auth/ticket?ticket={ticket}", headers=BY_HAND)).status_code == 303


async def test_pages_before_login_need_no_script_and_nothing_from_elsewhere(browser: httpx2.AsyncClient) -> None:
    for path in ("/auth/login", "/auth/ticket?ticket=x"):
        page = (await browser.get(path)).text
        assert "<script" not in page
        assert "style=" not in page
        sources = re.findall(r'(?:src|href|action)="([^"]*)"', page)
        assert sources
        assert all(source.startswith("/auth/") for source in sources)
        assert "secondary display" in page
    for path, kind in (("/auth/login.css", "text/css"), ("/auth/icon.svg", "image/svg+xml")):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
