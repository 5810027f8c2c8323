"""Very many beds from one process, for load: each is a session, a device and a socket, and sends the numbers of one of a few patients.

No director, no alerts answered, no cuff on request: what is measured here is the monitor under a ward's worth of devices, not the patients.
Ten thousand beds are ten thousand open files on either side. A bed sends from the moment its line is open, as a device does.
"""

import asyncio
import resource
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import Final

import msgspec

from schemas.device_wire import Ack, Frame, MonitorSays, Refused, RefusedReason, Welcome
from schemas.instant import format_ms, to_ms
from schemas.measurement import Mode
from schemas.session import Phase
from simulators.bed import frames
from simulators.bed_feed import hello_of, source_of
from simulators.bedside_monitor import bed_intervals
from simulators.clinician import Clinician
from simulators.clock import Monotonic, Sleep
from simulators.device_client import ingest_url
from simulators.load_line import LoadLine, open_line
from simulators.load_tally import Tally
from simulators.rest import MonitorRefused
from simulators.say import Say
from simulators.scenario import Scenario

MAX_LOAD: Final = 10_000
PATIENTS: Final = 16  # different courses
_AT_ONCE: Final = 16  # sessions that are being opened
_SPARE_FILES: Final = 100
_SLICES: Final = 20  # of each second, so that beds do not all send at once
MAX_EVERY_S: Final = 60.0
_WELCOME_S: Final = 30.0
_ANSWERS_S: Final = 10  # that the last frames are waited for
_REASON: Final = "load test"
_AGAIN: Final = frozenset({RefusedReason.BUSY, RefusedReason.SEQUENCE_GAP})  # the number was not taken
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(MonitorSays).decode


class LoadBed:
    """One device. Its frames are the course's, stamped and numbered as they are sent; one that was not taken is not sent again, the next
    has its number. At most `welcome.max_in_flight` frames wait for an answer: what is due beyond that is held back and counted."""

    def __init__(self, course: tuple[bytes, ...], place: int, tally: Tally) -> None:
        self.welcomed: asyncio.Future[Welcome] = asyncio.get_running_loop().create_future()
        self._course = course
        self._place = place
        self._tally = tally
        self._line: LoadLine | None = None
        self._ahead_ms = 0
        self._room = 0
        self._seq = 0
        self._acked = 0
        self._refused: list[int] = []  # taken by number and not acknowledged yet

    def begin(self, line: LoadLine, welcome: Welcome, now_ms: int) -> None:
        self._line = line
        self._ahead_ms = to_ms(welcome.now) - now_ms
        self._room = welcome.max_in_flight
        line.ended.add_done_callback(self._lost)

    def send(self, now_ms: int) -> None:
        line = self._line
        if line is None:
            return
        if self._seq - self._acked >= self._room or not line.has_room:
            self._tally.held += 1
            return
        seq = self._seq + 1
        readings = self._course[(seq + self._place) % len(self._course)]
        head = b'{"type":"frame","seq":%d,"measurements":[{"counter":%d,"measured_at":"%s","readings":'
        line.send(head % (seq, seq, _stamp(now_ms + self._ahead_ms)) + readings + b"}]}")
        self._seq = seq
        self._tally.sent += 1

    def heard(self, text: bytes) -> None:
        match _decode(text):
            case Ack(seq):
                refused = sum(number <= seq for number in self._refused)
                self._refused = self._refused[refused:]
                self._tally.acked += max(0, seq - self._acked - refused)
                self._acked = max(seq, self._acked)
            case Refused() as refused:
                self._refuse(refused)
            case Welcome() as welcome if not self.welcomed.done():
                self.welcomed.set_result(welcome)

    def _refuse(self, refused: Refused) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(MonitorRefused(0, refused.reason, refused.detail))
            return
        self._tally.refused[refused.reason] = self._tally.refused.get(refused.reason, 0) + 1
        if refused.seq is None:
            return
        if refused.reason not in _AGAIN:
            self._refused.append(refused.seq)
        elif refused.reason is RefusedReason.BUSY:
            self._seq = max(self._acked, refused.seq - 1)

    async def close(self) -> None:
        if self._line is not None:
            self._line.ended.remove_done_callback(self._lost)
            await self._line.close()

    def _lost(self, _: object) -> None:
        self._line = None
        self._tally.lost += 1
        self._tally.unanswered += self._seq - self._acked - len(self._refused)


@lru_cache(maxsize=16)
def _stamp(at_ms: int) -> bytes:
    """Of one instant for all beds of a slice."""
    return format_ms(at_ms).encode()


