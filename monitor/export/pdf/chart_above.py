"""Above the grid of the chart: what was given, which alerts stood, and what happened, as lines through it. Pure."""

from collections.abc import Iterator
from typing import Final

from monitor.export.pdf.gather import Gathered
from monitor.export.pdf.layout import LEFT, RIGHT, Layout
from monitor.export.pdf.shapes import Box, Hatched, Line, Mark, Shape, Words, width_of
from monitor.export.pdf.wording import clock, mg
from monitor.export.views.doses import voided_of
from schemas.log import MonitorRestarted, NoteAdded, ObservationCharted, PhaseOrdered

_SMALL: Final = 6.0
_BAR: Final = 5.0


def above(about: Gathered, layout: Layout, numbers: dict[int, int]) -> Iterator[Shape]:
    yield from _doses(about, layout)
    yield from _alerts(about, layout)
    yield from _unwatched(about, layout)
    yield from _events(about, layout, numbers)


def _doses(about: Gathered, layout: Layout) -> Iterator[Shape]:
    """A bar for each rate with the rate on it, a mark for each bolus with its amount, and the dose given so far below."""
    top = layout.dose_top
    yield Words(LEFT - 1.2, top + 3.4, "dose", "muted", _SMALL, "right")
    yield Box(LEFT, top, RIGHT - LEFT, _BAR, "lane")
    for span in about.given.rates:
        if span.until_ms <= layout.from_ms or span.from_ms >= layout.until_ms:
            continue
        x = layout.x(span.from_ms)
        width = layout.x(span.until_ms) - x
        yield Box(x, top, width, _BAR, "dose_bar")
        yield Line(x, top, x + width, top, "dose", 0.5)
        words = f"{mg(span.ug_per_min)} mg/min"
        if width_of(words) + 1.5 < width:
            yield Words(x + 1, top + 3.4, words, "ink", 7, is_bold=True)
    for at_ms, ug in about.given.boluses:
        if layout.shows(at_ms):
            yield Mark("bolus", layout.x(at_ms), top - 1.2, 1.2, "ink")
            yield Words(layout.x(at_ms) + 1.8, top - 0.4, f"{mg(ug)} mg", "ink", 7, is_bold=True)
    span_ms = about.given.span_ms
    yield Words(LEFT - 1.2, top + 8.2, "mg given", "muted", _SMALL, "right")
    for at_ms in layout.ticks(5):
        if span_ms is not None and span_ms[0] <= at_ms <= min(span_ms[1] + 300_000, about.last_ms):
            x = max(layout.x(at_ms), LEFT + 3.5)  # clear of the name of the row
            yield Words(x, top + 8.2, f"{about.given.by_ug(at_ms) / 1000:.1f}", "dose", _SMALL, "middle")


def _alerts(about: Gathered, layout: Layout) -> Iterator[Shape]:
    """A row for each priority: its sign where it was raised, a bar while it stood, a tick at the answer, its name where there is room."""
    free = dict.fromkeys(layout.alert_tops, LEFT)
    for tone, y in layout.alert_tops.items():
        yield Words(LEFT - 1.2, y + 0.9, tone, tone, _SMALL, "right")
        yield Line(LEFT, y, RIGHT, y, "grid", 0.15)
    for span in about.alerts:
        if span.until_ms < layout.from_ms or span.from_ms >= layout.until_ms:
            continue
        y, x = layout.alert_tops[span.tone], layout.x(span.from_ms)
        yield Box(x, y - 0.6, max(0.4, layout.x(span.until_ms) - x), 1.2, span.tone)
        if layout.shows(span.from_ms):
            yield Mark("dot" if span.tone == "low" else span.tone, x, y, 1.2, span.tone)
        if span.answered_ms is not None and layout.shows(span.answered_ms):
            answered_x = layout.x(span.answered_ms)
            yield Line(answered_x, y - 1.4, answered_x, y + 1.4, "ink", 0.4)
        if x >= free[span.tone] and x + width_of(span.id) + 3 < RIGHT:
            yield Words(x + 1.6, y - 1.4, span.id, span.tone, 5)
            free[span.tone] = x + width_of(span.id, 5) + 4


def _unwatched(about: Gathered, layout: Layout) -> Iterator[Shape]:
    """The monitor itself was not running: hatched through every lane, and said."""
    for entry in about.survey.events:
        if isinstance(entry.body, MonitorRestarted):
            from_ms = about.survey.silent_since_ms.get(entry.seq, entry.at_ms)
            if entry.at_ms <= layout.from_ms or from_ms >= layout.until_ms:
                continue
            x = layout.x(from_ms)
            yield Hatched(x, layout.event_y - 2, max(0.3, layout.x(entry.at_ms) - x), layout.foot - layout.event_y + 2)
            yield Box(x + 0.2, layout.main.top + 11.6, width_of("monitor not running") * 1.15, 2.9, "panel")
            yield Words(x + 0.5, layout.main.top + 13.8, "monitor not running", "technical", _SMALL, is_bold=True)


def _events(about: Gathered, layout: Layout, numbers: dict[int, int]) -> Iterator[Shape]:
    """Steps of the session as named lines through every lane; notes and charted signs as marks with their number in the table of events."""
    voided = voided_of(about.survey.events)
    yield Words(LEFT - 1.2, layout.event_y + 0.9, "events", "muted", _SMALL, "right")
    free_mark, rows = LEFT, [LEFT, LEFT]  # up to where each of the two rows of names is taken
    for entry in about.survey.events:
        if not layout.shows(entry.at_ms):
            continue
        x = layout.x(entry.at_ms)
        if isinstance(entry.body, PhaseOrdered):
            yield Line(x, layout.event_y - 1, x, layout.foot, "dose", 0.4)
            name = f"{entry.body.phase.value} {clock(entry.at_ms, about.zone)}"
            at_x = x + 0.8 if x + width_of(name) + 1 < RIGHT else x - width_of(name) - 0.8
            row = 0 if at_x >= rows[0] else 1
            y = layout.main.top + 5.5 + 3.4 * row
            yield Box(at_x - 0.3, y - 2.2, width_of(name) * 1.15 + 0.6, 2.8, "panel")
            yield Words(at_x, y, name, "dose", 6.5, is_bold=True)
            rows[row] = at_x + width_of(name) * 1.15 + 1
        elif isinstance(entry.body, NoteAdded | ObservationCharted):
            yield Mark("note", x, layout.event_y, 0.9, "muted", is_hollow=entry.seq in voided or isinstance(entry.body, ObservationCharted))
            number = str(numbers.get(entry.seq, ""))
            if x >= free_mark:
                yield Words(x + 1.2, layout.event_y + 0.8, number, "muted", 5)
                free_mark = x + 1.6 + width_of(number, 5)
