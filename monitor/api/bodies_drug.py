"""What people send about the drug itself: drawn, wasted; and the signature for the discharge. As strict as `bodies`."""

from typing import Annotated, Literal

from pydantic import Field

from monitor.api.bodies import MAX_DOSE_MG, Body, Line, Text, to_thousandths
from schemas.log import DrugDrawn, DrugWasted, SignedOff

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


class SignOffBody(Body):
    """`meaning`: what the signature says, as the person read it."""

    meaning: Text

    def signed(self, by: str, name: str) -> SignedOff:
        return SignedOff(by=by, meaning=self.meaning, name=name)
