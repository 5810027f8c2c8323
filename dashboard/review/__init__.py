"""The pages that look back: made by Dash from what the REST API says, on demand and never live."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from dash import Dash
from dash.development.base_component import Component

from dashboard.door import Door
from dashboard.review import sessions

Query = dict[str, str]
Maker = Callable[[Door, Query], Awaitable[Component]]
PAGES: Final[dict[str, Maker]] = {"/sessions": sessions.page}


def is_page(path: str) -> bool:
    return path in PAGES


async def page_at(door: Door, path: str, search: str) -> Component | None:
    """None where the path is no page of these. `search`: '?room=..', as the browser has it."""
    maker = PAGES.get(path)
    return None if maker is None else await maker(door, dict(parse_qsl(search.removeprefix("?"))))


def register(app: Dash, door: Door) -> None:  # noqa: ARG001 - pages with forms that send will ask for it
    """The callbacks of all pages."""
    sessions.register(app)
