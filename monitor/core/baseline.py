"""The personal baseline: medians of what was measured before the infusion.

Cuff values: the median of all valid ones of the baseline phase, `min_cuffs` of them or more, each `min_gap_s` or more after the one before.
Streams: the median of the valid values of the last `stream_window_s`, the newest `MAX_STREAM_VALUES` of them.
"""

from collections import deque
from statistics import median_low

from schemas.limits import BaselineNumbers
from schemas.session import Baseline
from schemas.vitals import VITAL_SIGNS, Vital

MAX_STREAM_VALUES = 600  # 10 min at 1 Hz: the oldest value falls out
MAX_CUFF_VALUES = 60


class BaselineCollector:
    """Collects while the session is in its baseline phase."""

    __slots__ = ("_numbers", "_values")

    def __init__(self, numbers: BaselineNumbers) -> None:
        self._numbers = numbers
        self._values: dict[Vital, deque[tuple[int, int]]] = {}

    def add(self, vital: Vital, value_milli: int, at_ms: int) -> None:
        """Take a valid reading in."""
        is_cuff = VITAL_SIGNS[vital].is_cuff
        values = self._values.get(vital)
        if values is None:
            values = self._values[vital] = deque(maxlen=MAX_CUFF_VALUES if is_cuff else MAX_STREAM_VALUES)
        if is_cuff and values and at_ms - values[-1][0] < self._numbers.min_gap_s * 1000:
            return
        values.append((at_ms, value_milli))

    def take(self, at_ms: int) -> tuple[Baseline, ...]:
        """The baselines that can be taken now, in the order of the table of vital signs."""
        window_ms = int(self._numbers.stream_window_s * 1000)
        found: list[Baseline] = []
        for vital, sign in VITAL_SIGNS.items():
            values = [value for when, value in self._values.get(vital, ()) if sign.is_cuff or at_ms - when <= window_ms]
            if values and (not sign.is_cuff or len(values) >= self._numbers.min_cuffs):
                found.append(Baseline(count=len(values), value_milli=median_low(values), vital=vital))
        return tuple(found)

    def refuse_start(self, at_ms: int) -> str | None:
        """Why an infusion should not start yet; None where the baseline is complete."""
        taken = {baseline.vital for baseline in self.take(at_ms)}
        if Vital.SYSTOLIC_BP not in taken:
            have = len(self._values.get(Vital.SYSTOLIC_BP, ()))
            need = self._numbers.min_cuffs
            return f"the blood pressure baseline has {have} of {need} cuff values, at least {self._numbers.min_gap_s:g} s apart"
        missing = [VITAL_SIGNS[vital].label for vital in (Vital.HEART_RATE, Vital.SPO2) if vital not in taken]
        return f"no baseline of {', '.join(missing)}" if missing else None
