"""The pages that look back: what they show, that the live header stays on them, and that a past session looks like nothing current."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from schemas.review import BroughtIn
from tests.support.stub_monitor import StubMonitor
from tests.support.stub_review import CODE, OVER
from tests.support.stub_ward import START_MS

pytestmark = pytest.mark.e2e

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
PAGES = ("/sessions", "/patients", f"/patients/{CODE}", "/analytics", "/analytics/backtest", "/audit", f"/session/{OVER}")


@pytest.fixture
def look(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page and waits until it is there and live."""

    def looked(path: str, **options: int) -> Page:
        page = open_page(path, **options)
        page.locator("html[data-feed=live]").wait_for()
        page.locator("#main .review").wait_for()
        return page

    return looked


@pytest.mark.parametrize("path", PAGES)
def test_words_keep_their_contrast_and_nothing_is_wider_than_a_phone(look: Callable[..., Page], path: str) -> None:
    page = look(path, width=360, height=780)
    if path in {f"/patients/{CODE}", "/analytics"}:
        page.locator(".plot .trace").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for theme in ("dark", "light", "night"):
        page.evaluate(f"chooseTheme('{theme}')")
        found = page.evaluate(CONTRAST)
        assert found["seen"] > 25
        assert found["poor"] == [], theme


@pytest.mark.parametrize("path", PAGES)
def test_the_live_header_stays_and_says_what_nobody_has_answered(look: Callable[..., Page], path: str) -> None:
    page = look(path)
    expect(page.locator("#live-chip")).to_have_attribute("data-state", "live")
    expect(page.locator("#elsewhere")).to_contain_text("Room 3")
    expect(page.locator(".pages a")).to_have_text(["Ward", "Sessions", "Patients", "Analytics", "Audit"])


def test_while_a_page_is_read_it_says_so_and_the_page_before_pales(ward: Page) -> None:
    held: list[Route] = []
    ward.route("**/_dash-update-component*", lambda route: held.append(route))
    ward.get_by_role("link", name="Analytics", exact=True).click()
    main = ward.locator("#main")
    main.and_(ward.locator("[data-dash-is-loading]")).wait_for()
    said = "node => getComputedStyle(node, '::before').content"
    assert "Reading the record" in main.evaluate(said)
    page_before = main.locator("> *").first
    page_before.evaluate("node => Promise.all(node.getAnimations().map(one => one.finished))")
    assert float(page_before.evaluate("node => getComputedStyle(node).opacity")) < 0.3
    for route in held:
        route.continue_()
    ward.locator(".kpis").wait_for()
    assert main.evaluate(said) == "none"
    assert main.locator("> *").first.evaluate("node => getComputedStyle(node).opacity") == "1"


def test_a_monitor_that_falls_silent_is_told_here_too(look: Callable[..., Page], stub: StubMonitor) -> None:
    page = look("/analytics")
    stub.is_silent = True
    expect(page.locator("#not-live")).to_be_visible(timeout=5_000)


def test_the_pages_are_reached_by_keyboard_and_without_a_reload(ward: Page) -> None:
    ward.evaluate("window.isTheSamePage = true")
    ward.get_by_role("link", name="Sessions", exact=True).focus()
    ward.keyboard.press("Enter")
    expect(ward.locator(".review tbody tr")).to_have_count(2)
    expect(ward.locator('.pages a[aria-current="page"]')).to_have_text("Sessions")
    ward.get_by_role("link", name=OVER).focus()
    ward.keyboard.press("Enter")
    expect(ward.locator("#session-over")).to_contain_text("This session ended")
    assert ward.evaluate("window.isTheSamePage") is True


def test_a_filter_stands_in_the_address_and_leaves_out_the_rest(look: Callable[..., Page]) -> None:
    page = look("/sessions")
    page.get_by_label("Room").fill("Room 4")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".review tbody tr")).to_have_count(1)
    expect(page.locator(".review tbody tr")).to_contain_text("SIMULATED")
    assert page.url.endswith("/sessions?room=Room+4")
    page.go_back()
    expect(page.locator(".review tbody tr")).to_have_count(2)


def test_a_session_that_is_over_shows_its_record_and_nothing_to_press_but_the_correction_of_its_code(look: Callable[..., Page]) -> None:
    page = look(f"/session/{OVER}")
    expect(page.locator("#past-figures")).to_contain_text("171 mmHg, +46 at 31 min")
    expect(page.locator("#past-figures")).to_contain_text("nausea 2")
    expect(page.locator("#past-alerts")).to_contain_text("nobody acknowledged it")
    expect(page.locator("h1")).to_have_text(OVER)  # the room may have another patient now
    expect(page.locator(".readout")).to_have_count(0)
    page.locator("#main .record button:visible").first.wait_for()
    pressed = page.locator("#main button:visible, #main textarea:visible, #main input:visible")
    to_look = page.locator("#main :is(.record, .journal .segments, .patient-code-line) button:visible")  # windows, zoom, marks; filters
    expect(pressed).to_have_count(to_look.count())
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", f"/api/v1/sessions/{OVER}/export?format=csv")


@pytest.mark.parametrize("path", ["/sessions", "/audit", f"/session/{OVER}"])
def test_a_session_that_was_brought_in_says_from_where(look: Callable[..., Page], stub: StubMonitor, path: str) -> None:
    stub.brought_in = BroughtIn(START_MS, "vera", "34750f98bd59fcfc")
    page = look(path, width=360)
    told = page.get_by_text("Not recorded here: brought in from a bundle on 2026-11-22")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("by vera; recorded by installation 34750f98bd59fcfc.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_score_is_saved_or_says_why_not(look: Callable[..., Page], stub: StubMonitor) -> None:
    page = look(f"/patients/{CODE}")
    page.locator("#score-instrument").click()
    page.get_by_text("Depression, PHQ-9", exact=True).last.click()
    page.locator("#score-value").fill("28")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#score-outcome")).to_contain_text("PHQ-9 is 0 to 27")
    expect(page.locator("#score-value")).to_have_value("28")
    page.locator("#score-value").fill("9")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#score-outcome")).to_contain_text("Saved as row 2.")
    assert stub.posts[-1][2] == {"instrument": "phq9", "value": 9.0, "taken_on": "2026-11-22", "corrects": None, "reason": None}


def test_an_auditor_enters_no_score(look: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(role="auditor")
    page = look(f"/patients/{CODE}")
    expect(page.locator(".review")).to_contain_text("Scores are entered by clinicians.")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
