"""Pages and plots as text: a Markdown table, an SVG. No library, no script; the same bytes for the same figures."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

INK: Final = "#1f2933"
FAINT: Final = "#d5dbe1"
WIDTH: Final = 760


def table(head_row: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown."""
    lines = [tuple(head_row)]
    lines += [tuple("---" for _ in lines[0]), *(tuple(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(x: float, y: float, what: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(what)}</text>'


def svg(title: str, height: int, parts: Sequence[str]) -> str:
    """A whole picture, `WIDTH` wide, on white, with its title on top."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="12">'
    ground = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    heading = f'<text x="16" y="22" font-size="14" font-weight="bold" fill="{INK}">{escape(title)}</text>'
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, heading, *parts, "</svg>"]) + "\n"
