"""Where the parts of a chart lie on a page, A4 across, in millimetres: doses on top, alerts, the grid of pressures and rates, SpO2,
breathing, the time at the foot. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

PAGE_WIDTH: Final = 297.0
PAGE_HEIGHT: Final = 210.0
MARGIN: Final = 12.0
LEFT: Final = 24.0
RIGHT: Final = 281.0
MINUTE_MS: Final = 60_000
QUARTER_MS: Final = 15 * MINUTE_MS
SHEET_MS: Final = 90 * MINUTE_MS  # at most on one page
COLUMN: Final = 0.5  # what lies in one cannot be told apart


class Lane(msgspec.Struct, frozen=True):
    """Values from `low` to `high` between `top` and `bottom`; a line each `step`, a number each `label`."""

    name: str
    top: float
    bottom: float
    low: int
    high: int
    step: int
    label: int

    def y(self, value: float) -> float:
        """What lies beyond the scale stands at its edge."""
        held = min(max(value, self.low), self.high)
        return self.bottom - (held - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


class Layout(msgspec.Struct, frozen=True):
    from_ms: int
    until_ms: int
    dose_top: float
    alert_tops: dict[str, float]
    event_y: float
    main: Lane
    spo2: Lane
    breath: Lane
    co2: Lane  # on the breathing lane, its numbers on the right

    def x(self, at_ms: float) -> float:
        return _x(at_ms, self.from_ms, self.until_ms)

    def column(self, at_ms: int) -> int:
        return int(self.x(at_ms) / COLUMN)

    def shows(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms < self.until_ms

    @property
    def foot(self) -> float:
        return self.breath.bottom

    def ticks(self, step_min: int) -> Iterator[int]:
        """On the clock's own quarters of an hour."""
        step = step_min * MINUTE_MS
        return iter(range(-(-self.from_ms // step) * step, self.until_ms + 1, step))


def _x(at_ms: float, from_ms: int, until_ms: int) -> float:
    held = min(max(at_ms, from_ms), until_ms)
    return LEFT + (held - from_ms) / (until_ms - from_ms) * (RIGHT - LEFT)


def column_of(windows: list[tuple[int, int]], at_ms: int) -> tuple[int, int]:
    """Which of these windows, each as long as the others, an instant lies in, and in which column there."""
    from_ms, until_ms = windows[0]
    number = (at_ms - from_ms) // (until_ms - from_ms)
    from_ms, until_ms = windows[min(max(number, 0), len(windows) - 1)]
    return number, int(_x(at_ms, from_ms, until_ms) / COLUMN)


def sheets(first_ms: int, last_ms: int) -> list[tuple[int, int]]:
    """Windows of at most 90 minutes on quarters of an hour, each as long as the others. What happened at `last_ms` is in the last one."""
    first = first_ms // QUARTER_MS * QUARTER_MS
    span = max(4 * QUARTER_MS, (last_ms - first) // QUARTER_MS * QUARTER_MS + QUARTER_MS)
    count = -(-span // SHEET_MS)
    length = -(-span // count // QUARTER_MS) * QUARTER_MS
    return [(first + i * length, first + (i + 1) * length) for i in range(count)]


def layout_of(window: tuple[int, int], highest: float, lowest_spo2: float) -> Layout:
    """`highest`: of pressures and rates; the scale reaches it. `lowest_spo2`: in %, or 100."""
    top = -(-max(210, int(highest) + 1) // 20) * 20
    low_spo2 = 84 if lowest_spo2 >= 84 else max(40, int(lowest_spo2) // 10 * 10)
    alert_tops = {tone: 54.5 + 4.5 * i for i, tone in enumerate(("high", "medium", "low", "technical"))}
    step_spo2 = 4 if low_spo2 == 84 else 10
    return Layout(
        from_ms=window[0],
        until_ms=window[1],
        dose_top=41.0,
        alert_tops=alert_tops,
        event_y=73.2,
        main=Lane("BP mmHg, rate /min", 76.0, 145.0, 20, top, 10, 20),
        spo2=Lane("SpO2 %", 148.0, 164.0, low_spo2, 100, step_spo2, step_spo2),
        breath=Lane("RR /min", 167.0, 183.0, 0, 40, 10, 10),
        co2=Lane("EtCO2 mmHg", 167.0, 183.0, 0, 80, 20, 20),
    )
