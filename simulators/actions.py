"""What the clinician of a scenario does beside the usual course, and when: minutes of the scenario, as its events."""

from typing import Annotated

import msgspec

from schemas.signs import SIGNS, Charted
from simulators.pharmacology import MEDICINES
from simulators.spell import Minute


class _Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at_min: Minute


class Pause(_Action, frozen=True, kw_only=True, tag_field="kind", tag="pause"):
    """The pump is paused."""


class Resume(_Action, frozen=True, kw_only=True, tag_field="kind", tag="resume"):
    """It goes on at the rate it was paused at."""


class Stop(_Action, frozen=True, kw_only=True, tag_field="kind", tag="stop"):
    """The infusion ends for good."""


class SetRate(_Action, frozen=True, kw_only=True, tag_field="kind", tag="set_rate"):
    """Another rate, wrong or right; the clinician records it."""

    mg_per_min: Annotated[float, msgspec.Meta(ge=0, le=200)]


class Push(_Action, frozen=True, kw_only=True, tag_field="kind", tag="push"):
    """A dose by hand, by the way that was ordered; the clinician records it."""

    mg: Annotated[float, msgspec.Meta(gt=0, le=500)]


class Give(_Action, frozen=True, kw_only=True, tag_field="kind", tag="give"):
    """Another medicine, of pharmacology.toml, in its own unit."""

    medicine: str
    amount: Annotated[float, msgspec.Meta(gt=0, le=1_000)]

    def __post_init__(self) -> None:
        if self.medicine not in MEDICINES:
            raise ValueError(f"medicine: {self.medicine} is none of {', '.join(MEDICINES)}")


class Oxygen(_Action, frozen=True, kw_only=True, tag_field="kind", tag="oxygen"):
    """Oxygen by the nose; 0 takes it away."""

    l_per_min: Annotated[float, msgspec.Meta(ge=0, le=15)]


class Chart(_Action, frozen=True, kw_only=True, tag_field="kind", tag="chart"):
    """What the clinician sees and writes down."""

    sign: Charted
    value: int

    def __post_init__(self) -> None:
        row = SIGNS[self.sign]
        if not row.low <= self.value <= row.high:
            raise ValueError(f"{self.sign}: {row.low:g} to {row.high:g}, not {self.value}")


class SwapDevice(_Action, frozen=True, kw_only=True, tag_field="kind", tag="swap_device"):
    """The bedside monitor is taken away and another one is connected: another device, bound anew."""


Action = Pause | Resume | Stop | SetRate | Push | Give | Oxygen | Chart | SwapDevice


def line_of(action: Action) -> str:
    """For notes and screens: what was done."""
    match action:
        case SetRate():
            return f"rate set to {action.mg_per_min:g} mg/min"
        case Push():
            return f"{action.mg:g} mg given"
        case Give():
            return f"{action.medicine} {action.amount:g} {MEDICINES[action.medicine].unit} given"
        case Oxygen():
            return f"oxygen {action.l_per_min:g} l/min"
        case Chart():
            return f"{SIGNS[action.sign].label}: {action.value}"
        case SwapDevice():
            return "the bedside monitor was replaced"
        case _:
            return f"infusion: {type(action).__name__.lower()}"
