"""Thinning for charts: of each slice of time the smallest and the largest value, so that no peak is lost however few points are drawn.

`thin` is the whole rule. For a session on disk SQL reduces each slice first (`read_points`), away from the interpreter lock, and `thin`
puts that together with what is not filed yet: of the extremes of parts it makes the extremes of the whole.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from monitor.store.codes import REASON_OF, VALIDITY, VALIDITY_OF, VITAL, VITAL_OF
from monitor.store.connection import Connection
from monitor.store.ports import Trend
from monitor.store.rows import MeasurementRow, readings_of
from schemas.measurement import Validity
from schemas.vitals import Vital, from_milli

# seq, place in the measurement, at_ms, measured_at_ms, vital, value_milli, validity, reason
Point = tuple[int, int, int, int, int, int | None, int, int]
_INVALID: Final = VALIDITY[Validity.INVALID]

_POINTS: Final = """
WITH r AS MATERIALIZED (
  SELECT m.seq, j.key AS place, m.at_ms, m.measured_at_ms, j.value ->> 0 AS vital, j.value ->> 1 AS value, j.value ->> 2 AS validity,
         j.value ->> 3 AS reason, (m.at_ms - :since_ms) / :width_ms AS slice
  FROM measurement AS m, json_each(m.readings) AS j
  WHERE m.session_no = :number AND m.seq >= :from_seq AND m.seq <= :until_seq AND m.at_ms >= :since_ms AND m.at_ms <= :until_ms
    AND j.value ->> 0 IN (SELECT value FROM json_each(:vitals))
)
SELECT seq, place, at_ms, measured_at_ms, vital, value, validity, reason FROM (
  SELECT *, min(value * 4294967296 + seq) FROM r WHERE value IS NOT NULL AND validity <> :invalid GROUP BY vital, slice
  UNION ALL
  SELECT *, max(value * 4294967296 - seq) FROM r WHERE value IS NOT NULL AND validity <> :invalid GROUP BY vital, slice
  UNION ALL
  SELECT *, max(seq) FROM r WHERE value IS NULL OR validity = :invalid GROUP BY vital, slice
)
"""
_FIRST: Final = "SELECT seq, at_ms FROM measurement WHERE session_no = ? AND seq >= ? ORDER BY seq LIMIT 1"
_LAST: Final = "SELECT coalesce(max(seq), 0) FROM measurement WHERE session_no = ?"


class Window:
    """A span of the record's time in slices of equal width, of which each gives at most two points."""

    def __init__(self, vitals: tuple[Vital, ...], since_ms: int, until_ms: int, max_points: int) -> None:
        """Raises ValueError for fewer than 2 points: they could not hold an extreme of both kinds."""
        if max_points < 2:
            raise ValueError(f"a trend needs at least 2 points, not {max_points}")
        self.vitals = vitals
        self.codes = {VITAL[vital] for vital in vitals}
        self.since_ms = since_ms
        self.until_ms = until_ms
        self.width_ms = max(1, -(-(until_ms - since_ms + 1) // (max_points // 2)))

    def holds(self, at_ms: int) -> bool:
        return self.since_ms <= at_ms <= self.until_ms


def points_of(rows: Iterable[MeasurementRow], window: Window) -> Iterator[Point]:
    """The points of a window in rows of one session."""
    for _, seq, at_ms, measured_at_ms, _, _, _, _, readings in rows:
        if window.holds(at_ms):
            for place, (vital, value_milli, validity, reason) in enumerate(readings_of(readings)):
                if vital in window.codes:
                    yield (seq, place, at_ms, measured_at_ms, vital, value_milli, validity, reason)


def read_points(connection: Connection, number: int, window: Window, unfiled: list[MeasurementRow]) -> list[Point]:
    """The extremes of each slice, from the table and from the rows that are not in it yet."""
    values = {
        "number": number,
        "from_seq": _seq_from(connection, number, window.since_ms),
        "until_seq": unfiled[0][1] - 1 if unfiled else 1 << 62,
        "since_ms": window.since_ms,
        "until_ms": window.until_ms,
        "width_ms": window.width_ms,
        "vitals": str(sorted(window.codes)),
        "invalid": _INVALID,
    }
    filed: list[Point] = connection.execute(_POINTS, values).fetchall()
    return [*filed, *points_of(unfiled, window)]


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


def thin(points: Iterable[Point], window: Window) -> dict[Vital, Trend]:
    """At most two points a slice and vital sign, the first of equal ones; where a slice has no usable value, its last reading as None."""
    lowest: dict[tuple[int, int], Point] = {}
    highest: dict[tuple[int, int], Point] = {}
    missing: dict[tuple[int, int], Point] = {}
    for point in sorted(points):
        value, key = point[5], (point[4], (point[2] - window.since_ms) // window.width_ms)
        if value is None or point[6] == _INVALID:
            missing[key] = point
            continue
        low, high = lowest.get(key), highest.get(key)
        if low is None or value < (low[5] or 0):
            lowest[key] = point
        if high is None or value > (high[5] or 0):
            highest[key] = point
    gaps = {(*point[:5], None, *point[6:]) for key, point in missing.items() if key not in lowest}
    kept = sorted({*lowest.values(), *highest.values(), *gaps}, key=lambda point: point[:2])
    trends = {vital: Trend([], [], [], [], []) for vital in window.vitals}
    for _, _, at_ms, measured_at_ms, vital, value_milli, validity, reason in kept:
        trend = trends[VITAL_OF[vital]]
        trend.measured_at_ms.append(measured_at_ms)
        trend.at_ms.append(at_ms)
        trend.value.append(None if value_milli is None else from_milli(value_milli))
        trend.validity.append(VALIDITY_OF[validity])
        trend.reason.append(REASON_OF[reason])
    return trends
