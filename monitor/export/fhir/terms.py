"""Codings, quantities and texts as FHIR writes them. Standard systems by their own addresses; what no standard names is ours."""

import re
from decimal import Decimal
from typing import Any, Final

from schemas.instant import format_ms
from schemas.vitals import MILLI

Json = dict[str, Any]

OURS: Final = "https://infusion-monitor.invalid/fhir"  # RFC 2606: a name that nobody can own, and nothing resolves
LOINC: Final = "http://loinc.org"
MDC: Final = "urn:iso:std:iso:11073:10101"
UCUM: Final = "http://unitsofmeasure.org"
SNOMED: Final = "http://snomed.info/sct"
ATC: Final = "http://www.whocc.no/atc"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SHOWN_FROM: Final = 0x2400  # U+2400..U+241F: the pictures of the control characters
_MICROGRAMS_A_MG: Final = 1000


def ours(system: str) -> str:
    """The address of a code system of this project."""
    return f"{OURS}/CodeSystem/{system}"


def coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(*codings: Json, text: str = "") -> Json:
    return {**({"coding": list(codings)} if codings else {}), **({"text": text} if text else {})}


def quantity(value: Decimal | int, unit: str, code: str) -> Json:
    """`unit` for people, `code` in UCUM."""
    whole = int(value)
    return {"value": whole if value == whole else float(value), "unit": unit, "system": UCUM, "code": code}


def of_milli(value_milli: int, unit: str, code: str) -> Json:
    """Thousandths of the unit."""
    return quantity(Decimal(value_milli) / MILLI, unit, code)


def milligrams(micrograms: int) -> Json:
    return quantity(Decimal(micrograms) / _MICROGRAMS_A_MG, "mg", "mg")


def text_of(text: str) -> str:
    """FHIR's strings hold no control characters but tab and line ends: the others become their pictures. Empty stays empty: then the
    element is left out."""
    return _CONTROL.sub(lambda found: chr(_SHOWN_FROM + ord(found[0])), text).strip()


def extension(name: str, kind: str, value: object) -> Json:
    """One of ours; `kind` is the type in its name: 'valueString'."""
    return {"url": f"{OURS}/StructureDefinition/{name}", kind: value}


def period(start_ms: int, end_ms: int | None) -> Json:
    return {"start": format_ms(start_ms), **({} if end_ms is None else {"end": format_ms(end_ms)})}


def person(username: str) -> Json:
    """A reference by name: people are no resources here."""
    identifier = {"system": f"{OURS}/NamingSystem/person", "value": text_of(username) or "unknown"}
    return {"type": "Practitioner", "identifier": identifier, "display": identifier["value"]}


def notes(*texts: str | None) -> Json:
    """The element `note`, or nothing."""
    found = [{"text": cleaned} for text in texts if text and (cleaned := text_of(text))]
    return {"note": found} if found else {}
