"""Charting, the questions before start and discharge, a patient's own limits: each entry is told saved or failed, and nothing old passes
for what stands."""

import re
import threading
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Locator, Page, expect

from schemas.signs import Charted
from schemas.stream_wire import LimitNow
from schemas.vitals import Vital
from tests.support import stub_care, stub_ward
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e
S3 = "/api/v1/sessions/S-000003"
S6 = "/api/v1/sessions/S-000006"


@pytest.fixture
def room_6(open_page: Callable[..., Page]) -> Page:
    """A patient in the baseline, the gates read."""
    page = open_page("/session/S-000006")
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#gates .findings li").first.wait_for()
    return page


def sign(page: Page, name: str, within: str = "#chart") -> Locator:
    return page.locator(f'{within} [data-sign="{name}"]')


# --- the chart --------------------------------------------------------------------------------------------------------------------------


def test_several_signs_are_charted_at_once_and_each_says_saved(room_3: Page, stub: StubMonitor) -> None:
    """F6: each entry says that it was saved."""
    chart = room_3.locator("#chart")
    chart.get_by_role("button", name="MOAA/S 4: sluggish answer to the name").click()
    chart.get_by_label("distress, 0 to 10").fill("3")
    chart.get_by_label("RASS").select_option("-1")
    chart.get_by_role("button", name="vomiting").click()
    chart.get_by_role("button", name="Chart 4").click()
    expect(sign(room_3, "sedation")).to_have_attribute("data-state", "saved")
    expect(sign(room_3, "sedation")).to_contain_text("4 · 10:41 vega")
    expect(sign(room_3, "distress")).to_contain_text("3 · 10:41 vega")
    expect(sign(room_3, "agitation")).to_contain_text("\u22121 · 10:41 vega")
    expect(sign(room_3, "vomiting")).to_have_attribute("data-stands", "1")
    expect(chart.get_by_label("distress, 0 to 10")).to_have_value("")
    items = [
        {"sign": "sedation", "value": 4},
        {"sign": "agitation", "value": -1},
        {"sign": "distress", "value": 3},
        {"sign": "vomiting", "value": 1},
    ]
    assert stub.posts == [("POST", f"{S3}/observations", {"items": items})]


def test_what_is_not_saved_stays_where_it_was_put_in_and_the_faulty_one_is_named(room_3: Page, stub: StubMonitor) -> None:
    """F6: nothing fails in silence."""
    problem = {"reason": "malformed", "detail": "nothing was done", "errors": [{"where": "body.items.1", "detail": "0 to 10"}]}
    stub.refusals["/observations"] = (422, problem)
    chart = room_3.locator("#chart")
    chart.get_by_role("button", name="nausea 1: mild").click()
    chart.get_by_label("pain, 0 to 10").fill("4")
    chart.get_by_role("button", name="Chart 2").click()
    expect(sign(room_3, "pain")).to_have_attribute("data-state", "failed")
    expect(sign(room_3, "nausea")).to_have_attribute("data-state", "idle")
    expect(chart.locator(".outcome")).to_contain_text("NOT SAVED: nothing was done; body.items.1: 0 to 10")
    expect(chart.get_by_label("pain, 0 to 10")).to_have_value("4")
    expect(chart.get_by_role("button", name="nausea 1: mild")).to_have_attribute("aria-pressed", "true")
    stub.refusals.clear()
    chart.get_by_role("button", name="Chart 2").click()
    expect(sign(room_3, "pain")).to_have_attribute("data-state", "saved")


def test_without_an_answer_each_entry_says_failed_and_that_nobody_knows(room_3: Page) -> None:
    room_3.route("**/observations", lambda route: route.abort())
    chart = room_3.locator("#chart")
    chart.get_by_role("button", name="panic").click()
    chart.get_by_role("button", name="Chart 1").click()
    expect(sign(room_3, "panic")).to_have_attribute("data-state", "failed")
    expect(chart.locator(".outcome")).to_contain_text("saved or not is not known")


def test_a_number_out_of_range_is_marked_and_not_sent(room_3: Page, stub: StubMonitor) -> None:
    chart = room_3.locator("#chart")
    number = chart.get_by_label("CADSS-6, 0 to 24")
    for text in ("25", "-1", "1.5", "x"):
        number.fill(text)
        expect(number).to_have_attribute("aria-invalid", "true")
        number.press("Enter")
        expect(chart.locator("button[type=submit]")).to_be_disabled()
    chart.get_by_role("button", name="panic").click()
    expect(chart.locator("button[type=submit]")).to_be_disabled()  # nothing of it is left behind in silence
    chart.get_by_role("button", name="panic").click()
    number.fill("24")
    expect(number).not_to_have_attribute("aria-invalid", "true")
    number.press("Enter")
    expect(sign(room_3, "dissociation")).to_contain_text("24 · 10:41")
    assert stub.posts == [("POST", f"{S3}/observations", {"items": [{"sign": "dissociation", "value": 24}]})]


