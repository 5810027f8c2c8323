"""The scenario's actions against a monitor: each ordered once at its minute, and one that is refused stops nothing."""

from typing import Any

import pytest

from simulators.acting import Actions
from simulators.bed import Bed
from simulators.rest import MonitorRefused
from simulators.scenario import Scenario, parse_scenario

TEXT = """
title = "Of a test"
description = "Only for a test."
[patient]
label = "A.B."
weight_kg = 70
[order]
dose_mg_per_kg = 0.5
duration_min = 40
"""


class Clinician:
    """Keeps what it is asked to do; refuses what it is told to refuse."""

    def __init__(self, refuses: str = "", status: int = 409) -> None:
        self.done: list[tuple[Any, ...]] = []
        self._refuses = refuses
        self._status = status

    def __getattr__(self, name: str) -> Any:
        async def do(*args: Any) -> None:
            if name == self._refuses:
                raise MonitorRefused(self._status, "phase_step", "not now")
            self.done.append((name, *args[1:]))

        return do


def _scenario(*acts: tuple[str, float, str]) -> Scenario:
    return parse_scenario("of-a-test", TEXT + "".join(f'[[act]]\nkind = "{kind}"\nat_min = {at}\n{more}\n' for kind, at, more in acts))


def _bed(scenario: Scenario, script_min: float) -> Bed:
    bed = Bed(scenario, 1, 0)
    bed.begin()
    bed.start()
    while bed.script_min < script_min:
        bed.next_frame()
    return bed


async def _swap() -> None:
    return None


async def test_what_is_due_is_ordered_once_and_the_next_one_is_told():
    scenario = _scenario(("set_rate", 7, "mg_per_min = 1"), ("give", 8, 'medicine = "labetalol"\namount = 20'), ("pause", 12, ""))
    clinician, bed, said = Clinician(), _bed(scenario, 9), []
    actions = Actions(clinician, bed, _swap, speed=1.0, say=said.append)
    assert await actions.do("S-1", 1_000_000) == 1_000_000 + 180_000
    assert [done[0] for done in clinician.done] == ["set_rate", "note"]
    assert bed.patient.medicines.step().systolic < 0
    await actions.do("S-1", 1_000_000)
    assert len(clinician.done) == 2


async def test_one_that_does_not_fit_is_said_and_the_others_go_on():
    scenario = _scenario(("pause", 7, ""), ("chart", 8, 'sign = "vomiting"\nvalue = 1'))
    clinician, said = Clinician(refuses="order_phase"), []
    assert await Actions(clinician, _bed(scenario, 9), _swap, speed=1.0, say=said.append).do("S-1", 0) is None
    assert [done[0] for done in clinician.done] == ["chart"]
    assert "pause: refused" in said[0]


async def test_a_monitor_that_lets_nobody_in_ends_it():
    scenario = _scenario(("pause", 7, ""))
    with pytest.raises(MonitorRefused):
        await Actions(Clinician("order_phase", 401), _bed(scenario, 9), _swap, speed=1.0, say=lambda _: None).do("S-1", 0)
