"""The simulated bed: a pure sequence of frames that follows the clinician's real orders."""

from functools import cache
from itertools import islice

import msgspec
import pytest

from schemas.device_wire import Frame, WireMeasurement
from schemas.instant import to_ms
from schemas.session import Phase
from schemas.vitals import VITAL_SIGNS, Vital
from simulators.actions import Stop
from simulators.bed import Bed, BedScript, encode, frames
from simulators.bedside_monitor import bed_intervals
from simulators.scenario import Scenario, load_scenario, scenario_names

START_MS = 1_760_000_000_000


def _values(part: WireMeasurement) -> dict[Vital, float | None]:
    return {reading.vital: reading.value for reading in part.readings}


def _cuffs(sent: list[Frame]) -> list[tuple[float, dict[Vital, float | None]]]:
    """(minute, values) of every cuff value."""
    return [
        ((to_ms(part.measured_at) - START_MS) / 60_000, _values(part))
        for frame in sent
        for part in frame.measurements
        if Vital.SYSTOLIC_BP in _values(part)
    ]


def _at(sent: list[Frame], minute: float) -> WireMeasurement:
    return sent[round(minute * 60)].measurements[0]


@cache
def _course(name: str) -> list[Frame]:
    """A whole scripted course with seed 1; made once for all tests."""
    return list(frames(load_scenario(name), 1, START_MS))


@pytest.fixture
def uneventful() -> list[Frame]:
    return _course("uneventful")


def test_same_seed_same_bytes_another_seed_others():
    scenario = load_scenario("hypertensive-surge")
    first, second, other = (b"\n".join(encode(frame) for frame in islice(frames(scenario, seed, START_MS), 2400)) for seed in (5, 5, 6))
    assert first == second
    assert first != other


def test_a_frame_a_second_with_rising_numbers_and_counters(uneventful: list[Frame]):
    assert len(uneventful) == 76 * 60
    assert [frame.seq for frame in uneventful] == list(range(1, len(uneventful) + 1))
    assert [to_ms(frame.measurements[0].measured_at) for frame in uneventful[:3]] == [START_MS, START_MS + 1000, START_MS + 2000]
    counters = [part.counter for frame in uneventful for part in frame.measurements]
    assert counters == list(range(1, len(counters) + 1))


def test_every_frame_is_of_the_wire_s_form(uneventful: list[Frame]):
    for frame in uneventful[:700]:
        assert msgspec.json.decode(encode(frame), type=Frame) == frame
        for part in frame.measurements:
            assert all(reading.unit is VITAL_SIGNS[reading.vital].unit for reading in part.readings)


def test_cuffs_come_every_two_minutes_before_and_every_five_after_the_start(uneventful: list[Frame]):
    at_min = [minute for minute, _ in _cuffs(uneventful)]
    assert at_min[:3] == pytest.approx([1, 3, 5], abs=0.1)
    assert at_min[3:6] == pytest.approx([11.5, 16.5, 21.5], abs=0.1)
    assert at_min[-1] > 70


def test_speed_compresses_the_stamps_and_the_declared_intervals():
    scenario = load_scenario("uneventful")
    fast = list(islice(frames(scenario, 1, START_MS, speed=10.0), 1200))
    assert to_ms(fast[600].measurements[0].measured_at) == START_MS + 60_000
    assert [_values(frame.measurements[0]) for frame in fast] == [_values(frame.measurements[0]) for frame in _course("uneventful")[:1200]]
    by_vital = {interval.vital: interval.interval_s for interval in bed_intervals(scenario, 10.0)}
    assert by_vital[Vital.SPO2] == pytest.approx(0.1)
    assert by_vital[Vital.MEAN_BP] == pytest.approx(30.0)


def test_probe_off_is_null_and_never_zero():
    sent = _course("probe-off")
    assert _values(_at(sent, 14.9))[Vital.SPO2] is not None
    assert _values(_at(sent, 16))[Vital.SPO2] is None
    assert _values(_at(sent, 16))[Vital.HEART_RATE] is not None
    assert _values(_at(sent, 18))[Vital.SPO2] is not None
    assert all(reading.value != 0 for frame in sent for part in frame.measurements for reading in part.readings)


def test_a_failed_cuff_is_a_measurement_without_values():
    failed = [values for minute, values in _cuffs(_course("cuff-fails")) if 12 <= minute < 33]
    assert len(failed) == 4
    assert all(values == dict.fromkeys((Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)) for values in failed)


