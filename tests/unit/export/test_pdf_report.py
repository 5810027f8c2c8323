"""The pages themselves, read back by another library: what the log holds stands on the paper, words are inert, bytes are the same."""

import asyncio
import re
from collections.abc import Callable, Iterator

import pypdfium2
import pytest

from monitor.export.pdf import apart
from monitor.export.pdf.gather import SessionHasNoBeginning
from monitor.export.pdf.rems import rems_pdf
from monitor.export.pdf.report import report_pdf
from monitor.export.pdf.wording import printable, utc
from monitor.export.selection import select
from schemas.log import AlertChanged, Measured, NoteAdded
from schemas.vitals import Vital, format_milli
from tests.unit.export.paper_log import paper_log
from tests.unit.export.session_log import FakeStore, Log, stamp_of


def made(log: Log, make: Callable[..., object] = report_pdf) -> bytes:
    async def run() -> bytes:
        store = FakeStore(log, chunk=500)
        return b"".join([block async for block in make(store, await select(store, log.id), stamp_of(), "Europe/Berlin")])  # type: ignore[attr-defined]

    return asyncio.run(run())


def pages_of(data: bytes) -> list[str]:
    """The text of each page, white space made one."""
    document = pypdfium2.PdfDocument(data)
    return [re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in document]


