"""A session's page: what a clinician does is sent as the contract says, and the screen says whether it is saved."""

import threading
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.session import Phase
from tests.support import stub_care, stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
S3 = "/api/v1/sessions/S-000003"


def test_acknowledge_answers_the_whole_cause_and_says_saved(room_3: Page, stub: StubMonitor) -> None:
    card = room_3.locator('.alert-card[data-tone="high"]')
    card.get_by_role("button", name="Acknowledge").click()
    expect(room_3.locator('.alerts .outcome[data-state="saved"]')).to_contain_text("Saved 10:41")
    expect(card).to_contain_text("acknowledged by R. Vega")
    expect(card.get_by_role("button", name="Acknowledge")).to_be_hidden()
    assert stub.posts == [("POST", f"{S3}/alerts/BP-H1.1/acknowledgement", {})]


def test_a_refused_acknowledgement_says_why_and_stays_unanswered(room_3: Page, stub: StubMonitor) -> None:
    stub.refusals["/acknowledgement"] = (503, {"reason": "store_failed", "detail": "the disk is full"})
    button = room_3.locator('.alert-card[data-tone="high"]').get_by_role("button", name="Acknowledge")
    button.click()
    expect(room_3.locator('.alerts .outcome[data-state="failed"]')).to_have_text("NOT SAVED: the disk is full")
    stub.refusals["/acknowledgement"] = (409, {"reason": "already_resolved", "detail": "the alert is over"})
    button.click()
    expect(room_3.locator('.alerts .outcome[data-state="failed"]')).to_have_text("NOT SAVED: the alert is over")
    expect(button).to_be_enabled()


def test_without_an_answer_it_says_that_nobody_knows(room_3: Page) -> None:
    room_3.route("**/acknowledgement", lambda route: route.abort())
    room_3.locator('.alert-card[data-tone="high"]').get_by_role("button", name="Acknowledge").click()
    expect(room_3.locator('.alerts .outcome[data-state="failed"]')).to_contain_text("saved or not is not known")


def test_while_an_answer_is_awaited_it_says_saving_and_cannot_be_sent_twice(room_3: Page, stub: StubMonitor) -> None:
    held = stub.held["/acknowledgement"] = threading.Event()
    button = room_3.locator('.alert-card[data-tone="low"]').get_by_role("button", name="Acknowledge")
    button.click()
    expect(room_3.locator(".alerts > .outcome")).to_have_text("Saving…")
    expect(button).to_be_disabled()
    held.set()
    expect(room_3.locator(".alerts > .outcome")).to_contain_text("Saved")
    assert len(stub.posts) == 1


def test_the_a_key_answers_the_worst_and_then_the_chosen_one(room_3: Page, stub: StubMonitor) -> None:
    room_3.keyboard.press("a")
    expect(room_3.locator('.alert-card[data-tone="high"]')).to_contain_text("acknowledged by")
    room_3.locator('.alert-card[data-tone="low"]').focus()
    room_3.keyboard.press("a")
    expect(room_3.locator('.alert-card[data-tone="low"]')).to_contain_text("acknowledged by")
    assert [path.split("/")[-2] for _, path, _ in stub.posts] == ["BP-H1.1", "HR-L1.1"]


def test_typing_an_a_into_a_note_answers_nothing_and_the_note_is_saved(room_3: Page, stub: StubMonitor) -> None:
    room_3.keyboard.press("n")
    expect(room_3.locator("#note")).to_be_focused()
    room_3.keyboard.type("a headache")
    room_3.get_by_role("button", name="Save note").click()
    expect(room_3.locator("#journal li").first).to_contain_text("a headache")
    expect(room_3.locator("#note")).to_have_value("")
    assert stub.posts == [("POST", f"{S3}/notes", {"text": "a headache"})]


def test_a_note_that_is_not_saved_stays_where_it_was_written(room_3: Page, stub: StubMonitor) -> None:
    stub.refusals["/notes"] = (422, {"reason": "invalid", "detail": "the text is too long"})
    room_3.locator("#note").fill("keep me")
    room_3.get_by_role("button", name="Save note").click()
    expect(room_3.locator(".journal .outcome:not([hidden])")).to_contain_text("the text is too long")
    expect(room_3.locator("#note")).to_have_value("keep me")


def test_stop_takes_one_more_tap_elsewhere_and_can_be_taken_back(room_3: Page, stub: StubMonitor) -> None:
    stop = room_3.get_by_role("button", name="Stop infusion", exact=True)
    stop.dblclick()
    assert stub.posts == []
    stop.click()
    room_3.get_by_role("button", name="Cancel").click()
    stop.click()
    room_3.get_by_role("button", name="Confirm: Stop infusion").click()
    expect(room_3.locator(".identity-phase")).to_have_attribute("data-phase", "recovery")
    expect(room_3.locator(".controls .outcome")).to_contain_text("Saved")
    expect(room_3.get_by_role("button", name="Close session")).to_be_visible()
    assert stub.posts == [("POST", f"{S3}/phase", {"phase": "recovery"})]


