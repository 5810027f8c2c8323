"""Signs that the core works out: their values, beside what their rules make of them."""

import pytest

from monitor.core.refused import Refused
from schemas.alert import AlertState
from schemas.log import MonitorRestarted
from schemas.session import Phase
from schemas.signs import Charted, Derived
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM_CUFF, INFUSION, WATCHED, Bedside, infusing

D = Derived


def value(bed: Bedside, sign: Derived) -> float | None:
    milli = bed.engine.channels[sign].value_milli
    return None if milli is None else milli / 1000


def cuff(bed: Bedside, systolic: float | None, wait_s: float = 300, **said: float | None) -> None:
    bed.wait(wait_s)
    pressures = {} if systolic is None else {"dbp": systolic - 45, "map": systolic - 30}
    bed.say(**{"hr": 72.0, "spo2": 98.0, "sbp": systolic, **pressures, **said})


def test_the_order_is_known_per_kilogram_and_minute() -> None:
    bed = Bedside(order=INFUSION)
    assert value(bed, D.ORDER_MG_PER_KG) == 0.5
    assert value(bed, D.ORDER_MINUTES) == 40
    assert value(bed, D.ORDER_MG_PER_KG_MIN) == 0.012, "0.0125, rounded down to thousandths"
    assert value(Bedside(order=WATCHED), D.ORDER_MG_PER_KG) is None


@pytest.mark.parametrize(
    ("cuffs", "projected"),
    [
        ([(130, 300), (138, 300), (146, 300)], 162),  # 8 in 5 min: 16 more in 10 min
        ([(130, 300), (137, 300), (145, 300)], 145),  # slower than that
        ([(130, 300), (146, 300), (146, 300)], 146),  # not each above the one before
        ([(146, 300), (130, 300), (155, 300)], 155),
    ],
)
def test_rising_cuffs_are_projected(cuffs: list[tuple[float, float]], projected: float) -> None:
    bed = infusing()
    for systolic, wait_s in cuffs:
        cuff(bed, systolic, wait_s)
    assert value(bed, D.SYSTOLIC_PROJECTED) == projected


def test_a_cuff_sets_what_is_made_of_it() -> None:
    bed = infusing()
    cuff(bed, 100, hr=90)
    cuff(bed, 120, hr=60)
    assert value(bed, D.SHOCK_INDEX) == 0.5
    assert value(bed, D.RATE_PRESSURE) == 7_200
    assert value(bed, D.SYSTOLIC_WORST) == 120
    assert value(bed, D.DIASTOLIC_WORST) == 76 - 1, "75 of the second, 55 of the first"


def test_without_a_heart_rate_there_is_no_shock_index() -> None:
    bed = Bedside()
    bed.start_all_the_same() if bed.engine.phase is Phase.BASELINE else bed.to_baseline()
    bed.say(sbp=100, dbp=60)
    assert value(bed, D.SHOCK_INDEX) is None
    assert value(bed, D.SYSTOLIC_WORST) == 100
    bed.wait(60)
    bed.say(sbp=110)
    assert value(bed, D.DIASTOLIC_WORST) == 60, "the second gave none"


def test_failed_cuffs_are_counted_in_a_row() -> None:
    bed = infusing()
    seen = []
    for systolic in (20, 20, 125, None, 20):
        cuff(bed, systolic)
        seen.append(value(bed, D.FAILED_CUFFS))
    assert seen == [1, 2, 0, 1, 2]


def test_a_device_that_says_none_between_its_cuffs_fails_none() -> None:
    bed = infusing()
    cuff(bed, 125)
    for _ in range(4):
        cuff(bed, None, wait_s=50)
    assert value(bed, D.FAILED_CUFFS) == 0
    cuff(bed, None, wait_s=50)
    assert value(bed, D.FAILED_CUFFS) == 1, "250 s after the last one the next was about due"


def test_what_was_late_or_another_devices_is_no_cuff_of_this_course() -> None:
    bed = infusing()
    cuff(bed, 125)
    bed.bind("d2")
    bed.say(device="d2", sbp=190, dbp=100, map=130)
    bed.say(behind_ms=60_000, sbp=190, dbp=100, map=130)
    assert value(bed, D.SYSTOLIC_WORST) == 125


def test_the_largest_difference_counts_and_goes_with_its_device() -> None:
    bed = infusing()
    bed.bind("d2")
    bed.say(hr=72, pr=80)
    bed.say(device="d2", hr=95)
    assert value(bed, D.RATE_DIFFERENCE) == 23
    bed.say(device="d2", hr=None)
    bed.say(device="d2", hr=20.0, counter_step=1, behind_ms=0)
    assert value(bed, D.RATE_DIFFERENCE) == 52
    bed.unbind("d2")
    assert value(bed, D.RATE_DIFFERENCE) == 8


def test_two_rates_of_different_ages_are_not_compared() -> None:
    bed = infusing()
    bed.say(pr=110)
    bed.wait(6)
    bed.say(hr=72)
    assert value(bed, D.RATE_DIFFERENCE) is None


def test_two_rates_are_compared_when_one_of_them_is_new() -> None:
    """Beside a cuff alone they stay what they were, though one of them is known to be wrong by then."""
    bed = infusing()
    bed.say(hr=72, pr=110)
    bed.wait(1)
    bed.engine.channels[Vital.HEART_RATE].value_milli = 60_000
    bed.say(**CALM_CUFF)
    assert value(bed, D.RATE_DIFFERENCE) == 38
    bed.say(pr=110)
    assert value(bed, D.RATE_DIFFERENCE) == 50


