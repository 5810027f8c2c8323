"""What was given and when, from the log: the rates that ran and the boluses. The same account as the engine's, seen over time. Pure."""

from collections.abc import Iterable

import msgspec

from monitor.core.dose import planned_rate_ug_per_min
from schemas.log import BolusGiven, Entry, EntryVoided, PhaseOrdered, RateSet
from schemas.session import Order, Phase, Treatment

_MS_PER_MIN = 60_000


class Course(msgspec.Struct, frozen=True):
    """`rates`: (from when, ug/min), each until the next; `boluses`: (when, ug). Both in order of time, times in ms."""

    rates: tuple[tuple[int, int], ...] = ()
    boluses: tuple[tuple[int, int], ...] = ()

    @property
    def first_ms(self) -> int | None:
        """When drug was first given; None where none was."""
        starts = [at_ms for at_ms, rate in self.rates if rate] + [at_ms for at_ms, _ in self.boluses]
        return min(starts, default=None)

    def rate_at(self, at_ms: int) -> int:
        return next((rate for start, rate in reversed(self.rates) if start <= at_ms), 0)

    def given_ug(self, at_ms: int) -> float:
        """By `at_ms`."""
        ends = [start for start, _ in self.rates[1:]] + [at_ms]
        infused = sum(rate * max(0, min(end, at_ms) - start) for (start, rate), end in zip(self.rates, ends, strict=True))
        return infused / _MS_PER_MIN + sum(amount for start, amount in self.boluses if start <= at_ms)


def course_of(order: Order, entries: Iterable[Entry]) -> Course:
    """From phases, rates and boluses in order of `seq`, without what was marked as made in error. The start runs at the planned rate, a
    resumed one at that before the pause. Nothing of a treatment that is not given into a vein: the model knows no other way in."""
    if order.treatment is not Treatment.KETAMINE_IV:
        return Course()
    known = tuple(entries)
    voided = {entry.body.voids for entry in known if isinstance(entry.body, EntryVoided)}
    rates: list[tuple[int, int]] = []
    boluses: list[tuple[int, int]] = []
    kept = planned_rate_ug_per_min(order.dose_ug, order.duration_ms)
    is_running = False
    for entry in known:
        if entry.seq in voided:
            continue
        body = entry.body
        if isinstance(body, PhaseOrdered):
            is_running = body.phase is Phase.INFUSING
            rates.append((entry.at_ms, kept if is_running else 0))
        elif isinstance(body, RateSet) and is_running:
            kept = body.rate_ug_per_min
            rates.append((entry.at_ms, kept))
        elif isinstance(body, BolusGiven):
            boluses.append((entry.at_ms, body.amount_ug))
    return Course(tuple(rates), tuple(boluses))


def until_ordered(course: Course, order: Order, now_ms: int) -> Course:
    """The course to be expected: on at the present rate until the ordered dose is given, then nothing more."""
    rate = course.rate_at(now_ms)
    if rate == 0:
        return course
    missing_ug = max(0.0, order.dose_ug - course.given_ug(now_ms))
    return Course((*course.rates, (now_ms + round(missing_ug * _MS_PER_MIN / rate), 0)), course.boluses)