@pytest.fixture(scope="module", autouse=True)
def painted_here() -> Iterator[None]:
    """A process for each page of these tests would cost a second; test_pdf_apart holds that the bytes are the same."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(apart, "APART_FROM_MS", 10**15)
        yield


@pytest.fixture(scope="module")
def log() -> Log:
    return paper_log()


@pytest.fixture(scope="module")
def data(log: Log) -> bytes:
    return made(log)


@pytest.fixture(scope="module")
def pages(data: bytes) -> list[str]:
    return pages_of(data)


def test_each_cuff_of_the_log_stands_on_the_paper(log: Log, pages: list[str]) -> None:
    text, cuffs = " ".join(pages), 0
    for entry in log.entries:
        if not isinstance(entry.body, Measured):
            continue
        values = {reading.vital: reading.value_milli for reading in entry.body.readings}
        if Vital.SYSTOLIC_BP in values:
            cuffs += 1
            said = "/".join(format_milli(values[vital] or 0) for vital in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP))
            at_ms = entry.body.measured_at_ms if "late" in {reading.reason.value for reading in entry.body.readings} else entry.at_ms
            assert re.search(rf"{utc(at_ms)} \S+ \S+ min {said} ", text), said
    assert cuffs == 6
    for remark in ("SBP questionable (jump)", "SBP invalid (pulse_pressure)", "SBP valid (late)"):
        assert remark in text


def test_each_transition_of_an_alert_has_its_row(log: Log, pages: list[str]) -> None:
    text = " ".join(pages)
    changed = [entry for entry in log.entries if isinstance(entry.body, AlertChanged)]
    assert len(changed) == 2
    for entry in changed:
        assert re.search(rf"\b{entry.seq} {utc(entry.at_ms)} \S+ BP-H1\.1 high (RAISED|resolved): ", text)


def test_a_correction_stands_beside_what_it_corrects(pages: list[str]) -> None:
    assert re.search(
        r"Rate 9 mg/min set by anna anna MADE IN ERROR, counts no more since [\d-]+ [\d:]+Z by ben: meant for room 4", " ".join(pages)
    )


def test_drug_signature_limits_and_completeness_are_there(pages: list[str]) -> None:
    text = " ".join(pages)
    for said in (
        "Drawn 50 mg of 50 mg/ml, lot LOT-A17, by anna",
        "Waste of entry",
        "wasted before a witness 7 mg, without 0 mg; not accounted for",
        "A. Meyer anna fit to leave with the escort entry 507, digest abababab",
        "checkpoint of 41 leaves, root cm9vdA==",
        "BP-H1: SBP limit 180 -> 190 by anna, confirmed by ben",
        "infusing ordered by anna, overriding: patient asked",
        "HR /min",
        "The monitor was not running from",
    ):
        assert said in text, said


def test_every_page_says_whose_it_is_what_it_is_for_and_where_it_belongs(log: Log, pages: list[str]) -> None:
    for number, text in enumerate(pages, start=1):
        for said in ("SIMULATED", "not for primary monitoring", log.seals[-1].digest, f"page {number} of {len(pages)}", "A. B., born 1980"):
            assert said in text, (number, said)


def test_hostile_words_are_text_and_nothing_else(data: bytes, pages: list[str]) -> None:
    text = " ".join(pages)
    for said in (
        "<b>=cmd|' /C calc'!A0</b>",
        "[U+202E RIGHT-TO-LEFT OVERRIDE]evil",
        "[U+0007]",
        "{nb}",
        "[U+4F60 CJK UNIFIED IDEOGRAPH-4F60]",
    ):
        assert said in text, said
    assert "\u202e" not in text
    for active in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/AA", b"/EmbeddedFile", b"/Annots"):
        assert active not in data
    assert re.search(rb"/OpenAction \[", data), "a place to begin at, no action"
    document = pypdfium2.PdfDocument(data)
    assert document.get_formtype() == 0
    assert all(next(page.get_objects(), None) is not None for page in document)


def test_a_long_note_is_whole(log: Log, pages: list[str]) -> None:
    note = next(entry.body.text for entry in log.entries if isinstance(entry.body, NoteAdded))
    assert re.sub(r"\s+", " ", note).strip() in " ".join(pages)


@pytest.mark.parametrize("make", [report_pdf, rems_pdf])
def test_the_same_record_gives_the_same_bytes(make: Callable[..., object]) -> None:
    assert made(paper_log(), make) == made(paper_log(), make)


def test_another_record_gives_others(data: bytes) -> None:
    """The negative control of the test above."""
    log = paper_log()
    log.say(NoteAdded(by="anna", text="one more"))
    assert made(log) != data


def test_metadata_names_the_session_and_no_other_clock(data: bytes) -> None:
    assert b">Session S-000001: record on paper</rdf:li>" in data
    dates = set(re.findall(rb"(?:D:|Date>)(\d{4}-?\d\d-?\d\d)", data))
    assert {date.replace(b"-", b"") for date in dates} == {b"20261119"}, "of the stamp, never of the machine"
    assert b"<pdfaid:part>2" in data
    assert b"/Lang (en)" in data
    assert b"/FontFile2" in data


def test_pages_are_drawn_and_hold_colours_of_the_chart(data: bytes) -> None:
    """Not blank, and the green of the rate is on it."""
    picture = pypdfium2.PdfDocument(data)[0].render(scale=1).to_pil().convert("RGB")
    colours = {colour: count for count, colour in picture.getcolors(1 << 20)}
    assert colours[255, 255, 255] < 0.97 * picture.width * picture.height
    assert sum(count for (red, green, blue), count in colours.items() if green > red + 60 and green > blue + 30) > 100


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\u00b5g \u00e9 \u0416 \u03b1 \u2265", "\u00b5g \u00e9 \u0416 \u03b1 \u2265"),
        ("a\nb", "a\nb"),
        ("\x00", "[U+0000]"),
        ("\u200b\u2067", "[U+200B ZERO WIDTH SPACE][U+2067 RIGHT-TO-LEFT ISOLATE]"),
        ("\ud800", "[U+D800]"),
        ("\U0001f9ff", "[U+1F9FF NAZAR AMULET]"),
    ],
)
def test_what_cannot_be_printed_is_named(text: str, shown: str) -> None:
    assert printable(text, frozenset({*range(32, 0x2300)} - {0x200B})) == shown


def test_a_session_without_anything_is_a_report_too() -> None:
    log = Log()
    log.create()
    text = " ".join(pages_of(made(log)))
    assert "NO DEVICE WAS BOUND" in text
    assert "NOT ENDED when this was made" in text
    assert "No device was ever bound" in text


def test_a_log_without_its_beginning_is_refused() -> None:
    log = Log()
    log.say(NoteAdded(by="anna", text="x"))
    with pytest.raises(SessionHasNoBeginning):
        made(log)


def test_the_form_is_filled_from_the_record_and_guesses_nothing(log: Log) -> None:
    text = " ".join(pages_of(made(log, rems_pdf)))
    for said in (
        "This is not the official form",
        "Year of birth 1980 entry 1",
        "Lot LOT-A17 entry 5",
        "Blood pressure before the dose: last cuff before it 121/71 mmHg at",
        "nearest cuff within 10 min 132/77 mmHg at",
        "Minutes from the first dose to the end 122",
        "Sedation: MOAA/S below 5, from when to when no entry 4",
        "Patient name Patient as known here (pseudonym) A. B.",
        "Date of birth Year of birth",
        "Sex Healthcare setting",
        "Vomiting Panic Chest pain",
        "Signed for the discharge in the record A. Meyer (anna)",
    ):
        assert said in text, said
