"""What devices say beside their vital signs: whose word it is, how old it is, and that no text of theirs is anything but text."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.alert import Priority
from schemas.measurement import Mode
from schemas.stream_wire import DeviceNow, Happened, SaidNow, SessionNow
from tests.support import stub_rooms
from tests.support.axe import violations
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
FAULTS = (Path(__file__).parent / "tiles.js").read_text()
AFTER_A_DRAW = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 600)))"
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202e'
ROOM_2 = '.tile[data-session="S-000002"]'


def figure(
    stub: StubMonitor, name: str, value: float | None, unit: str = "mL/h", *, age_ms: int = 12_000, text: str | None = None
) -> SaidNow:
    return SaidNow(at_ms=stub.now_ms() - age_ms, is_state=False, name=name, priority=None, text=text, unit=unit, value=value)


def state(stub: StubMonitor, name: str, *, text: str | None = None, priority: Priority | None = None) -> SaidNow:
    return SaidNow(at_ms=stub.now_ms() - 600_000, is_state=True, name=name, priority=priority, text=text, unit="", value=None)


def says(stub: StubMonitor, one: SessionNow, *said: SaidNow, device: str = "pump-1", is_connected: bool = True) -> None:
    """`device` of this session says it from now on, beside the session's monitor."""
    pump = DeviceNow(device=device, mode=Mode.REAL, source="infusion pump", is_connected=is_connected, says=said)
    stub.put(replace(one, devices=(one.devices[0], pump)))


def pump_says(stub: StubMonitor, *said: SaidNow, **how: Any) -> None:
    says(stub, stub.sessions["S-000003"], *said, **how)


def test_a_pump_says_what_is_set_and_what_it_delivers_each_with_its_age(room_3: Page, stub: StubMonitor) -> None:
    pump_says(
        stub,
        figure(stub, "dose_given", 8.125, "mg"),
        figure(stub, "infusion_rate", 12.55),
        figure(stub, "infusion_rate_set", 14.0, age_ms=40_000),
        figure(stub, "time_remaining", 1_200.0, "s"),
        figure(stub, "volume_remaining", None, "mL"),
        figure(stub, "drug", None, "", text="Ketamine 10 mg/mL"),
        figure(stub, "knob", 3.0, "turns"),
    )
    card = room_3.locator("#says")
    expect(card).to_contain_text("No rule judges it")
    expect(card.locator(".says-who b")).to_have_text("pump-1 says")
    expect(card.locator(".says-who .device-state")).to_be_hidden()
    expect(card.locator("dt")).to_have_text(["rate set", "delivers", "drug", "dose given", "volume left", "time left", "knob"])
    numbers = card.locator("dd:not(.says-age)")
    expect(numbers).to_have_text(["14 mL/h", "12.55 mL/h", "Ketamine 10 mg/mL", "8.125 mg", "---", "20:00 min", "3 turns"])
    expect(card.locator('[data-figure="infusion_rate"] .says-age')).to_have_text(re.compile(r"^[12]\d s ago$"))
    expect(card.locator('[data-figure="infusion_rate_set"] .says-age')).to_have_text(re.compile(r"^[45]\d s ago$"))
    expect(card.locator("[data-old]")).to_have_count(0)


def test_an_old_figure_is_grey_and_says_old_by_itself_and_only_that_one(room_3: Page, stub: StubMonitor) -> None:
    pump_says(stub, figure(stub, "infusion_rate_set", 14.0, age_ms=82_000), figure(stub, "infusion_rate", 12.0, age_ms=5_000))
    rate, fresh = room_3.locator('[data-figure="infusion_rate_set"]'), room_3.locator('[data-figure="infusion_rate"]')
    expect(rate.locator(".says-age")).to_have_text(re.compile(r"^1:2\d min ago$"))
    assert colour(rate) == colour(fresh)
    expect(rate.locator(".says-age")).to_have_text(re.compile(r"^old · 1:3\d min$"), timeout=12_000)
    assert colour(rate) != colour(fresh)
    expect(fresh.locator(".says-age")).not_to_contain_text("old")
    pump_says(stub, figure(stub, "infusion_rate_set", 14.0, age_ms=0), figure(stub, "infusion_rate", 12.0))
    expect(rate.locator(".says-age")).not_to_contain_text("old")


def colour(figure: Any) -> str:
    return str(figure.locator("dd").first.evaluate("node => getComputedStyle(node).color"))


