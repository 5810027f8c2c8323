"""The figures of one session from its log, in one pass. Pure: entries in, figures out; the log of an open session gives those so far.

What was marked as made in error counts in none of them.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from monitor.core.corrections import Corrections
from schemas.alert import RAISES, Alert, AlertKind, Priority
from schemas.log import (
    AlertChanged,
    BaselineSet,
    DeviceBound,
    Entry,
    EntryVoided,
    Measured,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    SessionCreated,
)
from schemas.measurement import Mode, Reason, Validity
from schemas.patient import PatientCorrected, corrected, is_afterword
from schemas.review import AlertCounts, SessionFigures, Symptom
from schemas.session import OPEN_PHASES, Patient, Phase
from schemas.signs import Charted
from schemas.vitals import MILLI, Vital

FORM: Final = 2  # raise it when the same log would give other figures: what was kept is then worked out anew
BAND_PERCENT: Final[int] = tomllib.loads(Path(__file__).with_name("review.toml").read_text(encoding="utf-8"))["course"][
    "back_to_baseline_percent"
]
SYMPTOMS: Final = frozenset(
    {
        *(Charted.DISTRESS, Charted.DISSOCIATION, Charted.NAUSEA, Charted.PAIN, Charted.VOMITING, Charted.PANIC, Charted.CHEST_PAIN),
        *(Charted.DYSPNOEA, Charted.SEVERE_HEADACHE, Charted.NEURO_SIGN, Charted.SYNCOPE, Charted.SEIZURE, Charted.ALLERGIC_SIGN),
    }
)  # charted in the course of a session; above 0 it was there


class LogIncomplete(ValueError):
    """The entries do not begin with the session's creation."""


def summary(entries: Iterable[Entry]) -> SessionFigures:
    """Raises LogIncomplete."""
    summing = Summing()
    for entry in entries:
        summing.take(entry)
    return summing.figures()


class _Extremes:
    """Valid values of a span, in thousandths."""

    def __init__(self) -> None:
        self.sbp: int | None = None
        self.dbp: int | None = None
        self.spo2: int | None = None
        self.at_ms: int | None = None
        self.back_at_ms: int | None = None

    def take(self, vital: Vital, value: int, at_ms: int, band: int | None) -> None:
        if vital is Vital.SYSTOLIC_BP:
            if self.sbp is None or value > self.sbp:
                self.sbp, self.at_ms, self.back_at_ms = value, at_ms, None
            elif self.back_at_ms is None and band is not None and value <= band and at_ms >= (self.at_ms or 0):
                self.back_at_ms = at_ms
        elif vital is Vital.DIASTOLIC_BP:
            self.dbp = value if self.dbp is None else max(self.dbp, value)
        elif vital is Vital.SPO2:
            self.spo2 = value if self.spo2 is None else min(self.spo2, value)


