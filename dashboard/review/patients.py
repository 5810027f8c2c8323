"""The patients that have a code, and so a course."""

from typing import Any, Final

import msgspec
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.door import Door
from dashboard.review import filters, parts
from dashboard.words import REVIEW
from schemas.review import PatientsPage

_decode: Final = msgspec.json.Decoder(PatientsPage).decode


async def page(door: Door, query: dict[str, str]) -> Component:
    answer = await door.get("/patients", after=query.get("after"))
    return layout(_decode(answer.body), query) if answer.ok else parts.page(parts.trouble(answer))


def layout(found: PatientsPage, query: dict[str, str]) -> Component:
    texts = REVIEW["patients"]
    rows: list[list[Any]] = [
        [dcc.Link(row.code, href=f"/patients/{row.code}", className="row-link"), str(row.sessions), parts.when(row.newest_ms, found.zone)]
        for row in found.patients
    ]
    links = []
    if query.get("after"):
        links.append(dcc.Link(texts["first"], href="/patients", className="button"))
    if found.next_after is not None:
        links.append(dcc.Link(texts["next"], href=f"/patients{filters.search({'after': found.next_after})}", className="button"))
    return parts.page(
        html.Section(
            [
                html.Div([html.H2(texts["title"])], className="card-head"),
                html.P(texts["what"], className="muted"),
                parts.table(texts["columns"], rows, numeric=frozenset({1}), name=texts["title"])
                if found.patients
                else html.P(texts["none"], className="told", role="status"),
                html.Nav(links, className="buttons pager"),
            ],
            className="card",
        )
    )
