"""A scenario through the core, without a wire: the same bed, the same engine, hours in a second."""

from collections.abc import Mapping
from pathlib import Path

from monitor.core.limits import encode_limits, parse_limits
from monitor.sessions.runner import Runner
from schemas.alert import AlertState
from schemas.device_wire import Frame
from schemas.instant import to_ms
from schemas.log import (
    AlertChanged,
    AlertShown,
    DeviceBound,
    DeviceJoined,
    Entry,
    Input,
    Interval,
    ObservationCharted,
    PhaseOrdered,
    RemeasureRequested,
    ScreensChanged,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode, Value
from schemas.session import Order, Patient, Phase, Treatment
from schemas.signs import Charted
from schemas.vitals import to_milli
from simulators.bed import Bed, BedScript, bed_intervals
from simulators.charting import CHECK_EVERY_MS, CHECKLIST, DISCHARGE, sedation
from simulators.scenario import Scenario

LIMITS = Path(__file__).parents[2] / "monitor" / "limits.toml"
START_MS = 1_763_800_000_000
DEVICE = "bed"
CHARTED_AT = {Phase.BASELINE: CHECKLIST, Phase.CLOSED: DISCHARGE}
OVERRIDES = {Phase.CLOSED: "simulated run ends"}  # sooner than a discharge


def course(scenario: Scenario, seed: int, limits: str | None = None) -> list[Entry]:
    """The whole log of a session: baseline, infusion, recovery, end. The clinician charts what the simulated one charts; one screen watches
    and shows every alert at once; nobody acknowledges anything. `limits`: another rule set's TOML."""
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
            body = entry.body
            if isinstance(body, RemeasureRequested):
                bed.remeasure(body.vital)
            elif isinstance(body, AlertChanged) and body.alert.state is AlertState.ACTIVE and body.alert.shown_at_ms is None:
                order_(AlertShown(alert=body.alert.id, by="test", latency_ms=0), entry.at_ms)

    def order_(body: Input, at_ms: int) -> None:
        take(runner.apply(body, at_ms)[0])

    def chart(values: Mapping[Charted, int], at_ms: int) -> None:
        for sign, value in values.items():
            order_(ObservationCharted(by="test", note=None, sign=sign, value=value), at_ms)

    intervals = tuple(Interval(round(interval.interval_s * 1000), interval.vital) for interval in bed_intervals(scenario, 1.0))
    order_(DeviceBound("test", DEVICE, Mode.SIMULATED, scenario.title), START_MS)
    order_(DeviceJoined("boot", DEVICE, intervals), START_MS)
    order_(ScreensChanged(people=("test",), screens=1), START_MS)
    phase, check_ms = Phase.PLANNED, 0
    kept: list[Frame] = []  # what a device without a line keeps, and sends when it is back
    while True:
        at_ms = bed.next_at_ms
        script.step()
        if bed.phase is not phase:
            phase, check_ms = bed.phase, at_ms + CHECK_EVERY_MS
            if phase in CHARTED_AT:
                chart(CHARTED_AT[phase], at_ms)
            order_(PhaseOrdered("test", OVERRIDES.get(phase), phase), at_ms)
        elif phase is Phase.INFUSING and at_ms >= check_ms:
            check_ms = at_ms + CHECK_EVERY_MS
            chart({Charted.SEDATION: sedation(runner.engine.dose.given_ug(at_ms), order)}, at_ms)
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
