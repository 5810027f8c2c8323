"""Admission: is a value measured at all, plausible, credible beside its neighbours? Each is kept; the verdict says what it may do."""

from collections.abc import Sequence
from math import ceil, floor
from typing import Final

from schemas.limits import Admission
from schemas.measurement import Reading, Reason, Validity
from schemas.signs import Sign
from schemas.vitals import VITAL_SIGNS, Vital, to_milli

CUFF_VITALS: Final = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)
PLAUSIBLE_MILLI: Final = {vital: (to_milli(sign.plausible_min), to_milli(sign.plausible_max)) for vital, sign in VITAL_SIGNS.items()}
_HEART_RATE, _SPO2 = Vital.HEART_RATE, Vital.SPO2  # an enum's member is slow to look up, and this is on the path of every reading
_VALID, _QUESTIONABLE, _INVALID = Validity.VALID, Validity.QUESTIONABLE, Validity.INVALID
_NONE = Reason.NONE


def judge_value(vital: Vital, value_milli: int | None) -> Reading:
    """A value alone: measured at all, and inside the plausible range."""
    if value_milli is None:
        return Reading(Reason.NOT_MEASURED, _INVALID, None, vital)
    low, high = PLAUSIBLE_MILLI[vital]
    if low <= value_milli <= high:
        return Reading(_NONE, _VALID, value_milli, vital)
    return Reading(Reason.OUT_OF_RANGE, _INVALID, value_milli, vital)


def plain(sign: Sign, admission: Admission) -> tuple[int, int, int]:
    """(low, high, step) in thousandths: a value from `low` to `high` that is within `step` of the one before it is valid, whenever that
    was. It saves the closer look at most values. No value is plain by itself where cuffs are judged together, or where nobody measures."""
    if not isinstance(sign, Vital) or sign in CUFF_VITALS:
        return 1, 0, 0
    low, high = PLAUSIBLE_MILLI[sign]
    if sign is _SPO2:
        return max(low, ceil(admission.spo2_uncalibrated_below * 1000)), high, floor(admission.spo2_jump * 1000)
    if sign is _HEART_RATE:
        return low, high, floor(low * admission.heart_rate_jump_percent / 100)
    return low, high, high - low


def doubt(vital: Vital, value_milli: int, before_milli: int | None, elapsed_ms: int, admission: Admission) -> Reason:
    """What makes a plausible streamed value questionable: the uncalibrated range, a jump from the one `elapsed_ms` before; else `none`."""
    if vital is _SPO2:
        if value_milli < admission.spo2_uncalibrated_below * 1000:
            return Reason.UNCALIBRATED
        if before_milli is not None and elapsed_ms <= admission.spo2_jump_within_s * 1000:
            if abs(value_milli - before_milli) > admission.spo2_jump * 1000:
                return Reason.JUMP
    elif vital is _HEART_RATE and before_milli is not None and elapsed_ms <= admission.heart_rate_jump_within_s * 1000:
        if abs(value_milli - before_milli) * 100 > before_milli * admission.heart_rate_jump_percent:
            return Reason.JUMP
    return _NONE


def judge_cuff(readings: Sequence[Reading], admission: Admission) -> list[Reading]:
    """The values of one cuff cycle together: one impossible value voids all three, a weak pulse pressure makes them questionable."""
    cuff = {reading.vital: reading for reading in readings if reading.vital in CUFF_VITALS}
    if any(reading.reason is Reason.OUT_OF_RANGE for reading in cuff.values()):
        verdict = (Reason.CROSS_FIELD, _INVALID)
    else:
        systolic, diastolic, mean = (cuff[vital].value_milli if vital in cuff else None for vital in CUFF_VITALS)
        if _is_crossed(systolic, diastolic, mean):
            verdict = (Reason.CROSS_FIELD, _INVALID)
        elif systolic is not None and diastolic is not None and systolic - diastolic < _least_pulse_pressure_milli(systolic, admission):
            verdict = (Reason.PULSE_PRESSURE, _QUESTIONABLE)
        else:
            return list(readings)
    return [
        Reading(*verdict, reading.value_milli, reading.vital) if reading.vital in cuff and reading.validity is _VALID else reading
        for reading in readings
    ]


def _is_crossed(systolic: int | None, diastolic: int | None, mean: int | None) -> bool:
    """Systolic at or below diastolic, or a mean outside them; a value that is not there crosses nothing."""
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        return True
    return mean is not None and ((systolic is not None and mean > systolic) or (diastolic is not None and mean < diastolic))


def _least_pulse_pressure_milli(systolic_milli: int, admission: Admission) -> float:
    for above, least in admission.pulse_pressure:
        if systolic_milli > above * 1000:
            return least * 1000
    return 0.0
