"""How much was given: the exact integral of the rates that were set, plus boluses. Integers throughout, so it never drifts."""

from monitor.core.refused import Refused
from schemas.log import MAX_MICROGRAMS

_MS_PER_MIN = 60_000


class Dose:
    """Running account in micrograms. `at_ms` of successive calls never goes back (the engine sees to it)."""

    __slots__ = ("_given", "rate_ug_per_min", "since_ms")

    def __init__(self) -> None:
        self.rate_ug_per_min = 0
        self.since_ms = 0
        self._given = 0  # microgram-milliseconds per minute: micrograms x 60,000

    def set_rate(self, rate_ug_per_min: int, at_ms: int) -> None:
        self._given += self.rate_ug_per_min * (at_ms - self.since_ms)
        self.rate_ug_per_min = rate_ug_per_min
        self.since_ms = at_ms

    def add_bolus(self, amount_ug: int) -> None:
        self._given += amount_ug * _MS_PER_MIN

    def reaches_ms(self, amount_ug: int) -> int | None:
        """When `amount_ug` will have been given at the present rate; None where it never will."""
        missing = amount_ug * _MS_PER_MIN - self._given
        if missing <= 0:
            return self.since_ms
        return self.since_ms - (-missing // self.rate_ug_per_min) if self.rate_ug_per_min else None

    def given_ug(self, at_ms: int) -> int:
        """Micrograms given by `at_ms`, rounded down."""
        return (self._given + self.rate_ug_per_min * max(0, at_ms - self.since_ms)) // _MS_PER_MIN


def planned_rate_ug_per_min(dose_ug: int, duration_ms: int) -> int:
    """The constant rate that gives `dose_ug` over `duration_ms`: 35,000 ug over 40 min -> 875 ug/min."""
    return round(dose_ug * _MS_PER_MIN / duration_ms) if duration_ms else 0


def amount_ug(micrograms: int) -> int:
    """An amount, or a rate in micrograms a minute, as it was ordered. Raises Refused where nobody can mean it."""
    if not 0 <= micrograms <= MAX_MICROGRAMS:
        raise Refused("out_of_range", f"{micrograms} ug is not between 0 and {MAX_MICROGRAMS}")
    return micrograms
