"""The dose that a patient's own peak rise is meant for, given to this patient's own body: once, before the simulation begins."""

from functools import lru_cache
from typing import Final

from schemas.session import Treatment
from simulators.compartments import Compartments
from simulators.pharmacology import PHARMACOLOGY, ROUTES
from simulators.pk import KE0_BLOOD_PRESSURE_PER_MIN, Pharmacokinetics
from simulators.response import Counter, Reference, occupied

_STEP_S: Final = 30.0
_NASAL_MIN: Final = 120.0  # its peak is over by then
_CIRCULATION: Final = PHARMACOLOGY.circulation


@lru_cache(maxsize=64)
def reference_of(model: Compartments, drug: str, weight_kg: float) -> Reference:
    """Of the racemate the usual infusion, of esketamine two spray devices."""
    is_nasal = drug == "esketamine"
    depots = ROUTES[Treatment.ESKETAMINE_NASAL].depot if is_nasal else ()
    pk = Pharmacokinetics(model, (KE0_BLOOD_PRESSURE_PER_MIN, model.ke0_brain), depots, step_s=_STEP_S)
    sites: list[tuple[float, float]] = []
    rate = 0.0 if is_nasal else _CIRCULATION.reference_iv_mg_per_kg * weight_kg / _CIRCULATION.reference_iv_min
    for step in range(round((_NASAL_MIN if is_nasal else _CIRCULATION.reference_iv_min) * 60 / _STEP_S)):
        device, rest = divmod(step * _STEP_S / 60, _CIRCULATION.reference_nasal_gap_min)
        if is_nasal and rest == 0 and device < len(_CIRCULATION.reference_nasal_mg):
            pk.give(_CIRCULATION.reference_nasal_mg[int(device)])
        pk.step(rate)
        sites.append((pk.effect_ng_ml(KE0_BLOOD_PRESSURE_PER_MIN), pk.effect_ng_ml(model.ke0_brain)))
    pressure, brain = (max(site[index] for site in sites) for index in (0, 1))
    return Reference(
        pressure,
        brain,
        _net([occupied(site[0]) / occupied(pressure) for site in sites], _CIRCULATION.counter_pressure),
        _net([occupied(site[1]) / occupied(brain) for site in sites], _CIRCULATION.counter_pulse),
    )


def _net(effects: list[float], gain: float) -> float:
    counter = Counter(gain, _STEP_S)
    return max(counter.step(effect) for effect in effects)
