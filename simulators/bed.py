"""A simulated bed: patient, infusion and bedside monitor, as a pure sequence of frames.

One frame for each second of the patient's time, stamped with the device's clock: `start_ms` plus the patient's seconds divided by `speed`.
The same scenario, seed, start and orders give the same bytes. What the clinician does comes in through `begin`, `start`, `pause`,
`resume`, `stop`, `set_rate`, `bolus`, `give`, `oxygen` and `end` (or `follow`); `BedScript` does it by the timeline where nobody does.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from schemas.device_wire import Frame
from schemas.session import Phase
from schemas.vitals import Vital
from simulators.actions import Action, Give, Oxygen, Pause, Push, Resume, SetRate, Stop
from simulators.bedside_monitor import CUFF, BedsideMonitor
from simulators.faults import Faults, faults_at
from simulators.patient import Patient, Vitals
from simulators.scenario import Scenario

_FIRST_CUFF_S: Final = 30  # after the beginning of the baseline phase
_ENDED: Final = frozenset({Phase.CLOSED, Phase.ABORTED})


class Bed:
    """`truth` is the patient's state behind the last frame; tests and figures may look, a monitor cannot."""

    def __init__(self, scenario: Scenario, seed: int, start_ms: int, *, speed: float = 1.0) -> None:
        self.scenario = scenario
        self.patient = Patient(scenario.patient, scenario.event, seed, treatment=scenario.order.treatment)
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
        self._monitor = BedsideMonitor(scenario, seed)
        self._monitor.cuff.schedule(_FIRST_CUFF_S, round(scenario.timeline.cuff_min * 60))
        self._seq = 0

    # --- what the clinician does --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The baseline phase begins: cuff values every `baseline_cuff_min`."""
        self._enter(Phase.BASELINE)
        self._monitor.cuff.schedule(self.elapsed_s + _FIRST_CUFF_S, round(self.scenario.timeline.baseline_cuff_min * 60))

    def start(self, rate_mg_per_min: float | None = None) -> None:
        """The infusion starts; without a rate, the one that gives the ordered dose in the ordered time."""
        self._enter(Phase.INFUSING)
        self.rate_mg_per_min = self.scenario.rate_mg_per_min if rate_mg_per_min is None else rate_mg_per_min
        if not self._has_started:
            self._has_started = True
            self._script_s = round(self.scenario.timeline.baseline_min * 60)
            cuff_s = round(self.scenario.timeline.cuff_min * 60)
            self._monitor.cuff.schedule(self.elapsed_s + cuff_s, cuff_s)

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
        """A dose at once, by the way that is ordered."""
        self.patient.pk.give(amount_mg)
        self.infused_mg += amount_mg

    def do(self, action: Action) -> None:
        """What an action does to the patient and the pump; charting and a new device do nothing to either."""
        match action:
            case Pause() if self.phase is Phase.INFUSING:
                self.pause()
            case Resume() if self.phase is Phase.PAUSED:
                self.resume()
            case Stop() if self.phase in (Phase.INFUSING, Phase.PAUSED):
                self.stop()
            case SetRate():
                self.set_rate(action.mg_per_min)
            case Push():
                self.bolus(action.mg)
            case Give():
                self.patient.medicines.give(action.medicine, action.amount)
            case Oxygen():
                self.patient.medicines.oxygen_l_per_min = action.l_per_min

    def remeasure(self, vital: Vital) -> None:
        """The monitor asks for another cuff value. Anything but a pressure is ignored: it is measured every second anyway."""
        if vital in CUFF:
            self._monitor.cuff.remeasure(self.elapsed_s)

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
    def script_min(self) -> float:
        """The minute of the scenario. It waits at the end of the baseline until the infusion starts."""
        return self._script_s / 60

    @property
    def next_at_ms(self) -> int:
        """The stamp of the next frame, by the monitor's clock."""
        return self._start_ms + round(self.elapsed_s * 1000 / self._speed)

    @property
    def faults(self) -> Faults:
        return faults_at(self.scenario.event, self.script_min)

    @property
    def boots(self) -> int:
        """How often the bedside monitor was switched on. Another number: another boot, and counters from 1."""
        return self._monitor.boots

    @property
    def hidden(self) -> frozenset[Vital]:
        """Vital signs whose numbers need not be the patient's in the last frame: a fault, an artefact, or one that has not faded yet."""
        return self._monitor.hidden

    def next_frame(self) -> Frame:
        """The next second. While `faults.is_off` there is no monitor to send it."""
        self.truth = self.patient.step(rate_mg_per_min=self.rate_mg_per_min, at_min=self.script_min)
        self.infused_mg += self.rate_mg_per_min / 60
        measurements = self._monitor.measure(self.truth, self.faults, self.next_at_ms, self.elapsed_s)
        self._tick()
        self._seq += 1
        return Frame(seq=self._seq, measurements=measurements)

    def _tick(self) -> None:
        self.elapsed_s += 1
        self.phase_s += 1
        is_waiting = not self._has_started and self._script_s + 1 >= round(self.scenario.timeline.baseline_min * 60)
        if self.phase is not Phase.PLANNED and not is_waiting:
            self._script_s += 1


class BedScript:
    """The clinician of the timeline and of the scenario's actions: baseline at once, the infusion after it, recovery, end. Call `step`
    before each frame."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self._to_do = list(bed.scenario.actions)

    def step(self) -> tuple[Action, ...]:
        """The actions that were done now, for whoever keeps a record; phases are seen on the bed."""
        bed, timeline = self._bed, self._bed.scenario.timeline
        if bed.phase is Phase.PLANNED:
            bed.begin()
        elif bed.phase is Phase.BASELINE and bed.phase_s >= timeline.baseline_min * 60:
            bed.start()
        elif bed.phase is Phase.INFUSING and bed.script_min >= timeline.baseline_min + timeline.infusion_min:
            bed.stop()
        elif bed.phase is Phase.RECOVERY and bed.phase_s >= timeline.recovery_min * 60:
            bed.end()
        if bed.phase is Phase.BASELINE and bed.phase_s == 0:
            return ()
        done = tuple(action for action in self._to_do if action.at_min <= bed.script_min and not bed.has_ended)
        for action in done:
            bed.do(action)
        self._to_do = [action for action in self._to_do if action not in done]
        return done


def frames(scenario: Scenario, seed: int, start_ms: int, *, speed: float = 1.0) -> Iterator[Frame]:
    """The whole scripted course of a scenario, frame by frame, with device time. Pure: no clock, no I/O."""
    bed = Bed(scenario, seed, start_ms, speed=speed)
    script = BedScript(bed)
    while True:
        script.step()
        if bed.has_ended:
            return
        yield bed.next_frame()


_encoder = msgspec.json.Encoder()


def encode(frame: Frame) -> bytes:
    """The frame's bytes as they go over the wire."""
    return _encoder.encode(frame)
