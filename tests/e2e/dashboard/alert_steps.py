"""What the tests of alerts have in common: a page whose sound is proven, rooms of the stub, and how to give one alerts."""

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace
from playwright.sync_api import Page

from schemas.alert import Alert, AlertState
from tests.support.stub_monitor import StubMonitor

AUDIO = (Path(__file__).parent / "blocked_audio.js").read_text()
S3 = "/api/v1/sessions/S-000003"
ROOM_3 = '.tile[data-session="S-000003"]'
HIGH, MEDIUM, LOW = 660, 520, 440  # pitch of each priority; that of the test tone is the medium one
COUNTED = "([least]) => window.tones.length >= least"


def proven(open_page: Callable[..., Page], path: str = "/") -> Page:
    """A page whose sound has been tested by hand."""
    page = open_page(path, script=AUDIO)
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#sound-chip").click()
    page.locator("#sound-chip[data-state=proven]").wait_for()
    page.evaluate("tones.length = 0")
    return page


def answered(alert: Alert, at_ms: int) -> Alert:
    return replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by="R. Vega", acknowledged_at_ms=at_ms)


def put_alerts(stub: StubMonitor, id_: str, *alerts: Alert) -> None:
    stub.put(replace(stub.sessions[id_], alerts=alerts))


def wait_until(page: Page, holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold while the page lives on for ten seconds."""
    for _ in range(200):
        if holds():
            return True
        page.evaluate("new Promise(done => setTimeout(done, 50))")
    return holds()
