"""Whole simulated wards: beds with their devices, sessions and clinicians, against one monitor.

Two speeds multiply. The monitor's clock may run fast (`clock_speed` in its welcome: the demo); beds live by that clock, so everything on
record is consistent. `speed` makes patients live faster than the monitor's clock: stamps stay the monitor's time, so onset times of alerts,
cuff confirmation and the dose on record no longer fit the patient; it is for load and for a quick look, not for judging alerts.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import Final

import msgspec

from schemas.device_wire import Hello
from schemas.measurement import Mode
from schemas.session import Phase
from schemas.stream_wire import SessionNow
from simulators.acting import Actions
from simulators.bed import Bed, BedScript
from simulators.bed_feed import Line, feed, hello_of, source_of
from simulators.bedside_monitor import bed_intervals
from simulators.clinician import NAME, Clinician, Registered
from simulators.clock import Clock, Sleep
from simulators.device_client import DeviceClient, DeviceRefused
from simulators.director import Director
from simulators.outbox import Counts
from simulators.rest import HttpFactory, MonitorRefused, Rest
from simulators.say import Say, ignore
from simulators.scenario import Scenario, load_scenario
from simulators.seeds import seeded
from simulators.view import Seat

DEMO_SCENARIOS: Final = ("uneventful", "hypertensive-surge", "tachycardia", "desaturation")
MAX_BEDS: Final = 200  # every bed is a socket, a session and a poll four times a second
MAX_SPEED: Final = 1_000.0


class SimulationFailed(Exception):
    """The simulation cannot go on; the text says what the monitor refused."""


class BedStarted(msgspec.Struct, frozen=True):
    """A session is open and its device is connected."""

    session: str
    room: str
    device: str
    scenario: str
    seed: int


class BedResult(msgspec.Struct, frozen=True):
    """How a session ended, and what became of its device's frames."""

    session: str
    device: str
    scenario: str
    seed: int
    phase: Phase
    counts: Counts


class Ward(msgspec.Struct, kw_only=True):
    """What all beds of a run share."""

    url: str
    clinician: Clinician
    speed: float
    acknowledge: bool
    clock: Clock | None
    sleep: Sleep
    on_session: Callable[[BedStarted], None]
    on_seat: Callable[[Seat], None]
    say: Say
    lines: set[DeviceClient]


async def run_beds(
    *,
    url: str,
    http: HttpFactory,
    beds: int,
    scenarios: Sequence[str | Scenario] = DEMO_SCENARIOS,
    seed: int = 1,
    speed: float = 1.0,
    stagger_min: float = 0.0,
    acknowledge: bool = False,
    exit_when_done: bool = True,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    on_session: Callable[[BedStarted], None] = lambda _: None,
    on_seat: Callable[[Seat], None] = lambda _: None,
    say: Say = ignore,
    lines: set[DeviceClient] | None = None,
) -> list[BedResult]:
    """Run `beds` beds in rooms 1.. against the monitor at `url`; bed k plays `scenarios[k % len]` with seed `seed + k`.

    `http` makes a client that is signed in as a clinician. `clock`: the monitor's own, where it runs in this process; `lines` then holds
    the devices that are connected, so that a fast clock can wait for them. `stagger_min`:
    minutes of the patient's time by which each bed begins its baseline later than the one before; its device sends from the start. With
    `exit_when_done` the results come back when all sessions have ended; without, each room takes its next patient (another seed) for
    ever. Cancelling it leaves the sessions as they stand. Raises SimulationFailed, ScenarioError, ValueError.
    """
    if not 1 <= beds <= MAX_BEDS:
        raise ValueError(f"beds: 1 to {MAX_BEDS}, not {beds}")
    if not 0 < speed <= MAX_SPEED:
        raise ValueError(f"speed: above 0, at most {MAX_SPEED:g}, not {speed:g}")
    if not scenarios:
        raise ValueError("scenarios: at least one")
    plays = [load_scenario(play) if isinstance(play, str) else play for play in scenarios]
    try:
        async with http() as client:
            ward = Ward(
                url=url,
                clinician=Clinician(Rest(client, rng=seeded(seed, "rest"), sleep=sleep, say=say)),
                speed=speed,
                acknowledge=acknowledge,
                clock=clock,
                sleep=sleep,
                on_session=on_session,
                on_seat=on_seat,
                say=say,
                lines=set() if lines is None else lines,
            )
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(
                        _room(
                            ward, f"Room {k + 1}", plays[k % len(plays)], seed + k, wait_min=k * stagger_min, is_endless=not exit_when_done
                        )
                    )
                    for k in range(beds)
                ]
            return [task.result() for task in tasks]
    except* (DeviceRefused, MonitorRefused) as refused:
        raise SimulationFailed(first_cause(refused)) from refused


async def run_device(
    *,
    url: str,
    device: str,
    token: str,
    boot: str,
    scenario: Scenario,
    seed: int = 1,
    speed: float = 1.0,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    say: Say = ignore,
) -> Counts:
    """One device that is registered already, with the scripted timeline: its patient follows the script, not the record.

    `boot` must not have been used by this device before. Raises SimulationFailed.
    """
    hello = hello_of(device, boot, Mode.SIMULATED, source_of(scenario, seed), bed_intervals(scenario, speed))
    client = _client(url, token, hello, seed, clock=clock, sleep=sleep, say=say)
    try:
        async with client.running():
            await client.welcomed()
            bed = Bed(scenario, seed, client.clock.now_ms(), speed=speed)
            await feed(bed, Line(client), BedScript(bed))
            await client.drained()
            await client.bye("end of the scenario")
    except* DeviceRefused as refused:
        raise SimulationFailed(first_cause(refused)) from refused
    return client.counts


