"""What a code means: IEEE 11073-10101 numbers with the names they may carry, and the makers' own codes. Pure tables.

The numbers and names are those of published messages; the nomenclature itself is not public. A number and a name that contradict each
other are trusted neither way, but for pairs that one maker is known to send.
"""

import re
from typing import Final

import msgspec

from monitor.adapters.hl7.message import Segment
from monitor.adapters.quantities import Quantity

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


class Meaning(msgspec.Struct, frozen=True):
    """`rank`: which of several sources of one quantity is taken, the lowest first. `is_spot`: measured now and then, by a cuff."""

    quantity: Quantity
    names: frozenset[str] = frozenset()
    rank: int = 0
    is_spot: bool = False


def _m(quantity: Quantity, *names: str, rank: int = 0) -> Meaning:
    return Meaning(quantity, frozenset(names), rank)


def _spot(quantity: Quantity, *names: str) -> Meaning:
    return Meaning(quantity, frozenset(names), is_spot=True)


Q: Final = Quantity
_MDC: Final[dict[int, Meaning]] = {
    147842: _m(Q.HEART_RATE, "MDC_ECG_HEART_RATE", "MDC_ECG_CARD_BEAT_RATE"),
    149530: _m(Q.PULSE_RATE, "MDC_PULS_OXIM_PULS_RATE"),
    149538: _m(Q.PULSE_RATE, "MDC_PLETH_PULS_RATE", rank=1),
    149514: _m(Q.PULSE_RATE, "MDC_PULS_RATE", rank=2),
    149522: _m(Q.PULSE_RATE, "MDC_BLD_PULS_RATE_INV", "MDC_PULS_RATE", rank=3),  # the second name is Comen's
    149546: _spot(Q.PULSE_RATE, "MDC_PULS_RATE_NON_INV"),
    150456: _m(Q.SPO2, "MDC_PULS_OXIM_SAT_O2"),
    150021: _spot(Q.SYSTOLIC_BP, "MDC_PRESS_BLD_NONINV_SYS"),
    150022: _spot(Q.DIASTOLIC_BP, "MDC_PRESS_BLD_NONINV_DIA"),
    150023: _spot(Q.MEAN_BP, "MDC_PRESS_BLD_NONINV_MEAN"),
    150301: _spot(Q.SYSTOLIC_BP, "MDC_PRESS_CUFF_SYS"),
    150302: _spot(Q.DIASTOLIC_BP, "MDC_PRESS_CUFF_DIA"),
    150303: _spot(Q.MEAN_BP, "MDC_PRESS_CUFF_MEAN"),
    150037: _m(Q.INVASIVE_SYSTOLIC_BP, "MDC_PRESS_BLD_ART_ABP_SYS"),
    150038: _m(Q.INVASIVE_DIASTOLIC_BP, "MDC_PRESS_BLD_ART_ABP_DIA"),
    150039: _m(Q.INVASIVE_MEAN_BP, "MDC_PRESS_BLD_ART_ABP_MEAN"),
    150033: _m(Q.INVASIVE_SYSTOLIC_BP, "MDC_PRESS_BLD_ART_SYS", rank=1),
    150034: _m(Q.INVASIVE_DIASTOLIC_BP, "MDC_PRESS_BLD_ART_DIA", rank=1),
    150035: _m(Q.INVASIVE_MEAN_BP, "MDC_PRESS_BLD_ART_MEAN", rank=1),
    151594: _m(Q.RESPIRATORY_RATE, "MDC_CO2_RESP_RATE"),
    151562: _m(Q.RESPIRATORY_RATE, "MDC_RESP_RATE", rank=1),
    151552: _m(Q.RESPIRATORY_RATE, "MDC_RESP", rank=1),
    151578: _m(Q.RESPIRATORY_RATE, "MDC_TTHOR_RESP_RATE", rank=2),
    151658: _m(Q.RESPIRATORY_RATE, "MDC_PULS_OXIM_PLETH_RESP_RATE", rank=3),
    151708: _m(Q.ETCO2, "MDC_CONC_AWAY_CO2_ET"),
    151728: _m(Q.ETCO2, "MDC_AWAY_CO2_ET", rank=1),
    151712: _m(Q.ETCO2, "MDC_CONC_AWAY_CO2_EXP", rank=2),
    150368: _m(Q.TEMPERATURE, "MDC_TEMP_CORE"),
    150344: _m(Q.TEMPERATURE, "MDC_TEMP", rank=1),
    150488: _m(Q.PERFUSION_INDEX, "MDC_BLD_PERF_INDEX"),
    150448: _m(Q.PERFUSION_INDEX, "MDC_PULS_OXIM_PERF_REL", rank=1),
    158014: _m(Q.INFUSION_RATE, "MDC_FLOW_FLUID_PUMP_CURRENT"),
    157784: _m(Q.INFUSION_RATE_SET, "MDC_FLOW_FLUID_PUMP"),
    157884: _m(Q.VOLUME_TO_INFUSE, "MDC_VOL_FLUID_TBI"),
    157872: _m(Q.VOLUME_REMAINING, "MDC_VOL_FLUID_TBI_REMAIN"),
    157993: _m(Q.VOLUME_INFUSED, "MDC_VOL_FLUID_DELIV_TOTAL"),
    157916: _m(Q.TIME_REMAINING, "MDC_TIME_PD_REMAIN"),
}
_PAIRS: Final[dict[tuple[str, str, str], Meaning]] = {
    ("393216", "NIBP_SYS", _EDAN): _spot(Q.SYSTOLIC_BP),
    ("393217", "NIBP_DIA", _EDAN): _spot(Q.DIASTOLIC_BP),
    ("393219", "NIBP_PR", _EDAN): _spot(Q.PULSE_RATE),
    ("327680", "SPO2_SPO2", _EDAN): _m(Q.SPO2),
    ("131072", "ECG_HR", _EDAN): _m(Q.HEART_RATE),
    ("458752", "TEMP_T1", _EDAN): _m(Q.TEMPERATURE),
    # Nihon Kohden: no system
    ("007000", "VITAL SPO2", ""): _m(Q.SPO2),
    ("007001", "VITAL PR(SPO2)", ""): _m(Q.PULSE_RATE),
    ("009000", "NIBP SYS", ""): _spot(Q.SYSTOLIC_BP),
    ("009001", "NIBP DIAS", ""): _spot(Q.DIASTOLIC_BP),
    ("009002", "NIBP MEAN", ""): _spot(Q.MEAN_BP),
}

