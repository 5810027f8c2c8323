"""The ward: the worst patient first, every mode and every trouble said, every text inert, on every width."""

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.alert import AlertState
from schemas.measurement import Mode
from schemas.session import Patient
from schemas.signs import Charted
from schemas.stream_wire import Happened, SystemNow, UnboundNow
from tests.support import stub_care, stub_rooms, stub_ward
from tests.support.stub_monitor import QUIET, StubMonitor

pytestmark = pytest.mark.e2e
EVIL = '<img src=x onerror="window.hit=1"><script>window.hit=2</script>'


def test_the_worst_room_is_first_and_rooms_can_be_in_their_order(ward: Page) -> None:
    expect(ward.locator(".tile-room")).to_have_text(["Room 3", "Room 1", "Room 5", "Room 2", "Room 4", "Room 6"])
    ward.get_by_role("button", name="By room").click()
    expect(ward.locator(".tile-room")).to_have_text([f"Room {number}" for number in range(1, 7)])


def test_a_new_alert_moves_its_room_up_and_is_read_out(ward: Page, stub: StubMonitor) -> None:
    """Ask 24: a new alert is there without a reload."""
    alert = stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80", since_ms=stub.now_ms())
    stub.put(replace(stub.sessions["S-000004"], alerts=(alert,)))
    expect(ward.locator(".tile-room").nth(1)).to_have_text("Room 4")
    expect(ward.locator("#announce-high")).to_have_text("Room 4: high alert. Deep desaturation. SpO2 79 < 80")
    expect(ward).to_have_title("▲2 ◆1 ●1 ■1 · Ward · Infusion Monitor")


def test_priority_is_shape_text_and_colour(ward: Page) -> None:
    """Ask 58: never colour alone."""
    high, technical = ward.locator('.tile[data-session="S-000003"]'), ward.locator('.tile[data-session="S-000005"]')
    line = high.locator(".alert-line").first
    expect(line).to_contain_text("***")
    expect(line).to_contain_text("SBP 184 ≥ 180")
    expect(line.locator(".shape-high")).to_be_visible()
    expect(technical.locator(".shape-technical")).to_be_visible()
    expect(technical.locator(".alert-line").first).to_contain_text("SpO2 lost")
    expect(line).to_have_attribute("data-flash", "high")


@pytest.mark.parametrize(("width", "overdue", "later"), [(1440, "overdue", "in"), (600, "due", "in")])
def test_a_tile_says_what_is_to_be_observed_next_beside_the_next_cuff(
    open_page: Callable[..., Page], stub: StubMonitor, width: int, overdue: str, later: str
) -> None:
    page = open_page("/", width=width)
    due = {id_: page.locator(f'.tile[data-session="{id_}"] .tile-due') for id_ in ("S-000002", "S-000004", "S-000006")}
    expect(due["S-000002"]).to_have_text(re.compile(rf"^MOAA/S {overdue} 6:\d\d$"))
    expect(due["S-000002"]).to_have_attribute("data-due", "overdue")
    expect(due["S-000004"]).to_have_text(re.compile(rf"^CADSS-6 {later} 23:\d\d$"))
    expect(due["S-000006"]).to_be_hidden()  # nothing was given yet
    stub.put(stub_care.observed(stub.sessions["S-000002"], Charted.SEDATION, 5, stub.now_ms()))
    expect(due["S-000002"]).to_have_text(re.compile(r"in \d:\d\d$"))
    expect(page.locator('.tile[data-session="S-000002"] .tile-cuff')).to_contain_text("cuff")
    cut = "nodes => nodes.filter(node => node.getBoundingClientRect().right > node.closest('.tile').getBoundingClientRect().right).length"
    assert page.locator(".tile-due:visible, .tile-cuff:visible").evaluate_all(cut) == 0


CUT = "new Response(new ReadableStream({ start: stream => stream.error(new TypeError('cut')) }))"


@pytest.mark.parametrize("answer", ["Promise.reject(new TypeError('cut'))", CUT, "new Response('')"])
def test_before_the_checks_of_a_session_are_known_nothing_is_said_to_be_due(open_page: Callable[..., Page], answer: str) -> None:
    """The schedule alone would name a later time than the one that counts. An answer that breaks off does the screen no harm."""
    script = (
        f"const asked = fetch; window.fetch = async (at, ...more) => String(at).includes('/ward/checks') ? {answer} : asked(at, ...more);"
    )
    page = open_page("/", script=script)
    expect(page.locator('.tile[data-session="S-000002"] .tile-cuff')).to_contain_text("cuff")
    page.wait_for_load_state("networkidle")
    assert page.locator(".tile-due:visible").count() == 0
    expect(page.locator("html")).to_have_attribute("data-feed", "live")


