"""A table on as many pages as it needs; its title and columns stand again on each."""

from collections.abc import Callable
from typing import Final

from fpdf.enums import MethodReturnValue

from monitor.export.pdf.layout import MARGIN, PAGE_HEIGHT, PAGE_WIDTH
from monitor.export.pdf.paint import FONT, Paper
from monitor.export.pdf.shapes import TONES, Line, Words
from monitor.export.pdf.tables import Row, Table

_BOTTOM: Final = PAGE_HEIGHT - 18
_SIZE: Final = 7.0
_LINE: Final = 3.2
_MAX_LINES: Final = 44  # of one cell on one page; what is longer goes on in a row of its own


def put_table(paper: Paper, table: Table, new_page: Callable[[], None]) -> None:
    total = sum(table.widths)
    widths = [width / total * (PAGE_WIDTH - 2 * MARGIN) for width in table.widths]
    if paper.y + 22 > _BOTTOM:
        new_page()
    _begin(paper, table, widths, is_more=False)
    if not table.rows:
        paper.put(Words(MARGIN, paper.y + 3, table.empty, "muted", _SIZE))
        paper.set_y(paper.y + 7)
        return
    for row in table.rows:
        for lines in _parts(paper, row, widths):
            height = max(len(cell) for cell in lines) * _LINE + 0.8
            if paper.y + height > _BOTTOM:
                new_page()
                _begin(paper, table, widths, is_more=True)
            _row(paper, lines, widths, height)
    paper.set_y(paper.y + 5)


def _begin(paper: Paper, table: Table, widths: list[float], *, is_more: bool) -> None:
    y = paper.y
    paper.put(Words(MARGIN, y + 3, f"{table.title}{' (continued)' if is_more else ''}", "ink", 9, is_bold=True))
    x = MARGIN
    for name, width in zip(table.columns, widths, strict=True):
        paper.put(Words(x, y + 8, name, "muted", _SIZE, is_bold=True))
        x += width
    paper.draw([Line(MARGIN, y + 9, PAGE_WIDTH - MARGIN, y + 9, "ink", 0.3)])
    paper.set_y(y + 9.4)


def _parts(paper: Paper, row: Row, widths: list[float]) -> list[list[list[str]]]:
    """The cells as lines that fit their columns, in parts that fit a page."""
    paper.set_font(FONT, "", _SIZE)
    cells = [_lines(paper, cell, width - 1.5) for cell, width in zip(row, widths, strict=True)]
    count = max(len(cell) for cell in cells)
    return [[cell[start : start + _MAX_LINES] for cell in cells] for start in range(0, count, _MAX_LINES)]


def _lines(paper: Paper, text: str, width: float) -> list[str]:
    said = paper.say(text)
    if "\n" not in said and paper.get_string_width(said) <= width:
        return [said]
    made = paper.multi_cell(width, _LINE, said, align="L", dry_run=True, output=MethodReturnValue.LINES, padding=0)
    return list(made)  # type: ignore[arg-type]  # LINES gives lines


def _row(paper: Paper, lines: list[list[str]], widths: list[float], height: float) -> None:
    y, x = paper.y, MARGIN
    paper.set_font(FONT, "", _SIZE)
    paper.set_text_color(*TONES["ink"])
    for cell, width in zip(lines, widths, strict=True):
        for number, line in enumerate(cell):
            paper.text(x, y + 2.7 + number * _LINE, line)
        x += width
    paper.draw([Line(MARGIN, y + height, PAGE_WIDTH - MARGIN, y + height, "grid", 0.15)])
    paper.set_y(y + height)
