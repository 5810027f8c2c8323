"""The rules for cuff values by name: the second cuff, what needs none, what ends them. Numbers are written out here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pytest

from schemas.alert import AlertState
from schemas.log import RemeasureRequested
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.core.bedside import Bedside, infusing

LATCHING = {"BP-H1", "BP-H3"}

# --- cuffs ----------------------------------------------------------------------------------------------------------------------------


class Cuff(NamedTuple):
    rule: str
    breach: dict[str, float]
    inside: dict[str, float]
    within_s: int
    baseline: Mapping[str, float] = MappingProxyType({})


CUFFS = [
    Cuff("BP-H1", {"sbp": 180, "dbp": 80}, {"sbp": 179.999, "dbp": 80}, 120),
    Cuff("BP-H1", {"sbp": 150, "dbp": 110}, {"sbp": 150, "dbp": 109.999}, 120),
    Cuff("BP-M1", {"sbp": 160, "dbp": 80}, {"sbp": 159.999, "dbp": 80}, 120),
    Cuff("BP-M1", {"sbp": 150, "dbp": 100}, {"sbp": 150, "dbp": 99.999}, 120),
    Cuff("BP-M2", {"sbp": 162.5}, {"sbp": 162.499}, 120),  # +30 % of 125
    Cuff("BP-M2", {"sbp": 150}, {"sbp": 149.999}, 120, {"sbp": 112, "dbp": 70, "map": 85}),  # +30 % is 145.6: floor 150
    Cuff("BP-M2", {"sbp": 200}, {"sbp": 199.999}, 120, {"sbp": 160, "dbp": 90, "map": 110}),  # +40 comes before +30 %
    Cuff("BP-M2", {"sbp": 140, "dbp": 101}, {"sbp": 140, "dbp": 100.999}, 120),  # +25 of 76
    Cuff("BP-L1", {"sbp": 150}, {"sbp": 149.999}, 900),  # +20 % of 125
    Cuff("BP-L1", {"sbp": 140}, {"sbp": 139.999}, 900, {"sbp": 110, "dbp": 70, "map": 85}),  # +20 % is 132: floor 140
    Cuff("BP-H3", {"sbp": 79.999}, {"sbp": 80}, 60),
    Cuff("BP-H3", {"sbp": 95, "map": 54.999}, {"sbp": 95, "map": 55}, 60),
    Cuff("BP-H3", {"sbp": 89.999, "hr": 49.999}, {"sbp": 89.999, "hr": 50}, 60),
    Cuff("BP-H3", {"sbp": 89.999, "hr": 49.999}, {"sbp": 90, "hr": 49.999}, 60),
    Cuff("BP-M3", {"sbp": 89.999}, {"sbp": 90}, 120),
    Cuff("BP-M3", {"sbp": 95, "map": 59.999}, {"sbp": 95, "map": 60}, 120, {"sbp": 110, "dbp": 60, "map": 80}),
    Cuff("BP-M3", {"sbp": 98}, {"sbp": 98.001}, 120, {"sbp": 140, "dbp": 80, "map": 100}),  # -30 %
    Cuff("BP-M3", {"sbp": 100, "map": 70}, {"sbp": 100, "map": 70.001}, 120, {"sbp": 125, "dbp": 80, "map": 100}),
]
CUFF_NAMES = [f"{row.rule} {row.breach}" for row in CUFFS]


@pytest.mark.parametrize("row", CUFFS, ids=CUFF_NAMES)
def test_a_second_cuff_confirms(row: Cuff) -> None:
    bed = infusing(**row.baseline)
    since_s = bed.since_start_s
    bed.say(**row.breach)
    bed.wait(30)
    bed.say(**row.breach)
    assert bed.changes(row.rule) == [(since_s, "pending", "condition_began"), (since_s + 30, "active", "confirmed")]


@pytest.mark.parametrize("row", CUFFS, ids=CUFF_NAMES)
def test_a_second_cuff_that_comes_too_early_decides_nothing(row: Cuff) -> None:
    bed = infusing(**row.baseline)
    bed.say(**row.breach)
    bed.wait(29.999)
    bed.say(**row.breach)
    assert bed.state(row.rule) is AlertState.PENDING
    bed.say(**{"hr": 72, **row.inside})
    assert bed.state(row.rule) is AlertState.PENDING


@pytest.mark.parametrize("row", CUFFS, ids=CUFF_NAMES)
def test_without_a_second_cuff_it_is_raised_in_time(row: Cuff) -> None:
    bed = infusing(**row.baseline)
    since_s = bed.since_start_s
    bed.say(**row.breach)
    bed.wait(row.within_s)
    assert bed.changes(row.rule)[-1] == (since_s + row.within_s, "active", "not_confirmed_in_time")


@pytest.mark.parametrize("row", CUFFS, ids=CUFF_NAMES)
def test_a_second_cuff_that_disagrees_withdraws(row: Cuff) -> None:
    bed = infusing(**row.baseline)
    bed.say(**row.breach)
    bed.wait(30)
    at_s = bed.since_start_s
    bed.say(**{"hr": 72, **row.inside})
    assert bed.changes(row.rule)[-1] == (at_s, "withdrawn", "not_confirmed")


@pytest.mark.parametrize("row", CUFFS, ids=CUFF_NAMES)
def test_a_cuff_just_inside_the_limit_is_not_raised(row: Cuff) -> None:
    bed = infusing(**row.baseline)
    for _ in range(3):
        bed.say(**row.inside)
        bed.wait(60)
    assert bed.changes(row.rule) == []


@pytest.mark.parametrize("row", CUFFS, ids=CUFF_NAMES)
def test_a_second_cuff_without_the_breached_value_decides_nothing(row: Cuff) -> None:
    """A cuff that failed in part is missing data."""
    bed = infusing(**row.baseline)
    bed.say(**row.breach)
    bed.wait(30)
    bed.say(**dict.fromkeys(("sbp", "dbp", "map"), None))
    assert bed.state(row.rule) is AlertState.PENDING


IMMEDIATE = [("BP-H1", "sbp", 200, 199.999), ("BP-H1", "dbp", 120, 119.999), ("BP-H3", "sbp", 69.999, 70)]


@pytest.mark.parametrize(("rule", "vital", "beyond", "inside"), IMMEDIATE)
def test_a_value_far_beyond_needs_no_second_cuff(rule: str, vital: str, beyond: float, inside: float) -> None:
    bed = infusing()
    bed.say(**{vital: beyond})
    assert bed.changes(rule) == [(bed.since_start_s, "active", "immediate")]
    other = infusing()
    other.say(**{vital: inside})
    assert other.state(rule) is AlertState.PENDING
    other.wait(5)  # a second one, early, but far beyond
    other.say(**{vital: beyond})
    assert other.changes(rule)[-1] == (other.since_start_s, "active", "immediate")


class Ends(NamedTuple):
    rule: str
    breach: dict[str, float]
    kept: dict[str, float]
    clear: dict[str, float]
    readings: int = 1


ENDS = [
    Ends("BP-H1", {"sbp": 205, "dbp": 90}, {"sbp": 170, "dbp": 90}, {"sbp": 169.999, "dbp": 90}, readings=2),
    Ends("BP-H1", {"sbp": 205, "dbp": 125}, {"sbp": 160, "dbp": 105}, {"sbp": 160, "dbp": 104.999}, readings=2),
    Ends("BP-M1", {"sbp": 165, "dbp": 90}, {"sbp": 155, "dbp": 90}, {"sbp": 154.999, "dbp": 90}, readings=2),
    Ends("BP-M1", {"sbp": 165, "dbp": 105}, {"sbp": 150, "dbp": 95}, {"sbp": 150, "dbp": 94.999}, readings=2),
    Ends("BP-M2", {"sbp": 165, "dbp": 90}, {"sbp": 157.5, "dbp": 90}, {"sbp": 157.499, "dbp": 90}),
    Ends("BP-L1", {"sbp": 152, "dbp": 90}, {"sbp": 143.75, "dbp": 90}, {"sbp": 143.749, "dbp": 90}, readings=2),
    Ends("BP-H3", {"sbp": 65, "map": 50}, {"sbp": 85, "map": 59.999, "hr": 72}, {"sbp": 85, "map": 60, "hr": 72}, readings=2),
    Ends("BP-H3", {"sbp": 65, "map": 60}, {"sbp": 84.999, "map": 70, "hr": 72}, {"sbp": 85, "map": 70, "hr": 72}, readings=2),
    Ends(
        "BP-H3", {"sbp": 65, "map": 60}, {"sbp": 94.999, "map": 70}, {"sbp": 95, "map": 70}, readings=2
    ),  # a lost heart rate speaks for nothing
    Ends("BP-H3", {"sbp": 65, "map": 60}, {"sbp": 90, "map": 70, "hr": 52.999}, {"sbp": 90, "map": 70, "hr": 53}, readings=2),
    Ends("BP-M3", {"sbp": 85, "map": 70}, {"sbp": 94.999, "map": 80}, {"sbp": 95, "map": 80}, readings=2),
]


@pytest.mark.parametrize("row", ENDS, ids=[f"{row.rule} {row.breach}" for row in ENDS])
def test_a_cuff_alert_ends_past_its_clearing_value(row: Ends) -> None:
    bed = infusing()
    for _ in range(2):
        bed.say(**row.breach)
        bed.wait(60)
    assert bed.state(row.rule) is AlertState.ACTIVE
    for _ in range(3):
        bed.say(**row.kept)
        bed.wait(60)
    assert bed.state(row.rule) is AlertState.ACTIVE
    for _ in range(row.readings - 1):
        bed.say(**row.clear)
        bed.wait(60)
        assert bed.state(row.rule) is AlertState.ACTIVE
    bed.say(**row.clear)
    assert bed.state(row.rule) is (AlertState.LATCHED if row.rule in LATCHING else None)


def test_a_value_between_the_limits_takes_back_a_clearing_that_had_begun() -> None:
    bed = infusing()
    bed.say(sbp=205, dbp=90)
    for sbp in (169, 171, 169):
        bed.wait(60)
        bed.say(sbp=sbp, dbp=90)
    assert bed.state("BP-H1") is AlertState.ACTIVE
    bed.wait(60)
    bed.say(sbp=169, dbp=90)
    assert bed.state("BP-H1") is AlertState.LATCHED


def test_a_value_that_never_was_stands_in_nobodys_way() -> None:
    """A cuff that gives no mean: the clauses on the mean do not keep an alert from ending."""
    bed = Bedside()
    bed.to_baseline()
    bed.start_all_the_same()
    bed.say(sbp=88, dbp=50)
    bed.wait(31)
    bed.say(sbp=88, dbp=50)
    assert bed.state("BP-M3") is AlertState.ACTIVE
    for _ in range(2):
        bed.say(sbp=95, dbp=50)
    assert bed.state("BP-M3") is None


def test_a_questionable_cuff_takes_back_a_clearing_that_had_begun() -> None:
    bed = infusing()
    bed.say(sbp=205, dbp=90)
    for dbp in (90, 145, 90):  # the second with a weak pulse pressure
        bed.wait(60)
        bed.say(sbp=169, dbp=dbp)
    assert bed.state("BP-H1") is AlertState.ACTIVE
    bed.wait(60)
    bed.say(sbp=169, dbp=90)
    assert bed.state("BP-H1") is AlertState.LATCHED


def test_a_cuff_value_that_the_rule_does_not_know_ends_nothing() -> None:
    """BP-H3 knows systolic, mean and heart rate. A cuff that gives the diastolic value alone is no new cuff to it."""
    bed = infusing()
    bed.say(sbp=65, map=60)
    bed.wait(60)
    bed.say(sbp=88, map=62, hr=49)
    bed.wait(4)
    bed.say(dbp=50, hr=60)
    assert bed.state("BP-H3") is AlertState.ACTIVE
    for _ in range(2):
        bed.say(sbp=88, map=62, hr=60)
    assert bed.state("BP-H3") is AlertState.LATCHED


def test_a_value_that_was_lost_ends_nothing() -> None:
    bed = infusing()
    bed.say(sbp=85, map=58)
    bed.wait(31)
    bed.say(sbp=85, map=58)
    bed.wait(31)
    bed.say(sbp=120, map=None)
    assert bed.state("BP-M3") is AlertState.ACTIVE


def test_a_failed_cuff_hides_nothing() -> None:
    """165/90, then a cuff that failed, then a headache: the pressure that was measured counts until it has aged."""
    bed = infusing()
    bed.say(sbp=165, dbp=90, map=110)
    bed.wait(120)
    bed.say(sbp=None, dbp=None, map=None)
    bed.chart(Charted.SEVERE_HEADACHE)
    assert bed.state("BP-H2") is AlertState.ACTIVE


def test_an_aged_cuff_is_no_evidence() -> None:
    """The same, when the pressure is older than one and a half cuff intervals."""
    bed = infusing()
    bed.say(sbp=165, dbp=90, map=110)
    bed.wait(451)
    bed.chart(Charted.SEVERE_HEADACHE)
    assert bed.state("BP-H2") is None


def test_what_needs_no_second_cuff_waits_for_the_end_of_a_doubt_alone() -> None:
    """A systolic of 65 beside a heart rate that has just jumped: it is raised with the first credible heart rate, not the next cuff."""
    bed = infusing()
    bed.say(hr=110)
    bed.wait(1)
    bed.say(hr=41, sbp=65, map=60)  # a jump of more than 40 %
    assert bed.state("BP-H3") is AlertState.PENDING
    bed.wait(4)
    bed.say(hr=41)
    assert bed.changes("BP-H3")[-1] == (bed.since_start_s, "active", "immediate")


def test_the_old_mean_confirms_nothing() -> None:
    """A second cuff that gives no mean: the low mean of the first one is not its own witness."""
    bed = infusing()
    bed.say(sbp=125, map=52)
    bed.wait(31)
    bed.say(sbp=120, map=None)
    assert bed.state("BP-H3") is AlertState.PENDING


def test_a_heart_rate_does_not_confirm_a_cuff() -> None:
    """BP-H3 looks at the heart rate too. A heart rate that comes 30 s after one low cuff is no second cuff, for it or against it."""
    bed = infusing()
    since_s = bed.since_start_s
    bed.say(sbp=78, hr=72)
    bed.stream(59, hr=72)
    assert bed.changes("BP-H3") == [(since_s, "pending", "condition_began")]
    bed.stream(1, hr=72)
    assert bed.changes("BP-H3")[1:] == [(since_s + 60, "active", "not_confirmed_in_time")]


def test_a_heart_rate_does_not_withdraw_what_only_a_cuff_may() -> None:
    bed = infusing()
    bed.say(sbp=88, hr=49)
    assert bed.state("BP-H3") is AlertState.PENDING
    bed.stream(40, hr=60)
    assert bed.state("BP-H3") is AlertState.PENDING
    bed.say(sbp=88, hr=60)
    assert bed.changes("BP-H3")[-1][1:] == ("withdrawn", "not_confirmed")


def test_a_heart_rate_does_not_end_what_only_a_cuff_may() -> None:
    bed = infusing()
    bed.say(sbp=65, map=60)
    bed.wait(60)
    bed.say(sbp=84, map=62)
    assert bed.state("BP-H3") is AlertState.ACTIVE
    bed.wait(60)
    bed.say(sbp=88, hr=49, map=62)  # the third clause now
    bed.stream(30, hr=72)
    assert bed.state("BP-H3") is AlertState.ACTIVE
    for _ in range(2):
        bed.say(sbp=88, map=62)
    assert bed.state("BP-H3") is AlertState.LATCHED


def test_one_cuff_is_one_cuff_also_where_a_stream_comes_at_the_same_instant() -> None:
    """BP-H3 wants two cuffs to end: what comes with the first one at its very millisecond is no second one."""
    bed = infusing()
    bed.say(sbp=60)
    bed.wait(60)
    bed.say(sbp=120, dbp=76, map=92)
    bed.say(hr=72, spo2=98)
    assert bed.state("BP-H3") is AlertState.ACTIVE
    bed.wait(60)
    bed.say(sbp=120, dbp=76, map=92)
    assert bed.state("BP-H3") is AlertState.LATCHED


@pytest.mark.parametrize(("interval_s", "is_raised"), [(300, False), (600, True)])
def test_what_is_made_of_a_cuff_is_as_old_as_the_cuff(interval_s: int, is_raised: bool) -> None:
    """A shock index of ten minutes ago is none of now; the next cuff came without a heart rate. It ages with the interval of the cuff."""
    bed = infusing()
    bed.join(sbp=interval_s)
    bed.say(sbp=104, dbp=60, map=75, hr=105)
    bed.wait(580)
    bed.say(sbp=99, dbp=60, map=75)
    assert (bed.state("DX-M1") is AlertState.PENDING) is is_raised


def test_a_cuff_value_past_its_age_withdraws_nothing() -> None:
    """A cuff every 30 s is gone after 45 s, before BP-H3's 60 s are over: what is lost says nothing."""
    bed = Bedside()
    bed.to_baseline()
    bed.join(sbp=30, map=30)
    bed.start_all_the_same()
    bed.say(sbp=78, hr=72)
    bed.stream(50, hr=72)
    assert bed.state("BP-H3") is AlertState.PENDING
    bed.stream(10, hr=72)
    assert bed.state("BP-H3") is AlertState.ACTIVE


