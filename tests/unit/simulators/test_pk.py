"""Pharmacokinetics against the published check values, against an independent solution, and against the balance of masses."""

from itertools import pairwise

import pytest

from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN, Pharmacokinetics, domino

MINUTES = (5, 10, 20, 30, 40, 45, 50, 60, 80, 120, 240)
# Domino 1982, 0.5 mg/kg over 40 min, 70 kg, ng/ml; printed as whole numbers
PLASMA = (155, 182, 210, 226, 240, 91, 71, 55, 46, 36, 17)
BRAIN_SITE = (137, 174, 206, 224, 238, 108, 77, 57, 46, 36, 18)
BLOOD_PRESSURE_SITE = (55, 106, 170, 204, 225, 178, 135, 84, 52, 38, 18)


def _course(weight_kg: float, mg_per_kg: float, over_min: float, until_min: int) -> dict[int, Pharmacokinetics]:
    """The patient's state at every whole minute."""
    pk = Pharmacokinetics(domino(weight_kg))
    course: dict[int, Pharmacokinetics] = {}
    for second in range(1, until_min * 60 + 1):
        pk.step(mg_per_kg * weight_kg / over_min if second <= over_min * 60 else 0.0)
        if second % 60 == 0:
            copy = Pharmacokinetics(domino(weight_kg))
            copy._state = list(pk._state)
            course[second // 60] = copy
    return course


@pytest.fixture(scope="module")
def usual() -> dict[int, Pharmacokinetics]:
    return _course(70, 0.5, 40, 240)


def _agrees(value: float, printed: int) -> bool:
    """Within 2 %, or within the rounding of the printed number."""
    return abs(value - printed) <= max(0.02 * printed, 0.5)


@pytest.mark.parametrize(("minute", "printed"), zip(MINUTES, PLASMA, strict=True))
def test_plasma(usual: dict[int, Pharmacokinetics], minute: int, printed: int):
    assert _agrees(usual[minute].plasma_ng_ml, printed)


@pytest.mark.parametrize(("minute", "printed"), zip(MINUTES, BRAIN_SITE, strict=True))
def test_brain_site(usual: dict[int, Pharmacokinetics], minute: int, printed: int):
    assert _agrees(usual[minute].effect_ng_ml(KE0_BRAIN_PER_MIN), printed)


@pytest.mark.parametrize(("minute", "printed"), zip(MINUTES, BLOOD_PRESSURE_SITE, strict=True))
def test_blood_pressure_site(usual: dict[int, Pharmacokinetics], minute: int, printed: int):
    assert _agrees(usual[minute].effect_ng_ml(KE0_BLOOD_PRESSURE_PER_MIN), printed)


def test_pushed_in_one_minute_the_peak_is_seventeen_times_higher():
    assert _course(70, 0.5, 1, 1)[1].plasma_ng_ml == pytest.approx(4000, rel=0.02)


def test_double_dose():
    assert _course(70, 1.0, 40, 40)[40].plasma_ng_ml == pytest.approx(481, rel=0.02)


@pytest.mark.parametrize("weight_kg", [45.0, 70.0, 130.0])
def test_concentration_depends_on_dose_per_weight_alone(usual: dict[int, Pharmacokinetics], weight_kg: float):
    assert _course(weight_kg, 0.5, 40, 60)[60].plasma_ng_ml == pytest.approx(usual[60].plasma_ng_ml, rel=1e-9)


def test_agrees_with_a_fine_numerical_integration():
    model, rate, step_min = domino(70), 0.875, 0.0005

    def change(a1: float, a2: float, a3: float, site: float) -> tuple[float, ...]:
        out, back = a1 * (model.k10 + model.k12 + model.k13), a2 * model.k21 + a3 * model.k31
        site_change = KE0_BRAIN_PER_MIN * (a1 / model.v1_l - site)
        return (rate - out + back, a1 * model.k12 - a2 * model.k21, a1 * model.k13 - a3 * model.k31, site_change)

    state: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    for _ in range(round(7 / step_min)):  # Heun's method: error below 1e-6 at this step
        first = change(*state)
        second = change(*(value + step_min * slope for value, slope in zip(state, first, strict=True)))
        state = tuple(value + step_min * (a + b) / 2 for value, a, b in zip(state, first, second, strict=True))
    pk = Pharmacokinetics(model)
    for _ in range(420):
        pk.step(rate)
    assert pk.plasma_ng_ml == pytest.approx(state[0] / model.v1_l * 1000, rel=1e-6)
    assert pk.effect_ng_ml(KE0_BRAIN_PER_MIN) == pytest.approx(state[3] * 1000, rel=1e-6)
    assert pk.in_body_mg == pytest.approx(sum(state[:3]), rel=1e-6)


def test_bolus_is_there_at_once_and_nothing_appears_from_nowhere():
    pk = Pharmacokinetics(domino(70))
    pk.bolus(10.0)
    assert pk.plasma_ng_ml == pytest.approx(10 / 4.41 * 1000)
    amounts = [pk.in_body_mg]
    for _ in range(600):
        pk.step(0.0)
        amounts.append(pk.in_body_mg)
    assert all(after < before for before, after in pairwise(amounts))
    assert amounts[-1] > 0
