"""Back-off: how long a key must wait after failed attempts. Pure; the caller says what a key is and injects the time."""

from collections.abc import Callable, Hashable
from typing import Final

import msgspec

FIRST_WAIT_MS: Final = 1_000
LONGEST_WAIT_MS: Final = 4 * 3_600_000
FORGET_AFTER_MS: Final = 24 * 3_600_000
MAX_KEYS: Final = 10_000


class _Failures(msgspec.Struct):
    count: int
    last_ms: int


class BackOff:
    """The first `free` failures cost nothing; from then on each doubles the wait: 1 s, 2 s, 4 s ... 4 h. A quiet day forgets the key.

    An attempt made while the key waits does not count, so hammering does not lengthen the wait: a key never waits much longer than it
    was already under attack. At most `max_keys` keys are held; at the bound the one with the fewest failures goes (of those the oldest),
    so many one-off keys cannot flush one that is under attack.
    """

    def __init__(self, now_ms: Callable[[], int], *, free: int, max_keys: int = MAX_KEYS) -> None:
        self._now_ms = now_ms
        self._free = free
        self._max_keys = max_keys
        self._failures: dict[Hashable, _Failures] = {}

    def __len__(self) -> int:
        return len(self._failures)

    def wait_ms(self, key: Hashable) -> int:
        """0: an attempt may be made now."""
        failures = self._failures.get(key)
        if failures is None or failures.count < self._free:
            return 0
        doublings = min(failures.count - self._free, 20)  # 2^20 s is far past the longest wait
        wait_ms = min(FIRST_WAIT_MS << doublings, LONGEST_WAIT_MS)
        return max(0, failures.last_ms + wait_ms - self._now_ms())

    def charge(self, key: Hashable) -> None:
        """Counts a failure. Called before the attempt is checked, so that a thousand attempts at once count as a thousand."""
        now_ms = self._now_ms()
        failures = self._failures.get(key)
        if failures is None or now_ms - failures.last_ms >= FORGET_AFTER_MS:
            self._failures.pop(key, None)
            self._make_room(now_ms)
            self._failures[key] = _Failures(1, now_ms)
        else:
            failures.count += 1
            failures.last_ms = now_ms

    def refund(self, key: Hashable) -> None:
        """Takes one charge back: that attempt succeeded. The failures of others stay."""
        failures = self._failures.get(key)
        if failures is None:
            return
        failures.count -= 1
        if failures.count <= 0:
            del self._failures[key]

    def clear(self, key: Hashable) -> None:
        self._failures.pop(key, None)

    def _make_room(self, now_ms: int) -> None:
        if len(self._failures) < self._max_keys:
            return
        for key in [key for key, failures in self._failures.items() if now_ms - failures.last_ms >= FORGET_AFTER_MS]:
            del self._failures[key]
        while len(self._failures) >= self._max_keys:
            del self._failures[min(self._failures, key=lambda key: (self._failures[key].count, self._failures[key].last_ms))]
