"""Something that lasts from one minute of a scenario to another: what all of its events are made of."""

from typing import Annotated

import msgspec

Minute = Annotated[float, msgspec.Meta(ge=0, le=600)]


class Spell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `from_min` up to, and without, `to_min`."""

    from_min: Minute
    to_min: Minute

    def __post_init__(self) -> None:
        if self.to_min <= self.from_min:
            raise ValueError("to_min must be after from_min")

    def holds(self, at_min: float) -> bool:
        return self.from_min <= at_min < self.to_min

    def since_s(self, at_min: float) -> float:
        """Seconds from its beginning."""
        return round((at_min - self.from_min) * 60, 6)  # whole seconds stay whole
