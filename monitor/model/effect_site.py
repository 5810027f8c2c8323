"""Concentration at an effect site from a course of doses: a sum of exponentials, exact for rates that are constant in between. Pure.

Each exponential is a leaky account of its own: it decays at its rate and drug is paid in. So any step of time is one multiplication,
without error that grows with the number of steps. Units: mg, litres, minutes; concentrations in ng/ml.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from monitor.model.constants import Constants, Site
from monitor.model.course import Course

_NG_PER_ML: Final = 1_000.0  # mg/l -> ng/ml
_MG: Final = 1_000.0  # ug in one mg
_MS_PER_MIN: Final = 60_000


class Term(msgspec.Struct, frozen=True):
    """One exponential of the response to 1 mg at once: `weight` x exp(-`rate` x minutes), in ng/ml."""

    weight: float
    rate: float


def response(constants: Constants, site: Site, weight_kg: float) -> tuple[Term, ...]:
    """The concentration at the site after 1 mg into the central compartment at once. The weights add up to zero: it begins at none.

    Raises ValueError for a ke0 that is one of the model's own rates, where this form has no meaning.
    """
    roots = _roots(constants)
    volume = constants.v1_l_per_kg * weight_kg
    k21, k31, ke0 = constants.k21_per_min, constants.k31_per_min, site.ke0_per_min
    if any(math.isclose(ke0, root, rel_tol=1e-6) for root in roots):
        raise ValueError(f"ke0 {ke0} of {site.name} is a rate of the model itself")
    terms = []
    for place, root in enumerate(roots):
        others = [other for index, other in enumerate(roots) if index != place]
        plasma = (k21 - root) * (k31 - root) / ((others[0] - root) * (others[1] - root)) / volume
        terms.append(Term(plasma * ke0 / (ke0 - root) * _NG_PER_ML, root))
    return (*terms, Term(-math.fsum(term.weight for term in terms), ke0))


def _roots(constants: Constants) -> tuple[float, float, float]:
    """The three decay rates, by the trigonometric solution of the cubic: for such a model all are real and positive."""
    k10, k12, k21 = constants.k10_per_min, constants.k12_per_min, constants.k21_per_min
    k13, k31 = constants.k13_per_min, constants.k31_per_min
    total = k10 + k12 + k21 + k13 + k31
    pairs = k10 * k21 + k10 * k31 + k21 * k31 + k12 * k31 + k13 * k21
    product = k10 * k21 * k31
    p = pairs - total * total / 3
    q = -2 * total**3 / 27 + total * pairs / 3 - product
    angle = math.acos(max(-1.0, min(1.0, 3 * q / (2 * p) * math.sqrt(-3 / p)))) / 3
    first, second, third = (total / 3 + 2 * math.sqrt(-p / 3) * math.cos(angle - 2 * math.pi * place / 3) for place in range(3))
    return first, second, third


def concentrations(terms: Sequence[Term], course: Course, times_ms: Sequence[int]) -> list[float]:
    """In ng/ml at each of `times_ms`, which are in order. A bolus counts from its own instant on."""
    moments = sorted({*times_ms, *(at_ms for at_ms, _ in course.rates), *(at_ms for at_ms, _ in course.boluses)})
    rates, boluses, wanted = list(course.rates), list(course.boluses), set(times_ms)
    accounts = [0.0] * len(terms)
    found: dict[int, float] = {}
    rate = 0.0
    for at_ms, then_ms in pairwise([*moments, *moments[-1:]]):
        while rates and rates[0][0] <= at_ms:
            rate = rates.pop(0)[1] / _MG
        while boluses and boluses[0][0] <= at_ms:
            amount = boluses.pop(0)[1] / _MG
            accounts = [account + amount for account in accounts]
        if at_ms in wanted:
            found[at_ms] = max(0.0, math.fsum(term.weight * account for term, account in zip(terms, accounts, strict=True)))
        minutes = (then_ms - at_ms) / _MS_PER_MIN
        accounts = [_moved(account, term.rate, rate, minutes) for term, account in zip(terms, accounts, strict=True)]
    return [found[at_ms] for at_ms in times_ms]


def _moved(account: float, decay: float, paid_in: float, minutes: float) -> float:
    kept = math.exp(-decay * minutes)
    return account * kept + paid_in * -math.expm1(-decay * minutes) / decay
