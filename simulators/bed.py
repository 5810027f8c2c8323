"""A simulated bed: patient, infusion, sensors and bedside monitor, as a pure sequence of frames.

One frame for each second of the patient's time, stamped with the device's clock: `start_ms` plus the patient's seconds divided by `speed`.
The same scenario, seed, start and orders give the same bytes. What the clinician does comes in through `begin`, `start`, `pause`,
`resume`, `stop`, `set_rate`, `bolus` and `end` (or `follow`); `BedScript` does it by the timeline where nobody does.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from schemas.device_wire import Frame, WireInterval, WireMeasurement, WireReading
from schemas.instant import from_ms
from schemas.session import Phase
from schemas.vitals import VITAL_SIGNS, Vital
from simulators.artefacts import Delivery, SensorArtefacts
from simulators.faults import Faults, faults_at
from simulators.patient import Patient, Vitals
from simulators.scenario import Scenario
from simulators.sensors import SETTLING_S, STREAMED, Cuff, CuffResult, Streams

CUFF: Final = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)
MAX_WIRE_INTERVAL_S: Final = 3600.0
_FIRST_CUFF_S: Final = 30  # after the beginning of the baseline phase
_ENDED: Final = frozenset({Phase.CLOSED, Phase.ABORTED})


class Bed:
    """`truth` is the patient's state behind the last frame; tests and figures may look, a monitor cannot."""

    def __init__(self, scenario: Scenario, seed: int, start_ms: int, *, speed: float = 1.0) -> None:
        self.scenario = scenario
        self.patient = Patient(scenario.patient, scenario.event, seed)
        self.truth: Vitals = self.patient.baseline
        self.phase = Phase.PLANNED
        self.rate_mg_per_min = 0.0
        self.infused_mg = 0.0
        self.elapsed_s = 0
        self.phase_s = 0  # seconds since the phase began
        self._start_ms = start_ms
        self._speed = speed
        self._script_s = 0
        self._has_started = False
        self._resume_rate = 0.0
        self._streams = Streams(seed)
        self._cuff = Cuff(seed)
        self._cuff.schedule(_FIRST_CUFF_S, round(scenario.timeline.cuff_min * 60))
        self._artefacts = SensorArtefacts(seed)
        self._delivery = Delivery(seed)
        self._settled_at_s: dict[Vital, int] = {}  # when the averages have forgotten the last artefact
        self._shown: dict[Vital, int] = {}
        self._hidden: frozenset[Vital] = frozenset()
        self._last: WireMeasurement | None = None
        self._counter = 0
        self._seq = 0

    # --- what the clinician does --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The baseline phase begins: cuff values every `baseline_cuff_min`."""
        self._enter(Phase.BASELINE)
        self._cuff.schedule(self.elapsed_s + _FIRST_CUFF_S, round(self.scenario.timeline.baseline_cuff_min * 60))

    def start(self, rate_mg_per_min: float | None = None) -> None:
        """The infusion starts; without a rate, the one that gives the ordered dose in the ordered time."""
        self._enter(Phase.INFUSING)
        self.rate_mg_per_min = self.scenario.rate_mg_per_min if rate_mg_per_min is None else rate_mg_per_min
        if not self._has_started:
            self._has_started = True
            self._script_s = round(self.scenario.timeline.baseline_min * 60)
            cuff_s = round(self.scenario.timeline.cuff_min * 60)
            self._cuff.schedule(self.elapsed_s + cuff_s, cuff_s)

    def pause(self) -> None:
        self._resume_rate = self.rate_mg_per_min
        self._enter(Phase.PAUSED)
        self.rate_mg_per_min = 0.0

    def resume(self) -> None:
        """The infusion goes on at the rate it was paused at."""
        self.start(self._resume_rate)

    def stop(self) -> None:
        """The infusion ends for good: recovery."""
        self._enter(Phase.RECOVERY)
        self.rate_mg_per_min = 0.0

    def end(self, phase: Phase = Phase.CLOSED) -> None:
        """The session is over: no more frames."""
        self._enter(phase)
        self.rate_mg_per_min = 0.0

    def set_rate(self, rate_mg_per_min: float) -> None:
        if self.phase is Phase.INFUSING:
            self.rate_mg_per_min = rate_mg_per_min

    def bolus(self, amount_mg: float) -> None:
        self.patient.pk.bolus(amount_mg)
        self.infused_mg += amount_mg

    def remeasure(self, vital: Vital) -> None:
        """The monitor asks for another cuff value. Anything but a pressure is ignored: it is measured every second anyway."""
        if vital in CUFF:
            self._cuff.remeasure(self.elapsed_s)

    def follow(self, phase: Phase, rate_mg_per_min: float) -> None:
        """Do what the session's record says was done; nothing where it is so already. Phases that were missed are passed through."""
        if phase is not self.phase:
            match phase:
                case Phase.BASELINE:
                    self.begin()
                case Phase.INFUSING:
                    self.start(rate_mg_per_min)
                case Phase.PAUSED:
                    self.pause()
                case Phase.RECOVERY:
                    self.stop()
                case Phase.CLOSED | Phase.ABORTED:
                    self.end(phase)
        self.set_rate(rate_mg_per_min)

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.phase_s = 0

    # --- what the device sends ----------------------------------------------------------------------------------------------------

    @property
    def has_ended(self) -> bool:
        return self.phase in _ENDED

    @property
    def next_at_ms(self) -> int:
        """The stamp of the next frame, by the monitor's clock."""
        return self._start_ms + round(self.elapsed_s * 1000 / self._speed)

    @property
    def faults(self) -> Faults:
        return faults_at(self.scenario.event, self._script_s / 60)

    @property
    def hidden(self) -> frozenset[Vital]:
        """Vital signs whose numbers need not be the patient's in the last frame: a fault, an artefact, or one that has not faded yet."""
        return self._hidden

    def next_frame(self) -> Frame:
        """The next second: one measurement of the streamed values, and one of the cuff where a cycle has just ended."""
        at_ms, faults = self.next_at_ms, self.faults
        self.truth = self.patient.step(rate_mg_per_min=self.rate_mg_per_min, at_min=self._script_s / 60)
        self.infused_mg += self.rate_mg_per_min / 60
        taken, no_signal = self._artefacts.step(self.truth, faults)
        self._hidden = self._hide(faults)
        shown = self._streams.step(taken)
        for vital, value in shown.items():
            if vital not in faults.stuck or vital not in self._shown:
                self._shown[vital] = value
        cuff = None if faults.is_frozen and not self._cuff.is_inflated else self._cuff.step(self.elapsed_s, self.truth)
        if cuff is not None and faults.cuff is not None:
            cuff = self._artefacts.cuff(cuff, faults.cuff)
        measurements = self._measurements(at_ms + round(faults.clock_s * 1000), faults, faults.lost | no_signal, cuff)
        measurements = self._delivery.due(self.elapsed_s, measurements, faults.delivery)
        self._tick()
        self._seq += 1
        return Frame(seq=self._seq, measurements=measurements)

    def _hide(self, faults: Faults) -> frozenset[Vital]:
        if faults.motion or faults.noise is not None:
            for vital in STREAMED if faults.motion else (Vital.HEART_RATE,):
                self._settled_at_s[vital] = self.elapsed_s + SETTLING_S[vital]
        elif not self._settled_at_s:
            return faults.hides
        return faults.hides | {vital for vital, settled_s in self._settled_at_s.items() if self.elapsed_s <= settled_s}

    def _measurements(self, at_ms: int, faults: Faults, lost: frozenset[Vital], cuff: CuffResult | None) -> tuple[WireMeasurement, ...]:
        if faults.is_frozen and self._last is not None:
            return (self._last,)
        self._last = self._measurement(at_ms, {vital: None if vital in lost else self._shown[vital] for vital in STREAMED})
        if cuff is None:
            return (self._last,)
        values = (None, None, None) if faults.cuff_fails else (cuff.systolic, cuff.diastolic, cuff.mean)
        return (self._last, self._measurement(at_ms, dict(zip(CUFF, values, strict=True))))

    def _measurement(self, at_ms: int, values: dict[Vital, int | None]) -> WireMeasurement:
        self._counter += 1
        return measurement(self._counter, at_ms, values)

    def _tick(self) -> None:
        """A second of the patient's time. The scenario's own time waits at the end of the baseline until the infusion starts."""
        self.elapsed_s += 1
        self.phase_s += 1
        is_waiting = not self._has_started and self._script_s + 1 >= round(self.scenario.timeline.baseline_min * 60)
        if self.phase is not Phase.PLANNED and not is_waiting:
            self._script_s += 1


