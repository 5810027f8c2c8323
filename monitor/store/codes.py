"""Integers that stand for words in the hot table. They are part of every database file: a code is never changed and never used again."""

from typing import Final

from schemas.measurement import Mode, Reason, Validity
from schemas.vitals import Vital

VITAL: Final[dict[Vital, int]] = {
    Vital.HEART_RATE: 1,
    Vital.PULSE_RATE: 2,
    Vital.SYSTOLIC_BP: 3,
    Vital.DIASTOLIC_BP: 4,
    Vital.MEAN_BP: 5,
    Vital.SPO2: 6,
    Vital.RESPIRATORY_RATE: 7,
    Vital.ETCO2: 8,
}

VALIDITY: Final[dict[Validity, int]] = {Validity.VALID: 1, Validity.QUESTIONABLE: 2, Validity.INVALID: 3}

REASON: Final[dict[Reason, int]] = {
    Reason.NONE: 0,
    Reason.NOT_MEASURED: 1,
    Reason.OUT_OF_RANGE: 2,
    Reason.CROSS_FIELD: 3,
    Reason.NOT_ADVANCING: 4,
    Reason.LATE: 5,
    Reason.SECOND_SOURCE: 6,
    Reason.JUMP: 7,
    Reason.UNCALIBRATED: 8,
    Reason.PULSE_PRESSURE: 9,
    Reason.DEVICE_DOUBT: 10,
}

MODE: Final[dict[Mode, int]] = {Mode.REAL: 1, Mode.SIMULATED: 2, Mode.REPLAYED: 3}

VITAL_OF: Final = {code: vital for vital, code in VITAL.items()}
VALIDITY_OF: Final = {code: validity for validity, code in VALIDITY.items()}
REASON_OF: Final = {code: reason for reason, code in REASON.items()}
MODE_OF: Final = {code: mode for mode, code in MODE.items()}
