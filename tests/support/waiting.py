"""To wait for a condition, not for time."""

import time
from collections.abc import Callable
from typing import Any


def wait_until(holds: Callable[[], Any], within_s: float, what: str) -> Any:
    """Asks again and again, a real process or browser that has no clock of ours; fails with `what`. Gives what held."""
    until = time.monotonic() + within_s
    while not (held := holds()):
        assert time.monotonic() < until, f"not within {within_s} s: {what}"
        time.sleep(0.05)
    return held
