"""A wall screen, `/?kiosk=1`: nothing to press, larger, no pointer, and it counts as watching only while its sound is proven."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from schemas.stream_wire import ScreenReady, ScreenShown
from tests.support import stub_rooms
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
AUDIO = (Path(__file__).parent / "blocked_audio.js").read_text()
ALLOWED = AUDIO.replace('state = "suspended"', 'state = "running"').replace("navigator.userActivation.isActive", "true")
FAULTS = (Path(__file__).parent / "tiles.js").read_text()
WAIT = "new Promise(done => setTimeout(done, 1_500))"


def kiosk(open_page: Callable[..., Page], script: str, path: str = "/?kiosk=1") -> Page:
    page = open_page(path, script=script)
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".tile").first.wait_for()
    return page


def test_a_kiosk_is_read_only_and_says_so(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = kiosk(open_page, AUDIO)
    expect(page.locator("#kiosk-chip")).to_have_text("read-only screen")
    assert page.locator(":is(a, button, select, input, summary):visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).cursor") == "none"
    page.locator('.tile[data-session="S-000003"]').click()
    page.locator("#worst").click()
    for key in ("p", "m", "Enter"):
        page.keyboard.press(key)
    page.evaluate(WAIT)
    assert page.url.endswith("/?kiosk=1")
    assert stub.posts == []


def test_a_kiosk_is_larger_and_still_shows_every_room(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    plain = open_page("/").locator(".site-clock time").evaluate(size)
    stub.reset(stub_rooms.rooms(64))
    page = kiosk(open_page, AUDIO)
    assert page.locator(".site-clock time").evaluate(size) > plain
    for count in (64, 16, 4):
        for id_ in list(stub.sessions)[count:]:
            stub.end(id_)
        expect(page.locator(".tile")).to_have_count(count)
        page.evaluate(WAIT)
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, count
        assert page.evaluate(FAULTS) == [], count


def test_a_kiosk_without_sound_gives_no_receipt_and_asks_to_be_touched(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = kiosk(open_page, AUDIO)
    expect(page.locator("#sound-chip")).to_have_text("sound blocked: touch this screen")
    page.evaluate(WAIT)
    assert not [said for said in stub.said if isinstance(said, ScreenShown)]
    assert ScreenReady(visible=True, sound=False) in stub.said
    page.locator(".site-clock").click()
    expect(page.locator("#sound-chip")).to_have_attribute("data-state", "proven")
    page.evaluate(WAIT)
    assert [said for said in stub.said if isinstance(said, ScreenShown)]


def test_a_kiosk_whose_browser_lets_it_sound_proves_it_by_itself(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """Ask 26: a wall screen must not stay silent until somebody taps it."""
    page = kiosk(open_page, ALLOWED)
    expect(page.locator("#sound-chip")).to_have_attribute("data-state", "proven")
    assert 520 in page.evaluate("tones")
