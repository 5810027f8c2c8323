"""The measured values of a session, a column each: what the chart and the table of vital signs are drawn from. Pure.

A late value stands where it was measured, any other where the monitor put it on record. An invalid one is a gap. Of two devices that
measure one vital sign the source is drawn, as it is judged; the second stands in the record, and its cuffs in the table.

Memory: some 20 bytes a value; a session of four hours at 1 Hz with six vital signs is 2 MB.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

import msgspec

from schemas.log import Measured
from schemas.measurement import Reading, Reason, Validity
from schemas.vitals import Vital

PLAIN: Final = 0
LATE: Final = 1
DOUBTFUL: Final = 2


class Point(msgspec.Struct, frozen=True):
    at_ms: int
    value_milli: int
    kind: int  # PLAIN, LATE or DOUBTFUL


class Cuff(msgspec.Struct, frozen=True):
    """One measurement of a cuff as it came: `readings` by vital sign, with why one is not plainly valid."""

    at_ms: int
    device: str
    readings: dict[Vital, Reading]

    @property
    def is_late(self) -> bool:
        return any(reading.reason is Reason.LATE for reading in self.readings.values())


class Track:
    """Points of one vital sign in order of time. `sort` once before it is read."""

    def __init__(self) -> None:
        self.at = array("q")
        self._value = array("q")
        self._kind = array("b")

    def add(self, at_ms: int, value_milli: int, kind: int) -> None:
        self.at.append(at_ms)
        self._value.append(value_milli)
        self._kind.append(kind)

    def sort(self) -> None:
        if LATE in self._kind:
            order = sorted(range(len(self.at)), key=self.at.__getitem__)
            self.at, self._value, self._kind = (array(c.typecode, (c[i] for i in order)) for c in (self.at, self._value, self._kind))

    def between(self, from_ms: int, until_ms: int) -> Iterator[Point]:
        """`from_ms` <= at < `until_ms`."""
        for i in range(bisect_left(self.at, from_ms), bisect_left(self.at, until_ms)):
            yield Point(self.at[i], self._value[i], self._kind[i])

    def nearest(self, at_ms: int, within_ms: int) -> Point | None:
        found = self.between(at_ms - within_ms, at_ms + within_ms + 1)
        return min(found, key=lambda point: abs(point.at_ms - at_ms), default=None)

    def gaps(self, longest_ms: int, from_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
        """Stretches of `from_ms`..`until_ms` in which nothing came in time for longer than `longest_ms`. What came late closes none: nobody
        saw it then."""
        last_ms = from_ms
        for i in range(len(self.at)):
            if self._kind[i] == LATE:
                continue
            if self.at[i] - last_ms > longest_ms:
                yield last_ms, self.at[i]
            last_ms = self.at[i]
        if until_ms - last_ms > longest_ms:
            yield last_ms, until_ms


class Tracks:
    """Fed measurement by measurement."""

    def __init__(self) -> None:
        self.of: dict[Vital, Track] = {vital: Track() for vital in Vital}
        self.cuffs: list[Cuff] = []

    def add(self, body: Measured, at_ms: int) -> None:
        cuff: dict[Vital, Reading] = {}
        for reading in body.readings:
            is_late = reading.reason is Reason.LATE
            when = body.measured_at_ms if is_late else at_ms
            if reading.vital in _CUFF and (reading.value_milli is not None or reading.reason is not Reason.NOT_MEASURED):
                cuff[reading.vital] = reading
            if reading.value_milli is None or reading.reason is Reason.SECOND_SOURCE:
                continue
            if reading.validity is not Validity.INVALID:
                kind = LATE if is_late else DOUBTFUL if reading.validity is Validity.QUESTIONABLE else PLAIN
                self.of[reading.vital].add(when, reading.value_milli, kind)
        if cuff and any(reading.value_milli is not None for reading in cuff.values()):
            is_late = any(reading.reason is Reason.LATE for reading in cuff.values())
            self.cuffs.append(Cuff(body.measured_at_ms if is_late else at_ms, body.device, cuff))

    def sort(self) -> None:
        for track in self.of.values():
            track.sort()
        self.cuffs.sort(key=lambda cuff: cuff.at_ms)

    @property
    def rate(self) -> Vital:
        """Heart rate where there is any, else pulse rate."""
        return Vital.HEART_RATE if self.of[Vital.HEART_RATE].at else Vital.PULSE_RATE


_CUFF: Final = frozenset({Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP})
