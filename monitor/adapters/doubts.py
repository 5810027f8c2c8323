"""Why a device's number is not to be trusted as it stands, in the device's own terms, and what that makes of it."""

from enum import StrEnum
from typing import Final

from schemas.measurement import Validity


class Doubt(StrEnum):
    """What is wrong with one value. Several can hold at once; the worst decides (`validity_of`)."""

    NOT_MEASURED = "not_measured"  # the device says it has no value: empty, dashes, its sentinel
    NO_SENSOR = "no_sensor"
    SENSOR_OFF = "sensor_off"  # not on the patient
    SENSOR_FAULT = "sensor_fault"
    PULSE_SEARCH = "pulse_search"  # a number that is shown now is an old one
    CALIBRATING = "calibrating"
    TEST = "test"  # a test pattern of the device
    DEVICE_SAYS_INVALID = "device_says_invalid"
    UNKNOWN_UNIT = "unknown_unit"  # units are never guessed
    NOT_A_NUMBER = "not_a_number"  # text where a number belongs, or one beyond any measurement
    LOW_PERFUSION = "low_perfusion"
    POOR_SIGNAL = "poor_signal"
    INTERFERENCE = "interference"  # motion, ambient light, another device
    EARLY_ESTIMATE = "early_estimate"
    ONGOING = "ongoing"  # the measurement is not finished
    DEVICE_EXCEPTION = "device_exception"  # the device reports a fault this table has no name for
    DEVICE_SAYS_QUESTIONABLE = "device_says_questionable"
    AGE_UNKNOWN = "age_unknown"  # may be an old result told again: the device gives it no time of its own

    __hash__ = str.__hash__


_QUESTIONABLE: Final = frozenset(
    {
        Doubt.LOW_PERFUSION,
        Doubt.POOR_SIGNAL,
        Doubt.INTERFERENCE,
        Doubt.EARLY_ESTIMATE,
        Doubt.ONGOING,
        Doubt.DEVICE_EXCEPTION,
        Doubt.DEVICE_SAYS_QUESTIONABLE,
        Doubt.AGE_UNKNOWN,
    }
)


def validity_of(doubts: tuple[Doubt, ...]) -> Validity:
    """The worst of them: none is valid, and any outside the questionable ones is invalid."""
    if not doubts:
        return Validity.VALID
    return Validity.QUESTIONABLE if _QUESTIONABLE.issuperset(doubts) else Validity.INVALID
