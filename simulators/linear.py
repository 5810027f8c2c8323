"""Linear systems with constant inputs, moved on by an exact step: the exponential of the rate matrix. Pure arithmetic, no library."""

from operator import mul
from typing import Final

Matrix = tuple[tuple[float, ...], ...]
_TAYLOR_TERMS: Final = 14
_SMALL: Final = 0.5  # the series is used below this size of the exponent: its terms fall below 1e-15


def step_matrix(rates: list[list[float]], minutes: float) -> Matrix:
    """exp(rates * minutes); `rates` in 1/min. Rows and columns of constant inputs hold zeros but for what they feed."""
    size = len(rates)
    largest = max((abs(rate) for row in rates for rate in row), default=0.0) * minutes
    halvings = 0
    while largest > _SMALL:
        largest, halvings = largest / 2, halvings + 1
    part = minutes / 2**halvings
    total = [[float(row == column) for column in range(size)] for row in range(size)]
    term = [row[:] for row in total]
    for order in range(1, _TAYLOR_TERMS + 1):
        term = [[value * part / order for value in row] for row in _product(term, rates)]
        total = [[a + b for a, b in zip(one, other, strict=True)] for one, other in zip(total, term, strict=True)]
    for _ in range(halvings):
        total = _product(total, total)
    return tuple(tuple(row) for row in total)


def _product(left: list[list[float]], right: list[list[float]]) -> list[list[float]]:
    columns = list(zip(*right, strict=True))
    return [[sum(map(mul, row, column)) for column in columns] for row in left]
