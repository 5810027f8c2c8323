"""Plays a recording against a monitor: as a device that is there already, or with a session of its own that is only watched."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec

from schemas.measurement import Mode
from schemas.session import Phase
from schemas.stream_wire import SessionNow
from simulators.bed_feed import hello_of
from simulators.clinician import NAME, Clinician
from simulators.clock import Clock, Sleep
from simulators.device_client import DeviceClient, DeviceRefused
from simulators.director import Director
from simulators.outbox import Counts
from simulators.recordings.recording import Recording
from simulators.replay_device import MAX_SPEED, replay, replay_intervals
from simulators.rest import HttpFactory, MonitorRefused, Rest
from simulators.run import SimulationFailed, first_cause
from simulators.say import Say, ignore
from simulators.scenario import Timeline
from simulators.seeds import seeded

UNKNOWN_WEIGHT_KG: Final = 70.0  # a session needs one; without an infusion nothing is made of it

_NEXT: Final = {Phase.PLANNED: Phase.BASELINE, Phase.BASELINE: Phase.RECOVERY, Phase.RECOVERY: Phase.CLOSED}


class ReplayStarted(msgspec.Struct, frozen=True):
    """`session` is None where the device was there already."""

    session: str | None
    device: str


async def run_replay_device(
    *,
    url: str,
    device: str,
    token: str,
    boot: str,
    recording: Recording,
    start_ms: int | None = None,
    speed: float = 1.0,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    on_start: Callable[[ReplayStarted], None] = lambda _: None,
    say: Say = ignore,
) -> Counts:
    """A recording through a device registered as `replayed`. `boot` must be new to it. Raises SimulationFailed, ValueError."""
    client = _client(url, device, token, boot, recording, speed, clock=clock, sleep=sleep, say=say)
    try:
        async with client.running():
            await client.welcomed()
            on_start(ReplayStarted(client.session, device))
            await replay(recording, client, start_ms=start_ms, speed=speed)
            await client.drained()
            await client.bye("end of the recording")
    except* DeviceRefused as refused:
        raise SimulationFailed(first_cause(refused)) from refused
    return client.counts


async def run_replay(
    *,
    url: str,
    http: HttpFactory,
    recording: Recording,
    room: str = "Replay",
    start_ms: int | None = None,
    speed: float = 1.0,
    baseline_min: float = 10.0,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    on_start: Callable[[ReplayStarted], None] = lambda _: None,
    say: Say = ignore,
) -> Counts:
    """A recording in a session of its own, without an infusion: baseline for `baseline_min` of the recording, then watched to its end.

    A recording has no pump in it, so none is put on record, even where the recorded patient had one. A person who ends the session ends
    the replay. Raises SimulationFailed, ValueError.
    """
    name = recording.description.name
    try:
        async with http() as http_client:
            clinician = Clinician(Rest(http_client, rng=seeded(1, "rest"), sleep=sleep, say=say))
            device = await clinician.register("replay-1", Mode.REPLAYED, recording.description.source)
            session = await clinician.create(
                room,
                {"label": name[:80], "birth_year": None, "weight_kg": UNKNOWN_WEIGHT_KG},
                {"treatment": "none"},
            )
            await clinician.note(session.id, f"{NAME}: replay of {recording.description.source}")
            await clinician.bind(session.id, device.device)
            client = _client(url, device.device, device.token, session.id, recording, speed, clock=clock, sleep=sleep, say=say)
            async with client.running():
                await client.welcomed()
                on_start(ReplayStarted(session.id, device.device))
                timeline = Timeline(baseline_min=baseline_min, recovery_min=recording.description.length_ms / 60_000 + baseline_min)
                director = Director(clinician, client.clock, session, timeline, speed=speed, say=say)
                await _first_of(replay(recording, client, start_ms=start_ms, speed=speed), director.run())
                await client.drained()
                await client.bye("end of the recording")
            await close_session(clinician, session.id)
            return client.counts
    except* (DeviceRefused, MonitorRefused) as refused:
        raise SimulationFailed(first_cause(refused)) from refused


def _client(
    url: str, device: str, token: str, boot: str, recording: Recording, speed: float, *, clock: Clock | None, sleep: Sleep, say: Say
) -> DeviceClient:
    if not 0 < speed <= MAX_SPEED:
        raise ValueError(f"speed: above 0, at most {MAX_SPEED:g}, not {speed:g}")
    description = recording.description
    hello = hello_of(device, boot, Mode.REPLAYED, description.source, replay_intervals(description, speed))
    monotonic = asyncio.get_running_loop().time
    return DeviceClient(url, token, hello, monotonic=monotonic, rng=seeded(1, f"line/{device}"), clock=clock, sleep=sleep, say=say)


async def _first_of(replaying: Coroutine[Any, Any, int], directing: Coroutine[Any, Any, SessionNow]) -> None:
    """Run both until one ends, and end the other with it."""
    async with asyncio.TaskGroup() as group:
        tasks: set[asyncio.Task[Any]] = {group.create_task(replaying), group.create_task(directing)}
        _, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()


async def close_session(clinician: Clinician, session: str) -> None:
    """Step by step from wherever the session stands to closed."""
    phase = (await clinician.look(session)).phase
    while phase in _NEXT:
        phase = _NEXT[phase]
        await clinician.order_phase(session, phase, f"{NAME}: end of the recording")
