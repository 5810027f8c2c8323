"""The Audit page: records are verified while one waits, the verdict is said in words, and everything can be taken out; by keyboard too."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import violations
from tests.support.stub_monitor import StubMonitor
from tests.support.stub_review import OVER

pytestmark = pytest.mark.e2e


@pytest.fixture
def audit(open_page: Callable[..., Page]) -> Page:
    page = open_page("/audit", reduced_motion="reduce")
    page.locator("html[data-feed=live]").wait_for()
    page.locator(".review tbody tr").first.wait_for()
    return page


def verify_all(page: Page) -> None:
    page.get_by_role("button", name="Verify all of these").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=10_000)


def test_records_are_verified_and_the_verdict_is_said(audit: Page, stub: StubMonitor) -> None:
    verify_all(audit)
    whole, refused = audit.locator("tr", has_text=OVER), audit.locator("tr", has_text="S-000102")
    expect(whole).to_contain_text("VERIFIED")
    expect(whole).to_contain_text("complete 12,345 entries")
    expect(whole).to_contain_text("9,000 due, 8,990 came 1 gaps, 12.5 s")
    expect(refused).to_contain_text("REFUSED")
    expect(refused).to_contain_text("open: the record goes on")
    expect(refused).to_contain_text("SIMULATED")
    expect(refused.get_by_text("entry seq 119")).to_be_visible()
    expect(whole).to_contain_text("Whole, unchanged, and signed with this installation's key.")
    expect(whole.get_by_text("All 21 files")).to_be_hidden()
    whole.get_by_text(f"Verdict on {OVER}").click()
    expect(whole.get_by_text("All 21 files")).to_be_visible()
    expect(whole).to_contain_text("What this does not prove")
    for name, path in (("verify.html", "verify.html"), ("verify.py", "verify.py"), ("public keys", "keys")):
        expect(audit.get_by_role("link", name=name)).to_have_attribute("href", f"/api/v1/{path}")


def test_the_pages_of_the_header_name_it(audit: Page) -> None:
    pages = audit.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link", name="Audit")).to_have_attribute("aria-current", "page")
    expect(pages.locator("[aria-current]")).to_have_count(1)


def test_an_admin_sees_it_and_takes_nothing_out(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.role = "admin"
    page = open_page("/audit")
    expect(page.get_by_role("button", name=re.compile(rf"^Verify.*: {OVER}$"))).to_be_visible()
    expect(page.get_by_role("link", name=f"Bundle of {OVER}")).to_have_count(0)
    expect(page.get_by_role("button", name="Archive of")).to_have_count(0)


@pytest.mark.parametrize("is_chosen", [True, False])
def test_many_are_taken_out_by_hand(audit: Page, stub: StubMonitor, is_chosen: bool) -> None:
    if is_chosen:
        audit.get_by_label("Sessions (numbers)").fill(f" {OVER}, ")
    audit.get_by_role("button", name="Archive of JSONL").click()
    told = audit.locator("#export-progress")
    expect(told).to_contain_text("of 1 sessions, 12.0 kB so far" if is_chosen else "sessions, 12.0 kB so far")
    expect(told.get_by_role("link", name="Fetch the archive")).to_have_attribute("href", "/api/v1/exports/file")
    expect(told).to_contain_text("S-000102: gone")
    asked = next(body for _, path, body in stub.posts if path == "/api/v1/exports")
    assert asked["format"] == "jsonl"
    assert asked["sessions"] == [OVER] if is_chosen else len(asked["sessions"]) > 1


def test_every_form_can_be_taken_out(audit: Page) -> None:
    for name, form in (("Bundle", "bundle"), ("JSONL", "jsonl"), ("CSV", "csv"), ("Parquet", "parquet"), ("FHIR", "fhir"), ("PDF", "pdf")):
        link = audit.get_by_role("link", name=f"{name} of {OVER}")
        expect(link).to_have_attribute("href", f"/api/v1/sessions/{OVER}/export?format={form}")
    nameless = audit.get_by_role("link", name=f"Bundle without names of {OVER}")
    expect(nameless).to_have_attribute("href", f"/api/v1/sessions/{OVER}/export?format=bundle&deidentified=true")


def test_who_has_looked_is_told_and_is_text(audit: Page) -> None:
    audit.get_by_role("button", name=f"Who looked at it: {OVER}").click()
    rows = audit.locator("#audit-accesses tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("<b>vega</b>")


def test_the_filter_stands_in_the_address(audit: Page) -> None:
    audit.get_by_label("Room", exact=True).fill("Room 3")
    audit.keyboard.press("Enter")
    expect(audit.locator(".review tbody tr")).to_have_count(1)
    assert audit.url.endswith("/audit?room=Room+3")


def test_it_is_reached_from_the_sessions(open_page: Callable[..., Page]) -> None:
    page = open_page("/sessions")
    page.locator("main").get_by_role("link", name="Audit", exact=True).click()
    expect(page.get_by_role("heading", name="Audit", level=2)).to_be_visible()


def test_axe_finds_nothing_in_any_theme(audit: Page) -> None:
    verify_all(audit)
    for theme in ("dark", "light", "night"):
        audit.evaluate(f"chooseTheme('{theme}')")
        assert violations(audit) == [], theme