def test_a_symptom_that_stands_is_charted_as_over_and_none_covers_all(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.sessions["S-000003"] = stub_care.observed(stub.sessions["S-000003"], Charted.CHEST_PAIN, 1, stub_ward.START_MS)
    page = open_page("/session/S-000003")
    pain = sign(page, "chest_pain")
    expect(pain).to_have_attribute("aria-pressed", "true")
    pain.click()
    expect(pain).to_have_text("chest painno")
    page.get_by_role("button", name="Chart 1").click()
    expect(pain).to_have_attribute("data-stands", "0")
    page.get_by_role("button", name="None of these").click()
    page.get_by_role("button", name="Chart 9").click()
    expect(page.locator('#chart .symptom[data-stands="0"]')).to_have_count(9)
    assert {item["value"] for item in stub.posts[-1][2]["items"]} == {0}


def test_a_choice_can_be_taken_back(room_3: Page, stub: StubMonitor) -> None:
    chart = room_3.locator("#chart")
    five = chart.get_by_role("button", name="MOAA/S 5")
    five.click()
    five.click()
    expect(chart.locator("button[type=submit]")).to_be_disabled()
    chart.get_by_role("button", name="seizure").click()
    chart.get_by_role("button", name="Clear").click()
    expect(sign(room_3, "seizure")).to_have_attribute("aria-pressed", "false")
    assert stub.posts == []


def test_the_response_check_counts_down_by_the_rules_own_time(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/session/S-000003")
    due = page.locator("#check-due")
    expect(due).to_have_text(re.compile(r"^response check overdue 6:\d\d$"))  # 16 min into the infusion, never checked
    expect(due).to_have_attribute("data-overdue", "true")
    stub.put(stub_care.observed(stub.sessions["S-000003"], Charted.SEDATION, 5, stub.now_ms() - 120_000))
    expect(due).to_have_text(re.compile(r"^response check in (8:00|7:5\d)$"))
    expect(due).to_have_attribute("data-overdue", "false")


def test_c_brings_the_focus_to_the_chart_and_it_works_by_keyboard(room_3: Page, stub: StubMonitor) -> None:
    room_3.keyboard.press("c")
    expect(room_3.get_by_role("button", name="MOAA/S 5")).to_be_focused()
    room_3.keyboard.press("Space")
    room_3.get_by_role("button", name="Chart 1").focus()
    room_3.keyboard.press("Enter")
    expect(sign(room_3, "sedation")).to_contain_text("5 · 10:41 vega")


# --- gates ------------------------------------------------------------------------------------------------------------------------------


def test_the_questions_before_the_start_open_it_as_they_are_answered(room_6: Page, stub: StubMonitor) -> None:
    gates = room_6.locator("#gates")
    expect(gates).to_contain_text("Before the start")
    expect(gates).to_contain_text("0 of 5 answered")
    expect(gates.locator(".findings li")).to_have_attribute("data-effect", "override")
    expect(room_6.locator("#against")).to_have_text("Start infusion asks for a reason: Preparation")
    for name in ("consent signed", "escort named", "dose checked by a second person"):
        gates.get_by_role("button", name=f"{name}: yes").click()
    for name in ("allergy to ketamine", "pregnancy"):
        gates.get_by_role("button", name=f"{name}: no").click()
    expect(gates).to_contain_text("5 of 5 answered")
    expect(gates.locator('[data-state="saved"].sign')).to_have_count(5)
    expect(gates).to_contain_text("Nothing stands against it.")
    expect(room_6.locator("#against")).to_be_hidden()
    assert stub.posts[0] == ("POST", f"{S6}/observations", {"items": [{"sign": "consent", "value": 1}]})
    room_6.get_by_role("button", name="Start infusion").click()
    room_6.get_by_role("button", name="Confirm: Start infusion").click()
    expect(room_6.locator(".identity-phase")).to_have_attribute("data-phase", "infusing")
    expect(gates).to_be_hidden()
    assert stub.posts[-1] == ("POST", f"{S6}/phase", {"phase": "infusing"})


def test_an_overridable_gate_asks_for_the_reason_before_anything_is_sent(room_6: Page, stub: StubMonitor) -> None:
    room_6.get_by_role("button", name="Start infusion").click()
    room_6.get_by_role("button", name="Confirm: Start infusion").click()
    reason = room_6.get_by_label("Reason to go on")
    expect(reason).to_be_focused()
    assert stub.posts == []
    reason.fill("checked on paper")
    room_6.get_by_role("button", name="Go on with this reason").click()
    expect(room_6.locator(".identity-phase")).to_have_attribute("data-phase", "infusing")
    assert stub.posts == [("POST", f"{S6}/phase", {"phase": "infusing", "override": "checked on paper"})]


def test_what_nobody_can_override_closes_the_button_and_takes_no_reason(room_6: Page) -> None:
    room_6.get_by_role("button", name="allergy to ketamine: yes").click()
    expect(room_6.locator("#against")).to_have_text("Start infusion is closed, and nobody can override it: Contraindication")
    expect(room_6.get_by_role("button", name="Start infusion")).to_be_disabled()
    expect(room_6.locator('.findings [data-effect="hard"]')).to_contain_text("cannot be overridden")
    room_6.get_by_role("button", name="allergy to ketamine: no").click()
    expect(room_6.get_by_role("button", name="Start infusion")).to_be_enabled()


def test_a_refusal_that_nobody_can_override_asks_for_no_reason(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    """The monitor has the last word: it knows of a gate that this page did not."""
    stub.sessions["S-000006"] = stub_care.all_answered(stub.sessions["S-000006"], "start")
    stub.refusals["/phase"] = (409, {"reason": "gate_hard", "detail": "nobody can override: Very low oxygen saturation"})
    page = open_page("/session/S-000006")
    page.get_by_role("button", name="Start infusion").click()
    page.get_by_role("button", name="Confirm: Start infusion").click()
    expect(page.locator(".controls .outcome")).to_have_text("NOT SAVED: nobody can override: Very low oxygen saturation")
    expect(page.locator("#override")).to_be_hidden()


def test_a_caution_is_said_and_does_not_hold_up(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    one = stub_care.all_answered(stub.sessions["S-000006"], "start")
    stub.sessions["S-000006"] = stub_care.observed(one, Charted.STIMULANT, 1, stub_ward.START_MS)
    page = open_page("/session/S-000006")
    expect(page.locator("#against")).to_have_text("Goes on record with it: Other medicine that matters")
    page.get_by_role("button", name="Start infusion").click()
    page.get_by_role("button", name="Confirm: Start infusion").click()
    expect(page.locator(".identity-phase")).to_have_attribute("data-phase", "infusing")


def test_gates_that_cannot_be_read_are_unknown_and_old_findings_are_gone(room_6: Page, stub: StubMonitor) -> None:
    stub.refusals["/gates"] = (503, {"reason": "store_failed", "detail": "the store does not answer"})
    told = room_6.locator('#gates [data-state="failed"]')
    expect(told).to_have_text("What stands against it is not known: the store does not answer", timeout=10_000)
    expect(room_6.locator("#gates .findings li")).to_have_count(0)
    stub.refusals.clear()
    expect(room_6.locator("#gates .findings li")).to_have_count(1, timeout=10_000)


def test_an_answer_that_is_not_saved_says_failed_beside_it(room_6: Page, stub: StubMonitor) -> None:
    stub.refusals["/observations"] = (503, {"reason": "store_failed", "detail": "the disk is full"})
    room_6.get_by_role("button", name="consent signed: yes").click()
    expect(sign(room_6, "consent", "#gates")).to_have_attribute("data-state", "failed")
    expect(sign(room_6, "consent", "#gates")).to_contain_text("not charted")
    expect(room_6.locator("#gates .outcome")).to_have_text("NOT SAVED: the disk is full")


def test_of_two_quick_answers_the_last_one_stands(room_6: Page, stub: StubMonitor) -> None:
    held = stub.held["/observations"] = threading.Event()
    room_6.get_by_role("button", name="escort named: yes").click()
    room_6.get_by_role("button", name="escort named: no").click()
    held.set()
    expect(sign(room_6, "escort", "#gates")).to_contain_text("no · 10:41 vega")
    expect(sign(room_6, "escort", "#gates")).to_have_attribute("data-state", "saved")
    assert [body["items"][0]["value"] for _, _, body in stub.posts] == [1, 0]


def test_the_discharge_has_its_questions_too(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    page = open_page("/session/S-000004")
    gates = page.locator("#gates")
    expect(gates).to_contain_text("Before the discharge")
    expect(page.locator("#against")).to_contain_text("Close session asks for a reason")
    gates.get_by_role("button", name="MOAA/S 5").click()
    for name, value in (("CADSS-6, 0 to 24", "0"), ("discharge score, 0 to 10", "10")):
        gates.get_by_label(name).fill(value)
        gates.get_by_label(name).press("Enter")
    expect(gates).to_contain_text("Nothing stands against it.")
    page.get_by_role("button", name="Close session").click()
    page.get_by_role("button", name="Confirm: Close session").click()
    expect(page.locator(".identity-phase")).to_have_attribute("data-phase", "closed")
    assert stub.posts[-1][2] == {"phase": "closed"}


def test_a_session_that_is_infusing_asks_for_no_gates(room_3: Page, stub: StubMonitor) -> None:
    expect(room_3.locator("#gates")).to_be_hidden()
    expect(room_3.locator("#chart")).to_be_visible()
    assert stub.gates_asked == 0


# --- limits -----------------------------------------------------------------------------------------------------------------------------


def moved(by: str, proposal: int | None) -> LimitNow:
    return LimitNow(by, "high", 200, 180, proposal, "BP-H1", Vital.SYSTOLIC_BP)


def test_a_stricter_limit_is_moved_and_listed(room_3: Page, stub: StubMonitor) -> None:
    limits = room_3.locator("#limits")
    expect(limits).to_contain_text("The ordinary limits hold.")
    limits.get_by_text("Change a limit").click()
    limits.get_by_label("Limit", exact=True).select_option(label="BP-H1 Severe hypertension: SBP upper 180 mmHg")
    limits.get_by_label("New limit, 160 to 220 mmHg").fill("170")
    limits.get_by_label("Reason").fill("aneurysm in the family")
    limits.get_by_role("button", name="Change limit").click()
    expect(limits).to_contain_text("BP-H1 · SBP upper 180 → 170 mmHg by R. Vega")
    expect(limits.locator(".outcome").last).to_contain_text("Saved")
    body = {"rule": "BP-H1", "vital": "systolic_bp", "direction": "high", "limit": 170, "reason": "aneurysm in the family"}
    assert stub.posts == [("POST", f"{S3}/limits", body)]


def test_a_looser_high_limit_says_before_and_after_that_it_waits(room_3: Page) -> None:
    limits = room_3.locator("#limits")
    limits.get_by_text("Change a limit").click()
    limits.get_by_label("New limit, 160 to 220 mmHg").fill("200")
    expect(limits).to_contain_text("it will wait for a second person")
    limits.get_by_label("Reason").fill("known hypertension")
    limits.get_by_role("button", name="Change limit").click()
    expect(limits).to_contain_text("proposed by R. Vega, waits for a second person. You proposed it: another clinician must confirm it.")
    expect(limits.get_by_role("button", name="Confirm")).to_be_hidden()


def test_another_person_confirms_it(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.sessions["S-000003"] = replace(stub.sessions["S-000003"], own_limits=(moved("ruiz", 1),))
    page = open_page("/session/S-000003")
    limits = page.locator("#limits")
    expect(limits).to_contain_text("proposed by ruiz, waits for a second person.")
    limits.get_by_role("button", name="Confirm").click()
    expect(limits).to_contain_text("BP-H1 · SBP upper 180 → 200 mmHg by ruiz")
    expect(limits.get_by_role("button", name="Confirm")).to_be_hidden()
    assert stub.posts == [("POST", f"{S3}/limits/1/confirmation", {})]


def test_an_auditor_sees_the_chart_the_gates_and_the_limits_and_changes_none(open_page: Callable[..., Page], stub: StubMonitor) -> None:
    stub.reset(role="auditor")
    stub.sessions["S-000003"] = replace(stub.sessions["S-000003"], own_limits=(moved("ruiz", 1),))
    page = open_page("/session/S-000003")
    expect(page.locator("#limits")).to_contain_text("proposed by ruiz")
    expect(page.locator("#limits").get_by_role("button", name="Confirm")).to_be_hidden()
    expect(page.locator("#limits details")).to_be_hidden()
    expect(page.get_by_role("button", name="MOAA/S 5")).to_be_disabled()
    other = open_page("/session/S-000006")
    expect(other.locator("#gates .findings li")).to_have_count(1)
    expect(other.get_by_role("button", name="consent signed: yes")).to_be_disabled()
    expect(other.locator("#against")).to_be_hidden()


@pytest.mark.parametrize("path", ["/session/S-000003", "/session/S-000006", "/session/S-000004"])
def test_the_forms_fit_a_phone(open_page: Callable[..., Page], stub: StubMonitor, path: str) -> None:
    stub.sessions["S-000003"] = replace(stub.sessions["S-000003"], own_limits=(moved("ruiz", 1),))
    page = open_page(path, width=360, height=700)
    page.locator("html[data-feed=live]").wait_for()
    page.locator("#limits summary").click()
    for width in (360, 390, 768, 1024, 1181):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        overflowing = """nodes => nodes.filter(node => node.offsetParent && node.getBoundingClientRect().right > innerWidth + 1)
            .map(node => node.outerHTML.slice(0, 90))"""
        assert page.locator("#chart *, #gates *, #limits *").evaluate_all(overflowing) == [], width
