"""The pause of a room's sound: who asked for it, how long it lasts, and what is said where it fails."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.alert_steps import ROOM_3, S3
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e


def test_the_sound_is_paused_from_the_ward_with_a_countdown_for_everybody(ward: Page, stub: StubMonitor) -> None:
    frame = ward.locator(".tile-frame").filter(has=ward.locator(ROOM_3))
    frame.get_by_role("button", name="Pause sound 2 min: Room 3").click()
    expect(frame.locator(".pause-left")).to_have_text(re.compile(r"^sound paused by vega, (2:00|1:5\d) left$"))
    expect(ward.locator("#pauses")).to_contain_text("Sound of Room 3 paused by vega")
    expect(ward.locator(ROOM_3)).to_have_attribute("data-flash", "high")
    assert stub.posts == [("POST", f"{S3}/audio-pause", {"seconds": 120})]
    first = frame.locator(".pause-left").inner_text()
    expect(frame.locator(".pause-left")).not_to_have_text(first, timeout=3_000)
    frame.get_by_role("button", name="End pause: Room 3").click()
    expect(ward.locator("#pauses")).to_contain_text("Room 3: Sound is back (ended by person)")
    assert stub.posts[-1] == ("DELETE", f"{S3}/audio-pause", None)


def test_p_pauses_the_open_room_and_on_the_ward_the_selected_or_the_loudest(ward: Page, stub: StubMonitor) -> None:
    ward.locator(ROOM_3).wait_for()
    ward.keyboard.press("p")
    expect(ward.locator("#pauses")).to_contain_text("Room 3")
    ward.locator('.tile[data-session="S-000001"]').focus()
    ward.keyboard.press("p")
    expect(ward.locator("#pauses")).to_contain_text("Room 1")
    ward.keyboard.press("Enter")
    expect(ward.locator("h1")).to_have_text("Room 1")
    ward.keyboard.press("p")
    expect(ward.locator("#pauses")).to_contain_text("Room 1: Sound is back")
    assert [(method, path.split("/")[4]) for method, path, _ in stub.posts] == [
        ("POST", "S-000003"),
        ("POST", "S-000001"),
        ("DELETE", "S-000001"),
    ]


def test_a_broken_pause_says_why_on_every_page(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/session/S-000001")
    page.locator("html[data-feed=live]").wait_for()
    stub.run(lambda: stub.pause("S-000003", 90))
    expect(page.locator("#pauses")).to_contain_text("Sound of Room 3 paused by vega, 1:")
    stub.run(lambda: stub.resume("S-000003", "new alert"))
    expect(page.locator("#pauses")).to_have_text("Room 3: Sound is back (new alert)")


def test_a_pause_that_is_refused_says_so(ward: Page, stub: StubMonitor) -> None:
    stub.refusals["/audio-pause"] = (409, {"reason": "pause_too_long", "detail": "at most 60 s"})
    frame = ward.locator(".tile-frame").filter(has=ward.locator(ROOM_3))
    frame.get_by_role("button", name="Pause sound").click()
    expect(frame.locator(".outcome")).to_have_text("NOT SAVED: at most 60 s")


def test_a_room_without_an_unanswered_alert_has_no_pause(ward: Page) -> None:
    frame = ward.locator(".tile-frame").filter(has=ward.locator('.tile[data-session="S-000002"]'))
    expect(frame.locator(".pause")).to_be_hidden()


def test_an_auditor_cannot_pause(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(role="auditor")
    page = open_page("/")
    page.locator("html[data-feed=live]").wait_for()
    expect(page.get_by_role("button", name=re.compile("Pause sound"))).to_have_count(0)
