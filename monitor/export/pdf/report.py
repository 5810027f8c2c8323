"""The report of one session as PDF bytes: chart pages, then the tables. The same record and stamp give the same bytes.

Painting takes about a second of processor time for each hour of a session; a long one is painted in a process of its own (`apart`).
Memory: what `gather` holds, and there once more with one page; what is finished lies in a file (`laid_aside`).
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from monitor.export.manifest import INTENDED_USE, Stamp
from monitor.export.pdf.apart import painted_apart
from monitor.export.pdf.chart import chart
from monitor.export.pdf.gather import Gathered, gather
from monitor.export.pdf.laid_aside import LaidAside
from monitor.export.pdf.layout import LEFT, MARGIN, PAGE_HEIGHT, PAGE_WIDTH, RIGHT, sheets
from monitor.export.pdf.paint import Paper
from monitor.export.pdf.shapes import TONES, Box, Line, Shape, Words, width_of
from monitor.export.pdf.table_paint import put_table
from monitor.export.pdf.tables import event_numbers, tables
from monitor.export.pdf.wording import day, mg, site, utc
from monitor.export.selection import LogSource, Selection, mode_of
from schemas.instant import from_ms
from schemas.review import BroughtIn
from schemas.session import Patient

LEGEND: Final = (
    "V systolic, \u039b diastolic, dash mean, dots heart or pulse rate, SpO2 and RR, crosses EtCO2. Hollow: came late. ? doubtful. "
    "Hatched: nothing came. Nothing is smoothed or joined."
)

WITHHELD: Final = "DE-IDENTIFIED: names, texts and the patient are withheld. A commitment is cut to 8 digits here and whole in the record."

_XMP: Final = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:creator><rdf:Seq><rdf:li>{program}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>en</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>{time}</xmp:CreateDate><xmp:ModifyDate>{time}</xmp:ModifyDate>
<pdf:Producer>infusion-monitor</pdf:Producer>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>"""


async def report_pdf(
    source: LogSource, selection: Selection, stamp: Stamp, zone: str = "UTC", brought_in: BroughtIn | None = None
) -> AsyncIterator[bytes]:
    """`zone`: IANA name of the site's time zone. Raises SessionHasNoBeginning, ZoneInfoNotFoundError."""
    about = await gather(source, selection, stamp, ZoneInfo(zone), brought_in)
    async for block in painted_apart(paint, about):
        yield block


def paint(about: Gathered, file: BinaryIO) -> None:
    with paper_for(about, f"Session {about.selection.session}: record on paper", file) as paper:
        numbers = event_numbers(about)
        for window in sheets(about.first_ms, about.last_ms):
            begin_page(paper, about, "Anaesthesia-style record", f"{day(window[0], about.zone)} (times of the site, {about.zone.key})")
            paper.draw(chart(about, window, numbers))
            paper.put(Words(LEFT, PAGE_HEIGHT - 17.5, LEGEND, "muted", 6))
        begin_page(paper, about, "Tables", "")
        for table in tables(about):
            put_table(paper, table, lambda: begin_page(paper, about, "Tables", ""))


@contextmanager
def paper_for(about: Gathered, title: str, file: BinaryIO) -> Iterator[Paper]:
    """With metadata that a reader needs and that does not change with the clock of the machine. At the end, when the number of pages is
    known, each gets its foot, and `file` the whole."""
    with LaidAside() as laid_aside:
        paper = Paper(laid_aside, cuts_commitments=about.is_deidentified)
        paper.set_lang("en")
        paper.set_creation_date(from_ms(about.made_at_ms))
        program = f"infusion-monitor {about.software}, installation {about.installation}"
        subject = f"{INTENDED_USE}; head {about.selection.head or 'none'}"
        words = {"title": title, "subject": subject, "program": program, "time": utc(about.made_at_ms).replace(" ", "T")}
        paper.set_xmp_metadata(_XMP.format(**{name: escape(text) for name, text in words.items()}))
        yield paper
        paper.lay_aside()
        for number in range(1, paper.pages_count + 1):
            paper.page = number
            paper.draw(_foot(about, number, paper.pages_count))
        paper.write_to(file)


def begin_page(paper: Paper, about: Gathered, title: str, beside: str) -> None:
    """Whose it is, on every page."""
    paper.next_page()
    paper.draw(_head(about, title, beside))
    for x, name, value in _facts(about):
        paper.set_xy(x, 20.5)
        paper.put(Words(x, 22.5, name, "muted", 6))
        paper.set_text_color(*TONES["ink"])
        paper.set_xy(x, 23.3)
        paper.block(x, 64.0, _short(paper.say(value)), 7.5, is_bold=True)
    paper.set_xy(MARGIN, 40.0)


