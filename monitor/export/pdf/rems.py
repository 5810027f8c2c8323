"""A monitoring form in the manner of the esketamine REMS, filled in from the record. It is not the official form and says so.

What the record does not hold stays an empty field with its label: nothing is guessed. A field that is filled says which entry it is from.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.export.manifest import Stamp
from monitor.export.pdf.apart import painted_apart
from monitor.export.pdf.gather import Gathered, gather
from monitor.export.pdf.layout import MARGIN, MINUTE_MS, PAGE_HEIGHT, PAGE_WIDTH
from monitor.export.pdf.paint import Paper
from monitor.export.pdf.report import begin_page, paper_for
from monitor.export.pdf.shapes import TONES, Line, Words
from monitor.export.pdf.tracks import DOUBTFUL, Cuff
from monitor.export.pdf.wording import day, mg, site, utc
from monitor.export.selection import LogSource, Selection
from monitor.export.views.doses import voided_of
from schemas.log import BolusGiven, DrugDrawn, Entry, ObservationCharted, PhaseOrdered, RateSet, SignedOff
from schemas.measurement import Validity
from schemas.review import BroughtIn
from schemas.session import OPEN_PHASES, Phase, Treatment
from schemas.signs import SIGNS, Charted
from schemas.vitals import VITAL_SIGNS, Vital, format_milli

NOT_OFFICIAL: Final = (
    "This is not the official form of any REMS programme and is not to be sent in its place. It is filled in from the record to be copied "
    "from; an empty field is one that the record does not hold. The programme wants its form within 7 days of the treatment."
)
NOT_LEFT_OUT: Final = "What says withheld is in the full record, and left out here: the year of birth, names, and what people wrote."
_FORTY_MS: Final = 40 * MINUTE_MS
_ADVERSE: Final = (
    *(Charted.VOMITING, Charted.PANIC, Charted.CHEST_PAIN, Charted.DYSPNOEA, Charted.SEVERE_HEADACHE, Charted.NEURO_SIGN),
    *(Charted.SYNCOPE, Charted.SEIZURE, Charted.ALLERGIC_SIGN),
)


class Field(msgspec.Struct, frozen=True):
    """`value` empty: the record does not hold it. `source`: the entry it is from."""

    label: str
    value: str = ""
    source: str = ""


class Section(msgspec.Struct, frozen=True):
    title: str
    fields: tuple[Field, ...]


async def rems_pdf(
    source: LogSource, selection: Selection, stamp: Stamp, zone: str = "UTC", brought_in: BroughtIn | None = None
) -> AsyncIterator[bytes]:
    """As `report.report_pdf`."""
    about = await gather(source, selection, stamp, ZoneInfo(zone), brought_in)
    async for block in painted_apart(paint, about):
        yield block


def sections(about: Gathered) -> Iterator[Section]:
    """The fields, pure."""
    yield Section("Patient and site", tuple(_who(about)))
    takes = (Charted.SEDATIVE, Charted.OPIOID, Charted.STIMULANT, Charted.MAOI)
    taken = tuple(_yes_no(about, sign, f"Patient {SIGNS[sign].label}") for sign in takes)
    yield Section("Concomitant medicines", (*taken, Field("Non-benzodiazepine sedative, if told apart from a benzodiazepine")))
    yield Section("Treatment", tuple(_treatment(about)))
    yield Section("Blood pressure and monitoring", tuple(_pressures(about)))
    yield Section("Events", tuple(_events(about)))
    yield Section("Signature", tuple(_signature(about)))


def _who(about: Gathered) -> Iterator[Field]:
    patient = about.patient
    yield Field("Patient name")
    yield Field(
        "Patient as known here (pseudonym)", patient.label + (f", code {patient.code}" if patient.code else ""), _from(*about.patient_from)
    )
    yield Field("Date of birth")
    year = "withheld" if about.is_deidentified else "" if patient.birth_year is None else str(patient.birth_year)
    yield Field("Year of birth", year, _from(1) if year else "")
    yield Field("Sex")
    yield Field("Healthcare setting: name and address")
    yield Field("Room", about.created.room, _from(1))
    yield Field("Person who monitored: user names in the record", ", ".join(_people(about)), "by of the entries")
    yield Field("Person who monitored: contact")
    yield Field("Enrolled in the programme; first treatment")


def _people(about: Gathered) -> list[str]:
    return sorted({str(entry.body.by) for entry in about.survey.events if isinstance(entry.body, ObservationCharted | PhaseOrdered)})


def _treatment(about: Gathered) -> Iterator[Field]:
    order = about.created.order
    yield Field("Date of treatment (of the site)", day(about.created_at_ms, about.zone), _from(1))
    yield Field("Drug and route in the order", order.treatment.value.replace("_", " "), _from(1))
    doses = [entry for entry in _counting(about) if isinstance(entry.body, BolusGiven | RateSet) or _is_infusing(entry)]
    is_nasal = order.treatment is Treatment.ESKETAMINE_NASAL
    total = about.given.by_ug(about.last_ms)
    yield Field(
        "Dose given: 56 mg, 84 mg or other", f"{mg(total)} mg" if total else "", _from(*(entry.seq for entry in doses)) if total else ""
    )
    lots = [entry for entry in _counting(about) if isinstance(entry.body, DrugDrawn)]
    yield Field("Lot", ", ".join(entry.body.lot for entry in lots if isinstance(entry.body, DrugDrawn)), _from(*(e.seq for e in lots)))
    first = _first_dose_ms(about)
    ended = _ended(about)
    minutes = "" if first is None or ended is None else str(round((ended.at_ms - first) / MINUTE_MS))
    yield Field(f"Minutes from the first {'device' if is_nasal else 'dose'} to the end", minutes, "" if ended is None else _from(ended.seq))
    yield Field("Ready to leave after how many minutes, were there no 2 h rule")


def _pressures(about: Gathered) -> Iterator[Field]:
    first, ended = _first_dose_ms(about), _ended(about)
    usable = [cuff for cuff in about.tracks.cuffs if Vital.SYSTOLIC_BP in cuff.readings and _is_usable(cuff)]
    before = [cuff for cuff in usable if first is not None and cuff.at_ms <= first]
    after = [cuff for cuff in usable if first is not None and cuff.at_ms > first]
    yield _pressure(about, "Blood pressure before the dose: last cuff before it", before[-1] if before else None)
    near = min(after, key=lambda cuff: abs(cuff.at_ms - (first or 0) - _FORTY_MS), default=None)
    is_near = near is not None and first is not None and abs(near.at_ms - first - _FORTY_MS) <= 10 * MINUTE_MS
    yield _pressure(about, "Blood pressure at 40 minutes: nearest cuff within 10 min", near if is_near else None)
    last = [cuff for cuff in after if ended is not None and cuff.at_ms <= ended.at_ms]
    yield _pressure(about, "Blood pressure before the end: last cuff", last[-1] if last else None)
    for vital, unit in ((Vital.SPO2, "%"), (Vital.RESPIRATORY_RATE, "/min")):
        points = () if first is None else about.tracks.of[vital].between(first, about.last_ms + 1)
        lowest = min((point.low_milli for point in points if point.kind != DOUBTFUL), default=None)
        value, source = ("", "") if lowest is None else (f"{format_milli(lowest)} {unit}", "measurements")
        yield Field(f"Lowest {VITAL_SIGNS[vital].label} from the first dose on", value, source)
    yield Field("Vital signs acceptable before the dose (a clinician's judgement)")
    yield Field("Vital signs acceptable before the end (a clinician's judgement)")


def _is_usable(cuff: Cuff) -> bool:
    return all(reading.value_milli is not None and reading.validity is Validity.VALID for reading in cuff.readings.values())


def _pressure(about: Gathered, label: str, cuff: Cuff | None) -> Field:
    if cuff is None:
        return Field(label)
    said = [cuff.readings.get(vital) for vital in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP)]
    text = "/".join("-" if one is None or one.value_milli is None else format_milli(one.value_milli) for one in said)
    return Field(label, f"{text} mmHg at {site(cuff.at_ms, about.zone)}", f"cuff, {cuff.device}")


def _events(about: Gathered) -> Iterator[Field]:
    yield _course(about, Charted.SEDATION, "Sedation: MOAA/S below 5, from when to when", lambda value: value < 5)
    yield _course(about, Charted.DISSOCIATION, "Dissociation: CADSS-6 above 0, from when to when", lambda value: value > 0)
    for sign in _ADVERSE:
        yield _yes_no(about, sign, SIGNS[sign].label.capitalize())
    yield Field("Respiratory depression (a clinician's judgement)")
    yield Field("Serious adverse event (a clinician's judgement)")


def _signature(about: Gathered) -> Iterator[Field]:
    signed = [entry for entry in about.survey.events if isinstance(entry.body, SignedOff)]
    for entry in signed:
        if isinstance(entry.body, SignedOff):
            words = f"{entry.body.name} ({entry.body.by}), {utc(entry.at_ms)}: {entry.body.meaning}"
            yield Field("Signed for the discharge in the record", words, _from(entry.seq))
    yield Field("Signature on this form, printed name, date")


def _counting(about: Gathered) -> list[Entry]:
    voided = voided_of(about.survey.events)
    return [entry for entry in about.survey.events if entry.seq not in voided]


def _charted(about: Gathered, sign: Charted) -> list[tuple[Entry, ObservationCharted]]:
    return [(e, e.body) for e in _counting(about) if isinstance(e.body, ObservationCharted) and e.body.sign is sign]


def _yes_no(about: Gathered, sign: Charted, label: str) -> Field:
    """Yes where it was ever charted yes; empty where nobody charted it."""
    rows = _charted(about, sign)
    if not rows:
        return Field(label)
    told = [(entry, body) for entry, body in rows if body.value] or rows[-1:]
    note = "; ".join(body.note for _, body in told if body.note)
    return Field(label, ("yes" if told[0][1].value else "no") + (f" ({note})" if note else ""), _from(*(entry.seq for entry, _ in told)))


def _course(about: Gathered, sign: Charted, label: str, is_there: Callable[[int], bool]) -> Field:
    """From the first charting that shows it to the first after the last that does; without one it is not known to have ended."""
    rows = _charted(about, sign)
    there = [index for index, (_, body) in enumerate(rows) if is_there(body.value)]
    if not rows or not there:
        return Field(label, "no" if rows else "", _from(*(entry.seq for entry, _ in rows)))
    first, after = rows[there[0]][0], rows[there[-1] + 1 :]
    ended = f"resolved {site(after[0][0].at_ms, about.zone)}" if after else "not charted as resolved"
    worst = (min if sign is Charted.SEDATION else max)(rows[index][1].value for index in there)
    return Field(
        label, f"yes, onset {site(first.at_ms, about.zone)}, {ended}, worst {worst}", _from(first.seq, *(e.seq for e, _ in after[:1]))
    )


def _is_infusing(entry: Entry) -> bool:
    return isinstance(entry.body, PhaseOrdered) and entry.body.phase is Phase.INFUSING


def _first_dose_ms(about: Gathered) -> int | None:
    return None if about.given.span_ms is None else about.given.span_ms[0]


def _ended(about: Gathered) -> Entry | None:
    over = (entry for entry in about.survey.events if isinstance(entry.body, PhaseOrdered) and entry.body.phase not in OPEN_PHASES)
    return next(over, None)


def _from(*seqs: int) -> str:
    """The entries, the first few by number."""
    more = f" and {len(seqs) - 4} more" if len(seqs) > 4 else ""
    return f"entry {', '.join(str(seq) for seq in seqs[:4])}{more}" if seqs else ""


def paint(about: Gathered, file: BinaryIO) -> None:
    with paper_for(about, f"Session {about.selection.session}: monitoring form, not official", file) as paper:
        _new_page(paper, about)
        for section in sections(about):
            if paper.y + 20 > PAGE_HEIGHT - 20:
                _new_page(paper, about)
            paper.put(Words(MARGIN, paper.y + 4, section.title, "ink", 9.5, is_bold=True))
            paper.set_y(paper.y + 6)
            for field in section.fields:
                _put(paper, about, field)
            paper.set_y(paper.y + 2)


def _new_page(paper: Paper, about: Gathered) -> None:
    begin_page(paper, about, "Monitoring form (REMS-style, NOT the official form)", "")
    times = f"Times are those of the site ({about.zone.key}), and UTC where a Z stands."
    times += f" {NOT_LEFT_OUT}" if about.is_deidentified else ""
    paper.block(MARGIN, PAGE_WIDTH - 2 * MARGIN, f"{NOT_OFFICIAL} {times}", 7.5)
    paper.set_y(paper.y + 3)


def _put(paper: Paper, about: Gathered, field: Field) -> None:
    if paper.y + 8 > PAGE_HEIGHT - 20:
        _new_page(paper, about)
    y = paper.y
    paper.put(Words(MARGIN, y + 3.5, field.label, "muted", 7.5))
    paper.put(Words(PAGE_WIDTH - MARGIN, y + 3.5, field.source, "muted", 6, "right"))
    paper.set_text_color(*TONES["ink"])
    paper.set_y(y + 0.6)
    paper.block(MARGIN + 95, 130, field.value, 8)
    bottom = max(paper.y, y + 4.2) + 0.8
    paper.draw([Line(MARGIN + 95, bottom, PAGE_WIDTH - MARGIN, bottom, "heavy", 0.15)])
    paper.set_y(bottom + 0.4)
