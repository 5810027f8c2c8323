"""A real Chromium in front of the stand-in for the monitor. What holds for every page is asserted after every test: no request left this
machine, nothing broke the content security policy, no script of ours failed."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

from tests.support.stub_monitor import StubMonitor

HARMLESS = (
    "WebSocket connection to",
    "Failed to load resource",
    "net::ERR",
    "Callback failed: the server did not respond",
)  # said by the browser while the stub is dead


@pytest.fixture(scope="session")
def server() -> Iterator[StubMonitor]:
    stub = StubMonitor()
    stub.start()
    yield stub
    stub.stop()


@pytest.fixture
def stub(server: StubMonitor) -> StubMonitor:
    """The stand-in with the invented ward, as if just started."""
    server.reset()
    return server


@pytest.fixture(scope="session")
def profile(browser: Browser, server: StubMonitor) -> Iterator[BrowserContext]:
    """One for all pages, so that Dash's bundles are fetched and compiled once. What a page stores is cleared before the next.

    A page stays open that does nothing: with its last page the browser would end its window and the site's process, and make both again
    for every test, which is half of what opening a page costs."""
    context = browser.new_context()
    context.new_page().goto(f"{server.url}/api/nothing-here")
    yield context
    context.close()


@pytest.fixture
def open_page(profile: BrowserContext, stub: StubMonitor) -> Iterator[Callable[..., Page]]:
    """How to open a path in a page of its own; `script` runs before the page's own, `origin` is where the stand-in is met if not at its own
    address, `until` what is waited for. Each page is watched until the test ends."""
    pages: list[Page] = []
    troubles: list[str] = []

    def opened(
        path: str = "/",
        *,
        width: int = 1440,
        height: int = 900,
        theme: str = "dark",
        script: str = "",
        origin: str = "",
        until: Literal["commit", "load"] = "load",
        **media: Any,
    ) -> Page:
        page = profile.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(**media)
        page.add_init_script(f"localStorage.clear(); localStorage.setItem('theme', '{theme}'); {script}")
        _watch(page, origin or stub.url, troubles)
        page.goto((origin or stub.url) + path, wait_until=until)
        return page

    yield opened
    for page in pages:
        page.close()
    profile.unroute_all()  # a test that failed keeps nothing from the next
    assert not troubles


def _watch(page: Page, url: str, troubles: list[str]) -> None:
    """Note what must not happen on any page."""

    def asked(address: str) -> None:
        if not address.startswith((url, url.replace("http", "ws"), "data:", "blob:")):
            troubles.append(f"asked elsewhere: {address}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in HARMLESS):
            troubles.append(message.text)

    def interrupted(dialog: Dialog) -> None:
        troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
    page.on("console", said)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", interrupted)


@pytest.fixture
def ward(open_page: Callable[..., Page]) -> Page:
    """The ward, live."""
    page = open_page("/")
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#main *").first.wait_for(state="attached")  # the page itself comes by a callback of Dash
    return page


@pytest.fixture
def room_3(open_page: Callable[..., Page]) -> Page:
    """The page of the worst patient, live."""
    page = open_page("/session/S-000003")
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".numbers").wait_for()
    return page
