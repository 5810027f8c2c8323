"""Taking many sessions out of the Audit page at once: those that are named, else all that the filter finds, as one archive."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.door import Answer, Door
from dashboard.review import parts
from dashboard.words import REVIEW
from schemas.review import ExportNow, PastPage

MAX_SESSIONS: Final = 200  # of one archive, the newest; more are said to be left out
POLL_MS: Final = 1_000
FILE: Final = "/api/v1/exports/file"
_PAGE: Final = 100
_RUNNING: Final = frozenset({"waiting", "writing"})
_decode: Final = msgspec.json.Decoder(ExportNow).decode
_page: Final = msgspec.json.Decoder(PastPage).decode


async def card(door: Door, found: PastPage) -> Component:
    """For who may export."""
    return layout(found, _now(await door.get("/exports")))


def layout(found: PastPage, now: ExportNow | None) -> Component:
    texts, forms = REVIEW["audit_export"], REVIEW["audit"]["formats"]
    # Native controls: Dash's own lists do not pass for somebody who uses a screen reader.
    chosen = parts.field(texts["sessions"], parts.text_input("export-chosen", placeholder=texts["all"], maxLength=4_000))
    made = [_start(form, texts["start"].format(form=label), is_off=not found.sessions) for form, label in forms.items()]
    return html.Section(
        [
            html.H2(texts["title"]),
            html.P(texts["what"], className="muted small"),
            html.Div([chosen, html.Div(made, className="buttons")], className="filters"),
            html.P(id="export-told", className="told", role="status"),
            html.Div(progress(now), id="export-progress", role="status"),
            dcc.Interval(id="export-poll", interval=POLL_MS, disabled=not is_running(now)),
        ],
        className="card",
    )


def _start(form: str, text: str, *, is_off: bool) -> Component:
    return html.Button(text, id={"type": "export-start", "form": form}, className="button", n_clicks=0, disabled=is_off)


def is_running(now: ExportNow | None) -> bool:
    return now is not None and now.state in _RUNNING


def progress(now: ExportNow | None) -> list[Component]:
    """How far the archive is, what is not in it, and where it is fetched."""
    texts = REVIEW["audit_export"]
    if now is None:
        return []
    said = texts["states"][now.state].format(
        done=now.done, total=now.total, size=parts.size(now.bytes), form=REVIEW["audit"]["formats"].get(now.form, now.form)
    )
    named: dict[str, Any] = {"aria-label": said}
    bar: list[Component | str] = [html.Progress(value=str(now.done), max=str(now.total), **named), " "] if is_running(now) else []
    fetch: list[Component | str] = (
        [" ", html.A(texts["fetch"], href=FILE, className="button primary", download="")] if now.state == "ready" else []
    )
    bad = [html.P(line, className="outcome failed breaks") for line in (*now.failed, now.why) if line]
    return [html.P([*bar, said, *fetch]), *bad]


def register(app: Dash, door: Door) -> None:
    outputs = (Output("export-progress", "children"), Output("export-poll", "disabled"))
    again = [Output(one.component_id, one.component_property, allow_duplicate=True) for one in outputs]

    @app.callback(
        *outputs,
        Output("export-told", "children"),
        Input({"type": "export-start", "form": ALL}, "n_clicks"),
        State("export-chosen", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    async def start(_: list[int], typed: str | None, search: str | None) -> Any:
        if not any(each["value"] for each in ctx.triggered) or ctx.triggered_id is None:
            return no_update, no_update, no_update
        form = ctx.triggered_id["form"]
        chosen = (typed or "").replace(",", " ").split()
        sessions, told = (chosen, "") if chosen else await _all(door, dict(parse_qsl((search or "").removeprefix("?"))))
        asked = await door.post("/exports", {"sessions": sessions, "format": form})
        now = _now(asked if asked.ok else await door.get("/exports"))
        return progress(now), not is_running(now), told if asked.ok else asked.why

    @app.callback(*again, Input("export-poll", "n_intervals"), prevent_initial_call=True)
    async def poll(_: int | None) -> Any:
        now = _now(await door.get("/exports"))
        return progress(now), not is_running(now)


def _now(answer: Answer) -> ExportNow | None:
    return _decode(answer.body) if answer.ok else None


async def _all(door: Door, query: dict[str, str]) -> tuple[Sequence[str], str]:
    """The newest sessions that the filter finds, and what is to be said where those are not all."""
    asked = {name: query.get(name) for name in ("since", "until", "room")}
    sessions: list[str] = []
    before: str | None = None
    while len(sessions) < MAX_SESSIONS:
        found = await door.get("/past-sessions", limit=_PAGE, before=before, **asked)
        if not found.ok:
            return sessions, found.why
        page = _page(found.body)
        sessions += [each.session for each in page.sessions]
        before = page.next_before
        if before is None:
            return sessions, ""
    return sessions[:MAX_SESSIONS], REVIEW["audit_export"]["left_out"].format(count=MAX_SESSIONS)
