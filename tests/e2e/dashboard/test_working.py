"""Working a session at the screen: what was entered and corrected, the drug's account, read-back, what is due, sign-off and summary."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Locator, Page, expect

from schemas.session import Treatment
from schemas.stream_wire import VialNow, WasteNow
from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
S3 = "/api/v1/sessions/S-000003"


# --- entered in error -------------------------------------------------------------------------------------------------------------------


def entry(page: Page, text: str) -> Locator:
    return page.locator("#entries li").filter(has_text=text)


def test_a_slip_is_struck_through_and_stays(room_3: Page, stub: StubMonitor) -> None:
    room_3.locator("#entries summary").click()
    row = entry(room_3, "Rate 0.875 mg/min")
    row.get_by_role("button", name="Entered in error: Rate 0.875").click()
    reason = row.get_by_label("What is wrong with it")
    expect(reason).to_be_focused()
    assert stub.posts == [], "nothing is sent before the reason"
    reason.fill("meant for room 4")
    reason.press("Enter")
    expect(row).to_have_attribute("data-voided", "true")
    expect(row.locator(".entry-error")).to_contain_text("entered in error 10:")
    expect(row.locator(".entry-error")).to_contain_text("vega: meant for room 4")
    assert row.locator(".entry-text").evaluate("node => getComputedStyle(node).textDecorationLine") == "line-through"
    expect(row.get_by_role("button")).to_have_count(0)
    seq = int(row.get_attribute("data-seq") or 0)
    assert stub.posts == [("POST", f"{S3}/corrections", {"entry": seq, "reason": "meant for room 4"})]
    struck = room_3.locator('#journal [data-voided="true"]')
    expect(struck).to_contain_text("Rate 0.875 mg/min")


def test_a_correction_that_is_not_saved_keeps_its_reason(room_3: Page, stub: StubMonitor) -> None:
    stub.refusals["/corrections"] = (409, {"reason": "already_corrected", "detail": "entry 5 was marked by ruiz"})
    room_3.locator("#entries summary").click()
    row = entry(room_3, "Rate 0.875 mg/min")
    row.get_by_role("button", name="Entered in error").click()
    row.get_by_label("What is wrong with it").fill("slip")
    row.get_by_role("button", name="Mark as entered in error").click()
    expect(room_3.locator("#entries .outcome")).to_have_text("NOT SAVED: entry 5 was marked by ruiz")
    expect(row.get_by_label("What is wrong with it")).to_have_value("slip")
    expect(row).not_to_have_attribute("data-voided", "true")


def test_an_auditor_sees_the_entries_and_marks_none(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(role="auditor")
    page = open_page("/session/S-000003")
    page.locator("#entries summary").click()
    expect(entry(page, "Rate 0.875 mg/min")).to_be_visible()
    expect(page.locator("#entries li").get_by_role("button")).to_have_count(0)


# --- the drug's account -----------------------------------------------------------------------------------------------------------------


def fill(form: Locator, **values: str) -> None:
    for label, value in values.items():
        form.get_by_label({"mg_per_ml": "mg/ml"}.get(label, label), exact=True).fill(value)


def test_the_account_says_what_is_left_and_a_waste_waits_for_a_witness(room_3: Page, stub: StubMonitor) -> None:
    drug = room_3.locator("#drug")
    expect(drug.locator("#drug-balance")).to_contain_text("mg more given than drawn")
    drug.locator("summary").click()
    drawn = drug.get_by_role("form", name="Record drawn")
    fill(drawn, Lot="A17", mg_per_ml="50", mg="50")
    drawn.get_by_role("button").click()
    expect(drug).to_contain_text("drawn 50.0 mg of 50 mg/ml, lot A17, by R. Vega")
    expect(drug.locator("#drug-balance")).to_contain_text("mg left")
    wasted = drug.get_by_role("form", name="Record waste")
    fill(wasted, mg="12.5")
    wasted.get_by_role("button").click()
    expect(drug).to_contain_text("wasted 12.5 mg by R. Vega, waits for a witness. Another clinician confirms it")
    expect(drug.get_by_role("button", name="I saw it wasted")).to_be_hidden()
    assert [body for _, _, body in stub.posts] == [
        {"kind": "drawn", "lot": "A17", "concentration_mg_per_ml": 50, "amount_mg": 50},
        {"kind": "wasted", "amount_mg": 12.5},
    ]


def test_what_is_not_saved_stays_as_it_was_typed(room_3: Page, stub: StubMonitor) -> None:
    stub.refusals["/drug"] = (503, {"reason": "store_failed", "detail": "the disk is full"})
    drug = room_3.locator("#drug")
    drug.locator("summary").click()
    drawn = drug.get_by_role("form", name="Record drawn")
    fill(drawn, Lot="A17", mg_per_ml="50", mg="50")
    drawn.get_by_role("button").click()
    expect(drug.locator(".outcome")).to_have_text("NOT SAVED: the disk is full")
    expect(drawn.get_by_label("Lot")).to_have_value("A17")


def test_a_second_clinician_witnesses_and_the_account_is_even(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    one = stub.sessions["S-000004"]
    at_ms = stub_ward.START_MS
    vial = VialNow(at_ms, "ruiz", 50_000, one.given_ug + 15_000, "A17", 900)
    stub.sessions["S-000004"] = replace(one, vials=(vial,), wastes=(WasteNow(at_ms, "ruiz", None, 901, 15_000, None),))
    page = open_page("/session/S-000004")
    drug = page.locator("#drug")
    expect(drug.locator("#drug-balance")).to_have_text("15.0 mg left")
    expect(drug).to_have_attribute("open", "")  # after the stop, what is left stands open
    drug.get_by_role("button", name="I saw it wasted").click()
    expect(drug).to_contain_text("witnessed by vega")
    expect(drug.locator("#drug-balance")).to_have_text("accounted for")
    assert stub.posts[0][1] == "/api/v1/sessions/S-000004/drug/901/witness"


# --- sign-off ---------------------------------------------------------------------------------------------------------------------------


def test_the_discharge_is_signed_with_name_and_meaning(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/session/S-000004")
    card = page.locator("#sign-off")
    expect(card).to_contain_text("fit to leave with the escort.” Signed as R. Vega.")
    card.get_by_role("button", name="Sign for the discharge").click()
    seq = stub.sessions["S-000004"].last_seq
    shown = card.get_by_role("group", name="What you sign")
    signed_as = ("R. Vega (vega)", "2026-11-22 09:41:", "UTC", "I have assessed this patient")
    for said in (*signed_as, f"entries 1 to {seq}", f"{'ab' * 8}…", "of 12 seals"):
        expect(shown).to_contain_text(said)
    expect(card.get_by_role("button", name="Cancel")).to_be_focused()
    shown.locator("summary").click()
    expect(shown.locator("details code")).to_have_text("ab" * 32)
    assert stub.posts == [], "it was shown, and not signed"
    card.get_by_role("button", name="Sign this").click()
    expect(card).to_contain_text("Signed by R. Vega (vega) at 10:41.")
    expect(card).to_contain_text(f"entries 1 to {seq}")
    expect(card.get_by_role("button")).to_have_count(0)
    assert stub.posts[0][2]["meaning"].startswith("I have assessed this patient")
    assert (stub.posts[0][2]["under"]["digest"], stub.posts[0][2]["under"]["seq"]) == ("ab" * 32, seq)


def test_what_came_meanwhile_is_shown_before_it_is_signed(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/session/S-000004")
    card = page.locator("#sign-off")
    card.get_by_role("button", name="Sign for the discharge").click()
    stub.refusals["/sign-off"] = (409, {"reason": "record_moved_on", "detail": "Entry 999 has come"})
    card.get_by_role("button", name="Sign this").click()
    expect(card).to_contain_text("Not signed: more than measurements came")
    expect(card.get_by_role("button", name="Sign this")).to_be_visible()
    del stub.refusals["/sign-off"]
    card.get_by_role("button", name="Sign this").click()
    expect(card).to_contain_text("Signed by R. Vega (vega)")


def test_while_infusing_nothing_is_signed(room_3: Page) -> None:
    expect(room_3.locator("#sign-off")).to_be_hidden()


# --- right patient, right device --------------------------------------------------------------------------------------------------------


def test_a_device_is_bound_once_its_label_was_read_back(room_3: Page, stub: StubMonitor) -> None:
    devices = room_3.locator(".devices")
    devices.get_by_label("Device", exact=True).select_option("monitor-b7")
    devices.get_by_role("button", name="Bind", exact=True).click()
    check = room_3.locator("#read-back")
    expect(check).to_contain_text("real device · bedside monitor")
    expect(check).to_contain_text("HR 71 · SpO2 97 · ")
    expect(check).to_contain_text("It will measure beside monitor-b3")
    expect(check.locator(".read-back-sentence")).to_have_text("Room 3 = J.S. 1984 = ______")
    confirm = check.get_by_role("button", name="Confirm and bind")
    label = check.get_by_label("Type the label that stands on it")
    expect(label).to_be_focused()
    for wrong in ("", "monitor b8", "-"):
        label.fill(wrong)
        expect(confirm).to_be_disabled()
    label.fill("Monitor B7")
    expect(check.locator(".read-back-sentence")).to_have_text("Room 3 = J.S. 1984 = monitor-b7")
    assert stub.posts == []
    confirm.click()
    expect(devices.locator(".device-list")).to_contain_text("monitor-b7")
    expect(check).to_be_hidden()
    assert stub.posts == [("POST", f"{S3}/bindings", {"device": "monitor-b7", "read_back": "Room 3 = J.S. 1984 = monitor-b7"})]


def test_a_binding_that_is_refused_keeps_what_was_typed(room_3: Page, stub: StubMonitor) -> None:
    stub.refusals["/bindings"] = (409, {"reason": "device_in_use", "detail": "monitor-b7 is bound to S-000009"})
    room_3.locator(".devices").get_by_label("Device", exact=True).select_option("monitor-b7")
    room_3.get_by_role("button", name="Bind", exact=True).click()
    label = room_3.get_by_label("Type the label that stands on it")
    label.fill("monitor-b7")
    label.press("Enter")
    expect(room_3.locator(".devices .outcome")).to_have_text("NOT SAVED: monitor-b7 is bound to S-000009")
    expect(label).to_have_value("monitor-b7")


def test_to_change_a_device_the_tile_is_cleared_first(room_3: Page, stub: StubMonitor) -> None:
    """Ask 13: no value of the device before is left on the screen of the patient after."""
    one = stub.sessions["S-000003"]
    stub.put(replace(one, vitals=tuple(replace(row, device="monitor-b3") for row in one.vitals)))
    heart = room_3.locator(".numbers .readout-value").first
    expect(heart).not_to_have_text("---")
    room_3.get_by_role("button", name="Unbind").first.click()
    room_3.get_by_role("button", name="Confirm: Unbind").click()
    for value in room_3.locator(".numbers .readout-value:visible").all():
        expect(value).to_contain_text("---")


# --- what is due ------------------------------------------------------------------------------------------------------------------------


def test_what_is_due_counts_down_is_told_in_words_and_opens_its_entry(room_3: Page) -> None:
    due = room_3.locator("#due")
    check = due.locator('[data-what="sedation"]')
    expect(check).to_have_attribute("data-due", "overdue")
    expect(check).to_contain_text("overdue 6:")
    expect(due.locator('[data-what="dissociation"]')).to_contain_text("in 2")
    check.get_by_role("button").click()
    expect(room_3.get_by_role("button", name="MOAA/S 5")).to_be_focused()
    room_3.keyboard.press("Enter")
    room_3.get_by_role("button", name="Chart 1").click()
    expect(check).to_have_attribute("data-due", "later")
    expect(check).to_contain_text("in 9:")


# --- routes -----------------------------------------------------------------------------------------------------------------------------


def test_a_preset_fills_the_order_in_and_a_route_without_a_rate_asks_for_none(ward: Page, stub: StubMonitor) -> None:
    ward.locator(".tile").first.wait_for()  # until then the page still moves under the pointer
    ward.get_by_role("button", name="New session").first.click()
    form = ward.locator("#new-session")
    expect(form).to_be_visible()
    expect(form.get_by_label("Indication and preset")).to_have_value("depression")
    form.get_by_label("Treatment").select_option("esketamine_nasal")
    form.get_by_label("Indication and preset").select_option("esketamine_84")
    expect(form.get_by_label("Dose, mg", exact=True)).to_have_value("84")
    expect(form.get_by_label("Over, minutes")).to_be_hidden()
    for label, value in (("Room", "9"), ("Initials", "T.T."), ("Weight, kg", "70")):
        form.get_by_label(label, exact=True).fill(value)
    form.get_by_role("button", name="Open session").click()
    ward.locator(".identity").wait_for()
    (_, _, body) = stub.posts[0]
    assert body["order"] == {"treatment": "esketamine_nasal", "dose_mg": 84}
    assert body["indication"] == "esketamine_84"


def test_nasal_devices_are_given_one_by_one_five_minutes_apart(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    one = stub.sessions["S-000003"]
    order = replace(one.order, treatment=Treatment.ESKETAMINE_NASAL, dose_ug=56_000, duration_ms=0)
    dosing = replace(one, order=order, indication="esketamine_56", rate_ug_per_min=0, given_ug=0, last_dose_at_ms=None)
    stub.sessions["S-000003"] = dosing
    page = open_page("/session/S-000003")
    expect(page.locator(".identity-phase")).to_contain_text("Dosing")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="End dosing")).to_be_visible()
    dose = page.locator(".dose")
    expect(dose).to_contain_text("next device may be given now")
    expect(dose.get_by_role("button", name="Record rate")).to_be_hidden()
    dose.get_by_role("button", name="Record 28 mg device").click()
    dose.get_by_role("button", name="Confirm: Record 28 mg device").click()
    expect(dose.locator(".outcome")).to_contain_text("Saved")
    assert stub.posts[-1][2] == {"kind": "bolus", "amount_mg": 28}
    stub.put(replace(dosing, given_ug=28_000, last_dose_at_ms=stub.now_ms()))
    expect(dose).to_contain_text("next device in 4:")


# --- the sheet --------------------------------------------------------------------------------------------------------------------------


def test_the_summary_is_read_from_the_record_and_prints_alone(room_3: Page, stub: StubMonitor) -> None:
    sheet = room_3.locator("#summary")
    sheet.locator("summary").click()
    expect(sheet).to_contain_text("Room 3 · J.S. 1984 · 70 kg · S-000003")
    expect(sheet.locator("tr").filter(has_text="SBP122")).to_contain_text("184 (+62)")
    expect(sheet.locator("tr").filter(has_text="Severe hypertension")).to_contain_text("vega, after 0:42")
    expect(sheet).to_contain_text("checked on paper (Preparation)")
    expect(sheet).to_contain_text("entered in error (ruiz: wrong room)")
    expect(sheet).to_contain_text("Not signed for.")
    room_3.evaluate("window.print = () => {}")
    sheet.get_by_role("button", name="Print").click()
    room_3.emulate_media(media="print")
    visibility = "node => getComputedStyle(node).visibility"
    assert sheet.locator("table").first.evaluate(visibility) == "visible"
    assert room_3.locator(".numbers").evaluate(visibility) == "hidden"


def test_a_summary_that_cannot_be_read_shows_no_old_one(room_3: Page, stub: StubMonitor) -> None:
    sheet = room_3.locator("#summary")
    sheet.locator("summary").click()
    expect(sheet.locator("table")).not_to_have_count(0)
    stub.refusals["/summary"] = (503, {"reason": "store_failed", "detail": "the store does not answer"})
    sheet.get_by_role("button", name="Read again").click()
    expect(sheet).to_contain_text("The summary could not be read: the store does not answer")
    expect(sheet.locator("table")).to_have_count(0)
    expect(sheet.get_by_role("button", name="Print")).to_be_disabled()


@pytest.mark.parametrize("path", ["/session/S-000003", "/session/S-000006", "/session/S-000004"])
def test_the_panels_fit_a_phone_and_a_tablet(open_page: Callable[..., Page], path: str) -> None:
    page = open_page(path, width=360, height=700)
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".identity").wait_for()
    for panel in page.locator("details.card:visible").all():
        panel.evaluate("node => node.open = true")
    for width in (360, 768, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        overflowing = """nodes => nodes.filter(node => node.offsetParent && node.getBoundingClientRect().right > innerWidth + 1)
            .map(node => node.outerHTML.slice(0, 90))"""
        assert page.locator("#drug *, #due *, #entries *, #summary *, #sign-off *, .devices *").evaluate_all(overflowing) == [], width
