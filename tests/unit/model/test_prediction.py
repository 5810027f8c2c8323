"""The course of doses from a log is the engine's own account; a prediction stops at the ordered dose and says that it is a model."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.refused import Refused
from monitor.model.constants import KETAMINE
from monitor.model.course import Course, course_of, until_ordered
from monitor.model.prediction import MAX_POINTS, predict
from schemas.log import BolusGiven, PhaseOrdered, RateSet
from schemas.session import Phase
from tests.unit.core.bedside import START_MS, Bedside, created

ORDER, PATIENT = created().order, created().patient
MINUTE_MS = 60_000
STEPS = st.lists(
    st.tuples(st.integers(0, 900_000), st.sampled_from(["pause", "resume", "rate", "bolus"]), st.integers(0, 3_000)), max_size=12
)


@settings(max_examples=30)
@given(STEPS)
def test_the_course_is_the_engines_own_account(steps: list[tuple[int, str, int]]) -> None:
    """Whatever the engine takes: what it has given by then is what the course, made of its log, has."""
    bed = Bedside()
    bed.to_baseline()
    bed.start_all_the_same()
    for gap_ms, kind, amount in steps:
        bed.now_ms += gap_ms
        order: dict[str, PhaseOrdered | RateSet | BolusGiven] = {
            "pause": PhaseOrdered("anna", None, Phase.PAUSED),
            "resume": PhaseOrdered("anna", None, Phase.INFUSING),
            "rate": RateSet("anna", amount),
            "bolus": BolusGiven(amount, "anna"),
        }
        with suppress(Refused):
            bed.apply(order[kind])
    course = course_of(ORDER, bed.log)
    for at_ms in (bed.now_ms, bed.now_ms + 600_000):
        assert int(course.given_ug(at_ms) + 1e-6) == bed.engine.dose.given_ug(at_ms)


def test_it_goes_on_at_the_present_rate_until_the_ordered_dose_is_given() -> None:
    course = until_ordered(Course(((0, 875),)), ORDER, 10 * MINUTE_MS)
    assert course.rates[-1] == (40 * MINUTE_MS, 0)
    assert course.given_ug(90 * MINUTE_MS) == ORDER.dose_ug
    paused = Course(((0, 875), (5 * MINUTE_MS, 0)))
    assert until_ordered(paused, ORDER, 10 * MINUTE_MS) == paused
    over = until_ordered(Course(((0, 875),)), ORDER, 50 * MINUTE_MS)
    assert over.rates[-1] == (50 * MINUTE_MS, 0), "more than ordered was given: nothing is expected after now"


def test_the_peak_is_expected_at_the_end_of_the_infusion_and_said_beforehand() -> None:
    found = predict(KETAMINE, PATIENT, ORDER, Course(((START_MS, 875),)), START_MS + 5 * MINUTE_MS)
    for site in found.sites:
        assert site.peak is not None
        assert (site.peak.at_ms - START_MS) / MINUTE_MS == pytest.approx(40, abs=1)
        assert site.peak.from_ms < site.peak.at_ms < site.peak.until_ms
        place = (site.peak.at_ms - site.from_ms) // site.step_ms
        assert site.ng_per_ml[place] == max(site.ng_per_ml) == site.peak.ng_per_ml
    pressure = found.sites[1].peak
    assert pressure is not None
    assert 25 < (pressure.from_ms - START_MS) / MINUTE_MS < 35


def test_it_says_that_it_is_a_model_and_from_where() -> None:
    found = predict(KETAMINE, PATIENT, ORDER, Course(), START_MS)
    assert "not measured" in found.note
    assert "Domino" in found.model
    assert all(site.source and site.ng_per_ml == () and site.peak is None for site in found.sites)


def test_points_come_every_15_seconds_an_hour_ahead_and_are_bounded() -> None:
    short = predict(KETAMINE, PATIENT, ORDER, Course(((START_MS, 875),)), START_MS + 10 * MINUTE_MS).sites[0]
    assert (short.step_ms, len(short.ng_per_ml)) == (15_000, 70 * 4 + 1)
    long = predict(KETAMINE, PATIENT, ORDER, Course(((START_MS, 875),)), START_MS + 30 * 3_600_000).sites[0]
    assert len(long.ng_per_ml) <= MAX_POINTS + 1
