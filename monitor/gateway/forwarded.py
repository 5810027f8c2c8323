"""When a value was measured that its sender may have kept for a while, by this machine's clock. Pure.

A sender's clock may differ from ours, and how long a value waited cannot be told from one value alone. The one that came soonest after its
own stamp waited least: its delay is taken for the difference of the clocks, and what takes longer than that has waited. A clock is believed
to be at most MAX_SKEW_MS behind ours; a sender that is further behind looks late for ever, which shows as silence and not as old numbers.
"""

from typing import Final

from monitor.adapters.said import Sender

MAX_SKEW_MS: Final = 300_000
LATE_MS: Final = 5_000  # a stream that waited longer is history
_DRIFT: Final = 200e-6  # by which two clocks may part: 17 s a day
_MAX_SENDERS: Final = 1_024  # beyond it the one that was learnt first is learnt anew


class SenderClocks:
    def __init__(self) -> None:
        self._soonest: dict[Sender, tuple[int, int]] = {}  # the shortest delay, and when it was seen

    def measured_ms(self, sender: Sender, at_ms: int, arrived_ms: int) -> int | None:
        """None: the stamp lies so far ahead that nothing can be made of it."""
        delay_ms = arrived_ms - at_ms
        if delay_ms < -MAX_SKEW_MS:
            return None
        soonest_ms, seen_ms = self._soonest.get(sender, (MAX_SKEW_MS, arrived_ms))
        soonest_ms += round(_DRIFT * max(0, arrived_ms - seen_ms))
        if delay_ms <= soonest_ms or sender not in self._soonest:
            if len(self._soonest) >= _MAX_SENDERS and sender not in self._soonest:
                del self._soonest[next(iter(self._soonest))]
            soonest_ms = min(delay_ms, soonest_ms)
            self._soonest[sender] = (soonest_ms, arrived_ms)
        return at_ms + soonest_ms
