"""Faults and artefacts of sensors and line, as a pure function of the scenario's minute."""

from typing import Final, TypeVar

import msgspec

from schemas.vitals import Vital
from simulators.events import (
    Averaging,
    ClockStep,
    CuffDisturbed,
    CuffFails,
    Disconnect,
    Disordered,
    Event,
    Frozen,
    LeadsOff,
    LowPerfusion,
    Motion,
    Noise,
    ProbeOff,
    SameLimb,
    Stuck,
)
from simulators.spell import Spell
from simulators.wire_events import ClockDrift, CounterRollsOver, Duplicated, Flapping, Flood, Late, Restarted, Sentinel, UnitMistake

STREAMS: Final = frozenset({Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE})
CUFFS: Final = frozenset({Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP})
_NOTHING: Final[frozenset[Vital]] = frozenset()
AnyEvent = TypeVar("AnyEvent", bound=Spell)


class Faults(msgspec.Struct, frozen=True):
    """What is wrong at one moment."""

    lost: frozenset[Vital] = _NOTHING  # measured, but with no value
    stuck: frozenset[Vital] = _NOTHING
    cuff_fails: bool = False
    is_frozen: bool = False
    is_disconnected: bool = False
    is_off: bool = False
    same_limb: bool = False
    motion: bool = False
    perfusion: LowPerfusion | None = None
    noise: Noise | None = None
    cuff: CuffDisturbed | None = None
    clock_s: float = 0.0
    delivery: Disordered | Late | None = None
    averaging: tuple[Averaging, ...] = ()
    garbled: tuple[Sentinel | UnitMistake | CounterRollsOver, ...] = ()  # what the device makes of a measurement
    duplicated: Duplicated | None = None
    flood: Flood | None = None

    @property
    def hides(self) -> frozenset[Vital]:
        """Vital signs whose number, if there is one, need not be the patient's now. Lateness and a wrong clock hide nothing."""
        if self.is_frozen or self.is_disconnected or self.is_off:
            return STREAMS | CUFFS
        hidden = self.lost | self.stuck | {event.vital for event in self.averaging}
        for event in self.garbled:
            hidden |= STREAMS | CUFFS if isinstance(event, CounterRollsOver) else frozenset(event.vitals)
        if self.same_limb or self.perfusion is not None:
            hidden |= {Vital.SPO2}
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
    drifts = [event.ppm / 1e6 * event.since_s(at_min) for event in active if isinstance(event, ClockDrift)]
    return Faults(
        lost=frozenset(lost),
        stuck=frozenset(event.vital for event in active if isinstance(event, Stuck)),
        cuff_fails=_has(active, CuffFails),
        is_frozen=_has(active, Frozen),
        is_disconnected=_has(active, Disconnect) or any(isinstance(event, Flapping) and event.is_down(at_min) for event in active),
        is_off=_has(active, Restarted),
        same_limb=_has(active, SameLimb),
        motion=_has(active, Motion),
        perfusion=_first(active, LowPerfusion),
        noise=_first(active, Noise),
        cuff=_first(active, CuffDisturbed),
        clock_s=sum((event.step_s for event in active if isinstance(event, ClockStep)), sum(drifts)),
        delivery=_first(active, Disordered) or _first(active, Late),
        averaging=tuple(event for event in active if isinstance(event, Averaging)),
        garbled=tuple(event for event in active if isinstance(event, Sentinel | UnitMistake | CounterRollsOver)),
        duplicated=_first(active, Duplicated),
        flood=_first(active, Flood),
    )


def _has(active: list[Event], kind: type[Spell]) -> bool:
    return any(isinstance(event, kind) for event in active)


def _first(active: list[Event], kind: type[AnyEvent]) -> AnyEvent | None:
    return next((event for event in active if isinstance(event, kind)), None)
