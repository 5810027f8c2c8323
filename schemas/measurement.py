"""What a device says, and what the monitor made of it.

Three times are kept apart: `measured_at` (the device's own clock, data), `received_at` (the monitor's clock when the bytes came) and
`at` (the decision). A `Measurement` is what one device said at one instant; a `Reading` is one value of it after admission.
"""

from enum import StrEnum

import msgspec

from schemas.vitals import Vital


class Mode(StrEnum):
    """Where a value comes from. Simulated and replayed data never pass for a patient's."""

    REAL = "real"
    SIMULATED = "simulated"
    REPLAYED = "replayed"

    __hash__ = str.__hash__


class Validity(StrEnum):
    """Admission's verdict. `invalid` is never judged; `questionable` may raise an alert late but never ends one."""

    VALID = "valid"
    QUESTIONABLE = "questionable"
    INVALID = "invalid"

    __hash__ = str.__hash__


class Reason(StrEnum):
    """Why a reading is not plainly valid and current. `none` is the ordinary case."""

    NONE = "none"
    NOT_MEASURED = "not_measured"  # the device says it has no value (probe off, cuff failed)
    OUT_OF_RANGE = "out_of_range"  # outside the plausible range of the vital sign
    CROSS_FIELD = "cross_field"  # systolic <= diastolic, or mean outside them
    NOT_ADVANCING = "not_advancing"  # the device's counter stands still: packets flow, the measurement does not
    LATE = "late"  # valid, but from the past: history only, never "now"
    SECOND_SOURCE = "second_source"  # another device of this session is the source of this vital sign
    JUMP = "jump"  # changed faster than physiology allows
    UNCALIBRATED = "uncalibrated"  # SpO2 below 70 %: oximeters are not calibrated there
    PULSE_PRESSURE = "pulse_pressure"  # systolic - diastolic too small for this systolic
    DEVICE_DOUBT = "device_doubt"  # the device itself does not vouch for it

    __hash__ = str.__hash__


class Value(msgspec.Struct, frozen=True, gc=False):
    """One value as the device gave it, in the unit of its vital sign; None where the device says it has none. `is_doubted`: by the device
    itself."""

    vital: Vital
    value_milli: int | None
    is_doubted: bool = False


class Measurement(msgspec.Struct, frozen=True, gc=False):
    """What one device says at one instant. `counter` must advance with every new measurement of the device."""

    device: str
    counter: int
    measured_at_ms: int
    values: tuple[Value, ...]


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value of one vital sign after admission. Fields in canonical (alphabetical) order."""

    reason: Reason
    validity: Validity
    value_milli: int | None
    vital: Vital
