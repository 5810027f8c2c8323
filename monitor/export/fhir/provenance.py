"""Where the resources come from: the head of the sealed log, signed by this installation, and what people signed."""

from collections.abc import Iterator
from typing import Final

from monitor.export.fhir.naming import Naming
from monitor.export.fhir.story import Story
from monitor.export.fhir.terms import Json, coding, concept, ours, person, text_of
from monitor.export.manifest import Stamp
from monitor.export.selection import Selection
from monitor.sessions.journal import describe
from schemas.instant import format_ms
from schemas.log import Seal, SignedOff, canonical
from schemas.patient import PatientCorrected

_VERIFICATION: Final = coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.5", "Verification Signature")
_ASSEMBLER: Final = concept(coding("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "assembler", "Assembler"))
_AUTHOR: Final = concept(coding("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author", "Author"))


def signed_text(naming: Naming, head: Seal) -> bytes:
    """The canonical bytes that the installation signs: which log, up to where, under which digest."""
    return canonical(
        {
            "digest": head.digest,
            "installation": naming.installation,
            "last_seq": head.last_seq,
            "session": naming.session,
            "type": "fhir_head",
        }
    )


def provenances(naming: Naming, story: Story, selection: Selection, stamp: Stamp) -> Iterator[Json]:
    """One for the log's last seal, where there is one; one for each sign-off, one for each correction of the patient's code."""
    if selection.last_seal is not None:
        yield _of_head(naming, selection.last_seal, stamp)
    for entry in story.entered:
        if isinstance(body := entry.body, PatientCorrected):
            yield {
                "resourceType": "Provenance",
                "id": naming.id_of("patient", entry.seq),
                **naming.meta(),
                "target": [naming.subject],
                "recorded": format_ms(entry.at_ms),
                "activity": concept(coding(ours("entry"), "patient-corrected", "Patient code corrected"), text=text_of(describe(body))),
                "agent": [{"type": _AUTHOR, "who": person(body.by)}],
            }
        elif isinstance(body, SignedOff):
            name, meaning = text_of(body.name) or body.by, text_of(body.meaning) or "signed"
            yield {
                "resourceType": "Provenance",
                "id": naming.id_of("signature", entry.seq),
                **naming.meta(),
                "target": [naming.encounter],
                "recorded": format_ms(entry.at_ms),
                "activity": concept(coding(ours("entry"), "signed-off", "Signed off"), text=meaning),
                "agent": [{"type": _AUTHOR, "who": person(body.by) | {"display": name}}],
            }


def _of_head(naming: Naming, head: Seal, stamp: Stamp) -> Json:
    """No time of the export in it: the same log gives the same resource."""
    at = format_ms(head.at_ms)
    signature = {
        "type": [_VERIFICATION],
        "when": at,
        "who": naming.monitor,
        "targetFormat": "application/json",
        "sigFormat": "application/octet-stream",
        "data": stamp.key.sign(signed_text(naming, head)),
    }
    digest = {"identifier": naming.identifier("log-head", head.digest), "display": f"log of {naming.session}, entries 1 to {head.last_seq}"}
    return {
        "resourceType": "Provenance",
        "id": naming.id_of("head", head.last_seq),
        **naming.meta(),
        "target": [naming.encounter],
        "recorded": at,
        "activity": concept(coding(ours("entry"), "exported", "Made from the sealed log of a session")),
        "agent": [{"type": _ASSEMBLER, "who": naming.monitor}],
        "entity": [{"role": "source", "what": digest}],
        "signature": [signature],
    }
