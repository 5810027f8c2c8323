"""The course of one patient: how the pressure answered from session to session, what happened, and the scores between."""

from typing import Any, Final

import msgspec
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.door import Door
from dashboard.review import figures, parts
from dashboard.words import REVIEW
from schemas.outcomes import INSTRUMENTS, Instrument, Outcome, in_force
from schemas.review import Course, SessionFigures
from schemas.signs import SIGNS

_decode: Final = msgspec.json.Decoder(Course).decode
_decode_me: Final = msgspec.json.Decoder(dict[str, str]).decode
_decode_row: Final = msgspec.json.Decoder(Outcome).decode
UNITS: Final = {"{score}": "points"}


async def page(door: Door, code: str, query: dict[str, str]) -> Component:
    answer, me = await door.get(f"/patients/{code}"), await door.get("/me")
    if not answer.ok:
        return parts.page(parts.trouble(answer))
    may_enter = me.ok and _decode_me(me.body).get("role") == "clinician"
    return layout(_decode(answer.body), may_enter=may_enter, saved=query.get("row", ""))


def layout(found: Course, *, may_enter: bool, saved: str = "") -> Component:
    """`saved`: the number of the row that was entered just now."""
    texts = REVIEW["course"]
    labels = sorted({_label(each) for each in found.sessions})
    notes = [texts["left_out"].format(count=len(found.sessions))] if found.left_out else []
    if not found.sessions:
        notes.append(texts["no_session"])
    if len(labels) > 1:
        notes.append(texts["labels_differ"].format(labels="; ".join(labels)))
    if not found.is_whole:
        notes.append(texts["broken"])
    head = [
        html.H2(texts["title"].format(code=found.code)),
        html.P(", ".join(labels), className="who-label"),
        html.P(_count(found), className="muted small"),
    ]
    return parts.page(
        html.Section(
            [html.Div(head, className="card-head course-head"), *(html.P(note, className="told", role="status") for note in notes)],
            className="card",
        ),
        *(_of_sessions(found) if found.sessions else ()),
        html.Section([html.H2(texts["scores"]), *_scores(found), _form(found, may_enter=may_enter, saved=saved)], className="card"),
    )


def _of_sessions(found: Course) -> tuple[Component, Component]:
    texts = REVIEW["course"]
    return (
        html.Section([html.H2(texts["pressure"]), _pressure(found)], className="card"),
        html.Section([html.H2(texts["sessions"]), _sessions(found)], className="card"),
    )


def _label(each: SessionFigures) -> str:
    born = "" if each.patient.birth_year is None else f" · {each.patient.birth_year}"
    return f"{each.patient.label}{born}"


def _count(found: Course) -> str:
    return str(REVIEW["course"]["what"].format(count=len(found.sessions)))


def _pressure(found: Course) -> Component:
    texts = REVIEW["course"]
    numbers = [str(place) for place in range(1, len(found.sessions) + 1)]
    series: dict[str, tuple[list[Any], list[Any]]] = {
        texts["peak"]: (numbers, [each.peak_sbp for each in found.sessions]),
        texts["baseline"]: (numbers, [each.baseline_sbp for each in found.sessions]),
    }
    told = "; ".join(
        f"{number}: {parts.number(each.baseline_sbp)} to {parts.number(each.peak_sbp)}"
        for number, each in zip(numbers, found.sessions, strict=True)
    )
    return figures.graph("course-pressure", figures.lines(series, texts["session_no"], texts["mmhg"]), told, "plot-pressure")


def _sessions(found: Course) -> Component:
    texts = REVIEW["course"]
    rows = (_row(place, each, found.zone) for place, each in enumerate(found.sessions, 1))
    return parts.table(texts["columns"], rows, numeric=frozenset({0, 3, 4, 5, 6, 7}), name=texts["sessions"])


def _row(place: int, each: SessionFigures, zone: str) -> list[Any]:
    texts = REVIEW["course"]
    minutes = None
    if each.peak_at_ms is not None and each.started_at_ms is not None:
        minutes = f"{round((each.peak_at_ms - each.started_at_ms) / parts.MINUTE_MS)} min"
    symptoms = ", ".join(_symptom(symptom.sign, symptom.value) for symptom in each.symptoms)
    return [
        str(place),
        [dcc.Link(each.session, href=f"/session/{each.session}", className="row-link"), *parts.modes(each.modes), *parts.open_now(each)],
        parts.when(each.created_at_ms, zone),
        [parts.mg(each.given_ug), html.Span(f"{each.given_ug / each.patient.weight_g:.2f} mg/kg", className="muted small")],
        _pair(each.baseline_sbp, each.baseline_dbp),
        _pair(each.peak_sbp, each.peak_dbp),
        "-" if each.rise_sbp is None else parts.signed(each.rise_sbp),
        minutes or "-",
        _back(each),
        parts.counts(each.alerts),
        symptoms or html.Span(texts["none"], className="muted"),
    ]


def _pair(systolic: float | None, diastolic: float | None) -> str:
    return "-" if systolic is None else f"{parts.number(systolic)}/{parts.number(diastolic)}"


def _back(each: SessionFigures) -> str:
    texts = REVIEW["course"]
    if each.baseline_sbp is None or each.peak_at_ms is None:
        return "-"
    if not each.has_left_band:
        return str(texts["never_left"])
    return str(texts["not_back"]) if each.back_at_ms is None else f"{round((each.back_at_ms - each.peak_at_ms) / parts.MINUTE_MS)} min"


