"""How a screen calls, and what it says of itself: sound that is proven or not, the tab's title and icon, whether the screen stays on."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from schemas.stream_wire import ScreenReady
from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
AUDIO = (Path(__file__).parent / "blocked_audio.js").read_text()
WITHIN_1_S = 1_500  # and what the machine itself needs
HIGH, TEST = 660, 520
HIDE = "Object.defineProperty(document, 'visibilityState', {{value: '{0}', configurable: true}}); Object.defineProperty(document, 'hidden', {{value: {1}, configurable: true}}); document.dispatchEvent(new Event('visibilitychange'))"  # noqa: E501


@pytest.fixture
def proven(open_page: Callable[..., Page]) -> Page:
    """The ward on a screen whose sound was tested."""
    page = open_page("/", script=AUDIO)
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#sound-chip").click()
    page.locator("#sound-chip[data-state=proven]").wait_for()
    return page


def test_unlocking_the_sound_plays_one_pattern_and_not_all_that_called_before(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """Ask 28: six alerts of four priorities have called for a while on a blocked screen."""
    page = open_page("/", script=AUDIO)
    page.locator(".tile[data-flash=high]").wait_for()
    expect(page.locator("#sound-chip")).to_have_attribute("data-state", "blocked")
    page.evaluate("new Promise(done => setTimeout(done, 1_000))")
    page.locator("#sound-chip").click()
    page.locator("#sound-chip[data-state=proven]").wait_for()
    page.evaluate("new Promise(done => setTimeout(done, 1_500))")
    assert sorted(page.evaluate("tones")) == [TEST, HIGH]


def test_a_context_that_is_suspended_later_is_said_within_a_second(proven: Page, stub: StubMonitor) -> None:
    """F9. The monitor is told too: this screen does not count as watching any more."""
    proven.evaluate("audio.state = 'suspended'")
    expect(proven.locator("#sound-chip")).to_have_attribute("data-state", "blocked", timeout=WITHIN_1_S)
    expect.soft(proven.locator("#sound-chip")).to_have_text("sound blocked: press to test")
    proven.evaluate("new Promise(done => setTimeout(done, 300))")
    assert stub.said[-1] == ScreenReady(visible=True, sound=False)


def test_a_silent_server_has_a_sound_of_its_own(proven: Page, stub: StubMonitor) -> None:
    """Ask 1: silence must not pass unseen, nor unheard: 4 s, and its own pitch."""
    proven.evaluate("tones.length = 0")
    stub.is_silent = True
    proven.wait_for_function("() => window.tones.includes(330)", timeout=7_000)
    expect(proven.locator("#not-live")).to_be_visible()


def test_a_tone_that_cannot_be_made_is_said_within_a_second(proven: Page) -> None:
    """F9: every failed play raises a visible state."""
    proven.evaluate("refusesTones = true")
    proven.locator("#sound-chip").click()
    expect(proven.locator("#sound-chip")).to_have_attribute("data-state", "failed", timeout=WITHIN_1_S)
    proven.evaluate("refusesTones = false")
    proven.locator("#sound-chip").click()
    expect(proven.locator("#sound-chip")).to_have_attribute("data-state", "proven")


def test_a_hidden_tab_does_not_watch_and_says_afterwards_that_it_was_hidden(proven: Page, stub: StubMonitor) -> None:
    proven.evaluate(HIDE.format("hidden", "true"))
    proven.evaluate("new Promise(done => setTimeout(done, 500))")
    assert ScreenReady(visible=False, sound=True) in stub.said
    proven.evaluate(HIDE.format("visible", "false"))
    expect(proven.locator("#sound-chip")).to_contain_text("hidden at 10:4", timeout=WITHIN_1_S)


def test_title_and_icon_carry_the_worst_shape_and_its_count(ward: Page, stub: StubMonitor) -> None:
    icon = ward.locator("link[rel=icon]")
    expect(ward).to_have_title("▲1 ◆1 ●1 ■1 · Ward · Infusion Monitor")
    assert icon_of(ward).count("M16 1 31.5 31H.5Z") == 1, "a triangle"
    assert ">1</text>" in icon_of(ward)
    stub.is_silent = True
    expect(ward.locator("#not-live")).to_be_visible(timeout=6_000)
    assert ">!</text>" in icon_of(ward)
    stub.is_silent = False
    stub.reset([stub_ward.session(2, "2", "T.B.")])
    ward.reload()
    ward.locator("html[data-feed=live]").wait_for()
    expect(icon).to_have_attribute("href", re.compile(r"^/assets/\w{12}/icon\.svg$"))


def icon_of(page: Page) -> str:
    found: str = page.evaluate("decodeURIComponent(document.querySelector('link[rel=icon]').href)")
    return found


LOCK = "Object.defineProperty(navigator, 'wakeLock', {{value: {{ request: async () => {0} }}, configurable: true}});"
NO_LOCK = "delete Navigator.prototype.wakeLock; Object.defineProperty(window, 'isSecureContext', {value: false});"


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        (LOCK.format("({ addEventListener() {} })"), "held", "This screen stays on."),
        (LOCK.format("{ throw new Error('battery') }"), "refused", "This screen may go dark: the browser does not keep it on."),
        (NO_LOCK, "insecure", "This screen may go dark: only over HTTPS can it be kept on."),
    ],
)
def test_whether_the_screen_stays_on_is_said_as_it_is(open_page: Callable[..., Page], script: str, state: str, words: str) -> None:
    """Ask 59."""
    page = open_page("/", script=script)
    expect(page.locator("#awake")).to_have_attribute("data-state", state)
    expect(page.locator("#awake")).to_have_text(words)


def test_acknowledge_and_pause_by_keyboard_alone(ward: Page, stub: StubMonitor) -> None:
    ward.locator('.tile[data-session="S-000003"]').focus()
    ward.keyboard.press("p")
    expect(ward.locator("#pauses")).to_contain_text("Sound of Room 3 paused by vega")
    ward.keyboard.press("Enter")
    expect(ward.locator("h1")).to_have_text("Room 3")
    ward.locator(".alert-card").first.wait_for()
    ward.keyboard.press("a")
    expect(ward.locator(".alert-card").first).to_contain_text("acknowledged by R. Vega")
    assert [path.rsplit("/", 1)[1] for _, path, _ in stub.posts] == ["audio-pause", "acknowledgement"]
