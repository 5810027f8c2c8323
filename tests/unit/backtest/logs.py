"""Logs, rule sets and alerts for the tests of backtests."""

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from monitor.backtest.judging import Raised
from monitor.backtest.rule_set import RuleSet
from monitor.backtest.session import SessionResult, judge_log
from monitor.core.limits import encode_limits
from schemas.alert import FOLLOWS, AlertKind, AlertState, Priority
from schemas.limits import Clause, Direction, Limits, Rule
from schemas.log import AlertChanged, Entry, canonical
from tests.unit.core.bedside import default_limits


def lines_of(log: Iterable[Entry], installation: str | None = None) -> list[bytes]:
    """As an export has them; with an installation there are a header and a manifest too."""
    entries = [b'{"entry":%b,"type":"entry"}\n' % canonical(entry) for entry in log]
    if installation is None:
        return entries
    header, manifest = ({"installation": installation, "session": "S-000001", "type": kind} for kind in ("header", "manifest"))
    seal = b'{"checks":"","seal":{"at_ms":1},"type":"seal"}\n'
    return [canonical(header) + b"\n", *entries, seal, canonical(manifest) + b"\n"]


def write_log(path: Path, log: Iterable[Entry], installation: str | None = None) -> Path:
    path.write_bytes(b"".join(lines_of(log, installation)))
    return path


def rule_set(limits: Limits, name: str = "limits.toml") -> RuleSet:
    text, digest = encode_limits(limits)
    return RuleSet(name, limits.version, digest, len(limits.rule), 0, text)


@cache
def shipped() -> RuleSet:
    return rule_set(default_limits())


def only(*ids: str, limits: Limits | None = None) -> Limits:
    """The shipped rule set with these rules alone."""
    limits = limits or default_limits()
    return msgspec.structs.replace(limits, rule=tuple(rule for rule in limits.rule if rule.id in ids))


def with_rule(limits: Limits, rule: str, **fields: object) -> Limits:
    """Some fields of one rule changed."""
    rules = tuple(msgspec.structs.replace(each, **fields) if each.id == rule else each for each in limits.rule)
    return msgspec.structs.replace(limits, rule=rules, version="changed")


def moved(limits: Limits, by: float) -> Limits:
    """Every absolute limit and its clearing value moved: above 0 towards the normal, so that it is stricter."""
    return msgspec.structs.replace(limits, rule=tuple(_moved(rule, by) for rule in limits.rule), version=f"moved by {by:g}")


def _moved(rule: Rule, by: float) -> Rule:
    clauses = tuple(
        Clause(
            all=tuple(
                msgspec.structs.replace(term, limit=(term.limit or 0) + shift, clear=(term.clear or 0) + shift)
                for term in clause.all
                for shift in [-by if term.direction is Direction.HIGH else by]
            )
        )
        for clause in rule.any
    )
    return msgspec.structs.replace(rule, any=clauses)


def backtested(log: Iterable[Entry], a: RuleSet, b: RuleSet) -> SessionResult:
    """A log through the file and both judges."""
    with tempfile.TemporaryDirectory() as folder:
        return judge_log(write_log(Path(folder) / "log.jsonl", log), a, b, lambda *_: None)


def raised_in(log: Iterable[Entry]) -> list[tuple[str, int, int | None]]:
    """Alert, when it was raised and when it ended (None: not in this log), as the log itself tells it."""
    found: list[tuple[str, int, int | None]] = []
    for entry in log:
        if not isinstance(body := entry.body, AlertChanged) or body.why in FOLLOWS:
            continue
        if body.alert.state is AlertState.ACTIVE:
            found.append((body.alert.id, entry.at_ms, None))
        elif body.alert.state in (AlertState.LATCHED, AlertState.RESOLVED):
            place = max(index for index, (alert, _, _) in enumerate(found) if alert == body.alert.id)
            if found[place][2] is None:  # not a latched one that was answered
                found[place] = (*found[place][:2], entry.at_ms)
    return found


def alert(
    began_ms: int,
    ended_ms: int | None,
    *,
    rule: str = "HR-H1",
    cause: str = "heart_rate_high",
    priority: Priority = Priority.HIGH,
    after: int = 0,
) -> Raised:
    """An alert of a comparison, raised `after` its condition began."""
    return Raised(
        alert=f"{rule}.1",
        began_ms=began_ms,
        cause=cause,
        ended_ms=ended_ms,
        is_recurrence=False,
        kind=AlertKind.PHYSIOLOGICAL,
        priority=priority,
        raised_at_ms=began_ms + after,
        reason=f"HR 140 >= 131 <b>since {began_ms}</b>",
        rule=rule,
        title="Severe tachycardia",
    )
