"""Alerts a clinician can trust: one for each cause, flashing and sounding only while nobody has answered; and the monitor is told what was
seen."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas.alert import Alert, AlertState, Priority
from schemas.stream_wire import Canary, ScreenReady, ScreenShown
from tests.support import stub_ward
from tests.support.flashing import flash
from tests.support.stub_monitor import QUIET, StubMonitor

pytestmark = pytest.mark.e2e
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


# --- what is seen -----------------------------------------------------------------------------------------------------------------------


def test_one_card_for_each_cause_with_the_lesser_ones_beneath(room_3: Page) -> None:
    cards = room_3.locator(".alert-card")
    expect(cards).to_have_count(2)
    first = cards.first
    expect(first.locator(".alert-line")).to_contain_text("SBP 184 \u2265 180")
    expect(first.locator(".alert-others li")).to_have_count(1)
    expect(first.locator(".alert-others")).to_contain_text("Hypertension SBP 184 \u2265 160")
    small, large = (
        float(first.locator(where).evaluate("node => getComputedStyle(node).fontSize").removesuffix("px"))
        for where in (".alert-others", ".alert-why")
    )
    assert small < large


def test_flashing_is_by_priority_and_only_while_nobody_has_answered(ward: Page, stub: StubMonitor) -> None:
    """F4: high and medium flash, low does not. How fast is a law of live/signals.mjs (tests/unit/dashboard/signals.test.mjs)."""
    high = stub_ward.alert("BP-H1", "Severe hypertension", "SBP 184 >= 180")
    medium = stub_ward.alert("HR-M1", "Tachycardia", "HR 116 >= 111", priority=Priority.MEDIUM)
    low = stub_ward.alert("HR-L1", "Rise of heart rate", "HR 112 >= 100", priority=Priority.LOW)
    for id_, alert in (("S-000001", medium), ("S-000002", low), ("S-000003", high)):
        put_alerts(stub, id_, alert)
    line = '.tile[data-session="S-00000{}"] .alert-line'
    ward.locator(line.format(2)).first.wait_for()
    assert flash(ward, line.format(3), line.format(1), line.format(2)) == [["0", "1"], ["0", "1"], ["1"]]
    assert flash(ward, ROOM_3, part="::after") == [["0.4", "1"]]
    for id_, alert in (("S-000001", medium), ("S-000003", high)):
        put_alerts(stub, id_, answered(alert, stub.now_ms()))
    expect(ward.locator(line.format(3)).first).to_have_attribute("data-state", "acknowledged")
    expect(ward.locator(line.format(1)).first).to_have_attribute("data-state", "acknowledged")
    assert flash(ward, line.format(3), line.format(1)) == [["1"], ["1"]]
    assert flash(ward, ROOM_3, part="::after") == [["1"]]


def test_a_lesser_alert_under_an_answered_one_flashes_as_what_it_is(ward: Page, stub: StubMonitor) -> None:
    high = answered(stub_ward.alert("BP-H1", "Severe hypertension", "SBP 184 >= 180", cause="bp"), stub.now_ms())
    put_alerts(stub, "S-000003", high, stub_ward.alert("BP-M9", "Pressure", "MAP 130 >= 125", priority=Priority.MEDIUM, cause="bp"))
    lines = ward.locator(f"{ROOM_3} .alert-line:visible")
    expect(lines).to_have_count(2)
    expect(lines.nth(1)).to_have_attribute("data-flash", "medium")
    assert flash(ward, f"{ROOM_3} .alert-line[data-tone=high]") == [["1"]]
    expect(ward.locator(ROOM_3)).to_have_attribute("data-flash", "medium")


def test_a_screen_without_motion_shows_an_unanswered_alert_strongly_and_steadily(open_page: Callable[..., Page]) -> None:
    page = open_page("/", reduced_motion="reduce")
    tile = page.locator(ROOM_3)
    expect(tile).to_have_attribute("data-flash", "high")
    assert tile.evaluate("node => getComputedStyle(node, '::after').borderTopWidth") == "6px"
    assert tile.evaluate("node => getComputedStyle(node, '::after').animationName") == "none"
    assert tile.locator(".alert-line").first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"


def test_every_cause_of_a_room_is_on_its_tile_by_name(ward: Page, stub: StubMonitor) -> None:
    names = ("Deep desaturation", "Apnoea", "Vomiting", "Doubtful values", "Cardiac load")
    alerts = (stub_ward.alert(f"XX-M{i}", name, f"{name} 1 >= 1", priority=Priority.MEDIUM) for i, name in enumerate(names))
    put_alerts(stub, "S-000004", *alerts)
    tile = ward.locator('.tile[data-session="S-000004"]')
    expect(tile.locator(".alert-name")).to_have_count(4)
    for name in names:
        expect(tile.locator(".tile-alerts")).to_contain_text(name)


def test_the_list_says_who_has_seen_it_and_how_far_it_was_escalated(room_3: Page, stub: StubMonitor) -> None:
    card = room_3.locator('.alert-card[data-alert="BP-H1.1"]')
    expect(card).to_contain_text("not shown on a screen with sound")
    expect(card.locator(".alert-level")).to_be_hidden()
    high = replace(stub.sessions["S-000003"].alerts[0], escalation=2, shown_at_ms=stub_ward.START_MS - 60_000)
    put_alerts(stub, "S-000003", high)
    expect(card).to_contain_text("shown 10:40:07")
    expect(card.locator(".alert-level")).to_have_text("escalated, level 2")


def test_the_list_says_for_how_long_an_alert_is_answered(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    high = stub.sessions["S-000003"].alerts[0]
    put_alerts(stub, "S-000003", answered(high, stub.now_ms() - 252_000))
    page = open_page("/session/S-000003", width=360)
    card = page.locator('.alert-card[data-alert="BP-H1.1"]')
    expect(card).to_contain_text("acknowledged by R. Vega")
    expect(card.locator(".alert-answered")).to_have_text(re.compile(r"^acknowledged for 4:[1-5]\d min$"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_missing_value_s_card_has_the_last_one_and_its_age(open_page: Callable[..., Page]) -> None:
    card = open_page("/session/S-000005").locator('.alert-card[data-alert="TEC-M2.1"]')
    expect(card).to_contain_text(re.compile(r"no usable SpO2 for 30 s · last SpO2 95, (\d\d s|1:\d\d min) ago"))
    expect(card.locator(".alert-answered")).to_be_hidden()


def test_a_session_s_page_names_what_nobody_answered_in_other_rooms(room_3: Page, stub: StubMonitor) -> None:
    strip = room_3.locator("#elsewhere")
    expect(strip.locator("li")).to_have_count(2)
    expect(strip.locator("li").first).to_contain_text("Room 1")
    strip.get_by_role("link", name=re.compile("Room 1")).click()
    expect(room_3.locator("h1")).to_have_text("Room 1")
    assert len(stub.asked) == 1, "no new socket"


def test_no_strip_is_there_while_all_is_well(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([stub_ward.session(2, "2", "T.B.")])
    for path in ("/", "/session/S-000002"):
        page = open_page(path)
        page.locator("html[data-feed=live]").wait_for()
        page.locator(".readout-value").first.wait_for()
        strips = page.locator(".header-kept > :not(.bar), .part-header > :not(.header-kept)")
        assert strips.count() > 4
        assert strips.locator("visible=true").count() == 0


def test_that_nobody_watches_is_a_quiet_line(ward: Page, stub: StubMonitor) -> None:
    line = ward.locator("#watching")
    expect(line).to_be_hidden()
    stub.tell(replace(QUIET, watching=0))
    expect(line).to_contain_text("No screen with sound is watching.")
    stub.tell(QUIET)
    expect(line).to_be_hidden()


# --- sound ------------------------------------------------------------------------------------------------------------------------------


def test_each_priority_has_its_tone_and_an_answer_cuts_it_off(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([stub_ward.session(2, "2", "T.B.")])
    page = proven(open_page)
    page.evaluate("deafSink = true")  # no tone ends by itself from here on
    put_alerts(stub, "S-000002", stub_ward.alert("HR-L1", "Rise of heart rate", "x", priority=Priority.LOW))
    page.wait_for_function(COUNTED, arg=[1])
    high = stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80")
    put_alerts(stub, "S-000002", high)
    page.wait_for_function(COUNTED, arg=[2])
    assert page.evaluate("tones") == [LOW, HIGH]
    assert page.evaluate("stopped") == 1, "the lower tone made room"
    put_alerts(stub, "S-000002", answered(high, stub.now_ms()))
    page.wait_for_function("() => window.stopped === 2")
    assert page.evaluate("tones") == [LOW, HIGH]


def test_a_paused_room_is_silent_and_another_one_is_not(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset([stub_ward.session(2, "2", "T.B."), stub_ward.session(4, "4", "C.D.")])
    page = proven(open_page)
    stub.sessions["S-000002"] = replace(stub.sessions["S-000002"], audio_paused_until_ms=stub.now_ms() + 90_000, audio_paused_by="ruiz")
    put_alerts(stub, "S-000002", stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80"))
    page.locator('.tile[data-session="S-000002"][data-flash=high]').wait_for()
    put_alerts(stub, "S-000004", stub_ward.alert("HR-L1", "Rise of heart rate", "x", priority=Priority.LOW))
    page.wait_for_function(COUNTED, arg=[1])
    assert page.evaluate("tones") == [LOW]


def test_a_tone_that_is_never_played_through_proves_nothing(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """F8, F9: the context runs and the tone was started, and yet nothing sounds. Said within a second of the press."""
    page = open_page("/", script=AUDIO + "window.deafSink = true;")
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#sound-chip").click()
    page.wait_for_function(COUNTED, arg=[1])
    expect(page.locator("#sound-chip")).to_have_attribute("data-state", "failed", timeout=2_000)
    expect(page.locator("#sound-chip")).to_have_text("no sound on this screen")
    page.evaluate("deafSink = false")
    page.locator("#sound-chip").click()
    expect(page.locator("#sound-chip")).to_have_attribute("data-state", "proven")


def test_a_mute_is_said_ends_by_itself_and_does_not_count_as_watching(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    ahead = """const real = performance.now.bind(performance); let ahead = 0;
        performance.now = () => real() + ahead; window.later = (ms) => { ahead += ms; };"""
    page = open_page("/", script=AUDIO + ahead)
    page.locator("html[data-feed=live]").wait_for()
    chip = page.locator("#sound-chip")
    chip.click()
    expect(chip).to_have_attribute("data-state", "proven")
    page.keyboard.press("m")
    expect(chip).to_have_text(re.compile(r"^muted here for (10:00|9:5\d)$"))
    expect(page.locator("#mute")).to_contain_text("Unmute")
    expect(chip).to_have_attribute("data-state", "muted")
    assert wait_until(page, lambda: stub.said[-1] == ScreenReady(visible=True, sound=False))
    page.evaluate("later(600_001)")
    expect(chip).to_have_attribute("data-state", "proven")


# --- the pause --------------------------------------------------------------------------------------------------------------------------


def test_the_sound_is_paused_from_the_ward_with_a_countdown_for_everybody(ward: Page, stub: StubMonitor) -> None:
    frame = ward.locator(".tile-frame").filter(has=ward.locator(ROOM_3))
    frame.get_by_role("button", name="Pause sound 2 min: Room 3").click()
    expect(frame.locator(".pause-left")).to_have_text(re.compile(r"^sound paused by vega, (2:00|1:5\d) left$"))
    expect(ward.locator("#pauses")).to_contain_text("Sound of Room 3 paused by vega")
    expect(ward.locator(ROOM_3)).to_have_attribute("data-flash", "high")
    assert stub.posts == [("POST", f"{S3}/audio-pause", {"seconds": 120})]
    first = frame.locator(".pause-left").inner_text()
    expect(frame.locator(".pause-left")).not_to_have_text(first, timeout=3_000)
    frame.get_by_role("button", name="End pause: Room 3").click()
    expect(ward.locator("#pauses")).to_contain_text("Room 3: Sound is back (ended by person)")
    assert stub.posts[-1] == ("DELETE", f"{S3}/audio-pause", None)


def test_p_pauses_the_open_room_and_on_the_ward_the_selected_or_the_loudest(ward: Page, stub: StubMonitor) -> None:
    ward.locator(ROOM_3).wait_for()
    ward.keyboard.press("p")
    expect(ward.locator("#pauses")).to_contain_text("Room 3")
    ward.locator('.tile[data-session="S-000001"]').focus()
    ward.keyboard.press("p")
    expect(ward.locator("#pauses")).to_contain_text("Room 1")
    ward.keyboard.press("Enter")
    expect(ward.locator("h1")).to_have_text("Room 1")
    ward.keyboard.press("p")
    expect(ward.locator("#pauses")).to_contain_text("Room 1: Sound is back")
    assert [(method, path.split("/")[4]) for method, path, _ in stub.posts] == [
        ("POST", "S-000003"),
        ("POST", "S-000001"),
        ("DELETE", "S-000001"),
    ]


def test_a_broken_pause_says_why_on_every_page(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/session/S-000001")
    page.locator("html[data-feed=live]").wait_for()
    stub.run(lambda: stub.pause("S-000003", 90))
    expect(page.locator("#pauses")).to_contain_text("Sound of Room 3 paused by vega, 1:")
    stub.run(lambda: stub.resume("S-000003", "new alert"))
    expect(page.locator("#pauses")).to_have_text("Room 3: Sound is back (new alert)")


def test_a_pause_that_is_refused_says_so(ward: Page, stub: StubMonitor) -> None:
    stub.refusals["/audio-pause"] = (409, {"reason": "pause_too_long", "detail": "at most 60 s"})
    frame = ward.locator(".tile-frame").filter(has=ward.locator(ROOM_3))
    frame.get_by_role("button", name="Pause sound").click()
    expect(frame.locator(".outcome")).to_have_text("NOT SAVED: at most 60 s")


def test_a_room_without_an_unanswered_alert_has_no_pause(ward: Page) -> None:
    frame = ward.locator(".tile-frame").filter(has=ward.locator('.tile[data-session="S-000002"]'))
    expect(frame.locator(".pause")).to_be_hidden()


# --- what the monitor is told -----------------------------------------------------------------------------------------------------------


def wait_until(page: Page, holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold while the page lives on for ten seconds."""
    for _ in range(200):
        if holds():
            return True
        page.evaluate("new Promise(done => setTimeout(done, 50))")
    return holds()


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


def test_an_auditor_cannot_pause(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(role="auditor")
    page = open_page("/")
    page.locator("html[data-feed=live]").wait_for()
    expect(page.get_by_role("button", name=re.compile("Pause sound"))).to_have_count(0)
