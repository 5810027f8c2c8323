"""The record of one session, to be printed."""

from dash.development.base_component import Component

from dashboard.components.live import Record


def layout(session: str) -> Component:
    return Record(id=f"record-{session}", session=session)
