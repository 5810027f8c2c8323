"""Two plots as SVG text: no library, no script, the same bytes for the same figures."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from benchmarks.report import FAINT, WIDTH, svg, text

_ENGINE, _NAIVE = "#0b6e99", "#d08c2e"
_LEFT: Final = 150
_PLOT: Final = WIDTH - _LEFT - 80
_ROW: Final = 40
_RULE_TIME: Final = "the rule's own time, without the wait for a cuff"


class Pair(NamedTuple):
    """Alerts per session of engine and naive rules under one heading."""

    label: str
    engine: float
    naive: float


class Delay(NamedTuple):
    """Seconds from the patient's onset to the alert; `rule_s` is the rule's own time."""

    label: str
    median_s: float
    max_s: float
    rule_s: float


def pairs_plot(title: str, pairs: Sequence[Pair]) -> str:
    """Bars, two for each heading."""
    most = max((max(pair.engine, pair.naive) for pair in pairs), default=0.0) or 1.0
    parts: list[str] = []
    for row, pair in enumerate(pairs):
        top = 64 + row * _ROW
        parts.append(text(_LEFT - 10, top + 17, pair.label, anchor="end"))
        for offset, value, colour in ((0, pair.engine, _ENGINE), (14, pair.naive, _NAIVE)):
            width = value / most * _PLOT
            parts.append(f'<rect x="{_LEFT}" y="{top + offset}" width="{width:.1f}" height="12" fill="{colour}"/>')
            parts.append(text(_LEFT + width + 6, top + offset + 10, f"{value:.2g}" if value < 10 else f"{value:.0f}"))
    key = f'<rect x="{_LEFT}" y="38" width="12" height="12" fill="{_ENGINE}"/>{text(_LEFT + 18, 48, "engine")}'
    key += f'<rect x="{_LEFT + 90}" y="38" width="12" height="12" fill="{_NAIVE}"/>{text(_LEFT + 108, 48, "same limits, naive")}'
    return svg(title, 64 + len(pairs) * _ROW + 10, [key, *parts])


def delays_plot(title: str, delays: Sequence[Delay]) -> str:
    """A dot at the median, a line to the longest, a tick at the rule's own time; seconds on a square-root scale."""
    longest = max((max(delay.max_s, delay.rule_s) for delay in delays), default=0.0) or 1.0

    def x(seconds: float) -> float:
        return _LEFT + math.sqrt(seconds / longest) * _PLOT

    bottom = 64 + len(delays) * 28
    parts: list[str] = []
    for seconds in (0, 5, 15, 30, 60, 120, 300, 600, 900, 1800):
        if seconds <= longest:
            parts.append(f'<line x1="{x(seconds):.1f}" y1="58" x2="{x(seconds):.1f}" y2="{bottom}" stroke="{FAINT}"/>')
            parts.append(text(x(seconds), bottom + 14, f"{seconds} s", anchor="middle"))
    for row, delay in enumerate(delays):
        y = 74 + row * 28
        median, longest_x, rule = x(delay.median_s), x(delay.max_s), x(delay.rule_s)
        parts.append(text(_LEFT - 10, y + 4, delay.label, anchor="end"))
        parts.append(f'<line x1="{median:.1f}" y1="{y}" x2="{longest_x:.1f}" y2="{y}" stroke="{_ENGINE}" stroke-width="3"/>')
        parts.append(f'<circle cx="{median:.1f}" cy="{y}" r="5" fill="{_ENGINE}"/>')
        parts.append(f'<line x1="{rule:.1f}" y1="{y - 9}" x2="{rule:.1f}" y2="{y + 9}" stroke="{_NAIVE}" stroke-width="3"/>')
    key = f'<circle cx="{_LEFT + 6}" cy="44" r="5" fill="{_ENGINE}"/>{text(_LEFT + 18, 48, "median, and line to the longest")}'
    key += f'<rect x="{_LEFT + 220}" y="36" width="3" height="16" fill="{_NAIVE}"/>{text(_LEFT + 230, 48, _RULE_TIME)}'
    return svg(title, bottom + 26, [key, *parts])
