"""Whatever of a session is shown or taken out says the same: the monitor itself, the page, the figures, the tables, FHIR and paper."""

import asyncio
import csv
import io
from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.corrections import CORRECTABLE
from monitor.core.refused import Refused
from monitor.export.csv import CsvExport
from monitor.export.pdf.gather import Gathered, gather
from monitor.export.pdf.rems import sections
from monitor.export.pdf.tables import tables
from monitor.export.selection import select
from monitor.export.views.alerts import alerts_table
from monitor.export.views.completeness import Statement
from monitor.export.views.doses import doses_table
from monitor.export.views.observations import observations_table
from monitor.review import summary as figuring
from monitor.sessions.summary import SessionSummary, Summing
from monitor.sessions.told_figures import is_figures
from monitor.sessions.views import session_now
from schemas.alert import RAISES
from schemas.announcement import DeviceAnnounced
from schemas.instant import format_ms, parse_ms
from schemas.log import AlertChanged, EntryVoided, NoteAdded, ObservationCharted, PhaseOrdered
from schemas.review import SessionFigures
from schemas.session import OPEN_PHASES
from schemas.vitals import Vital, format_milli
from tests.unit.core.bedside import Bedside
from tests.unit.core.histories import History, bedside, histories, play
from tests.unit.export.fhir_export import Resource, log_of, resources_of
from tests.unit.export.session_log import FakeStore, stamp_of

Row = dict[str, str]


class Told(msgspec.Struct):
    """One session as each of them tells it."""

    bed: Bedside
    page: SessionSummary
    figures: SessionFigures
    paper: Gathered
    readings: list[Row]
    alerts: list[Row]
    doses: list[Row]
    observations: list[Row]
    fhir: dict[str, list[Resource]]

    @property
    def statement(self) -> Statement:
        return self.paper.statement

    def printed(self, title: str) -> list[tuple[str, ...]]:
        return next(list(table.rows) for table in tables(self.paper) if table.title.startswith(title))

    def form(self, label: str) -> str:
        return next(field.value for section in sections(self.paper) for field in section.fields if field.label.startswith(label))


def told(history: History, seed: int) -> Told:
    """With entries that are marked as made in error now and then."""
    draw, bed = Random(seed), bedside()

    def passing(bed: Bedside, milliseconds: int) -> None:
        bed.now_ms += milliseconds
        found = [entry.seq for entry in bed.log if isinstance(entry.body, CORRECTABLE)]
        if found and draw.random() < 0.2:
            try:
                bed.apply(EntryVoided("ben", "of another room", draw.choice(found)))
            except Refused as refused:
                bed.number(refused.steps)

    play(history, passing, bed)
    return asyncio.run(_tell(bed))


async def _tell(bed: Bedside) -> Told:
    log, summing = log_of(bed.log), Summing()
    for entry in bed.log:
        summing.take(entry)
    store = FakeStore(log, chunk=500)
    selection = await select(store, log.id)
    paper = await gather(store, selection, stamp_of(), ZoneInfo("UTC"))
    readings = b"".join([block async for block in CsvExport(store, selection, stamp_of()).rows()])
    fhir: dict[str, list[Resource]] = {}
    for resource in await asyncio.to_thread(resources_of, log):
        fhir.setdefault(resource["resourceType"], []).append(resource)
    return Told(
        bed=bed,
        page=summing.result(session_now(bed.engine, "Room 1", len(bed.log), bed.log[-1].at_ms)),
        figures=figuring.summary(bed.log),
        paper=paper,
        readings=_rows(readings),
        alerts=_rows(alerts_table(paper.survey)),
        doses=_rows(doses_table(paper.survey)),
        observations=_rows(observations_table(paper.survey)),
        fhir=fhir,
    )


def _rows(table: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(table.decode())))


