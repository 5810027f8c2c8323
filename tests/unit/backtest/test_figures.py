"""Rates, times to detect and shifts, counted by hand; and what the reports say of them."""

import json
import re
from html.parser import HTMLParser

import msgspec
import pytest

from monitor.backtest import report_html as html_page
from monitor.backtest import report_text as text_page
from monitor.backtest.figures import Backtest, summarise
from monitor.backtest.judging import Judged, Raised, Refusal
from monitor.backtest.log_file import LogBroken
from monitor.backtest.report_html import report_html
from monitor.backtest.report_json import report_json
from monitor.backtest.report_text import report_text
from monitor.backtest.rule_set import THEIR_OWN
from monitor.backtest.session import PhaseSince, SessionResult
from monitor.backtest.wording import shifted, span
from schemas.alert import AlertKind, Priority
from schemas.measurement import Mode
from schemas.session import Phase
from tests.unit.backtest.logs import alert, shipped
from tests.unit.core.bedside import START_MS

MEDIUM, LOW = Priority.MEDIUM, Priority.LOW


def judged(*raised: Raised) -> Judged:
    """Their times count from START_MS."""
    moved = (
        msgspec.structs.replace(
            each,
            began_ms=START_MS + each.began_ms,
            raised_at_ms=START_MS + each.raised_at_ms,
            ended_ms=None if each.ended_ms is None else START_MS + each.ended_ms,
        )
        for each in raised
    )
    return Judged(tuple(moved), 2, (Refusal(START_MS, "left out", "note_added", "why"),), {"note_added: left out": 1})


def session(a: Judged, b: Judged, *, name: str = "S-000001", installation: str | None = None, minutes: int = 30) -> SessionResult:
    return SessionResult(
        path=f"{name}.jsonl",
        session=name,
        installation=installation,
        room="Room <1>",
        modes=(Mode.SIMULATED,),
        began_ms=START_MS,
        ended_ms=START_MS + minutes * 60_000,
        judged_ms=minutes * 60_000,
        readings=1_000,
        phases=(PhaseSince(START_MS, Phase.BASELINE), PhaseSince(START_MS + 60_000, Phase.INFUSING)),
        parted_at_ms=None,
        has_manifest=True,
        a=a,
        b=b,
    )


def two_sessions() -> Backtest:
    """A: 3 high (one of them a recurrence) and a low; B: 2 high, of which one later, and a medium of its own."""
    high, again = alert(0, 60_000, after=15_000), msgspec.structs.replace(alert(90_000, 95_000), is_recurrence=True)
    low = alert(0, 1_000, rule="OX-L1", cause="spo2_low", priority=LOW)
    first = session(judged(high, again, low), judged(alert(0, 60_000, after=30_000)))
    second = session(
        judged(alert(0, 9_000, after=5_000)),
        judged(alert(0, 9_000, after=2_000), alert(20_000, None, rule="BP-M1", cause="blood_pressure_high", priority=MEDIUM)),
        name="S-000002",
    )
    return summarise(shipped(), shipped(), [first, second], [LogBroken("torn.jsonl", 7, "cut off")])


def test_rates_by_priority_are_per_hour_under_rules_and_per_session() -> None:
    found = two_sessions()
    assert (found.hours, found.readings) == (1.0, 2_000)
    rows = {row.name: row for row in found.totals}
    assert list(rows) == ["all", "high", "medium", "low", "physiological", "technical"]
    assert (rows["all"].a.raised, rows["all"].a.per_hour, rows["all"].a.per_session) == (4, 4.0, 2.0)
    assert (rows["high"].a.raised, rows["high"].b.raised) == (3, 2)
    assert (rows["medium"].b.per_hour, rows["medium"].b.per_session) == (1.0, 0.5)
    assert (rows["technical"].a.raised, rows["technical"].a.detect_median_ms, rows["technical"].a.detect_longest_ms) == (0, None, None)


def test_a_recurrence_counts_as_a_call_and_not_as_a_time_to_detect() -> None:
    rules = {row.name: row for row in two_sessions().rules}
    assert (rules["HR-H1"].a.raised, rules["HR-H1"].a.recurrences) == (3, 1)
    assert (rules["HR-H1"].a.detect_median_ms, rules["HR-H1"].a.detect_longest_ms) == (10_000, 15_000)
    assert (rules["HR-H1"].b.detect_median_ms, rules["HR-H1"].b.detect_longest_ms) == (16_000, 30_000)


def test_rules_stand_by_priority_and_show_which_set_has_none() -> None:
    assert [(row.name, row.priority_a, row.priority_b) for row in two_sessions().rules] == [
        ("HR-H1", Priority.HIGH, Priority.HIGH),
        ("BP-M1", None, MEDIUM),
        ("OX-L1", LOW, None),
    ]


