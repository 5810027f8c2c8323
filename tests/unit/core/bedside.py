"""A session in the core, driven by hand: an engine, its log, its devices, and a clock that only moves when told to."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from monitor.core.engine import Engine, Step
from monitor.core.limits import encode_limits, parse_limits
from schemas.alert import FOLLOWS, Alert, AlertState, Priority
from schemas.limits import Limits, Rule
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    DeviceBound,
    DeviceJoined,
    DeviceUnbound,
    Entry,
    Input,
    Interval,
    Measured,
    ObservationCharted,
    PhaseOrdered,
    SessionCreated,
)
from schemas.measurement import Measurement, Mode, Reading, Value
from schemas.session import Order, Patient, Phase, Treatment
from schemas.signs import Charted
from schemas.vitals import Vital, to_milli

LIMITS_FILE = Path(__file__).parents[3] / "monitor" / "limits.toml"
START_MS = 1_763_800_000_000
PATIENT = Patient(birth_year=1980, label="J.S.", weight_g=70_000)
INFUSION = Order(dose_ug=35_000, duration_ms=2_400_000, treatment=Treatment.KETAMINE_IV)
WATCHED = Order(dose_ug=0, duration_ms=0, treatment=Treatment.NONE)
SHORT = {
    "hr": Vital.HEART_RATE,
    "pr": Vital.PULSE_RATE,
    "sbp": Vital.SYSTOLIC_BP,
    "dbp": Vital.DIASTOLIC_BP,
    "map": Vital.MEAN_BP,
    "spo2": Vital.SPO2,
    "rr": Vital.RESPIRATORY_RATE,
    "etco2": Vital.ETCO2,
}
MUST_HAVE = ("BP-H1", "BP-H3", "HR-H1", "HR-H2", "OX-H1", "TEC-H1", "INF-H1")  # one for each cause that needs a high rule
CALM = {"hr": 72.0, "spo2": 98.0}
CALM_CUFF = {"sbp": 125.0, "dbp": 76.0, "map": 92.0}
PREPARED = (Charted.CONSENT, Charted.ESCORT, Charted.SUPERVISOR, Charted.AIRWAY_KIT, Charted.WEIGHT_RECENT, Charted.DOSE_CHECKED)
EXCLUDED = (
    Charted.BRAIN_BLEED_RISK,
    Charted.ALLERGY,
    Charted.UNCONTROLLED_HYPERTENSION,
    Charted.UNSTABLE_HEART,
    Charted.PSYCHOSIS,
    Charted.SUBSTANCE_USE,
    Charted.SEVERE_LIVER_DISEASE,
    Charted.RAISED_PRESSURE,
    Charted.PREGNANCY,
)
SIGNALS = FOLLOWS
RAISED = (AlertState.ACTIVE, AlertState.ACKNOWLEDGED)


@cache
def default_limits() -> Limits:
    return parse_limits(LIMITS_FILE.read_text(encoding="utf-8"))


def with_rules(*rules: Rule) -> Limits:
    """The default numbers with these rules alone. What a rule set must have besides them applies in recovery only."""
    limits = default_limits()
    causes = {rule.cause for rule in rules if rule.priority is Priority.HIGH}
    rest = tuple(replace(rule, phases=(Phase.RECOVERY,)) for rule in limits.rule if rule.id in MUST_HAVE and rule.cause not in causes)
    return replace(limits, rule=(*rules, *rest))


def created(limits: Limits | None = None, order: Order = INFUSION) -> SessionCreated:
    text, digest = encode_limits(limits or default_limits())
    return SessionCreated(by="anna", limits=text, limits_sha256=digest, order=order, patient=PATIENT, room="Room 1")


def values_of(said: Mapping[str, float | None]) -> tuple[Value, ...]:
    """A name with a question mark: the device doubts the value."""
    return tuple(
        Value(SHORT[name.rstrip("?")], None if value is None else to_milli(value), name.endswith("?")) for name, value in said.items()
    )


class Bedside:
    """`now_ms` is the time of whatever is done next. Everything the engine gives back is numbered into `log`."""

    def __init__(self, limits: Limits | None = None, order: Order = INFUSION) -> None:
        self.now_ms = START_MS
        first = created(limits, order)
        self.engine = Engine("S-000001", first, START_MS)
        self.log: list[Entry] = []
        self.counters: dict[str, int] = {}
        self.skew_ms: dict[str, int] = {}  # how far a device's clock is ahead
        self.number([(START_MS, first)])

    def number(self, steps: Sequence[Step]) -> list[Entry]:
        made = [Entry(at_ms, body, len(self.log) + index, self.engine.session) for index, (at_ms, body) in enumerate(steps, 1)]
        self.log.extend(made)
        for entry in made:
            self.engine.corrections.take(entry.seq, entry.at_ms, entry.body)
        return made

    # --- time ---------------------------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> list[Entry]:
        """Let time pass, woken exactly when the engine asks for it."""
        until_ms = self.now_ms + round(seconds * 1000)
        made: list[Entry] = []
        while (wake_ms := self.engine.wake_ms) <= until_ms:
            fallen_due = self.number(self.engine.advance(wake_ms))
            assert all(entry.at_ms == wake_ms for entry in fallen_due), "noticed after it was due"
            made += fallen_due
        self.now_ms = until_ms
        return made + self.number(self.engine.advance(until_ms))

    # --- inputs -------------------------------------------------------------------------------------------------------------------

    def apply(self, body: Input) -> list[Entry]:
        return self.number(self.engine.apply(body, self.now_ms))

    def chart(self, sign: Charted, value: int = 1) -> list[Entry]:
        return self.apply(ObservationCharted(by="anna", note=None, sign=sign, value=value))

    def prepare(self) -> None:
        """Everything that is asked before the start, answered as one hopes."""
        for sign in PREPARED:
            self.chart(sign, 1)
        for sign in EXCLUDED:
            self.chart(sign, 0)

    def order(self, phase: Phase, override: str | None = None) -> list[Entry]:
        if phase is Phase.CLOSED and override is None:
            override = "the discharge is not what this is about"
        return self.apply(PhaseOrdered("anna", override, phase))

    def bind(self, device: str = "d1", mode: Mode = Mode.SIMULATED) -> None:
        self.apply(DeviceBound("anna", device, mode, "a simulated bed"))

    def join(self, device: str = "d1", boot: str = "boot", **intervals_s: float) -> None:
        self.apply(DeviceJoined(boot, device, tuple(Interval(round(s * 1000), SHORT[name]) for name, s in intervals_s.items())))

    def unbind(self, device: str = "d1") -> list[Entry]:
        return self.apply(DeviceUnbound("anna", device))

    def acknowledge(self, alert: str) -> list[Entry]:
        return self.apply(AlertAcknowledged(alert, "anna", None))

    def say(self, *, device: str = "d1", counter_step: int = 1, behind_ms: int = 0, **said: float | None) -> list[Entry]:
        """A measurement of `device` now. `counter_step` 0 is a frozen counter; `behind_ms` is how old it is."""
        counter = self.counters[device] = self.counters.get(device, 0) + counter_step
        measured_at_ms = self.now_ms + self.skew_ms.get(device, 0) - behind_ms
        return self.number(self.engine.measure(Measurement(device, counter, measured_at_ms, values_of(said)), self.now_ms, self.now_ms))

    def readings(self, **options: float | None) -> dict[str, Reading]:
        """Say it, and see what admission made of it."""
        made = self.say(**options)
        body = next(entry.body for entry in made if isinstance(entry.body, Measured))
        return {short: reading for reading in body.readings for short, vital in SHORT.items() if vital is reading.vital}

    def stream(self, seconds: int, **said: float | None) -> list[Entry]:
        """The same values once a second, the last one at the end."""
        made: list[Entry] = []
        for _ in range(seconds):
            made += self.wait(1)
            made += self.say(**{**CALM, **said})
        return made

    # --- a usual course -----------------------------------------------------------------------------------------------------------

    def to_baseline(self) -> None:
        self.bind()
        self.join()
        self.order(Phase.BASELINE)
        self.prepare()

    def start(self, baseline: Mapping[str, float] | None = None, then: Phase = Phase.INFUSING) -> list[Entry]:
        """Two baseline cuffs a minute apart and calm streams, then the infusion."""
        self.to_baseline()
        values = {**CALM, **CALM_CUFF, **(baseline or {})}
        for _ in range(2):
            self.wait(60)
            self.say(**values)
        return self.order(then, "as ordered")

    def start_all_the_same(self) -> list[Entry]:
        """The infusion, with whatever baseline there is."""
        return self.order(Phase.INFUSING, override="no time")

    # --- what came of it ----------------------------------------------------------------------------------------------------------

    def changes(self, rule: str, entries: Sequence[Entry] | None = None) -> list[tuple[float, str, str]]:
        """(seconds since the start of the log, state, why) of every transition of a rule."""
        return [
            ((entry.at_ms - START_MS) / 1000, entry.body.alert.state.value, entry.body.why.value)
            for entry in (self.log if entries is None else entries)
            if isinstance(entry.body, AlertChanged) and entry.body.alert.rule == rule and entry.body.why not in SIGNALS
        ]

    def signals(self, rule: str, entries: Sequence[Entry] | None = None) -> list[tuple[float, str]]:
        """(seconds since the start of the log, why) of what followed its alerts: unseen, escalated, reminded."""
        return [
            ((entry.at_ms - START_MS) / 1000, entry.body.why.value)
            for entry in (self.log if entries is None else entries)
            if isinstance(entry.body, AlertChanged) and entry.body.alert.rule == rule and entry.body.why in SIGNALS
        ]

    def alert(self, rule: str) -> Alert | None:
        """The open occurrence of a rule."""
        return next((alert for alert in self.engine.alerts() if alert.rule == rule), None)

    def state(self, rule: str) -> AlertState | None:
        alert = self.alert(rule)
        return None if alert is None else alert.state

    @property
    def since_start_s(self) -> float:
        return (self.now_ms - START_MS) / 1000


def transitions(entries: Sequence[Entry]) -> list[tuple[int, AlertChanged]]:
    """Of conditions and answers; what follows them (unseen, escalated, reminded) moves no state."""
    return [(entry.at_ms, entry.body) for entry in entries if isinstance(entry.body, AlertChanged) and entry.body.why not in SIGNALS]


def infusing(**baseline: float) -> Bedside:
    """Ten seconds into the infusion: the last value is long enough ago that the next one is no jump."""
    bed = Bedside()
    bed.start(baseline)
    bed.wait(10)
    return bed
