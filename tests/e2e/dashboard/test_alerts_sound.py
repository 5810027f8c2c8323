"""The sound of alerts: each priority its tone, cut off by an answer, and never claimed where it is not proven."""

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.alert import Priority
from schemas.stream_wire import ScreenReady
from tests.e2e.dashboard.alert_steps import AUDIO, COUNTED, HIGH, LOW, answered, proven, put_alerts, wait_until
from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e


def test_each_priority_has_its_tone_and_an_answer_cuts_it_off(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([stub_ward.session(2, "2", "T.B.")])
    page = proven(open_page)
    page.evaluate("deafSink = true")  # no tone ends by itself from here on
    put_alerts(stub, "S-000002", stub_ward.alert("HR-L1", "Rise of heart rate", "x", priority=Priority.LOW))
    page.wait_for_function(COUNTED, arg=[1])
    high = stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80")
    put_alerts(stub, "S-000002", high)
    page.wait_for_function(COUNTED, arg=[2])
    assert page.evaluate("tones") == [LOW, HIGH]
    assert page.evaluate("stopped") == 1, "the lower tone made room"
    put_alerts(stub, "S-000002", answered(high, stub.now_ms()))
    page.wait_for_function("() => window.stopped === 2")
    assert page.evaluate("tones") == [LOW, HIGH]


def test_a_paused_room_is_silent_and_another_one_is_not(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([stub_ward.session(2, "2", "T.B."), stub_ward.session(4, "4", "C.D.")])
    page = proven(open_page)
    stub.sessions["S-000002"] = replace(stub.sessions["S-000002"], audio_paused_until_ms=stub.now_ms() + 90_000, audio_paused_by="ruiz")
    put_alerts(stub, "S-000002", stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80"))
    page.locator('.tile[data-session="S-000002"][data-flash=high]').wait_for()
    put_alerts(stub, "S-000004", stub_ward.alert("HR-L1", "Rise of heart rate", "x", priority=Priority.LOW))
    page.wait_for_function(COUNTED, arg=[1])
    assert page.evaluate("tones") == [LOW]


def test_a_tone_that_is_never_played_through_proves_nothing(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """F8, F9: the context runs and the tone was started, and yet nothing sounds. Said within a second of the press."""
    page = open_page("/", script=AUDIO + "window.deafSink = true;")
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#sound-chip").click()
    page.wait_for_function(COUNTED, arg=[1])
    expect(page.locator("#sound-chip")).to_have_attribute("data-state", "failed", timeout=2_000)
    expect(page.locator("#sound-chip")).to_have_text("no sound on this screen")
    page.evaluate("deafSink = false")
    page.locator("#sound-chip").click()
    expect(page.locator("#sound-chip")).to_have_attribute("data-state", "proven")


def test_a_mute_is_said_ends_by_itself_and_does_not_count_as_watching(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    ahead = """const real = performance.now.bind(performance); let ahead = 0;
        performance.now = () => real() + ahead; window.later = (ms) => { ahead += ms; };"""
    page = open_page("/", script=AUDIO + ahead)
    page.locator("html[data-feed=live]").wait_for()
    chip = page.locator("#sound-chip")
    chip.click()
    expect(chip).to_have_attribute("data-state", "proven")
    page.keyboard.press("m")
    expect(chip).to_have_text(re.compile(r"^muted here for (10:00|9:5\d)$"))
    expect(page.locator("#mute")).to_contain_text("Unmute")
    expect(chip).to_have_attribute("data-state", "muted")
    assert wait_until(page, lambda: stub.said[-1] == ScreenReady(visible=True, sound=False))
    page.evaluate("later(600_001)")
    expect(chip).to_have_attribute("data-state", "proven")
