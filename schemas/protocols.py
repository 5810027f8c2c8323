"""What a clinic usually orders and watches, as data: presets of an order, and what falls due when."""

from typing import Annotated

import msgspec

from schemas.limits import Sure
from schemas.session import Phase, Treatment

Minutes = Annotated[float, msgspec.Meta(gt=0, le=1_440)]
Milligrams = Annotated[float, msgspec.Meta(gt=0, le=2_000)]


class Preset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A usual order. Exactly one of `dose_mg_per_kg` and `dose_mg`. `part_mg`: given in parts, `parts_every_min` apart (nasal devices)."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{2,40}$")]
    title: Annotated[str, msgspec.Meta(min_length=3, max_length=80)]
    treatment: Treatment
    dose_mg_per_kg: Annotated[float, msgspec.Meta(gt=0, le=20)] | None = None
    dose_mg: Milligrams | None = None
    duration_min: Minutes | None = None
    part_mg: Milligrams | None = None
    parts_every_min: Minutes | None = None
    source: Annotated[str, msgspec.Meta(min_length=3)]
    sure: Sure


class Due(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Falls due `every_min` since it was last there, or once, `at_min` after the first dose. `what`: a charted or a vital sign. Empty
    `treatments`, `indications`: all."""

    what: str
    phases: Annotated[tuple[Phase, ...], msgspec.Meta(min_length=1)]
    treatments: tuple[Treatment, ...] = ()
    indications: tuple[str, ...] = ()
    every_min: Minutes | None = None
    at_min: Minutes | None = None
    source: Annotated[str, msgspec.Meta(min_length=3)]
    sure: Sure


class Protocols(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    preset: tuple[Preset, ...]
    due: tuple[Due, ...]
