"""What a tile says of alerts, in each size that the wall gives it."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from tests.support import stub_rooms, stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("width", "height", "density"), [(780, 493, "row"), (1440, 1000, "full")])
def test_a_new_alert_is_on_its_tile_whatever_its_size(
    open_page: Callable[..., Page], stub: StubMonitor, width: int, height: int, density: str
) -> None:
    """A part of a tile that is not told of news stands still: no tile may say "no alerts" of a patient who has one."""
    page = open_page("/", width=width, height=height)
    expect(page.locator("#wall")).to_have_attribute("data-density", density)
    tile = page.locator('.tile[data-session="S-000004"]')
    expect(tile.locator(".calm")).to_be_visible()
    alert = stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80")
    stub.put(replace(stub.sessions["S-000004"], alerts=(alert,)))
    expect(tile.locator(".alert-line").first).to_be_visible()
    expect(tile).to_contain_text("SpO2 79 < 80")
    expect(tile.locator(".calm")).to_be_hidden()


@pytest.mark.parametrize("dose_ug", [35_000, 37_500, 112_500])
def test_a_compact_tile_on_a_phone_cuts_no_dose(open_page: Callable[..., Page], stub: StubMonitor, dose_ug: int) -> None:
    stub.reset([replace(one, order=replace(one.order, dose_ug=dose_ug)) for one in stub_rooms.rooms(16)])
    page = open_page("/", width=360, height=780)
    expect(page.locator("#wall")).to_have_attribute("data-density", "compact")
    feet = page.locator(".tile-foot")
    expect(feet.first.locator(".tile-due")).to_be_visible()
    expect(feet.first).to_contain_text(f"/{dose_ug / 1000:g} mg")
    is_cut = "(node) => node.scrollWidth > node.clientWidth"
    assert feet.evaluate_all(f"feet => feet.flatMap((foot) => [foot, foot.firstChild]).filter({is_cut}).length") == 0


WHOLE = """notes => notes.flatMap((note) => [...note.children].filter((part) => {
  const [box, own] = [note.getBoundingClientRect(), part.getBoundingClientRect()];
  return own.width && own.top < box.bottom - 1 && own.right > box.right + 1;
}).map((part) => part.textContent))"""


@pytest.mark.parametrize(("width", "height", "rooms"), [(1440, 900, 6), (1280, 800, 6), (768, 1024, 4), (1440, 900, 9), (1024, 768, 6)])
def test_no_number_of_a_tile_is_cut(open_page: Callable[..., Page], stub: StubMonitor, width: int, height: int, rooms: int) -> None:
    """'from 1…' of a baseline of 188 is another number. What does not fit is left out whole."""
    fast = tuple(replace(one, value_milli=188_000) for one in stub_ward.baselines())
    stub.reset([replace(one, order=replace(one.order, dose_ug=112_500), baselines=fast) for one in stub_rooms.rooms(rooms)])
    page = open_page("/", width=width, height=height)
    notes = page.locator(".tile .readout-delta")
    expect(notes.filter(has_text="MAP").first).to_be_visible()
    assert notes.evaluate_all(WHOLE) == []
    doses = page.locator(".tile-foot > .num:first-child")
    expect(doses.first).to_contain_text("112.5 mg")
    assert doses.evaluate_all("all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)") == []
