"""The live anaesthesia record in a real browser: what it draws, its zoom, its marks, and how long a drawing takes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from schemas.stream_wire import Happened, Update
from schemas.vitals import Vital
from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
LATE = 1  # live/history.mjs
TRACK = """import(document.querySelector('link[href$="live/joined.mjs"]').href)
  .then(({ feed: { trackOf } }) => JSON.parse(JSON.stringify(trackOf("S-000003", "heart_rate"))))"""
INK = """canvas => { const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let painted = 0; for (let i = 3; i < data.length; i += 4) painted += data[i] > 0; return painted; }"""


def _plot(page: Page) -> Locator:
    plot = page.locator(".record-plot[data-from]")
    page.locator(".record-plot[data-history=loaded]").wait_for()
    plot.wait_for()
    expect(page.locator(".record .outcome")).to_have_text("")
    return plot


def _range(plot: Locator) -> tuple[int, int]:
    from_ms, until_ms = plot.evaluate("plot => [plot.dataset.from, plot.dataset.until]")
    return int(from_ms), int(until_ms)


def _drag(page: Page, plot: Locator, start: int, end: int) -> None:
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + end, box["y"] + 200, steps=4)
    page.mouse.up()


def _happened(stub: StubMonitor, kind: str, text: str, **fields: Any) -> None:
    line = Happened("S-000003", 2_000 + len(stub.journal), stub.now_ms(), kind, text, **fields)

    def say() -> None:
        stub.journal.append(line)
        stub.publish(journal=(line,))

    stub.run(say)


def _lose_an_update(stub: StubMonitor) -> None:
    """A snapshot follows, after which the page reads the history again."""
    stub.send(msgspec.json.encode(Update(position=stub.position + 7, now_ms=stub.now_ms())))


def test_ask_57_a_zoom_by_dragging_survives_updates_and_a_reconnect(room_3: Page, stub: StubMonitor) -> None:
    plot = _plot(room_3)
    assert plot.locator("canvas").evaluate(INK) > 20_000
    whole = _range(plot)
    _drag(room_3, plot, 100, 260)
    zoom = _range(plot)
    assert whole[0] < zoom[0] < zoom[1] < whole[1]
    back = room_3.get_by_role("button", name="Back to live")
    expect(back).to_be_visible()
    with room_3.expect_event("websocket", timeout=10_000):  # a snapshot, after which everything is drawn anew
        stub.send(b"{")
    expect(room_3.locator("#live-chip")).to_contain_text("live · ")
    drawn = plot.get_attribute("data-drawn-in-ms")
    expect(plot).not_to_have_attribute("data-drawn-in-ms", drawn or "", timeout=10_000)
    assert _range(plot) == zoom
    back.click()
    expect(back).to_be_hidden()
    assert _range(plot)[1] >= whole[1]


def test_the_keyboard_zooms_moves_and_comes_back_to_live(room_3: Page) -> None:
    plot = _plot(room_3)
    whole = _range(plot)
    plot.focus()
    room_3.keyboard.press("+")
    near = _range(plot)
    assert near[1] - near[0] < whole[1] - whole[0]
    room_3.keyboard.press("ArrowLeft")
    earlier = _range(plot)
    assert earlier[0] < near[0]
    assert abs((earlier[1] - earlier[0]) - (near[1] - near[0])) <= 1
    room_3.keyboard.press("-")
    assert _range(plot)[1] - _range(plot)[0] > near[1] - near[0]
    room_3.keyboard.press("0")
    expect(room_3.get_by_role("button", name="Back to live")).to_be_hidden()


def test_the_values_under_the_pointer_are_said(room_3: Page) -> None:
    plot = _plot(room_3)
    box = plot.bounding_box()
    assert box is not None
    room_3.mouse.move(box["x"] + 130, box["y"] + 200)
    expect(room_3.locator(".record-cursor")).to_contain_text("HR")
    for part in ("SpO2 9", "RR 1", "/"):
        expect(room_3.locator(".record-cursor")).to_contain_text(part)


def test_ask_52_and_53_a_lost_device_leaves_a_hatched_gap_with_its_length_and_what_it_kept_is_read_on_its_return(
    open_page: Callable[..., Page], stub: StubMonitor
) -> None:
    stub.reset(speed=10)
    page = open_page("/session/S-000003")
    _plot(page)
    gap = page.locator('.record-hits [aria-label*="SpO2: no data"]')
    expect(gap).to_have_count(0)
    stub.stopped.add(("S-000003", Vital.SPO2))
    expect(gap).to_have_count(1, timeout=20_000)
    expect(page.locator('.record-hits [aria-label*="HR: no data"]')).to_have_count(0)
    said = gap.get_attribute("aria-label")
    with page.expect_request("**/readings?*", timeout=25_000):  # ask 52: what it kept comes without a reload of the page
        stub.stopped.clear()
    assert said is not None
    assert ":" in said.rsplit("no data", 1)[1]


def test_doses_notes_and_alerts_come_onto_the_record_as_they_happen(room_3: Page, stub: StubMonitor) -> None:
    _plot(room_3)
    said = partial(room_3.locator(".record-hits").get_by_role, "button")
    expect(said(name="start 10:25")).to_be_attached()
    expect(said(name="Severe hypertension raised")).to_be_attached()
    _happened(stub, "bolus_given", "Bolus 5 mg recorded by vega", amount_ug=5_000)
    _happened(stub, "note_added", "vega: looks pale")
    expect(said(name="Bolus 5 mg recorded by vega")).to_be_attached()
    note = said(name="looks pale")
    note.hover()
    expect(room_3.locator(".record-tip")).to_contain_text("10:41 · vega: looks pale")


def test_the_marks_are_one_stop_of_tab_and_arrows_tell_them(room_3: Page) -> None:
    plot = _plot(room_3)
    plot.focus()
    before = _range(plot)
    room_3.keyboard.press("Tab")
    tip = room_3.locator(".record-tip")
    expect(tip).to_be_visible()
    first = tip.inner_text()
    room_3.keyboard.press("End")
    expect(tip).not_to_have_text(first)
    room_3.keyboard.press("Home")
    expect(tip).to_have_text(first)
    assert _range(plot) == before, "arrows on the marks do not move the window"
    room_3.keyboard.press("Tab")
    assert room_3.evaluate("document.activeElement.closest('.record-hits') === null")


def test_a_coarse_history_is_drawn_while_the_fine_one_is_on_its_way(open_page: Callable[..., Page], profile: BrowserContext) -> None:
    waiting: list[Route] = []
    profile.route("**/readings?*since_ms*", lambda route: waiting.append(route))
    page = open_page("/session/S-000003")
    page.locator(".record-plot[data-history=loading]").wait_for()
    wait_until(lambda: len(page.evaluate(TRACK)["at"]) > 500, 10, "the coarse history")
    assert len(waiting) == 1
    profile.unroute("**/readings?*since_ms*")
    page.locator(".record-plot[data-history=loaded]").wait_for()


def test_ask_54_a_value_that_was_uploaded_late_is_read_in_where_it_was_measured(room_3: Page, stub: StubMonitor) -> None:
    """After a reconnect all is read again: what came meanwhile is found by its arrival, however long ago it was measured."""
    _plot(room_3)
    measured_ms = _range(_plot(room_3))[0] + 60_001

    def and_a_late_one(route: Route) -> None:
        answer = route.fetch()
        columns = answer.json()
        late = {"at_ms": stub.now_ms(), "measured_at_ms": measured_ms, "value": 155.0, "validity": "questionable", "reason": "late"}
        for name, value in late.items():
            columns["heart_rate"][name].append(value)
        route.fulfill(response=answer, json=columns)

    room_3.route("**/readings?*", and_a_late_one)
    assert measured_ms not in room_3.evaluate(TRACK)["at"]
    _lose_an_update(stub)
    wait_until(lambda: measured_ms in room_3.evaluate(TRACK)["at"], 15, "the late value")
    track = room_3.evaluate(TRACK)
    place = track["at"].index(measured_ms)
    assert (track["value"][place], track["mark"][place]) == (155, LATE)
    assert track["at"] == sorted(track["at"])


def test_ask_55_a_reading_that_comes_by_two_routes_is_one_point(room_3: Page, stub: StubMonitor) -> None:
    """By the stream twice, and in the history that is read after a reconnect."""
    _plot(room_3)
    stub.stopped.add(("S-000003", Vital.HEART_RATE))  # or the next value takes its place before anybody looks
    reading = replace(stub_ward.vital(Vital.HEART_RATE, 133.0, now_ms=stub.now_ms() + 500), age_ms=0)
    for _ in range(2):
        stub.run(lambda: stub.publish(vitals={"S-000003": (reading,)}))
    expect(room_3.locator(".numbers .v-hr .readout-value")).to_have_text("133")
    stub.stopped.clear()
    with room_3.expect_response("**/readings?*", timeout=15_000):
        _lose_an_update(stub)
    wait_until(lambda: room_3.evaluate(TRACK)["at"][-1] > reading.received_at_ms, 15, "newer values")
    at = room_3.evaluate(TRACK)["at"]
    assert len(set(at)) == len(at)
    assert at == sorted(at)


def test_ask_56_a_history_that_cannot_be_loaded_is_said(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.refusals["/readings"] = (503, {"reason": "store_failed", "detail": "the store does not answer"})
    page = open_page("/session/S-000003")
    expect(page.locator(".record .outcome")).to_contain_text("the store does not answer")


def test_four_hours_are_drawn_within_a_second_of_their_arrival_and_redrawn_in_milliseconds(
    open_page: Callable[..., Page], stub: StubMonitor
) -> None:
    began = stub_ward.START_MS - 4 * 60 * stub_ward.MINUTE_MS
    stub.reset([stub_ward.session(3, "3", "J.S.", created_at_ms=began, started_at_ms=began + 60_000)])
    page = open_page("/session/S-000003", script=DRAWINGS)
    plot = _plot(page)
    page.locator('[data-window="all"]').click()
    assert _range(plot)[1] - _range(plot)[0] > 4 * 60 * stub_ward.MINUTE_MS
    spent = page.evaluate(REDRAWS)
    assert min(spent) < 20, spent  # the fastest: this machine may be busy with others
    arrived = page.evaluate("performance.getEntriesByType('resource').find(one => one.name.includes('/readings')).responseEnd")
    drawings = page.evaluate("drawings")
    assert next(drawing["at"] for drawing in drawings if drawing["at"] > arrived) - arrived < 1_000
    assert len(spent) == 30


DRAWINGS = """window.drawings = []; new MutationObserver(([change]) =>
  drawings.push({ at: performance.now(), spent: Number(change.target.dataset.drawnInMs) }))
  .observe(document, { subtree: true, attributeFilter: ['data-drawn-in-ms'] });"""
REDRAWS = """() => { const plot = document.querySelector('.record-plot'), all = document.querySelector('[data-window="all"]');
  return Array.from({ length: 30 }, () => { all.click(); return Number(plot.dataset.drawnInMs); }); }"""
