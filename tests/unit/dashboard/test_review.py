"""The pages that look back, as layouts: what they say of what they are given."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from dashboard.pages import is_page
from dashboard.review import analytics, backtest, course, figures, filters, parts, patients, sessions
from dashboard.words import REVIEW
from schemas.outcomes import INSTRUMENTS, Instrument, Outcome, in_force, refuse_value
from schemas.review import AlertCounts, BacktestNow, Course, LimitChoice, PastPage, PatientsPage, Report, ReportTable
from schemas.session import Phase
from tests.support import stub_review
from tests.support.stub_ward import START_MS

OVER = stub_review.figures(stub_review.past())
OPEN = replace(OVER, session="S-000102", phase=Phase.INFUSING, closed_at_ms=None)


def told(component: Any) -> str:
    """Everything a layout says, as JSON text."""
    return json.dumps(
        component.to_plotly_json() if hasattr(component, "to_plotly_json") else component,
        default=lambda each: each.to_plotly_json(),
        ensure_ascii=False,
    )


def page(*found: Any, pending: int = 0, unreadable: tuple[str, ...] = (), before: str | None = None) -> PastPage:
    return PastPage(found, before, pending, unreadable, "UTC")


@pytest.mark.parametrize("path", ["/sessions", "/patients", "/patients/K-0017", "/analytics", "/analytics/backtest"])
def test_a_deep_link_opens_each_page(path: str) -> None:
    assert is_page(path)


@pytest.mark.parametrize("path", ["/sessions/", "/patients/k-17", "/patients/K", "/patients/K-0017/x", "/analytics/x", "/sessions?x"])
def test_what_is_near_a_page_is_none(path: str) -> None:
    assert not is_page(path)


def test_a_row_says_what_a_session_was() -> None:
    said = told(sessions.layout(page(OVER), {}))
    for part in (OVER.session, "R. P.", "K-0017", "35.0 mg", "0.50 mg/kg", "171", "+46 on 125", "2 h 10 min", "Closed"):
        assert part in said, part
    assert "open now" not in said


@pytest.mark.parametrize(
    ("found", "query", "words"),
    [
        (page(), {}, "No session has been recorded yet"),
        (page(), {"room": "x"}, "No session fits this"),
        (page(OPEN), {}, "No session has ended yet"),
        (page(OVER, pending=7), {}, "figures of 7 ended sessions"),
        (page(OVER, unreadable=("S-000009",)), {}, "S-000009 cannot be read"),
    ],
    ids=["nothing on record", "nothing fits", "nothing has ended", "figures missing", "a log that cannot be read"],
)
def test_what_is_not_there_is_said(found: PastPage, query: dict[str, str], words: str) -> None:
    assert words in told(sessions.layout(found, query))


def test_the_next_page_keeps_the_filter() -> None:
    said = told(sessions.layout(page(OVER, before="S-000101"), {"room": "Room 3"}))
    assert "/sessions?room=Room+3&before=S-000101" in said


def test_a_filter_is_an_address() -> None:
    assert filters.search({"room": "Room 1", "label": "", "high": "1"}) == "?room=Room+1&high=1"
    assert filters.search({"room": ""}) == ""


def test_counts_have_a_shape_a_number_and_a_word() -> None:
    said = told(parts.counts(AlertCounts(2, 0, 1, 0)))
    assert "mark-high" in said
    assert " high " in said
    assert "mark-medium" not in said
    assert told(parts.counts(AlertCounts(0, 0, 0, 0))).count("none") == 1


@pytest.mark.parametrize(("value", "words"), [(0.0, "±0"), (46.0, "+46"), (-3.5, "\u22123.5")])
def test_a_change_has_its_sign(value: float, words: str) -> None:
    assert parts.signed(value) == words


@pytest.mark.parametrize(("ms", "words"), [(None, "-"), (0, "0 s"), (99_000, "99 s"), (185_000, "3:05 min")])
def test_a_wait_is_said_as_people_say_it(ms: int | None, words: str) -> None:
    assert analytics.wait(ms) == words


def test_every_graph_is_kept_on_this_machine() -> None:
    """Plotly's own buttons would send a chart to its maker."""
    graph = figures.graph("x", figures.lines({"a": (["1"], [1.0])}, "", "mmHg"), "told").children
    assert graph.config["showSendToCloud"] is False
    assert graph.config["plotlyServerURL"] == ""
    assert graph.config["displayModeBar"] is False


def a_course(*rows: Outcome, **changes: Any) -> Course:
    usual = {
        "code": "K-0017",
        "sessions": (OVER,),
        "outcomes": rows,
        "is_whole": True,
        "left_out": False,
        "zone": "UTC",
        "today": "2026-11-22",
    }
    return Course(**{**usual, **changes})


def score(no: int, value: int | None, corrects: int | None = None) -> Outcome:
    milli = None if value is None else value * 1000
    return Outcome(
        no=no,
        code="K-0017",
        instrument=Instrument.PHQ9,
        value_milli=milli,
        taken_on="2026-11-02",
        entered_at_ms=START_MS,
        by="vega",
        corrects=corrects,
    )


