"""The code that joins a patient's sessions, said again where it was mistyped: a further entry of the log, never a change of the first."""

from typing import Annotated

import msgspec
from msgspec.structs import replace

from schemas.session import Patient, RequestId, Text, is_code

WrittenCode = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]  # a code; in a de-identified log the commitment to one


class PatientCorrected(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="patient_corrected"):
    """Input: the patient's code is `code` and not `old_code`; None: there is none. Label, year of birth and weight stay.
    `is_late`: the session had been signed for or had ended. It is the one entry that the log of an ended session takes."""

    by: str
    code: WrittenCode | None
    old_code: WrittenCode | None
    reason: Text
    is_late: bool = False
    request: RequestId | None = None


def corrected(patient: Patient, body: PatientCorrected) -> Patient:
    """The patient by what was said last. A commitment is no code: in a de-identified log nobody has one."""
    return replace(patient, code=body.code if body.code is not None and is_code(body.code) else None)


def is_afterword(body: object) -> bool:
    """Said after the session was signed for or had ended: nothing of the session lasts until then."""
    return isinstance(body, PatientCorrected) and body.is_late