def test_shifts_count_who_is_earlier_in_what_both_saw() -> None:
    shifts = {(shift.cause, shift.is_high): shift for shift in two_sessions().shifts}
    rate = shifts["heart_rate_high", True]
    assert (rate.both, rate.earlier, rate.later, rate.a_alone, rate.b_alone) == (2, 1, 1, 1, 0)
    assert (rate.median_ms, rate.earliest_ms, rate.latest_ms) == (6_000, -3_000, 15_000)
    assert ("spo2_low", True) not in shifts
    assert (shifts["spo2_low", False].both, shifts["spo2_low", False].median_ms, shifts["spo2_low", False].a_alone) == (0, None, 1)


def test_a_session_exported_twice_is_counted_once() -> None:
    one = session(judged(), judged(), installation="key")
    other = session(judged(), judged(), installation="another key")
    found = summarise(shipped(), shipped(), [one, msgspec.structs.replace(one, path="copy.jsonl"), other], [])
    assert len(found.sessions) == 2
    assert found.again == ("copy.jsonl: session S-000001 is counted from S-000001.jsonl already",)


def test_without_a_session_the_rates_are_zero_and_nothing_is_divided() -> None:
    found = summarise(THEIR_OWN, shipped(), [], [LogBroken("x.jsonl", None, "gone")])
    assert found.totals[0].a.per_hour == 0.0
    assert "x.jsonl: gone" in report_text(found)
    assert "x.jsonl: gone" in report_html(found)
    assert json.loads(report_json(found))["not_judged"] == [{"path": "x.jsonl", "line": None, "why": "gone"}]


@pytest.mark.parametrize(("milliseconds", "text"), [(None, "-"), (0, "0 s"), (2_500, "2.5 s"), (599_000, "599 s"), (720_000, "12.0 min")])
def test_spans_are_said_as_people_say_them(milliseconds: float | None, text: str) -> None:
    assert span(milliseconds) == text
    assert shifted(milliseconds) == (text if not milliseconds else f"+{text}")


def test_a_shift_to_earlier_has_its_sign() -> None:
    assert shifted(-3_000) == "-3 s"


# --- reports --------------------------------------------------------------------------------------------------------------------------


def test_the_text_names_every_difference_with_session_time_and_reason() -> None:
    text = report_text(two_sessions())
    assert "Raised by A, missed by B: 2" in text
    assert "S-000001  2025-11-22T08:28:10Z" in text
    assert "HR-H1.1 high, again: HR 140 >= 131" in text
    assert "OX-L1.1 low: HR 140" in text
    assert "Raised by B alone: 1" in text
    assert "A  2 x note_added: left out" in text
    assert "torn.jsonl, line 7: cut off" in text
    assert "Not a medical device" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_long_lists_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_page, "LISTED_AT_MOST", 1)
    monkeypatch.setattr(html_page, "LISTED_AT_MOST", 1)
    monkeypatch.setattr(html_page, "DRAWN_AT_MOST", 1)
    assert "and 1 more: --json FILE writes them all" in report_text(two_sessions())
    page = report_html(two_sessions())
    assert "and 1 more: the JSON report has them all" in page
    assert "Not drawn: 1 session, 0 of them without an alert" in page


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "line"} and not (tag == "rect" and self.get_starttag_text().endswith("/>")):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_well_formed_holds_everything_and_fetches_nothing() -> None:
    text = report_html(two_sessions())
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.tags.count("svg") == 3  # the bars and a time line for each session
    assert {"script", "link", "img", "iframe", "object"}.isdisjoint(page.tags)
    assert {"src", "href", "xlink:href", "srcset", "xmlns"}.isdisjoint(name for name, _ in page.attributes)
    assert not re.search(r"https?:|url\(|@import|//[a-z]", text)
    words = "".join(page.words)
    assert "HR 140 >= 131 <b>since" in words  # what a log says is text, never markup
    assert "Room <1>" in words
    assert "(the other set has none)" in words
    assert "Not a medical device" in words


def test_the_json_has_every_alert_and_every_difference() -> None:
    whole = json.loads(report_json(two_sessions()))
    assert whole["format"] == "infusion-monitor/backtest/1"
    assert "text" not in whole["a"]
    assert whole["a"]["version"] == shipped().version
    first = whole["sessions"][0]
    assert len(first["a"]["raised"]) == 3
    assert [raised["rule"] for raised in first["comparison"]["missed"]] == ["HR-H1", "OX-L1"]
    assert whole["not_judged"] == [{"path": "torn.jsonl", "line": 7, "why": "cut off"}]
    assert whole["refused"] == {"a": {"note_added: left out": 2}, "b": {"note_added: left out": 2}}
    assert {row["name"] for row in whole["totals"]} >= {"all", *Priority, *AlertKind}
