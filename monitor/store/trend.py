"""Thinning for charts: of each slice of time the smallest and the largest value, so that no peak is lost however few points are drawn."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from monitor.store.codes import REASON_OF, VALIDITY, VALIDITY_OF, VITAL
from monitor.store.connection import Connection
from monitor.store.ports import Trend
from monitor.store.rows import MeasurementRow, readings_of
from schemas.measurement import Validity
from schemas.vitals import Vital, from_milli

Readings = list[tuple[int, int | None, int, int]]  # vital, value_milli, validity, reason
Row = tuple[int, int, int, Readings]  # seq, at_ms, measured_at_ms
Point = tuple[int, int, int, int | None, int, int]  # seq, at_ms, measured_at_ms, value_milli, validity, reason
_INVALID: Final = VALIDITY[Validity.INVALID]

_CHUNK: Final = 4_096
# A chunk is one text: each row that SQLite hands over alone takes a turn of the interpreter's lock, and may wait for a busy event loop.
_ROWS: Final = f"""
SELECT max(seq), '[' || group_concat('[' || seq || ',' || at_ms || ',' || measured_at_ms || ',' || readings || ']') || ']' FROM (
  SELECT seq, at_ms, measured_at_ms, readings FROM measurement
  WHERE session_no = :number AND seq > :after_seq AND seq <= :until_seq AND at_ms <= :until_ms ORDER BY seq LIMIT {_CHUNK}
)
"""  # noqa: S608 - a number
_FIRST: Final = "SELECT seq, at_ms FROM measurement WHERE session_no = ? AND seq >= ? ORDER BY seq LIMIT 1"
_LAST: Final = "SELECT coalesce(max(seq), 0) FROM measurement WHERE session_no = ?"
_rows_of: Final = msgspec.json.Decoder(list[Row]).decode


class Window:
    """A span of the record's time in slices of equal width, of which each gives at most two points."""

    def __init__(self, vitals: tuple[Vital, ...], since_ms: int, until_ms: int, max_points: int) -> None:
        """Raises ValueError for fewer than 2 points: they could not hold an extreme of both kinds."""
        if max_points < 2:
            raise ValueError(f"a trend needs at least 2 points, not {max_points}")
        self.vitals = vitals
        self.codes = [VITAL[vital] for vital in vitals]
        self.since_ms = since_ms
        self.until_ms = until_ms
        self.width_ms = max(1, -(-(until_ms - since_ms + 1) // (max_points // 2)))


def rows_of(rows: Iterable[MeasurementRow]) -> Iterator[Row]:
    """Of a table's rows what a trend is made of."""
    return ((seq, at_ms, measured_at_ms, readings_of(readings)) for _, seq, at_ms, measured_at_ms, _, _, _, _, readings in rows)


def read_rows(connection: Connection, number: int, window: Window, unfiled: list[MeasurementRow]) -> Iterator[Row]:
    """Those of a window, in the order of the record: from the table, and then those that are not in it yet."""
    values = {
        "number": number,
        "after_seq": _seq_from(connection, number, window.since_ms) - 1,
        "until_seq": unfiled[0][1] - 1 if unfiled else 1 << 62,
        "until_ms": window.until_ms,
    }
    while (chunk := connection.execute(_ROWS, values).fetchone())[0] is not None:
        yield from _rows_of(chunk[1])
        values["after_seq"] = chunk[0]
    yield from rows_of(unfiled)


def _seq_from(connection: Connection, number: int, at_ms: int) -> int:
    """The first seq at or after a time, by halving: `at_ms` never goes back within a log, so it needs no index."""
    before, last = 0, int(connection.execute(_LAST, (number,)).fetchone()[0])
    while before < last:
        middle = (before + last + 1) // 2
        row = connection.execute(_FIRST, (number, middle)).fetchone()
        if row[1] < at_ms:
            before = row[0]
        else:
            last = middle - 1
    return before + 1


def thin(rows: Iterable[Row], window: Window) -> dict[Vital, Trend]:
    """Of `rows` in the order of the record at most two points a slice and vital sign, the first of equal ones; where a slice has no usable
    value, its last reading as None."""
    slices = {code: _Slice() for code in window.codes}
    since_ms, until_ms, width_ms, now = window.since_ms, window.until_ms, window.width_ms, -1
    for seq, at_ms, measured_at_ms, readings in rows:
        if not since_ms <= at_ms <= until_ms:
            continue
        if (at_ms - since_ms) // width_ms != now:
            now = (at_ms - since_ms) // width_ms
            for each in slices.values():
                each.end()
        for code, value, validity, reason in readings:
            part = slices.get(code)
            if part is None:
                continue
            if value is None or validity == _INVALID:
                part.missing = (seq, at_ms, measured_at_ms, None, validity, reason)
            elif part.highest is None:
                part.lowest = part.highest = (seq, at_ms, measured_at_ms, value, validity, reason)
                part.low = part.high = value
            elif value < part.low:
                part.low, part.lowest = value, (seq, at_ms, measured_at_ms, value, validity, reason)
            elif value > part.high:
                part.high, part.highest = value, (seq, at_ms, measured_at_ms, value, validity, reason)
    return {vital: slices[VITAL[vital]].trend() for vital in window.vitals}


class _Slice:
    """What one vital sign has in the slice that is being read, and the points of those before it."""

    __slots__ = ("_kept", "high", "highest", "low", "lowest", "missing")

    def __init__(self) -> None:
        self._kept: list[Point] = []
        self.low = self.high = 0
        self.lowest: Point | None = None
        self.highest: Point | None = None
        self.missing: Point | None = None

    def end(self) -> None:
        found = {self.lowest, self.highest} if self.lowest is not None else {self.missing}
        self._kept += sorted(point for point in found if point is not None)
        self.lowest = self.highest = self.missing = None

    def trend(self) -> Trend:
        self.end()
        trend = Trend([], [], [], [], [])
        for _, at_ms, measured_at_ms, value_milli, validity, reason in self._kept:
            trend.measured_at_ms.append(measured_at_ms)
            trend.at_ms.append(at_ms)
            trend.value.append(None if value_milli is None else from_milli(value_milli))
            trend.validity.append(VALIDITY_OF[validity])
            trend.reason.append(REASON_OF[reason])
        return trend
