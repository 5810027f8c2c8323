"""The numbers of a backtest: alerts by rule and by priority, their rates, times to detect, and by how much B is earlier or later."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Final

import msgspec

from monitor.backtest.comparing import Comparison, Episode, compare
from monitor.backtest.judging import Judged, Raised
from monitor.backtest.log_file import LogBroken
from monitor.backtest.rule_set import RuleSet
from monitor.backtest.session import SessionResult
from schemas.alert import PRIORITY_RANK, AlertKind, Priority

HOUR_MS: Final = 3_600_000
_HIGHEST_FIRST: Final = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)


class Count(msgspec.Struct, frozen=True):
    """How often alerts were raised. `recurrences` of them: a latched one called again. `detect_*_ms`: from the moment the condition began
    to raising, recurrences left out; None where nothing was raised."""

    raised: int
    recurrences: int
    per_hour: float
    per_session: float
    detect_median_ms: float | None
    detect_longest_ms: int | None


class Row(msgspec.Struct, frozen=True):
    """One line of a table: of a rule, a priority, or all."""

    name: str
    title: str
    priority_a: Priority | None
    priority_b: Priority | None
    a: Count
    b: Count


class Shift(msgspec.Struct, frozen=True):
    """In the episodes of one cause that both sets saw: how B's first alert lies beside A's. Later is positive. `is_high`: first alerts of
    high priority. `a_alone` and `b_alone`: episodes in which only one of them raised such an alert."""

    cause: str
    is_high: bool
    both: int
    earlier: int
    later: int
    a_alone: int
    b_alone: int
    median_ms: float | None
    earliest_ms: int | None
    latest_ms: int | None


class Compared(msgspec.Struct, frozen=True):
    session: SessionResult
    comparison: Comparison


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report shows. `again`: logs left out because they hold a session that was judged already."""

    a: RuleSet
    b: RuleSet
    sessions: tuple[Compared, ...]
    broken: tuple[LogBroken, ...]
    again: tuple[str, ...]
    hours: float
    readings: int
    totals: tuple[Row, ...]
    rules: tuple[Row, ...]
    shifts: tuple[Shift, ...]
    cuffs_asked_a: int
    cuffs_asked_b: int
    refused_a: dict[str, int]
    refused_b: dict[str, int]


def summarise(a: RuleSet, b: RuleSet, results: Iterable[SessionResult], broken: Iterable[LogBroken]) -> Backtest:
    """The figures over all sessions. Two exports of one session of one installation are counted once."""
    sessions, again = _each_once(results)
    compared = tuple(Compared(session, compare(session.a.raised, session.b.raised)) for session in sessions)
    hours = sum(session.judged_ms for session in sessions) / HOUR_MS
    all_a = [raised for session in sessions for raised in session.a.raised]
    all_b = [raised for session in sessions for raised in session.b.raised]
    counting = _Counting(all_a, all_b, hours, len(sessions))
    return Backtest(
        a=a,
        b=b,
        sessions=compared,
        broken=tuple(broken),
        again=tuple(again),
        hours=hours,
        readings=sum(session.readings for session in sessions),
        totals=tuple(counting.totals()),
        rules=tuple(counting.rules()),
        shifts=tuple(_shifts([episode for each in compared for episode in each.comparison.episodes])),
        cuffs_asked_a=sum(session.a.cuffs_asked for session in sessions),
        cuffs_asked_b=sum(session.b.cuffs_asked for session in sessions),
        refused_a=_refused(session.a for session in sessions),
        refused_b=_refused(session.b for session in sessions),
    )


def _each_once(results: Iterable[SessionResult]) -> tuple[list[SessionResult], list[str]]:
    """A log that does not say of which installation it is stands for itself."""
    seen: dict[tuple[str, str], str] = {}
    sessions: list[SessionResult] = []
    again: list[str] = []
    for result in results:
        if result.installation is not None:
            key = (result.installation, result.session)
            if key in seen:
                again.append(f"{result.path}: session {result.session} is counted from {seen[key]} already")
                continue
            seen[key] = result.path
        sessions.append(result)
    return sessions, again


