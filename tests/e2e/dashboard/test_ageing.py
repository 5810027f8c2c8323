"""No number looks current past its age, whatever died."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.stream_wire import Update
from schemas.vitals import Vital
from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
AHEAD = """const real = performance.now.bind(performance); let ahead = 0;
performance.now = () => real() + ahead; window.later = (ms) => { ahead += ms; };"""
ROOM_2 = '.tile[data-session="S-000002"]'


def test_a_vital_sign_that_stops_is_dashes_within_six_seconds_and_the_others_go_on(ward: Page, stub: StubMonitor) -> None:
    """Asks 1, 2, 3, 8, 9: each number ages by itself, whether or not the connection and the other numbers live."""
    rate, spo2 = ward.locator(f"{ROOM_2} .v-hr"), ward.locator(f"{ROOM_2} .v-spo2")
    expect(rate).to_have_attribute("data-look", "current")
    stub.stopped.add(("S-000002", Vital.HEART_RATE))
    expect(rate).to_have_attribute("data-look", "lost", timeout=6_000)
    expect(rate.locator(".readout-value")).to_have_text("---")
    expect(rate.locator("s")).to_have_text("72")
    expect(rate.locator(".readout-last")).to_contain_text("s ago")
    assert rate.locator("s").evaluate("node => getComputedStyle(node).textDecorationLine") == "line-through"
    expect(spo2).to_have_attribute("data-look", "current")
    expect(ward.locator("html")).to_have_attribute("data-feed", "live")


def test_a_lost_value_comes_back_with_its_next_reading(ward: Page, stub: StubMonitor) -> None:
    stub.stopped.add(("S-000002", Vital.SPO2))
    spo2 = ward.locator(f"{ROOM_2} .v-spo2")
    expect(spo2).to_have_attribute("data-look", "lost", timeout=6_000)
    stub.stopped.clear()
    expect(spo2).to_have_attribute("data-look", "current")
    expect(spo2.locator(".readout-value")).to_have_text("97")


@pytest.mark.parametrize(("age_s", "look"), [(20, "current"), (299, "current"), (302, "aged"), (448, "aged"), (452, "lost")])
def test_a_cuff_value_shows_its_age_greys_and_is_struck_through(ward: Page, stub: StubMonitor, age_s: int, look: str) -> None:
    cuff = stub_ward.vitals(stub.now_ms(), cuff_age_ms=age_s * 1_000)
    stub.put(stub_ward.session(9, "9", "Z.Z.", vitals=cuff))
    pressure = ward.locator('.tile[data-session="S-000009"] .v-bp')
    expect(pressure).to_have_attribute("data-look", look)
    expect(pressure).to_contain_text("124/78" if look == "lost" else "MAP 93")
    expect(pressure.locator(".readout-notes")).to_contain_text("ago")
    expect(pressure.locator(".readout-value")).to_have_text("---" if look == "lost" else "124/78")


def test_a_frame_that_was_held_up_brings_an_old_number_not_a_fresh_one(ward: Page, stub: StubMonitor) -> None:
    """As after a reconnect, when missed frames are sent again as they were."""
    stub.stopped.add(("S-000002", Vital.HEART_RATE))
    now_ms = stub.now_ms() + 500  # newer than what the screen has, in a frame that is 30 s under way
    late = stub_ward.vital(Vital.HEART_RATE, 155.0, age_ms=0, now_ms=now_ms)

    def say() -> None:
        stub.position += 1
        frame = Update(position=stub.position, now_ms=stub.now_ms() - 30_000, vitals={"S-000002": (late,)})
        stub._send(frame)

    stub.run(say)
    rate = ward.locator(f"{ROOM_2} .v-hr")
    expect(rate.locator("s")).to_have_text("155")
    expect(rate).to_have_attribute("data-look", "lost")


def test_the_screen_ages_by_its_own_clock_without_any_frame(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """Only the page's clock moves: half an hour later nothing may look current."""
    page = open_page("/", script=AHEAD)
    page.locator("html[data-feed=live]").wait_for()
    stub.is_silent = True
    page.evaluate("later(1_800_000)")
    expect(page.locator('.readout[data-look="current"]')).to_have_count(0)
    expect(page.locator('.readout[data-look="aged"]')).to_have_count(0)
    expect(page.locator("#not-live-title")).to_contain_text("NOT LIVE since")


def test_a_sensor_without_a_value_says_so(ward: Page, stub: StubMonitor) -> None:
    stub.put(replace(stub.sessions["S-000002"], vitals=stub_ward.vitals(stub.now_ms(), spo2=None)))
    spo2 = ward.locator(f"{ROOM_2} .v-spo2")
    expect(spo2.locator(".readout-value")).to_have_text("---")
    expect(spo2).to_contain_text("sensor gives no value")


def test_a_fast_monitor_clock_is_badged_and_its_values_stay_current(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(speed=60.0)
    page = open_page("/")
    expect(page.locator("#speed-chip")).to_have_text("clock \u00d7 60")
    expect(page.locator(f"{ROOM_2} .v-hr")).to_have_attribute("data-look", "current")


def test_frames_as_bytes_of_the_schema_are_what_is_read(stub: StubMonitor) -> None:
    """The stand-in speaks the schema: what it sends decodes as the schema's own types."""
    snapshot = stub.first_frames(None, None)[1]
    assert msgspec.json.decode(snapshot)["type"] == "snapshot"
