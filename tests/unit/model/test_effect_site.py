"""The model against published figures, an independent solution of the same equations, and the laws that any such model keeps."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.model.constants import KETAMINE, Site
from monitor.model.course import Course
from monitor.model.effect_site import concentrations, response
from simulators.pharmacology import KINETICS, Micro
from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN, Pharmacokinetics, domino

MINUTE_MS = 60_000
BRAIN, PRESSURE = KETAMINE.site
USUAL = Course(((0, 875), (40 * MINUTE_MS, 0)))
MINUTES = (5, 10, 20, 30, 40, 45, 50, 60, 80, 120, 240)
PRINTED = {  # Domino 1982, 0.5 mg/kg over 40 min, 70 kg, ng/ml; printed as whole numbers
    BRAIN: (137, 174, 206, 224, 238, 108, 77, 57, 46, 36, 18),
    PRESSURE: (55, 106, 170, 204, 225, 178, 135, 84, 52, 38, 18),
}
rates = st.lists(st.tuples(st.integers(1, 600), st.integers(0, 5_000)), min_size=1, max_size=6)
boluses = st.lists(st.tuples(st.integers(1, 600), st.integers(1, 50_000)), max_size=4)


def _course(gaps: list[tuple[int, int]], given_boluses: list[tuple[int, int]]) -> Course:
    """Rates and boluses at whole seconds, as far apart as the numbers say."""
    at_s, steps = 0, []
    for gap_s, rate in gaps:
        at_s += gap_s
        steps.append((at_s * 1000, rate))
    at_s, pushes = 0, []
    for gap_s, amount in given_boluses:
        at_s += gap_s
        pushes.append((at_s * 1000, amount))
    return Course(tuple(steps), tuple(pushes))


courses = st.builds(_course, rates, boluses)


@pytest.mark.parametrize("site", KETAMINE.site, ids=lambda site: site.name)
def test_the_published_figures(site: Site) -> None:
    found = concentrations(response(KETAMINE, site, 70), USUAL, [minute * MINUTE_MS for minute in MINUTES])
    assert [round(value) for value in found] == pytest.approx(PRINTED[site], rel=0.02, abs=0.5)


def test_the_constants_are_those_of_the_simulated_patient() -> None:
    """Two programs that do not know each other: a change of one without the other would be a simulation of another model."""
    there = KINETICS["domino"]
    here = KETAMINE
    assert isinstance(there, Micro)
    assert (here.v1_l_per_kg, here.k10_per_min, here.k12_per_min) == (there.v1_l_per_kg, there.k10, there.k12)
    assert (here.k21_per_min, here.k13_per_min, here.k31_per_min) == (there.k21, there.k13, there.k31)
    assert [site.ke0_per_min for site in here.site] == [KE0_BRAIN_PER_MIN, KE0_BLOOD_PRESSURE_PER_MIN]


@settings(max_examples=8)
@given(courses, st.floats(40, 120))
def test_it_agrees_with_the_matrix_exponential(course: Course, weight_kg: float) -> None:
    """The simulator steps exp(A t) second by second."""
    other = Pharmacokinetics(domino(weight_kg))
    checks = [300_000, 900_000]
    found = {site.name: concentrations(response(KETAMINE, site, weight_kg), course, checks) for site in KETAMINE.site}
    for second in range(checks[-1] // 1000 + 1):
        for at_ms, amount in course.boluses:
            if at_ms == second * 1000:
                other.bolus(amount / 1000)
        if second * 1000 in checks:
            place = checks.index(second * 1000)
            for site in KETAMINE.site:
                assert found[site.name][place] == pytest.approx(other.effect_ng_ml(site.ke0_per_min), rel=1e-6, abs=1e-6)
        other.step(course.rate_at(second * 1000) / 1000)


@settings(max_examples=25)
@given(courses, st.integers(2, 9))
def test_it_is_linear_in_the_dose(course: Course, times: int) -> None:
    more = Course(tuple((at, rate * times) for at, rate in course.rates), tuple((at, amount * times) for at, amount in course.boluses))
    terms = response(KETAMINE, BRAIN, 70)
    grid = list(range(0, 3_600_000, 60_000))
    expected = [value * times for value in concentrations(terms, course, grid)]
    assert concentrations(terms, more, grid) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=25)
@given(courses, courses)
def test_two_courses_together_give_the_sum(one: Course, other: Course) -> None:
    """Of boluses, which are simply both given."""
    terms = response(KETAMINE, PRESSURE, 70)
    grid = list(range(0, 3_600_000, 60_000))
    both = Course((), tuple(sorted((*one.boluses, *other.boluses))))
    parts = zip(concentrations(terms, Course((), one.boluses), grid), concentrations(terms, Course((), other.boluses), grid), strict=True)
    assert concentrations(terms, both, grid) == pytest.approx([a + b for a, b in parts], rel=1e-9, abs=1e-9)


@given(courses)
def test_before_the_first_dose_and_without_one_there_is_nothing(course: Course) -> None:
    terms = response(KETAMINE, BRAIN, 70)
    assert concentrations(terms, Course(), [0, 60_000]) == [0.0, 0.0]
    first = course.first_ms
    assume(first is not None)
    assert first is not None
    assert concentrations(terms, course, [0, first]) == pytest.approx([0.0, 0.0], abs=1e-9)


@settings(max_examples=25)
@given(courses, st.sampled_from(KETAMINE.site))
def test_after_the_last_dose_it_falls_for_good_once_it_falls(course: Course, site: Site) -> None:
    end = max([at for at, _ in course.rates] + [at for at, _ in course.boluses]) + 60_000
    stopped = Course((*course.rates, (end, 0)), course.boluses)
    assume(stopped.first_ms is not None)
    values = concentrations(response(KETAMINE, site, 70), stopped, list(range(end, end + 5 * 3_600_000, 60_000)))
    falls = [later < earlier - 1e-9 for earlier, later in pairwise(values)]
    assert falls == sorted(falls), "it rose again with nothing given"
    assert values[-1] < max(values) / 2


@settings(max_examples=25)
@given(courses, st.lists(st.integers(0, 3_600_000), min_size=1, max_size=20, unique=True))
def test_which_instants_are_asked_changes_nothing(course: Course, asked: list[int]) -> None:
    terms = response(KETAMINE, BRAIN, 70)
    alone = [concentrations(terms, course, [at_ms])[0] for at_ms in sorted(asked)]
    assert concentrations(terms, course, sorted(asked)) == pytest.approx(alone, rel=1e-9, abs=1e-9)


def test_a_ke0_that_is_a_rate_of_the_model_is_refused() -> None:
    root = response(KETAMINE, BRAIN, 70)[0].rate
    with pytest.raises(ValueError, match="rate of the model"):
        response(KETAMINE, replace(BRAIN, ke0_per_min=root), 70)
