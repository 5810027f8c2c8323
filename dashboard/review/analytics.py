"""Alert analytics: what the alerts of a range of sessions were worth."""

from typing import Any, Final

import msgspec
from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard.door import Door
from dashboard.review import figures, filters, parts
from dashboard.words import REVIEW
from schemas.review import AlertFigures, AlertRow

_decode: Final = msgspec.json.Decoder(AlertFigures).decode
FILTERS: Final = ("since", "until", "room")
TONES: Final = ("high", "medium", "low", "technical")


async def page(door: Door, query: dict[str, str]) -> Component:
    answer = await door.get("/alert-figures", **{name: query.get(name) for name in FILTERS})
    if not answer.ok:
        return parts.page(_filters(query), parts.trouble(answer))
    return layout(_decode(answer.body), query)


def layout(found: AlertFigures, query: dict[str, str]) -> Component:
    texts = REVIEW["analytics"]
    note = texts["left_out"].format(count=found.sessions) if found.left_out else None if found.sessions else texts["none"]
    link = dcc.Link(texts["backtest"], href=f"/analytics/backtest{filters.search(_kept(query))}", className="button")
    head = html.Div([html.H2(texts["title"]), html.P(texts["what"], className="muted small"), link], className="card-head")
    top = html.Section([head, html.P(note, className="told", role="status") if note else None, _tiles(found)], className="card")
    if not found.sessions:
        return parts.page(_filters(query), top)
    return parts.page(
        _filters(query),
        top,
        html.Section([html.H2(texts["by_day"]), _by_day(found)], className="card"),
        _rows("priorities", texts["by_priority"], found.priorities),
        _rows("rules", texts["by_rule"], found.rules, texts["alone_what"]),
        _rows("rooms", texts["by_room"], found.rooms),
    )


def _tiles(found: AlertFigures) -> Component:
    names, total = REVIEW["analytics"]["tiles"], found.total
    values = {
        "sessions": str(found.sessions),
        "hours": f"{found.hours:.1f}",
        "per_hour": f"{total.per_hour:.2f}",
        "per_session": f"{total.per_session:.1f}",
        "ack": wait(total.ack_median_ms),
        "p90": wait(total.ack_p90_ms),
        "alone": share(total.alone, total.raised),
        "unseen": str(total.unseen),
        "escalated": str(total.escalated),
    }
    return html.Dl([html.Div([html.Dt(names[name]), html.Dd(value, className="num")]) for name, value in values.items()], className="kpis")


def wait(ms: int | None) -> str:
    """12 s; 3:05 min."""
    if ms is None:
        return "-"
    seconds = round(ms / 1000)
    return f"{seconds} s" if seconds < 100 else f"{seconds // 60}:{seconds % 60:02d} min"


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _by_day(found: AlertFigures) -> Component:
    names = REVIEW["priorities"]
    series = {names[tone]: [getattr(day.counts, tone) for day in found.days] for tone in TONES}
    told = "; ".join(f"{day.day}: {', '.join(f'{getattr(day.counts, tone)} {names[tone]}' for tone in TONES)}" for day in found.days)
    return figures.graph("alerts-by-day", figures.bars([day.day for day in found.days], series, "alerts"), told, "plot-tones")


def _rows(kind: str, title: str, rows: tuple[AlertRow, ...], note: str = "") -> Component:
    head = [REVIEW["analytics"]["names"][kind], *REVIEW["analytics"]["columns"][1:]]
    body = parts.table(head, (_cells(kind, row) for row in rows), numeric=frozenset(range(1, len(head))), name=title)
    return html.Section([html.H2(title), body, html.P(note, className="muted small") if note else None], className="card")


def _cells(kind: str, row: AlertRow) -> list[Any]:
    name: Any = [html.B(row.name), f" {row.title}"] if kind == "rules" else row.name
    if kind == "priorities":
        name = html.Span(
            [html.Span(className=f"mark mark-{row.name}"), f" {REVIEW['priorities'][row.name]}"], className=f"tally tone-{row.name}"
        )
    return [
        name,
        str(row.raised),
        f"{row.per_hour:.2f}",
        f"{row.per_session:.2f}",
        share(row.acknowledged, row.raised),
        wait(row.ack_median_ms),
        wait(row.ack_p90_ms),
        share(row.alone, row.raised),
        str(row.unseen),
        str(row.escalated),
    ]


def _kept(query: dict[str, str]) -> dict[str, str]:
    return {name: query.get(name, "") for name in FILTERS}


def _filters(query: dict[str, str]) -> Component:
    texts = REVIEW["analytics"]
    return html.Section(
        [
            parts.field(texts["since"], parts.text_input("alerts-since", query.get("since", ""), type="date")),
            parts.field(texts["until"], parts.text_input("alerts-until", query.get("until", ""), type="date")),
            parts.field(texts["room"], parts.text_input("alerts-room", query.get("room", ""), maxLength=80)),
            html.Button(texts["show"], id="alerts-show", className="button primary", n_clicks=0),
            dcc.Link(texts["clear"], href="/analytics", className="button quiet"),
        ],
        className="card filters",
    )


def register(app: Dash) -> None:
    filters.register(app, "alerts", FILTERS, FILTERS)
