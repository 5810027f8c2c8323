"""The chart of one window as a list of shapes, in the manner of anaesthesia records. Pure.

Never a line across a gap, never smoothed, never averaged: values are marks that nothing joins. Where a column of paper (0.5 mm) holds
many values of a stream, its smallest and largest are drawn with a stroke between them: no peak is lost, and what is between was measured.
"""

from collections.abc import Iterator
from typing import Final

from monitor.export.pdf.chart_above import above
from monitor.export.pdf.chart_names import HEIGHT, Spot, free_place, spots_of
from monitor.export.pdf.gather import Gathered
from monitor.export.pdf.layout import LEFT, RIGHT, Lane, Layout, layout_of
from monitor.export.pdf.shapes import Box, Hatched, Line, Mark, Shape, Tone, Words, width_of
from monitor.export.pdf.tracks import DOUBTFUL, LATE, Point, Track
from monitor.export.pdf.wording import clock, length, since
from schemas.limits import Direction
from schemas.measurement import Reason, Validity
from schemas.vitals import MILLI, VITAL_SIGNS, Vital, format_milli

_SMALL: Final = 6.0
_LANES: Final = {
    Vital.SYSTOLIC_BP: "main",
    Vital.DIASTOLIC_BP: "main",
    Vital.HEART_RATE: "main",
    Vital.PULSE_RATE: "main",
    Vital.SPO2: "spo2",
    Vital.RESPIRATORY_RATE: "breath",
}


def chart(about: Gathered, window: tuple[int, int], numbers: dict[int, int]) -> list[Shape]:
    """`numbers`: by `seq`, the number of an event in the table of events."""
    layout = _fitting(about, window)
    tracks = about.tracks
    streams: list[tuple[Vital, Lane, Tone]] = [
        (tracks.rate, layout.main, "rate"),
        (Vital.SPO2, layout.spo2, "spo2"),
        (Vital.RESPIRATORY_RATE, layout.breath, "breath"),
    ]
    gaps = [shape for vital, lane, _ in streams for shape in _gaps(about, layout, vital, lane)]
    grid = list(_grid(about, layout))
    lines = list(above(about, layout, numbers))
    values = list(_stream(tracks.of[Vital.ETCO2], layout, layout.co2, "co2", "cross"))
    for vital, lane, tone in streams:
        values += _stream(tracks.of[vital], layout, lane, tone, "dot")
    values += _cuffs(about, layout)
    words = [shape for shape in [*gaps, *grid] if isinstance(shape, Words)]
    levels = _levels(about, layout, spots_of([*words, *lines, *values]))
    return [*gaps, *grid, *levels, *lines, *values]


def _fitting(about: Gathered, window: tuple[int, int]) -> Layout:
    """The scales hold every value of the window."""

    def points(*vitals: Vital) -> Iterator[Point]:
        return (point for vital in vitals for point in about.tracks.of[vital].between(*window))

    high = (point.high_milli / MILLI for point in points(Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, about.tracks.rate))
    low = (point.low_milli / MILLI for point in points(Vital.SPO2))
    return layout_of(window, max(high, default=0.0), min(low, default=100.0))


