"""The record on paper: whose it is, the same drawing, light, A4 across, and never silently incomplete."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
A4_ACROSS = b"[0 0 841.9"


@pytest.fixture
def paper(open_page: Callable[..., Page], stub: StubMonitor) -> Page:
    stub.sessions["S-000003"] = stub_ward.simulated(stub.sessions["S-000003"])
    page = open_page("/record/S-000003")
    page.locator('.paper[data-state="loaded"]').wait_for()
    return page


def test_every_sheet_says_whose_record_it_is(paper: Page) -> None:
    sheets = paper.locator(".sheet")
    count = sheets.count()
    assert count >= 3
    for place in range(count):
        head = sheets.nth(place).locator("header")
        for part in (
            "J.S. · born 1984 · 70 kg",
            "Room 3",
            "S-000003",
            "Ketamine IV · 35.0 mg (0.5 mg/kg) over 40 min",
            "SIMULATED · not a patient",
            "22 Nov 2026 10:41",
            "CET (Europe/Madrid)",
            f"Page {place + 1} of {count}",
        ):
            expect(head).to_contain_text(part)
        expect(sheets.nth(place).locator("footer")).to_contain_text("Secondary display")


def test_it_is_the_drawing_of_the_screen_with_the_numbers_beside_it(paper: Page) -> None:
    drawing = paper.locator(".sheet svg").first
    expect(drawing.locator("text", has_text="start 10:25")).to_have_count(1)
    expect(drawing.locator("text", has_text="MODEL, not measured")).to_have_count(1)
    cuffs = paper.locator(".paper-cuffs tbody tr")
    expect(drawing.locator(".mark-systolic")).to_have_count(cuffs.count())
    expect(cuffs.last).to_contain_text("184/108")
    expect(paper.locator(".paper-happened")).to_contain_text("Severe hypertension raised: SBP 184 ≥ 180")


def test_paper_is_light_in_a_dark_room(paper: Page) -> None:
    assert paper.evaluate("document.documentElement.dataset.theme") == "dark"
    assert paper.locator(".sheet").first.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"


def test_each_sheet_is_one_page_of_a4_across_and_nothing_else_is_printed(paper: Page) -> None:
    sheets = paper.locator(".sheet").count()
    printed = paper.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == sheets
    assert printed.count(b"/MediaBox " + A4_ACROSS) == sheets
    paper.emulate_media(media="print")
    for other in (".part-header", "#about", ".paper-bar", "#not-live"):
        expect(paper.locator(other)).to_be_hidden()
    expect(paper.locator(".sheet").first).to_be_visible()


def test_paper_that_is_not_complete_says_so_on_every_sheet(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.refusals["/readings"] = (503, {"reason": "store_failed", "detail": "the store does not answer"})
    page = open_page("/record/S-000003")
    page.locator('.paper[data-state="incomplete"]').wait_for()
    for sheet in page.locator(".sheet").all():
        expect(sheet).to_contain_text("the store does not answer. What stands here is not complete.")


def test_from_the_session_to_its_paper_and_back_without_losing_the_stream(room_3: Page) -> None:
    room_3.evaluate("window.isSamePage = true")
    room_3.get_by_role("link", name="Print").click()
    room_3.locator('.paper[data-state="loaded"]').wait_for()
    room_3.get_by_role("link", name="Back to the session").click()
    expect(room_3.locator(".record-plot")).to_be_visible()
    assert room_3.evaluate("window.isSamePage") is True
