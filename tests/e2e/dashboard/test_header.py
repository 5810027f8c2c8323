"""The bar on top of every page: what stays in view on a phone, a tablet and a wall screen, and where the rest is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e

KEPT = ("h1", ".site-clock time", "#worst", "#sound-chip", "#live-chip")
PAGES = ("/", "/session/S-000003", "/session/S-000002", "/record/S-000003", "/sessions", "/analytics")


@pytest.fixture
def at(open_page: Callable[..., Page], stub: StubMonitor) -> Callable[..., Page]:
    """A page of the ward of simulated patients, live, of this width."""
    for id_, one in stub.sessions.items():
        stub.sessions[id_] = stub_ward.simulated(one)

    def looked(path: str, width: int) -> Page:
        page = open_page(path, width=width, height=740)
        page.locator("html[data-feed=live]").wait_for()
        page.locator("#worst").wait_for()
        page.locator("#main > * *").first.wait_for(state="attached")
        return page

    return looked


@pytest.mark.parametrize("path", PAGES)
def test_on_a_phone_whose_it_is_the_worst_alert_the_clock_and_the_sound_stay_in_view(at: Callable[..., Page], path: str) -> None:
    page = at(path, 360)
    page.evaluate("document.body.style.minHeight = '3000px'")
    page.mouse.wheel(0, 1_500)
    page.wait_for_function("() => scrollY > 500")
    for kept in KEPT:
        expect(page.locator(kept)).to_be_in_viewport(ratio=1)
    expect(page.locator("#mode-banner")).to_be_in_viewport(ratio=1)
    expect(page.locator("#worst")).to_contain_text("SBP 184 ≥ 180")
    cut = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth).map(node => node.textContent)"
    assert page.locator("h1, #worst b, #worst .alert-what, .site-clock time").evaluate_all(cut) == []
    assert page.locator(".header-kept").evaluate("node => node.offsetHeight") <= 96


@pytest.mark.parametrize("path", ["/", "/session/S-000003"])
def test_the_bar_is_one_row_or_two_at_every_width(at: Callable[..., Page], path: str) -> None:
    page = at(path, 1920)
    for width in (1920, 1440, 1280, 1240, 1024, 820):
        page.set_viewport_size({"width": width, "height": 740})
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.locator(".bar").evaluate("node => node.offsetHeight") <= (80 if width <= 1240 else 56), width


def test_the_rest_is_in_a_menu_that_the_keyboard_opens_and_closes(at: Callable[..., Page]) -> None:
    page = at("/", 360)
    menu = page.get_by_role("button", name="Menu")
    links = page.locator(".pages a")
    expect(links.first).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    for there in (links.first, page.locator("#theme"), page.get_by_role("button", name="Log out")):
        expect(there).to_be_visible()
    page.keyboard.press("Escape")
    expect(links.first).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.locator("h1")).to_have_text("Sessions")
    expect(links.first).to_be_hidden()


def test_on_a_wide_screen_a_session_s_own_worst_alert_stays_and_the_other_rooms_stand_below(at: Callable[..., Page]) -> None:
    page = at("/session/S-000003", 1440)
    page.mouse.wheel(0, 600)
    page.wait_for_function("() => scrollY > 300")
    expect(page.locator("#worst")).to_be_in_viewport(ratio=1)
    expect(page.locator("#worst")).to_contain_text("SBP 184 ≥ 180")
    expect(page.locator("#elsewhere")).not_to_contain_text("Room 3")
    expect(page.locator("#elsewhere")).to_be_in_viewport(ratio=1)
