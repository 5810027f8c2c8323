"""A stand-in for the monitor: the dashboard on a FastAPI application that speaks schemas.stream_wire and the REST routes a screen calls.

A test scripts it: which sessions there are, which vital signs go on, whether it falls silent, refuses a request or dies. It runs in a
thread of its own. `python -m tests.support.stub_monitor PORT` serves the invented ward, to be looked at.
"""

import asyncio
import contextlib
import secrets
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import msgspec
import uvicorn
from fastapi import FastAPI
from msgspec.structs import replace

from dashboard.app import content_security_policy, create_dashboard
from monitor.core.signals import present
from schemas.alert import AlertState
from schemas.review import BroughtIn
from schemas.session import Phase
from schemas.stream_wire import (
    Happened,
    Heartbeat,
    Resumed,
    ScreenSays,
    SessionNow,
    Snapshot,
    StreamHello,
    SystemNow,
    Update,
    VitalNow,
)
from schemas.vitals import VITAL_SIGNS, Vital
from tests.support import stub_routes, stub_ward

BEAT_S = 1.0
QUIET = SystemNow(recording_impaired=None, refused=0, unbound=(), viewers=1, watching=1)


class StubMonitor:
    """One per process (Dash allows one application). `reset` between tests."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = FastAPI(lifespan=self._lifespan)
        stub_routes.add(self)
        self.policy = content_security_policy(create_dashboard(self.server))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._skew_ms = 0
        self.reset()

    def reset(self, sessions: list[SessionNow] | None = None, *, speed: float = 1.0, role: str = "clinician") -> None:
        """A fresh stream with these sessions; every vital sign goes on, nothing is refused."""
        self.sessions = {one.id: one for one in (stub_ward.ward() if sessions is None else sessions)}
        self.journal = [line for one in self.sessions.values() for line in stub_ward.story(one)]
        self.system, self.speed, self.role = QUIET, speed, role
        self.stream, self.position = secrets.token_hex(4), 0
        self.frames: list[tuple[int, bytes]] = []
        self.clients: set[asyncio.Queue[bytes]] = set()
        self.asked: list[str] = []  # query of every socket that was opened
        self.said: list[ScreenSays] = []  # what screens said over their sockets
        self.gates_asked = 0
        self.posts: list[tuple[str, str, Any]] = []
        self.refusals: dict[str, tuple[int, dict[str, Any]]] = {}  # path ending -> status, problem
        self.held: dict[str, threading.Event] = {}  # path ending -> answer only once set
        self.stopped: set[tuple[str, Vital]] = set()
        self.brought_in: BroughtIn | None = None  # of the session that is over
        self.is_silent = False
        self.is_signed_out = False
        self._skew_ms = stub_ward.START_MS - self._elapsed_ms()

    # --- running ---------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(self.server, host="127.0.0.1", port=self.port, log_level="error", timeout_graceful_shutdown=1)
        )
        ready = threading.Event()
        self._ready = ready
        self._thread = threading.Thread(target=self._uvicorn.run, daemon=True)
        self._thread.start()
        assert ready.wait(20), "the stub did not start"
        while not self._uvicorn.started:
            ready.wait(0)

    def stop(self) -> None:
        """Die: every socket is cut and the port is closed."""
        assert self._uvicorn is not None
        assert self._thread is not None
        self._uvicorn.should_exit = True
        self._thread.join(10)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        beat = self._loop.call_later(BEAT_S, self._beat)
        yield
        beat.cancel()

    def _elapsed_ms(self) -> int:
        return int(time.monotonic() * 1000 * self.speed)

    def now_ms(self) -> int:
        return self._skew_ms + self._elapsed_ms()

    def _beat(self) -> None:
        assert self._loop is not None
        if not self.is_silent:
            self._go_on()
            self._send(Heartbeat(position=self.position, now_ms=self.now_ms()))
        self._loop.call_later(BEAT_S, self._beat)

    def _go_on(self) -> None:
        """Every stream that was not stopped gives its next value; cuffs do not."""
        found = {one.id: self._next_values(one) for one in self.sessions.values()}
        if any(found.values()):
            self.publish(vitals={id_: values for id_, values in found.items() if values})

    def _next_values(self, one: SessionNow) -> tuple[VitalNow, ...]:
        values = []
        for old in one.vitals:
            is_stream = not VITAL_SIGNS[old.vital].is_cuff and old.value is not None and old.age_ms < 5_000
            if is_stream and (one.id, old.vital) not in self.stopped:
                values.append(replace(old, measured_at_ms=self.now_ms(), received_at_ms=self.now_ms(), age_ms=0))
        return tuple(values)

    # --- what a test says; from any thread ---------------------------------------------------------------------------------------

    def run(self, say: Callable[[], Any]) -> Any:
        """Run something on the server's loop and wait for it."""
        assert self._loop is not None

        async def call() -> Any:
            return say()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(5)

    def put(self, one: SessionNow) -> None:
        """A session as it stands from now on."""

        def say() -> None:
            self.sessions[one.id] = one
            self.publish(sessions=(self.fresh(one),))

        self.run(say)

    def end(self, id_: str) -> None:
        def say() -> None:
            del self.sessions[id_]
            self.publish(ended=(id_,))

        self.run(say)

    def tell(self, system: SystemNow) -> None:
        def say() -> None:
            self.system = system
            self.publish(system=system)

        self.run(say)

    def send(self, raw: bytes) -> None:
        """These bytes, to every screen."""
        self.run(partial(self._send_raw, raw))

    def cut(self) -> None:
        """Close every socket; the server lives on."""
        self.run(partial(self._send_raw, b""))

    # --- frames ------------------------------------------------------------------------------------------------------------------

    def publish(self, **parts: Any) -> None:
        self.position += 1
        frame = Update(position=self.position, now_ms=self.now_ms(), **parts)
        self.frames.append((self.position, msgspec.json.encode(frame)))
        if not self.is_silent:
            self._send(frame)

    def _send(self, frame: msgspec.Struct) -> None:
        self._send_raw(msgspec.json.encode(frame))

    def _send_raw(self, raw: bytes) -> None:
        for queue in self.clients:
            queue.put_nowait(raw)

    def fresh(self, one: SessionNow) -> SessionNow:
        """With the ages and times of this moment."""
        now_ms = self.now_ms()
        values = []
        for old in one.vitals:
            is_running = not VITAL_SIGNS[old.vital].is_cuff and old.age_ms < 5_000 and (one.id, old.vital) not in self.stopped
            at_ms = now_ms if is_running else old.received_at_ms
            values.append(replace(old, received_at_ms=at_ms, measured_at_ms=at_ms, age_ms=max(0, now_ms - at_ms)))
        given_ug = one.given_ug + one.rate_ug_per_min * (now_ms - one.given_at_ms) // 60_000
        presented = present(one.alerts, is_paused=one.audio_paused_until_ms is not None)
        return replace(one, vitals=tuple(values), given_ug=given_ug, given_at_ms=now_ms, presented=presented)

    def first_frames(self, stream: str | None, since: int | None) -> list[bytes]:
        hello = StreamHello(
            protocol=1,
            stream=self.stream,
            now_ms=self.now_ms(),
            clock_speed=self.speed,
            version="stub",
            site_zone="Europe/Madrid",
            user="R. Vega",
            role=self.role,
        )
        first = [msgspec.json.encode(hello)]
        if stream == self.stream and since is not None:
            missed = [raw for position, raw in self.frames if position > since]
            return [*first, msgspec.json.encode(Resumed(since=since, position=self.position)), *missed]
        sessions = tuple(self.fresh(one) for one in self.sessions.values())
        snapshot = Snapshot(
            position=self.position, now_ms=self.now_ms(), sessions=sessions, journal=tuple(self.journal), system=self.system
        )
        return [*first, msgspec.json.encode(snapshot)]

    # --- what people do ------------------------------------------------------------------------------------------------------------

    def happened(self, id_: str, kind: str, text: str) -> Happened:
        line = Happened(session=id_, seq=1_000 + len(self.journal), at_ms=self.now_ms(), kind=kind, text=text)
        self.journal.append(line)
        return line

    def command(self, id_: str, what: str, body: dict[str, Any]) -> None:
        """Apply a command as far as a screen can see it."""
        one = self.fresh(self.sessions[id_])
        if what == "phase":
            phase = Phase(body["phase"])
            started = one.started_at_ms if phase is not Phase.INFUSING else one.started_at_ms or self.now_ms()
            stopped = self.now_ms() if phase is Phase.RECOVERY else one.stopped_at_ms
            rate = one.rate_ug_per_min if phase is Phase.INFUSING else 0
            one = replace(
                one, phase=phase, phase_since_ms=self.now_ms(), started_at_ms=started, stopped_at_ms=stopped, rate_ug_per_min=rate
            )
            line = self.happened(id_, "phase_ordered", f"{phase} ordered by vega")
        elif what == "doses" and body["kind"] == "rate":
            one = replace(one, rate_ug_per_min=round(body["rate_mg_per_min"] * 1000))
            line = self.happened(id_, "rate_set", f"Rate {body['rate_mg_per_min']} mg/min set by vega")
        else:
            line = self.happened(id_, "note_added" if what == "notes" else what, f"vega: {body.get('text', what)}")
        self.sessions[id_] = one
        self.publish(sessions=(self.fresh(one),), journal=(line,))

    def change(self, one: SessionNow, lines: list[tuple[str, str]]) -> None:
        """A session as a command made it, with what the journal says of that."""
        self.sessions[one.id] = one
        self.publish(sessions=(self.fresh(one),), journal=tuple(self.happened(one.id, kind, text) for kind, text in lines))

    def pause(self, id_: str, seconds: int) -> None:
        paused = replace(self.fresh(self.sessions[id_]), audio_paused_until_ms=self.now_ms() + seconds * 1000, audio_paused_by="vega")
        self.change(paused, [("audio_paused", f"Sound paused for {seconds} s by vega")])

    def resume(self, id_: str, why: str) -> None:
        back = replace(self.fresh(self.sessions[id_]), audio_paused_until_ms=None, audio_paused_by=None)
        self.change(back, [("audio_resumed", f"Sound is back ({why})")])

    def acknowledge(self, id_: str, alert: str) -> None:
        """Answers an alert and, as the monitor does, the others of its cause."""
        one = self.sessions[id_]
        cause = next(each.cause for each in one.alerts if each.id == alert)
        answer = {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": "R. Vega", "acknowledged_at_ms": self.now_ms()}
        alerts = tuple(replace(each, **answer) if each.cause == cause else each for each in one.alerts)
        self.sessions[id_] = one = replace(one, alerts=alerts)
        self.publish(sessions=(self.fresh(one),), journal=(self.happened(id_, "alert_acknowledged", f"{alert} acknowledged by vega"),))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    monitor = StubMonitor(int(sys.argv[1]))
    monitor.start()
    sys.stdout.write(monitor.url + "\n")
    threading.Event().wait()
