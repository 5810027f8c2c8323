"""The account of the drug: what was drawn is given, wasted before a witness, or left. Micrograms throughout."""

from collections.abc import Iterator

import msgspec

from monitor.core.corrections import Corrections
from monitor.core.refused import Refused
from schemas.log import DrugDrawn, DrugWasted, SignedOff, WasteWitnessed
from schemas.session import OPEN_PHASES, Phase


class Drawn(msgspec.Struct, frozen=True):
    """One vial or syringe, as it was entered."""

    at_ms: int
    body: DrugDrawn
    seq: int


class Wasted(msgspec.Struct, frozen=True):
    """`witness` None: nobody has confirmed it yet, and it does not count."""

    at_ms: int
    body: DrugWasted
    seq: int
    witness: str | None


class DrugAccount:
    """Owned by one engine. Looks at the entries that count; keeps nothing itself."""

    def __init__(self, corrections: Corrections) -> None:
        self._corrections = corrections

    def drawn(self) -> Iterator[Drawn]:
        return (Drawn(at_ms, body, seq) for seq, at_ms, body in self._corrections.counting() if isinstance(body, DrugDrawn))

    def wasted(self) -> Iterator[Wasted]:
        entries = list(self._corrections.counting())
        witnesses = {body.waste: body.by for _, _, body in entries if isinstance(body, WasteWitnessed)}
        return (Wasted(at_ms, body, seq, witnesses.get(seq)) for seq, at_ms, body in entries if isinstance(body, DrugWasted))

    def unaccounted_ug(self, given_ug: int) -> int:
        """Drawn, and neither given nor wasted before a witness; negative where more was given than drawn."""
        drawn_ug = sum(row.body.amount_ug for row in self.drawn())
        wasted_ug = sum(row.body.amount_ug for row in self.wasted() if row.witness is not None)
        return drawn_ug - given_ug - wasted_ug

    def check(self, body: DrugDrawn | DrugWasted | WasteWitnessed | SignedOff, phase: Phase) -> None:
        """Raises Refused: `session_ended`, `not_in_recovery`, or what is wrong with a witness."""
        if phase not in OPEN_PHASES:
            raise Refused("session_ended", f"the session is {phase}")
        if isinstance(body, WasteWitnessed):
            self._check_witness(body)
        elif isinstance(body, SignedOff) and phase is not Phase.RECOVERY:
            raise Refused("not_in_recovery", f"the discharge is signed for in recovery; the session is {phase}")

    def _check_witness(self, body: WasteWitnessed) -> None:
        """Raises Refused: `no_such_entry`, `already_witnessed`, `second_person_needed`."""
        waste = next((row for row in self.wasted() if row.seq == body.waste), None)
        if waste is None:
            raise Refused("no_such_entry", f"entry {body.waste} is no waste that counts")
        if waste.witness is not None:
            raise Refused("already_witnessed", f"{waste.witness} has witnessed it")
        if waste.body.by == body.by:
            raise Refused("second_person_needed", f"{body.by} wasted it: another person must have seen it")