@settings(max_examples=15)
@given(histories(), st.integers(0, 99))
def test_all_say_the_same(history: History, seed: int) -> None:
    one = told(history, seed)
    _dose(one)
    _alerts(one)
    _people(one)
    _measured(one)
    _announced(one)


def _dose(one: Told) -> None:
    given_ug = one.bed.engine.dose.given_ug(one.bed.log[-1].at_ms)
    assert one.page.session.given_ug == one.figures.given_ug == one.paper.given.by_ug(one.paper.last_ms) == given_ug
    (total,) = [row["amount_mg"] for row in one.doses if row["kind"] == "total_given"]
    assert total == format_milli(given_ug)
    assert f", given {total} mg," in one.printed("Drug")[-1][3]
    assert one.form("Dose given") == (f"{total} mg" if given_ug else "")
    administered = [each for each in one.fhir.get("MedicationAdministration", ()) if each["status"] != "entered-in-error"]
    in_all_mg = sum((_administered_mg(each, one.bed.log[-1].at_ms) for each in administered), Decimal())
    assert abs(in_all_mg * 1000 - given_ug) <= len(administered) + 1, "each period is rounded to the microgram"


def _administered_mg(resource: Resource, until_ms: int) -> Decimal:
    dosage: dict[str, Any] = resource["dosage"]
    if resource["status"] == "in-progress":
        since_ms = parse_ms(resource["effectivePeriod"]["start"])
        return Decimal(str(dosage["rateQuantity"]["value"])) * (until_ms - since_ms) / 60_000
    return Decimal(str(dosage["dose"]["value"]))


def _alerts(one: Told) -> None:
    changed = [entry.body for entry in one.bed.log if isinstance(entry.body, AlertChanged)]
    raised = {body.alert.id: body.alert.raised_at_ms for body in changed if body.why in RAISES}
    on_page = {row.id: row.raised_at_ms for row in one.page.alerts}
    assert set(on_page) == set(raised)
    in_table = {row["alert"]: row["raised_at"] for row in one.alerts if row["raised_at"]}
    assert in_table == {alert: format_ms(at_ms) for alert, at_ms in on_page.items()}
    issues = one.fhir.get("DetectedIssue", [])
    assert {each["identifier"][0]["value"].split("/")[-1] for each in issues} == set(raised)
    counts = one.figures.alerts
    assert counts.high + counts.medium + counts.low + counts.technical == len(raised) == len(issues)
    journal = one.printed("Alert journal")
    assert Counter(row[3] for row in journal if row[5].startswith("RAISED")) == Counter(
        body.alert.id for body in changed if body.why in RAISES
    )
    assert [row[0] for row in journal] == [row["seq"] for row in one.alerts if not row["step"].startswith("audio")]


def _people(one: Told) -> None:
    voided = {entry.body.voids for entry in one.bed.log if isinstance(entry.body, EntryVoided)}
    entered = [entry for entry in one.bed.log if isinstance(entry.body, ObservationCharted | NoteAdded)]
    in_error = {str(entry.seq) for entry in entered if entry.seq in voided}
    assert {row["seq"] for row in one.observations if row["voided_at"]} == in_error
    marked = [row.error is not None for row in one.page.observations] + [row.error is not None for row in one.page.notes]
    assert sum(marked) == len(in_error)
    counting = [entry.body for entry in entered if entry.seq not in voided]
    assert one.figures.notes == sum(isinstance(body, NoteAdded) for body in counting)
    worst: dict[str, int] = {}
    for body in counting:
        if isinstance(body, ObservationCharted) and body.sign in figuring.SYMPTOMS and body.value > 0:
            worst[body.sign] = max(worst.get(body.sign, 0), body.value)
    assert {symptom.sign: symptom.value for symptom in one.figures.symptoms} == worst
    said = {row[1]: row[5] for row in one.printed("Observations")}
    assert all(("MADE IN ERROR" in said[str(entry.seq)]) is (entry.seq in voided) for entry in entered)


