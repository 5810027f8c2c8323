"""When a value was measured by this machine's clock, where its sender has a clock of its own and may have kept it for a while. Pure.

A sender's clock may differ from ours, and how long a value waited cannot be told from one value alone. The one that came soonest after its
own stamp waited least: its delay is taken for the difference of the clocks, and what takes longer than that has waited.
A clock that is set back makes everything look as if it waited. It gives itself away: its stamps go back, and from then on each takes as
long as the other, where what waited comes in its order and ever sooner. After ten seconds of that it is believed, as in the monitor.
"""

from typing import Final

import msgspec

from monitor.adapters.said import Sender

MAX_SKEW_MS: Final = 300_000
LATE_MS: Final = 5_000  # a stream that waited longer is history
STEADY_MS: Final = 10_000
DRIFT: Final = 200e-6  # by which two clocks may part: 17 s a day
_MAX_SENDERS: Final = 1_024  # beyond it the one that was learnt first is learnt anew


class _Known(msgspec.Struct):
    """Of one sender: the shortest delay and when it was seen, the newest stamp, the delay since its stamps went back, and that of a stamp
    from far ahead: one alone is a garbled one."""

    soonest_ms: int
    seen_ms: int
    newest_ms: int
    ahead_ms: int | None = None
    back_ms: int | None = None
    back_since_ms: int = 0

    def usual_ms(self, arrived_ms: int, drift: float) -> int:
        return self.soonest_ms + round(drift * max(0, arrived_ms - self.seen_ms))


class SenderClocks:
    """`max_skew_ms`: a clock is believed to be at most so far behind ours, and no further ahead. A sender that is further behind looks late
    for ever, which shows as silence and not as old numbers. None: the first that comes is believed to be of now, whatever its clock shows.
    `drift`: seconds in each that a clock may lose.
    """

    def __init__(self, max_skew_ms: int | None = MAX_SKEW_MS, drift: float = DRIFT) -> None:
        self._max_skew_ms = max_skew_ms
        self._drift = drift
        self._known: dict[Sender, _Known] = {}

    def measured_ms(self, sender: Sender, at_ms: int, arrived_ms: int) -> int | None:
        """Learns of it too. None: the stamp lies so far ahead that nothing can be made of it."""
        delay_ms = arrived_ms - at_ms
        if self._max_skew_ms is not None and delay_ms < -self._max_skew_ms:
            return None
        known = self._known.get(sender)
        if known is None:
            known = self._meets(sender, delay_ms, at_ms, arrived_ms)
        usual_ms = known.usual_ms(arrived_ms, self._drift)
        is_ahead = delay_ms < usual_ms - MAX_SKEW_MS
        was_ahead_ms, known.ahead_ms = known.ahead_ms, delay_ms if is_ahead else None
        if is_ahead and (was_ahead_ms is None or abs(delay_ms - was_ahead_ms) > LATE_MS):
            return arrived_ms
        may_be = self._max_skew_ms is None or delay_ms <= self._max_skew_ms
        if delay_ms <= usual_ms or (_was_set_back(known, delay_ms - usual_ms, at_ms, arrived_ms) and may_be):
            known.soonest_ms, known.seen_ms, known.newest_ms, known.back_ms = delay_ms, arrived_ms, at_ms, None
        known.newest_ms = max(known.newest_ms, at_ms)
        return at_ms + known.soonest_ms

    def by_its_clock_ms(self, sender: Sender, at_ms: int, arrived_ms: int) -> int:
        """Of a value that tells nothing of the clock: a cuff may be told long after it was measured. A clock that is not known is ours."""
        known = self._known.get(sender)
        return min(arrived_ms, at_ms + (0 if known is None else known.usual_ms(arrived_ms, self._drift)))

    def _meets(self, sender: Sender, delay_ms: int, at_ms: int, arrived_ms: int) -> _Known:
        if len(self._known) >= _MAX_SENDERS:
            del self._known[next(iter(self._known))]
        soonest_ms = delay_ms if self._max_skew_ms is None else min(delay_ms, self._max_skew_ms)
        known = self._known[sender] = _Known(soonest_ms, arrived_ms, at_ms)
        return known


def _was_set_back(known: _Known, waited_ms: int, at_ms: int, arrived_ms: int) -> bool:
    delay_ms = arrived_ms - at_ms
    if waited_ms <= LATE_MS or (known.back_ms is not None and abs(delay_ms - known.back_ms) > LATE_MS):
        known.back_ms = None
        return False
    if known.back_ms is None:
        if at_ms < known.newest_ms:
            known.back_ms, known.back_since_ms = delay_ms, arrived_ms
        return False
    return arrived_ms - known.back_since_ms >= STEADY_MS
