"""What the monitor is told by a screen: that it can be seen and heard, and what it has shown."""

from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import Page, expect

from schemas.alert import AlertState
from schemas.stream_wire import Canary, ScreenReady, ScreenShown
from tests.e2e.dashboard.alert_steps import AUDIO, ROOM_3, proven, put_alerts, wait_until
from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e


def shown(stub: StubMonitor) -> list[tuple[str, str]]:
    return [(one.session, one.alert) for said in stub.said if isinstance(said, ScreenShown) for one in said.alerts]


def test_a_screen_says_that_it_is_ready_at_once_at_a_change_and_every_five_seconds(
    open_page: Callable[..., Page], stub: StubMonitor
) -> None:
    page = open_page("/", script=AUDIO)
    page.locator("html[data-feed=live]").wait_for()
    assert wait_until(page, lambda: len(stub.said) > 0)
    assert stub.said[0] == ScreenReady(visible=True, sound=False)
    page.locator("#sound-chip").click()
    assert wait_until(page, lambda: ScreenReady(visible=True, sound=True) in stub.said)
    at_proof = len(stub.said)
    assert wait_until(page, lambda: ScreenReady(visible=True, sound=True) in stub.said[at_proof:])


def test_a_hidden_screen_says_so(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = proven(open_page)
    hide = """Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});
        document.dispatchEvent(new Event('visibilitychange'))"""
    page.evaluate(hide % "hidden")
    assert wait_until(page, lambda: stub.said[-1] == ScreenReady(visible=False, sound=True))
    before = len(shown(stub))
    put_alerts(stub, "S-000002", stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80"))
    page.locator('.tile[data-session="S-000002"][data-flash=high]').wait_for()
    assert len(shown(stub)) == before
    page.evaluate(hide % "visible")
    assert wait_until(page, lambda: ("S-000002", "OX-H1.1") in shown(stub))


def test_what_was_painted_is_told_once_and_only_by_a_screen_that_can_sound(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/", script=AUDIO)
    page.locator(f"{ROOM_3} .alert-line").first.wait_for()
    assert wait_until(page, lambda: len(stub.said) > 1)
    assert shown(stub) == []
    page.locator("#sound-chip").click()
    every = {(one.id, alert.id) for one in stub.sessions.values() for alert in one.alerts}
    assert wait_until(page, lambda: set(shown(stub)) == every)
    put_alerts(stub, "S-000002", stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80"))
    assert wait_until(page, lambda: ("S-000002", "OX-H1.1") in shown(stub))
    assert len(shown(stub)) == len(set(shown(stub)))


def test_what_lies_outside_the_window_is_not_told_until_it_is_scrolled_to(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/", script=AUDIO, width=390, height=440)
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#sound-chip").click()
    assert wait_until(page, lambda: ("S-000003", "BP-H1.1") in shown(stub))
    assert ("S-000005", "TEC-M2.1") not in shown(stub)
    page.locator('.tile[data-session="S-000005"]').scroll_into_view_if_needed()
    assert wait_until(page, lambda: ("S-000005", "TEC-M2.1") in shown(stub))


def test_a_pending_alert_is_told_only_once_it_is_raised(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(
        [stub_ward.session(2, "2", "T.B.", alerts=(stub_ward.alert("OX-H2", "Hypoxaemia", "SpO2 88 < 90", state=AlertState.PENDING),))]
    )
    page = proven(open_page)
    expect(page.locator(".tile .alert-line").first).to_have_attribute("data-state", "pending")
    canary(stub, "c-1")
    assert wait_until(page, lambda: ("", "c-1") in shown(stub))
    assert shown(stub) == [("", "c-1")]
    put_alerts(stub, "S-000002", stub_ward.alert("OX-H2", "Hypoxaemia", "SpO2 88 < 90"))
    assert wait_until(page, lambda: ("S-000002", "OX-H2.1") in shown(stub))


def canary(stub: StubMonitor, id_: str) -> None:
    stub.send(msgspec.json.encode(Canary(id=id_, now_ms=stub.now_ms())))


def test_a_canary_is_answered_and_shown_nowhere(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([stub_ward.session(2, "2", "T.B.")])
    page = proven(open_page)
    canary(stub, "canary-42")
    assert wait_until(page, lambda: ("", "canary-42") in shown(stub))
    assert "canary-42" not in page.content()
    expect(page.locator("html")).to_have_attribute("data-feed", "live")
    assert page.evaluate("tones") == []


def test_after_a_cut_the_new_connection_is_told_anew(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = proven(open_page)
    assert wait_until(page, lambda: ("S-000003", "BP-H1.1") in shown(stub))
    stub.said.clear()
    stub.cut()
    assert wait_until(page, lambda: ("S-000003", "BP-H1.1") in shown(stub))
    assert isinstance(stub.said[0], ScreenReady)