def _short(text: str, most: int = 120) -> str:
    """A fact above the chart; the whole of it stands in the tables."""
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"


def _head(about: Gathered, title: str, beside: str) -> Iterator[Shape]:
    yield Words(MARGIN, 15.5, title, "ink", 13, is_bold=True)
    yield Words(MARGIN + 62, 15.5, beside, "muted", 8)
    if about.brought_in is not None:
        yield Words(MARGIN, 9.5, brought_in_words(about.brought_in), "ink", 8, is_bold=True)
    if about.is_deidentified:
        yield Words(MARGIN, 6.0, WITHHELD, "ink", 8, is_bold=True)
    mode = mode_of(about.selection.modes)
    if mode != "real":
        words = f"{mode.upper()} \u00b7 not a patient" if mode else "NO DEVICE WAS BOUND"
        yield Box(178, 10.2, width_of(words, 11) * 1.3 + 6, 7.4, "simulated")  # bold is wider
        yield Words(181, 15.6, words, "panel", 11, is_bold=True)
    yield Words(PAGE_WIDTH - MARGIN, 15.5, f"made {utc(about.made_at_ms)}", "muted", 7, "right")
    yield Line(MARGIN, 18.5, PAGE_WIDTH - MARGIN, 18.5, "ink", 0.4)


def _facts(about: Gathered) -> Iterator[tuple[float, str, str]]:
    order, phase = about.created.order, "ended" if about.selection.has_ended else "NOT ENDED when this was made"
    drug = order.treatment.value.replace("_", " ")
    over = f" over {order.duration_ms / 60_000:g} min" if order.duration_ms else ""
    per_kg = order.dose_ug / about.created.patient.weight_g
    ordered = f"{drug}, {mg(order.dose_ug)} mg ({per_kg:.2g} mg/kg){over}"
    started = "not started" if about.started_at_ms is None else f"start {site(about.started_at_ms, about.zone)}"
    span = f"{day(about.created_at_ms, about.zone)} {site(about.created_at_ms, about.zone)} to {site(about.last_ms, about.zone)}, {started}"
    devices = ", ".join(f"{device.device} ({device.source})" for device in about.statement.devices)
    yield MARGIN, "session and room", f"{about.selection.session} \u00b7 {about.created.room} \u00b7 {phase}"
    said = f", code corrected in entry {about.patient_from[-1]}" if len(about.patient_from) > 1 else ""
    yield MARGIN + 68, "patient (pseudonym)", person(about.patient) + said
    yield MARGIN + 136, "order and given", f"{ordered}; given {mg(about.given.by_ug(about.last_ms))} mg"
    yield MARGIN + 204, "times and devices", f"{span} \u00b7 {devices or 'none'}"


def brought_in_words(said: BroughtIn) -> str:
    by = f" by {said.by}" if said.by else ""
    return (
        f"NOT RECORDED HERE: brought in from a bundle on {utc(said.at_ms)}{by}; recorded by installation {said.installation or 'unknown'}"
    )


def person(patient: Patient) -> str:
    born = "" if patient.birth_year is None else f", born {patient.birth_year}"
    code = "" if patient.code is None else f", code {patient.code}"
    return f"{patient.label}{born}{code}, {patient.weight_g / 1000:g} kg"


def _foot(about: Gathered, number: int, pages: int) -> Iterator[Shape]:
    y = PAGE_HEIGHT - 12
    sealed = f"head {about.selection.head or 'none: nothing is sealed'}"
    whole = "complete" if about.selection.is_complete else "NOT COMPLETE"
    yield Line(MARGIN, y - 3.4, PAGE_WIDTH - MARGIN, y - 3.4, "heavy", 0.2)
    yield Words(MARGIN, y, f"infusion-monitor {about.software}: {INTENDED_USE}. A view: the record is the JSONL export.", "muted", 6.5)
    yield Words(RIGHT + 4, y, f"page {number} of {pages}", "ink", 8, "right", is_bold=True)
    seal = f"{about.selection.session}, entries 1-{about.selection.last_seq}, {whole}, {sealed}, installation {about.installation}"
    yield Words(MARGIN, y + 3.4, seal, "muted", 6)
