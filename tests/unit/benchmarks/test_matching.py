"""Alerts beside truth: detected, missed, late, false, ended too early; and what is heard."""

import pytest

from benchmarks.alert_quality.matching import Alerts, Verdict, audible, judge
from benchmarks.alert_quality.occurrence import Occurrence
from benchmarks.alert_quality.truth import MARGIN, Truth
from schemas.alert import Priority
from schemas.vitals import Vital
from tests.unit.benchmarks.courses import raised, rule, truth_of

HR = Vital.HEART_RATE
LONG = (HR, 125.0, 100, 400)  # HR-M1: due some 30 s after the averaged number is beyond 111, some 5 s after second 100
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW


def _judged(truth: Truth, *alerts: Occurrence, naive: tuple[Occurrence, ...] = ()) -> Verdict:
    return judge(rule("HR-M1"), truth, alerts, naive)


@pytest.mark.parametrize(
    ("alerts", "is_missed", "delay_s"),
    [
        ([], True, None),
        ([raised(137)], False, 37),
        ([raised(90)], False, 0),  # open already
        ([raised(50, 120)], True, None),  # over before it was due
        ([raised(50, 300)], False, 0),
        ([raised(300)], False, 200),  # late, and detected
        ([raised(500)], True, None),  # after the event
        ([raised(140, 150)], False, 40),
        ([raised(300), raised(137, 200)], False, 37),
    ],
)
def test_an_event_is_detected_by_an_alert_raised_in_it_or_open_when_it_is_due(
    alerts: list[Occurrence], is_missed: bool, delay_s: float | None
):
    verdict = _judged(truth_of(LONG), *alerts)
    assert verdict.sustained == 1
    assert bool(verdict.missed) is is_missed
    assert verdict.delay_s == (() if delay_s is None else (delay_s,))


def test_excess_is_counted_from_the_end_of_the_rule_s_own_time():
    truth = truth_of(LONG)
    (event,) = truth.events(rule("HR-M1"))
    due_s = event.demands[0].due_s - 600
    assert _judged(truth, raised(due_s)).excess_s == (0.0,)
    assert _judged(truth, raised(due_s + 7)).excess_s == (7.0,)


def test_an_alert_that_an_artefact_ended_must_come_again():
    truth = truth_of(LONG, hidden=[(HR, 200, 240)])
    assert _judged(truth, raised(137, 220)).missed != ()
    assert _judged(truth, raised(137, 220), raised(272)).missed == ()


def test_a_slight_event_is_counted_and_not_asked_for():
    truth = truth_of((HR, 111.5, 100, 400))
    assert (_judged(truth).sustained, _judged(truth).slight, _judged(truth).slight_detected) == (0, 1, 0)
    assert _judged(truth, raised(200)).slight_detected == 1


@pytest.mark.parametrize(
    ("value", "at_s", "expected"),
    [
        (125.0, 137, Alerts(1, 0, 0)),
        (125.0, 75, Alerts(1, 0, 0)),  # within half a minute before it
        (125.0, 30, Alerts(1, 1, 0)),
        (125.0, 450, Alerts(1, 1, 0)),
        (111.0 - MARGIN[HR] / 2, 137, Alerts(1, 1, 1)),  # false, and a sensor's own error explains it
        (72.0, 137, Alerts(1, 1, 0)),
    ],
)
def test_a_false_alert(value: float, at_s: float, expected: Alerts):
    verdict = _judged(truth_of((HR, value, 100, 400)), raised(at_s), naive=(raised(at_s),))
    assert verdict.engine == verdict.naive == expected


def test_an_alert_that_began_while_it_was_true_is_not_false():
    assert _judged(truth_of((HR, 125.0, 100, 140)), raised(190, since_s=600 + 130)).engine.false == 0


def test_an_alert_that_values_ended_while_it_was_true():
    truth = truth_of(LONG)
    assert _judged(truth, raised(137, 200, is_cleared=True)).ended_early == 1
    assert _judged(truth, raised(137, 200)).ended_early == 0  # by a phase or a person
    assert _judged(truth, raised(137, 450, is_cleared=True)).ended_early == 0


@pytest.mark.parametrize(
    ("alerts", "heard"),
    [
        ([], 0),
        ([raised(1), raised(100)], 1),  # the first is still open
        ([raised(1, 50), raised(100)], 2),
        ([raised(1), raised(1, cause="b")], 2),
        ([raised(1, priority=HIGH), raised(2, priority=LOW)], 1),  # under a higher one
        ([raised(1, priority=LOW), raised(2, priority=HIGH)], 2),  # a higher one sounds anew
        ([raised(1, priority=LOW), raised(1, priority=HIGH)], 1),  # together
        ([raised(1, priority=HIGH), raised(2, cause="b", priority=LOW)], 2),
    ],
)
def test_what_is_heard(alerts: list[Occurrence], heard: int):
    assert audible(alerts) == heard
