"""The check of the simulated patients: its intervals are right, `inside` is said only of what is, its page is made by the figures alone."""

import json
from copy import deepcopy
from typing import Any

import pytest

from benchmarks.simulator_check.__main__ import begun, check, compare
from benchmarks.simulator_check.page import page, plot
from benchmarks.simulator_check.published import BOOK, Published
from benchmarks.simulator_check.trial import CUFFS_MIN, Course, Group, Seen, Visit, run

ROW = Published(name="x", title="X", unit="u", measure="x", mean=10.0, ci=(8.0, 12.0), fitted=True, source="somewhere")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return check(24, 3)


def test_the_interval_of_a_mean_is_worked_out_of_sd_and_number():
    row = Published(name="x", title="X", unit="u", measure="x", mean=16.0, sd=11.2, people=138, fitted=True, source="somewhere")
    assert row.interval == pytest.approx((14.131, 17.869), abs=0.001)


def test_the_interval_of_a_standard_deviation_is_that_of_chi_squared():
    """Of 100 people with SD 10: chi-squared with 99 degrees of freedom has the 2.5 % quantiles 73.361 and 128.422."""
    row = Published(name="x", title="X", unit="u", measure="x", mean=10.0, is_sd=True, people=100, fitted=True, source="somewhere")
    assert row.interval == pytest.approx((10 * (99 / 128.422) ** 0.5, 10 * (99 / 73.361) ** 0.5), rel=1e-3)


@pytest.mark.parametrize(("model", "is_inside"), [(7.999, False), (8.0, True), (12.0, True), (12.001, False), (None, False)])
def test_inside_is_said_only_of_what_is(model: float | None, is_inside: bool):
    assert compare(ROW, model)["inside"] is is_inside


def test_every_published_row_has_an_interval_around_its_mean_and_a_name_of_its_own():
    rows = (*BOOK.figure, *BOOK.prediction)
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.interval[0] <= row.mean <= row.interval[1] for row in rows)
    assert any(row.fitted for row in rows)
    assert not all(row.fitted for row in rows)


def _courses(rise_after: float) -> list[Course]:
    """A hundred patients who rise by about 14 during the infusion and stay at about `rise_after` from 15 min after it."""
    return [
        {
            minute: Seen((14.0 if minute <= 40 else rise_after) + (number % 11 - 5), 0.0, 0.0, is_severe=False, dissociation=0.0)
            for minute in (0, *CUFFS_MIN)
        }
        for number in range(100)
    ]


def test_back_at_baseline_is_not_said_of_who_is_not():
    assert Group(_courses(0.0)).return_min("systolic") == 15
    assert Group(_courses(6.0)).return_min("systolic") is None


def test_a_small_run_has_every_figure_and_the_same_seed_gives_the_same(figures: dict[str, Any]):
    assert figures["patients"] == 24
    assert figures["figures"].keys() == {row.name for row in BOOK.figure}
    for row in figures["figures"].values():
        assert {"model", "published_mean", "published_ci", "inside"} <= row.keys()
        is_inside = row["model"] is not None and row["published_ci"][0] <= row["model"] <= row["published_ci"][1]
        assert row["inside"] == is_inside
    assert json.dumps(figures) == json.dumps(check(24, 3))


def test_who_comes_with_too_much_pressure_is_sent_home_and_stays_out_of_every_figure():
    calm = {minute: Seen(1.0, 1.0, 1.0, is_severe=False, dissociation=0.0) for minute in (0, *CUFFS_MIN)}
    severe = {minute: seen._replace(is_severe=True) for minute, seen in calm.items()}
    assert begun([Visit(calm, is_begun=True), Visit(severe, is_begun=False)]).severe_share() == 0.0
    assert begun([Visit(calm, is_begun=True), Visit(severe, is_begun=True)]).severe_share() == 50.0


def test_the_cuff_on_arrival_decides(figures: dict[str, Any]):
    visits = [run(number, 3) for number in range(24)]
    home = sum(not visit.is_begun for visit in visits)
    assert 0 < home < 24
    assert figures["not_compared"]["sent_home_share"] == round(100 * home / 24, 1)


def test_the_page_says_what_is_outside(figures: dict[str, Any]):
    changed = deepcopy(figures)
    changed["figures"]["systolic_rise_mean"] |= {"model": 40.0, "inside": False}
    assert "Outside the published interval: Systolic rise at 40 min, mean" in page(changed)
    assert "**no**" in page(changed)
    assert plot(figures) == plot(deepcopy(figures))
