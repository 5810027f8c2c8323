"""Pharmacokinetics against the published check values, against an independent solution, and against the balance of masses."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from schemas.session import Treatment
from simulators.compartments import Spread, compartments, draw_spread
from simulators.pharmacology import KINETICS, ROUTES, Micro
from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN, Pharmacokinetics, domino
from simulators.seeds import seeded

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
    row, rate, step_min = KINETICS["domino"], 0.875, 0.0005
    assert isinstance(row, Micro)
    v1_l = row.v1_l_per_kg * 70

    def change(a1: float, a2: float, a3: float, site: float) -> tuple[float, ...]:
        out, back = a1 * (row.k10 + row.k12 + row.k13), a2 * row.k21 + a3 * row.k31
        site_change = KE0_BRAIN_PER_MIN * (a1 / v1_l - site)
        return (rate - out + back, a1 * row.k12 - a2 * row.k21, a1 * row.k13 - a3 * row.k31, site_change)

    state: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    for _ in range(round(7 / step_min)):  # Heun's method: error below 1e-6 at this step
        first = change(*state)
        second = change(*(value + step_min * slope for value, slope in zip(state, first, strict=True)))
        state = tuple(value + step_min * (a + b) / 2 for value, a, b in zip(state, first, second, strict=True))
    pk = Pharmacokinetics(domino(70))
    for _ in range(420):
        pk.step(rate)
    assert pk.plasma_ng_ml == pytest.approx(state[0] / v1_l * 1000, rel=1e-6)
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


@pytest.mark.parametrize(
    ("minute", "printed"), [(5, 33), (10, 62), (20, 109), (30, 147), (40, 177), (60, 115), (80, 85), (120, 59), (240, 35)]
)
def test_clements_plasma(minute: int, printed: int):
    pk = Pharmacokinetics(compartments("clements", 70))
    for second in range(minute * 60):
        pk.step(0.875 if second < 2400 else 0.0)
    assert _agrees(pk.plasma_ng_ml, printed)


def _peak(pk: Pharmacokinetics, *doses_mg: float, minutes: int = 180) -> tuple[float, float]:
    """Highest plasma concentration in ng/ml and its minute; one dose every five minutes."""
    best = (0.0, 0.0)
    for second in range(minutes * 60):
        device, rest = divmod(second, 300)
        if rest == 0 and device < len(doses_mg):
            pk.give(doses_mg[device])
        pk.step(0.0)
        best = max(best, (pk.plasma_ng_ml, second / 60))
    return best


@pytest.mark.parametrize(
    ("treatment", "model", "doses", "least_ng_ml", "most_ng_ml", "least_min", "most_min"),
    [
        (Treatment.KETAMINE_IM, "domino", (35.0,), 200, 350, 5, 15),
        (Treatment.KETAMINE_ORAL, "domino", (70.0,), 50, 120, 20, 40),
        (Treatment.ESKETAMINE_NASAL, "perez_ruixo", (28.0, 28.0), 54, 80, 20, 45),
        (Treatment.ESKETAMINE_NASAL, "perez_ruixo", (28.0, 28.0, 28.0), 80, 110, 20, 50),
    ],
)
def test_other_ways_in_peak_when_they_do(
    treatment: Treatment,
    model: str,
    doses: tuple[float, ...],
    least_ng_ml: float,
    most_ng_ml: float,
    least_min: float,
    most_min: float,
):
    ng_ml, minute = _peak(Pharmacokinetics(compartments(model, 70), depots=ROUTES[treatment].depot), *doses)
    assert least_ng_ml <= ng_ml <= most_ng_ml
    assert least_min <= minute <= most_min


def test_what_is_absorbed_is_what_the_route_says():
    """Without loss from the body, all that arrives stays: 93 % of a dose into muscle."""
    whole = compartments("domino", 70)
    closed = replace(whole, moves=tuple(move for move in whole.moves if move[1] >= 0))
    pk = Pharmacokinetics(closed, depots=ROUTES[Treatment.KETAMINE_IM].depot)
    pk.give(10.0)
    for _ in range(6 * 3600):
        pk.step(0.0)
    assert pk.in_body_mg == pytest.approx(9.3, rel=1e-3)


def test_a_later_spray_device_brings_less_through_the_nose():
    def nasal() -> Pharmacokinetics:
        return Pharmacokinetics(compartments("perez_ruixo", 70), depots=ROUTES[Treatment.ESKETAMINE_NASAL].depot)

    one, two = _peak(nasal(), 28.0)[0], _peak(nasal(), 28.0, 28.0)[0]
    assert 1.4 * one < two < 1.8 * one


def test_an_old_liver_clears_more_slowly():
    def after_hours(age: float) -> float:
        pk = Pharmacokinetics(compartments("perez_ruixo", 70, age=age))
        pk.bolus(28.0)
        for _ in range(4 * 3600):
            pk.step(0.0)
        return pk.plasma_ng_ml

    assert after_hours(60) == after_hours(30) < after_hours(80)


def test_a_long_step_gives_what_short_ones_do():
    short, long = Pharmacokinetics(domino(70)), Pharmacokinetics(domino(70), step_s=20)
    for second in range(600):
        short.step(0.875)
        if second % 20 == 19:
            long.step(0.875)
    assert long.plasma_ng_ml == pytest.approx(short.plasma_ng_ml, rel=1e-9)


def test_patients_differ_and_the_typical_one_is_in_their_middle():
    peaks = sorted(_after_usual(draw_spread("domino", seeded(seed, "spread"))) for seed in range(60))
    assert peaks[10] < 0.97 * _after_usual(Spread()) < 1.03 * _after_usual(Spread()) < peaks[-10]


def _after_usual(spread: Spread) -> float:
    pk = Pharmacokinetics(compartments("domino", 70, spread=spread), step_s=60)
    for _ in range(40):
        pk.step(0.875)
    return pk.plasma_ng_ml
