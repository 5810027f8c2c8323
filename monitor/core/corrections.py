"""Entries made in error. The row stays in the log; from the correction on what it said does not count any more.

An entry is named by its `seq`, which the engine does not give out: whoever numbers the log, or reads it, calls `take` with each entry.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from monitor.core.channel import Channel
from monitor.core.dose import Dose, planned_rate_ug_per_min
from monitor.core.refused import Refused
from schemas.log import (
    Body,
    BolusGiven,
    DrugDrawn,
    DrugWasted,
    EntryVoided,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    WasteWitnessed,
)
from schemas.patient import PatientCorrected, corrected
from schemas.session import INFUSED, Order, Patient, Phase
from schemas.signs import Charted

CORRECTABLE: Final = (RateSet, BolusGiven, ObservationCharted, NoteAdded, DrugDrawn, DrugWasted)
_KEPT: Final = (*CORRECTABLE, PhaseOrdered, WasteWitnessed)


class Corrections:
    """Owned by one engine. Bounded by what people enter in one session."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._entries: dict[int, tuple[int, Body]] = {}  # seq -> (at, what can be corrected or moves the dose)
        self.voided: dict[int, EntryVoided] = {}
        self._patient: PatientCorrected | None = None

    def take(self, seq: int, at_ms: int, body: Body) -> None:
        """An entry as the log has it, after it was applied."""
        if isinstance(body, _KEPT):
            self._entries[seq] = (at_ms, body)
        elif isinstance(body, PatientCorrected):
            self._patient = body

    def patient(self, created: Patient) -> Patient:
        """Of the session that was created for this one, with the code that was said last. Nothing is judged by it."""
        return created if self._patient is None else corrected(created, self._patient)

    def void(self, body: EntryVoided) -> Body:
        """What does not count any more. Raises Refused: `no_such_entry`, `not_correctable`, `already_corrected`."""
        found = self._entries.get(body.voids)
        if found is None:
            raise Refused("no_such_entry", f"entry {body.voids} is none that a person made and that can be corrected")
        if not isinstance(found[1], CORRECTABLE):
            raise Refused("not_correctable", f"entry {body.voids} moved the session on, or bears witness: that has happened")
        earlier = self.voided.get(body.voids)
        if earlier is not None:
            raise Refused("already_corrected", f"entry {body.voids} was marked as entered in error by {earlier.by}")
        self.voided[body.voids] = body
        return found[1]

    def counting(self) -> Iterator[tuple[int, int, Body]]:
        """(seq, at, body) of what was not marked, oldest first."""
        return ((seq, at_ms, body) for seq, (at_ms, body) in self._entries.items() if seq not in self.voided)

    def doses_at_ms(self) -> tuple[int, ...]:
        """When doses were given at once, oldest first."""
        return tuple(at_ms for _, at_ms, body in self.counting() if isinstance(body, BolusGiven))

    def first_dose_at_ms(self, started_at_ms: int | None) -> int | None:
        """The start of an infusion; of what is given at once the first dose."""
        return started_at_ms if self._order.treatment in INFUSED else next(iter(self.doses_at_ms()), None)

    def standing(self, sign: Charted) -> tuple[ObservationCharted, int] | None:
        """The newest charting of a sign that counts, and when it was made."""
        for seq, (at_ms, body) in reversed(self._entries.items()):
            if isinstance(body, ObservationCharted) and body.sign is sign and seq not in self.voided:
                return body, at_ms
        return None

    def chart_back(self, sign: Charted, charted: dict[Charted, tuple[ObservationCharted, int]], channel: Channel) -> Sequence[Channel]:
        """An entry of this sign does not count any more: what stands now goes into `charted` and `channel`, which is given back if that is
        news. Where nothing stands nothing is known, and that ends no alert."""
        standing = self.standing(sign)
        if standing is None:
            charted.pop(sign, None)
            channel.forget()
            return ()
        if charted.get(sign) == standing:
            return ()  # it had been charted anew
        charted[sign] = standing
        channel.set(standing[0].value * 1000, standing[1])
        return (channel,)

    def dose(self) -> tuple[Dose, int]:
        """The account of the dose from what counts, and the rate with which a pause goes on."""
        dose, resumed_rate, phase, is_started = Dose(), 0, Phase.PLANNED, False
        for seq, (at_ms, body) in self._entries.items():
            if isinstance(body, PhaseOrdered):
                if body.phase is Phase.INFUSING:
                    planned = planned_rate_ug_per_min(self._order.dose_ug, self._order.duration_ms)
                    dose.set_rate(resumed_rate if is_started else planned, at_ms)
                    is_started = True
                elif phase is Phase.INFUSING:
                    resumed_rate = dose.rate_ug_per_min
                    dose.set_rate(0, at_ms)
                phase = body.phase
            elif seq in self.voided:
                continue
            elif isinstance(body, RateSet):
                dose.set_rate(body.rate_ug_per_min, at_ms)
            elif isinstance(body, BolusGiven):
                dose.add_bolus(body.amount_ug)
        return dose, resumed_rate
