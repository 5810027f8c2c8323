"""A session on one sheet, from its log alone."""

from hypothesis import given, settings

from monitor.sessions.summary import SessionSummary, Summing
from monitor.sessions.views import session_now
from schemas.log import AlertChanged, EntryVoided, Measured, NoteAdded, PhaseOrdered
from schemas.measurement import Reason, Validity
from schemas.session import Phase
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.core.bedside import Bedside, infusing
from tests.unit.core.histories import History, bedside, histories, play


def summary(bed: Bedside) -> SessionSummary:
    summing = Summing()
    for entry in bed.log:
        summing.take(entry)
    return summing.result(session_now(bed.engine, "Room 1", len(bed.log), bed.now_ms))


def test_peaks_stand_beside_the_baseline_alerts_beside_their_answers() -> None:
    bed = infusing()
    bed.say(sbp=205, dbp=118, map=150)
    raised_ms = bed.now_ms
    bed.wait(42)
    alert = bed.alert("BP-H1")
    assert alert is not None
    bed.acknowledge(alert.id)
    bed.say(sbp=130, dbp=80, map=95)
    found = summary(bed)
    (systolic,) = [peak for peak in found.peaks if peak.vital is Vital.SYSTOLIC_BP]
    assert (systolic.baseline, systolic.high, systolic.high_at_ms, systolic.low) == (125, 205, raised_ms, 130)
    (row,) = [row for row in found.alerts if row.id == alert.id]
    assert (row.acknowledged_by, row.answered_after_s) == ("anna", 42)


def test_what_was_overridden_and_what_was_entered_in_error_stands_on_it() -> None:
    bed = infusing()
    note = bed.apply(NoteAdded("anna", "for room 4"))[0].seq
    bed.chart(Charted.SEDATION, 4)
    bed.apply(EntryVoided("ben", "wrong room", note))
    bed.order(Phase.RECOVERY)
    bed.order(Phase.CLOSED, "transferred")
    found = summary(bed)
    last = found.steps[-1]
    assert (last.phase, last.override) == (Phase.CLOSED, "transferred")
    assert "D-TIME" in {finding.gate for finding in last.findings}
    assert [(row.text, row.error) for row in found.notes] == [("for room 4", "ben: wrong room")]
    assert found.observations[-1].error is None


@settings(max_examples=25)
@given(histories())
def test_it_says_what_the_log_says(history: History) -> None:
    bed = bedside()
    play(history, bed=bed)
    found = summary(bed)
    phase, values = Phase.PLANNED, []
    for entry in bed.log:
        if isinstance(entry.body, PhaseOrdered):
            phase = entry.body.phase
        elif isinstance(entry.body, Measured) and phase in (Phase.INFUSING, Phase.PAUSED, Phase.RECOVERY):
            rows = [row for row in entry.body.readings if row.vital is Vital.HEART_RATE and row.validity is Validity.VALID]
            values += [row.value_milli / 1000 for row in rows if row.value_milli is not None and row.reason is not Reason.SECOND_SOURCE]
    peaks = [(peak.low, peak.high) for peak in found.peaks if peak.vital is Vital.HEART_RATE]
    assert peaks == ([(min(values), max(values))] if values else [])
    raised = {
        entry.body.alert.id for entry in bed.log if isinstance(entry.body, AlertChanged) and entry.body.alert.raised_at_ms is not None
    }
    assert {row.id for row in found.alerts} == raised
    assert [step.phase for step in found.steps] == [entry.body.phase for entry in bed.log if isinstance(entry.body, PhaseOrdered)]
