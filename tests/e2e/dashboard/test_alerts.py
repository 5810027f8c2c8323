"""Alerts as a clinician sees them: one for each cause, flashing only while nobody has answered."""

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.alert import Priority
from tests.e2e.dashboard.alert_steps import ROOM_3, answered, put_alerts
from tests.support import stub_ward
from tests.support.flashing import flash
from tests.support.stub_monitor import QUIET, StubMonitor

pytestmark = pytest.mark.e2e


def test_one_card_for_each_cause_with_the_lesser_ones_beneath(room_3: Page) -> None:
    cards = room_3.locator(".alert-card")
    expect(cards).to_have_count(2)
    first = cards.first
    expect(first.locator(".alert-line")).to_contain_text("SBP 184 \u2265 180")
    expect(first.locator(".alert-others li")).to_have_count(1)
    expect(first.locator(".alert-others")).to_contain_text("Hypertension SBP 184 \u2265 160")
    small, large = (
        float(first.locator(where).evaluate("node => getComputedStyle(node).fontSize").removesuffix("px"))
        for where in (".alert-others", ".alert-why")
    )
    assert small < large


def test_flashing_is_by_priority_and_only_while_nobody_has_answered(ward: Page, stub: StubMonitor) -> None:
    """F4: high and medium flash, low does not. How fast is a law of live/signals.mjs (tests/unit/dashboard/signals.test.mjs)."""
    high = stub_ward.alert("BP-H1", "Severe hypertension", "SBP 184 >= 180")
    medium = stub_ward.alert("HR-M1", "Tachycardia", "HR 116 >= 111", priority=Priority.MEDIUM)
    low = stub_ward.alert("HR-L1", "Rise of heart rate", "HR 112 >= 100", priority=Priority.LOW)
    for id_, alert in (("S-000001", medium), ("S-000002", low), ("S-000003", high)):
        put_alerts(stub, id_, alert)
    line = '.tile[data-session="S-00000{}"] .alert-line'
    ward.locator(line.format(2)).first.wait_for()
    assert flash(ward, line.format(3), line.format(1), line.format(2)) == [["0", "1"], ["0", "1"], ["1"]]
    assert flash(ward, ROOM_3, part="::after") == [["0.4", "1"]]
    for id_, alert in (("S-000001", medium), ("S-000003", high)):
        put_alerts(stub, id_, answered(alert, stub.now_ms()))
    expect(ward.locator(line.format(3)).first).to_have_attribute("data-state", "acknowledged")
    expect(ward.locator(line.format(1)).first).to_have_attribute("data-state", "acknowledged")
    assert flash(ward, line.format(3), line.format(1)) == [["1"], ["1"]]
    assert flash(ward, ROOM_3, part="::after") == [["1"]]


def test_a_lesser_alert_under_an_answered_one_flashes_as_what_it_is(ward: Page, stub: StubMonitor) -> None:
    high = answered(stub_ward.alert("BP-H1", "Severe hypertension", "SBP 184 >= 180", cause="bp"), stub.now_ms())
    put_alerts(stub, "S-000003", high, stub_ward.alert("BP-M9", "Pressure", "MAP 130 >= 125", priority=Priority.MEDIUM, cause="bp"))
    lines = ward.locator(f"{ROOM_3} .alert-line:visible")
    expect(lines).to_have_count(2)
    expect(lines.nth(1)).to_have_attribute("data-flash", "medium")
    assert flash(ward, f"{ROOM_3} .alert-line[data-tone=high]") == [["1"]]
    expect(ward.locator(ROOM_3)).to_have_attribute("data-flash", "medium")


def test_a_screen_without_motion_shows_an_unanswered_alert_strongly_and_steadily(open_page: Callable[..., Page]) -> None:
    page = open_page("/", reduced_motion="reduce")
    tile = page.locator(ROOM_3)
    expect(tile).to_have_attribute("data-flash", "high")
    assert tile.evaluate("node => getComputedStyle(node, '::after').borderTopWidth") == "6px"
    assert tile.evaluate("node => getComputedStyle(node, '::after').animationName") == "none"
    assert tile.locator(".alert-line").first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"


