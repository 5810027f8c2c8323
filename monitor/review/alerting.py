"""How alerts do over many sessions: how many, how soon somebody answers, how many nobody needed. Pure: entries in, figures out."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from statistics import median_low
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from schemas.alert import RAISES, Alert, AlertKind, AlertState, Priority, Why
from schemas.log import AlertChanged, Entry
from schemas.review import AlertCounts, AlertDay, AlertFigures, AlertRow

HOUR_MS: Final = 3_600_000
_NUMBER: Final = re.compile(r"(\d+)")
_HIGHEST_FIRST: Final = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)


class Span(msgspec.Struct, frozen=True):
    """A session: where and how long it was."""

    session: str
    room: str
    began_ms: int
    ended_ms: int


class Occurrence(msgspec.Struct):
    """One raised alert of one session and what came of it. A latched one that calls again is still the same."""

    session: str
    room: str
    rule: str
    title: str
    kind: AlertKind
    priority: Priority
    raised_at_ms: int
    acknowledged_at_ms: int | None = None
    is_alone: bool = False
    is_unseen: bool = False
    escalations: int = 0

    @property
    def group(self) -> str:
        return AlertKind.TECHNICAL if self.kind is AlertKind.TECHNICAL else self.priority


def occurrences(span: Span, entries: Iterable[Entry]) -> list[Occurrence]:
    """Of one session's log or of its `alert_changed` entries alone, in the order of raising."""
    found: dict[str, Occurrence] = {}
    for entry in entries:
        if isinstance(entry.body, AlertChanged):
            _take(found, span, entry.at_ms, entry.body.alert, entry.body.why)
    return list(found.values())


def _take(found: dict[str, Occurrence], span: Span, at_ms: int, alert: Alert, why: Why) -> None:
    known = found.get(alert.id)
    if known is None:
        if why in RAISES:
            found[alert.id] = Occurrence(span.session, span.room, alert.rule, alert.title, alert.kind, alert.priority, at_ms)
    elif why is Why.ACKNOWLEDGED:
        known.acknowledged_at_ms = at_ms if known.acknowledged_at_ms is None else known.acknowledged_at_ms
    elif why is Why.CONDITION_ENDED:
        known.is_alone = alert.state is AlertState.RESOLVED and known.acknowledged_at_ms is None
    elif why is Why.UNSEEN:
        known.is_unseen = True
    elif why is Why.ESCALATED:
        known.escalations += 1


def analyse(spans: Sequence[Span], found: Sequence[Occurrence], zone: str, *, left_out: bool = False) -> AlertFigures:
    """`found`: the occurrences of these sessions, in any order."""
    hours = sum(span.ended_ms - span.began_ms for span in spans) / HOUR_MS
    whole = (hours, len(spans))
    by_rule = _grouped(found, lambda each: each.rule)
    rooms = {room: [span for span in spans if span.room == room] for room in sorted({span.room for span in spans})}
    by_room = _grouped(found, lambda each: each.room)
    groups = _grouped(found, lambda each: each.group)
    return AlertFigures(
        sessions=len(spans),
        hours=hours,
        left_out=left_out,
        total=_row("all", "All alerts", found, *whole),
        priorities=tuple(_row(name, name, groups.get(name, []), *whole) for name in (*_HIGHEST_FIRST, AlertKind.TECHNICAL)),
        rules=_most_first(_row(rule, rows[0].title, rows, *whole) for rule, rows in by_rule.items()),
        rooms=_most_first(_row(room, room, by_room.get(room, []), _hours(those), len(those)) for room, those in rooms.items()),
        days=_days(spans, found, zone),
        zone=zone,
    )


def _hours(spans: Iterable[Span]) -> float:
    return sum(span.ended_ms - span.began_ms for span in spans) / HOUR_MS


def _grouped(found: Iterable[Occurrence], key: Callable[[Occurrence], str]) -> dict[str, list[Occurrence]]:
    groups: dict[str, list[Occurrence]] = {}
    for each in found:
        groups.setdefault(key(each), []).append(each)
    return groups


def _most_first(rows: Iterable[AlertRow]) -> tuple[AlertRow, ...]:
    """Of equal ones Room 2 comes before Room 10."""
    return tuple(
        sorted(rows, key=lambda row: (-row.raised, [(int(part) if part.isdecimal() else -1, part) for part in _NUMBER.split(row.name)]))
    )


def _row(name: str, title: str, found: Sequence[Occurrence], hours: float, sessions: int) -> AlertRow:
    waits = sorted(each.acknowledged_at_ms - each.raised_at_ms for each in found if each.acknowledged_at_ms is not None)
    return AlertRow(
        name=str(name),
        title=str(title),
        raised=len(found),
        per_hour=len(found) / hours if hours else 0.0,
        per_session=len(found) / sessions if sessions else 0.0,
        acknowledged=len(waits),
        ack_median_ms=median_low(waits) if waits else None,
        ack_p90_ms=waits[math.ceil(0.9 * len(waits)) - 1] if waits else None,
        alone=sum(each.is_alone for each in found),
        unseen=sum(each.is_unseen for each in found),
        escalated=sum(each.escalations > 0 for each in found),
    )


def _days(spans: Iterable[Span], found: Iterable[Occurrence], zone: str) -> tuple[AlertDay, ...]:
    """Days without a session are left out: there was nothing to raise an alert."""
    site = ZoneInfo(zone)
    day_of = {span.session: datetime.fromtimestamp(span.began_ms / 1000, site).strftime("%Y-%m-%d") for span in spans}
    sessions: dict[str, int] = {}
    for day in day_of.values():
        sessions[day] = sessions.get(day, 0) + 1
    groups = _grouped(found, lambda each: day_of[each.session])

    def counts(rows: Sequence[Occurrence]) -> AlertCounts:
        kinds = [each.group for each in rows]
        return AlertCounts(*(kinds.count(kind) for kind in (*_HIGHEST_FIRST, AlertKind.TECHNICAL)))

    return tuple(AlertDay(day, number, counts(groups.get(day, []))) for day, number in sorted(sessions.items()))
