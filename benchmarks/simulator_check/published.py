"""The published figures, and the interval in which each lies with 95 % confidence."""

import math
from pathlib import Path
from typing import Annotated, Final

import msgspec

FILE: Final = Path(__file__).with_name("published.toml")
_Z: Final = 1.959964


class Published(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of published.toml."""

    name: str
    title: str
    unit: str
    measure: str
    mean: float
    fitted: bool
    source: str
    ci: tuple[float, float] | None = None
    seen: tuple[float, float] | None = None
    sd: Annotated[float, msgspec.Meta(gt=0)] | None = None
    is_sd: bool = False
    people: Annotated[int, msgspec.Meta(gt=1)] | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """As printed, or worked out: of a mean by the normal distribution, of a standard deviation by the chi-squared one."""
        if self.ci is not None or self.seen is not None:
            return self.ci or self.seen or (math.nan, math.nan)
        assert self.people is not None, f"{self.name}: no interval, and no number of people to work one out"
        if self.is_sd:
            freedom = self.people - 1
            return self.mean * math.sqrt(freedom / _chi_squared(freedom, _Z)), self.mean * math.sqrt(freedom / _chi_squared(freedom, -_Z))
        assert self.sd is not None, f"{self.name}: no interval and no SD"
        half = _Z * self.sd / math.sqrt(self.people)
        return self.mean - half, self.mean + half


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    figure: tuple[Published, ...]
    prediction: tuple[Published, ...]


BOOK: Final = msgspec.toml.decode(FILE.read_bytes(), type=Book)


def _chi_squared(freedom: int, z: float) -> float:
    """A quantile of the chi-squared distribution by the Wilson-Hilferty approximation, within 0.1 % above 30 degrees of freedom."""
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + z * math.sqrt(part)) ** 3)
