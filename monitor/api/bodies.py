"""What people send: strict pydantic models, turned into the types of `schemas`. Numbers are numbers (no bool, no text, no NaN), unknown
fields are refused, units are in the names. Bounds are those of `schemas.session`: against slips of the keyboard, not clinical.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.log import AlertAcknowledged, BolusGiven, NoteAdded, PhaseOrdered, RateSet
from schemas.measurement import Mode
from schemas.session import CODE_PATTERN, INFUSED, Order, Patient, Phase, Treatment

MAX_DOSE_MG = 2_000  # schemas.session.Order.dose_ug
MAX_DURATION_MIN = 1_440  # schemas.session.Order.duration_ms


def one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("one line of printable characters is expected")
    return text


def _readable(text: str) -> str:
    if not all(character.isprintable() or character in "\n\t" for character in text):
        raise ValueError("control characters are not taken")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(one_line)]
LongLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(one_line)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_readable)]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
DoseMg = Annotated[float, Field(ge=0, le=MAX_DOSE_MG)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


class PatientBody(Body):
    """Pseudonymous: initials or another label, no name and no number. `code`: the clinic's own code, which joins a patient's sessions."""

    label: Line
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    weight_kg: Annotated[float, Field(ge=20, le=300)]
    code: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None

    def patient(self) -> Patient:
        return Patient(birth_year=self.birth_year, label=self.label, weight_g=to_thousandths(self.weight_kg), code=self.code)


class OrderBody(Body):
    """Exactly one of `dose_mg_per_kg` and `dose_mg`, and for an infusion its duration; for treatment `none` neither, and no duration."""

    treatment: Literal["ketamine_iv", "ketamine_im", "ketamine_oral", "esketamine_nasal", "none"]
    dose_mg_per_kg: Annotated[float, Field(gt=0, le=20)] | None = None
    dose_mg: Annotated[float, Field(gt=0, le=MAX_DOSE_MG)] | None = None
    duration_min: Annotated[float, Field(ge=0, le=MAX_DURATION_MIN)] = 0

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        doses = [dose for dose in (self.dose_mg_per_kg, self.dose_mg) if dose is not None]
        if self.treatment == "none":
            if doses or self.duration_min:
                raise ValueError("treatment 'none' has no dose and no duration")
        elif len(doses) != 1:
            raise ValueError("exactly one of dose_mg_per_kg and dose_mg is expected")
        elif Treatment(self.treatment) in INFUSED and not self.duration_min:
            raise ValueError("an infusion needs its duration_min")
        elif Treatment(self.treatment) not in INFUSED and self.duration_min:
            raise ValueError("what is not infused has no duration_min")
        return self


class NewSessionBody(Body):
    room: Annotated[Line, Field(max_length=40)]
    patient: PatientBody
    order: OrderBody
    indication: Annotated[str, Field(pattern=r"^[a-z0-9_]{2,40}$")] | None = None

    @model_validator(mode="after")
    def _dose_is_bounded(self) -> Self:
        dose_ug = self.to_order().dose_ug
        if not (1 if self.order.treatment != "none" else 0) <= dose_ug <= MAX_DOSE_MG * 1000:
            raise ValueError(f"the whole dose is more than 0 and at most {MAX_DOSE_MG} mg")
        return self

    def to_order(self) -> Order:
        """The order in whole micrograms and milliseconds; a dose per kilogram for this patient's weight."""
        order = self.order
        if order.dose_mg_per_kg is not None:
            dose_ug = round(_exact(order.dose_mg_per_kg) * _exact(self.patient.weight_kg) * 1000)
        else:
            dose_ug = to_thousandths(order.dose_mg or 0)
        return Order(dose_ug=dose_ug, duration_ms=round(_exact(order.duration_min) * 60_000), treatment=Treatment(order.treatment))


class BindingBody(Body):
    """`read_back`: the sentence with room, patient and device that a person confirmed beside the patient."""

    device: DeviceId
    read_back: LongLine | None = None


class PhaseBody(Body):
    """`override`: why, where a gate has to be overridden."""

    phase: Literal["baseline", "infusing", "paused", "recovery", "closed", "aborted"]
    override: Text | None = None

    def ordered(self, by: str, name: str) -> PhaseOrdered:
        """`name` as printed; it stands under an override alone."""
        return PhaseOrdered(by=by, override=self.override, phase=Phase(self.phase), name=name if self.override else None)


class RateBody(Body):
    """The pump's rate as it was set by hand; nothing is sent to a pump. 0: stopped."""

    kind: Literal["rate"]
    rate_mg_per_min: DoseMg

    def given(self, by: str) -> RateSet:
        return RateSet(by=by, rate_ug_per_min=to_thousandths(self.rate_mg_per_min))


class BolusBody(Body):
    kind: Literal["bolus"]
    amount_mg: Annotated[float, Field(ge=0.001, le=MAX_DOSE_MG)]

    def given(self, by: str) -> BolusGiven:
        return BolusGiven(amount_ug=to_thousandths(self.amount_mg), by=by)


DoseBody = Annotated[RateBody | BolusBody, Field(discriminator="kind")]


class AcknowledgementBody(Body):
    comment: Text | None = None

    def acknowledged(self, alert: str, by: str) -> AlertAcknowledged:
        return AlertAcknowledged(alert=alert, by=by, comment=self.comment)


class NoteBody(Body):
    text: Text

    def added(self, by: str) -> NoteAdded:
        return NoteAdded(by=by, text=self.text)


class NewDeviceBody(Body):
    """`source`: one line for screens, e.g. what the device is and where it stands."""

    device: DeviceId
    mode: Literal["real", "simulated", "replayed"]
    source: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(one_line)]

    def to_mode(self) -> Mode:
        return Mode(self.mode)


def _exact(number: float) -> Decimal:
    """The decimal that was written: 0.1 is a tenth, not the double next to it."""
    return Decimal(repr(number))


def to_thousandths(number: float) -> int:
    return round(_exact(number) * 1000)


class NewPersonBody(Body):
    username: Annotated[str, Field(max_length=32)]
    name: Annotated[str, Field(max_length=80)]
    role: Literal["clinician", "auditor", "admin"]


class PasswordBody(Body):
    password: Annotated[str, Field(max_length=1_024)]
