"""A scenario through the core, without a wire: the same bed, the same engine, hours in a second."""

from pathlib import Path

from monitor.core.limits import encode_limits, parse_limits
from monitor.sessions.runner import Runner
from schemas.device_wire import Frame
from schemas.instant import to_ms
from schemas.log import (
    AlertChanged,
    DeviceBound,
    DeviceJoined,
    Entry,
    Input,
    Interval,
    PhaseOrdered,
    RemeasureRequested,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode, Value
from schemas.session import Order, Patient, Phase, Treatment
from schemas.vitals import to_milli
from simulators.bed import Bed, BedScript, bed_intervals
from simulators.scenario import Scenario

LIMITS = Path(__file__).parents[2] / "monitor" / "limits.toml"
START_MS = 1_763_800_000_000
DEVICE = "bed"


def course(scenario: Scenario, seed: int, limits: str | None = None) -> list[Entry]:
    """The whole log of a session: baseline, infusion, recovery, end; nobody acknowledges anything. `limits`: another rule set's TOML."""
    text, digest = encode_limits(parse_limits(limits or LIMITS.read_text()))
    order = Order(round(scenario.dose_mg * 1000), round(scenario.order.duration_min * 60_000), Treatment.KETAMINE_IV)
    patient = Patient(scenario.patient.birth_year, scenario.patient.label, round(scenario.patient.weight_kg * 1000))
    runner = Runner("S-000001", SessionCreated("test", text, digest, order, patient, "Room 1"), START_MS)
    log = runner.begin(START_MS)[0]
    bed = Bed(scenario, seed, START_MS)
    script = BedScript(bed)

    def take(entries: list[Entry]) -> None:
        log.extend(entries)
        for entry in entries:
            if isinstance(entry.body, RemeasureRequested):
                bed.remeasure(entry.body.vital)

    def order_(body: Input, at_ms: int) -> None:
        take(runner.apply(body, at_ms)[0])

    intervals = tuple(Interval(round(interval.interval_s * 1000), interval.vital) for interval in bed_intervals(scenario, 1.0))
    order_(DeviceBound("test", DEVICE, Mode.SIMULATED, scenario.title), START_MS)
    order_(DeviceJoined("boot", DEVICE, intervals), START_MS)
    phase = Phase.PLANNED
    kept: list[Frame] = []  # what a device without a line keeps, and sends when it is back
    while True:
        at_ms = bed.next_at_ms
        script.step()
        if bed.phase is not phase:
            phase = bed.phase
            order_(PhaseOrdered("test", None, phase), at_ms)
        if bed.has_ended:
            return log
        kept.append(bed.next_frame())
        if bed.faults.is_disconnected:
            take(runner.advance(at_ms)[0])
            continue
        for said in (said for frame in kept for said in frame.measurements):
            values = tuple(Value(reading.vital, None if reading.value is None else to_milli(reading.value)) for reading in said.readings)
            take(runner.measure(Measurement(DEVICE, said.counter, to_ms(said.measured_at), values), at_ms, at_ms)[0])
        kept.clear()


def alert_lines(log: list[Entry]) -> list[str]:
    """The alert journal as text: minute, alert, state, why, reason. What a golden file holds."""
    return [
        f"{(entry.at_ms - START_MS) / 60_000:8.3f} {body.alert.id:9} {body.alert.state:12} {body.why:22} {body.alert.reason}"
        for entry in log
        if isinstance(body := entry.body, AlertChanged)
    ]
