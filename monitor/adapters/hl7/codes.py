"""What a code in a message means: a number of the nomenclature with a name it may carry, or a maker's own. Pure.

A number and a name that contradict each other are trusted neither way, but for pairs that one maker is known to send.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from monitor.adapters.hl7.message import Segment
from monitor.adapters.nomenclature import MDC, UNIT_NUMBERS, Meaning, spot, streamed
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import MAX_TEXT

_HEX_CODE: Final = re.compile(r"([0-9a-f]{4})-([0-9a-f]{4})", re.ASCII | re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_PHILIPS: Final = "MDIL"  # the same numbers in hexadecimal, partition and term apart; the name is the label on the screen, in its language
_EDAN: Final = "EHC"


class Code(msgspec.Struct, frozen=True):
    """A coded field as it stands: number, name, system."""

    number: str
    name: str
    system: str

    @property
    def text(self) -> str:
        return "^".join((self.number, self.name, self.system)).rstrip("^")


Q: Final = Quantity
_PAIRS: Final[dict[tuple[str, str, str], Meaning]] = {
    ("393216", "NIBP_SYS", _EDAN): spot(Q.SYSTOLIC_BP),
    ("393217", "NIBP_DIA", _EDAN): spot(Q.DIASTOLIC_BP),
    ("393219", "NIBP_PR", _EDAN): spot(Q.PULSE_RATE),
    ("327680", "SPO2_SPO2", _EDAN): streamed(Q.SPO2),
    ("131072", "ECG_HR", _EDAN): streamed(Q.HEART_RATE),
    ("458752", "TEMP_T1", _EDAN): streamed(Q.TEMPERATURE),
    # Nihon Kohden: no system
    ("007000", "VITAL SPO2", ""): streamed(Q.SPO2),
    ("007001", "VITAL PR(SPO2)", ""): streamed(Q.PULSE_RATE),
    ("009000", "NIBP SYS", ""): spot(Q.SYSTOLIC_BP),
    ("009001", "NIBP DIAS", ""): spot(Q.DIASTOLIC_BP),
    ("009002", "NIBP MEAN", ""): spot(Q.MEAN_BP),
}

_UNIT_NAMES: Final = {
    "%": "%",
    "/min": "/min",
    "1/min": "/min",
    "bpm": "/min",
    "rpm": "/min",
    "{beat}/min": "/min",
    "{beats}/min": "/min",
    "{breath}/min": "/min",
    "{breaths}/min": "/min",
    "mmhg": "mm[Hg]",
    "mm[hg]": "mm[Hg]",
    "kpa": "kPa",
    "cel": "Cel",
    "°c": "Cel",
    "℃": "Cel",
    "degc": "Cel",
    "ml/h": "mL/h",
    "ml": "mL",
}

UNKNOWN: Final = "unknown code"
CONTRADICTION: Final = "number and name contradict each other"


def code_of(segment: Segment, number: int) -> Code:
    parts = [*segment.components(number), "", ""]
    return Code(parts[0], parts[1], parts[2])


def meaning_of(code: Code) -> Meaning | str:
    """What it means, or why that cannot be said."""
    return _meaning_of(code) if len(code.text) <= MAX_TEXT else UNKNOWN


@lru_cache(maxsize=1_024)  # a device has forty
def _meaning_of(code: Code) -> Meaning | str:
    if pair := _PAIRS.get((code.number, code.name.upper(), code.system.upper())):
        return pair
    if code.system.upper() == _PHILIPS:
        match = _HEX_CODE.fullmatch(code.number)
        return UNKNOWN if match is None else MDC.get(_number_of(match), UNKNOWN)
    if code.system.upper() not in ("MDC", "") or not _NUMBER.fullmatch(code.number):
        return UNKNOWN
    name = code.name.upper()
    meaning = MDC.get(int(code.number))
    if meaning is None:
        return CONTRADICTION if any(name in known.names for known in MDC.values()) else UNKNOWN
    if not name:
        return meaning if code.system else UNKNOWN  # a bare number of no system can be anybody's
    return meaning if name in meaning.names else CONTRADICTION


def unit_of(code: Code) -> str:
    """UCUM; empty where it is none that is known here, or where number and name contradict each other."""
    if match := _HEX_CODE.fullmatch(code.number):
        return UNIT_NUMBERS.get(_number_of(match), ("", ""))[0]
    if _NUMBER.fullmatch(code.number) and code.name:
        unit, name = UNIT_NUMBERS.get(int(code.number), ("", ""))
        return unit if code.name.upper() == name else ""
    return _UNIT_NAMES.get(code.number.lower(), "")


def _number_of(match: re.Match[str]) -> int:
    return (int(match[1], 16) << 16) + int(match[2], 16)
