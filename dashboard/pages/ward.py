"""The ward: every open session at a glance."""

from dash.development.base_component import Component

from dashboard.components.live import Ward


def layout() -> Component:
    return Ward(id="ward")
