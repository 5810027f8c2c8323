"""Many beds from one process: each opens, sends what its course says, is counted; and what cannot be is refused before it begins."""

import asyncio
from typing import Any

import msgspec
import pytest

from schemas.vitals import Vital
from simulators.clinician import Registered
from simulators.load import Tally, readings_of, run_load
from simulators.scenario import load_scenario
from tests.unit.simulators.fake_monitor import TOKEN, FakeMonitor

SCENARIO = load_scenario("uneventful")


class Clinician:
    """Opens sessions without a monitor."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, str]] = []
        self._sessions = 0

    async def register(self, device: str, *_: Any) -> Registered:
        return Registered(device, TOKEN)

    async def create(self, *_: Any) -> Any:
        self._sessions += 1
        return type("Session", (), {"id": f"S-{self._sessions:06d}"})

    async def bind(self, *_: Any) -> None:
        return None

    async def order_phase(self, session: str, phase: str, *_: Any) -> None:
        self.phases.append((session, phase))


async def _run(monitor: FakeMonitor, beds: int, seconds: float, said: list[str]) -> tuple[Tally, Clinician]:
    clinician = Clinician()
    tally = await run_load(
        url=monitor.url,
        clinician=clinician,
        beds=beds,
        seconds=seconds,
        scenario=SCENARIO,
        seed=1,
        monotonic=asyncio.get_running_loop().time,
        now_ms=lambda: monitor.now_ms,
        sleep=asyncio.sleep,
        say=said.append,
    )
    return tally, clinician


async def test_every_bed_sends_once_a_second_and_every_frame_is_counted(monitor: FakeMonitor):
    said: list[str] = []
    tally, clinician = await _run(monitor, 5, 2, said)
    assert (tally.open, tally.sent, tally.lost) == (5, 10, 0)
    assert {hello.device for hello in monitor.hellos} == {f"load-{number}" for number in range(1, 6)}
    await monitor.wait_for(lambda: len(monitor.kept) == 10)
    assert {reading.vital for _, _, parts in monitor.kept for part in parts for reading in part.readings} == {
        Vital.HEART_RATE,
        Vital.SPO2,
        Vital.RESPIRATORY_RATE,
    }
    assert sum(phase == "aborted" for _, phase in clinician.phases) == 5
    assert "5 of 5 beds, 10 frames sent" in said[-1]


@pytest.mark.parametrize("beds", [0, 10_001])
async def test_too_many_are_refused(monitor: FakeMonitor, beds: int):
    with pytest.raises(ValueError, match="load: 1 to"):
        await _run(monitor, beds, 1, [])
    assert monitor.hellos == []


def test_the_line_of_progress_says_what_is_late_and_lost():
    assert Tally(10, open=4, sent=100, acked=90, refused=2).line(7) == "    7 s: 4 of 10 beds, 100 frames sent, 8 wait, 2 refused"
    assert "3 LOST" in Tally(10, lost=3).line(1)
    assert "2.5 s BEHIND" in Tally(10, behind_s=2.5).line(1)


def test_readings_are_those_of_the_infusion():
    course = readings_of(SCENARIO, 1, 3)
    assert len(course) == 3
    assert [reading["vital"] for reading in msgspec.json.decode(course[0])] == ["heart_rate", "spo2", "respiratory_rate"]
