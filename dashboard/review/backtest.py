"""Trying another limit on recorded sessions: what would have been, not what was."""

from typing import Any, Final

import msgspec
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.door import Answer, Door
from dashboard.review import parts
from dashboard.words import REVIEW, WORDS
from schemas.review import BacktestNow, LimitChoice, PastPage, Report, ReportTable, SessionFigures
from schemas.vitals import VITAL_SIGNS, Vital

_sessions: Final = msgspec.json.Decoder(PastPage).decode
_limits: Final = msgspec.json.Decoder(list[LimitChoice]).decode
_now: Final = msgspec.json.Decoder(BacktestNow).decode
OFFERED: Final = 50  # as many as one backtest takes
POLL_MS: Final = 1_000
RUNNING: Final = ("waiting", "running")


async def page(door: Door, query: dict[str, str]) -> Component:
    asked = {name: query.get(name) for name in ("since", "until", "room")}
    found, limits, mine = (
        await door.get("/past-sessions", limit=OFFERED, **asked),
        await door.get("/backtest/limits"),
        await door.get("/backtest"),
    )
    for answer in (found, limits):
        if not answer.ok:
            return parts.page(parts.trouble(answer))
    return layout(_sessions(found.body), _limits(limits.body), _now(mine.body) if mine.ok else None)


def layout(found: PastPage, limits: list[LimitChoice], now: BacktestNow | None) -> Component:
    texts = REVIEW["backtest"]
    options: Any = [{"label": _choice(each), "value": f"{each.rule}|{each.vital}|{each.direction}"} for each in limits]
    ended: Any = [{"label": _session(each, found.zone), "value": each.session} for each in found.sessions]
    form: list[Component] = [
        html.Div(
            [
                parts.field(
                    texts["limit"],
                    dcc.Dropdown(options, id="backtest-limit", placeholder=texts["choose"], clearable=False, className="wide-choice"),
                ),
                parts.field(texts["value"], dcc.Input(id="backtest-value", type="text", value="", maxLength=6)),
                html.Button(texts["run"], id="backtest-run", className="button primary", n_clicks=0),
                html.Button(texts["cancel"], id="backtest-cancel", className="button", n_clicks=0),
            ],
            className="filters",
        ),
        html.Fieldset(
            [
                html.Legend(texts["sessions"], className="muted small"),
                dcc.Checklist(ended, [each.session for each in found.sessions[:10]], id="backtest-sessions", className="check choices"),
            ]
        ),
        html.P(texts["newest"].format(count=len(found.sessions)), className="muted small") if found.next_before else html.Span(),
        html.P(id="backtest-outcome", className="outcome failed", role="status"),
    ]
    head = html.Div([html.H2(texts["title"]), dcc.Link(texts["back"], href="/analytics", className="button quiet")], className="card-head")
    what = html.P(texts["what"], className="told")
    body = form if found.sessions else [html.P(texts["none"], className="muted")]
    return parts.page(
        html.Section([head, what, *body], className="card"),
        html.Div(result(now), id="backtest-result"),
        dcc.Interval(id="backtest-poll", interval=POLL_MS, disabled=now is None or now.state not in RUNNING),
    )


def _choice(each: LimitChoice) -> str:
    row = VITAL_SIGNS[Vital(each.vital)]
    values = {"limit": f"{each.limit:g}", "low": f"{each.low:g}", "high": f"{each.high:g}", "unit": WORDS["units"][each.unit]}
    sign = {"high": "≥", "low": "<"}[each.direction]
    return str(REVIEW["backtest"]["choice"].format(rule=each.rule, title=each.title, vital=row.label, sign=sign, **values))


def _session(each: SessionFigures, zone: str) -> str:
    peak = f", peak {parts.number(each.peak_sbp)}" if each.peak_sbp is not None else ""
    marks = "".join(f" · {WORDS['modes'][mode.value]}" for mode in each.modes if mode.value in WORDS["modes"])
    return f"{each.session} · {parts.when(each.created_at_ms, zone)} · {each.room} · {each.patient.label}{peak}{marks}"


def result(now: BacktestNow | None) -> list[Component]:
    """How far it is, and what came of it."""
    if now is None:
        return []
    texts = REVIEW["backtest"]
    line = texts["progress"].format(what=now.what, state=texts["states"][now.state], done=now.done, total=now.total)
    bar = html.Progress(value=str(now.done), max=str(now.total)) if now.state in RUNNING else None
    told = html.Section([html.P([html.B(line), f" {now.why}"], role="status"), bar], className="card")
    return [told, *(_report(now.report) if now.report is not None else [])]


def _report(report: Report) -> list[Component]:
    texts = REVIEW["backtest"]
    head = html.Section(
        [html.P(texts["would"], className="would"), *(html.P(line, className="small") for line in report.lines)],
        className="card would-card",
    )
    missing = [html.P(f"{texts['not_judged']}: {line}", className="told") for line in report.not_judged]
    return [head, *missing, *(_table(table) for table in report.tables)]


def _table(table: ReportTable) -> Component:
    numeric = {
        place
        for place in range(len(table.head))
        if table.rows and all(row[place][:1] in "+-0123456789" for row in table.rows) and place > 0
    }
    body = (
        parts.table(table.head, table.rows, numeric=frozenset(numeric), name=table.title)
        if table.rows
        else html.P(REVIEW["backtest"]["same"], className="muted")
    )
    return html.Section([html.H2(table.title), body, html.P(table.note, className="muted small")], className="card report")


def register(app: Dash, door: Door) -> None:
    shown = (Output("backtest-result", "children"), Output("backtest-poll", "disabled"), Output("backtest-outcome", "children"))

    @app.callback(
        *shown,
        Input("backtest-run", "n_clicks"),
        State("backtest-limit", "value"),
        State("backtest-value", "value"),
        State("backtest-sessions", "value"),
        prevent_initial_call=True,
    )
    async def run(clicks: int | None, limit: str | None, value: str, sessions: list[str]) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        body = body_of(limit, value, sessions)
        if body is None:
            return no_update, no_update, REVIEW["backtest"]["incomplete"]
        return _told(await door.post("/backtest", body))

    again = [Output(one.component_id, one.component_property, allow_duplicate=True) for one in shown]

    @app.callback(*again, Input("backtest-cancel", "n_clicks"), prevent_initial_call=True)
    async def cancel(clicks: int | None) -> Any:
        return _told(await door.delete("/backtest")) if clicks else (no_update, no_update, no_update)

    @app.callback(*again, Input("backtest-poll", "n_intervals"), prevent_initial_call=True)
    async def poll(_: int | None) -> Any:
        return _told(await door.get("/backtest"))


def _told(answer: Answer) -> Any:
    if not answer.ok:
        return no_update, no_update, answer.why
    now = _now(answer.body)
    return result(now), now.state not in RUNNING, ""


def body_of(limit: str | None, value: str, sessions: list[str] | None) -> dict[str, Any] | None:
    """What is sent; None where something is missing."""
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        return None
    if not limit or not sessions:
        return None
    rule, vital, direction = limit.split("|")
    return {"sessions": sessions, "rule": rule, "vital": vital, "direction": direction, "limit": number}
