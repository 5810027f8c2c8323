"""Limits of one patient's own."""

import pytest

from monitor.core.refused import Refused
from schemas.alert import AlertState
from schemas.log import Entry, LimitAwaitsConfirmation, LimitChanged, LimitConfirmed, LimitProposed
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.core.bedside import Bedside, infusing


def propose(bed: Bedside, rule: str, limit: float, *, by: str = "anna", vital: Vital = Vital.HEART_RATE, way: str = "high") -> list[Entry]:
    return bed.apply(LimitProposed(by, way, round(limit * 1000), "trained runner", rule, vital))


def made(entries: list[Entry]) -> list[object]:
    return [entry.body for entry in entries if isinstance(entry.body, LimitChanged | LimitAwaitsConfirmation)]


def own(bed: Bedside) -> list[tuple[str, int, int | None]]:
    return [(row.rule, row.limit_milli, row.proposal) for row in bed.engine.own_limits()]


def changed(old: int, new: int, confirmed_by: str | None, rule: str = "HR-H1") -> LimitChanged:
    return LimitChanged("anna", confirmed_by, "high", new * 1000, old * 1000, rule, Vital.HEART_RATE)


def test_a_tighter_limit_counts_at_once() -> None:
    bed = infusing()
    assert made(propose(bed, "HR-H1", 120)) == [changed(131, 120, None)]
    assert own(bed) == [("HR-H1", 120_000, None)]
    bed.stream(16, hr=122)
    assert bed.state("HR-H1") is AlertState.ACTIVE


def test_a_looser_limit_of_a_high_rule_wants_a_second_person() -> None:
    bed = infusing()
    assert made(propose(bed, "HR-H1", 145)) == [LimitAwaitsConfirmation(1, "HR-H1")]
    assert own(bed) == [("HR-H1", 145_000, 1)]
    bed.stream(16, hr=140)
    assert bed.state("HR-H1") is AlertState.ACTIVE, "until then the old one counts"
    with pytest.raises(Refused, match="another person"):
        bed.apply(LimitConfirmed("anna", 1))
    assert made(bed.apply(LimitConfirmed("ben", 1))) == [changed(131, 145, "ben")]
    with pytest.raises(Refused, match="no limit waits"):
        bed.apply(LimitConfirmed("ben", 1))


def test_by_the_looser_limit_a_value_raises_no_more() -> None:
    bed = infusing()
    propose(bed, "HR-H1", 145)
    bed.apply(LimitConfirmed("ben", 1))
    bed.stream(30, hr=140)
    assert bed.state("HR-H1") is None
    bed.stream(16, hr=145)
    assert bed.state("HR-H1") is AlertState.ACTIVE


def test_where_it_clears_moves_along() -> None:
    """131 clears below 125; 120 does below 114."""
    bed = infusing()
    propose(bed, "HR-H1", 120)
    bed.stream(16, hr=120)
    bed.stream(5, hr=115)
    assert bed.state("HR-H1") is AlertState.ACTIVE
    bed.stream(5, hr=113)
    assert bed.state("HR-H1") is AlertState.LATCHED


def test_one_person_may_loosen_what_is_not_high() -> None:
    bed = infusing()
    assert made(propose(bed, "HR-M1", 125)) == [changed(111, 125, None, "HR-M1")]


def test_what_is_beyond_the_new_limit_begins_at_once() -> None:
    bed = infusing()
    bed.stream(5, hr=125)
    propose(bed, "HR-H1", 120)
    bed.wait(1)
    assert bed.state("HR-H1") is AlertState.PENDING


def test_values_that_need_no_confirmation_stay_where_they_are() -> None:
    bed = infusing()
    propose(bed, "BP-H1", 220, vital=Vital.SYSTOLIC_BP)
    bed.apply(LimitConfirmed("ben", 1))
    bed.say(sbp=201, dbp=100, map=130)
    assert bed.state("BP-H1") is AlertState.ACTIVE


def test_back_to_the_ordinary_limit_is_no_own_limit() -> None:
    bed = infusing()
    propose(bed, "HR-H1", 120)
    propose(bed, "HR-H1", 131)
    bed.apply(LimitConfirmed("ben", 1))
    assert own(bed) == []


def test_a_change_in_between_voids_what_waits() -> None:
    bed = infusing()
    propose(bed, "HR-H1", 145)
    propose(bed, "HR-H1", 120)
    with pytest.raises(Refused, match="no limit waits"):
        bed.apply(LimitConfirmed("ben", 1))


