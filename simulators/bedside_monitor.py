"""The simulated bedside monitor: from true vital signs to measurements as they leave it, with all that is wrong with sensors and device."""

from typing import Final

import msgspec

from schemas.device_wire import WireInterval, WireMeasurement, WireReading
from schemas.instant import from_ms
from schemas.vitals import VITAL_SIGNS, Vital
from simulators.artefacts import Delivery, SensorArtefacts
from simulators.faults import Faults
from simulators.patient import Vitals
from simulators.scenario import Scenario
from simulators.sensors import AVERAGING_S, SETTLING_S, STREAMED, Cuff, CuffResult, Streams
from simulators.wire_faults import WireFaults

CUFF: Final = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)
MAX_WIRE_INTERVAL_S: Final = 3600.0


class BedsideMonitor:
    """One a bed. Seconds are those of the bed's own time."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.cuff = Cuff(seed)
        self._streamed = streamed(scenario)
        self._streams = Streams(seed)
        self._artefacts = SensorArtefacts(seed)
        self._wire = WireFaults(seed)
        self._delivery = Delivery(seed)
        self._settled_at_s: dict[Vital, int] = {}  # when the averages have forgotten the last artefact
        self._shown: dict[Vital, int | None] = {}
        self._last: WireMeasurement | None = None
        self._counter = 0
        self._was_off = False
        self.boots = 1
        self.hidden: frozenset[Vital] = frozenset()

    def measure(self, truth: Vitals, faults: Faults, at_ms: int, now_s: int) -> tuple[WireMeasurement, ...]:
        """What the next frame holds: the streamed values, and those of the cuff where a cycle has just ended. `at_ms` is its stamp.

        While the monitor is off it measures all the same, but what comes back here is to be thrown away.
        """
        self._restart(faults)
        taken, no_signal = self._artefacts.step(truth, faults)
        if faults.same_limb and self.cuff.is_inflated:
            no_signal |= {Vital.SPO2}
        self.hidden = self._hide(faults, now_s)
        averaging_s = AVERAGING_S | {event.vital: event.over_s for event in faults.averaging} if faults.averaging else AVERAGING_S
        numbers: dict[Vital, int | None] = {**self._streams.step(taken, averaging_s)}
        if Vital.ETCO2 in self._streamed:
            numbers[Vital.ETCO2] = self._streams.end_tidal(taken)
        for vital, value in numbers.items():
            if vital not in faults.stuck or vital not in self._shown:
                self._shown[vital] = value
        cuff = None if faults.is_frozen and not self.cuff.is_inflated else self.cuff.step(now_s, truth)
        if cuff is not None and faults.cuff is not None:
            cuff = self._artefacts.cuff(cuff, faults.cuff)
        measured = self._measurements(at_ms + round(faults.clock_s * 1000), faults, faults.lost | no_signal, cuff)
        return self._delivery.due(now_s, self._wire.apply(measured, faults, self._again), faults.delivery)

    def _restart(self, faults: Faults) -> None:
        if self._was_off and not faults.is_off:
            self._counter, self._last, self.boots = 0, None, self.boots + 1
        self._was_off = faults.is_off

    def _hide(self, faults: Faults, now_s: int) -> frozenset[Vital]:
        """Vital signs whose numbers need not be the patient's: a fault, an artefact, or one that has not faded yet."""
        unsettled = set(STREAMED if faults.motion else (Vital.HEART_RATE,) if faults.noise is not None else ())
        unsettled |= {event.vital for event in faults.averaging}
        unsettled |= {Vital.SPO2} if faults.perfusion is not None else set()
        for vital in unsettled:
            self._settled_at_s[vital] = now_s + SETTLING_S[vital]
        if not self._settled_at_s:
            return faults.hides
        return faults.hides | {vital for vital, settled_s in self._settled_at_s.items() if now_s <= settled_s}

    def _measurements(self, at_ms: int, faults: Faults, lost: frozenset[Vital], cuff: CuffResult | None) -> tuple[WireMeasurement, ...]:
        if faults.is_frozen and self._last is not None:
            return (self._last,)
        self._last = self._measurement(at_ms, {vital: None if vital in lost else self._shown[vital] for vital in self._streamed})
        if cuff is None:
            return (self._last,)
        values = (None, None, None) if faults.cuff_fails else (cuff.systolic, cuff.diastolic, cuff.mean)
        return (self._last, self._measurement(at_ms, dict(zip(CUFF, values, strict=True))))

    def _measurement(self, at_ms: int, values: dict[Vital, int | None]) -> WireMeasurement:
        self._counter += 1
        return measurement(self._counter, at_ms, values)

    def _again(self, said: WireMeasurement) -> WireMeasurement:
        self._counter += 1
        return msgspec.structs.replace(said, counter=self._counter)


def measurement(counter: int, at_ms: int, values: dict[Vital, int | None] | dict[Vital, float | None]) -> WireMeasurement:
    """Values in the unit of their vital sign -> a measurement as it goes over the wire. None: measured, but there is no value."""
    return WireMeasurement(
        counter=counter,
        measured_at=from_ms(at_ms),
        readings=tuple(WireReading(vital=vital, value=value, unit=VITAL_SIGNS[vital].unit) for vital, value in values.items()),
    )


def streamed(scenario: Scenario) -> tuple[Vital, ...]:
    """What comes every second."""
    return (*STREAMED, Vital.ETCO2) if scenario.capnograph else STREAMED


def bed_intervals(scenario: Scenario, speed: float = 1.0) -> tuple[WireInterval, ...]:
    """How often a bed renews each vital sign, in seconds of the monitor's clock."""
    cuff_s = min(MAX_WIRE_INTERVAL_S, scenario.timeline.cuff_min * 60 / speed)
    return intervals_of(dict.fromkeys(streamed(scenario), 1.0 / speed) | dict.fromkeys(CUFF, cuff_s))


def intervals_of(seconds: dict[Vital, float]) -> tuple[WireInterval, ...]:
    return tuple(WireInterval(vital=vital, interval_s=interval_s) for vital, interval_s in seconds.items())
