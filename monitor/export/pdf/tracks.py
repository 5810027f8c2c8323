"""The measured values of a session as they are drawn: what the chart and the table of vital signs are made from. Pure.

A late value stands where it was measured, any other where the monitor put it on record. An invalid one is a gap. Of two devices that
measure one vital sign the source is drawn, as it is judged; the second stands in the record, and its cuffs in the table.

Memory does not grow with the values, but with the paper: of each column, which is as wide as a dot, the smallest and the largest are held,
some 25 bytes. What is between them could not be seen.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final

import msgspec

from schemas.log import Measured
from schemas.measurement import Reading, Reason, Validity
from schemas.vitals import Vital

PLAIN: Final = 0
LATE: Final = 1
DOUBTFUL: Final = 2
SHORTEST_GAP_MS: Final = 10_000  # a shorter silence is no gap on paper
NEAR_MS: Final = 30_000  # what is farther from an instant does not stand beside it
_A_DAY_MS: Final = 86_400_000


class Value(msgspec.Struct, frozen=True):
    vital: Vital
    at_ms: int
    value_milli: int
    kind: int  # PLAIN, LATE or DOUBTFUL


class Point(msgspec.Struct, frozen=True):
    """The values of one column that are of one kind. `at_ms`: of the first."""

    at_ms: int
    low_milli: int
    high_milli: int
    kind: int


class Cuff(msgspec.Struct, frozen=True):
    """One measurement of a cuff as it came: `readings` by vital sign, with why one is not plainly valid."""

    at_ms: int
    device: str
    readings: dict[Vital, Reading]

    @property
    def is_late(self) -> bool:
        return any(reading.reason is Reason.LATE for reading in self.readings.values())


def _late_at_ms(body: Measured, at_ms: int) -> int:
    """By the device's clock, which may be years wrong: what it would have measured after it came, or more than a day before, lies where it
    came. One garbled stamp would else stretch the paper over a century."""
    return body.measured_at_ms if 0 <= at_ms - body.measured_at_ms <= _A_DAY_MS else at_ms


def values_of(body: Measured, at_ms: int) -> Iterator[Value]:
    """Those that are drawn."""
    for reading in body.readings:
        if reading.value_milli is None or reading.reason is Reason.SECOND_SOURCE or reading.validity is Validity.INVALID:
            continue
        is_late = reading.reason is Reason.LATE
        kind = LATE if is_late else DOUBTFUL if reading.validity is Validity.QUESTIONABLE else PLAIN
        yield Value(reading.vital, _late_at_ms(body, at_ms) if is_late else at_ms, reading.value_milli, kind)


def cuff_of(body: Measured, at_ms: int) -> Cuff | None:
    readings = {
        reading.vital: reading
        for reading in body.readings
        if reading.vital in _CUFF and (reading.value_milli is not None or reading.reason is not Reason.NOT_MEASURED)
    }
    if all(reading.value_milli is None for reading in readings.values()):
        return None
    cuff = Cuff(at_ms, body.device, readings)
    return msgspec.structs.replace(cuff, at_ms=_late_at_ms(body, at_ms)) if cuff.is_late else cuff


class Track:
    """One vital sign. `column`: where on paper an instant lies. `asked`: ascending instants at which the nearest value will be asked for.
    `sort` once before it is read."""

    def __init__(self, column: Callable[[int], Hashable] = int, asked: Sequence[int] = ()) -> None:
        self.at = array("q")
        self._low = array("q")
        self._high = array("q")
        self._kind = array("b")
        self._column = column
        self._open: dict[int, tuple[Hashable, int]] = {}  # of each kind the last column, and its place here
        self._asked = asked
        self._nearest: dict[int, Value] = {}  # by instant
        self._silences: list[tuple[int, int]] = []
        self._heard: tuple[int, int] | None = None  # first and last that came in time

    def add(self, value: Value) -> None:
        at_ms, milli, kind = value.at_ms, value.value_milli, value.kind
        column, place = self._open.get(kind, (None, 0))
        if column == (here := self._column(at_ms)):
            self.at[place] = min(self.at[place], at_ms)
            self._low[place] = min(self._low[place], milli)
            self._high[place] = max(self._high[place], milli)
        else:
            self._open[kind] = here, len(self.at)
            self.at.append(at_ms)
            self._low.append(milli)
            self._high.append(milli)
            self._kind.append(kind)
        if kind != LATE:
            first_ms, last_ms = self._heard or (at_ms, at_ms)
            if at_ms - last_ms > SHORTEST_GAP_MS:
                self._silences.append((last_ms, at_ms))
            self._heard = first_ms, at_ms
        self._compare(value)

    def _compare(self, value: Value) -> None:
        at_ms = value.at_ms
        for asked_ms in self._asked[bisect_left(self._asked, at_ms - NEAR_MS) : bisect_right(self._asked, at_ms + NEAR_MS)]:
            best = self._nearest.get(asked_ms)
            if best is None or (abs(at_ms - asked_ms), at_ms) < (abs(best.at_ms - asked_ms), best.at_ms):
                self._nearest[asked_ms] = value

    def sort(self) -> None:
        if LATE in self._kind or DOUBTFUL in self._kind:
            order = sorted(range(len(self.at)), key=self.at.__getitem__)
            columns = (self.at, self._low, self._high, self._kind)
            self.at, self._low, self._high, self._kind = (array(c.typecode, (c[i] for i in order)) for c in columns)
        self._column = int  # so that it can be sent to another process

    def between(self, from_ms: int, until_ms: int) -> Iterator[Point]:
        """`from_ms` <= at < `until_ms`."""
        for i in range(bisect_left(self.at, from_ms), bisect_left(self.at, until_ms)):
            yield Point(self.at[i], self._low[i], self._high[i], self._kind[i])

    def nearest(self, asked_ms: int) -> Value | None:
        """To one of the instants that were to be asked for."""
        return self._nearest.get(asked_ms)

    def gaps(self, longest_ms: int, from_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
        """Stretches of `from_ms`..`until_ms` in which nothing came in time for longer than `longest_ms` (10 s or more). What came late
        closes none: nobody saw it then."""
        first_ms, last_ms = self._heard or (until_ms, until_ms)
        for since_ms, to_ms in ((from_ms, first_ms), *self._silences, (last_ms, until_ms)):
            if to_ms - since_ms > longest_ms:
                yield since_ms, to_ms


class Tracks:
    """Fed measurement by measurement. `cuffs` in order of time."""

    def __init__(self, column: Callable[[int], Hashable], asked: Sequence[int], cuffs: list[Cuff]) -> None:
        self.of: dict[Vital, Track] = {vital: Track(column, asked) for vital in Vital}
        self.cuffs = cuffs

    def add(self, body: Measured, at_ms: int) -> None:
        for value in values_of(body, at_ms):
            self.of[value.vital].add(value)

    def sort(self) -> None:
        for track in self.of.values():
            track.sort()

    @property
    def rate(self) -> Vital:
        """Heart rate where there is any, else pulse rate."""
        return Vital.HEART_RATE if self.of[Vital.HEART_RATE].at else Vital.PULSE_RATE


_CUFF: Final = frozenset({Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP})