class BedScript:
    """The clinician of the timeline: baseline at once, the infusion after it, recovery, end. Call `step` before each frame."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed

    def step(self) -> None:
        bed, timeline = self._bed, self._bed.scenario.timeline
        if bed.phase is Phase.PLANNED:
            bed.begin()
        elif bed.phase is Phase.BASELINE and bed.phase_s >= timeline.baseline_min * 60:
            bed.start()
        elif bed.phase is Phase.INFUSING and bed.phase_s >= timeline.infusion_min * 60:
            bed.stop()
        elif bed.phase is Phase.RECOVERY and bed.phase_s >= timeline.recovery_min * 60:
            bed.end()


def frames(scenario: Scenario, seed: int, start_ms: int, *, speed: float = 1.0) -> Iterator[Frame]:
    """The whole scripted course of a scenario, frame by frame, with device time. Pure: no clock, no I/O."""
    bed = Bed(scenario, seed, start_ms, speed=speed)
    script = BedScript(bed)
    while True:
        script.step()
        if bed.has_ended:
            return
        yield bed.next_frame()


def measurement(counter: int, at_ms: int, values: dict[Vital, int | None] | dict[Vital, float | None]) -> WireMeasurement:
    """Values in the unit of their vital sign -> a measurement as it goes over the wire. None: measured, but there is no value."""
    return WireMeasurement(
        counter=counter,
        measured_at=from_ms(at_ms),
        readings=tuple(WireReading(vital=vital, value=value, unit=VITAL_SIGNS[vital].unit) for vital, value in values.items()),
    )


def bed_intervals(scenario: Scenario, speed: float = 1.0) -> tuple[WireInterval, ...]:
    """How often a bed renews each vital sign, in seconds of the monitor's clock."""
    cuff_s = min(MAX_WIRE_INTERVAL_S, scenario.timeline.cuff_min * 60 / speed)
    return intervals_of(dict.fromkeys(STREAMED, 1.0 / speed) | dict.fromkeys(CUFF, cuff_s))


def intervals_of(seconds: dict[Vital, float]) -> tuple[WireInterval, ...]:
    return tuple(WireInterval(vital=vital, interval_s=interval_s) for vital, interval_s in seconds.items())


_encoder = msgspec.json.Encoder()


def encode(frame: Frame) -> bytes:
    """The frame's bytes as they go over the wire."""
    return _encoder.encode(frame)
