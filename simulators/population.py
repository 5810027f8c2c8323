"""Who comes: patients drawn from the population of pharmacology.toml. One generator, one patient."""

import random

from simulators.pharmacology import PHARMACOLOGY, Drawn
from simulators.scenario import PatientSpec

_POPULATION = PHARMACOLOGY.population


def draw(row: Drawn, rng: random.Random) -> float:
    mean, sd, least, most = row
    return max(least, min(most, rng.gauss(mean, sd)))


def draw_spec(rng: random.Random, label: str = "Drawn") -> PatientSpec:
    """Age, weight, hypertension and what they take; everything else is drawn by the patient's own seed."""
    return PatientSpec(
        label=label,
        birth_year=PHARMACOLOGY.year - round(draw(_POPULATION.age, rng)),
        weight_kg=round(draw(_POPULATION.weight_kg, rng)),
        hypertension=rng.random() < _POPULATION.hypertension_share,
        takes=tuple(row.name for row in PHARMACOLOGY.comedication if rng.random() < row.share),
    )
