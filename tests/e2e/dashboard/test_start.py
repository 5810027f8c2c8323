"""The start of a page: the live parts stand before Dash is there, and stay the same when it takes them over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e

DASH = "**/_dash-component-suites/**"


@contextmanager
def held(profile: BrowserContext) -> Iterator[None]:
    """Dash's scripts are on their way until the block ends. A page may ask for them before it is loaded: wait for no load in here."""
    waiting: list[Route] = []
    profile.route(DASH, lambda route: waiting.append(route))
    try:
        yield
    finally:
        profile.unroute(DASH)  # which lets go of those that wait


def test_numbers_are_live_before_dash_is_there_and_stay_the_same_tiles(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    with held(profile):
        page = open_page("/", until="commit")
        expect(page.locator("#live-chip")).to_have_attribute("data-state", "live")
        tile = page.locator('.tile[data-session="S-000002"]')
        expect(tile.locator(".v-hr .readout-value")).to_have_text("72")
        assert page.locator("#frame").count() == 0
        page.evaluate("document.querySelector('.tile[data-session=\"S-000002\"]').isTheSame = true")
        button = page.locator(".pages a").first
        button.focus()
    page.locator("#main .tile").first.wait_for()
    expect(page.locator("#early")).to_have_count(0)
    assert tile.evaluate("node => node.isTheSame")
    expect(button).to_be_focused()
    expect(page.locator(".part-header")).to_have_count(1)
    expect(page.locator("#not-live")).to_be_hidden()


def test_a_press_that_began_before_dash_took_over_is_a_click(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    with held(profile):
        page = open_page("/", until="commit")
        page.locator(".tile").first.wait_for()
        button = page.get_by_role("button", name="New session")
        button.hover()
        page.mouse.down()
    page.locator("#frame").wait_for(state="attached")
    page.locator("#main > *").first.wait_for(state="attached")
    expect(page.locator("#early")).to_have_count(1)
    page.mouse.up()
    expect(page.get_by_role("textbox", name="Room")).to_be_visible()
    expect(page.locator("#early")).to_have_count(0)


def test_a_link_that_is_followed_before_dash_is_there_opens_its_page(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    with held(profile):
        page = open_page("/", until="commit")
        page.locator(".tile").first.wait_for()
        page.get_by_role("link", name="Analytics", exact=True).click()
        page.wait_for_url("**/analytics", wait_until="commit")  # it is loaded once Dash is there
    page.locator(".kpis").wait_for()


def test_a_page_that_is_slow_to_come_is_asked_for_once(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    asked: list[Route] = []
    with held(profile):
        page = open_page("/", until="commit")
        page.locator(".tile").first.wait_for()
        page.route("**/analytics", lambda route: asked.append(route))
        page.get_by_role("link", name="Analytics", exact=True).click(no_wait_after=True)
        page.wait_for_event("request", lambda request: request.url.endswith("/analytics"))
        with pytest.raises(PlaywrightTimeout):
            page.wait_for_event("request", lambda request: request.url.endswith("/analytics"), timeout=400)
        asked[0].continue_()
    page.locator(".kpis").wait_for()


def test_a_link_that_is_followed_while_dash_is_on_its_way_keeps_the_socket(
    open_page: Callable[..., Page], profile: BrowserContext, stub: StubMonitor
) -> None:
    with held(profile):
        page = open_page("/", until="commit")
        page.locator('.tile[data-session="S-000003"]').click()
        assert page.locator("#frame").count() == 0
    expect(page.locator("h1")).to_have_text("Room 3")
    page.locator("#main .numbers").wait_for()
    assert page.url.endswith("/session/S-000003")
    assert len(stub.asked) == 1


def test_a_session_is_worked_before_dash_is_there(open_page: Callable[..., Page], profile: BrowserContext, stub: StubMonitor) -> None:
    with held(profile):
        page = open_page("/session/S-000003", until="commit")
        page.locator(".numbers .readout[data-look]").first.wait_for()
        stub.is_silent = True
        expect(page.locator("#not-live")).to_be_visible(timeout=6_000)
        stub.is_silent = False
    page.locator("#main .numbers").wait_for()


def test_what_is_live_stays_so_without_dash_which_is_asked_for_again(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    profile.route(DASH, lambda route: route.abort())
    page = open_page("/")
    page.locator(".tile").first.wait_for()
    page.locator("body > script[src*=dash]").first.wait_for(state="attached")
    expect(page.locator("#not-live")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-feed", "live")
    profile.unroute(DASH)
    page.locator("#main .tile").first.wait_for(timeout=15_000)
    expect(page.locator("#early")).to_have_count(0)


def test_a_page_that_dash_makes_says_without_it_that_it_came_in_part(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    profile.route(DASH, lambda route: route.abort())
    page = open_page("/analytics")
    expect(page.locator("#live-chip")).to_have_attribute("data-state", "live")  # the header stands and says so; the page is not there
    expect(page.locator("#not-live-why")).to_contain_text("could not be loaded whole")
    expect(page.locator("#not-live")).to_be_visible()
    profile.unroute(DASH)
    page.locator(".kpis").wait_for(timeout=20_000)


def test_an_address_that_is_no_page_says_so_under_the_living_bar(open_page: Callable[..., Page]) -> None:
    page = open_page("/pepole")
    expect(page.get_by_role("heading", name="No such page")).to_be_visible()
    expect(page.locator("#live-chip")).to_have_attribute("data-state", "live")
    page.get_by_role("link", name="Back to the ward").click()
    expect(page.locator(".tile").first).to_be_visible()
