"""The constants of the model, from ketamine.toml beside this file: code holds none."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from schemas.limits import Sure

PerMinute = Annotated[float, msgspec.Meta(gt=0, le=10)]


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the drug acts, and how fast it gets there."""

    name: str
    ke0_per_min: PerMinute
    source: str
    sure: Sure


class Prediction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far ahead it is computed, in which steps, and what counts as near its peak."""

    step_s: Annotated[float, msgspec.Meta(ge=1, le=600)]
    ahead_s: Annotated[float, msgspec.Meta(ge=0, le=14_400)]
    peak_share: Annotated[float, msgspec.Meta(gt=0, le=1)]
    source: str
    sure: Sure


class Constants(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Three compartments: the central volume in litres for each kg, and rate constants in 1/min."""

    name: str
    v1_l_per_kg: Annotated[float, msgspec.Meta(gt=0, le=10)]
    k10_per_min: PerMinute
    k12_per_min: PerMinute
    k21_per_min: PerMinute
    k13_per_min: PerMinute
    k31_per_min: PerMinute
    source: str
    sure: Sure
    site: Annotated[tuple[Site, ...], msgspec.Meta(min_length=1, max_length=8)]
    prediction: Prediction


KETAMINE: Final = msgspec.toml.decode(Path(__file__).with_name("ketamine.toml").read_bytes(), type=Constants)
