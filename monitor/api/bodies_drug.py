"""What people send about the drug itself: drawn, wasted; and the signature for the discharge. As strict as `bodies`."""

from typing import Annotated, Literal

from pydantic import Field

from monitor.api.bodies import MAX_DOSE_MG, Body, Line, Text, to_thousandths
from schemas.log import DrugDrawn, DrugWasted, SignedOff
from schemas.session import RecordState

AmountMg = Annotated[float, Field(ge=0.001, le=MAX_DOSE_MG)]


class DrawnBody(Body):
    """A vial or syringe that was made ready."""

    kind: Literal["drawn"]
    lot: Line
    concentration_mg_per_ml: Annotated[float, Field(ge=0.001, le=1_000)]
    amount_mg: AmountMg

    def entered(self, by: str) -> DrugDrawn:
        strength = to_thousandths(self.concentration_mg_per_ml)
        return DrugDrawn(amount_ug=to_thousandths(self.amount_mg), by=by, concentration_ug_per_ml=strength, lot=self.lot)


class WastedBody(Body):
    """It counts once another clinician has witnessed it."""

    kind: Literal["wasted"]
    amount_mg: AmountMg
    note: Text | None = None

    def entered(self, by: str) -> DrugWasted:
        return DrugWasted(amount_ug=to_thousandths(self.amount_mg), by=by, note=self.note)


DrugBody = Annotated[DrawnBody | WastedBody, Field(discriminator="kind")]


class StateBody(Body):
    """A state of the record, as `GET .../sign-off` gave it."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    seq: Annotated[int, Field(ge=1, le=2**53 - 1)]
    root: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")] | None = None
    size: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None


class SignOffBody(Body):
    """`meaning`: what the signature says, as the person read it. `under`: the state of the record that was shown to them; without it the
    signature is under the record as it is when it arrives."""

    meaning: Text
    under: StateBody | None = None

    def signed(self, by: str, name: str) -> SignedOff:
        under = None if self.under is None else RecordState(**self.under.model_dump())
        return SignedOff(by=by, meaning=self.meaning, name=name, under=under)
