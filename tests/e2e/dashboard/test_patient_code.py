"""A mistyped patient code: how it is corrected on the page of a session that runs and of one that is over."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stub_monitor import StubMonitor
from tests.support.stub_review import CODE, OVER

pytestmark = pytest.mark.e2e
RUNNING = "S-000003"


def test_the_keyboard_gives_the_right_code_with_a_reason_and_the_page_says_saved(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page(f"/session/{RUNNING}")
    expect(page.locator("#patient-code")).to_have_text("no patient code")
    page.get_by_role("button", name="Correct the patient code").press("Enter")
    expect(page.get_by_label("Patient code", exact=True)).to_be_focused()
    page.keyboard.type("k-0099")
    page.keyboard.press("Tab")
    page.keyboard.type("read wrongly")
    page.keyboard.press("Enter")
    expect(page.locator(".patient-code .outcome")).to_contain_text("Saved")
    expect(page.locator("#patient-code")).to_have_text("code K-0099")
    expect(page.locator("#journal")).to_contain_text("Patient code K-0099, not None, corrected by vega: read wrongly")
    assert stub.posts[-1][1:] == (
        f"/api/v1/sessions/{RUNNING}/patient-code",
        {"code": "K-0099", "instead_of": None, "reason": "read wrongly"},
    )


def test_what_is_refused_is_not_saved_says_why_and_stays_as_it_was_typed(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.refusals["/patient-code"] = (409, {"reason": "code_differs", "detail": "the patient code is K-0001 by now: look again"})
    page = open_page(f"/session/{RUNNING}")
    page.get_by_role("button", name="Correct the patient code").click()
    page.get_by_label("Patient code", exact=True).fill("K-0099")
    page.get_by_role("button", name="Save the code").click()  # no reason: nothing is sent
    assert [post for post in stub.posts if post[1].endswith("/patient-code")] == []
    page.get_by_label("Why it is corrected").fill("read wrongly")
    page.get_by_role("button", name="Save the code").click()
    expect(page.locator(".patient-code .outcome")).to_contain_text("NOT SAVED")
    expect(page.locator(".patient-code .outcome")).to_contain_text("K-0001 by now")
    expect(page.get_by_label("Why it is corrected")).to_have_value("read wrongly")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Why it is corrected")).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 360])
def test_a_session_that_is_over_takes_it_too(open_page: Callable[..., Page], stub: StubMonitor, width: int) -> None:
    page = open_page(f"/session/{OVER}", width=width)
    expect(page.locator("#patient-code")).to_have_text(f"code {CODE}")
    page.get_by_role("button", name="Correct the patient code").click()
    expect(page.get_by_label("Patient code", exact=True)).to_have_value(CODE)
    page.get_by_label("Patient code", exact=True).fill("")
    page.get_by_label("Why it is corrected").fill("another person's")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Save the code").click()
    expect(page.locator("#patient-code")).to_have_text("no patient code")
    assert stub.posts[-1][2] == {"code": None, "instead_of": CODE, "reason": "another person's"}


@pytest.mark.parametrize("session", [RUNNING, OVER])
def test_an_auditor_reads_it_and_corrects_nothing(open_page: Callable[..., Page], stub: StubMonitor, session: str) -> None:
    stub.reset(role="auditor")
    page = open_page(f"/session/{session}")
    expect(page.locator("#patient-code")).to_be_visible()
    expect(page.get_by_role("button", name="Correct the patient code")).to_have_count(0)
