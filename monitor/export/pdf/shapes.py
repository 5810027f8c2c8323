"""What a chart is made of: plain values in millimetres from the upper left corner of the page, painted in order. Pure."""

from typing import Final

import msgspec

Tone = str  # a key of TONES
TONES: Final[dict[Tone, tuple[int, int, int]]] = {
    "ink": (20, 24, 32),
    "muted": (92, 99, 112),
    "grid": (214, 219, 226),
    "heavy": (156, 165, 178),
    "panel": (255, 255, 255),
    "lane": (240, 242, 245),
    "hatch": (168, 174, 184),
    "bp": (20, 24, 32),
    "rate": (0, 112, 60),
    "spo2": (0, 88, 160),
    "breath": (96, 52, 160),
    "co2": (160, 84, 0),
    "dose": (64, 100, 16),
    "dose_bar": (200, 216, 172),
    "limit": (40, 72, 140),
    "high": (190, 24, 32),
    "medium": (176, 104, 0),
    "low": (0, 112, 120),
    "technical": (64, 80, 140),
    "simulated": (72, 44, 140),
}


class Line(msgspec.Struct, frozen=True, tag=True):
    x1: float
    y1: float
    x2: float
    y2: float
    tone: Tone
    width: float = 0.2
    dash: tuple[float, float] | None = None


class Box(msgspec.Struct, frozen=True, tag=True):
    x: float
    y: float
    width: float
    height: float
    tone: Tone


class Hatched(msgspec.Struct, frozen=True, tag=True):
    """Nothing is known here."""

    x: float
    y: float
    width: float
    height: float


class Words(msgspec.Struct, frozen=True, tag=True):
    """`side`: which side of `x` the text stands on. `y` is its base line. `size` in points."""

    x: float
    y: float
    text: str
    tone: Tone
    size: float = 6.5
    side: str = "left"
    is_bold: bool = False


class Mark(msgspec.Struct, frozen=True, tag=True):
    """`form`: systolic (V on its tip), diastolic (V turned over), mean, dot, cross, bolus, high, medium, low, technical, note."""

    form: str
    x: float
    y: float
    size: float
    tone: Tone
    is_hollow: bool = False


Shape = Line | Box | Hatched | Words | Mark

# In halves of the width, from the point itself; an open one is stroked, a closed one filled or, hollow, stroked.
OPEN: Final[dict[str, tuple[tuple[tuple[float, float], ...], ...]]] = {
    "systolic": (((-1, -1.5), (0, 0), (1, -1.5)),),
    "diastolic": (((-1, 1.5), (0, 0), (1, 1.5)),),
    "mean": (((-0.7, 0), (0.7, 0)),),
    "cross": (((-1, -1), (1, 1)), ((-1, 1), (1, -1))),
}
CLOSED: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "high": ((0, -1), (1, 0.8), (-1, 0.8)),
    "medium": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "technical": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "bolus": ((-1, -1), (1, -1), (0, 0.9)),
    "note": ((-0.9, -1), (0.5, -1), (0.9, -0.6), (0.9, 1), (-0.9, 1)),
}


def width_of(text: str, size: float = 6.5) -> float:
    """How wide a text is drawn, near enough to place it: millimetres."""
    return len(text) * size * 0.17
