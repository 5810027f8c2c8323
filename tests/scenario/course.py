"""A scenario through the core, without a wire: the same bed, the same engine, hours in a second."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from monitor.core.limits import encode_limits, parse_limits
from monitor.core.refused import Refused
from monitor.sessions.runner import Runner
from schemas.alert import AlertState
from schemas.device_wire import Frame
from schemas.instant import to_ms
from schemas.log import (
    AlertChanged,
    AlertShown,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Entry,
    Input,
    Interval,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    ScreensChanged,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode, Value
from schemas.session import Order, Patient, Phase
from schemas.signs import Charted
from schemas.vitals import to_milli
from simulators.actions import Action, Chart, Give, Oxygen, Push, SetRate, SwapDevice, line_of
from simulators.bed import Bed, BedScript
from simulators.bedside_monitor import bed_intervals
from simulators.charting import CHECK_EVERY_MS, CHECKLIST, DISCHARGE, sedation
from simulators.scenario import Scenario

LIMITS = Path(__file__).parents[2] / "monitor" / "limits.toml"
START_MS = 1_763_800_000_000
DEVICE = "bed"
CHARTED_AT = {Phase.BASELINE: CHECKLIST, Phase.CLOSED: DISCHARGE}
OVERRIDES = {Phase.CLOSED: "simulated run ends"}  # sooner than a discharge


class Course:
    """The clinician charts what the simulated one does; one screen watches and shows every alert at once; nobody acknowledges anything."""

    def __init__(self, scenario: Scenario, seed: int, limits: str | None = None) -> None:
        text, digest = encode_limits(parse_limits(limits or LIMITS.read_text()))
        ordered = scenario.order
        self.order = Order(round(scenario.dose_mg * 1000), round(ordered.duration_min * 60_000), ordered.treatment)
        patient = Patient(scenario.patient.birth_year, scenario.patient.label, round(scenario.patient.weight_kg * 1000))
        self.runner = Runner("S-000001", SessionCreated("test", text, digest, self.order, patient, "Room 1"), START_MS)
        self.log = self.runner.begin(START_MS)[0]
        self.bed = Bed(scenario, seed, START_MS)
        self._intervals = tuple(Interval(round(interval.interval_s * 1000), interval.vital) for interval in bed_intervals(scenario, 1.0))
        self._device = DEVICE
        self._boot = 1
        self._is_joined = False
        self._phase = Phase.PLANNED
        self._check_ms = 0
        self._kept: list[Frame] = []  # what a device without a line keeps, and sends when it is back
        self._bind(DEVICE, START_MS)
        self._do(ScreensChanged(people=("test",), screens=1), START_MS)

    def play(self) -> list[Entry]:
        """The whole log of the session: baseline, infusion, recovery, end."""
        script, bed = BedScript(self.bed), self.bed
        while True:
            at_ms = bed.next_at_ms
            done = script.step()
            self._chart_what_is_due(at_ms)
            for action in done:
                self._record(action, at_ms)
            if bed.has_ended:
                return self.log
            self._line(at_ms)

    def _take(self, entries: list[Entry]) -> None:
        self.log.extend(entries)
        for entry in entries:
            body = entry.body
            if isinstance(body, RemeasureRequested):
                self.bed.remeasure(body.vital)
            elif isinstance(body, AlertChanged) and body.alert.state is AlertState.ACTIVE and body.alert.shown_at_ms is None:
                with suppress(Refused):  # over again at the same instant
                    self._do(AlertShown(alert=body.alert.id, by="test", latency_ms=0), entry.at_ms)

    def _do(self, body: Input, at_ms: int) -> None:
        self._take(self.runner.apply(body, at_ms)[0])

    def _chart(self, values: Mapping[Charted, int], at_ms: int) -> None:
        for sign, value in values.items():
            self._do(ObservationCharted(by="test", note=None, sign=sign, value=value), at_ms)

    def _chart_what_is_due(self, at_ms: int) -> None:
        phase = self.bed.phase
        if phase is not self._phase:
            self._phase, self._check_ms = phase, at_ms + CHECK_EVERY_MS
            if phase in CHARTED_AT:
                self._chart(CHARTED_AT[phase], at_ms)
            self._do(PhaseOrdered("test", OVERRIDES.get(phase), phase), at_ms)
        elif phase is Phase.INFUSING and at_ms >= self._check_ms:
            self._check_ms = at_ms + CHECK_EVERY_MS
            self._chart({Charted.SEDATION: sedation(self.runner.engine.dose.given_ug(at_ms), self.order)}, at_ms)

    def _record(self, action: Action, at_ms: int) -> None:
        match action:
            case Chart():
                self._chart({action.sign: action.value}, at_ms)
            case SetRate():
                self._do(RateSet("test", round(action.mg_per_min * 1000)), at_ms)
            case Push():
                self._do(BolusGiven(round(action.mg * 1000), "test"), at_ms)
            case Give() | Oxygen():
                self._do(NoteAdded("test", line_of(action)), at_ms)
            case SwapDevice():
                self._leave(at_ms)
                self._do(DeviceUnbound("test", self._device), at_ms)
                self._kept.clear()
                self._bind(f"{self._device}-2", at_ms)

    # --- the device's connection --------------------------------------------------------------------------------------------------

    def _bind(self, device: str, at_ms: int) -> None:
        self._device = device
        self._do(DeviceBound("test", device, Mode.SIMULATED, self.bed.scenario.title), at_ms)
        self._join(at_ms)

    def _join(self, at_ms: int) -> None:
        self._is_joined = True
        self._do(DeviceJoined("boot" if self._boot == 1 else f"boot.{self._boot}", self._device, self._intervals), at_ms)

    def _leave(self, at_ms: int) -> None:
        if self._is_joined:
            self._is_joined = False
            self._do(DeviceLeft(self._device, "the line is cut"), at_ms)

    def _line(self, at_ms: int) -> None:
        """A second: what the bed sends, and what comes of it."""
        faults = self.bed.faults
        frame = self.bed.next_frame()
        if not faults.is_off:
            self._kept.append(frame)
        if self.bed.boots != self._boot:
            self._boot, self._kept = self.bed.boots, [frame]
        if faults.is_disconnected or faults.is_off:
            self._leave(at_ms)
            self._take(self.runner.advance(at_ms)[0])
            return
        if not self._is_joined:
            self._join(at_ms)
        for said in (said for kept in self._kept for said in kept.measurements):
            values = tuple(Value(reading.vital, None if reading.value is None else to_milli(reading.value)) for reading in said.readings)
            self._take(self.runner.measure(Measurement(self._device, said.counter, to_ms(said.measured_at), values), at_ms, at_ms)[0])
        self._kept.clear()


def course(scenario: Scenario, seed: int, limits: str | None = None) -> list[Entry]:
    """The whole log of a session. `limits`: another rule set's TOML."""
    return Course(scenario, seed, limits).play()


def alert_lines(log: list[Entry]) -> list[str]:
    """The alert journal as text: minute, alert, state, why, reason. What a golden file holds."""
    return [
        f"{(entry.at_ms - START_MS) / 60_000:8.3f} {body.alert.id:9} {body.alert.state:12} {body.why:22} {body.alert.reason}"
        for entry in log
        if isinstance(body := entry.body, AlertChanged)
    ]