def test_a_hung_monitor_repeats_its_measurement_and_a_stuck_value_does_not_stop_the_counter():
    sent = _course("monitor-hangs")
    hung = {_at(sent, minute) for minute in (18.1, 18.5, 19.4)}
    assert len(hung) == 1
    assert _at(sent, 19.6).counter > _at(sent, 19.4).counter
    stuck = [_at(sent, 30.1 + second / 60) for second in range(100)]
    assert len({_values(part)[Vital.SPO2] for part in stuck}) == 1
    assert len({part.counter for part in stuck}) == 100


def test_a_cut_line_is_told_to_the_feed_and_measuring_goes_on():
    bed = Bed(load_scenario("line-cut"), 1, START_MS)
    script = BedScript(bed)
    cut = []
    while bed.elapsed_s < 23 * 60:
        script.step()
        cut.append(bed.faults.is_disconnected)
        assert bed.next_frame().measurements
    assert sum(cut) == 120
    assert cut.index(True) == 20 * 60


def _played(scenario: Scenario, seed: int, until_min: float, stop_min: float | None = None) -> Bed:
    bed = Bed(scenario, seed, START_MS)
    script = BedScript(bed)
    while bed.elapsed_s < until_min * 60:
        if stop_min is not None and bed.elapsed_s == stop_min * 60:
            bed.stop()
        script.step()
        bed.next_frame()
    return bed


def test_the_patient_feels_when_the_infusion_is_really_stopped():
    scenario = load_scenario("hypertensive-surge")
    treated, untreated = _played(scenario, 1, 46, stop_min=34), _played(scenario, 1, 46)
    assert treated.infused_mg < untreated.infused_mg - 10
    assert untreated.truth.systolic - treated.truth.systolic > 15


def test_paused_and_resumed_the_dose_waits():
    bed = Bed(load_scenario("uneventful"), 1, START_MS)
    bed.begin()
    bed.start()
    for second in range(600):
        if second == 120:
            bed.pause()
        if second == 420:
            bed.resume()
        bed.next_frame()
    assert bed.phase is Phase.INFUSING
    assert bed.infused_mg == pytest.approx(bed.scenario.rate_mg_per_min * 5)


def test_the_whole_dose_is_given_by_the_timeline():
    bed = _played(load_scenario("tachycardia"), 1, 50)
    assert bed.phase is Phase.RECOVERY
    assert bed.infused_mg == pytest.approx(bed.scenario.dose_mg)


def test_events_wait_for_an_infusion_that_starts_late():
    """The probe slips off nine minutes after the start, whenever that is."""
    bed = Bed(load_scenario("probe-off"), 1, START_MS)
    bed.begin()
    lost: list[int] = []
    for second in range(40 * 60):
        if second == 20 * 60:
            bed.start()
        if Vital.SPO2 in bed.faults.lost:
            lost.append(second)
        bed.next_frame()
    assert lost[0] == (20 + 9) * 60


def test_following_the_record_is_the_same_as_being_told_and_does_nothing_twice():
    told, following = (Bed(load_scenario("uneventful"), 1, START_MS) for _ in range(2))
    for second in range(60 * 12):
        if second == 5:
            told.begin()
        if second == 300:
            told.start(0.9)
        if second == 400:
            told.set_rate(0.5)
        if second == 500:
            told.pause()
        if second == 600:
            told.stop()
        following.follow(told.phase, told.rate_mg_per_min)
        assert told.next_frame() == following.next_frame()
    assert told.infused_mg == following.infused_mg > 0


def test_remeasure_starts_the_cuff_and_anything_else_is_ignored():
    bed = Bed(load_scenario("uneventful"), 1, START_MS)
    bed.begin()
    sent = []
    for second in range(200):
        if second == 80:
            bed.remeasure(Vital.SPO2)
            bed.remeasure(Vital.SYSTOLIC_BP)
        sent.append(bed.next_frame())
    at_min = [minute for minute, _ in _cuffs(sent)]
    assert len(at_min) == 3
    assert (at_min[1] - 80 / 60) * 60 == pytest.approx(35, abs=4)


def test_a_bolus_raises_the_level_at_once():
    bed = Bed(load_scenario("uneventful"), 1, START_MS)
    bed.bolus(10.0)
    assert bed.patient.pk.plasma_ng_ml > 2000
    assert bed.infused_mg == 10.0


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_plays_to_its_end(name: str):
    """A stop ahead of time brings the recovery, and the end, forward."""
    scenario = load_scenario(name)
    stopped_min = [action.at_min + scenario.timeline.recovery_min for action in scenario.act if isinstance(action, Stop)]
    assert len(_course(name)) == min([scenario.timeline.length_min, *stopped_min]) * 60
