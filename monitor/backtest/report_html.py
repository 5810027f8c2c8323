"""A backtest as one HTML page that holds everything it shows: no script, nothing fetched."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from monitor.backtest import wording
from monitor.backtest.figures import Backtest, Compared
from monitor.backtest.plots import bars, time_line

LISTED_AT_MOST: Final = 500  # of each list
DRAWN_AT_MOST: Final = 100  # sessions with a time line, those that differ most first
_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2026; --dim: #5b6470; --ground: #fff; --line: #d5dae0; --shade: #eef3f8;
  --a: #46617d; --b: #c46a1b; --high: #c8202e; --medium: #c98a00; --low: #2a86b8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --dim: #9aa4b0; --ground: #14171b; --line: #333a42; --shade: #1d242c;
  --a: #8fb0d2; --b: #ee9a4d; --high: #ff5a66; --medium: #f0b429; --low: #56b7ea; } }
body { margin: 2rem auto; max-width: 74rem; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; }
body { color: var(--ink); background: var(--ground); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
p.warning { border-left: 4px solid var(--high); padding: .3rem .8rem; background: var(--shade); }
p.note { color: var(--dim); }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .4rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { color: var(--dim); font-weight: 600; } td.reason { white-space: normal; }
td.number, th.number { text-align: right; }
svg { width: 100%; height: auto; display: block; }
svg text { font-size: 11px; fill: var(--ink); } svg text.small { font-size: 9px; fill: var(--dim); }
svg .a { fill: var(--a); } svg .b { fill: var(--b); }
svg .infusing { fill: var(--shade); } svg .tick { stroke: var(--line); stroke-width: .5; }
svg .high { fill: var(--high); } svg .medium { fill: var(--medium); } svg .low { fill: var(--low); }
svg .alone { stroke: var(--ink); stroke-width: 1.5; }
"""


def report_html(backtest: Backtest) -> str:
    title = f"Backtest: {backtest.b.version} against {backtest.a.version}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n{''.join(_body(backtest, title))}</body></html>\n"
    )


def _body(backtest: Backtest, title: str) -> Iterable[str]:
    yield f"<h1>{escape(title)}</h1>\n"
    yield f'<p class="warning">{escape(wording.INTENDED_USE)}</p>\n'
    for letter, rules in (("A", backtest.a), ("B", backtest.b)):
        unreviewed = wording.reviews(rules)
        yield f"<p>{escape(wording.rule_set_line(letter, rules))}{f'; {escape(unreviewed)}' if unreviewed else ''}</p>\n"
    yield f"<p>{escape(wording.scope(backtest))}</p>\n"
    yield from _list("Not in the figures", wording.left_out(backtest), is_warning=True)
    if backtest.sessions:
        yield from _figures(backtest)
        yield from _differences(backtest)
        yield from _time_lines(backtest)
    yield from _list("What people did then and a rule set refuses", wording.refused_lines(backtest))
    yield from _list("Without a manifest: these logs may be cut short", wording.cut_short(backtest))


def _figures(backtest: Backtest) -> Iterable[str]:
    yield "<h2>Alerts raised</h2>\n"
    yield _table(("", *wording.COUNT_HEAD), [(row.title, *wording.count_cells(row)) for row in backtest.totals], text_columns=1)
    yield "<h2>By rule</h2>\n"
    head = ("rule", "title", "priority", *wording.COUNT_HEAD)
    rows = [(row.name, row.title, wording.priority_of(row), *wording.count_cells(row)) for row in backtest.rules]
    yield _table(head, rows, text_columns=3)
    yield '<p class="note">Detected after: median / longest time from the moment the condition began to raising. '
    yield f"{escape(wording.cuffs_asked(backtest))}.</p>\n"
    yield "<h2>Alerts per hour</h2>\n"
    yield bars(backtest.rules)
    yield "<h2>First alert of each episode of a cause, B beside A</h2>\n"
    yield _table(wording.SHIFT_HEAD, [wording.shift_cells(shift) for shift in backtest.shifts], text_columns=2)


def _differences(backtest: Backtest) -> Iterable[str]:
    for heading, alerts in wording.differences(backtest.sessions):
        yield f"<h2>{escape(heading)}: {len(alerts)}</h2>\n"
        if alerts:
            rows = [
                (each.session.session, wording.when(each, raised), raised.title, wording.alert_words(raised), beside)
                for each, raised, beside in alerts[:LISTED_AT_MOST]
            ]
            yield _table(("session", "raised at", "title", "alert", "beside it"), rows, text_columns=5)
        if len(alerts) > LISTED_AT_MOST:
            yield f'<p class="note">and {len(alerts) - LISTED_AT_MOST} more: the JSON report has them all</p>\n'


def _time_lines(backtest: Backtest) -> Iterable[str]:
    told = [each for each in backtest.sessions if each.session.a.raised or each.session.b.raised]
    told.sort(key=lambda each: -_differing(each))
    yield "<h2>Sessions in time</h2>\n"
    yield '<p class="note">From raising to the end of the condition. Red is high, amber medium, blue low priority; framed: the other set '
    yield "has none. Point at an alert for its reason. Shaded: infusing.</p>\n"
    for each in told[:DRAWN_AT_MOST]:
        session = each.session
        modes = ", ".join(session.modes)
        yield f"<h3>{escape(session.session)}, {escape(session.room)} ({escape(modes)}), {escape(session.path)}</h3>\n{time_line(each)}\n"
    rest = len(backtest.sessions) - min(len(told), DRAWN_AT_MOST)
    if rest:
        silent = len(backtest.sessions) - len(told)
        missing = f"Not drawn: {wording.counted(rest, 'session')}, {silent} of them without an alert under either set."
        yield f'<p class="note">{missing}</p>\n'


def _differing(each: Compared) -> int:
    found = each.comparison
    return len(found.missed) + len(found.added) + len(found.lowered) + len(found.heightened)


def _list(heading: str, lines: Iterable[str], *, is_warning: bool = False) -> Iterable[str]:
    found = list(lines)
    if found:
        yield f"<h2>{escape(heading)}: {len(found)}</h2>\n"
        style = "warning" if is_warning else "plain"
        yield from (f'<p class="{style}">{escape(line)}</p>\n' for line in found[:LISTED_AT_MOST])
        if len(found) > LISTED_AT_MOST:
            yield f'<p class="note">and {len(found) - LISTED_AT_MOST} more: the JSON report has them all</p>\n'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: int) -> str:
    """The first `text_columns` columns are words, the rest numbers."""

    def line(cells: Sequence[str], tag: str) -> str:
        kinds = ("" if index < text_columns else ' class="number"' for index in range(len(cells)))
        return "<tr>" + "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(cells, kinds, strict=True)) + "</tr>\n"

    return f'<div class="wide"><table>{line(head, "th")}{"".join(line(row, "td") for row in rows)}</table></div>\n'
