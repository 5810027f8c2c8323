"""The line is cut between the commit and its answer: the screen says that it does not know, keeps what was typed, and a second try is no
second entry."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.running import demo, run

pytestmark = pytest.mark.e2e
TEXT = "dozing, answers when spoken to"


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, Path]]:
    """A session of one's own on the real program, live."""
    with demo(tmp_path, "--beds", "1", "--speed", "1") as (running, link):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(link)
        expect(page).to_have_url(running.url + "/")
        page.locator("html[data-feed=live]").wait_for()
        page.get_by_role("button", name="New session").first.click()
        for label, value in (("Room", "9"), ("Initials", "T.T."), ("Weight, kg", "70")):
            page.get_by_label(label, exact=True).fill(value)
        page.get_by_role("button", name="Open session").click()
        page.locator("#note").wait_for()
        yield page, tmp_path
        context.close()


def notes(folder: Path, session: str) -> list[str]:
    out = folder / "log.jsonl"
    assert run("export", session, "--data-dir", str(folder), "--out", str(out)).returncode == 0
    bodies = [row["entry"]["body"] for row in map(json.loads, out.read_text().splitlines()) if row["type"] == "entry"]
    return [body["text"] for body in bodies if body["kind"] == "note_added"]


def test_an_answer_that_is_lost_doubles_nothing(opened: tuple[Page, Path]) -> None:
    page, folder = opened
    keys: list[str] = []

    def cut(route: Route) -> None:
        """The monitor gets it and commits it; its answer never arrives."""
        keys.append(route.request.headers["idempotency-key"])
        assert route.fetch().status == 200
        route.abort("connectionreset")

    page.route("**/notes", cut)
    page.locator("#note").fill(TEXT)
    page.get_by_role("button", name="Save note").click()
    outcome = page.locator(".journal .outcome").first
    expect(outcome).to_have_text("Saving…")
    expect(outcome).to_contain_text("saved or not is not known", timeout=10_000)
    expect(page.locator("#note")).to_have_value(TEXT)
    assert (len(keys), len(set(keys))) == (3, 1), "tried again by itself, under one id"
    page.unroute("**/notes")
    page.get_by_role("button", name="Save note").click()
    expect(outcome).to_contain_text("Saved already, once.")
    expect(page.locator("#note")).to_have_value("")
    page.locator("#note").fill(TEXT)
    page.get_by_role("button", name="Save note").click()
    expect(page.locator('#journal [data-kind="note_added"]')).to_have_count(2)
    assert notes(folder, page.url.rsplit("/", 1)[1]) == [TEXT, TEXT], "once for the cut line, once for the second time it was meant"
