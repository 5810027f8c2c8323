"""A virtual gateway that sends what a monitor shows as FHIR R4: a batch Bundle a second, marked as test data. Pure; see `http_wire`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from schemas.vitals import VITAL_SIGNS, Vital

Shown = Mapping[Vital, float | None]
Json = dict[str, Any]

DEVICE: Final = "VIRTUAL-GATEWAY-1"
_PROFILE: Final = "http://hl7.org/fhir/StructureDefinition/"
_LOINC: Final = "http://loinc.org"
_MDC: Final = "urn:iso:std:iso:11073:10101"
_TEST_DATA: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
_CATEGORY: Final = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}]
_PROFILES: Final = {Vital.HEART_RATE: "heartrate", Vital.SPO2: "oxygensat", Vital.RESPIRATORY_RATE: "resprate"}
_OF_PROFILE: Final = {Vital.SPO2: ("2708-6",), Vital.PULSE_RATE: ("8867-4",)}
_PANEL: Final = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)


def bundle(at: datetime, shown: Shown, *, in_kpa: bool = False) -> bytes:
    """What is shown at one instant; None: no value. A cuff is one Observation with its components."""
    resources = [observation(at, vital, value) for vital, value in shown.items() if vital not in _PANEL]
    cuff = {vital: shown[vital] for vital in _PANEL if vital in shown}
    if cuff:
        resources.append(panel(at, cuff, in_kpa=in_kpa))
    entries = [{"resource": one, "request": {"method": "POST", "url": "Observation"}} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()


def observation(at: datetime, vital: Vital, value: float | None) -> Json:
    return _base(at, vital.value, _PROFILES.get(vital, "vitalsigns")) | {"code": _code(vital)} | _value(vital, value)


def panel(at: datetime, cuff: Shown, *, in_kpa: bool = False) -> Json:
    components = [{"code": _code(vital)} | _value(vital, value, in_kpa=in_kpa) for vital, value in cuff.items()]
    code = {"coding": [{"system": _LOINC, "code": "85354-9"}]}
    return _base(at, "bp", "bp") | {"code": code, "component": components}


def _base(at: datetime, part: str, profile: str) -> Json:
    stamp = at.isoformat(timespec="milliseconds")
    return {
        "resourceType": "Observation",
        "meta": {"profile": [_PROFILE + profile], "security": [_TEST_DATA]},
        "identifier": [{"system": f"urn:virtual:{DEVICE}", "value": f"{part}@{stamp}"}],
        "status": "final",
        "category": _CATEGORY,
        "subject": {"display": "whoever lies there"},
        "effectiveDateTime": stamp,
        "device": {"identifier": {"value": DEVICE}, "display": "virtual gateway"},
    }


def _code(vital: Vital) -> Json:
    row = VITAL_SIGNS[vital]
    loinc = [{"system": _LOINC, "code": code} for code in (*_OF_PROFILE.get(vital, ()), row.loinc)]
    return {"coding": [*loinc, {"system": _MDC, "code": str(row.mdc), "display": row.mdc_name}]}


def _value(vital: Vital, value: float | None, *, in_kpa: bool = False) -> Json:
    if value is None:
        absent = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}
        return {"dataAbsentReason": {"coding": [absent]}}
    unit, shown = ("kPa", round(value / 7.50062, 1)) if in_kpa else (VITAL_SIGNS[vital].unit.value, round(value, 1))
    return {"valueQuantity": {"value": shown, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}}
