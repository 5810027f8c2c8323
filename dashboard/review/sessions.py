"""Past sessions: all that are on record, newest first, a page at a time."""

from typing import Any, Final

import msgspec
from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard.door import Door
from dashboard.review import filters, parts
from dashboard.words import REVIEW, WORDS
from schemas.review import PastPage, SessionFigures
from schemas.session import OPEN_PHASES, Treatment

_decode: Final = msgspec.json.Decoder(PastPage).decode
FILTERS: Final = ("since", "until", "room", "label", "treatment", "high")
NUMERIC: Final = frozenset({5, 6, 7})


async def page(door: Door, query: dict[str, str]) -> Component:
    asked = {name: query.get(name) for name in (*FILTERS, "before")}
    answer = await door.get("/past-sessions", **asked)
    if not answer.ok:
        return parts.page(_filters(query), parts.trouble(answer))
    return layout(_decode(answer.body), query)


def layout(found: PastPage, query: dict[str, str]) -> Component:
    """`query`: what was asked for, as it stands in the address."""
    texts = REVIEW["sessions"]
    is_filtered = any(query.get(name) for name in (*FILTERS, "before"))
    notes = []
    if found.pending:
        notes.append(texts["pending"].format(count=found.pending))
    if found.unreadable:
        notes.append(texts["unreadable"].format(sessions=", ".join(found.unreadable)))
    if not found.sessions:
        notes.append(texts["none"] if is_filtered else texts["none_yet"])
    elif not is_filtered and all(each.phase in OPEN_PHASES for each in found.sessions):
        notes.append(texts["none_closed"])
    card = html.Section(
        [
            html.Div(
                [
                    html.H2(texts["title"]),
                    html.P(texts["what"], className="muted small"),
                    dcc.Link(texts["audit"], href="/audit", className="button quiet"),
                ],
                className="card-head",
            ),
            *(html.P(note, className="told", role="status") for note in notes),
            parts.table(texts["columns"], (_row(each, found.zone) for each in found.sessions), numeric=NUMERIC, name=texts["title"])
            if found.sessions
            else None,
            _pages(found.next_before, query),
        ],
        className="card",
    )
    return parts.page(_filters(query), card)


def _row(each: SessionFigures, zone: str) -> list[Any]:
    return [
        [
            dcc.Link(each.session, href=f"/session/{each.session}", className="row-link"),
            *parts.modes(each.modes),
            *parts.brought_in(each, zone),
        ],
        html.Time(parts.when(each.created_at_ms, zone)),
        each.room,
        parts.patient(each),
        WORDS["treatments"][each.order.treatment.value],
        parts.length(each.last_at_ms - each.created_at_ms),
        _dose(each),
        _peak(each),
        parts.counts(each.alerts),
        [html.Span(parts.phase_name(each.phase), className="state"), *parts.open_now(each)],
    ]


def _dose(each: SessionFigures) -> list[Any]:
    if each.order.treatment is Treatment.NONE:
        return ["-"]
    return [parts.mg(each.given_ug), html.Span(f"{each.given_ug / each.patient.weight_g:.2f} mg/kg", className="muted small")]


def _peak(each: SessionFigures) -> list[Any]:
    texts = REVIEW["sessions"]
    if each.peak_sbp is None:
        return ["-"]
    rise, baseline = each.rise_sbp, each.baseline_sbp
    told = texts["no_baseline"] if rise is None else texts["rise"].format(rise=parts.signed(rise), baseline=parts.number(baseline))
    return [html.B(parts.number(each.peak_sbp)), html.Span(told, className="muted small")]


def _pages(next_before: str | None, query: dict[str, str]) -> Component:
    kept = {name: query[name] for name in FILTERS if query.get(name)}
    links = []
    if query.get("before"):
        links.append(dcc.Link(REVIEW["sessions"]["newest"], href=_address(kept), className="button"))
    if next_before is not None:
        links.append(dcc.Link(REVIEW["sessions"]["older"], href=_address({**kept, "before": next_before}), className="button"))
    return html.Nav(links, className="buttons pager")


def _address(query: dict[str, str]) -> str:
    return f"/sessions{filters.search(query)}"


def _filters(query: dict[str, str]) -> Component:
    texts = REVIEW["sessions"]
    treatments = [{"label": WORDS["treatments"][each.value], "value": each.value} for each in Treatment]
    return html.Section(
        [
            parts.field(texts["since"], parts.text_input("past-since", query.get("since", ""), type="date")),
            parts.field(texts["until"], parts.text_input("past-until", query.get("until", ""), type="date")),
            parts.field(texts["room"], parts.text_input("past-room", query.get("room", ""), maxLength=80)),
            parts.field(texts["label"], parts.text_input("past-label", query.get("label", ""), maxLength=80)),
            parts.field(
                texts["treatment"],
                dcc.Dropdown(
                    treatments, query.get("treatment"), id="past-treatment", placeholder=texts["any"], clearable=True, searchable=False
                ),
            ),
            dcc.Checklist([{"label": texts["high"], "value": "1"}], ["1"] if query.get("high") else [], id="past-high", className="check"),
            html.Div(
                [
                    html.Button(texts["show"], id="past-show", className="button primary", n_clicks=0),
                    dcc.Link(texts["clear"], href="/sessions", className="button quiet"),
                ],
                className="buttons",
            ),
        ],
        className="card filters",
        **{"aria-label": texts["title"]},
    )


def register(app: Dash) -> None:
    filters.register(app, "past", FILTERS, ("since", "until", "room", "label"))
