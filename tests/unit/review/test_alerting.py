"""Figures over the alerts of many sessions, against a naive count of the same logs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.review.alerting import HOUR_MS, Occurrence, Span, analyse, occurrences
from schemas.alert import AlertKind, AlertState, Priority, Why
from schemas.log import AlertChanged, Entry
from tests.unit.core.histories import History, histories, play

SPAN = Span("S-000001", "Room 1", 0, HOUR_MS)


def steps(log: list[Entry]) -> dict[str, list[tuple[int, AlertChanged]]]:
    found: dict[str, list[tuple[int, AlertChanged]]] = {}
    for entry in log:
        if isinstance(entry.body, AlertChanged):
            found.setdefault(entry.body.alert.id, []).append((entry.at_ms, entry.body))
    return found


@settings(max_examples=60)
@given(histories())
def test_what_came_of_each_alert_is_what_its_steps_say(history: History) -> None:
    log = play(history)
    found = occurrences(SPAN, log)
    raised = {id_: each for id_, each in steps(log).items() if any(body.alert.state is AlertState.ACTIVE for _, body in each)}
    assert len(found) == len(raised)
    for occurrence, changes in zip(sorted(found, key=lambda each: each.raised_at_ms), sorted(raised.values(), key=_raised_at), strict=True):
        whys = [body.why for _, body in changes]
        last = changes[-1][1].alert
        assert occurrence.raised_at_ms == _raised_at(changes)
        answers = [at_ms for at_ms, body in changes if body.why is Why.ACKNOWLEDGED]
        if occurrence.rule == changes[0][1].alert.rule:  # several may be raised in one instant
            assert occurrence.acknowledged_at_ms == (answers[0] if answers else None)
            assert occurrence.is_unseen is (Why.UNSEEN in whys)
            assert occurrence.escalations == whys.count(Why.ESCALATED)
            ended_alone = last.state is AlertState.RESOLVED and Why.CONDITION_ENDED in whys and not answers
            assert occurrence.is_alone is (ended_alone and whys[-1] is Why.CONDITION_ENDED)


def _raised_at(changes: list[tuple[int, AlertChanged]]) -> int:
    return next(at_ms for at_ms, body in changes if body.alert.state is AlertState.ACTIVE)


_made = st.builds(
    Occurrence,
    session=st.sampled_from(["S-000001", "S-000002"]),
    room=st.just("Room 1"),
    rule=st.sampled_from(["BP-H1", "OX-H2", "TEC-M1"]),
    title=st.just("title"),
    kind=st.sampled_from(AlertKind),
    priority=st.sampled_from(Priority),
    raised_at_ms=st.integers(0, 1_000),
    acknowledged_at_ms=st.none() | st.integers(1_000, 90_000),
    is_alone=st.booleans(),
    is_unseen=st.booleans(),
    escalations=st.integers(0, 2),
)
SPANS = (Span("S-000001", "Room 1", 0, HOUR_MS), Span("S-000002", "Room 1", HOUR_MS, 4 * HOUR_MS), Span("S-000003", "Room 2", 0, 0))


@given(st.lists(_made, max_size=30))
def test_every_table_counts_every_alert_once(found: list[Occurrence]) -> None:
    figures = analyse(SPANS, found, "UTC")
    for rows in (figures.priorities, figures.rules, figures.rooms):
        assert sum(row.raised for row in rows) == len(found) == figures.total.raised
        for name in ("acknowledged", "alone", "unseen", "escalated"):
            assert sum(getattr(row, name) for row in rows) == getattr(figures.total, name)
    assert sum(sum((day.counts.high, day.counts.medium, day.counts.low, day.counts.technical)) for day in figures.days) == len(found)
    assert sum(day.sessions for day in figures.days) == 3
    assert figures.total.per_hour == pytest.approx(len(found) / 4)
    assert figures.total.per_session == pytest.approx(len(found) / 3)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_times_to_acknowledge_are_those_of_the_sorted_list(waits: list[int]) -> None:
    found = [
        Occurrence("S-000001", "Room 1", "BP-H1", "t", AlertKind.PHYSIOLOGICAL, Priority.HIGH, 5, acknowledged_at_ms=5 + wait)
        for wait in waits
    ]
    row = analyse(SPANS, found, "UTC").total
    assert row.ack_median_ms is not None
    assert row.ack_p90_ms is not None
    assert sum(wait <= row.ack_median_ms for wait in waits) * 2 >= len(waits)
    assert sum(wait <= row.ack_p90_ms for wait in waits) * 10 >= 9 * len(waits)
    assert sum(wait < row.ack_p90_ms for wait in waits) * 10 < 9 * len(waits)


def test_nothing_is_nothing() -> None:
    figures = analyse((), (), "UTC")
    assert (figures.sessions, figures.hours, figures.rules, figures.days, figures.total.ack_median_ms) == (0, 0, (), (), None)


def test_a_day_is_one_of_the_site() -> None:
    late = Span("S-000001", "Room 1", 1_763_852_400_000, 1_763_852_400_000)  # 2025-11-22 23:00 UTC
    assert [day.day for day in analyse((late,), (), "UTC").days] == ["2025-11-22"]
    assert [day.day for day in analyse((late,), (), "Asia/Tokyo").days] == ["2025-11-23"]
