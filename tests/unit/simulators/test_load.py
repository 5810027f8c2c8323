"""Many beds from one process: each opens, sends what its course says, is counted; and what cannot be is refused before it begins."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from schemas.device_wire import RefusedReason
from schemas.vitals import Vital
from simulators.clinician import Registered
from simulators.load import readings_of, run_load
from simulators.load_tally import Tally
from simulators.rest import MonitorRefused
from simulators.scenario import load_scenario
from tests.unit.simulators.fake_monitor import TOKEN, FakeMonitor

FASTER = 20  # the load's seconds in one of ours
SCENARIO = load_scenario("uneventful")


class Clinician:
    """Opens sessions without a monitor."""

    def __init__(self, fails: Mapping[int, MonitorRefused]) -> None:
        self._fails = fails
        self.phases: list[tuple[str, str]] = []
        self._sessions = 0

    async def register(self, device: str, *_: Any) -> Registered:
        return Registered(device, TOKEN)

    async def create(self, *_: Any) -> Any:
        self._sessions += 1
        if self._sessions in self._fails:
            raise self._fails[self._sessions]
        return type("Session", (), {"id": f"S-{self._sessions:06d}"})

    async def bind(self, *_: Any) -> None:
        return None

    async def order_phase(self, session: str, phase: str, *_: Any) -> None:
        self.phases.append((session, phase))


async def _passed(seconds: float) -> None:
    """That much of the load's time."""
    loop = asyncio.get_running_loop()
    passed: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds / FASTER, passed.set_result, None)
    await passed


async def _run(
    monitor: FakeMonitor,
    beds: int,
    seconds: float,
    said: list[str],
    fails: Mapping[int, MonitorRefused] = MappingProxyType({}),
    every_s: float = 1.0,
) -> tuple[Tally, Clinician]:
    clinician = Clinician(fails)
    tally = await run_load(
        url=monitor.url,
        clinician=clinician,
        beds=beds,
        seconds=seconds,
        every_s=every_s,
        scenario=SCENARIO,
        seed=1,
        monotonic=lambda: asyncio.get_running_loop().time() * FASTER,
        now_ms=lambda: monitor.now_ms,
        sleep=_passed,
        say=said.append,
    )
    return tally, clinician


async def test_a_bed_whose_opening_is_not_answered_is_left_out_and_a_refusal_ends_all(monitor: FakeMonitor):
    said: list[str] = []
    tally, _ = await _run(monitor, 5, 1, said, fails={2: MonitorRefused(0, "no_answer", "the line failed")})
    assert (tally.open, tally.unopened, tally.ended, tally.waits) == (4, 1, 4, 0)
    assert "1 NOT OPENED" in said[-1]
    with pytest.raises(MonitorRefused, match="not allowed"):
        await _run(monitor, 5, 1, said, fails={2: MonitorRefused(403, "forbidden", "not allowed")})


async def test_every_bed_sends_once_a_second_and_every_frame_is_counted(monitor: FakeMonitor):
    said: list[str] = []
    tally, clinician = await _run(monitor, 5, 2, said)
    assert (tally.open, tally.acked, tally.refused, tally.held, tally.lost) == (5, tally.sent, {}, 0, 0)
    assert 10 <= tally.sent < 20  # two seconds, and what was sent while others were still being opened
    assert {hello.device for hello in monitor.hellos} == {f"load-{number}" for number in range(1, 6)}
    await monitor.wait_for(lambda: len(monitor.kept) == tally.sent)
    assert {reading.vital for _, _, parts in monitor.kept for part in parts for reading in part.readings} == {
        Vital.HEART_RATE,
        Vital.SPO2,
        Vital.RESPIRATORY_RATE,
    }
    assert sum(phase == "aborted" for _, phase in clinician.phases) == 5
    assert f"5 of 5 beds, {tally.sent} frames sent, 0 wait, 0 refused, 5 ended" in said[-1]


async def test_a_bed_that_sends_less_often_says_so_to_the_monitor(monitor: FakeMonitor):
    tally, _ = await _run(monitor, 5, 8, [], every_s=4)
    assert 5 <= tally.sent <= 15  # once or twice each, and what was sent while others were still being opened
    assert {one.interval_s for hello in monitor.hellos for one in hello.intervals if one.vital is Vital.HEART_RATE} == {4.0}


async def test_what_is_refused_is_named_and_its_number_is_used_again(monitor: FakeMonitor):
    said: list[str] = []
    monitor.refusals = {1: [RefusedReason.BUSY], 2: [RefusedReason.WRONG_UNIT]}
    tally, _ = await _run(monitor, 1, 4, said)
    assert tally.refused == {"busy": 1, "wrong_unit": 1}
    assert tally.acked == tally.sent - 2 == len(monitor.kept)
    assert "2 refused (busy 1, wrong_unit 1)" in said[-1]


async def test_a_bed_that_is_not_answered_holds_its_frames_back(monitor: FakeMonitor):
    said: list[str] = []
    monitor.max_in_flight, monitor.losses = 1, {1: 1_000}
    tally, _ = await _run(monitor, 2, 3, said)
    assert (tally.acked, tally.waits) == (0, tally.sent)
    assert tally.held > 0
    assert f"{tally.held} HELD BACK" in said[-1]


async def test_a_line_that_is_cut_is_counted(monitor: FakeMonitor):
    monitor.cuts = [3]
    tally, _ = await _run(monitor, 2, 3, said := [])
    assert tally.lost == 1
    assert "1 LOST" in said[-1]


@pytest.mark.parametrize("beds", [0, 10_001])
async def test_too_many_are_refused(monitor: FakeMonitor, beds: int):
    with pytest.raises(ValueError, match="load: 1 to"):
        await _run(monitor, beds, 1, [])
    assert monitor.hellos == []


def test_the_line_of_progress_says_what_is_late_and_lost():
    assert Tally(10, open=4, sent=100, acked=90, refused={"busy": 2}).line(7) == (
        "    7 s: 4 of 10 beds, 100 frames sent, 8 wait, 2 refused (busy 2)"
    )
    assert "3 LOST" in Tally(10, lost=3).line(1)
    assert "2.5 s BEHIND" in Tally(10, behind_s=2.5).line(1)


def test_readings_are_those_of_the_infusion():
    course = readings_of(SCENARIO, 1, 3)
    assert len(course) == 3
    assert [reading["vital"] for reading in msgspec.json.decode(course[0])] == ["heart_rate", "spo2", "respiratory_rate"]