def test_every_cause_of_a_room_is_on_its_tile_by_name(ward: Page, stub: StubMonitor) -> None:
    names = ("Deep desaturation", "Apnoea", "Vomiting", "Doubtful values", "Cardiac load")
    alerts = (stub_ward.alert(f"XX-M{i}", name, f"{name} 1 >= 1", priority=Priority.MEDIUM) for i, name in enumerate(names))
    put_alerts(stub, "S-000004", *alerts)
    tile = ward.locator('.tile[data-session="S-000004"]')
    expect(tile.locator(".alert-name")).to_have_count(4)
    for name in names:
        expect(tile.locator(".tile-alerts")).to_contain_text(name)


def test_the_list_says_who_has_seen_it_and_how_far_it_was_escalated(room_3: Page, stub: StubMonitor) -> None:
    card = room_3.locator('.alert-card[data-alert="BP-H1.1"]')
    expect(card).to_contain_text("not shown on a screen with sound")
    expect(card.locator(".alert-level")).to_be_hidden()
    high = replace(stub.sessions["S-000003"].alerts[0], escalation=2, shown_at_ms=stub_ward.START_MS - 60_000)
    put_alerts(stub, "S-000003", high)
    expect(card).to_contain_text("shown 10:40:07")
    expect(card.locator(".alert-level")).to_have_text("escalated, level 2")


def test_the_list_says_for_how_long_an_alert_is_answered(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    high = stub.sessions["S-000003"].alerts[0]
    put_alerts(stub, "S-000003", answered(high, stub.now_ms() - 252_000))
    page = open_page("/session/S-000003", width=360)
    card = page.locator('.alert-card[data-alert="BP-H1.1"]')
    expect(card).to_contain_text("acknowledged by R. Vega")
    expect(card.locator(".alert-answered")).to_have_text(re.compile(r"^acknowledged for 4:[1-5]\d min$"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_missing_value_s_card_has_the_last_one_and_its_age(open_page: Callable[..., Page]) -> None:
    card = open_page("/session/S-000005").locator('.alert-card[data-alert="TEC-M2.1"]')
    expect(card).to_contain_text(re.compile(r"no usable SpO2 for 30 s · last SpO2 95, (\d\d s|1:\d\d min) ago"))
    expect(card.locator(".alert-answered")).to_be_hidden()


def test_a_session_s_page_names_what_nobody_answered_in_other_rooms(room_3: Page, stub: StubMonitor) -> None:
    strip = room_3.locator("#elsewhere")
    expect(strip.locator("li")).to_have_count(2)
    expect(strip.locator("li").first).to_contain_text("Room 1")
    strip.get_by_role("link", name=re.compile("Room 1")).click()
    expect(room_3.locator("h1")).to_have_text("Room 1")
    assert len(stub.asked) == 1, "no new socket"


def test_no_strip_is_there_while_all_is_well(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([stub_ward.session(2, "2", "T.B.")])
    for path in ("/", "/session/S-000002"):
        page = open_page(path)
        page.locator("html[data-feed=live]").wait_for()
        page.locator(".readout-value").first.wait_for()
        strips = page.locator(".header-kept > :not(.bar), .part-header > :not(.header-kept)")
        assert strips.count() > 4
        assert strips.locator("visible=true").count() == 0


def test_that_nobody_watches_is_a_quiet_line(ward: Page, stub: StubMonitor) -> None:
    line = ward.locator("#watching")
    expect(line).to_be_hidden()
    stub.tell(replace(QUIET, watching=0))
    expect(line).to_contain_text("No screen with sound is watching.")
    stub.tell(QUIET)
    expect(line).to_be_hidden()
