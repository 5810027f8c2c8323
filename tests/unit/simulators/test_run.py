"""Whole runs over a real socket: beds, sessions, clinician and device lines together, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from schemas.device_wire import RemeasureNow, WireMeasurement
from schemas.instant import to_ms
from schemas.measurement import Mode
from schemas.session import Phase
from schemas.vitals import Vital
from simulators.bed import frames
from simulators.recordings.recording import Sample, rows_of
from simulators.run import BedStarted, SimulationFailed, run_beds, run_device
from simulators.run_replay import ReplayStarted, run_replay, run_replay_device
from simulators.scenario import Scenario, parse_scenario
from tests.unit.simulators.fake_monitor import TOKEN, FakeMonitor
from tests.unit.simulators.fake_ward import START_MS, FakeWard, VirtualClock

SHORT = """
title = "A short session"
description = "One minute of baseline, two of infusion, one of recovery."
[patient]
label = "A.B."
weight_kg = 70
[order]
dose_mg_per_kg = 0.5
duration_min = 2
[timeline]
baseline_min = 1
infusion_min = 2
recovery_min = 1
"""


def _short(events: str = "") -> Scenario:
    return parse_scenario("short", SHORT + events)


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def _driven(clock: VirtualClock) -> AsyncIterator[None]:
    async with asyncio.timeout(30):
        driving = asyncio.create_task(clock.drive())
        try:
            yield
        finally:
            driving.cancel()


def _kept(monitor: FakeMonitor, boot: str) -> list[tuple[WireMeasurement, ...]]:
    return [measurements for name, _, measurements in monitor.kept if name == boot]


async def test_two_beds_from_login_to_closed_sessions(monitor: FakeMonitor):
    clock = VirtualClock()
    ward = FakeWard(clock)
    started: list[BedStarted] = []
    async with _driven(clock):
        results = await run_beds(
            url=monitor.url,
            http=ward.client,
            beds=2,
            scenarios=[_short()],
            seed=7,
            stagger_min=0.5,
            clock=clock,
            sleep=_at_once,
            on_session=started.append,
        )
    assert {bed.room for bed in started} == {"Room 1", "Room 2"}
    assert sorted(result.seed for result in results) == [7, 8]
    assert [result.phase for result in results] == [Phase.CLOSED, Phase.CLOSED]
    assert ward.devices == {"sim-room-1", "sim-room-2"}
    assert {body["text"] for body in ward.orders("/notes")} == {f"simulated clinician: scenario short, seed {seed}" for seed in (7, 8)}
    assert {hello.mode for hello in monitor.hellos} == {Mode.SIMULATED}
    for result in results:
        kept = _kept(monitor, f"{result.session}-{result.seed}")
        assert len(kept) == result.counts.acked == result.counts.put
        assert 235 <= len(kept) <= 290
        assert ward.sessions[result.session].given_ug == pytest.approx(35_000, rel=0.02)
    assert sorted(monitor.byes) == ["session ended", "session ended"]


async def test_the_ward_plays_on_with_the_next_patient(monitor: FakeMonitor):
    clock = VirtualClock()
    ward = FakeWard(clock)
    third = asyncio.Event()
    started: list[BedStarted] = []

    def note(bed: BedStarted) -> None:
        started.append(bed)
        if len(started) == 3:
            third.set()

    async with _driven(clock):
        running = asyncio.create_task(
            run_beds(
                url=monitor.url,
                http=ward.client,
                beds=1,
                scenarios=[_short()],
                clock=clock,
                sleep=_at_once,
                exit_when_done=False,
                on_session=note,
            )
        )
        await third.wait()
        running.cancel()
        await asyncio.wait({running})
    assert [bed.session for bed in started] == ["S-000001", "S-000002", "S-000003"]
    assert len({bed.seed for bed in started}) == 3
    assert {bed.device for bed in started} == {"sim-room-1"}


async def test_a_line_cut_by_the_scenario_loses_nothing(monitor: FakeMonitor):
    scenario = _short('[[event]]\nkind = "disconnect"\nfrom_min = 1.5\nto_min = 2\n')
    clock = VirtualClock()
    async with _driven(clock):
        counts = await run_device(
            url=monitor.url, device="d1", token=TOKEN, boot="b1", scenario=scenario, seed=3, clock=clock, sleep=_at_once
        )
    expected = [frame.measurements for frame in frames(scenario, 3, START_MS)]
    assert _kept(monitor, "b1") == expected
    assert counts.acked == len(expected) == 240
    assert len(monitor.hellos) >= 2


async def test_a_request_for_another_cuff_value_starts_the_cuff(monitor: FakeMonitor):
    clock = VirtualClock()
    asked: list[asyncio.Task[None]] = []
    request = RemeasureNow(vital=Vital.SYSTOLIC_BP, within_s=120)
    clock.at_minute(1.5, lambda: asked.append(asyncio.create_task(monitor.remeasure(request))))
    async with _driven(clock):
        await run_device(url=monitor.url, device="d1", token=TOKEN, boot="b1", scenario=_short(), seed=3, clock=clock, sleep=_at_once)
    cuffs = [
        (to_ms(part.measured_at) - START_MS) / 60_000
        for measurements in _kept(monitor, "b1")
        for part in measurements
        if part.readings[0].vital is Vital.SYSTOLIC_BP
    ]
    assert len(asked) == 1
    assert any(2.0 <= minute <= 2.4 for minute in cuffs)


async def test_a_refused_device_or_person_is_one_named_failure(monitor: FakeMonitor):
    with pytest.raises(SimulationFailed, match="not_authorised"):
        await run_device(url=monitor.url, device="d1", token="wrong", boot="b1", scenario=_short(), sleep=_at_once)
    ward = FakeWard(VirtualClock())
    ward.refusals["/sessions"] = [(403, "not_a_clinician")]
    with pytest.raises(SimulationFailed, match="not_a_clinician"):
        await run_beds(url=monitor.url, http=ward.client, beds=1, scenarios=[_short()], sleep=_at_once)


@pytest.mark.parametrize(("beds", "speed"), [(0, 1.0), (201, 1.0), (1, 0.0), (1, 5000.0)])
async def test_bounds_of_a_run(beds: int, speed: float):
    with pytest.raises(ValueError, match=r"beds|speed"):
        await run_beds(url="http://ward", http=FakeWard(VirtualClock()).client, beds=beds, speed=speed)


RECORDING = rows_of(
    [
        Sample(
            minute * 60_000,
            {Vital.HEART_RATE: 60.0 + minute, Vital.SPO2: None if minute in (4, 5) else 96.0}
            | ({Vital.SYSTOLIC_BP: 120.0, Vital.DIASTOLIC_BP: 70.0, Vital.MEAN_BP: 87.0} if minute % 5 == 0 else {}),
        )
        for minute in range(30)
    ],
    name="test record",
    source="a test, not a ketamine infusion",
    is_ketamine_infusion=False,
    unmapped=(),
    stated_s={Vital.HEART_RATE: 60.0, Vital.SPO2: 60.0},
)


async def test_a_recording_is_replayed_with_its_spacing_and_its_gaps(monitor: FakeMonitor):
    clock = VirtualClock()
    async with _driven(clock):
        counts = await run_replay_device(
            url=monitor.url,
            device="r1",
            token=TOKEN,
            boot="b1",
            recording=RECORDING,
            start_ms=120_000,
            speed=2.0,
            clock=clock,
            sleep=_at_once,
        )
    hello, kept = monitor.hellos[0], _kept(monitor, "b1")
    assert hello.mode is Mode.REPLAYED
    assert {interval.vital: interval.interval_s for interval in hello.intervals} == {
        Vital.HEART_RATE: 30.0,
        Vital.SPO2: 30.0,
        Vital.SYSTOLIC_BP: 150.0,
        Vital.DIASTOLIC_BP: 150.0,
        Vital.MEAN_BP: 150.0,
    }
    assert counts.acked == len(kept) == 28
    assert [to_ms(measurements[0].measured_at) - START_MS for measurements in kept[:3]] == [0, 30_000, 60_000]
    assert [reading.value for reading in kept[2][0].readings] == [64.0, None]
    assert [len(measurements) for measurements in kept[:5]] == [1, 1, 1, 2, 1]
    counters = [part.counter for measurements in kept for part in measurements]
    assert counters == list(range(1, len(counters) + 1))


async def test_a_replay_with_its_own_session_is_watched_and_closed(monitor: FakeMonitor):
    clock = VirtualClock()
    ward = FakeWard(clock)
    started: list[ReplayStarted] = []
    async with _driven(clock):
        counts = await run_replay(
            url=monitor.url, http=ward.client, recording=RECORDING, start_ms=0, clock=clock, sleep=_at_once, on_start=started.append
        )
    assert started == [ReplayStarted("S-000001", "replay-1")]
    assert [body["phase"] for body in ward.orders("/phase")] == ["baseline", "recovery", "closed"]
    assert ward.orders("/sessions")[0]["order"] == {"treatment": "none"}
    assert counts.acked == 30


async def test_a_person_who_ends_the_session_ends_the_replay(monitor: FakeMonitor):
    clock = VirtualClock()
    ward = FakeWard(clock)
    clock.at_minute(20, lambda: ward.set_phase("S-000001", Phase.ABORTED))
    async with _driven(clock):
        counts = await run_replay(url=monitor.url, http=ward.client, recording=RECORDING, start_ms=0, clock=clock, sleep=_at_once)
    assert 20 <= counts.put <= 23
    assert ward.sessions["S-000001"].phase is Phase.ABORTED
