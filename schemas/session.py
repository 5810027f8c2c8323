"""A session: one patient, one infusion (or none), one log."""

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.vitals import Vital

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
CODE_PATTERN = r"^[A-Z0-9][A-Z0-9-]{2,15}$"  # e.g. 'K-0017': a clinic's own pseudonym, never a name or a record number
Code = Annotated[str, msgspec.Meta(pattern=CODE_PATTERN)]
SHOWN_SALT = "sha256:"  # what a de-identified log begins its salt with
Salt = Annotated[str, msgspec.Meta(pattern=r"^(sha256:)?[0-9a-f]{64}$(?!\n)")]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
RequestId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{8,64}$(?!\n)")]  # made by the client; absent where it gave none
_CODE = re.compile(CODE_PATTERN.removesuffix("$"))


def is_code(text: str) -> bool:
    """Whether it can be the code of a patient."""
    return _CODE.fullmatch(text) is not None


class Phase(StrEnum):
    """Where a session stands. The order is the usual course; the allowed steps are a table in the core."""

    PLANNED = "planned"
    BASELINE = "baseline"
    INFUSING = "infusing"
    PAUSED = "paused"
    RECOVERY = "recovery"
    CLOSED = "closed"
    ABORTED = "aborted"

    __hash__ = str.__hash__


OPEN_PHASES = frozenset({Phase.PLANNED, Phase.BASELINE, Phase.INFUSING, Phase.PAUSED, Phase.RECOVERY})


class Treatment(StrEnum):
    """What is given, and how. `none` is a session that is only watched (a recorded patient who had no infusion)."""

    KETAMINE_IV = "ketamine_iv"
    KETAMINE_IM = "ketamine_im"
    KETAMINE_ORAL = "ketamine_oral"
    ESKETAMINE_NASAL = "esketamine_nasal"
    NONE = "none"

    __hash__ = str.__hash__


INFUSED = frozenset({Treatment.KETAMINE_IV})  # has a rate and a duration; of the others each dose is recorded as it is given


class Patient(msgspec.Struct, frozen=True, omit_defaults=True):
    """Pseudonymous by design: initials and year of birth, as on the mock of the ward; no name, no number.

    `code` joins a patient's sessions into a course, and nothing else does: initials and a year do not tell two people apart. It is chosen
    by a person and never guessed. Without one it is not written (`omit_defaults`; no other field has a default), so that entries of logs
    from before it have the bytes that they had.
    """

    birth_year: Annotated[int, msgspec.Meta(ge=1900, le=2100)] | None
    label: Name
    weight_g: Annotated[int, msgspec.Meta(ge=20_000, le=300_000)]
    code: Code | None = None


class Order(msgspec.Struct, frozen=True):
    """What the prescriber ordered: total micrograms over a planned time. 0.5 mg/kg over 40 min is the usual one. What is not infused has no
    duration."""

    dose_ug: Annotated[int, msgspec.Meta(ge=0, le=2_000_000)]
    duration_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
    treatment: Treatment


class Baseline(msgspec.Struct, frozen=True):
    """Personal baseline of one vital sign: the median of `count` valid readings before the infusion, then frozen."""

    count: int
    value_milli: int
    vital: Vital


class RecordState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a signature is under: the digest of the session's last seal (lower-case hex) and the last entry it closes, and the newest
    checkpoint of the installation, where there was one: its size in leaves and its root in base64."""

    digest: str
    seq: int
    root: str | None = None
    size: int | None = None
