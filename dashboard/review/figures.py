"""Plotly figures as plain data, and the one way to put one on a page. Pure.

Colours come from the page's style sheet (9-review.css), so that a figure follows the theme; series are told apart by name and mark, too.
"""

from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

# Without this plotly shows a button that would upload the chart, patient data and all, to its maker's cloud.
CONFIG: Final[Any] = {
    "displayModeBar": False,
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "responsive": True,
}
_LAYOUT: Final[dict[str, Any]] = {
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "margin": {"l": 48, "r": 12, "t": 44, "b": 40},
    "font": {"family": "Inter, system-ui, sans-serif", "size": 12},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    "hovermode": "x unified",
    "dragmode": False,
}


def graph(id: str, figure: dict[str, Any], told: str, kind: str = "") -> Component:  # noqa: A002 - Dash's own name
    """`told`: what the figure shows, for who cannot see it; the same numbers stand in a table on the page."""
    named: dict[str, Any] = {"aria-label": told}
    return html.Div(dcc.Graph(id=id, figure=figure, config=CONFIG), role="img", className=f"plot {kind}".strip(), **named)


def axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title, "standoff": 8}, "fixedrange": True, "zeroline": False, **more}


def bars(x: list[str], series: dict[str, list[int]], y_title: str) -> dict[str, Any]:
    """Stacked, the first series at the bottom."""
    width = 0.08 * max(1, len(x)) if len(x) < 8 else 0.6  # of the room of one: a single day is not a wall
    data = [{"type": "bar", "name": name, "x": x, "y": values, "width": width} for name, values in series.items()]
    return {
        "data": data,
        "layout": {**_LAYOUT, "barmode": "stack", "xaxis": axis("", type="category"), "yaxis": axis(y_title, rangemode="tozero")},
    }


def lines(
    series: dict[str, tuple[list[Any], list[Any]]], x_title: str, y_title: str, x_type: str = "category", **y_axis: Any
) -> dict[str, Any]:
    """Points with straight lines between them; a None is a gap."""
    symbols = ("circle", "diamond", "square", "triangle-up", "x")
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": x,
            "y": y,
            "marker": {"size": 9, "symbol": symbols[i % len(symbols)]},
        }
        for i, (name, (x, y)) in enumerate(series.items())
    ]
    return {"data": data, "layout": {**_LAYOUT, "xaxis": axis(x_title, type=x_type), "yaxis": axis(y_title, **y_axis)}}