async def _room(ward: Ward, room: str, scenario: Scenario, seed: int, *, wait_min: float, is_endless: bool) -> BedResult:
    name = f"sim-{room.lower().replace(' ', '-')}"
    device = await ward.clinician.register(name, Mode.SIMULATED, source_of(scenario, seed))
    for patient in count():
        result = await _session(ward, room, device, scenario, seed + 1000 * patient, wait_min=0.0 if patient else wait_min)
        if not is_endless:
            return result
    raise AssertionError("count() ends")


async def _session(ward: Ward, room: str, device: Registered, scenario: Scenario, seed: int, *, wait_min: float) -> BedResult:
    session = await open_session(ward.clinician, room, scenario)
    await ward.clinician.note(session.id, f"{NAME}: scenario {scenario.name}, seed {seed}")
    await ward.clinician.bind(session.id, device.device)
    boot = f"{session.id}-{seed}"
    hello = hello_of(device.device, boot, Mode.SIMULATED, source_of(scenario, seed), bed_intervals(scenario, ward.speed))
    client = _client(ward.url, device.token, hello, seed, clock=ward.clock, sleep=ward.sleep, say=ward.say)
    line = Line(client)
    async with client.running(), _listed(client, ward.lines):
        await client.welcomed()
        start_ms = client.clock.now_ms()
        bed = Bed(scenario, seed, start_ms, speed=ward.speed)
        ward.on_seat(Seat(room, bed, line))
        ward.on_session(BedStarted(session.id, room, device.device, scenario.name, seed))
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            actions = Actions(
                ward.clinician,
                bed,
                partial(_swap, ward, session.id, source_of(scenario, seed), seed, line, group, over),
                speed=ward.speed,
                say=ward.say,
            )
            director = Director(
                ward.clinician,
                client.clock,
                session,
                scenario.timeline,
                bed=bed,
                begin_ms=start_ms + round(wait_min * 60_000 / ward.speed),
                speed=ward.speed,
                acknowledge=ward.acknowledge,
                actions=actions,
                say=ward.say,
            )
            group.create_task(feed(bed, line))
            ended = await director.run()
            await line.client.drained()
            over.set()
        await client.bye("session ended")
    return BedResult(session.id, line.client.hello.device, scenario.name, seed, ended.phase, line.client.counts)


async def _swap(ward: Ward, session: str, source: str, seed: int, line: Line, group: asyncio.TaskGroup, over: asyncio.Event) -> None:
    """Another device in place of the one at the bed. The old one is unbound and goes; the new one is there until the session is over."""
    old = line.client
    device = await ward.clinician.register(old.hello.device, Mode.SIMULATED, source)
    await ward.clinician.unbind(session, old.hello.device)
    await ward.clinician.bind(session, device.device)
    hello = msgspec.structs.replace(old.hello, device=device.device)
    line.client = _client(ward.url, device.token, hello, seed, clock=ward.clock, sleep=ward.sleep, say=ward.say)
    await old.bye("replaced by another device")
    connected = asyncio.Event()
    group.create_task(_stay(line.client, ward.lines, connected, over))
    await connected.wait()


async def _stay(client: DeviceClient, lines: set[DeviceClient], connected: asyncio.Event, over: asyncio.Event) -> None:
    async with client.running(), _listed(client, lines):
        await client.welcomed()
        connected.set()
        await over.wait()
        await client.bye("session ended")


@asynccontextmanager
async def _listed(client: DeviceClient, lines: set[DeviceClient]) -> AsyncIterator[None]:
    lines.add(client)
    try:
        yield
    finally:
        lines.discard(client)


async def open_session(clinician: Clinician, room: str, scenario: Scenario) -> SessionNow:
    """The scenario's patient and order in a room. A scenario is one invented person: its sessions are one course, and say SIM."""
    who, order = scenario.patient, scenario.order
    code = code_of(scenario)
    coded = {} if code is None else {"code": code}
    return await clinician.create(
        room,
        {"label": who.label, "birth_year": who.birth_year, "weight_kg": who.weight_kg, **coded},
        {
            "treatment": order.treatment,
            **({"dose_mg": order.dose_mg} if order.dose_mg_per_kg is None else {"dose_mg_per_kg": order.dose_mg_per_kg}),
            **({"duration_min": order.duration_min} if order.duration_min else {}),
        },
    )


def code_of(scenario: Scenario) -> str | None:
    """The code that joins the sessions of the scenario's patient; None where it has no year of birth."""
    initials = "".join(word[0] for word in scenario.name.upper().split("-") if word)[:6]
    return None if scenario.patient.birth_year is None else f"SIM-{scenario.patient.birth_year}-{initials}"


def _client(url: str, token: str, hello: Hello, seed: int, *, clock: Clock | None, sleep: Sleep, say: Say) -> DeviceClient:
    """`monotonic` is the event loop's own time."""
    loop = asyncio.get_running_loop()
    return DeviceClient(url, token, hello, monotonic=loop.time, rng=seeded(seed, f"line/{hello.device}"), clock=clock, sleep=sleep, say=say)


def first_cause(group: BaseExceptionGroup[BaseException]) -> str:
    """The text of the first cause in a group."""
    cause: BaseException = group
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return str(cause)