def test_a_frozen_device_that_is_unbound_is_frozen_no_more() -> None:
    bed = infusing()
    bed.bind("d2")
    bed.say(device="d2", pr=70)
    bed.say(device="d2", counter_step=0, pr=70)
    assert value(bed, D.FROZEN_DEVICES) == 1
    bed.unbind("d2")
    assert value(bed, D.FROZEN_DEVICES) == 0


def test_with_a_device_goes_the_doubt_of_its_values() -> None:
    bed = infusing()
    bed.stream(65, spo2=65)
    assert bed.state("TEC-L6") is AlertState.ACTIVE
    bed.unbind()
    assert value(bed, D.DOUBTFUL_SIGNS) == 0
    assert bed.changes("TEC-L6")[-1] == (bed.since_start_s, "resolved", "condition_ended")


def test_a_doubt_of_another_device_stays() -> None:
    bed = infusing()
    bed.stream(5, spo2=65)
    bed.bind("d2")
    bed.say(device="d2", pr=70)
    bed.unbind("d2")
    assert value(bed, D.DOUBTFUL_SIGNS) == 1


def test_with_a_device_goes_the_step_of_its_clock() -> None:
    bed = infusing()
    for device in ("d2", "d3"):
        bed.bind(device)
        bed.say(device=device, pr=70)
        bed.skew_ms[device] = 60_000
        bed.say(device=device, pr=70)
    bed.unbind("d2")
    assert value(bed, D.CLOCK_STEP) == 60, "d3 stepped, too"
    bed.unbind("d3")
    assert value(bed, D.CLOCK_STEP) == 0


def test_what_is_compared_with_nobody_differs_no_more() -> None:
    """The device that others were held beside is taken away because it disagreed: the alert must not stay for good."""
    bed = infusing()
    bed.say(hr=72, spo2=98)
    for device in ("pulse", "d3"):
        bed.bind(device)
        bed.say(device=device, spo2=80)
    bed.say(device="d3", pr=110)
    bed.say(hr=72)
    assert (value(bed, D.SPO2_DIFFERENCE), value(bed, D.RATE_DIFFERENCE)) == (18, 38)
    bed.unbind("pulse")
    assert (value(bed, D.SPO2_DIFFERENCE), value(bed, D.RATE_DIFFERENCE)) == (18, 38), "d3 differs as much"
    bed.unbind("d1")
    assert (value(bed, D.SPO2_DIFFERENCE), value(bed, D.RATE_DIFFERENCE)) == (0, 0)


def test_without_a_pulse_rate_its_difference_goes() -> None:
    bed = infusing()
    bed.bind("d2")
    bed.say(device="d2", pr=110)
    bed.say(hr=72)
    bed.unbind("d2")
    assert value(bed, D.RATE_DIFFERENCE) == 0


def test_a_restart_loses_every_device_until_it_is_back() -> None:
    bed = infusing()
    bed.apply(MonitorRestarted("1"))
    bed.stream(12)
    assert bed.state("TEC-M6") is AlertState.ACTIVE
    bed.join()
    assert bed.state("TEC-M6") is None


def test_one_steady_clock_does_not_answer_for_another() -> None:
    bed = infusing()
    bed.bind("d2")
    bed.say(device="d2", pr=70)
    for device in ("d1", "d2"):
        bed.skew_ms[device] = 60_000
        bed.say(device=device, pr=70)
        bed.wait(20)
    bed.wait(15)
    bed.say(pr=70)
    assert value(bed, D.CLOCK_STEP) == 60, "that of d2 is not steady yet"
    bed.wait(20)
    bed.say(device="d2", pr=70)
    assert value(bed, D.CLOCK_STEP) == 0


def test_the_dose_given_is_the_integral_of_the_rates() -> None:
    bed = infusing()
    bed.wait(1_190)
    bed.order(Phase.PAUSED)
    assert value(bed, D.GIVEN_OF_ORDER) == 50
    assert value(bed, D.RATE_OF_ORDER) == 0
    bed.wait(600)
    bed.order(Phase.INFUSING)
    bed.wait(1_300)
    pending = bed.alert("INF-M3")
    assert pending is not None
    assert pending.since_ms == bed.now_ms - 100_000


@pytest.mark.parametrize("value", [-1, 6])
def test_a_score_that_does_not_exist_is_refused(value: int) -> None:
    with pytest.raises(Refused, match="not between 0 and 5"):
        infusing().chart(Charted.SEDATION, value)


def test_after_the_end_nothing_is_charted() -> None:
    bed = infusing()
    bed.order(Phase.ABORTED)
    with pytest.raises(Refused, match="aborted"):
        bed.chart(Charted.SEDATION, 5)


def test_a_latched_alert_recurs_by_questionable_values_that_hold() -> None:
    """SpO2 below 70 is not calibrated, and 79 -> 98 -> 60 is an emergency all the same."""
    bed = infusing()
    bed.stream(5, spo2=79)
    bed.stream(20, spo2=98)
    assert bed.state("OX-H1") is AlertState.LATCHED
    began_s = bed.since_start_s + 1
    bed.stream(40, spo2=60)
    assert bed.changes("OX-H1")[-1] == (began_s + 30, "active", "recurred")


def test_a_latched_alert_does_not_recur_by_questionable_values_that_pass() -> None:
    bed = infusing()
    bed.stream(5, spo2=79)
    bed.stream(20, spo2=98)
    bed.stream(20, spo2=60)
    bed.stream(60, spo2=98)
    assert bed.state("OX-H1") is AlertState.LATCHED
    bed.stream(20, spo2=60)
    bed.say(spo2=69.5)
    bed.stream(8, spo2=60)
    bed.stream(60, spo2=98)
    assert bed.state("OX-H1") is AlertState.LATCHED
