"""One source for each quantity, where a device or a room has several: so that two of them never alternate under one name. Pure."""

from typing import Final

from monitor.adapters.quantities import Quantity

ANOTHER_SOURCE_MS: Final = 10_000  # a source that had no number for so long gives its quantity to another
_MAX_KNOWN: Final = 1_024  # beyond it the one that was taken first is chosen anew


class Sources:
    """Of one connection. The first that speaks of a quantity is taken."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, Quantity], tuple[str, int]] = {}  # place and quantity -> the source, and when it last had a number

    def takes(self, key: tuple[str, Quantity], source: str, at_ms: int, *, has_number: bool) -> bool:
        """Whether what `source` says now is to be told."""
        taken, number_ms = self._taken.get(key, (source, at_ms))
        if taken != source and (not has_number or at_ms - number_ms < ANOTHER_SOURCE_MS):
            return False
        if len(self._taken) >= _MAX_KNOWN and key not in self._taken:
            del self._taken[next(iter(self._taken))]
        self._taken[key] = (source, at_ms if has_number or taken != source else number_ms)
        return True