def _grid(about: Gathered, layout: Layout) -> Iterator[Shape]:
    """A thin line every 5 minutes, a heavy one every 15; both clocks and the time since the start at the foot; scales at the sides."""
    for at_ms in layout.ticks(5):
        is_heavy = at_ms % 900_000 == 0
        x = layout.x(at_ms)
        for lane in (layout.main, layout.spo2, layout.breath):
            yield Line(x, lane.top, x, lane.bottom, "heavy" if is_heavy else "grid", 0.3 if is_heavy else 0.15)
        if is_heavy:
            yield Words(x, layout.foot + 3.2, clock(at_ms, about.zone), "ink", 7, "middle")
            if about.started_at_ms is not None:
                yield Words(x, layout.foot + 6.0, since(at_ms, about.started_at_ms), "muted", _SMALL, "middle")
    for lane in (layout.main, layout.spo2, layout.breath):
        for value in range(-(-lane.low // lane.step) * lane.step, lane.high + 1, lane.step):
            yield Line(LEFT, lane.y(value), RIGHT, lane.y(value), "grid", 0.15)
            if value % lane.label == 0 and value != lane.low:
                yield Words(LEFT - 1.2, lane.y(value) + 0.9, str(value), "muted", _SMALL, "right")
        yield from _name(LEFT + 0.8, lane)
    if about.tracks.of[Vital.ETCO2].at:
        for value in range(layout.co2.label, layout.co2.high + 1, layout.co2.label):
            yield Words(RIGHT + 1.2, layout.co2.y(value) + 0.9, str(value), "co2", _SMALL)
        yield from _name(RIGHT - width_of(layout.co2.name) - 3, layout.co2)


def _name(x: float, lane: Lane) -> Iterator[Shape]:
    yield Box(x - 0.4, lane.top + 0.3, width_of(lane.name) + 0.8, 2.8, "panel")
    yield Words(x, lane.top + 2.5, lane.name, "co2" if lane.name.startswith("Et") else "muted", _SMALL)


def _levels(about: Gathered, layout: Layout, spots: list[Spot]) -> Iterator[Shape]:
    """Limits dashed while they stood, baselines dotted from the start on, each with its name where nothing is drawn; `spots` are taken.
    Where there is no such place the scale says the level."""

    def named(lane: Lane, value: float, x: float, name: str, tone: Tone) -> Iterator[Shape]:
        place = free_place(spots, width_of(name) + 1, lane.y(value), x)
        if place is not None:
            spots.append(place)
            yield Box(place.left, place.top, width_of(name) + 0.6, HEIGHT, "panel")
            yield Words(place.left + 0.3, place.bottom - 0.5, name, tone, _SMALL)

    for span in about.limits:
        vital, limit = span.limit.vital, span.limit.limit
        if vital not in _LANES or span.until_ms <= layout.from_ms or span.from_ms >= layout.until_ms:
            continue
        lane = _lane(layout, vital)
        if lane.holds(limit):
            yield Line(layout.x(span.from_ms), lane.y(limit), layout.x(span.until_ms), lane.y(limit), "limit", 0.2, (1.8, 1.4))
            own = " own" if limit != span.limit.ordinary else ""
            sign = "\u2265" if span.limit.direction is Direction.HIGH else "<"
            name = f"{VITAL_SIGNS[vital].label} limit{own} {sign} {limit:g}"
            yield from named(lane, limit, layout.x(span.from_ms) + 30, name, "limit")
    since_ms = about.started_at_ms
    for vital, value in about.baselines.items():
        if vital in _LANES and since_ms is not None and since_ms < layout.until_ms:
            lane, x = _lane(layout, vital), layout.x(max(since_ms, layout.from_ms))
            if lane.holds(value / MILLI):
                y = lane.y(value / MILLI)
                yield Line(x, y, layout.x(min(about.last_ms, layout.until_ms)), y, "muted", 0.25, (0.4, 1.0))
                yield from named(lane, value / MILLI, RIGHT, f"{VITAL_SIGNS[vital].label} baseline {format_milli(value)}", "muted")


def _lane(layout: Layout, vital: Vital) -> Lane:
    lanes = {"main": layout.main, "spo2": layout.spo2, "breath": layout.breath}
    return lanes[_LANES[vital]]


def _gaps(about: Gathered, layout: Layout, vital: Vital, lane: Lane) -> Iterator[Shape]:
    """Hatched, with how long. A sign that never came has no gap: it was not measured."""
    track = about.tracks.of[vital]
    if not track.at:
        return
    for from_ms, until_ms in track.gaps(about.gone_after_ms[vital], max(about.first_ms, about.created_at_ms), about.last_ms):
        if until_ms <= layout.from_ms or from_ms >= layout.until_ms:
            continue
        x = layout.x(from_ms)
        width = max(0.3, layout.x(until_ms) - x)
        yield Hatched(x, lane.top, width, lane.bottom - lane.top)
        words = f"no {VITAL_SIGNS[vital].label} for {length(until_ms - from_ms)}"
        if width_of(words) + 1 < width:
            yield Box(x + (width - width_of(words)) / 2 - 0.4, lane.bottom - 3.4, width_of(words) + 0.8, 2.9, "panel")
            yield Words(x + width / 2, lane.bottom - 1.2, words, "muted", _SMALL, "middle")


def _stream(track: Track, layout: Layout, lane: Lane, tone: Tone, form: str) -> Iterator[Shape]:
    """Late values hollow; "?" above the first of a run of doubtful ones."""
    doubted_x = -10.0
    for x, low, high, kind in _columns(track, layout):
        if high != low and kind != LATE:
            yield Line(x, lane.y(low), x, lane.y(high), tone, 0.25)
        for value in {low, high}:
            yield Mark("dot" if kind == LATE else form, x, lane.y(value), 0.62 if kind == LATE else 0.42, tone, is_hollow=kind == LATE)
        if kind == DOUBTFUL:
            if x - doubted_x > 2.5:
                yield Words(x, lane.y(high) - 1, "?", tone, _SMALL, "middle", is_bold=True)
            doubted_x = x


def _columns(track: Track, layout: Layout) -> Iterator[tuple[float, float, float, int]]:
    """(x, smallest, largest, kind) of each column; plain values are never put together with marked ones."""
    column: list[Point] = []
    place = (-1, -1)
    for point in track.between(layout.from_ms, layout.until_ms):
        here = (layout.column(point.at_ms), point.kind)
        if column and here != place:
            yield _extremes(column, layout)
            column = []
        place = here
        column.append(point)
    if column:
        yield _extremes(column, layout)


def _extremes(column: list[Point], layout: Layout) -> tuple[float, float, float, int]:
    low, high = min(point.low_milli for point in column), max(point.high_milli for point in column)
    return layout.x(column[0].at_ms), low / MILLI, high / MILLI, column[0].kind


def _cuffs(about: Gathered, layout: Layout) -> Iterator[Shape]:
    """V systolic, V turned over diastolic, a thin stroke between them, a dash at the mean. A late one has a hollow disc above, a doubtful
    one a "?"; an invalid one is a cross in its place in time, its values in the table alone."""
    lane = layout.main
    for cuff in about.tracks.cuffs:
        if not layout.shows(cuff.at_ms):
            continue
        x = layout.x(cuff.at_ms)
        y = {
            vital: lane.y(reading.value_milli / MILLI)
            for vital, reading in cuff.readings.items()
            if reading.value_milli is not None and reading.validity is not Validity.INVALID and reading.reason is not Reason.SECOND_SOURCE
        }
        if not y:
            yield Mark("cross", x, lane.bottom - 1.5, 0.9, "bp")
            continue
        forms = {Vital.SYSTOLIC_BP: "systolic", Vital.DIASTOLIC_BP: "diastolic", Vital.MEAN_BP: "mean"}
        if Vital.SYSTOLIC_BP in y and Vital.DIASTOLIC_BP in y:
            yield Line(x, y[Vital.SYSTOLIC_BP], x, y[Vital.DIASTOLIC_BP], "heavy", 0.2)
        for vital, at_y in y.items():
            yield Mark(forms[vital], x, at_y, 1.2, "bp")
        top = min(y.values())
        if any(reading.reason is Reason.LATE for reading in cuff.readings.values()):
            yield Mark("dot", x, top - 2.8, 0.7, "bp", is_hollow=True)
        if any(reading.validity is Validity.QUESTIONABLE for reading in cuff.readings.values()):
            yield Words(x, top - 2.2, "?", "bp", _SMALL, "middle", is_bold=True)
