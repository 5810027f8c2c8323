"""The plots of the HTML report as SVG text: no script, no fetched part. What is told by colour is told by words too."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from monitor.backtest.figures import Compared, Row
from monitor.backtest.judging import Raised
from monitor.backtest.wording import alert_words, when
from schemas.alert import PRIORITY_RANK
from schemas.session import Phase

WIDTH: Final = 1000
_LABEL: Final = 190  # pixels left of every plot, for names
_BAR: Final = 12
_LANE: Final = 14
_MAX_MARKS: Final = 2_000  # alerts drawn in one time line; the JSON has them all
_MINUTE_MS: Final = 60_000
_TICKS_MIN: Final = (5, 10, 15, 30, 60, 120, 240, 480, 1440)


def bars(rows: Sequence[Row]) -> str:
    """Alerts per hour by rule: A above B."""
    largest = max((max(row.a.per_hour, row.b.per_hour) for row in rows), default=0.0) or 1.0
    parts: list[str] = []
    for index, row in enumerate(rows):
        top = index * (2 * _BAR + 8) + 4
        parts.append(f'<text x="0" y="{top + _BAR + 4}">{escape(row.name)} {escape(row.title[:20])}</text>')
        for number, (letter, count) in enumerate((("A", row.a), ("B", row.b))):
            y = top + number * _BAR
            width = count.per_hour / largest * (WIDTH - _LABEL - 90)
            words = f"{letter} {count.per_hour:.2f} /h, {count.raised}"
            parts.append(
                f'<rect class="{letter.lower()}" x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR - 2}"/>'
                f'<text class="small" x="{_LABEL + width + 4:.1f}" y="{y + _BAR - 3}">{words}</text>'
            )
    return _svg(len(rows) * (2 * _BAR + 8) + 8, "Alerts per hour by rule, A above B", parts)


def time_line(each: Compared) -> str:
    """One session: for each cause what A raised, and under it what B raised. Alerts that the other set has not are framed."""
    session = each.session
    causes = sorted({raised.cause for side in (session.a, session.b) for raised in side.raised})
    length_ms = max(session.ended_ms - session.began_ms, 1)
    scale = (WIDTH - _LABEL) / length_ms
    alone = {id(raised) for raised in (*each.comparison.missed, *each.comparison.added)}
    height = 18 + len(causes) * (2 * _LANE + 6)
    parts = [*_phases(each, scale, height), *_axis(length_ms, scale, height)]
    for index, cause in enumerate(causes):
        top = 16 + index * (2 * _LANE + 6)
        parts.append(f'<text x="0" y="{top + _LANE}">{escape(cause)}</text>')
        for number, (letter, side) in enumerate((("A", session.a), ("B", session.b))):
            y = top + number * _LANE
            parts.append(f'<text class="small" x="{_LABEL - 14}" y="{y + _LANE - 4}">{letter}</text>')
            marks = [raised for raised in side.raised if raised.cause == cause]
            marks.sort(key=lambda raised: PRIORITY_RANK[raised.priority])  # the higher lie on top
            parts.extend(_mark(each, raised, y, scale, is_alone=id(raised) in alone) for raised in marks[-_MAX_MARKS:])
    return _svg(height + 16, f"Alerts of session {session.session} in time, A above B", parts)


def _mark(each: Compared, raised: Raised, y: float, scale: float, *, is_alone: bool) -> str:
    session = each.session
    x = _LABEL + (raised.raised_at_ms - session.began_ms) * scale
    ended_ms = session.ended_ms if raised.ended_ms is None else raised.ended_ms
    width = max((ended_ms - raised.raised_at_ms) * scale, 2.0)
    words = f"{when(each, raised)}\n{alert_words(raised)}{' (the other set has none)' if is_alone else ''}"
    return (
        f'<rect class="{raised.priority}{" alone" if is_alone else ""}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_LANE - 3}">'
        f"<title>{escape(words)}</title></rect>"
    )


def _phases(each: Compared, scale: float, height: float) -> Iterable[str]:
    phases = each.session.phases
    ends = [*(since.at_ms for since in phases[1:]), each.session.ended_ms]
    for since, end_ms in zip(phases, ends, strict=True):
        x, width = _LABEL + (since.at_ms - each.session.began_ms) * scale, (end_ms - since.at_ms) * scale
        if since.phase is Phase.INFUSING:
            yield f'<rect class="infusing" x="{x:.1f}" y="0" width="{width:.1f}" height="{height}"/>'
        if width > 6 * len(since.phase):
            yield f'<text class="small" x="{x + 3:.1f}" y="10">{since.phase}</text>'


def _axis(length_ms: int, scale: float, height: float) -> Iterable[str]:
    minutes = length_ms / _MINUTE_MS
    step = next((tick for tick in _TICKS_MIN if minutes / tick <= 14), int(minutes / 10) + 1)
    for minute in range(0, int(minutes) + 1, step):
        x = _LABEL + minute * _MINUTE_MS * scale
        yield f'<line class="tick" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height}"/>'
        yield f'<text class="small" x="{x + 2:.1f}" y="{height + 12}">{minute} min</text>'


def _svg(height: float, label: str, parts: Iterable[str]) -> str:
    return f'<svg role="img" aria-label="{escape(label, quote=True)}" viewBox="0 0 {WIDTH} {height}">{"".join(parts)}</svg>'