def _announced(one: Told) -> None:
    """Each is a row of the table; what began or ended is one of the report; the last rate of its figures is the last that was said."""
    said = {str(entry.seq): entry.body for entry in one.bed.log if isinstance(entry.body, DeviceAnnounced)}
    rows = {row["seq"]: row for row in one.readings if row["kind"] == "device_announced"}
    assert set(rows) == set(said)
    happened = {row[1]: row[4] for row in one.printed("Observations") if row[1] in said}
    assert set(happened) == {seq for seq, body in said.items() if not is_figures(body)}
    assert all(text == rows[seq]["text"] for seq, text in happened.items())
    alone = [(seq, fact) for seq, body in said.items() for fact in body.facts if len(body.facts) == 1 and fact.turn is None]
    assert {seq: (row["value"], row["unit"]) for seq, row in rows.items() if row["unit"]} == {
        seq: (format_milli(fact.value_milli), fact.unit) for seq, fact in alone if fact.value_milli is not None
    }
    figures = one.printed("Figures")
    assert {row[0] for row in figures} <= set(said)
    for device in {body.device for body in said.values()}:
        rates = [
            (body.said_at_ms, int(seq), fact.value_milli)
            for seq, body in said.items()
            for fact in body.facts
            if body.device == device and fact.name == "infusion_rate" and fact.turn is None
        ]
        shown = [row[5] for row in figures if row[3] == device and "infusion rate" in row[5]]
        number = max(rates)[2] if rates else None
        assert bool(shown) is bool(rates)
        assert not rates or f"infusion rate {'-' if number is None else format_milli(number)}" in shown[-1]


def _measured(one: Told) -> None:
    counted = Counter((row["device"], row["vital"], row["validity"]) for row in one.readings if row["kind"] == "measurement")
    stated = {
        (device.device, count.vital, validity): getattr(count, validity)
        for device in one.statement.devices
        for count in device.vitals
        for validity in ("valid", "questionable", "invalid")
    }
    assert counted == Counter({key: count for key, count in stated.items() if count})
    ends = [entry.seq for entry in one.bed.log if isinstance(entry.body, PhaseOrdered) and entry.body.phase not in OPEN_PHASES]
    if ends and any(int(row["seq"]) > ends[0] for row in one.readings if row["kind"] == "measurement"):
        return  # the engine alone was asked; a session that has ended has no device
    peaks = {peak.vital: peak for peak in one.page.peaks}
    for vital, high in ((Vital.SYSTOLIC_BP, one.figures.peak_sbp), (Vital.DIASTOLIC_BP, one.figures.peak_dbp)):
        assert (peaks[vital].high if vital in peaks else None) == high
    assert (peaks[Vital.SPO2].low if Vital.SPO2 in peaks else None) == one.figures.lowest_spo2
    _lowest_on_the_form(one)


def _lowest_on_the_form(one: Told) -> None:
    """From the millisecond of the start on, where the page and the figures begin with the entry after it."""
    counted = [row for row in one.readings if row["vital"] == "spo2" and row["value"] and row["reason"] not in {"late", "second_source"}]
    since = format_ms(one.figures.started_at_ms or 0)
    lowest = min((float(row["value"]) for row in counted if row["validity"] == "valid" and row["at"] >= since), default=None)
    if not any(row["vital"] == "spo2" and row["reason"] == "late" for row in one.readings):
        assert one.form("Lowest SpO2") == ("" if lowest is None else f"{format_milli(round(lowest * 1000))} %")


def test_a_voided_dose_that_counted_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: figures that do not know of errors."""
    history: History = [(1_000, "bolus", 5_000), *[(60_000, "note", "fine")] * 8]
    seed = next(seed for seed in range(99) if any(row["voided_at"] and row["amount_mg"] for row in told(history, seed).doses))
    _dose(told(history, seed))
    monkeypatch.setattr(figuring, "EntryVoided", AlertChanged)
    with pytest.raises(AssertionError):
        _dose(told(history, seed))
