"""What people send about the patient and the alerts: charted signs, a pause of the sound, another limit. As strict as `bodies`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from monitor.api.bodies import Body, Text, to_thousandths
from schemas.log import AudioPaused, EntryVoided, LimitProposed, ObservationCharted
from schemas.patient import PatientCorrected
from schemas.session import CODE_PATTERN
from schemas.signs import SIGNS, Charted
from schemas.vitals import Vital

MAX_PAUSE_S = 120  # schemas.log.AudioPaused.for_ms; the rule set may allow less
MAX_PROPOSAL = 1_000_000

ChartedSign = Annotated[Charted, Field(strict=False)]  # JSON has text alone
VitalSign = Annotated[Vital, Field(strict=False)]


class ObservationBody(Body):
    """`value` in the unit of the sign, within its range: GET /api/v1/signs has both. Yes is 1, no is 0."""

    sign: ChartedSign
    value: int

    @model_validator(mode="after")
    def _is_in_range(self) -> Self:
        row = SIGNS[self.sign]
        if not row.low <= self.value <= row.high:
            raise ValueError(f"{row.label} is {row.low:g} to {row.high:g}")
        return self


class ObservationsBody(Body):
    """Charted together, each sign once: all of it goes on record or none of it. `note` stands with each of them."""

    items: Annotated[list[ObservationBody], Field(min_length=1, max_length=len(Charted))]
    note: Text | None = None

    @model_validator(mode="after")
    def _names_each_sign_once(self) -> Self:
        if len({item.sign for item in self.items}) < len(self.items):
            raise ValueError("each sign at most once")
        return self

    def charted(self, by: str) -> tuple[ObservationCharted, ...]:
        return tuple(ObservationCharted(by=by, note=self.note, sign=item.sign, value=item.value) for item in self.items)


class CorrectionBody(Body):
    """`entry`: the `seq` of the entry that was made in error, as the journal has it."""

    entry: Annotated[int, Field(ge=1, le=2**53 - 1)]
    reason: Text

    def voided(self, by: str) -> EntryVoided:
        return EntryVoided(by=by, reason=self.reason, voids=self.entry)


class PatientCodeBody(Body):
    """`code`: the right one, null where the patient has none. `instead_of`: the one that was shown; where another one is in force by
    now, nothing is done."""

    code: Annotated[str, Field(pattern=CODE_PATTERN)] | None
    instead_of: Annotated[str, Field(pattern=CODE_PATTERN)] | None
    reason: Text

    def corrected(self, by: str, request: str | None) -> PatientCorrected:
        return PatientCorrected(by=by, code=self.code, old_code=self.instead_of, reason=self.reason, request=request)


class AudioPauseBody(Body):
    seconds: Annotated[int, Field(ge=1, le=MAX_PAUSE_S)] = MAX_PAUSE_S

    def paused(self, by: str) -> AudioPaused:
        return AudioPaused(by=by, for_ms=self.seconds * 1000)


class LimitBody(Body):
    """`limit` in the unit of the vital sign, within the rule's own bounds: GET .../limits has them."""

    rule: Annotated[str, Field(pattern=r"^[A-Z]{2,3}-[HML][0-9]{1,2}$")]
    vital: VitalSign
    direction: Literal["high", "low"]
    limit: Annotated[float, Field(ge=0, le=1_000)]
    reason: Text

    def proposed(self, by: str) -> LimitProposed:
        limit_milli = to_thousandths(self.limit)
        return LimitProposed(by=by, direction=self.direction, limit_milli=limit_milli, reason=self.reason, rule=self.rule, vital=self.vital)
