"""The limits in force at each moment: from when to when, who moved one, why, from what to what. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

from monitor.core.limits import LimitsError, decode_limits
from monitor.export.cells import Cell, Number, table, time_text
from monitor.export.views.survey import Survey
from schemas.limits import Limits, RuleKind
from schemas.log import LimitChanged, LimitProposed, SessionCreated
from schemas.signs import SIGNS
from schemas.vitals import format_milli, to_milli

COLUMNS: Final = (
    "session",
    "seq",
    "from",
    "until",
    "rule",
    "title",
    "priority",
    "sign",
    "direction",
    "limit",
    "unit",
    "was",
    "by",
    "confirmed_by",
    "reason",
)
_Key = tuple[str, str, str]


class _Standing(msgspec.Struct, frozen=True):
    seq: int
    since_ms: int
    limit_milli: int
    was_milli: int | None = None
    by: str | None = None
    confirmed_by: str | None = None
    reason: str | None = None


def limits_table(survey: Survey) -> bytes:
    """Limits that stand alone. `until` is empty for what stood at the end. The rule set in force says all the rest."""
    return table(COLUMNS, _rows(survey))


def _rows(survey: Survey) -> Iterator[list[Cell]]:
    limits: Limits | None = None
    standing: dict[_Key, _Standing] = {}
    proposals: dict[_Key, LimitProposed] = {}
    session = ""
    for entry in survey.events:
        body = entry.body
        match body:
            case SessionCreated():
                session, limits = entry.session, _rule_set(body.limits)
                standing = {key: _Standing(entry.seq, entry.at_ms, milli) for key, milli in _plain(limits)}
            case LimitProposed():
                proposals[body.rule, body.vital.value, body.direction] = body
            case LimitChanged():
                key = (body.rule, body.vital.value, body.direction)
                if key in standing:
                    yield _row(session, limits, key, standing[key], entry.at_ms)
                proposed = proposals.get(key)
                reason = proposed.reason if proposed is not None and proposed.limit_milli == body.new_milli else None
                standing[key] = _Standing(entry.seq, entry.at_ms, body.new_milli, body.old_milli, body.by, body.confirmed_by, reason)
    for key, row in standing.items():
        yield _row(session, limits, key, row, None)


def _rule_set(canonical_limits: str) -> Limits | None:
    try:
        return decode_limits(canonical_limits)
    except LimitsError:
        return None


def _plain(limits: Limits | None) -> Iterator[tuple[_Key, int]]:
    for rule in () if limits is None else limits.rule:
        for clause in rule.any if rule.kind is RuleKind.LIMIT else ():
            for term in clause.all if len(clause.all) == 1 else ():
                if term.limit is not None:
                    yield (rule.id, term.sign.value, term.direction.value), to_milli(term.limit)


def _row(session: str, limits: Limits | None, key: _Key, row: _Standing, until_ms: int | None) -> list[Cell]:
    rule_id, sign, direction = key
    rule = next((rule for rule in limits.rule if rule.id == rule_id), None) if limits is not None else None
    unit = next((found.unit for name, found in SIGNS.items() if name == sign), "")
    until = None if until_ms is None else time_text(until_ms)
    title, priority = (None, None) if rule is None else (rule.title, rule.priority.value)
    limit, was = Number(format_milli(row.limit_milli)), None if row.was_milli is None else Number(format_milli(row.was_milli))
    where: list[Cell] = [session, row.seq, time_text(row.since_ms), until, rule_id, title, priority, sign, direction, limit, unit, was]
    return [*where, row.by, row.confirmed_by, row.reason]