def test_pause_and_resume_take_one_tap(room_3: Page, stub: StubMonitor) -> None:
    room_3.get_by_role("button", name="Pause", exact=True).click()
    room_3.get_by_role("button", name="Resume", exact=True).click()
    expect(room_3.locator(".identity-phase")).to_have_attribute("data-phase", "infusing")
    assert [body for _, _, body in stub.posts] == [{"phase": "paused"}, {"phase": "infusing"}]


def test_a_start_without_a_baseline_is_refused_in_words_and_can_be_overridden_with_a_reason(
    open_page: Callable[..., Page], stub: StubMonitor
) -> None:
    detail = "the blood pressure baseline has 1 of 2 cuff values"
    stub.refusals["/phase"] = (409, {"reason": "baseline_incomplete", "detail": detail})
    stub.sessions["S-000006"] = stub_care.all_answered(stub.sessions["S-000006"], "start")
    page = open_page("/session/S-000006")
    expect(page.locator("#gates")).to_contain_text("Nothing stands against it.")
    page.get_by_role("button", name="Start infusion").click()
    page.get_by_role("button", name="Confirm: Start infusion").click()
    expect(page.locator(".controls .outcome")).to_have_text(f"NOT SAVED: {detail}")
    stub.refusals.clear()
    page.get_by_label("Reason to go on").fill("measured by hand, 118/74")
    page.get_by_role("button", name="Go on with this reason").click()
    expect(page.locator(".identity-phase")).to_have_attribute("data-phase", "infusing")
    expect(page.locator("#override")).to_be_hidden()
    assert stub.posts[-1] == ("POST", "/api/v1/sessions/S-000006/phase", {"phase": "infusing", "override": "measured by hand, 118/74"})


def test_an_infusion_without_a_rate_asks_for_it_and_the_dose_counts_up(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.sessions["S-000003"] = replace(stub.sessions["S-000003"], rate_ug_per_min=0)
    page = open_page("/session/S-000003")
    expect(page.locator(".warning")).to_contain_text("no rate is recorded")
    page.get_by_role("button", name="Record 0.875 mg/min").click()
    expect(page.locator(".warning")).to_be_hidden()
    assert stub.posts == [("POST", f"{S3}/doses", {"kind": "rate", "rate_mg_per_min": 0.875})]
    before = page.locator(".dose-given").inner_text()
    expect(page.locator(".dose-given")).not_to_have_text(before, timeout=10_000)


def test_a_rate_and_a_bolus_are_numbers(room_3: Page, stub: StubMonitor) -> None:
    room_3.get_by_label("Record rate, mg/min").fill("0.5")
    room_3.get_by_role("button", name="Record rate").click()
    expect(room_3.locator(".dose .outcome")).to_contain_text("Saved")
    room_3.get_by_label("Record bolus, mg").fill("5")
    room_3.get_by_role("button", name="Record bolus").click()
    expect(room_3.locator("#journal li")).to_have_count(11)
    assert [body for _, _, body in stub.posts] == [{"kind": "rate", "rate_mg_per_min": 0.5}, {"kind": "bolus", "amount_mg": 5}]


def test_an_auditor_sees_all_and_can_do_nothing(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(role="auditor")
    page = open_page("/session/S-000003")
    expect(page.locator(".controls")).to_contain_text("Signed in as auditor: view only.")
    expect(page.locator(".numbers .v-bp")).to_contain_text("184/108")
    for name in ("Acknowledge", "Pause", "Stop infusion", "Save note", "Record rate", "Bind", "Unbind"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", f"{S3}/export?format=csv")


def test_a_session_that_ends_under_the_page_stands_still_and_says_so(room_3: Page, stub: StubMonitor) -> None:
    expect(room_3.locator('.readout[data-look="current"]').first).to_be_visible()
    stub.end("S-000003")
    expect(room_3.locator("#session-notice")).to_contain_text("This session has ended")
    expect(room_3.locator('.readout[data-look="current"]')).to_have_count(0)
    expect(room_3.locator("html")).to_have_attribute("data-feed", "live")


def test_an_unknown_session_says_so(open_page: Callable[..., Page]) -> None:
    page = open_page("/session/S-999999")
    expect(page.locator("#session-notice")).to_contain_text("There is no session S-999999.")


def test_numbers_stand_with_their_distance_from_the_baseline(room_3: Page) -> None:
    expect(room_3.locator(".numbers .v-hr")).to_contain_text("+42 from 70")
    expect(room_3.locator(".numbers .v-bp")).to_contain_text("+51 % of 122")
    expect(room_3.locator(".numbers .v-hr")).to_have_attribute("data-alert", "low")
    expect(room_3.locator(".numbers .v-bp")).to_have_attribute("data-alert", "high")
    expect(room_3.locator(".identity")).to_contain_text("35.0 mg (0.5 mg/kg) over 40 min")


def test_a_planned_session_begins_its_baseline(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.sessions["S-000003"] = stub_ward.session(
        3, "3", "J.S.", phase=Phase.PLANNED, started_at_ms=None, vitals=(), devices=(), baselines=()
    )
    page = open_page("/session/S-000003")
    expect(page.locator(".devices")).to_contain_text("No device is bound")
    expect(page.locator(".numbers .v-hr")).to_contain_text("not measured yet")
    page.get_by_role("button", name="Begin baseline").click()
    expect(page.locator(".identity-phase")).to_have_attribute("data-phase", "baseline")
