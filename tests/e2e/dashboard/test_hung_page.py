"""A page whose scripts hang draws nothing any more, not even that it is not live: the browser itself covers it then."""

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

pytestmark = pytest.mark.e2e
HANG_MS = 5_500
HANG = f"void setTimeout(() => {{ const until = performance.now() + {HANG_MS}; while (performance.now() < until); }})"
COVER = (0x1B, 0x2C, 0x4A)  # --technical-fill of the dark theme
REMOVED = """new Promise((done) => {
  document.getElementById("dead-man").remove();
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""


def _covered(page: Page) -> float:
    """Most that the cover took, from 0 to 1, of any picture that the browser composed until the page answered again."""
    pictures: list[str] = []
    screen = page.context.new_cdp_session(page)

    def take(frame: dict[str, Any]) -> None:
        pictures.append(frame["data"])
        screen.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    screen.on("Page.screencastFrame", take)
    page.evaluate(HANG)
    screen.send("Page.startScreencast", {"format": "png", "maxWidth": 480, "maxHeight": 300})
    seen = page.evaluate("performance.now()")
    screen.send("Page.stopScreencast")
    assert seen > HANG_MS
    return max(_share(COVER, Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")) for picture in pictures)


@pytest.fixture
def ward(open_page: Callable[..., Page]) -> Page:
    page = open_page("/")
    page.locator("html[data-feed=live]").wait_for()
    return page


def _share(cover: tuple[int, int, int], picture: Image.Image) -> float:
    """Of the pixels, how many have the colour of the cover, but for rounding."""
    near = sum(all(abs(a - b) <= 4 for a, b in zip(pixel, cover, strict=True)) for pixel in picture.get_flattened_data())
    return near / (picture.width * picture.height)


def test_scripts_that_hang_leave_no_number_to_be_read(ward: Page) -> None:
    assert _covered(ward) > 0.9


def test_without_the_browsers_own_cover_old_numbers_stand(ward: Page) -> None:
    ward.evaluate(REMOVED)
    assert _covered(ward) < 0.5  # the band that says NOT LIVE, once the scripts go on
