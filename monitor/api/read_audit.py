"""Which requests are somebody opening a page: they stand in the access log. Pure.

A page of the dashboard is named by its path. What one session's page is filled from is named by the session, for the screen may come there
without loading a page. What lies in the past is not here: its routes write a row of their own before they answer, and answer nothing where
they cannot.
"""

from typing import Final

import msgspec

from monitor.api.policy import Row
from monitor.api.request_head import RequestHead

_PAGES: Final = frozenset({"/", "/{path:path}"})
_SESSION: Final = "/api/v1/sessions/"
_FILLS: Final = frozenset(f"{_SESSION}{{session_id}}/{name}" for name in ("alerts", "journal", "readings", "summary"))


class Opened(msgspec.Struct, frozen=True):
    """`what`: a session's id, or the path of a page. `detail`: what of the session; empty for a page."""

    what: str
    detail: str = ""


def opened_page(head: RequestHead, row: Row) -> Opened | None:
    """None where nobody opens a page by it."""
    if row.method != "GET":
        return None
    if row.path in _PAGES:
        return Opened(head.path) if head.wants_page else None
    if row.path in _FILLS:
        session, _, name = head.path.removeprefix(_SESSION).partition("/")
        return Opened(session, name)
    return None
