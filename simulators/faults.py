"""Faults of sensors and line, as a pure function of the scenario's minute."""

import msgspec

from schemas.vitals import Vital
from simulators.events import CuffFails, Disconnect, Event, Frozen, LeadsOff, ProbeOff, Stuck


class Faults(msgspec.Struct, frozen=True):
    """What is wrong at one moment."""

    lost: frozenset[Vital] = frozenset()  # measured, but with no value
    stuck: frozenset[Vital] = frozenset()
    cuff_fails: bool = False
    is_frozen: bool = False
    is_disconnected: bool = False


NO_FAULTS = Faults()


def faults_at(events: tuple[Event, ...], at_min: float) -> Faults:
    """The faults among `events` that hold at this minute of the scenario."""
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
    )
