"""The tables of the report as rows of text. Pure.

What was marked as made in error stands where it stood, with the correction beside it.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from monitor.core.corrections import Corrections
from monitor.core.drug import DrugAccount
from monitor.export.pdf.gather import Gathered, marks
from monitor.export.pdf.tracks import LATE, PLAIN
from monitor.export.pdf.wording import mg, since, site, utc
from monitor.export.views.doses import voided_of
from monitor.sessions.journal import describe, facts_text
from schemas.alert import RAISES
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertNotified,
    AlertShown,
    BolusGiven,
    DrugDrawn,
    DrugWasted,
    Entry,
    EntryVoided,
    LimitAwaitsConfirmation,
    LimitChanged,
    LimitConfirmed,
    LimitProposed,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    SignedOff,
    WasteWitnessed,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.vitals import VITAL_SIGNS, Vital, format_milli

Row = tuple[str, ...]
_DRUG: Final = RateSet | BolusGiven | DrugDrawn | DrugWasted | WasteWitnessed | PhaseOrdered
_ALERTS: Final = AlertChanged | AlertAcknowledged | AlertShown | AlertNotified | RemeasureRequested
_LIMITS: Final = LimitProposed | LimitConfirmed | LimitChanged | LimitAwaitsConfirmation
_BESIDE: Final = (Vital.SPO2, Vital.RESPIRATORY_RATE, Vital.ETCO2)


class Table(msgspec.Struct, frozen=True):
    """`widths` in shares of the page. `empty`: what is said where there are no rows."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[Row, ...]
    empty: str = "none"


def tables(about: Gathered) -> Iterator[Table]:
    when = ("UTC", "site time")
    yield _vitals(about)
    yield Table("Drug", ("seq", *when, "what", "by", "correction"), (8, 26, 13, 104, 24, 58), tuple(_drug(about)))
    yield _device_figures(about)
    events = ("no", "seq", *when, "what", "correction")
    yield Table("Observations, notes and everything else that happened", events, (8, 10, 26, 13, 120, 60), tuple(_happened(about)))
    alerts = ("seq", *when, "alert", "priority", "step", "what", "by")
    yield Table("Alert journal: every step of every occurrence", alerts, (10, 26, 13, 18, 14, 26, 100, 20), tuple(_alert_rows(about)))
    limits = tuple((str(entry.seq), *_when(about, entry), describe(entry.body)) for entry in _of(about, _LIMITS))
    yield Table("Limits changed for this patient", ("seq", *when, "what"), (10, 26, 13, 180), limits)
    yield Table(
        "Signatures",
        ("seq", *when, "printed name", "user", "meaning", "signed under"),
        (10, 26, 13, 34, 26, 60, 84),
        tuple(_signatures(about)),
    )
    yield _completeness(about)


def _of(about: Gathered, kinds: type | object) -> Iterator[Entry]:
    return (entry for entry in about.survey.events if isinstance(entry.body, kinds))  # type: ignore[arg-type]  # a union of types


def _when(about: Gathered, entry: Entry) -> Row:
    return utc(entry.at_ms), site(entry.at_ms, about.zone)


# Vital signs


def _vitals(about: Gathered) -> Table:
    columns = (
        "UTC",
        "site time",
        "since start",
        "BP mmHg",
        *(_label(vital) for vital in (Vital.MEAN_BP, about.tracks.rate, *_BESIDE)),
        "remark",
    )
    each = [(at_ms, _at_mark(about, at_ms)) for at_ms in marks(about.first_ms, about.last_ms)]
    cuffs = [(cuff.at_ms, _cuff_row(about, index)) for index, cuff in enumerate(about.tracks.cuffs)]
    rows = tuple(row for _, row in sorted([*cuffs, *each], key=lambda one: one[0]))
    title = "Vital signs: every cuff, and the values nearest to each 5 minutes, within 30 s"
    return Table(title, columns, (26, 13, 14, 18, 14, 14, 12, 12, 14, 62), rows)


