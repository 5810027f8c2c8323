"""Each hop between the monitor and the eye, taken away as it goes in life: a pulled cable, a tab that the browser froze, a second tab."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.away import meanwhile
from tests.support.bare_chromium import bare_page
from tests.support.line import line_to
from tests.support.stub_monitor import StubMonitor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
CURRENT = '.readout[data-look="current"]'
FROZEN_S = 7  # more than a screen may be away without saying what was missed
TICKS = "window.ticks = 0; setInterval(() => { ticks += 1; }, 100);"


def test_a_cut_network_is_said_within_four_seconds_and_heals_by_itself(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """F1, asks 4, 6, 7: no socket is closed, nobody is told; only that nothing comes any more can show it."""
    with line_to(stub.port) as line:
        page = open_page("/", origin=line.url)
        page.locator("html[data-feed=live]").wait_for()
        expect(page.locator(CURRENT).first).to_be_visible()
        expect(page.locator("#not-live")).to_be_hidden()
        line.cut()
        expect(page.locator("#not-live")).to_be_visible(timeout=4_500)
        expect(page.locator("#not-live-why")).to_contain_text("No word from the monitor for")
        expect(page.locator(CURRENT)).to_have_count(0)
        meanwhile(stub)
        line.mend()
        expect(page.locator("html")).to_have_attribute("data-feed", "live", timeout=15_000)
        expect(page.locator('.tile[data-session="S-000002"] .v-hr')).to_have_attribute("data-look", "current")
        expect(page.locator('.tile[data-session="S-000004"]')).to_contain_text("SpO2 79 < 80")
        page.close()


def test_a_tab_that_the_browser_froze_is_not_live_when_it_wakes_and_tells_what_it_missed(stub: StubMonitor) -> None:
    """F8, ask 9: no task of the page runs and its socket fills. Its old numbers are not what it shows first."""
    with bare_page() as page:
        page.call("Page.addScriptToEvaluateOnNewDocument", source=TICKS)
        page.call("Page.navigate", url=stub.url)
        page.wait_for("document.documentElement.dataset.feed === 'live' && document.querySelector('.tile') !== null")
        page.evaluate("document.addEventListener('resume', () => { window.woke = document.documentElement.dataset.feed; })")
        page.set_state("frozen")
        ticks = page.evaluate("ticks")
        meanwhile(stub)
        until_ms = stub.now_ms() + FROZEN_S * 1000
        wait_until(lambda: stub.now_ms() >= until_ms, 2 * FROZEN_S, "the freeze")
        assert page.evaluate("ticks") - ticks <= 1, "the page was not frozen"
        assert page.evaluate("document.documentElement.dataset.feed") == "live"
        page.set_state("active")
        page.wait_for("!document.getElementById('missed').hidden")
        told = page.evaluate("document.getElementById('missed').innerText")
        assert "This screen was not live from 10:4" in told
        assert "Deep desaturation" in told
        assert page.evaluate("woke") == "stale", "said at once, before anything that waited"
        page.wait_for("document.documentElement.dataset.feed === 'live'")
        page.wait_for("""document.querySelector('.tile[data-session="S-000004"]').innerText.includes("SpO2 79 < 80")""")


def test_a_second_tab_lives_by_itself_and_shows_what_was_answered_in_the_first(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """Ask 24: what happens in one tab is in the other without a reload. Each has its own connection, and keeps it when the other goes."""
    first, second = open_page("/session/S-000003"), open_page("/")
    for page in (first, second):
        page.locator("html[data-feed=live]").wait_for(timeout=60_000)
    tile = second.locator('.tile[data-session="S-000003"]')
    expect(tile).to_have_attribute("data-unanswered", "true")
    first.get_by_role("button", name=re.compile("^Acknowledge")).first.click()
    expect(tile.locator(".alert-line").first).to_have_attribute("data-state", "acknowledged")
    wait_until(lambda: len(stub.clients) == 2, 15, "a connection for each")
    first.close()
    wait_until(lambda: len(stub.clients) == 1, 15, "the first one's is gone")
    expect(second.locator("html")).to_have_attribute("data-feed", "live")
    stub.is_silent = True
    expect(second.locator("#not-live")).to_be_visible(timeout=6_000)
    stub.is_silent = False
    expect(second.locator("#not-live")).to_be_hidden()