def _refused(judged: Iterable[Judged]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in judged:
        total.update(each.refused)
    return dict(sorted(total.items()))


class _Counting:
    def __init__(self, a: Sequence[Raised], b: Sequence[Raised], hours: float, sessions: int) -> None:
        self._a, self._b = a, b
        self._hours, self._sessions = hours, sessions

    def totals(self) -> Iterable[Row]:
        yield self._row("all", "All alerts", None, None, lambda _: True)
        for priority in _HIGHEST_FIRST:
            yield self._row(priority, f"Priority {priority}", priority, priority, lambda raised, wanted=priority: raised.priority is wanted)  # type: ignore[misc]  # a default binds the name now
        for kind in AlertKind:
            yield self._row(kind, kind.capitalize(), None, None, lambda raised, wanted=kind: raised.kind is wanted)  # type: ignore[misc]

    def rules(self) -> Iterable[Row]:
        """Rules that raised something under either set: highest first, then by name."""
        of_a, of_b = _by_rule(self._a), _by_rule(self._b)
        rows: list[Row] = []
        for rule in of_a.keys() | of_b.keys():
            first_a, first_b = next(iter(of_a.get(rule, ())), None), next(iter(of_b.get(rule, ())), None)
            named = first_b or first_a
            assert named is not None  # it is in one of the two
            count_a, count_b = self._count(of_a.get(rule, [])), self._count(of_b.get(rule, []))
            priorities = (first_a.priority if first_a else None, first_b.priority if first_b else None)
            rows.append(Row(rule, named.title, *priorities, count_a, count_b))
        rank = {row.name: max(PRIORITY_RANK[p] for p in (row.priority_a, row.priority_b) if p is not None) for row in rows}
        return sorted(rows, key=lambda row: (-rank[row.name], row.name))

    def _row(self, name: str, title: str, a: Priority | None, b: Priority | None, counts: Callable[[Raised], bool]) -> Row:
        of_a, of_b = ([raised for raised in side if counts(raised)] for side in (self._a, self._b))
        return Row(name, title, a, b, self._count(of_a), self._count(of_b))

    def _count(self, alerts: Sequence[Raised]) -> Count:
        waits = [raised.raised_at_ms - raised.began_ms for raised in alerts if not raised.is_recurrence]
        return Count(
            raised=len(alerts),
            recurrences=len(alerts) - len(waits),
            per_hour=len(alerts) / self._hours if self._hours else 0.0,
            per_session=len(alerts) / self._sessions if self._sessions else 0.0,
            detect_median_ms=median(waits) if waits else None,
            detect_longest_ms=max(waits, default=None),
        )


def _by_rule(alerts: Iterable[Raised]) -> dict[str, list[Raised]]:
    found: dict[str, list[Raised]] = {}
    for raised in alerts:
        found.setdefault(raised.rule, []).append(raised)
    return found


def _shifts(episodes: Sequence[Episode]) -> Iterable[Shift]:
    """For each cause the first alert of any priority, then, where there were such, the first of high priority."""
    for cause in sorted({episode.cause for episode in episodes}):
        among = [episode for episode in episodes if episode.cause == cause]
        yield _shift(cause, [(episode.a_ms, episode.b_ms) for episode in among], is_high=False)
        high = [(episode.high_a_ms, episode.high_b_ms) for episode in among]
        if any(pair != (None, None) for pair in high):
            yield _shift(cause, high, is_high=True)


def _shift(cause: str, firsts: Sequence[tuple[int | None, int | None]], *, is_high: bool) -> Shift:
    shifts = [b - a for a, b in firsts if a is not None and b is not None]
    return Shift(
        cause=cause,
        is_high=is_high,
        both=len(shifts),
        earlier=sum(shift < 0 for shift in shifts),
        later=sum(shift > 0 for shift in shifts),
        a_alone=sum(a is not None and b is None for a, b in firsts),
        b_alone=sum(a is None and b is not None for a, b in firsts),
        median_ms=median(shifts) if shifts else None,
        earliest_ms=min(shifts, default=None),
        latest_ms=max(shifts, default=None),
    )
