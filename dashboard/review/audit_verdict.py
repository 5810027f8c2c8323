"""What the verifier said of one session's bundle, in the cells of the Audit page: in words, with what was proved and what was not. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboard.review import parts
from dashboard.words import REVIEW
from schemas.review import AuditNow

RUNNING: Final = frozenset({"waiting", "reading", "writing", "verifying"})
_UNREAD: Final = frozenset({"waiting", "reading"})
_MARKS: Final = {"verified": "good", "refused": "bad", "failed": "bad"}


def record(now: AuditNow | None) -> list[Any]:
    texts = REVIEW["audit"]
    if now is None:
        return ["-"]
    entries = html.Span(texts["entries"].format(count=f"{now.entries:,}"), className="muted small")
    if now.state in _UNREAD:
        return [entries]
    return [
        html.Span(
            texts["complete"] if now.is_complete else texts["incomplete"][now.why_incomplete], className="good" if now.is_complete else ""
        ),
        " ",
        entries,
    ]


def values(now: AuditNow | None) -> list[Any]:
    texts = REVIEW["audit"]
    if now is None or now.state in _UNREAD:
        return ["-"]
    received = f"{now.received:,}"
    if now.expected is None:
        return [texts["values_unknown"].format(received=received)]
    gaps = texts["gaps"].format(count=now.gaps, length=f"{now.gap_s:g}") if now.gaps else texts["no_gaps"]
    counted = html.Span(texts["values"].format(received=received, expected=f"{now.expected:,}"), title=texts["values_what"])
    said = [counted, " ", html.Span(gaps, className="muted small")]
    return [*said, _folded(texts["missing"].format(session=now.session), now.says)] if now.says else said


def verdict(now: AuditNow | None) -> list[Any]:
    """The word, what it means, and folded below it what was proved and what was not. What is wrong is not folded away."""
    texts = REVIEW["audit"]
    state = "" if now is None else now.state
    name = texts["states"][state].format(size=parts.size(0 if now is None else now.written))
    shown: list[Any] = [html.B(name, className=_MARKS.get(state, "muted")), " "]
    if now is None or state in RUNNING:
        return shown
    said = html.P(
        texts["said"][f"{state}_{now.why_incomplete}" if state == "verified" and now.why_incomplete else state], className="small"
    )
    if state != "verified":
        return [*shown, said, *_lines(now.lines)]
    body = [html.B(texts["proved"]), *_lines(now.lines), html.B(texts["not_proved"]), *_lines(texts["not_proved_lines"])]
    return [*shown, said, html.Details([html.Summary(texts["words"].format(session=now.session), className="small"), *body]), " "]


def _lines(lines: Sequence[str]) -> list[Component]:
    return [html.P(line, className="small breaks") for line in lines]


def _folded(title: str, lines: Sequence[str]) -> Component:
    return html.Details([html.Summary(title, className="small"), *_lines(lines)])
