"""Very many beds from one process, for load: each is a session, a device and a socket, and sends the numbers of one of a few patients.

No director, no alerts answered, no cuff on request: what is measured here is the monitor under a ward's worth of devices, not the patients.
Ten thousand beds are ten thousand open files on either side.
"""

import asyncio
import resource
from collections.abc import Callable
from itertools import islice
from typing import Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from schemas.device_wire import Ack, Frame, MonitorSays, Refused, Welcome
from schemas.instant import format_ms, to_ms
from schemas.measurement import Mode
from schemas.session import Phase
from simulators.bed import frames
from simulators.bed_feed import hello_of, source_of
from simulators.bedside_monitor import bed_intervals
from simulators.clinician import Clinician
from simulators.clock import Monotonic, Sleep
from simulators.device_client import ingest_url
from simulators.rest import MonitorRefused
from simulators.say import Say
from simulators.scenario import Scenario

MAX_LOAD: Final = 10_000
PATIENTS: Final = 16  # different courses
_AT_ONCE: Final = 16  # sessions that are being opened
_SPARE_FILES: Final = 100
_SLICES: Final = 20  # of each second, so that beds do not all send at once
_REASON: Final = "load test"
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(MonitorSays).decode


class Tally(msgspec.Struct):
    """How far it is. `behind_s`: how late the last slice of a second was sent."""

    beds: int
    open: int = 0
    sent: int = 0
    acked: int = 0
    refused: int = 0
    lost: int = 0  # connections that ended before their time
    behind_s: float = 0.0

    def line(self, seconds: float) -> str:
        waits = self.sent - self.acked - self.refused
        late = f", {self.behind_s:.1f} s BEHIND" if self.behind_s > 1 else ""
        lost = f", {self.lost} LOST" if self.lost else ""
        return (
            f"{seconds:5.0f} s: {self.open} of {self.beds} beds, {self.sent} frames sent, {waits} wait, {self.refused} refused{lost}{late}"
        )


class LoadBed:
    """One device. Its frames are the course's, stamped and numbered as they are sent."""

    def __init__(self, socket: ClientConnection, course: tuple[bytes, ...], place: int, tally: Tally, ahead_ms: int) -> None:
        self._socket = socket
        self._course = course
        self._place = place
        self._tally = tally
        self._ahead_ms = ahead_ms
        self._seq = 0
        self._acked = 0

    async def send(self, now_ms: int) -> None:
        self._seq += 1
        readings = self._course[(self._seq + self._place) % len(self._course)]
        moment = format_ms(now_ms + self._ahead_ms).encode()
        head = b'{"type":"frame","seq":%d,"measurements":[{"counter":%d,"measured_at":"%s","readings":' % (self._seq, self._seq, moment)
        await self._socket.send(head + readings + b"}]}", text=True)
        self._tally.sent += 1

    async def close(self) -> None:
        await self._socket.close()

    async def read(self) -> None:
        """Until the connection ends."""
        try:
            async for text in self._socket:
                match _decode(text):
                    case Ack(seq):
                        self._tally.acked += seq - self._acked
                        self._acked = seq
                    case Refused():
                        self._tally.refused += 1
        except WebSocketException:
            self._tally.lost += 1


async def run_load(
    *,
    url: str,
    clinician: Clinician,
    beds: int,
    seconds: float,
    scenario: Scenario,
    seed: int,
    monotonic: Monotonic,
    now_ms: Callable[[], int],
    sleep: Sleep,
    say: Say,
) -> Tally:
    """Open `beds` beds, let each send once a second for `seconds`, abort the sessions. One line of progress a second to `say`.

    Raises ValueError for too many beds or too few open files, MonitorRefused.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not 1 <= beds <= MAX_LOAD:
        raise ValueError(f"load: 1 to {MAX_LOAD} beds, not {beds}")
    if beds + _SPARE_FILES > soft:
        raise ValueError(f"load: {beds} beds need {beds + _SPARE_FILES} open files, {soft} are allowed: ulimit -n")
    courses = [readings_of(scenario, seed + number, seconds) for number in range(min(PATIENTS, beds))]
    tally, began = Tally(beds), monotonic()
    opened: list[tuple[str, LoadBed]] = []
    readers: set[asyncio.Task[None]] = set()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def open_one(number: int) -> None:
        async with gate:
            session, bed = await _open(url, clinician, number, scenario, courses[number % len(courses)], tally, seed, now_ms)
        opened.append((session, bed))
        readers.add(asyncio.create_task(bed.read()))
        tally.open += 1

    async def close_one(session: str) -> None:
        async with gate:
            await clinician.order_phase(session, Phase.ABORTED, _REASON)

    progress = asyncio.create_task(_report(tally, began, monotonic, sleep, say))
    try:
        await asyncio.gather(*(open_one(number) for number in range(beds)))
        await _send(opened, seconds, tally, monotonic=monotonic, now_ms=now_ms, sleep=sleep)
        await asyncio.gather(*(close_one(session) for session, _ in opened))
    finally:
        progress.cancel()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(progress, *readers, *(bed.close() for _, bed in opened), return_exceptions=True)
    say(tally.line(monotonic() - began))
    return tally


def readings_of(scenario: Scenario, seed: int, seconds: float) -> tuple[bytes, ...]:
    """The readings of each second of a course as they go over the wire, from the start of the infusion on; the streamed ones alone."""
    first = round(scenario.timeline.baseline_min * 60)
    wanted: list[Frame] = list(islice(frames(scenario, seed, 0), first, first + max(1, min(3600, round(seconds)))))
    return tuple(_encode(frame.measurements[0].readings) for frame in wanted)


async def _open(
    url: str,
    clinician: Clinician,
    number: int,
    scenario: Scenario,
    course: tuple[bytes, ...],
    tally: Tally,
    seed: int,
    now_ms: Callable[[], int],
) -> tuple[str, LoadBed]:
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
    headers = {"Authorization": f"Bearer {device.token}"}
    socket = await connect(ingest_url(url), additional_headers=headers, compression=None, proxy=None)
    hello = hello_of(device.device, session.id, Mode.SIMULATED, source, bed_intervals(scenario))
    await socket.send(_encode(hello), text=True)
    answer = _decode(await socket.recv())
    if not isinstance(answer, Welcome):
        raise MonitorRefused(0, "not_welcome", str(answer))
    return session.id, LoadBed(socket, course, number, tally, to_ms(answer.now) - now_ms())


async def _send(
    opened: list[tuple[str, LoadBed]], seconds: float, tally: Tally, *, monotonic: Monotonic, now_ms: Callable[[], int], sleep: Sleep
) -> None:
    """Every bed once a second, a slice of them at a time. A second that takes longer is followed at once by the next one, and said."""
    began = monotonic()
    for part in range(round(seconds * _SLICES)):
        due_s = began + part / _SLICES
        tally.behind_s = max(0.0, monotonic() - due_s)
        await sleep(max(0.0, due_s - monotonic()))
        for _, bed in opened[part % _SLICES :: _SLICES]:
            try:
                await bed.send(now_ms())
            except WebSocketException:
                continue  # its reader counts it


async def _report(tally: Tally, began: float, monotonic: Monotonic, sleep: Sleep, say: Say) -> None:
    while True:
        await sleep(1.0)
        say(tally.line(monotonic() - began))
