"""`python -m tests.support.pictures`: starts the demo with a recorded patient beside it and takes the README's two screenshots."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support import browser
from tests.support.running import demo

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LIVE_WITHIN_MS = 120_000


def take(recording: list[str]) -> None:
    """ward.png and session.png, 1440 x 1000, dark."""
    executable = browser.find()
    assert executable is not None, browser.ADVICE
    replay = [part for path in recording[:1] for part in ("--replay", path)]
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), *replay) as (running, link), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(executable), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1440, "height": 1000}, color_scheme="dark")
        page.goto(link)
        running.wait_for(r"(rooms are live)")
        with page.expect_response(lambda answer: "/ward/trend" in answer.url, timeout=LIVE_WITHIN_MS):
            page.reload()
        worst = page.locator(".tile").filter(has_text="SBP").first
        worst.wait_for(timeout=LIVE_WITHIN_MS)
        page.wait_for_function("document.documentElement.dataset.feed === 'live'")
        page.wait_for_load_state("networkidle")
        page.wait_for_function(
            "since => performance.now() - since > 3000", arg=page.evaluate("performance.now()")
        )  # the sparklines are drawn
        page.screenshot(path=IMAGES / "ward.png")
        with page.expect_response(lambda answer: "max_points" in answer.url, timeout=LIVE_WITHIN_MS):
            worst.click()
        page.get_by_text("Loading the history").wait_for(state="hidden", timeout=LIVE_WITHIN_MS)
        page.locator(".record-plot[data-from]").wait_for(timeout=LIVE_WITHIN_MS)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / "session.png")
        chromium.close()


if __name__ == "__main__":
    take(sys.argv[1:])
