"""What people saw, asked, noted, weighed and destroyed, as Observations. An entry made in error keeps its place and says so."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from monitor.core.reason import is_yes_no
from monitor.export.fhir.naming import Naming
from monitor.export.fhir.story import Story
from monitor.export.fhir.terms import CATEGORY, LOINC, Json, coding, concept, milligrams, notes, ours, person, quantity, text_of
from monitor.export.fhir.vitals import VITAL_SIGNS_CATEGORY
from schemas.instant import format_ms
from schemas.log import DrugWasted, Entry, NoteAdded, ObservationCharted
from schemas.signs import SIGNS, Charted

_LOINC: Final = {
    Charted.AGITATION: coding(LOINC, "54632-5", "Richmond agitation-sedation scale"),
    Charted.PAIN: coding(LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"),
}
_EXAM: Final = [concept(coding(CATEGORY, "exam", "Exam"))]
_SURVEY: Final = [concept(coding(CATEGORY, "survey", "Survey"))]
_GRAMS_A_KG: Final = 1000


def charted(naming: Naming, story: Story) -> Iterator[Json]:
    """In the order of the log."""
    yield _weight(naming, story)
    for entry in story.entered:
        match entry.body:
            case ObservationCharted():
                yield _sign(naming, story, entry, entry.body)
            case NoteAdded():
                if text := text_of(entry.body.text):
                    about = {"code": concept(coding(ours("entry"), "note", "Note")), "valueString": text}
                    yield _observation(naming, story, entry, "note", about | {"performer": [person(entry.body.by)]})
            case DrugWasted():
                yield _waste(naming, story, entry, entry.body)
            case _:
                pass


def _sign(naming: Naming, story: Story, entry: Entry, body: ObservationCharted) -> Json:
    row, sign = SIGNS[body.sign], body.sign
    codings = [*([_LOINC[sign]] if sign in _LOINC else []), coding(ours("charted"), sign.value, row.label)]
    if is_yes_no(sign):
        value: Json = {"category": _EXAM, "valueBoolean": bool(body.value)}
    else:
        value = {"category": _SURVEY, "valueQuantity": quantity(body.value, "score", row.unit)}
    about = {"code": concept(*codings), **value, "performer": [person(body.by)]}
    return _observation(naming, story, entry, "charted", about, body.note)


def _waste(naming: Naming, story: Story, entry: Entry, body: DrugWasted) -> Json:
    """Drug that was destroyed was not administered: as an Observation nobody can add it to a dose. Preliminary until it was witnessed."""
    witness = story.witnesses.get(entry.seq)
    about = {
        "code": concept(coding(ours("entry"), "drug-wasted", "Drug destroyed before a witness")),
        "valueQuantity": milligrams(body.amount_ug),
        "performer": [person(body.by), *([] if witness is None else [person(witness)])],
    }
    said = f"witnessed by {witness}" if witness is not None else "not witnessed"
    return _observation(naming, story, entry, "waste", about, body.note, said, status="preliminary" if witness is None else "final")


def _observation(naming: Naming, story: Story, entry: Entry, part: str, about: Json, *texts: str | None, status: str = "final") -> Json:
    voided = story.voided.get(entry.seq)
    reason = None if voided is None else f"entered in error, marked by {voided.by}: {voided.reason}"
    return {
        "resourceType": "Observation",
        "id": naming.id_of(part, entry.seq),
        **naming.meta(),
        "status": status if voided is None else "entered-in-error",
        **about,
        "subject": naming.subject,
        "encounter": naming.encounter,
        "effectiveDateTime": format_ms(entry.at_ms),
        "issued": format_ms(entry.at_ms),
        **notes(*texts, reason),
    }


def _weight(naming: Naming, story: Story) -> Json:
    """The weight that the session was planned with, by the time it was entered."""
    kilograms = quantity(Decimal(story.created.patient.weight_g) / _GRAMS_A_KG, "kg", "kg")
    return {
        "resourceType": "Observation",
        "id": naming.id_of("weight"),
        **naming.meta("bodyweight"),
        "status": "final",
        "category": VITAL_SIGNS_CATEGORY,
        "code": concept(coding(LOINC, "29463-7", "Body weight"), text="Weight as entered for the dose"),
        "subject": naming.subject,
        "encounter": naming.encounter,
        "effectiveDateTime": format_ms(story.created_at_ms),
        "valueQuantity": kilograms,
        "performer": [person(story.created.by)],
    }
