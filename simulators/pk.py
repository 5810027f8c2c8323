"""Ketamine in one body: compartments, what waits to be absorbed, and effect sites, solved exactly.

The system is linear, so one step under constant inputs is one fixed matrix. Amounts in mg, volumes in litres, rate constants in 1/min,
concentrations in ng/ml. The models stand in `compartments.py`, their numbers in pharmacology.toml.
"""

from operator import mul
from typing import Final

from simulators.compartments import CENTRAL, OUT, Compartments, compartments
from simulators.linear import Matrix, step_matrix
from simulators.pharmacology import KINETICS, PHARMACOLOGY, Depot

KE0_BRAIN_PER_MIN: Final = KINETICS["domino"].ke0_brain
KE0_BLOOD_PRESSURE_PER_MIN: Final = PHARMACOLOGY.circulation.ke0_pressure
_NG_PER_ML: Final = 1000.0  # mg/l -> ng/ml
_MIN_PER_H: Final = 60.0


def domino(weight_kg: float) -> Compartments:
    """The default model, of a typical patient."""
    return compartments("domino", weight_kg)


class Pharmacokinetics:
    """Amounts in one patient, moved on step by step.

    Exact for rates that change, and doses that are given, between steps. `sites` are the ke0 of the effect sites in 1/min; `depots` the
    ways in of a dose that is not put into a vein, `absorption` this patient's factors on their rates.
    """

    def __init__(
        self,
        model: Compartments,
        sites: tuple[float, ...] = (KE0_BLOOD_PRESSURE_PER_MIN, KE0_BRAIN_PER_MIN),
        depots: tuple[Depot, ...] = (),
        absorption: tuple[float, ...] = (),
        *,
        step_s: float = 1.0,
    ) -> None:
        self._model = model
        self._sites = sites
        self._depots = depots
        self._first_site = model.count + len(depots)
        self._state = [0.0] * (self._first_site + len(sites))  # mg in compartments and depots, then mg/l at each effect site
        self._step_min = step_s / 60
        self._step = _matrix(model, sites, depots, absorption or (1.0,) * len(depots), self._step_min)
        self._given = 0  # doses by the depots
        self._swallowed: list[tuple[int, float, float]] = []  # (depot, mg/min, minutes left): what arrives evenly

    def step(self, rate_mg_per_min: float) -> None:
        """One step with the infusion running at a constant rate."""
        if self._swallowed:
            self._arrive()
        state = [*self._state, rate_mg_per_min]
        self._state = [sum(map(mul, row, state)) for row in self._step]

    def bolus(self, amount_mg: float) -> None:
        """Into a vein: in the central compartment at once."""
        self._state[CENTRAL] += amount_mg

    def give(self, amount_mg: float) -> None:
        """A dose by the depots (muscle, nose, mouth); without any it is a bolus."""
        left_mg = amount_mg
        for index, depot in enumerate(self._depots):
            share = depot.share * (depot.next_factor if self._given else 1.0)
            taken_mg = (left_mg if depot.of_the_rest else amount_mg) * share
            left_mg -= taken_mg
            if depot.over_h:
                minutes = depot.over_h * _MIN_PER_H
                self._swallowed.append((index, taken_mg / minutes, minutes))
            else:
                self._state[self._model.count + index] += taken_mg
        self._given += 1
        if not self._depots:
            self.bolus(amount_mg)

    def _arrive(self) -> None:
        """What is swallowed comes into its depot evenly, here at the beginning of each step."""
        still: list[tuple[int, float, float]] = []
        for index, mg_per_min, left_min in self._swallowed:
            self._state[self._model.count + index] += mg_per_min * min(self._step_min, left_min)
            if left_min > self._step_min:
                still.append((index, mg_per_min, left_min - self._step_min))
        self._swallowed = still

    @property
    def plasma_ng_ml(self) -> float:
        return self._state[CENTRAL] / self._model.central_l * _NG_PER_ML

    def effect_ng_ml(self, ke0_per_min: float) -> float:
        """Concentration at one of the effect sites this was made with."""
        return self._state[self._first_site + self._sites.index(ke0_per_min)] * _NG_PER_ML

    @property
    def in_body_mg(self) -> float:
        """In the compartments; what waits in a depot is not there yet."""
        return sum(self._state[: self._model.count])


def _matrix(model: Compartments, sites: tuple[float, ...], depots: tuple[Depot, ...], factors: tuple[float, ...], minutes: float) -> Matrix:
    """Rows of the step over (compartments, depots, sites, rate); the row of the constant rate itself is left out."""
    size = model.count + len(depots) + len(sites) + 1
    rates = [[0.0] * size for _ in range(size)]
    depot_moves = [
        (model.count + index, model.first_pass if depot.through_liver else CENTRAL, depot.ka_per_h / _MIN_PER_H * factor)
        for index, (depot, factor) in enumerate(zip(depots, factors, strict=True))
    ]
    for source, target, rate in (*model.moves, *depot_moves):
        rates[source][source] -= rate
        if target != OUT:
            rates[target][source] += rate
    rates[CENTRAL][-1] = 1.0
    for index, ke0 in enumerate(sites, start=model.count + len(depots)):
        rates[index][CENTRAL] = ke0 / model.central_l
        rates[index][index] = -ke0
    return step_matrix(rates, minutes)[:-1]
