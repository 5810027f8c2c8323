"""One line for people, of every kind of entry."""

import msgspec
import pytest

from monitor.sessions.journal import describe, happened
from schemas.alert import Alert, AlertKind, AlertState, Priority, Why
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    BaselineSet,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Entry,
    Measured,
    MonitorRestarted,
    NoteAdded,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Baseline, Phase
from schemas.vitals import Vital
from tests.unit.core.bedside import created

ALERT = Alert(
    acknowledged_at_ms=None, acknowledged_by=None, cause="heart_rate_high", id="HR-H1.1", kind=AlertKind.PHYSIOLOGICAL,
    priority=Priority.HIGH, raised_at_ms=0, reason="HR 140 >= 131 for 15 s", rule="HR-H1", since_ms=0, state=AlertState.ACTIVE,
    title="Severe tachycardia", vital=Vital.HEART_RATE,
)  # fmt: skip
READINGS = (
    Reading(Reason.NONE, Validity.VALID, 72_500, Vital.HEART_RATE),
    Reading(Reason.NOT_MEASURED, Validity.INVALID, None, Vital.SPO2),
)
LINES: list[tuple[Body, str]] = [
    (Measured(1, "d1", 0, Mode.REAL, READINGS, 0), "HR 72.5, SpO2 -"),
    (created(), "Session planned in Room 1 by anna: 35 mg over 40 min"),
    (DeviceBound("anna", "d1", Mode.SIMULATED, "a bed"), "d1 bound by anna (simulated: a bed)"),
    (DeviceUnbound("anna", "d1"), "d1 unbound by anna"),
    (DeviceJoined("boot", "d1", ()), "d1 connected"),
    (DeviceLeft("d1", "bye"), "d1 disconnected: bye"),
    (PhaseOrdered("anna", None, Phase.PAUSED), "paused ordered by anna"),
    (PhaseOrdered("anna", "no time", Phase.INFUSING), "infusing ordered by anna, overriding: no time"),
    (RateSet("anna", 875), "Rate 0.875 mg/min set by anna"),
    (BolusGiven(5_000, "anna"), "Bolus 5 mg recorded by anna"),
    (AlertAcknowledged("HR-H1.1", "anna", None), "HR-H1.1 acknowledged by anna"),
    (AlertAcknowledged("HR-H1.1", "anna", "moved"), "HR-H1.1 acknowledged by anna: moved"),
    (NoteAdded("anna", "=1+1"), "anna: =1+1"),
    (MonitorRestarted("1.2"), "Monitor restarted (1.2); nobody watched since the entry before"),
    (BaselineSet((Baseline(3, 125_000, Vital.SYSTOLIC_BP),)), "Baseline: SBP 125 (of 3)"),
    (BaselineSet(()), "Baseline: none"),
    (AlertChanged(ALERT, Why.ONSET_PASSED), "HR-H1.1 Severe tachycardia raised: HR 140 >= 131 for 15 s"),
    (RemeasureRequested("BP-H1.1", Vital.SYSTOLIC_BP, 120_000), "Second SBP asked for within 120 s (BP-H1.1)"),
]


@pytest.mark.parametrize(("body", "line"), LINES)
def test_a_line(body: Body, line: str) -> None:
    assert describe(body) == line
    entry = happened(Entry(5, body, 7, "S-000001"))
    assert (entry.session, entry.seq, entry.at_ms, entry.text) == ("S-000001", 7, 5, line)
    assert entry.kind == type(body).__struct_config__.tag


def test_every_kind_has_a_line() -> None:
    assert {type(body) for body, _ in LINES} == set(Body.__args__)


@pytest.mark.parametrize("why", list(Why))
def test_every_transition_has_its_words(why: Why) -> None:
    words = {describe(AlertChanged(msgspec.structs.replace(ALERT), other)) for other in Why}
    assert len(words) == len(Why)
    assert describe(AlertChanged(ALERT, why)).endswith(": HR 140 >= 131 for 15 s")
