"""Where along a level its name covers no value and no other name. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from monitor.export.pdf.layout import LEFT, RIGHT
from monitor.export.pdf.shapes import Line, Mark, Shape, Words, width_of

HEIGHT: Final = 2.5  # of a name, in mm
_OFF: Final = 0.2  # from its line


class Spot(msgspec.Struct, frozen=True):
    """What is taken, in millimetres."""

    left: float
    right: float
    top: float
    bottom: float


def spots_of(shapes: Iterable[Shape]) -> list[Spot]:
    """Of marks, strokes and words; what lies flat behind them covers nothing."""
    return [spot for spot in map(_spot_of, shapes) if spot is not None]


def _spot_of(shape: Shape) -> Spot | None:
    match shape:
        case Mark():
            high = 1.5 * shape.size  # the tallest form, the V of a cuff
            return Spot(shape.x - shape.size, shape.x + shape.size, shape.y - high, shape.y + high)
        case Line():
            return Spot(min(shape.x1, shape.x2), max(shape.x1, shape.x2), min(shape.y1, shape.y2), max(shape.y1, shape.y2))
        case Words():
            width = width_of(shape.text, shape.size)
            left = shape.x - {"left": 0.0, "middle": 0.5, "right": 1.0}[shape.side] * width
            return Spot(left, left + width, shape.y - 0.3 * shape.size, shape.y)  # capitals: 0.73 of 0.353 mm a point
        case _:
            return None


def free_place(spots: list[Spot], width: float, y: float, wanted: float) -> Spot | None:
    """The free place for a name of this width on the line at `y`, above it or below, that is nearest to `wanted`, its left side; None where
    there is none on the paper."""
    found: Spot | None = None
    for top in (y - _OFF - HEIGHT, y + _OFF):
        left = _nearest([spot for spot in spots if spot.top < top + HEIGHT and top < spot.bottom], width, wanted)
        if left is not None and (found is None or abs(left - wanted) < abs(found.left - wanted)):
            found = Spot(left, left + width, top, top + HEIGHT)
    return found


def _nearest(beside: list[Spot], width: float, wanted: float) -> float | None:
    """A name may begin where none of these begins within its width, or has begun and not ended."""
    end = RIGHT - width
    places = []
    at = LEFT
    for spot in sorted(beside, key=lambda spot: spot.left):
        if spot.left - width >= at:
            places.append(min(max(wanted, at), spot.left - width, end))
        at = max(at, spot.right)
    if at <= end:
        places.append(min(max(wanted, at), end))
    return min(places, key=lambda left: abs(left - wanted), default=None)
