"""F8: after a sleep, a freeze or a lost connection the screen shows what was missed, until somebody has read it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.away import meanwhile
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
AHEAD = """const real = performance.now.bind(performance); let ahead = 0;
performance.now = () => real() + ahead; window.later = (ms) => { ahead += ms; };"""


def tells(page: Page) -> None:
    panel = page.locator("#missed")
    expect(panel).to_contain_text("This screen was not live from 10:4", timeout=15_000)
    lines = panel.locator("li")
    expect(lines.filter(has_text="Room 4")).to_contain_text("*** Deep desaturation: SpO2 79 < 80 · began 10:4")
    expect(lines.filter(has_text="Room 1")).to_contain_text("Tachycardia, HR 116 \u2265 111 · ended")
    expect(lines.filter(has_text="Room 3").first).to_contain_text("answered by R. Vega")
    expect(lines.filter(has_text="Room 2")).to_contain_text("Apnoea raised: RR 0 < 6 · came and went")
    expect(panel.locator(".shape-high")).to_have_count(2)


def test_after_silence_what_was_missed_stays_until_it_is_dismissed(ward: Page, stub: StubMonitor) -> None:
    ward.locator(".tile").first.wait_for()
    stub.is_silent = True
    expect(ward.locator("#not-live")).to_be_visible(timeout=6_000)
    meanwhile(stub)
    expect(ward.locator("#missed")).to_be_hidden()
    stub.is_silent = False
    stub.cut()
    tells(ward)
    ward.locator('.tile[data-session="S-000002"]').click()
    expect(ward.locator("h1")).to_have_text("Room 2")
    expect(ward.locator("#missed")).to_be_visible()
    ward.get_by_role("button", name="I have read it").click()
    expect(ward.locator("#missed")).to_be_hidden()


def test_after_a_freeze_that_the_feed_did_not_notice(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """The page's clock jumps by a minute with the socket alive: frames that waited come at once, and the feed is live at once."""
    page = open_page("/", script=AHEAD)
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".tile").first.wait_for()
    page.evaluate("later(60_000)")
    meanwhile(stub)
    expect(page.locator("#missed")).to_contain_text("Deep desaturation", timeout=10_000)


def test_a_short_absence_without_news_says_nothing(ward: Page, stub: StubMonitor) -> None:
    ward.locator(".tile").first.wait_for()
    stub.is_silent = True
    expect(ward.locator("#not-live")).to_be_visible(timeout=6_000)
    stub.is_silent = False
    expect(ward.locator("#not-live")).to_be_hidden()
    ward.evaluate("new Promise(done => setTimeout(done, 1_000))")
    expect(ward.locator("#missed")).to_be_hidden()
