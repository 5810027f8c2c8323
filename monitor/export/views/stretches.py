"""One vital sign of one device: how many values were due while the device was bound, how many came, and the gaps between them. Pure."""

from collections.abc import Callable, Iterator

import msgspec

from monitor.core.channel import Channel
from schemas.log import Measured
from schemas.measurement import Reading, Reason, Validity
from schemas.vitals import Vital


class Gap(msgspec.Struct, frozen=True):
    """No value that was current came from `since_ms` to `until_ms`, longer than the number stays current."""

    device: str
    vital: Vital
    since_ms: int
    until_ms: int


ChannelOf = Callable[[Vital], Channel | None]


class Stream:
    """Fed in the order of the log. Times are those of decision: a reading that came late closes no gap, for nobody saw it in time.

    `channel` says how often a value is due and how long it stays current, as the rules have it; None where the log carries no rule set that
    says so: then nothing is expected and no gap is found.
    """

    __slots__ = ("_channel", "_device", "_due_from_ms", "_last_ms", "counts", "expected", "gap_ms", "gaps", "late", "received", "vital")

    def __init__(self, device: str, vital: Vital, channel: Channel | None, bound_at_ms: int) -> None:
        self.vital = vital
        self.expected = 0
        self.received = 0
        self.late = 0
        self.gaps = 0
        self.gap_ms = 0
        self.counts = dict.fromkeys(Validity, 0)
        self._device = device
        self._channel = channel
        self._due_from_ms: int | None = bound_at_ms
        self._last_ms = bound_at_ms

    @property
    def interval_ms(self) -> int | None:
        return None if self._channel is None else self._channel.interval_ms

    def begin(self, at_ms: int) -> None:
        """Its device is bound again."""
        self._due_from_ms = self._last_ms = at_ms

    def declare(self, interval_ms: int | None, at_ms: int) -> None:
        """The device said how often it renews the value; what was due until now was so by the interval before."""
        if self._channel is not None:
            self._settle(at_ms)
            self._channel.claim(self._device, interval_ms)

    def take(self, reading: Reading, at_ms: int) -> Gap | None:
        """The gap that this reading ends, if one was open."""
        self.counts[reading.validity] += 1
        if reading.value_milli is None:
            return None
        if reading.reason is Reason.LATE:
            self.late += 1
            return None
        self.received += 1
        gap = self._gap(at_ms)
        self._last_ms = at_ms
        return gap

    def end(self, at_ms: int) -> Gap | None:
        """The device was unbound, or the log ends: nothing is due any more."""
        self._settle(at_ms)
        gap = self._gap(at_ms) if self._due_from_ms is not None else None
        self._due_from_ms = None
        return gap

    def _settle(self, at_ms: int) -> None:
        if self._channel is not None and self._due_from_ms is not None:
            self.expected += (at_ms - self._due_from_ms) // self._channel.interval_ms
            self._due_from_ms = at_ms

    def _gap(self, at_ms: int) -> Gap | None:
        if self._channel is None or at_ms - self._last_ms <= self._channel.gone_after_ms:
            return None
        self.gaps += 1
        self.gap_ms += at_ms - self._last_ms
        return Gap(self._device, self.vital, self._last_ms, at_ms)


class Streams:
    """All vital signs of one device."""

    def __init__(self, device: str, make: ChannelOf, at_ms: int) -> None:
        self._device = device
        self._make = make
        self._by_vital: dict[Vital, Stream] = {}
        self._bound_at_ms: int | None = at_ms
        self._reasons: dict[Reason, int] = {}
        self.measurements = 0

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._by_vital.values())

    @property
    def reasons(self) -> dict[str, int]:
        """Why readings were not plainly valid, and how many."""
        return {reason.value: count for reason, count in sorted(self._reasons.items())}

    def bind(self, at_ms: int) -> None:
        self._bound_at_ms = at_ms
        for stream in self:
            stream.begin(at_ms)

    def declare(self, intervals: dict[Vital, int], at_ms: int) -> None:
        for vital in intervals:
            self._of(vital, at_ms)
        for stream in self:
            stream.declare(intervals.get(stream.vital), at_ms)

    def take(self, body: Measured, at_ms: int) -> Iterator[Gap]:
        self.measurements += 1
        for reading in body.readings:
            if reading.reason is not Reason.NONE:
                self._reasons[reading.reason] = self._reasons.get(reading.reason, 0) + 1
            stream = self._by_vital.get(reading.vital) or self._of(reading.vital, at_ms)
            gap = stream.take(reading, at_ms)
            if gap is not None:
                yield gap

    def unbind(self, at_ms: int) -> Iterator[Gap]:
        """Also at the end of the log, where it is bound still."""
        if self._bound_at_ms is None:
            return
        self._bound_at_ms = None
        for stream in self:
            gap = stream.end(at_ms)
            if gap is not None:
                yield gap

    def _of(self, vital: Vital, at_ms: int) -> Stream:
        stream = self._by_vital.get(vital)
        if stream is None:
            since_ms = at_ms if self._bound_at_ms is None else self._bound_at_ms
            stream = self._by_vital[vital] = Stream(self._device, vital, self._make(vital), since_ms)
        return stream
