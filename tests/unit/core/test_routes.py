"""What is not infused: no rate, no pause, each dose as it is given; its own gates and nobody else's."""

import pytest

from monitor.core.refused import Refused
from monitor.core.replay import replay
from schemas.alert import AlertState
from schemas.limits import Before
from schemas.log import BolusGiven, RateSet
from schemas.session import Order, Phase, Treatment
from tests.unit.core.bedside import Bedside

NASAL = Order(dose_ug=56_000, duration_ms=0, treatment=Treatment.ESKETAMINE_NASAL)
MUSCLE = Order(dose_ug=80_000, duration_ms=0, treatment=Treatment.KETAMINE_IM)


def dosing(order: Order) -> Bedside:
    bed = Bedside(order=order)
    bed.bind()
    bed.order(Phase.BASELINE)
    bed.order(Phase.INFUSING, "not what this is about")
    return bed


def gates(bed: Bedside, before: Before) -> set[str]:
    return {finding.gate for finding in bed.engine.gate_findings(before, bed.now_ms)}


def test_devices_of_28_mg_make_the_dose_and_a_third_of_56_is_beyond_the_order() -> None:
    bed = dosing(NASAL)
    assert bed.engine.dose.rate_ug_per_min == 0
    for _ in range(2):
        bed.apply(BolusGiven(28_000, "anna"))
        bed.wait(300)
    assert bed.engine.dose.given_ug(bed.now_ms) == 56_000
    assert bed.state("INF-H1") is None
    bed.apply(BolusGiven(28_000, "anna"))
    assert bed.state("INF-H1") is AlertState.ACTIVE, "150 % of the order"
    assert list(replay(bed.log)) == []


@pytest.mark.parametrize("order", [NASAL, MUSCLE])
def test_there_is_no_rate_and_nothing_to_pause(order: Order) -> None:
    bed = dosing(order)
    with pytest.raises(Refused) as refused:
        bed.apply(RateSet("anna", 875))
    assert refused.value.reason == "no_rate"
    with pytest.raises(Refused, match="nothing to pause"):
        bed.order(Phase.PAUSED)


def test_esketamine_leaves_two_hours_after_its_first_device_whenever_dosing_ended() -> None:
    bed = dosing(NASAL)
    bed.wait(600)
    bed.apply(BolusGiven(28_000, "anna"))
    bed.wait(300)
    bed.order(Phase.RECOVERY)
    bed.wait(115 * 60 - 1)
    assert "D-TIM2" in gates(bed, Before.DISCHARGE)
    assert "D-TIME" not in gates(bed, Before.DISCHARGE), "the hour after a stop is of ketamine"
    bed.wait(1)
    assert "D-TIM2" not in gates(bed, Before.DISCHARGE)


def test_esketamine_of_which_no_dose_is_recorded_is_too_early_for_ever() -> None:
    bed = dosing(NASAL)
    bed.order(Phase.RECOVERY)
    bed.wait(4 * 3600)
    assert "D-TIM2" in gates(bed, Before.DISCHARGE)


def test_each_route_has_its_own_gates_before_the_start() -> None:
    assert {"G-DO1"} <= gates(Bedside(order=MUSCLE), Before.START)
    assert not {"G-DO1", "G-DO2", "G-DO3"} & gates(Bedside(order=NASAL), Before.START)
    assert "G-DO2" not in gates(Bedside(order=MUSCLE), Before.START), "more than 1 mg/kg is the infusion's"
