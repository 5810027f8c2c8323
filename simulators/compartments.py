"""The pharmacokinetic models of pharmacology.toml as one shape: compartments, what moves between them, and what leaves the body."""

import math
import random
from typing import Final

import msgspec

from simulators.pharmacology import KINETICS, Hepatic, Micro

CENTRAL: Final = 0
OUT: Final = -1
_MIN_PER_H: Final = 60.0
_OLD: Final = 60  # years; above it the liver's blood flow falls
_WIDEST: Final = 2.5  # nobody is further than this many SD from the typical patient, on the logarithm


class Compartments(msgspec.Struct, frozen=True):
    """`moves`: (from, to or OUT, rate in 1/min) by number, 0 is the central one; `first_pass`: where what is swallowed enters."""

    count: int
    central_l: float
    moves: tuple[tuple[int, int, float], ...]
    ke0_brain: float
    first_pass: int = CENTRAL


class Spread(msgspec.Struct, frozen=True):
    """How one patient differs from the typical one: factors."""

    volume: float = 1.0
    clearance: float = 1.0


TYPICAL: Final = Spread()


def compartments(name: str, weight_kg: float, *, age: float | None = None, spread: Spread = TYPICAL) -> Compartments:
    """A model by its name in pharmacology.toml. Raises KeyError for a name that is not there."""
    row = KINETICS[name]
    return _micro(row, weight_kg, spread) if isinstance(row, Micro) else _hepatic(row, age, spread)


def draw_spread(name: str, rng: random.Random) -> Spread:
    """Log-normal, with the model's own coefficients of variation."""
    row = KINETICS[name]
    return Spread(lognormal_factor(rng, row.cv_volume), lognormal_factor(rng, row.cv_clearance))


def lognormal_factor(rng: random.Random, cv: float) -> float:
    """Median 1; `cv` is the standard deviation of the logarithm, close to the coefficient of variation where that is small."""
    return math.exp(cv * max(-_WIDEST, min(_WIDEST, rng.gauss(0.0, 1.0))))


def _micro(row: Micro, weight_kg: float, spread: Spread) -> Compartments:
    """A larger central volume dilutes; the clearance, v1 x k10, keeps its own spread."""
    moves = [(CENTRAL, OUT, row.k10 * spread.clearance / spread.volume), (0, 1, row.k12), (1, 0, row.k21)]
    if row.k13:
        moves += [(0, 2, row.k13), (2, 0, row.k31)]
    return Compartments(3 if row.k13 else 2, row.v1_l_per_kg * weight_kg * spread.volume, tuple(moves), row.ke0_brain)


def _hepatic(row: Hepatic, age: float | None, spread: Spread) -> Compartments:
    central_l = row.central_l * spread.volume
    liver_flow = (row.liver_l_per_h - row.liver_less_per_year_over_60 * max(0.0, (age or 0.0) - _OLD)) * spread.clearance
    moves = []
    for other, volume_l, flow in ((1, row.shallow_l, row.shallow_l_per_h), (2, row.deep_l, row.deep_l_per_h), (3, row.liver_l, liver_flow)):
        moves += [(CENTRAL, other, flow / central_l / _MIN_PER_H), (other, CENTRAL, flow / volume_l / _MIN_PER_H)]
    moves += [(3, OUT, rate / _MIN_PER_H) for rate in row.loss_per_h]
    return Compartments(4, central_l, tuple(moves), row.ke0_brain, first_pass=3)
