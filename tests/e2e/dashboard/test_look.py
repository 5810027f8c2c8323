"""What every page keeps: contrast in every theme, focus that is seen, no motion for who wants none, sound that says whether it sounds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.session import Phase
from schemas.signs import Charted
from schemas.stream_wire import LimitNow
from schemas.vitals import Vital
from tests.support import stub_care, stub_ward
from tests.support.stub_monitor import QUIET, StubMonitor

pytestmark = pytest.mark.e2e

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
THEMES = ("dark", "light", "night")


@pytest.mark.parametrize("path", ["/", "/session/S-000003", "/session/S-000006"])
def test_all_words_keep_their_contrast_in_every_theme(open_page: Callable[..., Page], stub: StubMonitor, path: str) -> None:
    """Ask 58: red on black is read in the dim theme too."""
    for id_ in ("S-000004", "S-000006"):
        stub.sessions[id_] = stub_ward.simulated(stub.sessions[id_])
    one = stub_care.observed(stub.sessions["S-000003"], Charted.CHEST_PAIN, 1, stub_ward.START_MS)
    own = LimitNow("ruiz", "high", 200, 180, 1, "BP-H1", Vital.SYSTOLIC_BP)
    stub.sessions["S-000003"] = replace(one, own_limits=(own,), audio_paused_until_ms=stub.now_ms() + 99_000, audio_paused_by="ruiz")
    stub.system = replace(QUIET, watching=0)
    page = open_page(path)
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".readout-value").first.wait_for()
    if path == "/session/S-000003":
        page.get_by_role("button", name="MOAA/S 4").click()
        page.get_by_role("button", name="syncope").click()
    page.locator("#about summary").click()
    for theme in THEMES:
        page.locator("#theme").select_option(theme)
        found = page.evaluate(CONTRAST)
        assert found["seen"] > 60
        assert found["poor"] == [], theme


def test_not_live_keeps_its_contrast_in_every_theme(ward: Page, stub: StubMonitor) -> None:
    stub.is_silent = True
    expect(ward.locator("#not-live")).to_be_visible(timeout=4_000)
    for theme in THEMES:
        ward.evaluate(f"chooseTheme('{theme}')")
        found = ward.evaluate(CONTRAST)
        assert [poor for poor in found["poor"] if "NOT LIVE" in poor or "monitor" in poor] == [], theme


def test_the_system_chooses_the_theme_until_a_person_does_and_the_choice_stays(open_page: Callable[..., Page]) -> None:
    page = open_page("/", theme="auto", color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("#theme").select_option("night")
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    assert page.evaluate("localStorage.getItem('theme')") == "night"


def test_who_wants_no_motion_gets_a_steady_outline(open_page: Callable[..., Page]) -> None:
    page = open_page("/", reduced_motion="reduce")
    line = page.locator('.tile[data-session="S-000003"] .alert-line').first
    expect(line).to_be_visible()
    assert line.evaluate("node => getComputedStyle(node, '::before').animationName") == "none"
    assert line.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    assert page.evaluate("document.getAnimations().filter(one => one.animationName).length") == 0


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(ward: Page) -> None:
    reached: list[str] = []
    while "S-000006" not in reached and len(reached) < 60:
        ward.keyboard.press("Tab")
        place, outline = ward.evaluate(FOCUSED)
        reached.append(place)
        assert outline == "solid", place
    assert {"sound-chip", "theme", "S-000003", "S-000006"} <= set(reached)


def test_the_notice_stands_on_both_pages_inside_the_window(open_page: Callable[..., Page]) -> None:
    for path in ("/", "/session/S-000003"):
        page = open_page(path, width=390, height=700)
        page.locator("html[data-feed=live]").wait_for()
        expect(page.get_by_text("Secondary display. The bedside monitor stays the primary alarm.")).to_be_in_viewport()


AUDIO = (Path(__file__).parent / "blocked_audio.js").read_text()
FOCUSED = "() => { const at = document.activeElement; return [at.dataset.session ?? at.id, getComputedStyle(at).outlineStyle]; }"
SOUNDED = "new Promise(done => { const wait = setInterval(() => tones.length && (clearInterval(wait), done(tones.length)), 50); })"


def test_sound_that_the_browser_blocks_is_said_until_a_gesture_and_a_test_proves_it(open_page: Callable[..., Page]) -> None:
    """Asks 26, 27, 29, 30: the chip says whether this screen sounds; blocked is never silent about it."""
    page = open_page("/", script=AUDIO)
    chip = page.locator("#sound-chip")
    expect(chip).to_have_attribute("data-state", "blocked")
    expect(chip).to_have_text("sound blocked: press to test")
    assert page.evaluate("tones") == []
    chip.click()
    expect(chip).to_have_attribute("data-state", "proven")
    expect(chip).to_contain_text("sound proven 10:41")
    assert page.evaluate("tones.length") >= 1


def test_an_unanswered_alert_sounds_and_an_answered_one_is_silent(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """Ask 31."""
    stub.reset([stub_ward.session(2, "2", "T.B.", phase=Phase.INFUSING)])
    page = open_page("/", script=AUDIO)
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".site-clock").click()  # anywhere on the page
    expect(page.locator("#sound-chip")).to_have_text("sound not proven: press to test")
    assert page.evaluate("tones") == []
    alert = stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80")
    stub.put(stub_ward.session(2, "2", "T.B.", alerts=(alert,)))
    expect(page.locator(".tile")).to_have_attribute("data-priority", "high")
    page.locator(".tile[data-unanswered=true]").wait_for()
    assert page.evaluate(SOUNDED) == 1
