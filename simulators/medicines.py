"""What else is given during a session: labetalol, clonidine, midazolam, and oxygen. Each medicine reaches its effect and leaves it.

A dose waits, reaches its site with the medicine's rate of onset and leaves with that of offset; the level is 1 at the peak of one usual
dose. Effects grow with the level and level off at twice those of a usual dose.
"""

import math
from typing import Final

import msgspec

from simulators.pharmacology import MEDICINES, Medicine


class Effects(msgspec.Struct):
    """Of all medicines together, at one moment: pressures in mm[Hg], rate in 1/min, shares. `depression_ec50`: a factor."""

    systolic: float = 0.0
    diastolic: float = 0.0
    heart_rate: float = 0.0
    sedation: float = 0.0
    dissociation: float = 1.0
    calm: float = 0.0
    breathing: float = 0.0
    depression_ec50: float = 1.0
    oxygen_l_per_min: float = 0.0


_NOTHING: Final = Effects()


class _Level:
    """One medicine in one patient."""

    def __init__(self, row: Medicine, step_s: float) -> None:
        self.row = row
        self._waits = 0.0
        self._level = 0.0
        self._leaves = 1.0 - math.exp(-row.onset * step_s / 60)
        self._ends = 1.0 - math.exp(-row.offset * step_s / 60)
        peak_min = math.log(row.onset / row.offset) / (row.onset - row.offset)
        self._peak = row.onset / (row.onset - row.offset) * (math.exp(-row.offset * peak_min) - math.exp(-row.onset * peak_min))

    def give(self, amount: float) -> None:
        self._waits += amount / self.row.usual / self._peak

    def step(self) -> float:
        """The strength of the effect: 1 at the peak of one usual dose."""
        arrives = self._waits * self._leaves
        self._waits -= arrives
        self._level += arrives - self._level * self._ends
        return 2.0 * self._level / (1.0 + self._level)


class Medicines:
    def __init__(self, step_s: float) -> None:
        self._step_s = step_s
        self._levels: dict[str, _Level] = {}
        self.oxygen_l_per_min = 0.0

    def give(self, name: str, amount: float) -> None:
        """An amount in the medicine's own unit. Raises KeyError for one that pharmacology.toml does not know."""
        if name not in self._levels:
            self._levels[name] = _Level(MEDICINES[name], self._step_s)
        self._levels[name].give(amount)

    def step(self) -> Effects:
        """One step later."""
        if not self._levels and not self.oxygen_l_per_min:
            return _NOTHING
        sums = Effects(oxygen_l_per_min=self.oxygen_l_per_min)
        for level in self._levels.values():
            strength, row = level.step(), level.row
            sums.systolic += row.systolic * strength
            sums.diastolic += row.diastolic * strength
            sums.heart_rate += row.heart_rate * strength
            sums.sedation += row.sedation * strength
            sums.dissociation *= max(0.0, 1.0 + row.dissociation * strength)
            sums.calm = min(1.0, sums.calm + row.calm * strength)
            sums.breathing += row.breathing * strength
            sums.depression_ec50 *= max(0.1, 1.0 + row.depression_ec50 * strength)
        return sums