def test_states_and_own_alarms_stand_as_the_device_s_own_with_shape_and_since_when(room_3: Page, stub: StubMonitor) -> None:
    alarm = state(stub, "11:INA2", text="syringe empty", priority=Priority.HIGH)
    pump_says(stub, state(stub, "battery_low"), state(stub, "clock_not_set", text="1970"), alarm, state(stub, "keep vein open"))
    chips = room_3.locator(".says-state")
    since = datetime.fromtimestamp(alarm.at_ms / 1000, ZoneInfo("Europe/Madrid")).strftime("%H:%M")
    expect(chips.locator("b")).to_have_text(["syringe empty", "battery low", "own clock is not set: 1970", "keep vein open"])
    expect(chips.nth(0)).to_contain_text(f"its own high alarm since {since}")
    expect(chips.nth(0).locator(".shape-high")).to_be_visible()
    expect(chips.nth(1).locator(".shape-technical")).to_be_visible()
    expect(room_3.locator("#says [data-drawn]")).to_have_count(0)  # no receipt of an alert
    pump_says(stub, state(stub, "battery_low"))
    expect(chips.locator("b")).to_have_text(["battery low"])
    pump_says(stub)
    expect(room_3.locator("#says")).to_be_hidden()


def test_what_a_lost_device_said_is_told_as_said_last(room_3: Page, stub: StubMonitor) -> None:
    said = (figure(stub, "infusion_rate", 12.0), state(stub, "battery_low"))
    pump_says(stub, *said)
    who, chip = room_3.locator(".says-who"), room_3.locator(".says-state")
    expect(who).to_have_text("pump-1 says", use_inner_text=True)
    expect(chip).to_contain_text("since")
    was = colour(room_3.locator('[data-figure="infusion_rate"]'))
    pump_says(stub, *said, is_connected=False)
    expect(who).to_have_text("pump-1 last said not connected", use_inner_text=True)
    expect(chip).to_contain_text("said")
    expect(chip).not_to_contain_text("since")
    assert colour(room_3.locator('[data-figure="infusion_rate"]')) != was


def test_a_session_that_ended_under_the_page_shows_no_figure_as_now(room_3: Page, stub: StubMonitor) -> None:
    pump_says(stub, figure(stub, "infusion_rate", 12.0))
    expect(room_3.locator(".says-who b")).to_have_text("pump-1 says")
    stub.end("S-000003")
    expect(room_3.locator(".says-who b")).to_have_text("pump-1 last said")


def test_where_no_device_says_anything_nothing_is_drawn(room_3: Page) -> None:
    expect(room_3.locator("#says")).to_be_hidden()
    expect(room_3.locator("#says .says-list > *")).to_have_count(0)


def test_a_hostile_device_is_text_whatever_it_says(room_3: Page, stub: StubMonitor) -> None:
    """Names, words, units and the device's own name; also such that mean something to JavaScript. A dialog or an error fails the test."""
    names = ("__proto__", "constructor", "toString", HOSTILE)
    figures = [figure(stub, name, 1.0, "constructor") for name in names]
    words = figure(stub, "drug", None, "", text=HOSTILE)
    states = (state(stub, f"{HOSTILE} 2", priority=Priority.LOW), state(stub, "hasOwnProperty", text=HOSTILE))
    pump_says(stub, *figures, words, *states, device=HOSTILE)
    card = room_3.locator("#says")
    expect(card.locator(".says-who")).to_contain_text(f"{HOSTILE} says")
    expect(card.locator("dt")).to_have_text(["drug", HOSTILE, "__proto__", "constructor", "toString"])
    expect(card.locator('[data-figure="__proto__"] dd').first).to_have_text("1 constructor")
    expect(card.locator(".says-state b")).to_have_text([f"{HOSTILE} 2", HOSTILE])
    expect(card.locator("img, script")).to_have_count(0)
    overflow = card.evaluate("node => node.scrollWidth - node.clientWidth")
    assert overflow <= 0


def test_markup_that_is_parsed_would_be_found(room_3: Page) -> None:
    """The control of the one above."""
    card = room_3.locator("#says")
    card.evaluate("(node, text) => { node.lastChild.innerHTML = text.replace(/onerror=\\S+?>/, '>').replace('src=x', ''); }", HOSTILE)
    expect(card.locator("img, script")).to_have_count(2)


