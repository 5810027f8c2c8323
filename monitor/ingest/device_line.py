"""What is remembered of a device between its connections, by this process: which boots it had, and how much of what it sent was bad."""

from collections import deque
from typing import Final

MAX_BOOTS: Final = 8
MAX_FAULTS: Final = 100
FAULT_WINDOW_MS: Final = 10_000


class DeviceLine:
    """One for each registered device that ever spoke. Pure; time is an argument."""

    __slots__ = ("_ended", "_faults", "boot")

    def __init__(self) -> None:
        self.boot: str | None = None
        self._ended: deque[str] = deque(maxlen=MAX_BOOTS)
        self._faults: deque[int] = deque(maxlen=MAX_FAULTS)

    def enters(self, boot: str) -> bool:
        """Whether this boot is the present one or a new one. One that ended does not come back: two devices with one token
        would take turns, and each turn would count frames from 1 again. The last 8 are remembered."""
        if self.has_ended(boot):
            return False
        if self.boot is not None and boot != self.boot:
            self._ended.append(self.boot)
        self.boot = boot
        return True

    def has_ended(self, boot: str) -> bool:
        return boot in self._ended

    def fault(self, at_ms: int) -> bool:
        """Count a bad frame; True where it is the 100th within ten seconds, over all connections: then the connection ends."""
        self._faults.append(at_ms)
        return len(self._faults) == MAX_FAULTS and at_ms - self._faults[0] < FAULT_WINDOW_MS
