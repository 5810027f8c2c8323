"""What two rule sets raised in the same session, side by side. Pure: lists of `Raised` in, differences out.

Two alerts belong together where they have one cause and their times overlap, from the moment the condition began to its end; priorities
and rules may differ. An alert with no counterpart was missed by the other set. One whose counterparts all have a lower priority is not
missed, but it is lowered, and that is told apart: a high alert that becomes a medium one calls nobody at night.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from monitor.backtest.judging import Raised
from schemas.alert import PRIORITY_RANK, Priority

_FOREVER_MS = 1 << 62


class Episode(msgspec.Struct, frozen=True):
    """A stretch of time in which alerts of one cause overlap, whoever raised them. When each set first raised one in it, None where it
    raised none; `high_*`: the same for alerts of high priority."""

    cause: str
    began_ms: int
    a_ms: int | None
    b_ms: int | None
    high_a_ms: int | None
    high_b_ms: int | None


class Lowered(msgspec.Struct, frozen=True):
    """An alert whose counterparts all have a lower priority; `other` is the highest of them, the earliest of equals."""

    raised: Raised
    other: Raised


class Comparison(msgspec.Struct, frozen=True):
    """`missed`: A raised them, B has no counterpart. `added`: the other way round. `lowered`: B has them only at a lower priority;
    `heightened`: only at a higher one. Each in the order of raising."""

    missed: tuple[Raised, ...]
    added: tuple[Raised, ...]
    lowered: tuple[Lowered, ...]
    heightened: tuple[Lowered, ...]
    episodes: tuple[Episode, ...]


def compare(a: Sequence[Raised], b: Sequence[Raised]) -> Comparison:
    """What B does beside A, in one session."""
    missed, lowered = _beside(a, b)
    added, heightened = _beside(b, a)
    return Comparison(missed, added, lowered, heightened, tuple(_episodes(a, b)))


def _end_ms(raised: Raised) -> int:
    return _FOREVER_MS if raised.ended_ms is None else raised.ended_ms


class _Times:
    """Alerts of one cause and priority, to be asked for one that overlaps a stretch of time without looking at each."""

    def __init__(self, alerts: Iterable[Raised]) -> None:
        self._alerts = sorted(alerts, key=lambda raised: raised.began_ms)
        self._began = [raised.began_ms for raised in self._alerts]
        self._latest_end = list(accumulate((_end_ms(raised) for raised in self._alerts), max))

    def overlapping(self, began_ms: int, end_ms: int) -> Raised | None:
        """The one that began first, None where there is none. A common instant is an overlap."""
        before = bisect_right(self._began, end_ms)  # these began in time
        place = bisect_right(self._latest_end, began_ms - 1, 0, before)  # the first that had not ended
        return self._alerts[place] if place < before else None


def _beside(these: Sequence[Raised], others: Sequence[Raised]) -> tuple[tuple[Raised, ...], tuple[Lowered, ...]]:
    """Of these: those without a counterpart among the others, and those whose counterparts all have a lower priority."""
    grouped: dict[tuple[str, Priority], list[Raised]] = {}
    for other in others:
        grouped.setdefault((other.cause, other.priority), []).append(other)
    times = {key: _Times(alerts) for key, alerts in grouped.items()}
    missed: list[Raised] = []
    lowered: list[Lowered] = []
    for raised in these:
        found = _highest(times, raised)
        if found is None:
            missed.append(raised)
        elif PRIORITY_RANK[found.priority] < PRIORITY_RANK[raised.priority]:
            lowered.append(Lowered(raised, found))
    return tuple(missed), tuple(lowered)


def _highest(times: dict[tuple[str, Priority], _Times], raised: Raised) -> Raised | None:
    for priority in (Priority.HIGH, Priority.MEDIUM, Priority.LOW):
        among = times.get((raised.cause, priority))
        found = among.overlapping(raised.began_ms, _end_ms(raised)) if among is not None else None
        if found is not None:
            return found
    return None


def _episodes(a: Sequence[Raised], b: Sequence[Raised]) -> Iterable[Episode]:
    """In the order in which they began."""
    sides = [(raised, True) for raised in a] + [(raised, False) for raised in b]
    by_cause: dict[str, list[tuple[Raised, bool]]] = {}
    for raised, is_a in sides:
        by_cause.setdefault(raised.cause, []).append((raised, is_a))
    found = [episode for cause, alerts in by_cause.items() for episode in _episodes_of(cause, alerts)]
    return sorted(found, key=lambda episode: (episode.began_ms, episode.cause))


def _episodes_of(cause: str, alerts: list[tuple[Raised, bool]]) -> Iterable[Episode]:
    alerts.sort(key=lambda pair: pair[0].began_ms)
    together: list[tuple[Raised, bool]] = []
    end_ms = -1
    for raised, is_a in alerts:
        if together and raised.began_ms > end_ms:
            yield _episode(cause, together)
            together = []
        together.append((raised, is_a))
        end_ms = max(end_ms, _end_ms(raised))
    if together:
        yield _episode(cause, together)


def _episode(cause: str, alerts: Sequence[tuple[Raised, bool]]) -> Episode:
    def first(*, of_a: bool, high: bool) -> int | None:
        times = (raised.raised_at_ms for raised, is_a in alerts if is_a is of_a and (not high or raised.priority is Priority.HIGH))
        return min(times, default=None)

    return Episode(
        cause=cause,
        began_ms=alerts[0][0].began_ms,
        a_ms=first(of_a=True, high=False),
        b_ms=first(of_a=False, high=False),
        high_a_ms=first(of_a=True, high=True),
        high_b_ms=first(of_a=False, high=True),
    )
