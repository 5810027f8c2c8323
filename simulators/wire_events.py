"""What a badly made device, or the way to the monitor, does to right numbers. Times as in `events.py`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.vitals import Vital
from simulators.spell import Spell

Vitals = Annotated[tuple[Vital, ...], msgspec.Meta(min_length=1)]


class Sentinel(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sentinel"):
    """The sensors of these vital signs are off, and the device sends a number for "no value": 0, -1, -999, 127."""

    vitals: Vitals
    value: float


class UnitError(StrEnum):
    """Which number, or which label, is wrong."""

    KILOPASCAL = "kilopascal"  # the number is in kPa, the label says mm[Hg]
    FRACTION = "fraction"  # the number is 0 to 1, the label says %
    LABEL = "label"  # the number is right, the label is another vital sign's


class UnitMistake(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="unit_mistake"):
    """The device mixes units up."""

    vitals: Vitals
    mistake: UnitError


class Duplicated(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="duplicated"):
    """A `share` of the measurements is sent twice, counter and all."""

    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class Late(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="late"):
    """Every measurement comes `delay_s` late, in its order; at the end all that is still under way comes at once."""

    delay_s: Annotated[int, msgspec.Meta(ge=1, le=600)]


class ClockDrift(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="clock_drift"):
    """The device's clock runs fast (below 0: slow) by `ppm` millionths, and is set right at the end."""

    ppm: Annotated[float, msgspec.Meta(ge=-100_000, le=100_000)]


class CounterRollsOver(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="counter_rolls_over"):
    """The device counts modulo `modulus` in this time, and does not say so."""

    modulus: Annotated[int, msgspec.Meta(ge=2, le=65_536)] = 256


class Flood(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="flood"):
    """The device sends `per_s` measurements a second in place of one."""

    per_s: Annotated[int, msgspec.Meta(ge=2, le=1_000)]


class Flapping(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="flapping"):
    """The line is cut for the first `down_s` of every `every_s`. What was measured meanwhile is sent when it is back."""

    every_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)]
    down_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.down_s >= self.every_s:
            raise ValueError("down_s must be less than every_s: a line that never comes back is a disconnect")

    def is_down(self, at_min: float) -> bool:
        return self.holds(at_min) and self.since_s(at_min) % self.every_s < self.down_s


class Restarted(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="restarted"):
    """The bedside monitor is off in this time and remembers nothing: it comes back with a new boot and counts from 1."""


WireEvent = Sentinel | UnitMistake | Duplicated | Late | ClockDrift | CounterRollsOver | Flood | Flapping | Restarted
