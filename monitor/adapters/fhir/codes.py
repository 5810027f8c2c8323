"""What a coded Observation means: LOINC here, IEEE 11073 by the table of `hl7.codes`; and UCUM units. Pure tables.

Codings of one concept are translations of each other: where two of them that are known here disagree, none is trusted.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from monitor.adapters.hl7.codes import CONTRADICTION, UNKNOWN, Code, meaning_of
from monitor.adapters.quantities import Quantity

LOINC: Final = "http://loinc.org"
MDC: Final = "urn:iso:std:iso:11073:10101"
UCUM: Final = "http://unitsofmeasure.org"

_GENERIC_RATE: Final = "8867-4"  # "heart rate" of the profile, which a pulse rate carries beside its own code
_LOINC: Final = {
    _GENERIC_RATE: Quantity.HEART_RATE,
    "8889-8": Quantity.PULSE_RATE,
    "59408-5": Quantity.SPO2,
    "2708-6": Quantity.SPO2,
    "9279-1": Quantity.RESPIRATORY_RATE,
    "19891-1": Quantity.ETCO2,
    "8480-6": Quantity.SYSTOLIC_BP,
    "8462-4": Quantity.DIASTOLIC_BP,
    "8478-0": Quantity.MEAN_BP,
    "76534-7": Quantity.SYSTOLIC_BP,
    "76535-4": Quantity.DIASTOLIC_BP,
    "76536-2": Quantity.MEAN_BP,
    "76215-3": Quantity.INVASIVE_SYSTOLIC_BP,
    "76213-8": Quantity.INVASIVE_DIASTOLIC_BP,
    "76214-6": Quantity.INVASIVE_MEAN_BP,
    "8310-5": Quantity.TEMPERATURE,
    "61006-3": Quantity.PERFUSION_INDEX,
}
_SPECIAL: Final = {  # a general code beside the special one
    (Quantity.SYSTOLIC_BP, Quantity.INVASIVE_SYSTOLIC_BP): Quantity.INVASIVE_SYSTOLIC_BP,
    (Quantity.DIASTOLIC_BP, Quantity.INVASIVE_DIASTOLIC_BP): Quantity.INVASIVE_DIASTOLIC_BP,
    (Quantity.MEAN_BP, Quantity.INVASIVE_MEAN_BP): Quantity.INVASIVE_MEAN_BP,
    (Quantity.HEART_RATE, Quantity.PULSE_RATE): Quantity.PULSE_RATE,
}
PANELS: Final = frozenset({"85354-9", "96607-7", "55284-4"})  # blood pressure: the components say what they are
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")


def quantity_of(codings: Iterable[dict[str, Any]]) -> Quantity | str:
    """What it is, or why that cannot be said. The special code decides beside a general one."""
    found: set[Quantity] = set()
    for coding in codings:
        system, code = coding.get("system"), coding.get("code")
        if system == LOINC and code in _LOINC:
            found.add(_LOINC[code])
        elif system == MDC and isinstance(code, str):
            meaning = meaning_of(Code(code, "", "MDC"))
            if not isinstance(meaning, str):
                found.add(meaning.quantity)
    if len(found) == 2:
        special = [of for pair, of in _SPECIAL.items() if found == set(pair)]
        found = set(special) or found
    if not found:
        return UNKNOWN
    return found.pop() if len(found) == 1 else CONTRADICTION


def unit_of(quantity: dict[str, Any]) -> str:
    """UCUM without its annotations; empty where the unit is not given as UCUM: the text for people is not read."""
    code = quantity.get("code")
    if quantity.get("system") != UCUM or not isinstance(code, str):
        return ""
    bare = _ANNOTATION.sub("", code)
    return "/min" if bare == "1/min" else bare or "1"