def test_a_first_cuff_asks_for_a_second_once_for_all_rules() -> None:
    bed = infusing()
    made = bed.say(sbp=184, dbp=96, map=120)
    asked = [entry.body for entry in made if isinstance(entry.body, RemeasureRequested)]
    assert asked == [RemeasureRequested("BP-H1.1", Vital.SYSTOLIC_BP, 120_000)]
    assert {alert.rule for alert in bed.engine.alerts() if alert.state is AlertState.PENDING} >= {"BP-H1", "BP-M1", "BP-M2", "BP-L1"}


def test_what_was_asked_for_and_came_can_be_asked_for_again() -> None:
    bed = infusing()
    bed.say(sbp=184, dbp=96, map=120)
    bed.wait(31)
    bed.say(sbp=130, dbp=80, map=95)  # not confirmed
    bed.wait(31)
    made = bed.say(sbp=186, dbp=96, map=120)
    assert [entry.body for entry in made if isinstance(entry.body, RemeasureRequested)] == [
        RemeasureRequested("BP-H1.2", Vital.SYSTOLIC_BP, 120_000)
    ]


def test_the_low_rise_waits_for_the_scheduled_cuff() -> None:
    """BP-L1 has 15 minutes for its second cuff: the ordinary interval brings it, nobody is asked."""
    bed = infusing()
    made = bed.say(sbp=152, dbp=90, map=110)
    assert bed.state("BP-L1") is AlertState.PENDING
    assert not any(isinstance(entry.body, RemeasureRequested) for entry in made)