class Load:
    """The beds that are open; each sends every `every_s` seconds."""

    def __init__(self, tally: Tally, every_s: float, monotonic: Monotonic, now_ms: Callable[[], int], sleep: Sleep) -> None:
        self.beds: list[tuple[str, LoadBed]] = []
        self._turn = round(_SLICES * every_s)
        self._tally = tally
        self._monotonic = monotonic
        self._now_ms = now_ms
        self._sleep = sleep

    async def send(self, slices: int | None = None) -> None:
        """Every bed in its turn, a slice of them at a time, so many slices or until cancelled. A slice that takes longer is followed at
        once by the next one, and said."""
        began, part = self._monotonic(), 0
        while part != slices:
            due_s = began + part / _SLICES
            self._tally.behind_s = max(0.0, self._monotonic() - due_s)
            await self._sleep(max(0.0, due_s - self._monotonic()))
            now_ms = self._now_ms()
            for _, bed in self.beds[part % self._turn :: self._turn]:
                bed.send(now_ms)
            part += 1

    async def answered(self) -> None:
        """Returns when every frame has its answer, at the latest after _ANSWERS_S."""
        for _ in range(_ANSWERS_S * _SLICES):
            if not self._tally.waits:
                return
            await self._sleep(1 / _SLICES)


async def run_load(
    *,
    url: str,
    clinician: Clinician,
    beds: int,
    seconds: float,
    every_s: float = 1.0,
    scenario: Scenario,
    seed: int,
    monotonic: Monotonic,
    now_ms: Callable[[], int],
    sleep: Sleep,
    say: Say,
) -> Tally:
    """Open `beds` beds, let each send every `every_s` seconds until all are open and `seconds` more, abort the sessions. `say` gets a line
    of progress a second. A bed whose opening was not answered is left out and counted. Raises MonitorRefused, and ValueError for too many
    beds or too few open files.
    """
    _check(beds)
    courses = [readings_of(scenario, seed + number, seconds) for number in range(min(PATIENTS, beds))]
    tally, began = Tally(beds), monotonic()
    load = Load(tally, every_s, monotonic, now_ms, sleep)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def open_one(number: int) -> None:
        async with gate:
            bed = LoadBed(courses[number % len(courses)], number, tally)
            try:
                load.beds.append((await _open(url, clinician, number, scenario, bed, seed, every_s, now_ms), bed))
            except MonitorRefused as error:
                if error.status:  # it said no: the next would hear the same
                    raise
                tally.unopened += 1  # no answer: one bed less of thousands
            else:
                tally.open += 1

    async def end_one(session: str) -> None:
        async with gate:
            await clinician.order_phase(session, Phase.ABORTED, _REASON)
            tally.ended += 1

    progress = asyncio.create_task(_report(tally, began, monotonic, sleep, say))
    sending = asyncio.create_task(load.send())
    try:
        async with asyncio.TaskGroup() as opening:
            for number in range(beds):
                opening.create_task(open_one(number))
        sending.cancel()
        await load.send(round(seconds * _SLICES))
        await load.answered()
        await asyncio.gather(*(end_one(session) for session, _ in load.beds))
    except* MonitorRefused as refused:
        raise refused.exceptions[0] from None
    finally:
        progress.cancel()
        sending.cancel()
        await asyncio.gather(progress, sending, *(bed.close() for _, bed in load.beds), return_exceptions=True)
    say(tally.line(monotonic() - began))
    return tally


def _check(beds: int) -> None:
    """Raises ValueError."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not 1 <= beds <= MAX_LOAD:
        raise ValueError(f"load: 1 to {MAX_LOAD} beds, not {beds}")
    if beds + _SPARE_FILES > soft:
        raise ValueError(f"load: {beds} beds need {beds + _SPARE_FILES} open files, {soft} are allowed: ulimit -n")


def readings_of(scenario: Scenario, seed: int, seconds: float) -> tuple[bytes, ...]:
    """The readings of each second of a course as they go over the wire, from the start of the infusion on; the streamed ones alone."""
    first = round(scenario.timeline.baseline_min * 60)
    wanted: list[Frame] = list(islice(frames(scenario, seed, 0), first, first + max(1, min(3600, round(seconds)))))
    return tuple(_encode(frame.measurements[0].readings) for frame in wanted)


async def _open(
    url: str, clinician: Clinician, number: int, scenario: Scenario, bed: LoadBed, seed: int, every_s: float, now_ms: Callable[[], int]
) -> str:
    """The session. Raises MonitorRefused; with status 0 where there was no answer."""
    name, source = f"load-{number + 1}", f"load: {source_of(scenario, seed)}"
    device = await clinician.register(name, Mode.SIMULATED, source)
    session = await clinician.create(
        f"Load {number + 1}",
        {"label": "L.G.", "birth_year": 1980, "weight_kg": 70},
        {"treatment": "ketamine_iv", "dose_mg": 35, "duration_min": 40},
    )
    await clinician.bind(session.id, device.device)
    await clinician.order_phase(session.id, Phase.BASELINE)
    await clinician.order_phase(session.id, Phase.INFUSING, _REASON)
    try:
        async with asyncio.timeout(_WELCOME_S):
            line = await open_line(ingest_url(url), device.token, bed.heard)
            line.send(_encode(hello_of(device.device, session.id, Mode.SIMULATED, source, bed_intervals(scenario, 1 / every_s))))
            bed.begin(line, await bed.welcomed, now_ms())
    except (OSError, TimeoutError) as error:
        raise MonitorRefused(0, "no_answer", f"{device.device}: {error}") from error
    return session.id


async def _report(tally: Tally, began: float, monotonic: Monotonic, sleep: Sleep, say: Say) -> None:
    while True:
        await sleep(1.0)
        say(tally.line(monotonic() - began))