def _symptom(sign: Any, value: int) -> str:
    row = SIGNS[sign]
    return row.label if row.unit == "1" else f"{row.label} {value}"


# --- scores ---------------------------------------------------------------------------------------------------------------------------


def _scores(found: Course) -> list[Component]:
    """A plot for each instrument that has values, its own scale on each, then every row as it was entered."""
    texts = REVIEW["course"]
    if not found.outcomes:
        return [html.P(texts["no_scores"], className="muted")]
    standing = in_force(list(found.outcomes))
    plots = []
    for instrument, row in INSTRUMENTS.items():
        those = [each for each in standing if each.instrument is instrument]
        if those:
            values = [(each.value_milli or 0) / 1000 for each in those]
            days = [each.taken_on for each in those]
            scale: dict[str, Any] = {"range": [row.low, row.high * 1.04]} if row.unit == "{score}" else {"rangemode": "tozero"}
            told = f"{row.title}: " + "; ".join(f"{day} {parts.number(value)}" for day, value in zip(days, values, strict=True))
            figure = figures.lines({row.label: (days, values)}, "", UNITS.get(row.unit, row.unit), "date", **scale)
            plots.append(html.Div([html.H3(row.title), figures.graph(f"score-{instrument}", figure, told, "plot-score")]))
    corrected = {row.corrects: row.no for row in found.outcomes}
    rows = (_score_row(each, corrected.get(each.no), found.zone) for each in reversed(found.outcomes))
    return [html.Div(plots, className="plots"), parts.table(texts["score_columns"], rows, numeric=frozenset({2, 5}), name=texts["scores"])]


def _score_row(each: Outcome, corrected_by: int | None, zone: str) -> list[Any]:
    texts = REVIEW["course"]
    row = INSTRUMENTS[each.instrument]
    value = texts["taken_back"] if each.value_milli is None else f"{parts.number(each.value_milli / 1000)} {UNITS.get(row.unit, row.unit)}"
    shown: Any = (
        value if corrected_by is None else [html.S(value), html.Span(texts["corrected"].format(no=corrected_by), className="muted small")]
    )
    corrects = "" if each.corrects is None else f"{each.corrects}: {each.reason or ''}"
    return [each.taken_on, row.label, shown, parts.when(each.entered_at_ms, zone), each.by, str(each.no), corrects]


def _form(found: Course, *, may_enter: bool, saved: str) -> Component:
    texts = REVIEW["course"]
    if not may_enter:
        return html.P(texts["readers"], className="muted small")
    ranges = [
        texts["range"].format(label=row.label, low=row.low, high=row.high, unit=UNITS.get(row.unit, row.unit))
        for row in INSTRUMENTS.values()
    ]
    told = texts["saved"].format(no=saved) if saved in {str(row.no) for row in found.outcomes} else ""
    options: Any = [{"label": row.title, "value": instrument.value} for instrument, row in INSTRUMENTS.items()]
    return html.Div(
        [
            html.H3(texts["form"]),
            html.Div(
                [
                    parts.field(texts["instrument"], dcc.Dropdown(options, id="score-instrument", searchable=False, clearable=False)),
                    parts.field(texts["value"], dcc.Input(id="score-value", type="text", maxLength=8, value="")),
                    parts.field(texts["taken_on"], parts.text_input("score-day", found.today, type="date")),
                    parts.field(texts["corrects"], dcc.Input(id="score-corrects", type="text", inputMode="numeric", maxLength=9, value="")),
                    parts.field(texts["reason"], parts.text_input("score-reason", maxLength=500)),
                    html.Button(texts["save"], id="score-save", className="button primary", n_clicks=0),
                ],
                className="filters",
            ),
            html.P(" · ".join(ranges), className="muted small"),
            html.P(told, id="score-outcome", className="outcome saved", role="status"),
            dcc.Store(id="score-code", data=found.code),
        ],
        className="entry",
    )


def register(app: Dash, door: Door) -> None:
    fields = [State(f"score-{name}", "value") for name in ("instrument", "value", "day", "corrects", "reason")]

    @app.callback(
        Output("score-outcome", "children"),
        Output("score-outcome", "className"),
        Output("url", "search", allow_duplicate=True),
        Input("score-save", "n_clicks"),
        State("score-code", "data"),
        *fields,
        prevent_initial_call=True,
    )
    async def save(clicks: int | None, code: str, instrument: str | None, value: str, day: str, corrects: str, reason: str) -> Any:
        """What is not saved stays in its field; what is saved is read back from the record with the whole page."""
        if not clicks:
            return no_update, no_update, no_update
        body = body_of(instrument, value, day, corrects, reason)
        if body is None:
            return REVIEW["course"]["nothing_chosen"], "outcome failed", no_update
        answer = await door.post(f"/patients/{code}/outcomes", body)
        if not answer.ok:
            return answer.why, "outcome failed", no_update
        saved = _decode_row(answer.body)
        return REVIEW["course"]["saved"].format(no=saved.no), "outcome saved", f"?row={saved.no}"


def body_of(instrument: str | None, value: str, day: str, corrects: str, reason: str) -> dict[str, Any] | None:
    """What is sent; None where a field holds what cannot be sent."""
    try:
        number = None if not value.strip() else float(value.replace(",", "."))
        row = None if not corrects.strip() else int(corrects)
    except ValueError:
        return None
    if instrument not in set(Instrument) or not day or (number is None and row is None):
        return None
    return {"instrument": instrument, "value": number, "taken_on": day, "corrects": row, "reason": reason.strip() or None}
