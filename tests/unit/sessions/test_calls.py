"""Which entries of a log call for the second channel, and what is owed by it."""

import pytest
from msgspec.structs import replace

from monitor.sessions.calls import NO_CHANNEL, Call, Calls
from schemas.alert import RAISES, Alert, AlertKind, AlertState, Priority, Why
from schemas.log import AlertChanged, AlertNotified, Body, Entry, NoteAdded

ALERT = Alert(
    acknowledged_at_ms=None, acknowledged_by=None, cause="spo2_low", escalation=0, id="OX-H1.1", kind=AlertKind.PHYSIOLOGICAL,
    priority=Priority.HIGH, raised_at_ms=0, reason="SpO2 79 < 85", rule="OX-H1", shown_at_ms=None, since_ms=0,
    state=AlertState.ACTIVE, title="Severe hypoxia", vital=None,
)  # fmt: skip
WATCHLESS = replace(ALERT, id="INF-M2.1", rule="INF-M2", cause="nobody_watching", priority=Priority.MEDIUM, kind=AlertKind.TECHNICAL)


def follow(calls: Calls, body: Body, at_ms: int = 5) -> Call | None:
    return calls.follow(Entry(at_ms, body, 1, "S-000001"))


@pytest.mark.parametrize("why", list(Why))
@pytest.mark.parametrize("priority", list(Priority))
def test_who_is_called_for_what(why: Why, priority: Priority) -> None:
    called = follow(Calls(), AlertChanged(replace(ALERT, priority=priority), why))
    is_call = priority is not Priority.LOW and why in {Why.UNSEEN, Why.ESCALATED}
    assert (called is not None) is is_call
    if called is not None:
        assert (called.why, called.at_ms, called.alert.id) == (why.value, 5, "OX-H1.1")


@pytest.mark.parametrize("why", list(Why))
def test_that_nobody_watches_is_itself_told(why: Why) -> None:
    called = follow(Calls(), AlertChanged(WATCHLESS, why))
    assert (called is not None) is (why in RAISES or why in {Why.UNSEEN, Why.ESCALATED})


def test_what_comes_of_an_unseen_alert_is_not_told_twice() -> None:
    calls = Calls()
    assert follow(calls, AlertChanged(ALERT, Why.UNSEEN), 10_000)
    assert follow(calls, AlertChanged(replace(WATCHLESS, id="DEL-M1.1"), Why.IMMEDIATE), 10_000) is None
    assert follow(calls, AlertChanged(WATCHLESS, Why.ONSET_PASSED), 30_000)


def test_a_call_is_owed_until_it_is_delivered() -> None:
    calls = Calls()
    called = follow(calls, AlertChanged(ALERT, Why.UNSEEN))
    assert calls.owed == {"OX-H1.1": called}
    follow(calls, AlertNotified("OX-H1.1", "webhook", "answered 500", is_delivered=False))
    follow(calls, AlertNotified("BP-H1.1", "webhook", "answered 204", is_delivered=True))
    follow(calls, NoteAdded("anna", "x"))
    assert set(calls.owed) == {"OX-H1.1"}
    follow(calls, AlertNotified("OX-H1.1", "webhook", "answered 204", is_delivered=True))
    assert calls.owed == {}


@pytest.mark.parametrize("state", list(AlertState))
def test_a_call_is_owed_while_nobody_has_answered(state: AlertState) -> None:
    calls = Calls()
    follow(calls, AlertChanged(ALERT, Why.UNSEEN))
    follow(calls, AlertChanged(replace(ALERT, state=state), Why.CONDITION_ENDED))
    assert bool(calls.owed) is (state in {AlertState.PENDING, AlertState.ACTIVE, AlertState.LATCHED})


def test_the_newest_call_of_an_alert_takes_the_place_of_the_older() -> None:
    calls = Calls()
    follow(calls, AlertChanged(ALERT, Why.UNSEEN))
    follow(calls, AlertChanged(replace(ALERT, escalation=1), Why.ESCALATED))
    assert [call.why for call in calls.owed.values()] == ["escalated"]


def test_that_there_is_no_channel_is_remembered_for_each_open_alert() -> None:
    calls = Calls()
    follow(calls, AlertChanged(ALERT, Why.UNSEEN))
    follow(calls, AlertNotified("OX-H1.1", NO_CHANNEL, "x", is_delivered=False))
    assert (calls.owed, calls.without_channel) == ({}, {"OX-H1.1"})
    follow(calls, AlertChanged(replace(ALERT, state=AlertState.ACKNOWLEDGED), Why.ACKNOWLEDGED))
    assert calls.without_channel == {"OX-H1.1"}
    follow(calls, AlertChanged(replace(ALERT, state=AlertState.RESOLVED), Why.CONDITION_ENDED))
    assert calls.without_channel == set()
