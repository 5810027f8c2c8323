"""`python -m tests.support.pictures RECORDING [NAME ...]`: starts the demo with a recorded patient beside it and takes the pictures of
docs/images, all of them or the named ones. Look at each before it is committed."""

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import browser
from tests.support.running import demo

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
LIVE_WITHIN_MS: Final = 180_000
DESK: Final = {"width": 1440, "height": 1000}
PHONE: Final = {"width": 360, "height": 780}
SHEET: Final = {"width": 1440, "height": 1300}  # so high that the foot of the page does not lie on it
SURGE: Final = "Room 2"  # the room of the hypertensive surge
ENDED: Final = "S-000002"  # that patient's session of last week
COURSE: Final = "SIM-1988-U"
CALM: Final = (
    """() => document.documentElement.dataset.feed === "live" && !document.querySelector(".missed:not([hidden]), [data-look=lost]")"""
)


class Camera:
    """Takes pictures as one person who is signed in."""

    def __init__(self, chromium: Browser, url: str, signed_in: Any, wanted: list[str]) -> None:
        self._wanted = wanted
        self._chromium = chromium
        self._url = url
        self._signed_in = signed_in

    def take(
        self, name: str, path: str, ready: str, *, theme: str = "dark", size: dict[str, int] | None = None, only: str = "body"
    ) -> None:
        """`ready`: what is there once the page is complete. `only`: the part of it that is taken."""
        if self._wanted and name not in self._wanted:
            return
        context = self._chromium.new_context(storage_state=self._signed_in, viewport=size or DESK)
        context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
        page = context.new_page()
        page.goto(self._url + path)
        page.locator("html[data-feed=live]").wait_for(timeout=LIVE_WITHIN_MS)
        page.locator(ready).first.wait_for(timeout=LIVE_WITHIN_MS)
        page.get_by_text("Loading the history").wait_for(state="hidden", timeout=LIVE_WITHIN_MS)
        page.wait_for_load_state("networkidle")
        page.wait_for_function("since => performance.now() - since > 3000", arg=page.evaluate("performance.now()"))  # lines are drawn
        page.wait_for_function(CALM, timeout=LIVE_WITHIN_MS)  # a busy machine has moments without values
        picture = IMAGES / f"{name}.png"
        if only == "body":
            page.screenshot(path=picture)
        else:
            page.locator(only).first.screenshot(path=picture)
        context.close()


def take(recording: str, wanted: list[str]) -> None:
    unknown = [name for name in wanted if not (IMAGES / f"{name}.png").exists()]
    assert not unknown, f"no such pictures: {', '.join(unknown)}"
    executable = browser.find()
    assert executable is not None, browser.ADVICE
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder), "--replay", recording) as (running, link),
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=str(executable), args=["--no-sandbox"])
        page = chromium.new_page()
        page.goto(link)
        running.wait_for(r"(rooms are live)")
        page.reload()
        surge = session_of(page, SURGE)
        camera = Camera(chromium, running.url, page.context.storage_state(), wanted)
        page.close()
        camera.take("ward", "/", ".tile .spark")
        camera.take("ward-light", "/", ".tile .spark", theme="light")
        camera.take("session", f"/session/{surge}", ".record-plot[data-from]")
        camera.take("session-night", f"/session/{surge}", ".record-plot[data-from]", theme="night")
        camera.take("phone", "/", ".tile", size=PHONE)
        camera.take("record", f"/record/{ENDED}", '.paper[data-state="loaded"]', theme="light", size=SHEET, only=".sheet")
        camera.take("course", f"/patients/{COURSE}", ".plot .trace")
        camera.take("analytics", "/analytics", ".plot .trace")
        chromium.close()


def session_of(page: Page, room: str) -> str:
    tile = page.locator(".tile").filter(has_text=room).first
    tile.wait_for(timeout=LIVE_WITHIN_MS)
    return str(tile.get_attribute("data-session"))


if __name__ == "__main__":
    take(sys.argv[1], sys.argv[2:])
