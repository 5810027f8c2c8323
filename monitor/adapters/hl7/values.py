"""An OBX as a value: its number, its unit, and what the device doubts about it. Pure."""

from decimal import Decimal
from typing import Final

from monitor.adapters.doubts import Doubt
from monitor.adapters.hl7.message import Segment
from monitor.adapters.quantities import Quantity, number_of
from monitor.adapters.said import DeviceValue, Kind, Origin, measured, missing

# What devices write where they have no value: -1, -10, -100, -999, -99.9, -1000 (tenths), -10000. None of these quantities can be negative;
# an invasive pressure can, and there only the numbers that no vessel reaches are missing.
_CAN_BE_NEGATIVE: Final = frozenset({Quantity.INVASIVE_SYSTOLIC_BP, Quantity.INVASIVE_DIASTOLIC_BP, Quantity.INVASIVE_MEAN_BP})
_BELOW_ANY_PRESSURE: Final = Decimal(-90)
_HOTTER_THAN_ANYBODY: Final = Decimal(60)  # degrees Celsius: tenths under the unit of degrees (Northern)

_FLAGS: Final = {  # OBX-8, beside H and L
    "INV": Doubt.DEVICE_SAYS_INVALID,
    "NAV": Doubt.NOT_MEASURED,
    "QUES": Doubt.DEVICE_SAYS_QUESTIONABLE,
    "CAL": Doubt.CALIBRATING,
    "CALIB": Doubt.CALIBRATING,
    "TEST": Doubt.TEST,
    "EARLY": Doubt.EARLY_ESTIMATE,
    "ONG": Doubt.ONGOING,
}
_TAKEN_BACK: Final = frozenset({"D", "W"})  # OBX-11; X is no sign of a fault where there is a number (Philips IntelliBridge)


def value_of(quantity: Quantity, text: str, unit: str, origin: Origin, doubts: frozenset[Doubt]) -> DeviceValue:
    """`text`: OBX-5. `unit`: UCUM. `doubts`: of the row."""
    if is_none(text):
        return missing(quantity, origin, doubts)
    number = number_of(text)
    if number is not None and _is_sentinel(quantity, number):
        return missing(quantity, origin, doubts)
    if number is not None and quantity is Quantity.TEMPERATURE and number > _HOTTER_THAN_ANYBODY:
        number = None
    return measured(quantity, number, unit, origin, doubts)


def doubts_of(segment: Segment) -> frozenset[Doubt]:
    """By OBX-8 and OBX-11."""
    doubts = {_FLAGS[flag] for flag in flags_of(segment) if flag in _FLAGS}
    if segment.part(11).upper() in _TAKEN_BACK:
        doubts.add(Doubt.DEVICE_SAYS_INVALID)
    return frozenset(doubts)


def flags_of(segment: Segment) -> frozenset[str]:
    """OBX-8, in capitals."""
    return frozenset(flag.strip().upper() for flag in segment.repetitions(8))


def is_none(text: str) -> bool:
    """Empty, dashes and HL7's own null `""` are no value."""
    return not text.strip(' -"')


def kind_of(segment: Segment, *, is_spot: bool) -> Kind:
    """OBX-17 says how it was made; Northern says so in OBX-13."""
    words = {part.upper() for field in (13, 17) for part in segment.components(field)}
    if words & {"MSET", "ASET"}:
        return Kind.SETTING
    if words & {"MMEAS", "MCALC", "MANUAL"}:
        return Kind.MANUAL
    return Kind.APERIODIC if is_spot or "APERIODIC" in words else Kind.CONTINUOUS


def _is_sentinel(quantity: Quantity, number: Decimal) -> bool:
    return number < (_BELOW_ANY_PRESSURE if quantity in _CAN_BE_NEGATIVE else 0)
