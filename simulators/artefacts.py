"""What motion, noise and a bad line make of true numbers: small seeded transformers between the patient and the wire.

Sensor artefacts act before the device's averaging, where they arise; so a wrong number builds up and fades as the device's own numbers
do. Sizes are own proposal but for one: an oximeter that sees motion alone reads about 85 % (the ratio of its two lights is 1 then).
"""

import random
from typing import Final

import msgspec

from schemas.device_wire import WireMeasurement
from schemas.vitals import Vital
from simulators.events import CuffDisturbed, CuffWrong, Disordered
from simulators.faults import Faults
from simulators.patient import Vitals
from simulators.seeds import seeded
from simulators.sensors import CuffResult
from simulators.wire_events import Late

MOTION_SPO2: Final = (85.0, 4.0)  # mean, SD
_LOSES_SIGNAL: Final = 0.15  # a second, while it moves
_FINDS_SIGNAL: Final = 0.3
_EXTRA_BEATS_BEGIN: Final = 0.2  # a second
_EXTRA_BEATS_S: Final = (2, 6)
_EXTRA_BEATS: Final = (1.3, 2.2)  # factor on the heart rate
_CHEST_MOVES: Final = (0.5, 2.0)  # factor on the respiratory rate
_WEAK_PULSE: Final = (-2.0, 2.5)  # mean error of SpO2 and its SD, where a cold hand gives a value at all
_COUNTED_TWICE: Final = 0.85  # share of seconds in which noise is counted


class SensorArtefacts:
    """Of one bed. Nothing is drawn while nothing is wrong, so an artefact changes no number before it."""

    def __init__(self, seed: int) -> None:
        self._rng = seeded(seed, "artefacts")
        self._has_signal = True
        self._extra_s = 0
        self._extra = 1.0

    def step(self, truth: Vitals, faults: Faults) -> tuple[Vitals, frozenset[Vital]]:
        """One second: what the sensors take in, and which of them have no signal."""
        lost: frozenset[Vital] = frozenset()
        rng = self._rng
        if faults.motion:
            self._has_signal = rng.random() >= _LOSES_SIGNAL if self._has_signal else rng.random() < _FINDS_SIGNAL
            if not self._has_signal:
                lost = frozenset({Vital.SPO2})
            truth = msgspec.structs.replace(
                truth,
                spo2=max(1.0, min(100.0, rng.gauss(*MOTION_SPO2))),
                heart_rate=min(300.0, truth.heart_rate * self._extra_beats()),
                respiratory_rate=truth.respiratory_rate * rng.uniform(*_CHEST_MOVES),
            )
        else:
            self._has_signal, self._extra_s = True, 0
        if faults.perfusion is not None:
            if rng.random() < faults.perfusion.share:
                lost = frozenset({Vital.SPO2})
            truth = msgspec.structs.replace(truth, spo2=max(1.0, min(100.0, truth.spo2 + rng.gauss(*_WEAK_PULSE))))
        if faults.noise is not None and rng.random() < _COUNTED_TWICE:
            truth = msgspec.structs.replace(truth, heart_rate=min(300.0, truth.heart_rate * faults.noise.factor))
        return truth, lost

    def _extra_beats(self) -> float:
        if self._extra_s > 0:
            self._extra_s -= 1
        elif self._rng.random() < _EXTRA_BEATS_BEGIN:
            self._extra_s = self._rng.randint(*_EXTRA_BEATS_S)
            self._extra = self._rng.uniform(*_EXTRA_BEATS)
        return self._extra if self._extra_s > 0 else 1.0

    def cuff(self, result: CuffResult, disturbed: CuffDisturbed) -> CuffResult:
        """The result of a cycle that ended while the arm moved; the right one where this cycle was spared."""
        rng = self._rng
        return wrong_cuff(result, disturbed.wrong, rng) if rng.random() < disturbed.share else result


def wrong_cuff(result: CuffResult, wrong: CuffWrong, rng: random.Random) -> CuffResult:
    """`result` as a moving arm falsifies it. Only an impossible one leaves the order diastolic < mean < systolic."""
    systolic, diastolic = result.systolic, result.diastolic
    match wrong:
        case CuffWrong.HIGH:
            systolic = min(290, systolic + rng.randint(25, 60))
            diastolic = min(systolic - 20, diastolic + rng.randint(10, 35))
        case CuffWrong.LOW:
            systolic = max(45, systolic - rng.randint(25, 45))
            diastolic = max(15, min(systolic - 20, diastolic - rng.randint(10, 25)))
        case CuffWrong.NARROW:
            diastolic = systolic - rng.randint(4, 9)
        case CuffWrong.IMPOSSIBLE:
            return rng.choice((CuffResult(22, 12, 15), CuffResult(diastolic, systolic, result.mean)))
    return CuffResult(systolic, diastolic, (systolic + 2 * diastolic) // 3)


class Delivery:
    """The line's disorder: holds measurements back and sends others again. `due` never gives nothing."""

    def __init__(self, seed: int) -> None:
        self._rng = seeded(seed, "delivery")
        self._held: list[tuple[int, WireMeasurement]] = []  # (second at which it arrives, what)
        self._is_late = False
        self._sent: WireMeasurement | None = None

    def due(self, now_s: int, fresh: tuple[WireMeasurement, ...], disorder: Disordered | Late | None) -> tuple[WireMeasurement, ...]:
        """What arrives in this second, in the order of arrival. Bounded by `longest_s` (`delay_s`) measurements of each kind under way."""
        if disorder is None and not self._held:
            self._sent = fresh[0]
            return fresh
        arriving: list[WireMeasurement] = []
        if self._is_late and not isinstance(disorder, Late):  # the way is short again: what is under way comes first
            arriving, self._held = [part for _, part in self._held], []
        self._is_late = isinstance(disorder, Late)
        for part in fresh:
            if isinstance(disorder, Late):
                self._held.append((now_s + disorder.delay_s, part))
            elif disorder is not None and self._rng.random() < disorder.share:
                self._held.append((now_s + self._rng.randint(1, disorder.longest_s), part))
            else:
                arriving.append(part)
        arriving += [part for due_s, part in self._held if due_s <= now_s]
        self._held = [(due_s, part) for due_s, part in self._held if due_s > now_s]
        if not arriving:
            arriving = [fresh[0] if self._sent is None else self._sent]  # nothing new: what was said is said again
        self._sent = arriving[0]
        return tuple(arriving)
