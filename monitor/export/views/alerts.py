"""The alert journal: every step of every occurrence, what answered it, and where it was shown or sent. Pure."""

from collections.abc import Iterator
from typing import Final

from monitor.core.limits import LimitsError, decode_limits
from monitor.export.cells import Cell, Number, table, time_text
from monitor.export.views.survey import Survey
from schemas.limits import RuleKind
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertNotified,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    AudioResumed,
    Entry,
    LimitChanged,
    RemeasureRequested,
    SessionCreated,
)
from schemas.signs import SIGNS
from schemas.vitals import Vital, format_milli, to_milli

COLUMNS: Final = (
    "session",
    "seq",
    "at",
    "alert",
    "rule",
    "title",
    "kind",
    "priority",
    "step",
    "state",
    "vital",
    "value",
    "limit",
    "unit",
    "reason",
    "condition_since",
    "raised_at",
    "by",
    "comment",
    "latency_s",
    "channel",
    "delivered",
)
_Limits = dict[tuple[str, Vital], int]  # of plain rules with one limit on a vital sign, in thousandths


def alerts_table(survey: Survey) -> bytes:
    return table(COLUMNS, _rows(survey))


def _rows(survey: Survey) -> Iterator[list[Cell]]:
    limits: _Limits = {}
    for entry in survey.events:
        body = entry.body
        match body:
            case SessionCreated():
                limits = _ordinary(body.limits)
            case LimitChanged():
                limits[body.rule, body.vital] = body.new_milli
            case AlertChanged():
                yield _changed(entry, body, survey.value_milli.get(entry.seq), limits)
            case AlertAcknowledged():
                yield _row(entry, alert=body.alert, step="acknowledgement", by=body.by, comment=body.comment)
            case AlertShown():
                yield _row(entry, alert=body.alert, step="shown", by=body.by, latency_s=_seconds(body.latency_ms))
            case AlertNotified():
                delivered = "yes" if body.is_delivered else "no"
                yield _row(entry, alert=body.alert, step="sent", comment=body.detail, channel=body.channel, delivered=delivered)
            case RemeasureRequested():
                yield _row(entry, alert=body.alert, step="remeasure", vital=body.vital.value, latency_s=_seconds(body.within_ms))
            case AudioPaused():
                yield _row(entry, step="audio_paused", by=body.by, latency_s=_seconds(body.for_ms))
            case AudioPauseEnded():
                yield _row(entry, step="audio_pause_ended", by=body.by)
            case AudioResumed():
                yield _row(entry, step="audio_resumed", reason=body.why)


def _changed(entry: Entry, body: AlertChanged, value_milli: int | None, limits: _Limits) -> list[Cell]:
    alert = body.alert
    limit_milli = None if alert.vital is None else limits.get((alert.rule, alert.vital))
    return _row(
        entry,
        alert=alert.id,
        rule=alert.rule,
        title=alert.title,
        kind=alert.kind.value,
        priority=alert.priority.value,
        step=body.why.value,
        state=alert.state.value,
        vital=alert.vital,
        value=None if value_milli is None else Number(format_milli(value_milli)),
        limit=None if limit_milli is None else Number(format_milli(limit_milli)),
        unit=None if alert.vital is None else SIGNS[alert.vital].unit,
        reason=alert.reason,
        condition_since=time_text(alert.since_ms),
        raised_at=None if alert.raised_at_ms is None else time_text(alert.raised_at_ms),
        by=alert.acknowledged_by,
    )


def _row(entry: Entry, **cells: Cell) -> list[Cell]:
    known: dict[str, Cell] = {"session": entry.session, "seq": entry.seq, "at": time_text(entry.at_ms), **cells}
    return [known.get(column) for column in COLUMNS]


def _ordinary(canonical_limits: str) -> _Limits:
    """Of a rule with several limits on one vital sign none is named: the reason says which was passed."""
    try:
        rules = decode_limits(canonical_limits).rule
    except LimitsError:
        return {}
    found: dict[tuple[str, Vital], list[float]] = {}
    for rule in rules:
        for clause in rule.any if rule.kind is RuleKind.LIMIT else ():
            for term in clause.all if len(clause.all) == 1 else ():
                if term.vital is not None and term.limit is not None:
                    found.setdefault((rule.id, term.vital), []).append(term.limit)
    return {key: to_milli(limits[0]) for key, limits in found.items() if len(limits) == 1}


def _seconds(milliseconds: int) -> Number:
    return Number(format_milli(milliseconds))
