"""One module per page, and the table from path to page."""

import re
from typing import Final

from dash.development.base_component import Component

from dashboard import review
from dashboard.pages import not_found, record, session, ward

SESSION_PATH: Final = re.compile(r"/(session|record)/(S-[0-9]{6,12})")


def is_page(path: str) -> bool:
    """Whether a deep link to `path` opens a page of the dashboard."""
    return path == "/" or review.is_page(path) or SESSION_PATH.fullmatch(path) is not None


def page_at(path: str | None) -> Component:
    """The layout of the page at `path`; every other path gets a page that says so."""
    if path in {None, "/"}:
        return ward.layout()
    found = SESSION_PATH.fullmatch(path or "")
    if found is None:
        return not_found.layout()
    page, id_ = found.groups()
    return session.layout(id_) if page == "session" else record.layout(id_)
