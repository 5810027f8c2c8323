"""Working a session at the screen: what was entered and corrected, the drug's account, read-back, what is due, sign-off and summary."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

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
