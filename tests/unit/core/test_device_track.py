"""Counters and device clocks: what is fresh, late, frozen; and a clock that is wrong, stepped or of the year 2161."""

import pytest

from monitor.core.device_track import DeviceTrack
from schemas.alert import AlertState
from schemas.measurement import Measurement, Reason, Validity
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM, START_MS, Bedside, default_limits

NONE, LATE, FROZEN = Reason.NONE, Reason.LATE, Reason.NOT_ADVANCING
YEAR_2161_MS = 135 * 31_557_600_000


class Device:
    """Speaks once a second to one track; `skew_ms` is how far its clock is ahead of the monitor's."""

    def __init__(self) -> None:
        self.track = DeviceTrack(default_limits().admission)
        self.now_ms = START_MS
        self.skew_ms = 0
        self.counter = 0

    def say(self, *, after_s: float = 1, behind_ms: int = 0, counter_step: int = 1) -> Reason:
        self.now_ms += round(after_s * 1000)
        self.counter += counter_step
        return self.track.time(Measurement("d1", self.counter, self.now_ms + self.skew_ms - behind_ms, ()), self.now_ms)

    def live(self, seconds: int) -> set[Reason]:
        return {self.say() for _ in range(seconds)}


@pytest.mark.parametrize("skew_ms", [0, 24 * 60_000, -24 * 60_000, 26 * 3_600_000, -26 * 3_600_000, YEAR_2161_MS])
def test_a_clock_may_be_wrong_by_anything(skew_ms: int) -> None:
    """Devices in the field are minutes wrong; only their own clock is compared with itself."""
    device = Device()
    device.skew_ms = skew_ms
    assert device.live(60) == {NONE}


def test_a_drifting_clock_stays_current_for_a_session() -> None:
    """200 ppm, three hours."""
    device = Device()
    seen = set()
    for second in range(3 * 3_600):
        device.skew_ms = -second // 5
        seen.add(device.say())
    assert seen == {NONE}


@pytest.mark.parametrize(("step", "reason"), [(1, NONE), (2, NONE), (10**12, NONE), (0, FROZEN), (-1, LATE), (-10, LATE)])
def test_the_counter_must_advance(step: int, reason: Reason) -> None:
    device = Device()
    device.counter = 100
    device.say()
    assert device.say(counter_step=step) is reason


def test_an_older_counter_does_not_move_the_newest_back() -> None:
    device = Device()
    device.counter = 100
    device.say()
    assert [device.say(counter_step=step) for step in (-5, 4, 1, 1)] == [LATE, LATE, FROZEN, NONE]


@pytest.mark.parametrize(("behind_ms", "reason"), [(10_000, NONE), (10_001, LATE)])
def test_late_is_beyond_the_devices_own_usual_delay(behind_ms: int, reason: Reason) -> None:
    device = Device()
    device.skew_ms = 3_600_000
    device.live(5)
    assert device.say(behind_ms=behind_ms) is reason


def test_jitter_does_not_raise_the_usual_delay() -> None:
    device = Device()
    device.say()
    for _ in range(20):
        device.say(behind_ms=9_000)
    assert device.say(behind_ms=10_001) is LATE


@pytest.mark.parametrize("at_once", [1, 10, 300])
def test_a_backlog_after_a_cut_is_history_and_the_first_live_value_is_now(at_once: int) -> None:
    """A cut of five minutes; the device sends what it kept, `at_once` values a second, and goes on live."""
    device = Device()
    device.live(10)
    device.now_ms += 300_000
    kept_s, seen = 300, []
    while kept_s > 10:
        for index in range(min(at_once, kept_s)):
            seen.append((kept_s, device.say(after_s=0 if index else 0.5, behind_ms=kept_s * 1000)))
            kept_s -= 1
        if at_once == 1:
            kept_s -= 1
    assert {reason for behind_s, reason in seen if behind_s > 10} == {LATE}
    assert device.say(behind_ms=0) is NONE


@pytest.mark.parametrize("step_ms", [1_000, 2_001, 60_000, 3_600_000, YEAR_2161_MS])
def test_a_clock_that_steps_forward_is_current_at_once(step_ms: int) -> None:
    device = Device()
    device.live(10)
    device.skew_ms = step_ms
    assert device.live(20) == {NONE}


