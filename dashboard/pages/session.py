"""One session: numbers, trend, alerts, journal and what a clinician does."""

from dash.development.base_component import Component

from dashboard.components.live import Session


def layout(session: str) -> Component:
    return Session(id=f"session-{session}", session=session)
