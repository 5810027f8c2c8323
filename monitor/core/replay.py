"""Judging a log again: its inputs through a new engine must give back exactly its outputs, in order and at the same times."""

from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from monitor.core.engine import Engine, Step
from monitor.core.limits import LimitsError
from monitor.core.refused import Refused
from schemas.log import OUTPUT_KINDS, Body, Entry, Measured, SessionCreated
from schemas.measurement import Measurement, Reason, Validity, Value

_DOUBTED = frozenset({Reason.DEVICE_DOUBT, Reason.LATE, Reason.SECOND_SOURCE})


class Difference(msgspec.Struct, frozen=True):
    """A place where the log and its replay part. `logged` or `replayed` is None where one side has nothing."""

    seq: int
    logged: Step | None
    replayed: Step | None


class Replay:
    """Rebuilds an engine from a log, entry by entry. `feed` and `finish` say what did not agree; take everything they give."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.last_seq = 0
        self.outputs = 0
        self._expected: deque[Step] = deque()

    def feed(self, entry: Entry) -> Iterator[Difference]:
        """The next entry of the log, in `seq` order."""
        self.last_seq = entry.seq
        body = entry.body
        if self.engine is None:
            self.engine = _begin(entry)
            if self.engine is None:
                yield Difference(entry.seq, (entry.at_ms, body), None)
            return
        if is_output(body):
            self.outputs += 1
            self._expected.extend(self.engine.advance(entry.at_ms))
            yield from self._compare(entry.seq, (entry.at_ms, body))
            return
        try:
            steps = self._input(self.engine, body, entry.at_ms)
        except (Refused, KeyError):
            yield Difference(entry.seq, (entry.at_ms, body), None)
            return
        self.engine.corrections.take(entry.seq, entry.at_ms, body)
        position = next(index for index, step in enumerate(steps) if not is_output(step[1]))
        for step in (*self._expected, *steps[:position]):  # fell due before this input, but the log does not have it
            yield Difference(entry.seq, None, step)
        self._expected = deque(steps[position + 1 :])
        if steps[position] != (entry.at_ms, body):
            yield Difference(entry.seq, (entry.at_ms, body), steps[position])

    def finish(self) -> Iterator[Difference]:
        """After the last entry: outputs of the last input that the log lacks."""
        for step in self.owed():
            yield Difference(self.last_seq + 1, None, step)

    def owed(self) -> list[Step]:
        """The same, to be written by whoever goes on with the log. Given once."""
        steps, self._expected = list(self._expected), deque()
        return steps

    def _input(self, engine: Engine, body: Body, at_ms: int) -> list[Step]:
        if isinstance(body, Measured):
            values = tuple(
                Value(reading.vital, reading.value_milli, was_doubted(reading.validity, reading.reason)) for reading in body.readings
            )
            return engine.measure(Measurement(body.device, body.counter, body.measured_at_ms, values), body.received_at_ms, at_ms)
        return engine.apply(body, at_ms)  # type: ignore[arg-type]  # outputs were taken out above

    def _compare(self, seq: int, logged: Step) -> Iterator[Difference]:
        replayed = self._expected.popleft() if self._expected else None
        if replayed != logged:
            yield Difference(seq, logged, replayed)


def was_doubted(validity: Validity, reason: Reason) -> bool:
    """By its device. Of a value that is late or of a second source the verdict alone tells it: a weak pulse pressure is found again."""
    return validity is Validity.QUESTIONABLE and reason in _DOUBTED


def _begin(entry: Entry) -> Engine | None:
    """None where the log does not begin with a session, or with one whose rule set cannot be used."""
    try:
        return Engine(entry.session, entry.body, entry.at_ms) if isinstance(entry.body, SessionCreated) else None
    except LimitsError:
        return None


def is_output(body: Body) -> bool:
    """Whether the core made it."""
    return type(body).__struct_config__.tag in OUTPUT_KINDS


def replay(entries: Iterable[Entry]) -> Iterator[Difference]:
    """Judge a whole log again."""
    judge = Replay()
    for entry in entries:
        yield from judge.feed(entry)
    yield from judge.finish()
