"""The pages that look back: made by Dash from what the REST API says, on demand and never live."""

import re
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from dash import Dash
from dash.development.base_component import Component

from dashboard.door import Door
from dashboard.review import analytics, audit, backtest, course, patients, sessions

Query = dict[str, str]
Maker = Callable[[Door, Query], Awaitable[Component]]
PAGES: Final[dict[str, Maker]] = {
    "/sessions": sessions.page,
    "/analytics": analytics.page,
    "/patients": patients.page,
    "/analytics/backtest": backtest.page,
    "/audit": audit.page,
}
COURSE: Final = re.compile(r"/patients/([A-Z0-9][A-Z0-9-]{2,15})")


def is_page(path: str) -> bool:
    return path in PAGES or COURSE.fullmatch(path) is not None


async def page_at(door: Door, path: str, search: str) -> Component | None:
    """None where the path is no page of these. `search`: '?room=..', as the browser has it."""
    found = COURSE.fullmatch(path)
    if found is not None:
        return await course.page(door, found[1], dict(parse_qsl(search.removeprefix("?"))))
    maker = PAGES.get(path)
    return None if maker is None else await maker(door, dict(parse_qsl(search.removeprefix("?"))))


def register(app: Dash, door: Door) -> None:
    """The callbacks of all pages."""
    sessions.register(app)
    analytics.register(app)
    course.register(app, door)
    backtest.register(app, door)
    audit.register(app, door)