def test_what_is_over_and_unanswered_says_so_on_a_small_tile_and_in_the_bar(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """A value that is fine again beside an alert of an old one: without a word it would look like a contradiction."""
    stub.reset(stub_rooms.rooms(16, mode=Mode.REAL))
    over = replace(stub.sessions["S-000001"].alerts[0], state=AlertState.LATCHED)
    stub.sessions["S-000001"] = replace(stub.sessions["S-000001"], alerts=(over,))
    page = open_page("/")
    for line in (page.locator('.tile[data-session="S-000001"] .alert-stands').first, page.locator("#worst .alert-stands")):
        expect(line).to_be_visible()
        assert line.evaluate("node => getComputedStyle(node, '::after').content").strip('"').endswith("over")


def test_an_acknowledged_alert_stays_without_flashing(ward: Page, stub: StubMonitor) -> None:
    one = stub.sessions["S-000003"]
    answered = tuple(
        replace(each, state=AlertState.ACKNOWLEDGED, acknowledged_by="R. Vega", acknowledged_at_ms=stub.now_ms()) for each in one.alerts
    )
    stub.put(replace(one, alerts=answered))
    tile = ward.locator('.tile[data-session="S-000003"]')
    expect(tile).to_contain_text("acknowledged by R. Vega 10:41")
    expect(tile).not_to_have_attribute("data-unanswered", "true")
    expect(tile.locator(".alert-line").first).not_to_have_attribute("data-flash", re.compile(""))
    expect(ward.locator(".tile-room").first).to_have_text("Room 3")


def test_enter_opens_a_room_without_a_new_socket_and_w_goes_back(ward: Page, stub: StubMonitor) -> None:
    ward.locator('.tile[data-session="S-000003"]').focus()
    ward.keyboard.press("Enter")
    expect(ward.locator("h1")).to_have_text("Room 3")
    expect(ward.locator(".numbers .v-bp")).to_contain_text("184/108")
    ward.keyboard.press("w")
    expect(ward.locator(".tile")).to_have_count(6)
    assert len(stub.asked) == 1


def test_a_click_opens_a_room_and_the_browser_can_go_back(ward: Page) -> None:
    ward.locator('.tile[data-session="S-000001"]').click()
    expect(ward.locator("h1")).to_have_text("Room 1")
    assert ward.url.endswith("/session/S-000001")
    ward.go_back()
    expect(ward.locator(".tile")).to_have_count(6)


def test_a_ward_of_real_patients_has_no_banner_and_simulated_ones_have_it_over_the_full_width(ward: Page, stub: StubMonitor) -> None:
    """F5: what is not a patient's is marked on every page and on its tile."""
    banner = ward.locator("#mode-banner")
    expect(banner).to_be_hidden()
    stub.put(stub_ward.simulated(stub.sessions["S-000002"]))
    expect(banner).to_contain_text("SIMULATED")
    box = banner.bounding_box()
    assert box is not None
    assert box["width"] == 1440
    expect(ward.locator('.tile[data-session="S-000002"] .tile-mode')).to_have_text("SIMULATEDpatient model, seed 7")
    expect(ward.locator('.tile[data-session="S-000001"] .tile-mode')).to_be_hidden()


def test_replayed_data_says_what_it_is_on_its_tile_and_its_page(ward: Page, stub: StubMonitor) -> None:
    source = "MIMIC-II s00001, not a ketamine infusion"
    stub.put(stub_ward.simulated(stub.sessions["S-000002"], Mode.REPLAYED, source))
    expect(ward.locator("#mode-banner")).to_contain_text("REPLAYED")
    tile = ward.locator('.tile[data-session="S-000002"]')
    expect(tile.locator(".tile-mode")).to_contain_text(source)
    tile.click()
    expect(ward.locator("#mode-banner")).to_contain_text("REPLAYED")
    expect(ward.locator(".mode-source")).to_contain_text(source)


def test_devices_of_nobody_and_an_impaired_record_are_said(ward: Page, stub: StubMonitor) -> None:
    stray = UnboundNow(device="monitor-x9", mode=Mode.REAL, source="bedside monitor", readings=123, last_at_ms=stub.now_ms() - 4_000)
    stub.tell(SystemNow(recording_impaired="disk full", refused=0, unbound=(stray,), viewers=1))
    expect(ward.locator("#impaired")).to_contain_text("Recording impaired: disk full")
    expect(ward.locator(".strips")).to_contain_text("monitor-x9 sends readings that belong to no session: 123 so far")
    stub.tell(QUIET)
    expect(ward.locator("#impaired")).to_be_hidden()
    expect(ward.locator(".strips .strip")).to_have_count(0)


MADE = """window.made = new Set(); new MutationObserver(() => document.querySelectorAll('.part-ward').forEach(node => made.add(node)))
    .observe(document, { childList: true, subtree: true });"""


def test_a_page_is_made_once(open_page: Callable[..., Page]) -> None:
    """Made a second time, it would be taken from under the first click."""
    page = open_page("/", script=MADE)
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".tile").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator("#early").wait_for(state="detached")
    assert page.evaluate("made.size") == 1


