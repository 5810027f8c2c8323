"""What a bedside monitor makes of the truth: averaged, noisy, rounded numbers, and a cuff that takes its time.

Heart rate, SpO2 and respiratory rate come every second as whole numbers. The cuff is an event: about half a minute of inflation and
deflation, then three values at once. Noise sizes are own proposal, the cuff's well inside what a validated one may have (ISO 81060-2:
mean error at most 5, SD at most 8 mm[Hg]).
"""

import math
import random
from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.vitals import Vital
from simulators.patient import Vitals
from simulators.seeds import seeded

CUFF_BIAS_SD: Final = 2.5  # this cuff on this arm, the whole session
CUFF_REPEAT_SD: Final = 4.0  # from one cycle to the next
CUFF_TAKES_S: Final = (28, 34)
REMEASURE_AFTER_S: Final = 4  # from the request to the start of inflation; the result comes some 35 s after the request
_REST_S: Final = 15  # between the end of one cycle and the start of another
AVERAGING_S: Final = {Vital.HEART_RATE: 5.0, Vital.SPO2: 8.0, Vital.RESPIRATORY_RATE: 15.0}  # SpO2: Masimo's default 8 s
_NOISE_SD: Final = {Vital.HEART_RATE: 0.5, Vital.SPO2: 0.25, Vital.RESPIRATORY_RATE: 0.4}
CAPNOGRAPH_S: Final = 5.0
_CAPNOGRAPH_SD: Final = 0.5
_A_BREATH: Final = 1.0  # 1/min; below it the capnograph finds none
STREAMED: Final = tuple(AVERAGING_S)
SETTLING_S: Final = {vital: round(4 * tau_s) for vital, tau_s in AVERAGING_S.items()}  # what was averaged in is down to 2 % then

# How far one number lies from the truth, as a standard deviation: noise and rounding to a whole number; of the cuff its bias on this arm,
# its repeatability, and what the error of systolic and diastolic (see `measure_cuff`) makes of the mean.
_ROUNDING_SD: Final = 12**-0.5
_DIASTOLIC_SD: Final = math.hypot(0.6 * CUFF_BIAS_SD, 0.85 * CUFF_REPEAT_SD)
ERROR_SD: Final = {vital: math.hypot(sd, _ROUNDING_SD) for vital, sd in _NOISE_SD.items()} | {
    Vital.SYSTOLIC_BP: math.hypot(CUFF_BIAS_SD, CUFF_REPEAT_SD),
    Vital.DIASTOLIC_BP: _DIASTOLIC_SD,
    Vital.MEAN_BP: _DIASTOLIC_SD,
}


class Streams:
    """The numbers that are renewed every second."""

    def __init__(self, seed: int) -> None:
        self._rng = seeded(seed, "sensors")
        self._capnograph = seeded(seed, "capnograph")
        self._averages: dict[Vital, float] = {}

    def step(self, truth: Vitals, averaging_s: Mapping[Vital, float] = AVERAGING_S) -> dict[Vital, int]:
        """One second later: whole numbers, SpO2 at most 100."""
        true = {Vital.HEART_RATE: truth.heart_rate, Vital.SPO2: truth.spo2, Vital.RESPIRATORY_RATE: truth.respiratory_rate}
        shown: dict[Vital, int] = {}
        for vital, value in true.items():
            number = round(max(0.0, self._average(vital, value, averaging_s[vital]) + self._rng.gauss(0.0, _NOISE_SD[vital])))
            shown[vital] = min(100, number) if vital is Vital.SPO2 else number
        return shown

    def end_tidal(self, truth: Vitals) -> int | None:
        """One second later: what a capnograph shows; None without a breath."""
        number = self._average(Vital.ETCO2, truth.etco2, CAPNOGRAPH_S) + self._capnograph.gauss(0.0, _CAPNOGRAPH_SD)
        return round(number) if truth.respiratory_rate >= _A_BREATH else None

    def _average(self, vital: Vital, value: float, over_s: float) -> float:
        before = self._averages.get(vital, value)
        self._averages[vital] = before + (value - before) / over_s
        return self._averages[vital]


class CuffResult(msgspec.Struct, frozen=True):
    """One completed cycle, whole mm[Hg]; diastolic < mean < systolic."""

    systolic: int
    diastolic: int
    mean: int


class Cuff:
    """An oscillometric cuff: a schedule, and one extra cycle on request. All times are seconds of the bed's own clock.

    At most one extra cycle waits; further requests while it does are the same one. A scheduled cycle that falls into another is left out.
    """

    def __init__(self, seed: int) -> None:
        self._rng = seeded(seed, "cuff")
        self._bias = self._rng.gauss(0.0, CUFF_BIAS_SD)
        self._next_s = 0
        self._interval_s = 300
        self._extra_at_s: int | None = None
        self._ends_at_s: int | None = None
        self._rested_at_s = 0

    def schedule(self, first_s: int, interval_s: int) -> None:
        """Start at `first_s`, then every `interval_s`."""
        self._next_s, self._interval_s = first_s, interval_s

    def remeasure(self, now_s: int) -> None:
        """Another cycle soon; after the running one if the cuff is inflated."""
        if self._extra_at_s is None:
            self._extra_at_s = (now_s if self._ends_at_s is None else self._ends_at_s + _REST_S) + REMEASURE_AFTER_S

    @property
    def is_inflated(self) -> bool:
        return self._ends_at_s is not None

    def step(self, now_s: int, truth: Vitals) -> CuffResult | None:
        """One second later: the result of a cycle that ends now, or None."""
        if self._ends_at_s is not None:
            if now_s < self._ends_at_s:
                return None
            self._ends_at_s = None
            self._rested_at_s = now_s + _REST_S
            return measure_cuff(truth, self._bias, self._rng)
        if self._is_due(now_s):
            self._ends_at_s = now_s + self._rng.randint(*CUFF_TAKES_S)
            self._extra_at_s = None
        while self._next_s <= now_s:
            self._next_s += self._interval_s
        return None

    def _is_due(self, now_s: int) -> bool:
        is_asked = self._extra_at_s is not None and self._extra_at_s <= now_s
        return (is_asked or self._next_s <= now_s) and now_s >= self._rested_at_s


def measure_cuff(truth: Vitals, bias: float, rng: random.Random) -> CuffResult:
    """Systolic and diastolic err together in part; the mean lies between them, where the oscillations are strongest."""
    common, own = (max(-3.0, min(3.0, rng.gauss(0.0, 1.0))) for _ in range(2))
    systolic = round(truth.systolic + bias + CUFF_REPEAT_SD * common)
    diastolic = round(truth.diastolic + 0.6 * bias + CUFF_REPEAT_SD * 0.85 * (0.6 * common + 0.8 * own))
    diastolic = max(10, min(diastolic, systolic - 12))
    mean = round(diastolic + (systolic - diastolic) * rng.gauss(0.35, 0.015))
    return CuffResult(systolic, diastolic, max(diastolic + 1, min(systolic - 1, mean)))
