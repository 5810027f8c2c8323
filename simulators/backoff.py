"""Waiting times between attempts to reach a monitor."""

import random
from collections.abc import Iterator
from typing import Final

FIRST_RETRY_S: Final = 0.2
LAST_RETRY_S: Final = 5.0


def backoff_s(rng: random.Random) -> Iterator[float]:
    """Seconds, without end: doubling from 0.2 up to 5, each shortened by up to a quarter, so that a ward does not come back all at once."""
    delay_s = FIRST_RETRY_S
    while True:
        yield delay_s * (1.0 - 0.25 * rng.random())
        delay_s = min(LAST_RETRY_S, delay_s * 2)
