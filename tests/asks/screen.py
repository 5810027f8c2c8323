"""A clinician's screen: a subscriber of the real stream, and what the browser's own modules make of its frames."""

import asyncio
import json
from pathlib import Path
from typing import Any, Protocol

import msgspec

from dashboard.words import catalogue
from monitor.clock import ManualClock
from monitor.sessions.registry import Registry
from monitor.stream.hub import Subscription
from schemas.stream_wire import SessionNow, Snapshot, StreamFrame, StreamHello, Update
from tests.support.node import LIVE, run_node
from tests.unit.sessions.ward import turns

HERE = Path(__file__).parent
PITCH = {660: "high", 520: "medium", 440: "low", 330: "feed"}
_decode = msgspec.json.Decoder(StreamFrame).decode


class Tone(msgspec.Struct):
    """One burst of pulses, in seconds since the screen was opened. Cut off where it ends before its pattern would."""

    hz: int
    start: float
    end: float

    @property
    def kind(self) -> str:
        return PITCH[self.hz]


class SessionLook(msgspec.Struct):
    """What is drawn of a session; by alert: how it stands, for how long it has been answered, the last known value."""

    id: str
    tile: list[str]
    flash: str | None
    stands: dict[str, str]
    answered: dict[str, str]
    last: dict[str, str]


class Look(msgspec.Struct):
    """A screen at one moment (ms since it was opened). `calls`: the highest priority that sounds."""

    at: int
    calls: str | None
    sessions: list[SessionLook]


class Played(msgspec.Struct):
    """A screen's life. Looked at four times a second."""

    tones: list[Tone]
    looks: list[Look]

    @property
    def last(self) -> Look:
        return self.looks[-1]


class Monitor(Protocol):
    """What a screen connects to: a ward, or the whole API."""

    clock: ManualClock
    registry: Registry


class Tablet:
    """Reads all along, each frame at its own time."""

    def __init__(self, ward: Monitor, person: str, since: tuple[str, int] | None = None) -> None:
        self._ward = ward
        self.opened_ms = ward.clock.now_ms()
        self._subscription: Subscription = ward.registry.hub.subscribe(since, user=person, role="clinician")
        self.frames: list[tuple[int, bytes]] = []
        self.sessions: dict[str, SessionNow] = {}
        self.journal: list[str] = []
        self.seen: tuple[str, int] | None = None  # stream and position of what came last
        self._stream = ""
        self._reading = asyncio.ensure_future(self._read())

    async def listen(self) -> "Tablet":
        """Everything that was sent so far has come. Raises what the screen broke with."""
        await self._ward.registry.settled()
        await turns(20)
        if self._reading.done():
            self._reading.result()
        return self

    async def _read(self) -> None:
        while True:
            self._take(await self._subscription.next())

    def _take(self, raw: bytes) -> None:
        self.frames.append((self._ward.clock.now_ms() - self.opened_ms, raw))
        frame = _decode(raw)
        if isinstance(frame, StreamHello):
            self._stream = frame.stream
        elif isinstance(frame, Snapshot | Update):
            self.sessions.update({session.id: session for session in frame.sessions})
            self.journal += [happened.text for happened in frame.journal]
            self.seen = (self._stream, frame.position)

    def played(self, modules: Path = LIVE, dead_from: int | None = None, until: int | None = None) -> Played:
        """The frames in the browser's modules. `dead_from`: the network is gone from here on (ms since the screen was opened)."""
        now = self._ward.clock.now_ms() - self.opened_ms
        frames = [[at, json.loads(raw)] for at, raw in self.frames if dead_from is None or at < dead_from]
        return play(frames, now if until is None else until, modules, dead_from)


def play(frames: list[Any], until: int, modules: Path = LIVE, dead_from: int | None = None) -> Played:
    """`frames`: (ms, frame as JSON), from the hello on."""
    said = json.dumps({"catalogue": catalogue(), "frames": frames, "until": until, "dead_from": dead_from})
    ran = run_node(str(HERE / "screen_in_node.mjs"), str(modules), said=said)
    assert ran.returncode == 0, ran.stderr
    return msgspec.json.decode(ran.stdout, type=Played)