def test_a_code_without_sessions_has_its_scores_and_no_plot_of_nothing() -> None:
    plot = REVIEW["course"]["pressure"]
    found = a_course(score(1, 14))
    assert plot in told(course.layout(found, may_enter=True))
    said = told(course.layout(replace(found, sessions=()), may_enter=True))
    assert plot not in said
    assert REVIEW["course"]["scores"] in said


def test_a_course_shows_what_is_in_force_and_every_row_behind_it() -> None:
    found = a_course(score(1, 14), score(2, 9, corrects=1))
    said = told(course.layout(found, may_enter=True, saved="2"))
    assert "corrected by row 2" in said
    assert '"y": [9.0]' in said  # the plot has the corrected value alone
    assert "Saved as row 2." in said
    assert "Saved" not in told(course.layout(found, may_enter=True, saved="7"))  # an address is no proof
    assert [row.no for row in in_force(list(found.outcomes))] == [2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_whole": False}, "Do not rely on the scores"),
        ({"sessions": (), "outcomes": (score(1, 14),)}, "No session has this code any more"),
        ({"left_out": True}, "Only the newest 1 sessions"),
        ({"sessions": (OVER, replace(OVER, patient=replace(OVER.patient, label="X. Y.")))}, "name their patient differently"),
    ],
)
def test_what_a_course_must_be_read_with_stands_on_it(changes: dict[str, Any], words: str) -> None:
    assert words not in told(course.layout(a_course(), may_enter=True))
    assert words in told(course.layout(a_course(**changes), may_enter=True))


def test_who_may_not_enter_scores_has_no_form() -> None:
    assert "score-save" not in told(course.layout(a_course(), may_enter=False))


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        (
            ("phq9", "9", "2026-11-02", "", ""),
            {"instrument": "phq9", "value": 9.0, "taken_on": "2026-11-02", "corrects": None, "reason": None},
        ),
        (
            ("crp", "3,2", "2026-11-02", "", " "),
            {"instrument": "crp", "value": 3.2, "taken_on": "2026-11-02", "corrects": None, "reason": None},
        ),
        (
            ("phq9", "", "2026-11-02", "4", "twice"),
            {"instrument": "phq9", "value": None, "taken_on": "2026-11-02", "corrects": 4, "reason": "twice"},
        ),
        ((None, "9", "2026-11-02", "", ""), None),
        (("phq9", "", "2026-11-02", "", ""), None),
        (("phq9", "nine", "2026-11-02", "", ""), None),
        (("phq9", "9", "", "", ""), None),
    ],
)
def test_what_is_sent_of_a_form(fields: tuple[Any, ...], sent: dict[str, Any] | None) -> None:
    assert course.body_of(*fields) == sent


@pytest.mark.parametrize("instrument", list(Instrument))
def test_every_instrument_takes_its_ends_and_nothing_beyond(instrument: Instrument) -> None:
    row = INSTRUMENTS[instrument]
    assert refuse_value(instrument, row.low * 1000) is None
    assert refuse_value(instrument, row.high * 1000) is None
    assert refuse_value(instrument, row.high * 1000 + 1000) is not None
    assert refuse_value(instrument, row.low * 1000 - 1000) is not None
    assert refuse_value(instrument, row.low * 1000 + 1) is not None


def test_patients_without_a_code_are_told_how_to_get_one() -> None:
    assert "Enter one when you open a session" in told(patients.layout(PatientsPage((), None, "UTC"), {}))


LIMIT = LimitChoice("BP-H1", "Severe hypertension", "high", "systolic_bp", "high", 180, 160, 220, "mm[Hg]")
REPORT = Report(
    ("a line",), (ReportTable("Alerts raised", ("", "A"), (("All", "3"),)), ReportTable("By rule", ("rule",), ())), ("S-000009: why",)
)


def test_a_backtest_says_that_it_never_was() -> None:
    said = told(backtest.layout(page(OVER), [LIMIT], BacktestNow("done", "x", 1, 1, "", REPORT)))
    for part in (
        "WHAT WOULD HAVE BEEN",
        "What would have been, not what was",
        "BP-H1 Severe hypertension: SBP ≥ 180 mmHg (160 to 220)",
        "S-000009: why",
    ):
        assert part in said, part


@pytest.mark.parametrize(
    ("state", "is_asked"), [("waiting", True), ("running", True), ("done", False), ("cancelled", False), ("failed", False)]
)
def test_the_page_asks_on_while_a_backtest_runs(state: str, is_asked: bool) -> None:
    said = told(backtest.layout(page(OVER), [LIMIT], BacktestNow(state, "x", 1, 4, "", None)))
    assert f'"disabled": {str(not is_asked).lower()}' in said
    assert "1 of 4 sessions judged" in said


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        (
            ("BP-H1|systolic_bp|high", "170", ["S-000001"]),
            {"sessions": ["S-000001"], "rule": "BP-H1", "vital": "systolic_bp", "direction": "high", "limit": 170.0},
        ),
        (("BP-H1|systolic_bp|high", "", ["S-000001"]), None),
        ((None, "170", ["S-000001"]), None),
        (("BP-H1|systolic_bp|high", "170", []), None),
    ],
)
def test_what_is_sent_to_try_a_limit(fields: tuple[Any, ...], sent: dict[str, Any] | None) -> None:
    assert backtest.body_of(*fields) == sent