def _label(vital: Vital) -> str:
    return f"{VITAL_SIGNS[vital].label} {VITAL_SIGNS[vital].unit.value.replace('mm[Hg]', 'mmHg')}"


def _at_mark(about: Gathered, at_ms: int) -> Row:
    return (*_clocks(about, at_ms), "", "", *(_near(about, vital, at_ms) for vital in (about.tracks.rate, *_BESIDE)), "")


def _cuff_row(about: Gathered, index: int) -> Row:
    """Pressures as the cuff said them, also those that are not used; what is beside them is the nearest of half a minute."""
    cuff = about.tracks.cuffs[index]
    pressure = "/".join(_said(cuff.readings.get(vital)) for vital in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP))
    beside = (_near(about, vital, cuff.at_ms) for vital in (about.tracks.rate, *_BESIDE))
    return (*_clocks(about, cuff.at_ms), pressure, _said(cuff.readings.get(Vital.MEAN_BP)), *beside, _remark(cuff.device, cuff.readings))


def _clocks(about: Gathered, at_ms: int) -> Row:
    return utc(at_ms), site(at_ms, about.zone), "" if about.started_at_ms is None else since(at_ms, about.started_at_ms)


def _said(reading: Reading | None) -> str:
    return "-" if reading is None or reading.value_milli is None else format_milli(reading.value_milli)


def _near(about: Gathered, vital: Vital, at_ms: int) -> str:
    point = about.tracks.of[vital].nearest(at_ms)
    if point is None:
        return "-"
    return format_milli(point.value_milli) + ("" if point.kind == PLAIN else " late" if point.kind == LATE else " ?")


def _remark(device: str, readings: dict[Vital, Reading]) -> str:
    found = [
        f"{VITAL_SIGNS[vital].label} {reading.validity.value} ({reading.reason.value})"
        for vital, reading in readings.items()
        if reading.validity is not Validity.VALID or reading.reason is not Reason.NONE
    ]
    return ", ".join([f"cuff, {device}", *found])


# What people did


def _drug(about: Gathered) -> Iterator[Row]:
    for entry in _of(about, _DRUG):
        by = getattr(entry.body, "by", "")
        yield (str(entry.seq), *_when(about, entry), describe(entry.body), by, _correction(about, entry))
    corrections = Corrections(about.created.order)
    for entry in about.survey.events:
        corrections.take(entry.seq, entry.at_ms, entry.body)
        if isinstance(entry.body, EntryVoided):
            corrections.voided[entry.body.voids] = entry.body
    account, given_ug = DrugAccount(corrections), about.given.by_ug(about.last_ms)
    wasted = sum(row.body.amount_ug for row in account.wasted() if row.witness is not None)
    unwitnessed = sum(row.body.amount_ug for row in account.wasted() if row.witness is None)
    drawn = sum(row.body.amount_ug for row in account.drawn())
    total = f"Drawn {mg(drawn)} mg, given {mg(given_ug)} mg, wasted before a witness {mg(wasted)} mg, without {mg(unwitnessed)} mg"
    total += f"; not accounted for {mg(account.unaccounted_ug(given_ug))} mg" if drawn else ""
    yield ("", "", "", f"In all: {total}. Ordered {mg(about.created.order.dose_ug)} mg.", "", "")


def event_numbers(about: Gathered) -> dict[int, int]:
    """By `seq`, the number of an event in its table, which the chart shows, too."""
    return {entry.seq: number for number, entry in enumerate(_other(about), start=1)}


def _other(about: Gathered) -> Iterator[Entry]:
    elsewhere = _DRUG | _ALERTS | _LIMITS | SignedOff
    return (e for e in about.survey.events if isinstance(e.body, PhaseOrdered) or not isinstance(e.body, elsewhere))


def _happened(about: Gathered) -> Iterator[Row]:
    for number, entry in enumerate(_other(about), start=1):
        yield (str(number), str(entry.seq), *_when(about, entry), describe(entry.body), _correction(about, entry))