class Summing:
    """Feed it a log in order."""

    def __init__(self) -> None:
        self._created: SessionCreated | None = None
        self._first = self._last = Entry(0, NoteAdded("", ""), 0, "")
        self._last_ms = 0
        self._patient = Patient(None, "", 0)
        self._phase = Phase.PLANNED
        self._started_ms: int | None = None
        self._stopped_ms: int | None = None
        self._closed_ms: int | None = None
        self._baselines: dict[Vital, int] = {}
        self._extremes = _Extremes()
        self._modes: dict[Mode, None] = {}
        self._raised: dict[str, Alert] = {}
        self._entered: Corrections | None = None

    def take(self, entry: Entry) -> None:
        body, at_ms = entry.body, entry.at_ms
        self._last = entry
        if not is_afterword(body):
            self._last_ms = at_ms
        if self._entered is not None:
            self._entered.take(entry.seq, at_ms, body)
        match body:
            case Measured():
                self._measured(body, at_ms)
            case SessionCreated():
                self._created, self._first, self._patient, self._entered = body, entry, body.patient, Corrections(body.order)
            case PatientCorrected():
                self._patient = corrected(self._patient, body)
            case DeviceBound():
                self._modes[body.mode] = None
            case PhaseOrdered():
                self._enter(body.phase, at_ms)
            case BaselineSet():
                self._baselines = {baseline.vital: baseline.value_milli for baseline in body.baselines}
            case AlertChanged():
                if body.why in RAISES:
                    self._raised[body.alert.id] = body.alert
            case EntryVoided() if self._entered is not None:
                self._entered.voided[body.voids] = body
            case _:
                pass

    def _measured(self, body: Measured, at_ms: int) -> None:
        band = self._band()
        for reading in body.readings:
            if reading.validity is Validity.VALID and reading.value_milli is not None and reading.reason is not Reason.SECOND_SOURCE:
                when = body.measured_at_ms if reading.reason is Reason.LATE else at_ms
                self._extremes.take(reading.vital, reading.value_milli, when, band)

    def _band(self) -> int | None:
        """Up to where a systolic pressure counts as back at the baseline."""
        baseline = self._baselines.get(Vital.SYSTOLIC_BP)
        return None if baseline is None else baseline * (100 + BAND_PERCENT) // 100

    def _enter(self, then: Phase, at_ms: int) -> None:
        if then is Phase.INFUSING and self._created is not None:
            if self._started_ms is None:
                self._started_ms, self._extremes = at_ms, _Extremes()
        elif then is not Phase.PAUSED and self._started_ms is not None and self._stopped_ms is None:
            self._stopped_ms = at_ms
        self._phase = then
        if then not in OPEN_PHASES:
            self._closed_ms = at_ms

    def figures(self) -> SessionFigures:
        """Raises LogIncomplete."""
        created, last, extremes, entered = self._created, self._last, self._extremes, self._entered
        if created is None or entered is None:
            raise LogIncomplete("the log does not begin with the session's creation")
        band = self._band()
        return SessionFigures(
            session=last.session,
            room=created.room,
            patient=self._patient,
            order=created.order,
            phase=self._phase,
            modes=tuple(self._modes),
            created_at_ms=self._first.at_ms,
            started_at_ms=self._started_ms,
            stopped_at_ms=self._stopped_ms,
            closed_at_ms=self._closed_ms,
            last_at_ms=self._last_ms,
            given_ug=entered.dose()[0].given_ug(self._last_ms),
            baseline_sbp=_units(self._baselines.get(Vital.SYSTOLIC_BP)),
            baseline_dbp=_units(self._baselines.get(Vital.DIASTOLIC_BP)),
            peak_sbp=_units(extremes.sbp),
            peak_dbp=_units(extremes.dbp),
            peak_at_ms=extremes.at_ms,
            has_left_band=extremes.sbp is not None and band is not None and extremes.sbp > band,
            back_at_ms=extremes.back_at_ms,
            lowest_spo2=_units(extremes.spo2),
            alerts=_counts(self._raised.values()),
            symptoms=_symptoms(entered),
            notes=sum(isinstance(body, NoteAdded) for _, _, body in entered.counting()),
            last_seq=last.seq,
        )


def _symptoms(entered: Corrections) -> tuple[Symptom, ...]:
    """Of each the worst, and when it was first charted so."""
    worst: dict[Charted, Symptom] = {}
    for _, at_ms, body in entered.counting():
        if isinstance(body, ObservationCharted) and body.sign in SYMPTOMS:
            known = worst.get(body.sign)
            if body.value > (0 if known is None else known.value):
                worst[body.sign] = Symptom(body.sign, body.value, at_ms)
    return tuple(sorted(worst.values(), key=lambda symptom: symptom.at_ms))


def _units(value_milli: int | None) -> float | None:
    return None if value_milli is None else value_milli / MILLI


def _counts(raised: Iterable[Alert]) -> AlertCounts:
    found = list(raised)
    physiological = [alert.priority for alert in found if alert.kind is AlertKind.PHYSIOLOGICAL]
    return AlertCounts(
        physiological.count(Priority.HIGH),
        physiological.count(Priority.MEDIUM),
        physiological.count(Priority.LOW),
        len(found) - len(physiological),
    )
