"""The auditor's page: whether the record of each session is whole and stands up to the verifier, and every form it can be taken out in."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.door import Answer, Door
from dashboard.review import audit_export, audit_verdict, filters, parts
from dashboard.words import REVIEW
from schemas.review import AccessRow, AuditNow, PastPage, SessionFigures

_decode: Final = msgspec.json.Decoder(PastPage).decode
_audits: Final = msgspec.json.Decoder(list[AuditNow]).decode
_accesses: Final = msgspec.json.Decoder(list[AccessRow]).decode
FILTERS: Final = ("since", "until", "room")
SHOWN: Final = 25  # sessions on a page; one question takes 50
POLL_MS: Final = 1_000
_EXPORTERS: Final = frozenset({"clinician", "auditor"})


async def page(door: Door, query: dict[str, str]) -> Component:
    asked = {name: query.get(name) for name in (*FILTERS, "before")}
    found = await door.get("/past-sessions", limit=SHOWN, **asked)
    if not found.ok:
        return parts.page(_filters(query), parts.trouble(found))
    past = _decode(found.body)
    known = await _known(door, [each.session for each in past.sessions])
    if not known.ok:
        return parts.page(_filters(query), parts.trouble(known))
    me = await door.get("/me")
    may_export = me.ok and msgspec.json.decode(me.body)["role"] in _EXPORTERS
    taken = await audit_export.card(door, past) if may_export else None
    return layout(past, _audits(known.body), query, taken)


async def _known(door: Door, sessions: Sequence[str]) -> Answer:
    if not sessions:
        return Answer(200, b"[]", "")
    return await door.get("/audits", session=list(sessions))


def layout(found: PastPage, audits: Sequence[AuditNow], query: dict[str, str], taken: Component | None) -> Component:
    """`query`: what was asked for, as it stands in the address. `taken`: how many are taken out at once; None for who may not export."""
    texts = REVIEW["audit"]
    head = html.Div([html.H2(texts["title"]), dcc.Link(texts["back"], href="/sessions", className="button quiet")], className="card-head")
    check = html.Button(texts["check"], id="audit-check", className="button primary", n_clicks=0, disabled=not found.sessions)
    card = html.Section(
        [
            head,
            html.P(texts["what"], className="muted small"),
            html.Div([check, html.Span(progress(audits), id="audit-progress", role="status", className="muted")], className="buttons"),
            html.P(id="audit-outcome", className="outcome failed", role="status"),
            html.Div(rows(found, audits, may_export=taken is not None), id="audit-rows"),
            html.P(_tools(), className="small"),
            html.P(texts["bundle_what"], className="muted small"),
            _pages(found.next_before, query),
        ],
        className="card",
    )
    return parts.page(
        _filters(query),
        card,
        html.Div(id="audit-accesses"),
        taken or html.P(texts["no_export"], className="muted small"),
        dcc.Store(id="audit-shown", data={"found": msgspec.to_builtins(found), "may_export": taken is not None}),
        dcc.Interval(id="audit-poll", interval=POLL_MS, disabled=not is_running(audits)),
    )


def _tools() -> list[Component | str]:
    """The two verifiers, and the keys to give them, as the monitor serves them."""
    texts = REVIEW["audit"]
    links = (("verify_page", "verify.html"), ("verify_program", "verify.py"), ("public_keys", "keys"))
    made = [[" ", html.A(texts[text], href=f"/api/v1/{name}", target="_blank", rel="noopener"), " ·"] for text, name in links]
    return [texts["verify_yourself"], *(part for link in made for part in link)][:-1]


def is_running(audits: Sequence[AuditNow]) -> bool:
    return any(each.state in audit_verdict.RUNNING for each in audits)


def progress(audits: Sequence[AuditNow]) -> list[Component | str]:
    """How far the verifier is, while it is at work."""
    if not is_running(audits):
        return []
    done = sum(each.state not in audit_verdict.RUNNING for each in audits)
    said = REVIEW["audit"]["progress"].format(done=done, total=len(audits))
    named: dict[str, Any] = {"aria-label": said}
    return [html.Progress(value=str(done), max=str(len(audits)), **named), f" {said}"]


def rows(found: PastPage, audits: Sequence[AuditNow], *, may_export: bool) -> Component:
    texts = REVIEW["audit"]
    if not found.sessions:
        return html.P(texts["none"], className="told", role="status")
    known = {each.session: each for each in audits}
    made = (_row(each, known.get(each.session), found.zone, may_export=may_export) for each in found.sessions)
    return parts.table(texts["columns"] if may_export else texts["columns"][:-1], made, name=texts["title"])


def _row(each: SessionFigures, now: AuditNow | None, zone: str, *, may_export: bool) -> list[Any]:
    texts = REVIEW["audit"]
    links = [_link(each.session, form, label) for form, label in texts["formats"].items()]
    nameless = _link(each.session, "bundle&deidentified=true", texts["nameless"], title=texts["nameless_what"])
    forms = html.Div([*links, nameless], className="buttons")
    return [
        [
            dcc.Link(each.session, href=f"/session/{each.session}", className="row-link"),
            *parts.modes(each.modes),
            *parts.brought_in(each, zone),
        ],
        html.Time(parts.when(each.created_at_ms, zone)),
        each.room,
        [html.Span(parts.phase_name(each.phase), className="state"), *parts.open_now(each)],
        audit_verdict.record(now),
        audit_verdict.values(now),
        [
            *audit_verdict.verdict(now),
            _button("audit-one", each.session, texts["checks"] if now is None else texts["again"]),
            _button("audit-access", each.session, texts["accesses"]),
        ],
        *([forms] if may_export else []),
    ]


def _button(kind: str, session: str, text: str) -> Component:
    named: dict[str, Any] = {"aria-label": f"{text}: {session}"}
    return html.Button(text, id={"type": kind, "session": session}, className="button quiet", n_clicks=0, **named)


def _link(session: str, form: str, label: str, **more: str) -> Component:
    named: dict[str, Any] = {"aria-label": REVIEW["audit"]["take"].format(format=label, session=session), **more}
    return html.A(label, href=f"/api/v1/sessions/{session}/export?format={form}", className="button quiet", download="", **named)


def accesses(session: str, found: Sequence[AccessRow], zone: str) -> Component:
    texts = REVIEW["audit"]
    title = texts["accesses_of"].format(session=session)
    cells: list[list[Any]] = [[html.Time(parts.when(row.at_ms, zone)), row.kind, row.who or "-", row.detail] for row in found]
    body = parts.table(texts["access_columns"], cells, name=title) if found else html.P(texts["nobody"], className="muted")
    return html.Section([html.H2(title), body], className="card", role="status")


def _pages(next_before: str | None, query: dict[str, str]) -> Component:
    kept = {name: query[name] for name in FILTERS if query.get(name)}
    links = []
    if query.get("before"):
        links.append(dcc.Link(REVIEW["audit"]["newest"], href=f"/audit{filters.search(kept)}", className="button"))
    if next_before is not None:
        address = f"/audit{filters.search({**kept, 'before': next_before})}"
        links.append(dcc.Link(REVIEW["audit"]["older"], href=address, className="button"))
    return html.Nav(links, className="buttons pager")


def _filters(query: dict[str, str]) -> Component:
    texts = REVIEW["audit"]
    buttons = [
        html.Button(texts["show"], id="audit-show", className="button primary", n_clicks=0),
        dcc.Link(texts["clear"], href="/audit", className="button quiet"),
    ]
    named: dict[str, Any] = {"aria-label": texts["title"]}
    return html.Section(
        [
            parts.field(texts["since"], parts.text_input("audit-since", query.get("since", ""), type="date")),
            parts.field(texts["until"], parts.text_input("audit-until", query.get("until", ""), type="date")),
            parts.field(texts["room"], parts.text_input("audit-room", query.get("room", ""), maxLength=80)),
            html.Div(buttons, className="buttons"),
        ],
        className="card filters",
        **named,
    )


def register(app: Dash, door: Door) -> None:
    filters.register(app, "audit", FILTERS, FILTERS)
    audit_export.register(app, door)
    shown = (
        Output("audit-rows", "children"),
        Output("audit-progress", "children"),
        Output("audit-poll", "disabled"),
        Output("audit-outcome", "children"),
    )

    @app.callback(
        *shown,
        Input("audit-check", "n_clicks"),
        Input({"type": "audit-one", "session": ALL}, "n_clicks"),
        State("audit-shown", "data"),
        prevent_initial_call=True,
    )
    async def check(_: int | None, __: list[int], data: Any) -> Any:
        if not any(each["value"] for each in ctx.triggered):
            return (no_update,) * len(shown)
        found = msgspec.convert(data["found"], PastPage)
        which = ctx.triggered_id
        sessions = [each.session for each in found.sessions] if which == "audit-check" else [which["session"]]
        asked = await door.post("/audits", {"sessions": sessions})
        return await _told(door, data, asked)

    again = [Output(one.component_id, one.component_property, allow_duplicate=True) for one in shown]

    @app.callback(*again, Input("audit-poll", "n_intervals"), State("audit-shown", "data"), prevent_initial_call=True)
    async def poll(_: int | None, data: Any) -> Any:
        return await _told(door, data, None)

    @app.callback(
        Output("audit-accesses", "children"),
        Input({"type": "audit-access", "session": ALL}, "n_clicks"),
        State("audit-shown", "data"),
        prevent_initial_call=True,
    )
    async def look(_: list[int], data: Any) -> Any:
        if not any(each["value"] for each in ctx.triggered) or ctx.triggered_id is None:
            return no_update
        session = ctx.triggered_id["session"]
        answer = await door.get(f"/sessions/{session}/accesses")
        if not answer.ok:
            return parts.trouble(answer)
        return accesses(session, _accesses(answer.body), data["found"]["zone"])


async def _told(door: Door, data: Any, asked: Answer | None) -> Any:
    """`data`: what is shown. The rows as they stand now; `asked`: what the monitor answered to a question, whose refusal is shown."""
    if asked is not None and not asked.ok:
        return no_update, no_update, no_update, asked.why
    found = msgspec.convert(data["found"], PastPage)
    known = await _known(door, [each.session for each in found.sessions])
    if not known.ok:
        return no_update, no_update, no_update, known.why
    audits = _audits(known.body)
    return rows(found, audits, may_export=data["may_export"]), progress(audits), not is_running(audits), ""