@pytest.mark.parametrize("width", [360, 1440])
def test_it_reads_well_in_every_theme_and_on_a_phone(open_page: Callable[..., Page], stub: StubMonitor, width: int) -> None:
    page = open_page("/session/S-000003", width=width, reduced_motion="reduce")
    page.locator("html[data-feed=live]").wait_for()
    figures = (figure(stub, "infusion_rate", 12.0, age_ms=100_000), figure(stub, "a_very_long_name_of_a_figure_" * 2, 1_234_567.125, "mL"))
    pump_says(stub, *figures, state(stub, "battery_low"), is_connected=False)
    page.locator("#says [data-old]").first.wait_for()
    for theme in ("dark", "light", "night"):
        page.evaluate(f"chooseTheme('{theme}')")
        assert violations(page) == [], theme
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_device_in_standby_is_told_on_its_tile_with_alerts_and_without(ward: Page, stub: StubMonitor) -> None:
    one = stub.sessions["S-000002"]
    tile = ward.locator(ROOM_2)
    expect(tile.locator(".calm")).to_have_text("no alerts")
    asleep = replace(one.devices[0], says=(state(stub, "standby"),))
    stub.put(replace(one, devices=(asleep,)))
    expect(tile.locator(".calm")).to_have_text("monitor-b2 in standby")
    stub.put(replace(one, devices=(asleep,), alerts=stub.sessions["S-000005"].alerts))
    expect(tile.locator(".alert-line").first).to_be_visible()
    expect(tile.locator(".tile-standby")).to_have_text("monitor-b2 in standby")
    expect(tile.locator(".tile-standby")).to_be_in_viewport()
    stub.put(replace(one, devices=(replace(asleep, is_connected=False),), alerts=()))
    expect(tile.locator(".calm")).to_have_text("monitor-b2 not connected")
    expect(tile.locator(".tile-standby")).to_be_hidden()


def test_the_smallest_tile_says_why_a_value_is_missing_and_names_alerts_before_it(
    open_page: Callable[..., Page], stub: StubMonitor
) -> None:
    asleep = [replace(one, devices=(replace(one.devices[0], says=(state(stub, "standby"),)),)) for one in stub_rooms.rooms(64)]
    stub.reset(asleep)
    page = open_page("/")
    expect(page.locator("#wall")).to_have_attribute("data-density", "row")
    calm, lost, worst = (page.locator(f'.tile[data-session="S-{number:06d}"]') for number in (2, 9, 1))
    expect(calm.locator(".calm")).to_have_text("in standby")
    expect(lost.locator(".alert-line").first).to_contain_text("SpO2 lost")
    expect(lost.locator(".tile-standby")).to_have_text("in standby")
    assert lost.locator(".tile-standby").evaluate("node => node.scrollWidth <= node.clientWidth")
    expect(worst.locator(".tile-standby")).to_be_hidden()


@pytest.mark.parametrize("count", [4, 9, 16, 64])
def test_a_wall_in_standby_cuts_nothing(open_page: Callable[..., Page], stub: StubMonitor, count: int) -> None:
    asleep = [replace(one, devices=(replace(one.devices[0], says=(state(stub, "standby"),)),)) for one in stub_rooms.rooms(count)]
    stub.reset(asleep)
    for width, height in ((1440, 900), (1920, 1080)):
        page = open_page("/", width=width, height=height)
        page.locator("html[data-feed=live]").wait_for()
        expect(page.locator(".tile")).to_have_count(count)
        expect(page.locator(".tile").last).to_contain_text("in standby")
        page.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")
        page.evaluate(AFTER_A_DRAW)
        assert page.evaluate(FAULTS) == [], (width, height)
        page.close()


def test_the_journal_has_what_devices_said_under_devices_and_says_what_it_leaves_out(room_3: Page, stub: StubMonitor) -> None:
    line = Happened("S-000003", 3_000, stub.now_ms(), "device_announced", f"pump-1 says: {HOSTILE} (begins)")

    def tell() -> None:
        stub.journal.append(line)
        stub.publish(journal=(line,))

    stub.run(tell)
    items = room_3.locator("#journal li")
    expect(items.first).to_contain_text(f"device pump-1 says: {HOSTILE} (begins)".replace("device ", ""))
    expect(room_3.locator("#journal-figures")).to_be_hidden()
    room_3.get_by_role("button", name="Devices", exact=True).press("Enter")
    expect(items.first).to_contain_text("pump-1 says")
    expect(room_3.locator('#journal li:not([data-category="devices"])')).to_have_count(0)
    expect(room_3.locator("#journal-figures")).to_contain_text("a line stands for each change of a rate")
    expect(room_3.locator("#journal img, #journal script")).to_have_count(0)
