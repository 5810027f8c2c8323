"""How much was given: exact at every millisecond, whatever the schedule."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.dose import Dose, planned_rate_ug_per_min
from schemas.log import MAX_MICROGRAMS, RateSet
from schemas.session import Phase
from tests.unit.core.bedside import INFUSION, START_MS, Bedside

gaps = st.integers(0, 4_000_000)
steps = st.lists(st.tuples(gaps, st.sampled_from(["rate", "bolus"]), st.integers(0, MAX_MICROGRAMS)), max_size=30)


@given(steps, gaps)
def test_the_account_is_the_integral(schedule: list[tuple[int, str, int]], rest_ms: int) -> None:
    """Against a sum over the intervals in fractions, written apart from it."""
    dose, at_ms, rate, exact = Dose(), START_MS, 0, Fraction(0)
    for gap_ms, kind, amount in schedule:
        at_ms += gap_ms
        exact += Fraction(rate * gap_ms, 60_000)
        if kind == "rate":
            dose.set_rate(amount, at_ms)
            rate = amount
        else:
            dose.add_bolus(amount)
            exact += amount
    exact += Fraction(rate * rest_ms, 60_000)
    assert dose.given_ug(at_ms + rest_ms) == int(exact)


def test_nobody_is_given_anything_before_it_begins() -> None:
    dose = Dose()
    dose.set_rate(875, START_MS)
    assert dose.given_ug(START_MS - 1) == 0


@pytest.mark.parametrize(("dose_ug", "duration_ms", "rate"), [(35_000, 2_400_000, 875), (0, 2_400_000, 0), (35_000, 0, 0), (1, 120_000, 0)])
def test_the_planned_rate(dose_ug: int, duration_ms: int, rate: int) -> None:
    assert planned_rate_ug_per_min(dose_ug, duration_ms) == rate


def test_the_planned_infusion_gives_what_was_ordered() -> None:
    bed = Bedside()
    bed.start()
    bed.wait(2_400)
    bed.order(Phase.RECOVERY)
    assert bed.engine.dose.given_ug(bed.now_ms + 3_600_000) == INFUSION.dose_ug


def test_a_pause_gives_nothing_and_goes_on_at_the_rate_it_had() -> None:
    bed = Bedside()
    bed.start()
    bed.wait(60)
    bed.apply(RateSet("anna", 500))
    bed.wait(60)
    bed.order(Phase.PAUSED)
    assert bed.engine.dose.rate_ug_per_min == 0
    bed.wait(600)
    bed.order(Phase.INFUSING)
    assert bed.engine.dose.rate_ug_per_min == 500
    bed.wait(60)
    assert bed.engine.dose.given_ug(bed.now_ms) == 875 + 500 + 500
    assert bed.engine.started_at_ms == START_MS + 120_000, "the first start"
