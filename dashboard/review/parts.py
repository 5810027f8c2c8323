"""What the pages that look back are put together from, and how numbers and times are written on them. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.door import Answer
from dashboard.words import REVIEW, WORDS
from schemas.measurement import Mode
from schemas.review import AlertCounts, SessionFigures
from schemas.session import OPEN_PHASES, Phase

MINUTE_MS: Final = 60_000
MINUS: Final = "\u2212"
Cell = Component | str | list[Any]


def when(at_ms: int, zone: str) -> str:
    """2026-11-22 10:41, in the site's zone."""
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def length(span_ms: int) -> str:
    """52 min; 2 h 05 min."""
    minutes = span_ms // MINUTE_MS
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def signed(value: float) -> str:
    return "±0" if value == 0 else f"{'+' if value > 0 else MINUS}{number(abs(value))}"


def mg(ug: int) -> str:
    return f"{ug / 1000:.1f} mg"


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]], *, numeric: frozenset[int] = frozenset(), name: str = "") -> Component:
    """On a narrow screen each row becomes a block of its own, its cells named: `data-label` carries the column's name there."""

    def cell(index: int, value: Cell) -> Component:
        label: dict[str, Any] = {"data-label": head[index]}
        return html.Td(value, className="num" if index in numeric else "", **label)

    body = [html.Tr([cell(index, value) for index, value in enumerate(row)]) for row in rows]
    heads = [html.Th(text, scope="col", className="num" if index in numeric else "") for index, text in enumerate(head)]
    named: dict[str, Any] = {"aria-label": name} if name else {}
    return html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], **named), className="wide")


def counts(found: AlertCounts) -> Component:
    """A shape and a number for each kind there was, and the words for who cannot see shapes."""
    words = REVIEW["priorities"]
    shown = [(tone, getattr(found, tone)) for tone in ("high", "medium", "low", "technical") if getattr(found, tone)]
    if not shown:
        return html.Span(REVIEW["sessions"]["no_alerts"], className="muted")
    return html.Span(
        [
            html.Span(
                [
                    html.Span(className=f"mark mark-{tone}"),
                    html.B(str(count), className="num"),
                    html.Span(f" {words[tone]} ", className="unseen"),
                ],
                className=f"tally tone-{tone}",
                title=words[tone],
            )
            for tone, count in shown
        ],
        className="tallies",
    )


def modes(found: Iterable[Mode]) -> list[Component]:
    """SIMULATED and REPLAYED are said wherever the session is."""
    return [html.Span(WORDS["modes"][mode.value], className="mode-mark") for mode in found if mode is not Mode.REAL]


def open_now(figures: SessionFigures) -> list[Component]:
    """Its figures are those so far."""
    return [html.Span(f" {REVIEW['sessions']['open']}", className="good")] if figures.phase in OPEN_PHASES else []


def brought_in(figures: SessionFigures, zone: str) -> list[Component]:
    """The mark of a session that was not recorded here, and the whole of it in words."""
    said = figures.brought_in
    if said is None:
        return []
    texts = REVIEW["brought_in"]
    told = texts["what"].format(when=when(said.at_ms, zone), by=said.by or "-", installation=said.installation or "-")
    return [html.Span(texts["mark"], className="mode-mark brought"), html.Span(told, className="muted small")]


def patient(figures: SessionFigures) -> list[Any]:
    who = figures.patient
    born = "" if who.birth_year is None else f" · {who.birth_year}"
    code: list[Any] = [] if who.code is None else [" ", dcc.Link(who.code, href=f"/patients/{who.code}", className="code")]
    return [html.B(who.label), born, *code]


def size(count: int) -> str:
    """3.2 MB."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def phase_name(phase: Phase) -> str:
    return str(WORDS["phases"][phase.value])


def trouble(answer: Answer) -> Component:
    """What stands on a page that has nothing to show, and why."""
    texts = REVIEW["trouble"]
    return html.Section([html.H2(texts["title"]), html.P(answer.why), html.P(texts["again"], className="muted")], className="card notice")


def page(*parts: Component | None) -> Component:
    return html.Div([part for part in parts if part is not None], className="review")


def field(label: str, control: Component) -> Component:
    return html.Label([html.Span(label), control], className="field")


def text_input(id: str, value: str = "", **more: Any) -> Component:  # noqa: A002 - Dash's own name
    return dcc.Input(id=id, value=value, debounce=False, **more)
