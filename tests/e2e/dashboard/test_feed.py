"""Live is earned: a dead server, a silent one, a lost update, a screen that slept or failed are all said, and what can heal heals."""

import re
from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from schemas.stream_wire import StreamHello, Update
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
SINCE = re.compile(r"NOT LIVE since \d\d:\d\d:\d\d")


def test_before_the_monitor_answers_the_screen_is_not_live(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.is_silent = True
    page = open_page("/")
    expect(page.locator("#not-live")).to_be_visible()
    expect(page.locator("#not-live-why")).to_contain_text("Connecting")
    expect(page.locator("#live-chip")).to_have_text("connecting")


def test_a_silent_monitor_is_said_within_four_seconds_over_the_whole_screen(ward: Page, stub: StubMonitor) -> None:
    expect(ward.locator("#not-live")).to_be_hidden()
    stub.is_silent = True
    expect(ward.locator("#not-live")).to_be_visible(timeout=4_000)
    expect(ward.locator("#not-live-title")).to_have_text(SINCE)
    expect(ward.locator("#not-live-why")).to_contain_text("No word from the monitor for")
    expect(ward.locator("#not-live-do")).to_have_text("Look at the bedside monitor.")
    expect(ward.locator('.readout[data-look="current"]')).to_have_count(0)
    expect(ward).to_have_title(re.compile("^NOT LIVE"))
    box = ward.locator("#not-live").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (1440, 900)
    stub.is_silent = False
    expect(ward.locator("#not-live")).to_be_hidden()


def test_a_dead_server_is_said_within_four_seconds_and_the_screen_comes_back_by_itself(ward: Page, stub: StubMonitor) -> None:
    """F1, asks 1, 4, 6, 7: the socket dies; no number stays current, nobody can miss it, and values move again after the reconnect."""
    stub.stop()
    try:
        expect(ward.locator("#not-live")).to_be_visible(timeout=4_000)
        expect(ward.locator("#not-live-why")).to_contain_text("connection to the monitor is lost")
        expect(ward.locator('.readout[data-look="current"]')).to_have_count(0)
    finally:
        stub.start()
    expect(ward.locator("html")).to_have_attribute("data-feed", "live", timeout=15_000)
    expect(ward.locator('.tile[data-session="S-000002"] .v-hr')).to_have_attribute("data-look", "current")


def test_a_page_without_content_is_loaded_again(ward: Page) -> None:
    """Dash asks for it once; if the server dies under that, the header alone would stay, live and without a patient below it."""
    ward.evaluate("document.getElementById('main').replaceChildren()")
    expect(ward.locator(".tile")).to_have_count(0)
    expect(ward.locator(".tile").first).to_be_visible(timeout=30_000)


def test_a_cut_socket_resumes_where_it_stopped_without_alarming_anybody(ward: Page, stub: StubMonitor) -> None:
    stub.cut()
    expect(ward.locator("#live-chip")).to_have_text("reconnecting")
    expect(ward.locator("#live-chip")).to_contain_text("live · ")
    assert re.fullmatch(rf"stream={stub.stream}&since=\d+", stub.asked[-1])
    assert len(stub.asked) == 2
    expect(ward.locator("html")).to_have_attribute("data-feed", "live")


def test_what_happened_while_away_is_there_after_the_resume(ward: Page, stub: StubMonitor) -> None:
    def while_away() -> None:
        stub._send_raw(b"")
        stub.clients.clear()
        stub.acknowledge("S-000003", "BP-H1.1")

    stub.run(while_away)
    tile = ward.locator('.tile[data-session="S-000003"]')
    expect(tile).to_contain_text("acknowledged by R. Vega")
    expect(tile.locator(".alert-line").first).to_have_attribute("data-state", "acknowledged")


def test_a_lost_update_brings_a_snapshot(ward: Page, stub: StubMonitor) -> None:
    with ward.expect_event("websocket", timeout=5_000) as opened:
        stub.send(msgspec.json.encode(Update(position=stub.position + 7, now_ms=stub.now_ms())))
    assert "since" not in opened.value.url
    expect(ward.locator("html")).to_have_attribute("data-feed", "live")


def test_half_a_frame_is_no_frame(ward: Page, stub: StubMonitor) -> None:
    with ward.expect_event("websocket", timeout=5_000):
        stub.send(b'{"type":"update","posi')
    expect(ward.locator("html")).to_have_attribute("data-feed", "live")


def test_signed_out_means_the_sign_in_page(ward: Page, stub: StubMonitor) -> None:
    stub.is_signed_out = True
    stub.cut()
    ward.wait_for_url("**/auth/login?next=%2F")


def test_a_screen_that_slept_shows_no_number_as_current_before_a_new_frame(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page(
        "/", script="const real = Date.now; let ahead = 0; Date.now = () => real() + ahead; window.sleepFor = (ms) => { ahead += ms; };"
    )
    page.locator("html[data-feed=live]").wait_for()
    stub.is_silent = True
    page.evaluate("sleepFor(3_600_000)")
    expect(page.locator("#not-live-why")).to_contain_text("was asleep", timeout=1_500)
    expect(page.locator('.readout[data-look="current"]')).to_have_count(0)


def test_a_failed_part_takes_live_away_from_the_whole_screen(ward: Page) -> None:
    ward.evaluate(
        "{ const { href } = document.querySelector('link[href$=\"live/joined.mjs\"]');"
        " dispatchEvent(new ErrorEvent('error', { message: 'boom', filename: href })); }"
    )
    expect(ward.locator("#not-live")).to_be_visible()
    expect(ward.locator("#not-live-why")).to_contain_text("boom")
    expect(ward.locator('.readout[data-look="current"]')).to_have_count(0)


def test_another_protocol_asks_for_a_reload(ward: Page, stub: StubMonitor) -> None:
    hello = StreamHello(2, stub.stream, stub.now_ms(), 1.0, "next", "UTC", "v", "clinician")
    stub.send(msgspec.json.encode(hello))
    expect(ward.locator("#not-live-why")).to_contain_text("different versions")


def test_a_page_that_came_in_part_is_not_live_and_loads_itself_again(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    """The modules do not come for a while."""
    profile.route("**/live/joined.mjs", lambda route: route.abort())
    page = open_page("/")
    expect(page.locator("#not-live-why")).to_contain_text("could not be loaded whole", timeout=10_000)
    expect(page.locator("html")).to_have_attribute("data-feed", "fault")
    profile.unroute("**/live/joined.mjs")
    page.locator("html[data-feed=live]").wait_for(timeout=20_000)
