"""Measured values as Observations on FHIR's vital-signs profiles: one for each reading, and one panel for the values of one cuff.

A value that admission refused is no value here: `dataAbsentReason` says why, and the device's number stands in an extension that no reader
of vital signs looks at. A questionable one keeps its value and says so in `interpretation`. `effectiveDateTime` is the device's own clock,
`issued` the arrival; both in UTC.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from monitor.export.fhir.naming import Naming
from monitor.export.fhir.terms import ABSENT, CATEGORY, LOINC, MDC, Json, coding, concept, extension, notes, of_milli, ours
from schemas.instant import format_ms
from schemas.log import Measured
from schemas.measurement import Reading, Reason, Validity
from schemas.vitals import VITAL_SIGNS, Unit, Vital

VITAL_SIGNS_CATEGORY: Final = [concept(coding(CATEGORY, "vital-signs", "Vital Signs"))]
_UNIT_NAMES: Final = {Unit.PER_MINUTE: "/min", Unit.MMHG: "mmHg", Unit.PERCENT: "%"}


class Form(msgspec.Struct, frozen=True):
    """How a vital sign is written: the part of its id, the profile, the LOINC codes that the profile asks for beside that of the table."""

    part: str
    profile: str
    profile_loinc: tuple[str, str] | None = None


_FORMS: Final = {
    Vital.HEART_RATE: Form("hr", "heartrate"),
    Vital.PULSE_RATE: Form("pr", "heartrate", ("8867-4", "Heart rate")),
    Vital.MEAN_BP: Form("map", "vitalsigns"),
    Vital.SPO2: Form("spo2", "oxygensat", ("2708-6", "Oxygen saturation in Arterial blood")),
    Vital.RESPIRATORY_RATE: Form("rr", "resprate"),
    Vital.ETCO2: Form("etco2", "vitalsigns"),
}
_PANEL: Final = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)
_PANEL_CODE: Final = concept(coding(LOINC, "85354-9", "Blood pressure panel with all children optional"), text="Blood pressure")
_NOT_SAID: Final = "unknown"  # the profile wants both pressures, and the cuff gave one
_ABSENT_CODES: Final = {Reason.NOT_MEASURED: "not-performed"}  # every other reason to refuse a value: error


def observations(naming: Naming, seq: int, body: Measured) -> Iterator[Json]:
    """Of one log entry."""
    by_vital = {reading.vital: reading for reading in body.readings}
    is_panel = Vital.SYSTOLIC_BP in by_vital or Vital.DIASTOLIC_BP in by_vital
    if is_panel:
        yield _panel(naming, seq, body, [by_vital.get(vital) for vital in _PANEL])
    for vital, form in _FORMS.items():
        reading = by_vital.get(vital)
        if reading is not None and not (is_panel and vital is Vital.MEAN_BP):
            about = {"code": _code(vital, form.profile_loinc), **_value(reading), **_doubt([reading])}
            yield _observation(naming, seq, body, form, about)


def _observation(naming: Naming, seq: int, body: Measured, form: Form, about: Json) -> Json:
    return {
        "resourceType": "Observation",
        "id": naming.id_of(form.part, seq),
        **naming.meta(form.profile, (body.mode,)),
        "status": "final",
        "category": VITAL_SIGNS_CATEGORY,
        **about,
        "subject": naming.subject,
        "encounter": naming.encounter,
        "effectiveDateTime": format_ms(body.measured_at_ms),
        "issued": format_ms(body.received_at_ms),
        "device": naming.device(body.device),
    }


def _panel(naming: Naming, seq: int, body: Measured, readings: Sequence[Reading | None]) -> Json:
    *required, mean = readings
    components = [
        {"code": _code(vital), **(_absent(_NOT_SAID) if reading is None else _value(reading))}
        for vital, reading in zip(_PANEL, required, strict=False)
    ]
    if mean is not None:
        components.append({"code": _code(Vital.MEAN_BP), **_value(mean)})
    doubt = _doubt([reading for reading in readings if reading is not None])
    return _observation(naming, seq, body, Form("bp", "bp"), {"code": _PANEL_CODE, "component": components, **doubt})


def _code(vital: Vital, of_profile: tuple[str, str] | None = None) -> Json:
    row = VITAL_SIGNS[vital]
    first = [] if of_profile is None else [coding(LOINC, *of_profile)]
    return concept(*first, coding(LOINC, row.loinc), coding(MDC, str(row.mdc), row.mdc_name), text=row.title)


def _value(reading: Reading) -> Json:
    """A value, or why there is none; never both."""
    unit = VITAL_SIGNS[reading.vital].unit
    if reading.validity is not Validity.INVALID and reading.value_milli is not None:
        return {"valueQuantity": of_milli(reading.value_milli, _UNIT_NAMES[unit], unit.value)}
    absent = _absent(_ABSENT_CODES.get(reading.reason, "error"), reading.reason.value.replace("_", " "))
    if reading.value_milli is None:
        return absent
    refused = of_milli(reading.value_milli, _UNIT_NAMES[unit], unit.value)
    return absent | {"extension": [extension("refused-value", "valueQuantity", refused)]}


def _absent(code: str, text: str = "") -> Json:
    return {"dataAbsentReason": concept(coding(ABSENT, code), text=text)}


def _doubt(readings: Sequence[Reading]) -> Json:
    """What a reader must know of values that are there: questionable, or from the past."""
    said = [reading for reading in readings if reading.reason is not Reason.NONE and reading.validity is not Validity.INVALID]
    texts = [f"{VITAL_SIGNS[one.vital].label}: {one.validity}, {one.reason.value.replace('_', ' ')}" for one in said]
    codes = sorted({one.validity.value for one in said if one.validity is Validity.QUESTIONABLE})
    codes += sorted({one.reason.value for one in said if one.reason is Reason.LATE})
    return {**({"interpretation": [concept(*(coding(ours("validity"), code) for code in codes))]} if codes else {}), **notes(*texts)}
