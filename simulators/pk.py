"""Ketamine pharmacokinetics: three compartments and effect sites, solved exactly.

The system is linear, so one second under a constant rate is one fixed matrix: the exponential of the rate matrix with the infusion as
an additional state. Amounts in mg, volumes in litres, rate constants in 1/min, concentrations in ng/ml.
"""

from typing import Final

import msgspec

STEP_S: Final = 1
KE0_BRAIN_PER_MIN: Final = 0.652  # opentiva's ke0 for this model (time to peak 1 min)
KE0_BLOOD_PRESSURE_PER_MIN: Final = 0.1155  # half-life 6 min, own proposal: the pressure outlasts the plasma level (back within 1.5 h)
_NG_PER_ML: Final = 1000.0  # mg/l -> ng/ml
_TAYLOR_TERMS: Final = 14  # the largest rate is about 1.6/min, times 1/60 min: terms fall below 1e-30
Matrix = tuple[tuple[float, ...], ...]


class ThreeCompartments(msgspec.Struct, frozen=True):
    """Central volume in litres and micro-constants in 1/min."""

    v1_l: float
    k10: float
    k12: float
    k21: float
    k13: float
    k31: float


def domino(weight_kg: float) -> ThreeCompartments:
    """Racemic ketamine in adults. Source: Domino 1982, constants as in opentiva and stanpumpR; volumes scale with weight."""
    return ThreeCompartments(v1_l=0.063 * weight_kg, k10=0.4381, k12=0.5921, k21=0.2470, k13=0.5900, k31=0.0146)


class Pharmacokinetics:
    """Amounts in one patient, moved on second by second.

    Exact for rates that change at whole seconds and boluses given between seconds. `sites` are the ke0 of the effect sites in 1/min.
    """

    def __init__(self, model: ThreeCompartments, sites: tuple[float, ...] = (KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN)) -> None:
        self._model = model
        self._sites = sites
        self._state = [0.0] * (3 + len(sites))  # mg in the three compartments, then mg/l at each effect site
        self._step = _step_matrix(model, sites)

    def step(self, rate_mg_per_min: float) -> None:
        """One second with the infusion running at a constant rate."""
        state = [*self._state, rate_mg_per_min]
        self._state = [sum(weight * amount for weight, amount in zip(row, state, strict=True)) for row in self._step]

    def bolus(self, amount_mg: float) -> None:
        """Put into the central compartment at once."""
        self._state[0] += amount_mg

    @property
    def plasma_ng_ml(self) -> float:
        return self._state[0] / self._model.v1_l * _NG_PER_ML

    def effect_ng_ml(self, ke0_per_min: float) -> float:
        """Concentration at one of the effect sites this was made with."""
        return self._state[3 + self._sites.index(ke0_per_min)] * _NG_PER_ML

    @property
    def in_body_mg(self) -> float:
        return sum(self._state[:3])


def _step_matrix(model: ThreeCompartments, sites: tuple[float, ...]) -> Matrix:
    """Rows of exp(A t) for t = 1 s over (a1, a2, a3, effect sites..., rate); the row of the constant rate itself is left out."""
    size = 4 + len(sites)
    rates = [[0.0] * size for _ in range(size)]
    rates[0][:3] = [-(model.k10 + model.k12 + model.k13), model.k21, model.k31]
    rates[0][-1] = 1.0
    rates[1][:2] = [model.k12, -model.k21]
    rates[2][0], rates[2][2] = model.k13, -model.k31
    for index, ke0 in enumerate(sites, start=3):
        rates[index][0] = ke0 / model.v1_l
        rates[index][index] = -ke0
    return _exponential(rates, STEP_S / 60)[:-1]


def _exponential(rates: list[list[float]], minutes: float) -> Matrix:
    """exp(rates * minutes) by its Taylor series, for small `minutes`."""
    size = len(rates)
    total = [[float(row == column) for column in range(size)] for row in range(size)]
    term = [row[:] for row in total]
    for order in range(1, _TAYLOR_TERMS + 1):
        factor = minutes / order
        term = [[factor * sum(term[r][k] * rates[k][c] for k in range(size)) for c in range(size)] for r in range(size)]
        total = [[total[r][c] + term[r][c] for c in range(size)] for r in range(size)]
    return tuple(tuple(row) for row in total)
