"""One session at work: its engine, its chain and its next `seq`. Inputs become log entries; the rest is the recorder's part."""

from collections.abc import Sequence

from monitor.core.chain import Chain
from monitor.core.engine import NEVER_MS, Engine, Step
from monitor.core.refused import Refused
from monitor.sessions.calls import Calls
from monitor.sessions.requests import Requests
from monitor.sessions.told_figures import ToldFigures
from monitor.sessions.views import session_now
from monitor.stream.watching import Watchers
from schemas.announcement import DeviceAnnounced
from schemas.log import AlertNotified, AlertShown, Entry, Input, Measured, ScreensChanged, Seal, SessionCreated, canonical
from schemas.measurement import Measurement
from schemas.stream_wire import SessionNow

SEAL_EVERY_MS = 10_000  # a range of measurements is open for at most this long
_UNTOLD = (
    Measured,
    DeviceAnnounced,
    AlertShown,
    ScreensChanged,
    AlertNotified,
)  # what comes by itself and says nothing of what was done or judged


class Runner:
    """Entries leave here numbered and under the chain; nothing else writes into this session's log.

    Beside its log a session has, for as long as the process lives: `watched_by`, what it was last told of the screens; `receipts`, which
    person has shown which alert; `calls`, what the second channel was asked for; `requests`, what was done for which request;
    `told_figures`, what its journal was last told of its devices' figures; `told_seq`, the newest entry that whoever signs must have seen;
    `is_over`, where it is not to be judged any more.
    """

    def __init__(self, session: str, created: SessionCreated, at_ms: int) -> None:
        self.take_over(Engine(session, created, at_ms), Chain(session), Calls(), Requests(), ToldFigures())

    @classmethod
    def rebuilt(
        cls, engine: Engine, chain: Chain, calls: Calls, requests: Requests, figures: ToldFigures, owed: Sequence[Step] = ()
    ) -> "Runner":
        """A runner that goes on where a log ends. `owed`: what its replay gave and it lacks at its end. A process that died between two
        writes of one instant leaves it so; it is the first to be written now, for nothing may count that is not on record."""
        runner = cls.__new__(cls)
        runner.take_over(engine, chain, calls, requests, figures)
        runner.owed = list(owed)
        return runner

    def take_over(self, engine: Engine, chain: Chain, calls: Calls, requests: Requests, figures: ToldFigures) -> None:
        """Once, at its making."""
        self.engine = engine
        self.chain = chain
        self.calls = calls
        self.requests = requests
        self.told_figures = figures
        self.seq = self.told_seq = chain.seq
        self.scheduled_ms = NEVER_MS  # when the watch will next look at it
        self.watched_by: Watchers | None = None
        self.receipts: set[tuple[str, str]] = set()
        self.is_over = False
        self.owed: list[Step] = []

    @property
    def session(self) -> str:
        return self.engine.session

    def begin(self, at_ms: int) -> tuple[list[Entry], list[Seal]]:
        """The first entry of a new session. Raises Refused."""
        _need_text(self.engine.created)
        return self.number([(at_ms, self.engine.created)])

    def apply(self, body: Input, at_ms: int) -> tuple[list[Entry], list[Seal]]:
        """A command or the coming and going of a device. Raises Refused; what fell due before is in `refused.steps`."""
        _need_text(body)
        return self.number(self.engine.apply(body, at_ms))

    def measure(self, measurement: Measurement, received_at_ms: int, at_ms: int) -> tuple[list[Entry], list[Seal]]:
        return self.number(self.engine.measure(measurement, received_at_ms, at_ms))

    def advance(self, at_ms: int) -> tuple[list[Entry], list[Seal]]:
        """What fell due by `at_ms`; also closes a range that has been open too long."""
        entries, seals = self.number(self.engine.advance(at_ms))
        opened_ms = self.chain.first_unsealed_at_ms
        if opened_ms is not None and at_ms - opened_ms >= SEAL_EVERY_MS:
            seals += _some(self.chain.seal(at_ms))
        return entries, seals

    @property
    def wake_ms(self) -> int:
        """When to call `advance` next at the latest."""
        if self.is_over:
            return NEVER_MS
        opened_ms = self.chain.first_unsealed_at_ms
        return self.engine.wake_ms if opened_ms is None else min(self.engine.wake_ms, opened_ms + SEAL_EVERY_MS)

    def number(self, steps: list[Step]) -> tuple[list[Entry], list[Seal]]:
        """Give each step its `seq`, take it into the chain, seal after events and after ten seconds of measurements."""
        entries: list[Entry] = []
        seals: list[Seal] = []
        has_event = False
        steps, self.owed = [*self.owed, *steps], []
        for at_ms, body in steps:
            self.seq += 1
            entry = Entry(at_ms, body, self.seq, self.chain.session)
            self.chain.take(entry)
            entries.append(entry)
            if type(body) is not Measured:
                has_event = True
                if type(body) not in _UNTOLD:
                    self.told_seq = self.seq
                self.requests.take(entry)
                self.engine.corrections.take(self.seq, at_ms, body)
        opened_ms = self.chain.first_unsealed_at_ms
        if entries and opened_ms is not None and (has_event or entries[-1].at_ms - opened_ms >= SEAL_EVERY_MS):
            seals += _some(self.chain.seal(self.engine.at_ms))
        return entries, seals

    def view(self, now_ms: int) -> SessionNow:
        return session_now(self.engine, self.engine.created.room, self.seq, max(now_ms, self.engine.at_ms))


def _some(seal: Seal | None) -> list[Seal]:
    return [] if seal is None else [seal]


def _need_text(body: Input) -> None:
    """Half of a surrogate pair has no bytes: it would end the log in the middle of an entry."""
    try:
        canonical(body)
    except UnicodeEncodeError as error:
        raise Refused("malformed_text", "a text holds half of a character") from error
