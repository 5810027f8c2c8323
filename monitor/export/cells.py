"""Cells of the tables: RFC 4180, text always quoted, numbers never, and no cell that a spreadsheet runs."""

from collections.abc import Iterable
from typing import Final

from schemas.instant import format_ms

_FORMULA_STARTS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # ASCII, and the full-width forms some spreadsheets fold to them
_SECONDS: Final = tuple(f"{second:02d}." for second in range(60))
_MILLISECONDS: Final = tuple(f"{milliseconds:03d}Z" for milliseconds in range(1000))
MAX_MINUTES: Final = 1_024  # kept; at the bound all are forgotten
END: Final = "\r\n"


class Number(str):
    """The decimal text of a number that this program made: written as it is. Never of what somebody typed."""

    __slots__ = ()


Cell = str | int | None


def text_cell(text: str) -> str:
    """A quoted cell that no spreadsheet runs as a formula. NUL, which many readers take for the end, becomes U+2400."""
    guarded = "'" + text if text.startswith(_FORMULA_STARTS) else text
    return '"' + guarded.replace('"', '""').replace("\0", "\u2400") + '"'


class _Minutes(dict[int, str]):
    """By the minutes since 1970 what the text of every instant of that minute begins with: neighbours share it."""

    def __missing__(self, minute: int) -> str:
        if len(self) >= MAX_MINUTES:
            self.clear()
        self[minute] = text = format_ms(minute * 60_000)[:-7]
        return text


_MINUTES: Final = _Minutes()


def time_text(at_ms: int) -> str:
    """As `format_ms`."""
    return f"{_MINUTES[at_ms // 60_000]}{_SECONDS[at_ms // 1_000 % 60]}{_MILLISECONDS[at_ms % 1_000]}"


def line(cells: Iterable[Cell]) -> str:
    """One row without its end. Nothing is an empty cell."""
    return ",".join(_cell(cell) for cell in cells)


def table(columns: Iterable[str], rows: Iterable[Iterable[Cell]]) -> bytes:
    """A whole table, the names of the columns first. For views that are as long as what people did, never for readings."""
    return END.join([",".join(columns), *(line(row) for row in rows), ""]).encode()


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    return str(cell) if isinstance(cell, int | Number) else text_cell(cell)
