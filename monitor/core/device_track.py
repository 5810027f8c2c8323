"""Order and freshness of what one device says: its counter must advance, and its clock is only compared with itself.

Devices in the field are minutes wrong, so no absolute time is asked of them. The usual delay of a device is the smallest
`received_at - measured_at` seen; a measurement more than `late_after_s` beyond it is late: history, never "now". A clock set back looks the
same at first, so it is believed again once it has run at a live pace for `rebase_after_s`; until then its values are stale, which is the
safe side. A clock that steps forward is believed at once; where the very next measurement is back at the old clock, it was one wrong date.
"""

from schemas.limits import Admission
from schemas.measurement import Measurement, Reason

_NONE, _LATE, _NOT_ADVANCING = Reason.NONE, Reason.LATE, Reason.NOT_ADVANCING


class DeviceTrack:
    """What is known of one device's counter and clock since its boot."""

    __slots__ = ("_ahead_ms", "_before_step_ms", "_delay_ms", "_late_after_ms", "_late_since", "_rebase_after_ms", "counter", "step_ms")

    def __init__(self, admission: Admission) -> None:
        self.counter = -1
        self.step_ms = 0  # how far the device's clock has just stepped; whoever takes note of it sets it back to 0
        self._ahead_ms = int(admission.clock_ahead_s * 1000)
        self._late_after_ms = int(admission.late_after_s * 1000)
        self._rebase_after_ms = int(admission.rebase_after_s * 1000)
        self._delay_ms: int | None = None
        self._before_step_ms: int | None = None  # the usual delay before a step forward, until the next measurement
        self._late_since: tuple[int, int] | None = None  # (received_at, measured_at) of the first late one in a row

    def time(self, measurement: Measurement, received_at_ms: int) -> Reason:
        """`none`, `late` or `not_advancing` for the whole measurement; moves the track on."""
        counter = measurement.counter
        if counter <= self.counter:
            return _NOT_ADVANCING if counter == self.counter else _LATE
        self.counter = counter
        delay_ms = received_at_ms - measurement.measured_at_ms
        usual_ms = self._delay_ms
        before_ms, self._before_step_ms = self._before_step_ms, None
        if usual_ms is None:
            self._delay_ms = delay_ms
        elif delay_ms <= usual_ms:
            self._delay_ms = delay_ms
            if usual_ms - delay_ms > self._ahead_ms:
                self._before_step_ms = usual_ms
                self.step_ms = usual_ms - delay_ms
        elif delay_ms - usual_ms > self._late_after_ms:
            if before_ms is None or not before_ms - self._ahead_ms <= delay_ms <= before_ms + self._late_after_ms:
                return self._late(measurement.measured_at_ms, received_at_ms, delay_ms)
            self._delay_ms = min(before_ms, delay_ms)
        self._late_since = None
        return _NONE

    def _late(self, measured_at_ms: int, received_at_ms: int, delay_ms: int) -> Reason:
        if self._late_since is None:
            self._late_since = (received_at_ms, measured_at_ms)
            return _LATE
        received_ms = received_at_ms - self._late_since[0]
        measured_ms = measured_at_ms - self._late_since[1]
        is_live_pace = abs(measured_ms - received_ms) <= max(1_000, received_ms // 5)
        if not is_live_pace:  # a backlog being sent: it catches up faster than time passes
            self._late_since = (received_at_ms, measured_at_ms)
            return _LATE
        if received_ms < self._rebase_after_ms:
            return _LATE
        self.step_ms = delay_ms - (self._delay_ms or 0)
        self._delay_ms = delay_ms
        self._late_since = None
        return _NONE
