"""What a scenario's events do to the body: each sets in and fades with a time constant. Sizes and times that no scenario gives are own
proposal, chosen to look like a resting adult whom this happens to."""

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from simulators.events import Apnoea, Desaturation, Emesis, Event, Panic, PatientEvent, Surge, Tachycardia, VagalReaction

_SETS_IN_S: Final[dict[type[PatientEvent], float]] = {
    Surge: 120.0,
    Tachycardia: 40.0,
    Desaturation: 14.0,
    VagalReaction: 25.0,
    Apnoea: 3.0,
    Panic: 30.0,
    Emesis: 8.0,
}
_FADES_S: Final[dict[type[PatientEvent], float]] = {
    Surge: 240.0,
    Tachycardia: 60.0,
    Desaturation: 20.0,
    VagalReaction: 60.0,
    Apnoea: 6.0,
    Panic: 150.0,
    Emesis: 40.0,
}
_FALLS_TOGETHER: Final = 0.55  # diastolic fall of a vagal reaction for each mm[Hg] of systolic
_DOZING: Final = 0.3  # share by which breathing slows in a desaturation
_PANIC: Final = (28.0, 14.0, 34.0, 0.8)  # systolic, diastolic, heart rate, share by which breathing quickens
_EMESIS: Final = (10.0, 4.0, 18.0, -0.5)


class Upset(msgspec.Struct):
    """Changes of this moment: pressures in mm[Hg], rate in 1/min; `surge` a factor on the drug's rise, `breathing` on the rate of
    breathing, `drive` on the drive to breathe, `unsaturated` points of SpO2 by which it is lower."""

    surge: float = 1.0
    systolic: float = 0.0
    diastolic: float = 0.0
    heart_rate: float = 0.0
    unsaturated: float = 0.0
    breathing: float = 1.0
    drive: float = 1.0


_NOTHING: Final = Upset()


class Upsets:
    """The events of one scenario that happen to the patient."""

    def __init__(self, events: Iterable[Event], baseline_spo2: float, step_s: float) -> None:
        self._events: tuple[PatientEvent, ...] = tuple(event for event in events if isinstance(event, PatientEvent))
        self._levels = [0.0] * len(self._events)
        self._baseline_spo2 = baseline_spo2
        self._step_s = step_s

    def step(self, at_min: float, *, is_infusing: bool, calm: float = 0.0) -> Upset:
        """One step later. `calm`: the share by which panic is lessened."""
        if not self._events:
            return _NOTHING
        upset = Upset()
        for index, event in enumerate(self._events):
            self._move(index, event, at_min, is_infusing=is_infusing)
            self._add(upset, event, self._levels[index], calm)
        return upset

    def _move(self, index: int, event: PatientEvent, at_min: float, *, is_infusing: bool) -> None:
        """Each event's strength, 0 to 1, moves towards 1 while it holds and towards 0 otherwise."""
        is_on = event.holds(at_min) and (is_infusing or not event.only_while_infusing)
        tau_s = (_SETS_IN_S if is_on else _FADES_S)[type(event)]
        self._levels[index] += (float(is_on) - self._levels[index]) * (1.0 - math.exp(-self._step_s / tau_s))

    def _add(self, upset: Upset, event: PatientEvent, level: float, calm: float) -> None:
        match event:
            case Surge():
                upset.surge += (event.factor - 1.0) * level
            case Tachycardia():
                upset.heart_rate += event.rise_per_min * level
            case Desaturation():
                upset.unsaturated = max(upset.unsaturated, (self._baseline_spo2 - event.lowest) * level)
                upset.breathing *= 1.0 - _DOZING * level
            case VagalReaction():
                upset.systolic -= event.systolic_fall * level
                upset.diastolic -= _FALLS_TOGETHER * event.systolic_fall * level
                upset.heart_rate -= event.heart_rate_fall * level
            case Apnoea():
                upset.drive *= 1.0 - level
            case Panic():
                _change(upset, _PANIC, level * event.strength * (1.0 - calm))
            case Emesis():
                _change(upset, _EMESIS, level)


def _change(upset: Upset, by: tuple[float, float, float, float], level: float) -> None:
    upset.systolic += by[0] * level
    upset.diastolic += by[1] * level
    upset.heart_rate += by[2] * level
    upset.breathing *= 1.0 + by[3] * level