@pytest.mark.parametrize(
    ("rule", "limit", "vital", "way", "reason"),
    [
        ("HR-H1", 151, Vital.HEART_RATE, "high", "out_of_bounds"),
        ("HR-H1", 109, Vital.HEART_RATE, "high", "out_of_bounds"),
        ("HR-H1", 131, Vital.HEART_RATE, "high", "same_limit"),
        ("HR-H1", 120, Vital.SPO2, "high", "not_adjustable"),
        ("HR-H1", 120, Vital.HEART_RATE, "low", "not_adjustable"),
        ("HR-H1", 120, Vital.HEART_RATE, "sideways", "not_adjustable"),
        ("OX-H1", 82, Vital.SPO2, "low", "not_adjustable"),
        ("XX-H1", 82, Vital.SPO2, "low", "unknown_rule"),
    ],
)
def test_what_may_not_be_moved(rule: str, limit: float, vital: Vital, way: str, reason: str) -> None:
    bed = infusing()
    before = len(bed.log)
    with pytest.raises(Refused) as refused:
        propose(bed, rule, limit, vital=vital, way=way)
    assert refused.value.reason == reason
    assert len(bed.log) == before


def test_own_limits_end_with_the_session() -> None:
    bed = infusing()
    bed.order(Phase.ABORTED)
    with pytest.raises(Refused, match="aborted"):
        propose(bed, "HR-H1", 120)


def test_an_own_limit_counts_beside_a_slow_baseline_too() -> None:
    """Below 55 the rule is relative; a limit that people set stands in its place."""
    bed = infusing()
    propose(bed, "HR-H2", 45, way="low")
    assert own(bed) == [("HR-H2", 45_000, None)]
    bed.stream(12, hr=45)
    assert bed.state("HR-H2") is AlertState.ACTIVE


def test_a_limit_that_is_moved_takes_back_no_other_alert_that_is_about_to_recur() -> None:
    """SpO2 fell too fast to be believed at once, then the probe fell silent: it recurs after 30 s, whatever is moved meanwhile."""
    bed = infusing()
    bed.say(hr=72, spo2=79)
    bed.wait(5)
    bed.say(hr=72, spo2=98)
    assert bed.state("OX-H1") is AlertState.LATCHED
    bed.wait(1)
    bed.say(hr=72, spo2=79)
    again_s = bed.since_start_s + 30
    bed.wait(16)
    propose(bed, "HR-H1", 120)
    bed.wait(30)
    assert (again_s, "active", "recurred") in bed.changes("OX-H1")


@pytest.mark.parametrize(("then", "recurs"), [(None, True), (135.0, True), (80.0, False)])
def test_silence_takes_back_no_alert_that_is_about_to_recur(then: float | None, recurs: bool) -> None:
    """Its own limit is moved while its sign is silent: what is aged is evidence of nothing. A value inside every limit takes it back."""
    bed = infusing()
    bed.stream(20, hr=135)
    bed.stream(20, hr=96)
    assert bed.state("HR-H1") is AlertState.LATCHED
    bed.stream(1, hr=140)  # too fast to be believed at once
    again_s = bed.since_start_s + 30
    bed.wait(16)
    propose(bed, "HR-H1", 120)
    if then is not None:
        bed.say(hr=then)
    bed.wait(30)
    assert any(why == "recurred" for _, _, why in bed.changes("HR-H1")) is recurs
    if then is None:
        assert (again_s, "active", "recurred") in bed.changes("HR-H1")


def _pending_by_doubt(then: float) -> tuple[Bedside, float]:
    """OX-H2 began by a doubtful value, which must hold for 30 s; then came a good one. When it began, too."""
    bed = infusing()
    bed.stream(20, spo2=98)
    bed.say(hr=72, spo2=60)
    began_s = bed.since_start_s
    bed.wait(5)
    bed.say(hr=72, spo2=then)
    assert bed.state("OX-H2") is AlertState.PENDING
    return bed, began_s


def test_a_good_value_beyond_a_moved_limit_carries_what_is_pending() -> None:
    """It lay inside the old limit; by the new one it is good evidence, for which 15 s are enough."""
    bed, began_s = _pending_by_doubt(then=90)
    propose(bed, "OX-H2", 93, vital=Vital.SPO2, way="low")
    bed.wait(40)
    assert bed.changes("OX-H2")[1] == (began_s + 15, "active", "onset_passed")


def test_a_moved_limit_ends_nothing_that_is_pending() -> None:
    """By the new limit the standing value would be clear of it: a new value must say so."""
    bed, began_s = _pending_by_doubt(then=91)
    propose(bed, "OX-H2", 86, vital=Vital.SPO2, way="low")
    bed.apply(LimitConfirmed("ben", 1))
    bed.wait(40)
    assert bed.changes("OX-H2")[1] == (began_s + 30, "active", "onset_passed")
