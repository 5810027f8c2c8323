"""axe-core over every page in every theme."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Page, Route

from monitor.api import pages
from schemas.measurement import Mode
from tests.support import stub_rooms
from tests.support.axe import violations
from tests.support.stub_monitor import QUIET, StubMonitor

pytestmark = pytest.mark.e2e

THEMES = ("dark", "light", "night")


@pytest.fixture
def opened(open_page: Callable[..., Page]) -> Callable[[str, str], Page]:
    def go(path: str, ready: str) -> Page:
        page = open_page(path, reduced_motion="reduce")
        page.locator("html[data-feed=live]").wait_for()
        page.locator(ready).first.wait_for()
        return page

    return go


@pytest.mark.parametrize("count", [6, 16, 64])
def test_the_ward_in_every_theme_and_density(opened: Callable[[str, str], Page], stub: StubMonitor, count: int) -> None:
    stub.reset(stub_rooms.rooms(count, mode=Mode.REPLAYED))
    stub.system = replace(QUIET, watching=0, recording_impaired="disk full")
    page = opened("/", ".tile")
    stub.run(lambda: stub.pause("S-000004", 90))
    page.locator("#pauses").wait_for()
    for theme in THEMES:
        page.evaluate(f"chooseTheme('{theme}')")
        assert violations(page) == [], theme


@pytest.mark.parametrize("session", ["S-000003", "S-000006"])
def test_a_session_in_every_theme(opened: Callable[[str, str], Page], session: str) -> None:
    page = opened(f"/session/{session}", ".numbers .readout-value")
    page.locator("#about summary").click()
    for theme in THEMES:
        page.evaluate(f"chooseTheme('{theme}')")
        assert violations(page) == [], theme


def test_an_empty_ward_and_a_screen_that_is_not_live(opened: Callable[[str, str], Page], stub: StubMonitor) -> None:
    stub.reset([])
    page = opened("/", "#empty")
    stub.is_silent = True
    page.locator("#not-live").wait_for()
    for theme in THEMES:
        page.evaluate(f"chooseTheme('{theme}')")
        assert violations(page) == [], theme


def _answer(text: str, route: Route) -> None:
    route.fulfill(body=text, content_type="text/html")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_pages_before_the_log_in(profile: BrowserContext, stub: StubMonitor, scheme: Any) -> None:
    """They carry no script, so that they follow the system's wish: dark or light."""
    texts = [
        pages.login_page(next_path="/", message="Wrong username or password."),
        pages.ticket_page("t"),
        pages.notice_page("Used", "This link was used.", way="Log in", to="/auth/login"),
    ]
    for text in texts:
        page = profile.new_page()
        page.emulate_media(color_scheme=scheme)
        page.route("**/auth/login.css", lambda route: route.fulfill(body=pages.STYLE, content_type="text/css"))
        page.route("**/auth/icon.svg", lambda route: route.fulfill(body=pages.ICON, content_type="image/svg+xml"))
        page.route("**/auth/login", partial(_answer, text))
        page.goto(f"{stub.url}/auth/login")
        assert violations(page) == []
        page.close()


def test_axe_would_find_a_fault(opened: Callable[[str, str], Page]) -> None:
    """The control: a button without a name and words that cannot be read."""
    page = opened("/", ".tile")
    page.evaluate(
        "document.querySelector('.toolbar').innerHTML = '<button></button><p style=\"color:#222;background:#000\">Not to be read</p>'"
    )
    found = " ".join(violations(page))
    assert "button-name" in found
    assert "color-contrast" in found
