"""What belongs together, what was missed: tables, and laws over random alerts beside a comparison that looks at every pair."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.backtest.comparing import Comparison, compare
from monitor.backtest.judging import Raised
from schemas.alert import PRIORITY_RANK, Priority
from tests.unit.backtest.logs import alert

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
LOW_RATE = "heart_rate_low"

CASES = [
    ("the same", [alert(10, 20)], [alert(10, 20)], ""),
    ("a common instant is enough", [alert(10, 20)], [alert(20, 30)], ""),
    ("one after the other", [alert(10, 20)], [alert(21, 30)], "missed added"),
    ("nothing in B", [alert(10, 20)], [], "missed"),
    ("nothing in A", [], [alert(10, 20)], "added"),
    ("another cause", [alert(10, 20)], [alert(10, 20, cause=LOW_RATE)], "missed added"),
    ("another rule of the cause", [alert(10, 20)], [alert(12, 40, rule="HR-H2")], ""),
    ("one that never ended", [alert(10, None)], [alert(5_000, 6_000)], ""),
    ("neither ended", [alert(10, None)], [alert(9_000, None)], ""),
    ("B only lower", [alert(10, 20)], [alert(10, 20, rule="HR-M1", priority=MEDIUM)], "lowered"),
    ("B only higher", [alert(10, 20, priority=LOW)], [alert(10, 20)], "heightened"),
    ("B lower, and later as high", [alert(10, 90)], [alert(10, 20, priority=LOW), alert(80, 95)], ""),
    ("high and medium in A, medium in B", [alert(10, 20), alert(10, 20, priority=MEDIUM)], [alert(10, 20, priority=MEDIUM)], "lowered"),
    ("the long one first, then short ones", [alert(500, 510)], [alert(0, 1_000), alert(5, 6), alert(7, 8)], "added"),
]


def kinds(found: Comparison) -> str:
    return " ".join(name for name in ("missed", "added", "lowered", "heightened") if getattr(found, name))


@pytest.mark.parametrize(("a", "b", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_belongs_together(a: list[Raised], b: list[Raised], expected: str) -> None:
    assert kinds(compare(a, b)) == expected


def test_a_lowered_alert_is_shown_beside_the_highest_of_its_counterparts() -> None:
    medium = alert(15, 20, rule="HR-M1", priority=MEDIUM)
    found = compare([alert(10, 20)], [alert(10, 20, rule="HR-L1", priority=LOW), medium])
    assert [(pair.raised.rule, pair.other) for pair in found.lowered] == [("HR-H1", medium)]


def test_an_episode_says_when_each_set_first_raised_an_alert_and_one_of_high_priority() -> None:
    a = [alert(0, 50, after=10, rule="HR-M1", priority=MEDIUM), alert(40, 90, after=15)]
    b = [alert(0, 60, after=5, rule="HR-M1", priority=MEDIUM), alert(200, 210)]
    first, second = compare(a, b).episodes
    assert (first.a_ms, first.b_ms, first.high_a_ms, first.high_b_ms) == (10, 5, 55, None)
    assert (second.a_ms, second.b_ms, second.high_a_ms, second.high_b_ms) == (None, 200, None, 200)


def test_episodes_of_two_causes_are_apart_and_in_the_order_of_time() -> None:
    found = compare([alert(50, 60), alert(0, 100, cause=LOW_RATE)], [alert(55, 70)])
    assert [(episode.cause, episode.began_ms) for episode in found.episodes] == [(LOW_RATE, 0), ("heart_rate_high", 50)]


# --- laws -----------------------------------------------------------------------------------------------------------------------------


@st.composite
def alerts(draw: st.DrawFn) -> list[Raised]:
    """In the order of raising, as a judge gives them; times near each other, so that edges meet."""
    found: list[Raised] = []
    for number in range(draw(st.integers(0, 12))):
        began_ms = draw(st.integers(0, 60))
        ended_ms = draw(st.one_of(st.none(), st.integers(began_ms, began_ms + 25)))
        cause, priority = draw(st.sampled_from(("heart_rate_high", LOW_RATE))), draw(st.sampled_from(Priority))
        found.append(alert(began_ms, ended_ms, rule=f"HR-{number}", cause=cause, priority=priority, after=draw(st.integers(0, 5))))
    return sorted(found, key=lambda raised: raised.raised_at_ms)


def counterparts(raised: Raised, others: list[Raised]) -> list[Raised]:
    """By looking at each."""

    def end(one: Raised) -> float:
        return float("inf") if one.ended_ms is None else one.ended_ms

    return [
        other for other in others if other.cause == raised.cause and other.began_ms <= end(raised) and raised.began_ms <= end(other)
    ]  # fmt: skip


def rank(raised: Raised) -> int:
    return PRIORITY_RANK[raised.priority]


@given(alerts())
def test_a_rule_set_beside_itself_differs_in_nothing(a: list[Raised]) -> None:
    found = compare(a, a)
    assert kinds(found) == ""
    assert all((episode.a_ms, episode.high_a_ms) == (episode.b_ms, episode.high_b_ms) for episode in found.episodes)


@given(alerts(), alerts())
def test_every_alert_is_matched_or_listed(a: list[Raised], b: list[Raised]) -> None:
    found = compare(a, b)
    assert list(found.missed) == [raised for raised in a if not counterparts(raised, b)]
    assert list(found.added) == [raised for raised in b if not counterparts(raised, a)]
    for pairs, these, others in ((found.lowered, a, b), (found.heightened, b, a)):
        highest = [(raised, max(map(rank, beside))) for raised in these if (beside := counterparts(raised, others))]
        assert [pair.raised for pair in pairs] == [raised for raised, best in highest if best < rank(raised)]
        assert all(pair.other in counterparts(pair.raised, others) for pair in pairs)


@given(alerts(), alerts())
def test_the_other_way_round_is_the_mirror_image(a: list[Raised], b: list[Raised]) -> None:
    there, back = compare(a, b), compare(b, a)
    assert (there.missed, there.lowered) == (back.added, back.heightened)
    mirrored = [(e.cause, e.began_ms, e.b_ms, e.a_ms, e.high_b_ms, e.high_a_ms) for e in back.episodes]
    assert [(e.cause, e.began_ms, e.a_ms, e.b_ms, e.high_a_ms, e.high_b_ms) for e in there.episodes] == mirrored


@given(alerts(), alerts())
def test_an_episode_holds_alerts_that_touch_and_no_others(a: list[Raised], b: list[Raised]) -> None:
    """As many episodes as there are groups of alerts that touch, one by one."""
    groups: list[list[Raised]] = []
    for raised in (*a, *b):
        touching = [group for group in groups if counterparts(raised, group)]
        groups = [group for group in groups if group not in touching]
        groups.append([raised, *(other for group in touching for other in group)])
    expected = sorted((min(raised.began_ms for raised in group), group[0].cause) for group in groups)
    assert [(episode.began_ms, episode.cause) for episode in compare(a, b).episodes] == expected