def test_an_empty_ward_says_what_to_do(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([])
    page = open_page("/")
    expect(page.locator("#empty")).to_contain_text("No open sessions")
    expect(page.locator("#empty li")).to_have_count(3)
    page.locator("#empty").get_by_role("button", name="New session").click()
    page.get_by_label("Room").fill("4")
    page.get_by_label("Initials").fill("N.N.")
    page.get_by_label("Weight, kg").fill("82.5")
    page.get_by_role("button", name="Open session").click()
    expect(page.locator("h1")).to_have_text("Room 4")
    patient = {"label": "N.N.", "birth_year": None, "weight_kg": 82.5}
    order = {"treatment": "ketamine_iv", "dose_mg_per_kg": 0.5, "duration_min": 40}
    assert stub.posts == [("POST", "/api/v1/sessions", {"room": "4", "patient": patient, "order": order, "indication": "depression"})]


def test_a_session_that_ends_leaves_and_a_new_one_comes(ward: Page, stub: StubMonitor) -> None:
    stub.end("S-000006")
    expect(ward.locator(".tile")).to_have_count(5)
    stub.put(stub_ward.session(8, "8", "E.F."))
    expect(ward.locator(".tile")).to_have_count(6)


@pytest.mark.parametrize("path", ["/", "/session/S-000003"])
def test_texts_of_others_are_text(open_page: Callable[..., Page], stub: StubMonitor, path: str) -> None:
    """Labels, rooms, reasons, sources and notes come from people and devices. The fixture fails on any script or request they cause."""
    one = stub_ward.simulated(stub.sessions["S-000003"], source=EVIL)
    alert = stub_ward.alert("BP-H1", EVIL, EVIL)
    patient = Patient(birth_year=1984, label=EVIL, weight_g=70_000)
    stub.sessions[one.id] = replace(one, room=EVIL, patient=patient, alerts=(alert,))
    stub.journal.append(Happened(session=one.id, seq=900, at_ms=stub.now_ms(), kind="note_added", text=f"vega: {EVIL}"))
    stub.system = SystemNow(EVIL, 0, (UnboundNow(EVIL, Mode.REAL, EVIL, 1, stub.now_ms()),), 1)
    page = open_page(path)
    page.locator("html[data-feed=live]").wait_for()
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert page.evaluate("window.hit") is None
    assert page.locator("main img, main script").count() == 0


CLIPPED = """nodes => nodes.filter(node => node.offsetParent
  && node.getBoundingClientRect().right > node.closest('.readout').getBoundingClientRect().right + 1).map(node => node.textContent)"""


@pytest.mark.parametrize("path", ["/", "/session/S-000003"])
def test_nothing_runs_out_of_any_width(open_page: Callable[..., Page], stub: StubMonitor, path: str) -> None:
    long = "Extraordinarily-long-initials-without-a-single-space-in-them-1234567890"
    one = stub.sessions["S-000003"]
    stub.sessions[one.id] = replace(
        one, room="North wing, second floor, room 12b", patient=Patient(birth_year=1984, label=long, weight_g=70_000)
    )
    page = open_page(path)
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".readout-value").first.wait_for()
    for width in (360, 390, 700, 768, 1024, 1190, 1440, 1920, 3840):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        assert page.locator(".readout-value").evaluate_all(CLIPPED) == [], width
