"""The journal of a session: alerts as items that open to their steps, filters, all of it by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from schemas.alert import AlertKind, AlertState, Priority, Why
from schemas.stream_wire import AlertStep, Happened
from tests.support.stub_monitor import StubMonitor

pytestmark = pytest.mark.e2e


def _tell(stub: StubMonitor, kind: str, text: str, **fields: Any) -> None:
    line = Happened("S-000003", 3_000 + len(stub.journal), stub.now_ms(), kind, text, **fields)

    def say() -> None:
        stub.journal.append(line)
        stub.publish(journal=(line,))

    stub.run(say)


def _step(state: AlertState, why: Why) -> AlertStep:
    return AlertStep(AlertKind.PHYSIOLOGICAL, Priority.HIGH, state, "Severe hypertension", why)


def test_ask_25_an_alert_is_one_item_with_shape_priority_and_every_step(room_3: Page, stub: StubMonitor) -> None:
    item = room_3.locator('#journal li[data-kind="alert"]').filter(has_text="Severe hypertension")
    expect(item).to_have_count(1)
    expect(item).to_contain_text("High: Severe hypertension SBP 184 ≥ 180")
    expect(item.locator(".shape-high")).to_be_visible()
    expect(item.locator(".journal-state")).to_contain_text("raised 10:40:05 · unanswered")
    _tell(stub, "alert_acknowledged", "BP-H1.1 acknowledged by vega", alert="BP-H1.1")
    ended = _step(AlertState.RESOLVED, Why.CONDITION_ENDED)
    _tell(stub, "alert_changed", "BP-H1.1 Severe hypertension condition ended: SBP 150", alert="BP-H1.1", step=ended)
    expect(item.locator(".journal-state")).to_contain_text("acknowledged 10:41")
    expect(item.locator(".journal-state")).to_contain_text("over after 1:")
    expect(item.locator(".journal-step")).to_have_count(3)
    expect(item.locator(".journal-step").first).to_be_hidden()
    again = _step(AlertState.ACTIVE, Why.IMMEDIATE)
    _tell(stub, "alert_changed", "BP-H1.2 Severe hypertension raised at once: SBP 204", alert="BP-H1.2", step=again)
    expect(item).to_have_count(2)
    expect(room_3.locator("#journal li").first).to_contain_text("SBP 204")


def test_the_keyboard_opens_an_alert_and_it_stays_open_while_steps_come(room_3: Page, stub: StubMonitor) -> None:
    item = room_3.locator('#journal li[data-kind="alert"]').filter(has_text="Severe hypertension")
    item.locator("summary").focus()
    room_3.keyboard.press("Enter")
    expect(item.locator(".journal-step").first).to_be_visible()
    _tell(stub, "alert_shown", "BP-H1.1 shown to vega after 0.4 s", alert="BP-H1.1")
    expect(item.locator(".journal-step").last).to_contain_text("shown to vega after 0.4 s")
    expect(item.locator(".journal-step").last).to_be_visible()


def test_filters_show_one_kind_and_say_when_there_is_none(room_3: Page, stub: StubMonitor) -> None:
    items = room_3.locator("#journal li")
    everything = items.count()
    room_3.get_by_role("button", name="Notes and observations").press("Enter")
    expect(items).to_have_count(0)
    expect(room_3.locator(".journal")).to_contain_text("None of these yet.")
    _tell(stub, "note_added", "vega: looks pale")
    expect(items).to_have_count(1)
    room_3.get_by_role("button", name="Alerts", exact=True).press(" ")
    expect(room_3.locator('#journal li:not([data-category="alerts"])')).to_have_count(0)
    expect(items).to_have_count(3)
    room_3.get_by_role("button", name="Doses and steps").click()
    expect(items.first).to_contain_text("Rate 0.875 mg/min set by vega")
    room_3.get_by_role("button", name="All", exact=True).first.click()
    assert room_3.get_by_role("group", name="Show").get_by_role("button", name="All").get_attribute("aria-pressed") == "false"
    room_3.get_by_role("group", name="Show").get_by_role("button", name="All").click()
    expect(items).to_have_count(everything + 1)