def _device_figures(about: Gathered) -> Table:
    """By when it was said, which is before it was recorded where it waited on the way."""
    figures = about.survey.figures
    rows = [
        (
            str(told.seq),
            utc(told.body.said_at_ms),
            site(told.body.said_at_ms, about.zone),
            told.body.device,
            ", ".join(told.whys),
            facts_text(told.body, told.facts),
        )
        for told in figures.told()
    ]
    if figures.unlisted:
        rows.append(("", "", "", "", "", f"{figures.unlisted} more are in the record alone"))
    title = "Figures of pumps and other devices: the first and the last of each, and each change of a rate"
    return Table(title, ("seq", "UTC said", "site time", "device", "which", "what it said"), (10, 26, 13, 30, 30, 122), tuple(rows))


def _correction(about: Gathered, entry: Entry) -> str:
    found = voided_of(about.survey.events).get(entry.seq)
    if found is None or not isinstance(found.body, EntryVoided):
        return ""
    return f"MADE IN ERROR, counts no more since {utc(found.at_ms)} by {found.body.by}: {found.body.reason}"


def _signatures(about: Gathered) -> Iterator[Row]:
    """The discharge, and each step that was signed for against a gate."""
    for entry in about.survey.events:
        body = entry.body
        if isinstance(body, SignedOff | PhaseOrdered) and body.name:
            meaning = body.meaning if isinstance(body, SignedOff) else f"{body.phase.value}, overriding: {body.override}"
            yield (str(entry.seq), *_when(about, entry), body.name, body.by, meaning, _under(body))


def _under(body: SignedOff | PhaseOrdered) -> str:
    """The state of the record that was signed, whole."""
    state = body.under
    if state is None:
        return "not recorded"
    checkpoint = "" if state.size is None else f", checkpoint of {state.size} leaves, root {state.root}"
    return f"entry {state.seq}, digest {state.digest}{checkpoint}"


# Alerts


def _alert_rows(about: Gathered) -> Iterator[Row]:
    priority: dict[str, str] = {}
    for entry in _of(about, _ALERTS):
        body, when = entry.body, (str(entry.seq), *_when(about, entry))
        if isinstance(body, AlertChanged):
            alert = body.alert
            priority[alert.id] = alert.priority.value
            state, why = "RAISED" if body.why in RAISES else alert.state.value, body.why.value.replace("_", " ")
            step = state if state == why else f"{state}: {why}"
            yield (*when, alert.id, alert.priority.value, step, f"{alert.title}: {alert.reason}", alert.acknowledged_by or "")
        elif isinstance(body, AlertAcknowledged):
            yield (*when, body.alert, priority.get(body.alert, ""), "acknowledgement", body.comment or "", body.by)
        elif isinstance(body, AlertShown):
            yield (*when, body.alert, priority.get(body.alert, ""), "shown", f"after {body.latency_ms / 1000:g} s", body.by)
        elif isinstance(body, AlertNotified):
            done = "delivered" if body.is_delivered else "NOT delivered"
            yield (*when, body.alert, priority.get(body.alert, ""), f"sent by {body.channel}", f"{done}: {body.detail}", "")
        elif isinstance(body, RemeasureRequested):
            yield (*when, body.alert, priority.get(body.alert, ""), "second value asked for", describe(body), "")


# Completeness


def _completeness(about: Gathered) -> Table:
    rows: list[Row] = [("", "", "", "", "", "", "", text) for text in about.statement.says]
    for device in about.statement.devices:
        for row in device.vitals:
            expected = "not known" if row.expected is None else str(row.expected)
            gaps = f"{row.gaps} ({row.gap_s:g} s)"
            quality = f"{row.valid} valid, {row.questionable} questionable, {row.invalid} invalid"
            came = (str(row.received), str(row.late), gaps, quality)
            mode = "" if device.mode is Mode.REAL else device.mode.value
            rows.append((device.device, _label(row.vital), expected, *came, mode))
    columns = ("device", "vital sign", "expected", "received", "late", "gaps", "quality", "remark")
    return Table("Completeness: what should have come and what did", columns, (26, 24, 18, 16, 10, 22, 50, 80), tuple(rows))
