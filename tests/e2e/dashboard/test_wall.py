"""The wall of tiles: every room on one screen, what must never be dropped is read in every size, and tiles hold still under a finger."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.measurement import Mode
from tests.support import stub_rooms, stub_ward
from tests.support.stub_monitor import QUIET, StubMonitor

pytestmark = pytest.mark.e2e
SCREENS = ((1440, 900), (1920, 1080))
DENSITY = {1: "full", 4: "full", 16: "compact", 64: "row"}
FAULTS = (Path(__file__).parent / "tiles.js").read_text()
AFTER_A_DRAW = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 600)))"


def wall(page: Page, count: int) -> Page:
    page.locator("html[data-feed=live]").wait_for()
    expect(page.locator(".tile")).to_have_count(count)
    return page


@pytest.mark.parametrize("count", [1, 4, 16, 64])
def test_all_rooms_are_on_one_screen_and_nothing_that_counts_is_cut(open_page: Callable[..., Page], stub: StubMonitor, count: int) -> None:
    stub.reset(stub_rooms.rooms(count))
    stub.system = replace(QUIET, watching=0)  # a line more above the wall
    page = wall(open_page("/"), count)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator(".wall")).to_have_attribute("data-fits", "true")
        page.evaluate(AFTER_A_DRAW)
        expect(page.locator(".wall")).to_have_attribute("data-density", DENSITY[count])
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, (width, height)
        assert page.evaluate(FAULTS) == [], (width, height)


def test_every_number_of_rooms_fits(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(stub_rooms.rooms(45))
    page = wall(open_page("/"), 45)
    for count in (45, 31, 20, 17, 12, 7, 5, 3, 2):
        for id_ in list(stub.sessions)[count:]:
            stub.end(id_)
        wall(page, count)
        page.evaluate(AFTER_A_DRAW)
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, count
        assert page.evaluate(FAULTS) == [], count


def test_a_lost_value_keeps_its_dashes_and_its_age_in_every_size(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """Asks 2, 5: an old number is never left to look like a new one, however small the tile."""
    for count in (4, 16, 64):
        many = stub_rooms.rooms(count, mode=Mode.REAL)
        lost = tuple(stub_ward.vital(one.vital, one.value, age_ms=40_000) for one in many[1].vitals)
        stub.reset([many[0], replace(many[1], vitals=lost), *many[2:]])
        page = wall(open_page("/"), count)
        spo2 = page.locator('.tile[data-session="S-000002"] .v-spo2')
        expect(spo2.locator(".readout-value")).to_have_text("---")
        expect(spo2).to_contain_text(re.compile(r"[45]\d s|1:\d\d"))
        page.evaluate(AFTER_A_DRAW)
        assert page.evaluate(FAULTS) == [], count
        page.close()


def test_chosen_columns_and_order_stay_on_this_screen_and_the_address_can_hold_them(
    open_page: Callable[..., Page], stub: StubMonitor
) -> None:
    page = wall(open_page("/"), 6)
    columns_are(page, 3)
    page.get_by_role("button", name="2", exact=True).click()
    columns_are(page, 2)
    assert page.evaluate("localStorage.getItem('ward-columns')") == "2"
    page = wall(open_page("/?columns=5&order=room"), 6)
    columns_are(page, 5)
    expect(page.locator(".tile-room").first).to_have_text("Room 1")
    page.get_by_role("button", name="Worst first").click()
    assert page.url.endswith("/?columns=5&order=worst")
    expect(page.locator(".tile-room").first).to_have_text("Room 3")


def columns_are(page: Page, count: int) -> None:
    expect(page.locator(".wall")).to_have_attribute("style", re.compile(rf"--columns: {count};"))


def test_tiles_hold_still_under_a_pointer_and_move_when_it_leaves(ward: Page, stub: StubMonitor) -> None:
    rooms = ward.locator(".tile-room")
    expect(rooms.nth(3)).to_have_text("Room 2")
    ward.locator('.tile[data-session="S-000002"]').hover()
    alert = stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80", since_ms=stub.now_ms())
    stub.put(replace(stub.sessions["S-000002"], alerts=(alert,)))
    expect(ward.locator('.tile[data-session="S-000002"]')).to_have_attribute("data-priority", "high")
    expect(rooms.nth(3)).to_have_text("Room 2")
    expect(ward.locator(".toolbar")).to_contain_text("Order waits for you")
    ward.mouse.move(5, 5)
    expect(rooms.nth(0)).to_have_text("Room 2")
    expect(ward.locator(".toolbar")).not_to_contain_text("Order waits for you")


def test_tiles_hold_still_around_the_focus(ward: Page, stub: StubMonitor) -> None:
    tile = ward.locator('.tile[data-session="S-000002"]')
    tile.focus()
    stub.put(replace(stub.sessions["S-000002"], alerts=(stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80"),)))
    expect(tile).to_have_attribute("data-priority", "high")
    expect(ward.locator(".tile-room").nth(3)).to_have_text("Room 2")
    expect(tile).to_be_focused()


def test_worst_alert_clock_and_pause_stay_in_view_however_far_one_scrolls(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(stub_rooms.rooms(30, mode=Mode.REAL))
    page = wall(open_page("/?columns=1"), 30)
    stub.run(lambda: stub.pause("S-000004", 90))
    page.mouse.wheel(0, 4_000)
    page.wait_for_function("() => scrollY > 500")
    expect(page.locator("#worst")).to_be_in_viewport()
    expect(page.locator("#worst")).to_contain_text("Room 1")
    expect(page.locator("#worst")).to_contain_text("*** SBP 184 \u2265 180".replace("*** ", "***"))
    expect(page.locator(".site-clock")).to_be_in_viewport()
    expect(page.locator("#pauses")).to_contain_text("Sound of Room 4 paused by vega")
    expect(page.locator("#pauses")).to_be_in_viewport()


def test_a_calm_ward_is_quiet_grey(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """No colour of a priority, nothing that moves, no worst alert: red, yellow and cyan mean something because they are seldom there."""
    stub.reset([stub_ward.session(number, str(number), "T.B.") for number in range(1, 5)])
    page = wall(open_page("/"), 4)
    expect(page.locator("#worst")).to_be_hidden()
    expect(page.locator(".counts")).to_have_text(re.compile("no alerts"))
    assert page.evaluate("document.getAnimations().filter(one => one.animationName).length") == 0
    borders = page.locator(".tile").evaluate_all("nodes => nodes.map(node => getComputedStyle(node).borderTopColor)")
    assert len(set(borders)) == 1
    assert page.locator(".tile[data-tone], .alert-line:visible").count() == 0
