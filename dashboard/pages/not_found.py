"""What a path that is no page shows."""

from dash import html
from dash.development.base_component import Component

from dashboard.words import WORDS


def layout() -> Component:
    texts = WORDS["not_found"]
    return html.Section(
        [html.H2(texts["title"]), html.P(texts["what"]), html.A(texts["back"], href="/", className="button")], className="card notice"
    )
