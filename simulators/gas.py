"""Oxygen and carbon dioxide in one patient: what breathing brings in and washes out, what the body uses and makes.

The alveolar gas equation with one store for each gas. `ventilation` is a share of this patient's usual one; 0 is apnoea.
"""

import math
from typing import Final

from simulators.pharmacology import PHARMACOLOGY

_GAS: Final = PHARMACOLOGY.gas
_MMHG_PER_SHARE: Final = 863.0  # dry gas at 0 degrees C to mm[Hg] of moist gas at 37
_LEAST_OXYGEN: Final = 15.0  # mm[Hg]
_FULL: Final = 95.0  # %: below it the blood takes up less than the body uses, and its own store falls
_MOST_CARBON_DIOXIDE: Final = 130.0
_USED: Final = _MMHG_PER_SHARE * _GAS.oxygen_use_l_per_min
_MADE: Final = _MMHG_PER_SHARE * _GAS.carbon_dioxide_l_per_min
USUAL_OXYGEN: Final = _GAS.inspired_mmhg - _USED / _GAS.ventilation_l_per_min
USUAL_CARBON_DIOXIDE: Final = _MADE / _GAS.ventilation_l_per_min


class Gas:
    """Alveolar partial pressures in mm[Hg]."""

    def __init__(self, step_s: float) -> None:
        self._step_min = step_s / 60
        self.oxygen = USUAL_OXYGEN
        self.carbon_dioxide = USUAL_CARBON_DIOXIDE

    def step(self, ventilation: float, oxygen_l_per_min: float = 0.0, slowed: float = 1.0) -> None:
        """One step later. `slowed`: a further share by which carbon dioxide alone is washed out less."""
        flow = max(0.0, ventilation) * _GAS.ventilation_l_per_min
        inspired = _GAS.inspired_mmhg + oxygen_l_per_min * _GAS.oxygen_mmhg_per_l_per_min
        used = _USED * min(1.0, saturation(self.oxygen) / _FULL)
        self.oxygen = max(_LEAST_OXYGEN, _filled(self.oxygen, flow, flow * inspired - used, _GAS.oxygen_store_l, self._step_min))
        washed = flow * slowed
        filled = _filled(self.carbon_dioxide, washed, _MADE, _GAS.carbon_dioxide_store_l, self._step_min)
        self.carbon_dioxide = min(_MOST_CARBON_DIOXIDE, filled)

    @property
    def saturation_change(self) -> float:
        """Points of SpO2 in % over (below 0: under) the usual one."""
        shunted = _GAS.arterial_mmhg - USUAL_OXYGEN
        return saturation(self.oxygen + shunted) - saturation(_GAS.arterial_mmhg)

    @property
    def end_tidal(self) -> float:
        return max(0.0, self.carbon_dioxide - _GAS.end_tidal_less)


def saturation(oxygen_mmhg: float) -> float:
    """Severinghaus' equation of the oxygen dissociation curve, in %."""
    pressure = max(1.0, oxygen_mmhg)
    return 100.0 / (23_400.0 / (pressure**3 + 150.0 * pressure) + 1.0)


def _filled(level: float, flow_l_per_min: float, gain: float, store_l: float, minutes: float) -> float:
    """A store after these minutes: it gains `gain` and loses `flow` x level, both for each litre of it. Exact for constant inputs."""
    if flow_l_per_min < 1e-9:
        return level + gain / store_l * minutes
    settled = gain / flow_l_per_min
    return settled + (level - settled) * math.exp(-flow_l_per_min / store_l * minutes)
