"""A backtest as text for a terminal or a file."""

from collections.abc import Iterable, Sequence
from typing import Final

from monitor.backtest import wording
from monitor.backtest.figures import Backtest

LISTED_AT_MOST: Final = 30  # of each list; the JSON and, up to its own bound, the HTML have them all


def report_text(backtest: Backtest) -> str:
    return "\n".join(_lines(backtest)) + "\n"


def _lines(backtest: Backtest) -> Iterable[str]:
    yield wording.INTENDED_USE
    for letter, rules in (("A", backtest.a), ("B", backtest.b)):
        yield wording.rule_set_line(letter, rules)
        unreviewed = wording.reviews(rules)
        if unreviewed:
            yield f"   {unreviewed}"
    yield wording.scope(backtest)
    if backtest.sessions:
        yield from ("", "Alerts raised")
        yield from _table(("", "", *wording.COUNT_HEAD), [(row.title, "", *wording.count_cells(row)) for row in backtest.totals])
        yield from ("", "By rule")
        rows = [(row.name, wording.priority_of(row), *wording.count_cells(row), row.title) for row in backtest.rules]
        yield from _table(("rule", "priority", *wording.COUNT_HEAD, "title"), rows)
        yield "'detected after': median / longest time from the moment the condition began to raising"
        yield wording.cuffs_asked(backtest)
        yield from ("", "First alert of each episode of a cause, B beside A")
        yield from _table(wording.SHIFT_HEAD, [wording.shift_cells(shift) for shift in backtest.shifts])
        yield from _differences(backtest)
    yield from _section("What people did then and a rule set refuses", wording.refused_lines(backtest))
    yield from _section("Without a manifest: these logs may be cut short", wording.cut_short(backtest))
    yield from _section("NOT IN THE FIGURES", wording.left_out(backtest))


def _differences(backtest: Backtest) -> Iterable[str]:
    for heading, alerts in wording.differences(backtest.sessions):
        yield from ("", f"{heading}: {len(alerts)}")
        for each, raised, beside in alerts[:LISTED_AT_MOST]:
            words = f"{wording.when(each, raised)}  {wording.alert_words(raised)}"
            yield f"  {each.session.session}  {words}{f'  ({beside})' if beside else ''}"
        if len(alerts) > LISTED_AT_MOST:
            yield f"  and {len(alerts) - LISTED_AT_MOST} more: --json FILE writes them all"


def _section(heading: str, lines: Iterable[str]) -> Iterable[str]:
    found = list(lines)
    if found:
        yield from ("", heading)
        yield from (f"  {line}" for line in found[:LISTED_AT_MOST])
        if len(found) > LISTED_AT_MOST:
            yield f"  and {len(found) - LISTED_AT_MOST} more"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Columns as wide as their widest cell; a column of numbers is right-aligned under its name."""
    if not rows:
        return ["  none"]
    columns = list(zip(head, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    numeric = [all(cell[:1] in "+-0123456789" for cell in column[1:]) for column in columns]
    signs = [">" if right else "<" for right in numeric]
    return [
        "  " + "  ".join(f"{cell:{sign}{width}}" for cell, sign, width in zip(line, signs, widths, strict=True)).rstrip()
        for line in (head, *rows)
    ]
