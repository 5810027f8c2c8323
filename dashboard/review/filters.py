"""A filter that stands in the address: a form whose button changes the address, and the address makes the page."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dash import Dash, Input, Output, State, no_update


def register(app: Dash, prefix: str, names: Sequence[str], typed: Sequence[str]) -> None:
    """Controls `<prefix>-<name>` for each of `names`, a button `<prefix>-show`; Enter in one of `typed` shows, too."""
    fields = [State(f"{prefix}-{name}", "value") for name in names]
    enters = [Input(f"{prefix}-{name}", "n_submit") for name in typed]

    @app.callback(
        Output("url", "search", allow_duplicate=True), Input(f"{prefix}-show", "n_clicks"), *enters, *fields, prevent_initial_call=True
    )
    async def show(clicks: int | None, *rest: Any) -> Any:
        submits, values = rest[: len(enters)], rest[len(enters) :]
        if not clicks and not any(submits):
            return no_update  # the page was just drawn
        return search({name: _text(value) for name, value in zip(names, values, strict=True)})


def search(chosen: dict[str, str]) -> str:
    """'?room=Room+1'; nothing for a filter that leaves nothing out."""
    asked = {name: value for name, value in chosen.items() if value}
    return f"?{urlencode(asked)}" if asked else ""


def _text(value: Any) -> str:
    return ("1" if value else "") if isinstance(value, list) else str(value or "").strip()
