"""The figures of a session: against a naive reading of the same log, and against the engine that made it."""

import pytest
from hypothesis import given, settings

from monitor.review.summary import BAND_PERCENT, SYMPTOMS, LogIncomplete, summary
from schemas.alert import AlertKind, AlertState, Priority
from schemas.log import AlertChanged, BaselineSet, Entry, Measured, NoteAdded, ObservationCharted, PhaseOrdered
from schemas.measurement import Reason, Validity
from schemas.session import Phase
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.core.bedside import WATCHED, Bedside
from tests.unit.core.histories import History, bedside, histories, play

MINUTE_MS = 60_000


def values(log: list[Entry], vital: Vital) -> list[tuple[int, int]]:
    """(when, thousandths) of the valid readings from the first start on; all where there is no start."""
    starts = [entry.seq for entry in log if isinstance(entry.body, PhaseOrdered) and entry.body.phase is Phase.INFUSING]
    return [
        (body.measured_at_ms if reading.reason is Reason.LATE else entry.at_ms, reading.value_milli)
        for entry in log
        if isinstance(body := entry.body, Measured) and entry.seq > (starts[0] if starts else 0)
        for reading in body.readings
        if reading.vital is vital and reading.validity is Validity.VALID and reading.value_milli is not None
        if reading.reason is not Reason.SECOND_SOURCE
    ]


def alerts(log: list[Entry]) -> list[tuple[AlertKind, Priority]]:
    """Of each alert that was ever active, once."""
    active = {
        body.alert.id: (body.alert.kind, body.alert.priority)
        for entry in log
        if isinstance(body := entry.body, AlertChanged) and body.alert.state is AlertState.ACTIVE
    }
    return list(active.values())


@settings(max_examples=60)
@given(histories())
def test_the_figures_are_those_of_a_naive_reading(history: History) -> None:
    log = play(history)
    found = summary(log)
    systolic, diastolic, saturation = (values(log, vital) for vital in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.SPO2))
    assert found.peak_sbp == max((value / 1000 for _, value in systolic), default=None)
    assert found.peak_dbp == max((value / 1000 for _, value in diastolic), default=None)
    assert found.lowest_spo2 == min((value / 1000 for _, value in saturation), default=None)
    if systolic:
        highest = max(value for _, value in systolic)
        place = next(index for index, (_, value) in enumerate(systolic) if value == highest)
        baseline = next(
            each.value_milli
            for entry in log
            if isinstance(entry.body, BaselineSet)
            for each in entry.body.baselines
            if each.vital is Vital.SYSTOLIC_BP
        )
        within = [
            at_ms
            for at_ms, value in systolic[place + 1 :]
            if value * 100 <= baseline * (100 + BAND_PERCENT) and at_ms >= systolic[place][0]
        ]
        assert found.peak_at_ms == systolic[place][0]
        assert found.back_at_ms == (within[0] if within else None)
        assert found.has_left_band is (highest * 100 > baseline * (100 + BAND_PERCENT))
        assert found.rise_sbp == pytest.approx((highest - baseline) / 1000)
    raised = alerts(log)
    counts = [sum(kind is AlertKind.PHYSIOLOGICAL and priority is wanted for kind, priority in raised) for wanted in Priority]
    assert (found.alerts.low, found.alerts.medium, found.alerts.high) == tuple(counts)
    assert found.alerts.technical == sum(kind is AlertKind.TECHNICAL for kind, _ in raised)
    assert found.notes == sum(isinstance(entry.body, NoteAdded) for entry in log)
    worst: dict[Charted, int] = {}
    for entry in log:
        if isinstance(body := entry.body, ObservationCharted) and body.sign in SYMPTOMS and body.value > 0:
            worst[body.sign] = max(worst.get(body.sign, 0), body.value)
    assert {symptom.sign: symptom.value for symptom in found.symptoms} == worst


@settings(max_examples=40)
@given(histories())
def test_the_dose_and_the_times_are_the_engines(history: History) -> None:
    bed = bedside()
    log = play(history, bed=bed)
    found, engine = summary(log), bed.engine
    assert found.given_ug == engine.dose.given_ug(log[-1].at_ms)
    assert (found.phase, found.started_at_ms, found.stopped_at_ms) == (engine.phase, engine.started_at_ms, engine.stopped_at_ms)
    assert found.last_seq == log[-1].seq


def surge(bed: Bedside) -> None:
    bed.start()
    for minutes, systolic in ((5, 140.0), (10, 171.0), (10, 152.0), (10, 149.0), (5, 128.0)):
        bed.wait(minutes * 60)
        bed.say(sbp=systolic, dbp=systolic / 2, map=100.0)
    bed.order(Phase.RECOVERY, "a reason")
    bed.order(Phase.CLOSED, "a reason")


def test_a_rise_and_its_way_back() -> None:
    bed = Bedside()
    surge(bed)
    found = summary(bed.log)
    start = found.started_at_ms
    assert start is not None
    assert (found.baseline_sbp, found.peak_sbp, found.rise_sbp) == (125.0, 171.0, 46.0)
    assert found.peak_at_ms == start + 15 * MINUTE_MS
    assert found.has_left_band
    assert found.back_at_ms == start + 35 * MINUTE_MS  # 149 is within 20 % of 125; 152 is not
    assert found.given_ug == 35_000
    assert found.closed_at_ms == found.last_at_ms


def watched(bed: Bedside) -> None:
    bed.bind()
    bed.order(Phase.BASELINE)
    bed.join(hr=1, sbp=300)
    bed.say(sbp=118.0, dbp=70.0, map=86.0)
    bed.order(Phase.RECOVERY)


def test_without_an_infusion_the_peak_is_that_of_the_whole_session() -> None:
    bed = Bedside(order=WATCHED)
    watched(bed)
    found = summary(bed.log)
    assert (found.started_at_ms, found.given_ug, found.peak_sbp) == (None, 0, 118.0)


@pytest.mark.parametrize("cut", [slice(0), slice(1, None)], ids=["nothing", "without its beginning"])
def test_a_log_without_its_beginning_has_no_figures(cut: slice) -> None:
    bed = Bedside()
    surge(bed)
    with pytest.raises(LogIncomplete):
        summary(bed.log[cut])
