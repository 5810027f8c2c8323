"""To wait for a condition, not for time."""

import time
from collections.abc import Callable
from typing import Any


def wait_until(holds: Callable[[], Any], within_s: float, what: str) -> None:
    """Asks again and again; fails with `what`."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, f"not within {within_s} s: {what}"
        time.sleep(0.05)
