"""Faults and artefacts of sensors and line, as a pure function of the scenario's minute."""

from typing import Final

import msgspec

from schemas.vitals import Vital
from simulators.events import (
    ClockStep,
    CuffDisturbed,
    CuffFails,
    Disconnect,
    Disordered,
    Event,
    Frozen,
    LeadsOff,
    Motion,
    Noise,
    ProbeOff,
    Stuck,
)

STREAMS: Final = frozenset({Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE})
CUFFS: Final = frozenset({Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP})
_NOTHING: Final[frozenset[Vital]] = frozenset()


class Faults(msgspec.Struct, frozen=True):
    """What is wrong at one moment."""

    lost: frozenset[Vital] = _NOTHING  # measured, but with no value
    stuck: frozenset[Vital] = _NOTHING
    cuff_fails: bool = False
    is_frozen: bool = False
    is_disconnected: bool = False
    motion: bool = False
    noise: Noise | None = None
    cuff: CuffDisturbed | None = None
    clock_s: float = 0.0
    delivery: Disordered | None = None

    @property
    def hides(self) -> frozenset[Vital]:
        """Vital signs whose number, if there is one, need not be the patient's now. Lateness and a wrong clock hide nothing."""
        if self.is_frozen or self.is_disconnected:
            return STREAMS | CUFFS
        hidden = self.lost | self.stuck
        if self.motion:
            hidden |= STREAMS
        if self.noise is not None:
            hidden |= {Vital.HEART_RATE}
        return hidden | CUFFS if self.cuff_fails or self.cuff is not None else hidden


NO_FAULTS = Faults()


def faults_at(events: tuple[Event, ...], at_min: float) -> Faults:
    """The faults and artefacts among `events` that hold at this minute of the scenario. Of two of one kind the first counts."""
    active = [event for event in events if event.holds(at_min)]
    if not active:
        return NO_FAULTS
    lost: set[Vital] = set()
    if any(isinstance(event, ProbeOff) for event in active):
        lost.add(Vital.SPO2)
    if any(isinstance(event, LeadsOff) for event in active):
        lost |= {Vital.HEART_RATE, Vital.RESPIRATORY_RATE}
    return Faults(
        lost=frozenset(lost),
        stuck=frozenset(event.vital for event in active if isinstance(event, Stuck)),
        cuff_fails=any(isinstance(event, CuffFails) for event in active),
        is_frozen=any(isinstance(event, Frozen) for event in active),
        is_disconnected=any(isinstance(event, Disconnect) for event in active),
        motion=any(isinstance(event, Motion) for event in active),
        noise=next((event for event in active if isinstance(event, Noise)), None),
        cuff=next((event for event in active if isinstance(event, CuffDisturbed)), None),
        clock_s=next((event.step_s for event in active if isinstance(event, ClockStep)), 0.0),
        delivery=next((event for event in active if isinstance(event, Disordered)), None),
    )
