"""A session on one sheet, from its log alone: steps, peaks beside the baseline, alerts with the time to their answer, what was charted.

What was overridden and what was entered in error stands on it. Pure; take every entry in order.
"""

import msgspec

from schemas.alert import Alert, AlertKind, Priority
from schemas.limits import Before
from schemas.log import (
    AlertChanged,
    BaselineSet,
    Entry,
    EntryVoided,
    GateFinding,
    GatesJudged,
    Measured,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
)
from schemas.measurement import Reading, Reason, Validity
from schemas.session import Phase
from schemas.signs import Charted
from schemas.stream_wire import SessionNow
from schemas.vitals import MILLI, Vital

MAX_ROWS = 2_000  # of a list of a summary; the log itself has all
_WATCHED = frozenset({Phase.INFUSING, Phase.PAUSED, Phase.RECOVERY})


class StepTaken(msgspec.Struct, frozen=True):
    """`findings`: what stood against it; `override`: the reason it was taken with all the same."""

    at_ms: int
    by: str
    override: str | None
    phase: Phase
    findings: tuple[GateFinding, ...] = ()


class Peak(msgspec.Struct, frozen=True):
    """Highest and lowest valid value from the start on, in the unit of the vital sign, and when. Of two devices the source counts."""

    vital: Vital
    baseline: float | None
    high: float
    high_at_ms: int
    low: float
    low_at_ms: int


class AlertRow(msgspec.Struct, frozen=True):
    """One alert that was raised. `answered_after_s`: from its raising to its acknowledgement, None where nobody answered."""

    id: str
    title: str
    priority: Priority
    kind: AlertKind
    reason: str
    raised_at_ms: int
    acknowledged_by: str | None
    answered_after_s: float | None


class ObservationRow(msgspec.Struct, frozen=True):
    """`error`: who marked it as made in error, and why."""

    at_ms: int
    by: str
    sign: Charted
    value: int
    error: str | None = None


class NoteRow(msgspec.Struct, frozen=True):
    at_ms: int
    by: str
    text: str
    error: str | None = None


class SessionSummary(msgspec.Struct, frozen=True):
    """`session` has identity, order, dose, the drug's account and the signature."""

    session: SessionNow
    steps: tuple[StepTaken, ...]
    peaks: tuple[Peak, ...]
    alerts: tuple[AlertRow, ...]
    observations: tuple[ObservationRow, ...]
    notes: tuple[NoteRow, ...]


class Summing:
    """`take` the log, then ask for `result`."""

    def __init__(self) -> None:
        self._phase = Phase.PLANNED
        self._steps: list[StepTaken] = []
        self._extremes: dict[Vital, tuple[int, int, int, int]] = {}  # high, at, low, at
        self._baselines: dict[Vital, int] = {}
        self._alerts: dict[str, Alert] = {}
        self._observations: dict[int, ObservationRow] = {}
        self._notes: dict[int, NoteRow] = {}

    def take(self, entry: Entry) -> None:
        body, at_ms = entry.body, entry.at_ms
        match body:
            case Measured():
                if self._phase in _WATCHED:
                    for reading in body.readings:
                        self._extreme(reading, body.measured_at_ms if reading.reason is Reason.LATE else at_ms)
            case PhaseOrdered():
                self._phase = body.phase
                self._steps.append(StepTaken(at_ms, body.by, body.override, body.phase))
            case GatesJudged():
                self._judged(body.before, body.findings)
            case BaselineSet():
                self._baselines = {row.vital: row.value_milli for row in body.baselines}
            case AlertChanged():
                if len(self._alerts) < MAX_ROWS or body.alert.id in self._alerts:
                    self._alerts[body.alert.id] = body.alert
            case ObservationCharted():
                if len(self._observations) < MAX_ROWS:
                    self._observations[entry.seq] = ObservationRow(at_ms, body.by, body.sign, body.value)
            case NoteAdded():
                if len(self._notes) < MAX_ROWS:
                    self._notes[entry.seq] = NoteRow(at_ms, body.by, body.text)
            case EntryVoided():
                self._void(body)
            case _:
                pass

    def _extreme(self, reading: Reading, at_ms: int) -> None:
        value = reading.value_milli
        if value is None or reading.validity is not Validity.VALID or reading.reason is Reason.SECOND_SOURCE:
            return
        high, high_at, low, low_at = self._extremes.get(reading.vital, (value, at_ms, value, at_ms))
        if value > high:
            high, high_at = value, at_ms
        if value < low:
            low, low_at = value, at_ms
        self._extremes[reading.vital] = (high, high_at, low, low_at)

    def _judged(self, _: Before, findings: tuple[GateFinding, ...]) -> None:
        """Comes right after the step it speaks of."""
        if self._steps:
            self._steps[-1] = msgspec.structs.replace(self._steps[-1], findings=findings)

    def _void(self, body: EntryVoided) -> None:
        error = f"{body.by}: {body.reason}"
        if body.voids in self._observations:
            self._observations[body.voids] = msgspec.structs.replace(self._observations[body.voids], error=error)
        elif body.voids in self._notes:
            self._notes[body.voids] = msgspec.structs.replace(self._notes[body.voids], error=error)

    def result(self, session: SessionNow) -> SessionSummary:
        return SessionSummary(
            session=session,
            steps=tuple(self._steps),
            peaks=tuple(
                Peak(vital, self._baseline(vital), high / MILLI, high_at, low / MILLI, low_at)
                for vital, (high, high_at, low, low_at) in self._extremes.items()
            ),
            alerts=tuple(_alert(alert, alert.raised_at_ms) for alert in self._alerts.values() if alert.raised_at_ms is not None),
            observations=tuple(self._observations.values()),
            notes=tuple(self._notes.values()),
        )

    def _baseline(self, vital: Vital) -> float | None:
        found = self._baselines.get(vital)
        return None if found is None else found / MILLI


def _alert(alert: Alert, raised_at_ms: int) -> AlertRow:
    answered = None if alert.acknowledged_at_ms is None else (alert.acknowledged_at_ms - raised_at_ms) / 1000
    return AlertRow(alert.id, alert.title, alert.priority, alert.kind, alert.reason, raised_at_ms, alert.acknowledged_by, answered)