_UNIT_NUMBERS: Final = {
    262688: ("%", "MDC_DIM_PERCENT"),
    262656: ("1", "MDC_DIM_DIMLESS"),
    264864: ("/min", "MDC_DIM_BEAT_PER_MIN"),
    264928: ("/min", "MDC_DIM_RESP_PER_MIN"),
    266016: ("mm[Hg]", "MDC_DIM_MMHG"),
    265987: ("kPa", "MDC_DIM_KILO_PASCAL"),
    268192: ("Cel", "MDC_DIM_DEGC"),
    265266: ("mL/h", "MDC_DIM_MILLI_L_PER_HR"),
    263762: ("mL", "MDC_DIM_MILLI_L"),
    264320: ("s", "MDC_DIM_SEC"),
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
    if pair := _PAIRS.get((code.number, code.name.upper(), code.system.upper())):
        return pair
    if code.system.upper() == _PHILIPS:
        match = _HEX_CODE.fullmatch(code.number)
        return UNKNOWN if match is None else _MDC.get(_number_of(match), UNKNOWN)
    if code.system.upper() not in ("MDC", "") or not _NUMBER.fullmatch(code.number):
        return UNKNOWN
    name = code.name.upper()
    meaning = _MDC.get(int(code.number))
    if meaning is None:
        return CONTRADICTION if any(name in known.names for known in _MDC.values()) else UNKNOWN
    if not name:
        return meaning if code.system else UNKNOWN  # a bare number of no system can be anybody's
    return meaning if name in meaning.names else CONTRADICTION


def unit_of(code: Code) -> str:
    """UCUM; empty where it is none that is known here, or where number and name contradict each other."""
    if match := _HEX_CODE.fullmatch(code.number):
        return _UNIT_NUMBERS.get(_number_of(match), ("", ""))[0]
    if _NUMBER.fullmatch(code.number) and code.name:
        unit, name = _UNIT_NUMBERS.get(int(code.number), ("", ""))
        return unit if code.name.upper() == name else ""
    return _UNIT_NAMES.get(code.number.lower(), "")


def _number_of(match: re.Match[str]) -> int:
    return (int(match[1], 16) << 16) + int(match[2], 16)