@pytest.mark.parametrize("behind_ms", [-2_001, -3_600_000, -YEAR_2161_MS])
def test_one_date_in_the_future_does_not_make_the_next_ones_late(behind_ms: int) -> None:
    device = Device()
    device.live(10)
    assert device.say(behind_ms=behind_ms) is NONE
    assert device.live(20) == {NONE}
    assert device.say(behind_ms=10_001) is LATE, "and the old clock is the measure again"


def test_a_step_that_has_lasted_is_no_wrong_date() -> None:
    """Two values by the new clock, then one by the old: that one is late."""
    device = Device()
    device.live(10)
    device.skew_ms = 60_000
    device.live(2)
    assert device.say(behind_ms=60_000) is LATE


def test_a_backlog_after_a_step_forward_is_late_all_the_same() -> None:
    device = Device()
    device.live(10)
    device.skew_ms = 3_600_000
    device.say()
    assert device.say(after_s=300, behind_ms=300_000) is LATE


@pytest.mark.parametrize("step_ms", [10_001, 60_000, 3_600_000, YEAR_2161_MS])
def test_a_clock_set_back_is_believed_again_after_the_rebase_time(step_ms: int) -> None:
    device = Device()
    device.live(10)
    device.skew_ms = -step_ms
    seen = [device.say() for _ in range(20)]
    assert seen == [LATE] * 10 + [NONE] * 10


def test_a_clock_that_stands_still_is_never_believed() -> None:
    """The counter advances, the time of measurement does not: packets flow, the measurement is the old one."""
    device = Device()
    device.live(10)
    seen = []
    for second in range(1, 60):
        device.skew_ms = -second * 1000
        seen.append(device.say())
    assert set(seen[10:]) == {LATE}


def test_one_value_in_time_ends_a_row_of_late_ones() -> None:
    device = Device()
    device.live(10)
    for _ in range(3):
        assert [device.say(behind_ms=60_000) for _ in range(9)] == [LATE] * 9
        assert device.say() is NONE


# --- the same, seen from the bed ------------------------------------------------------------------------------------------------------


def infusing() -> Bedside:
    bed = Bedside()
    bed.start()
    bed.stream(5)
    return bed


def test_a_late_value_is_history_and_never_now() -> None:
    bed = infusing()
    reading = bed.readings(hr=140, behind_ms=60_000)["hr"]
    assert (reading.reason, reading.validity, reading.value_milli) == (LATE, Validity.VALID, 140_000)
    assert bed.engine.channels[Vital.HEART_RATE].value_milli == 72_000


@pytest.mark.parametrize("faults", [{"behind_ms": 60_000}, {"counter_step": 0}])
def test_nothing_untimely_looks_like_now(faults: dict[str, int]) -> None:
    """Not even "no value": it would strike a current number from the screen."""
    bed = infusing()
    for value in (72.0, None, 400.0):
        reading = bed.readings(hr=value, **faults)["hr"]
        assert reading.reason in {LATE, FROZEN}
        assert reading.validity is (Validity.VALID if value == 72.0 and "behind_ms" in faults else Validity.INVALID)
    assert bed.engine.channels[Vital.HEART_RATE].validity is Validity.VALID


def test_a_frozen_measurement_goes_stale_although_packets_flow() -> None:
    bed = infusing()
    since_s = bed.since_start_s
    for _ in range(6):
        bed.wait(1)
        bed.say(**CALM, counter_step=0)
    assert bed.changes("TEC-L2")[-1] == (since_s + 5, "active", "onset_passed")


def test_a_constant_value_with_an_advancing_counter_is_alive() -> None:
    bed = infusing()
    bed.stream(60)
    assert bed.alert("TEC-L2") is None


def test_a_new_boot_is_a_fresh_start() -> None:
    """Replugged: the counter begins anew, the clock may be another one."""
    bed = infusing()
    bed.counters["d1"] = 0
    bed.join(boot="another")
    bed.skew_ms["d1"] = -86_400_000
    assert bed.readings(hr=73)["hr"].reason is NONE


def test_the_same_boot_goes_on_where_it_was() -> None:
    bed = infusing()
    bed.join(boot="boot")
    assert bed.readings(hr=73, counter_step=0)["hr"].reason is FROZEN


def test_a_high_alert_is_not_cleared_by_a_backlog_of_good_values() -> None:
    bed = infusing()
    bed.stream(20, spo2=88)
    bed.wait(300)
    for behind_s in range(300, 10, -1):
        bed.say(spo2=98, behind_ms=behind_s * 1000)
    assert bed.state("OX-H2") is AlertState.ACTIVE
    bed.say(spo2=88)
    assert bed.state("OX-H2") is AlertState.ACTIVE
