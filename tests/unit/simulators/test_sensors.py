"""Sensors: whole numbers with the noise of a bedside monitor, and a cuff that takes its time."""

from statistics import fmean, stdev

import msgspec

from schemas.vitals import Vital
from simulators.patient import Vitals
from simulators.sensors import Cuff, CuffResult, Streams

TRUTH = Vitals(heart_rate=72.4, systolic=124.0, diastolic=76.0, mean=93.0, spo2=97.3, respiratory_rate=14.2)


def _run(cuff: Cuff, seconds: int, truth: Vitals = TRUTH) -> list[tuple[int, CuffResult]]:
    results = []
    for second in range(seconds):
        result = cuff.step(second, truth)
        if result is not None:
            results.append((second, result))
    return results


def test_streams_are_whole_numbers_near_the_truth():
    streams = Streams(1)
    shown = [streams.step(TRUTH) for _ in range(600)]
    assert all(isinstance(value, int) for values in shown for value in values.values())
    assert abs(fmean(values[Vital.HEART_RATE] for values in shown) - 72.4) < 0.3
    assert abs(fmean(values[Vital.SPO2] for values in shown) - 97.3) < 0.3
    assert stdev(values[Vital.HEART_RATE] for values in shown) < 1.5


def test_spo2_never_exceeds_100():
    streams = Streams(1)
    full = msgspec.structs.replace(TRUTH, spo2=100.0)
    assert max(streams.step(full)[Vital.SPO2] for _ in range(600)) == 100


def test_averaging_delays_a_sudden_fall():
    streams = Streams(1)
    for _ in range(60):
        streams.step(TRUTH)
    low = msgspec.structs.replace(TRUTH, spo2=80.0)
    falling = [streams.step(low)[Vital.SPO2] for _ in range(60)]
    assert falling[0] > 93
    assert abs(falling[-1] - 80) <= 1


def test_cuff_keeps_its_schedule_and_takes_half_a_minute():
    cuff = Cuff(1)
    cuff.schedule(30, 300)
    at = [second for second, _ in _run(cuff, 1000)]
    assert len(at) == 4
    assert all(28 <= second - start <= 34 for second, start in zip(at, (30, 330, 630, 930), strict=True))


def test_remeasure_gives_a_result_about_35_s_later():
    cuff = Cuff(1)
    cuff.schedule(10_000, 300)
    cuff.remeasure(0)
    cuff.remeasure(1)  # asked twice is asked once
    results = _run(cuff, 600)
    assert len(results) == 1
    assert 32 <= results[0][0] <= 38


def test_remeasure_during_a_cycle_comes_after_it():
    cuff = Cuff(1)
    cuff.schedule(0, 10_000)
    cuff.step(0, TRUTH)
    assert cuff.is_inflated
    cuff.remeasure(1)
    at = [second for second, _ in _run(cuff, 600)]
    assert len(at) == 2
    assert 30 <= at[1] - at[0] <= 60  # at least the 30 s apart that a confirmation asks for


def test_cuff_values_are_consistent_and_noisy_within_the_standard():
    errors: list[float] = []
    for seed in range(60):
        cuff = Cuff(seed)
        cuff.schedule(0, 60)
        for _, result in _run(cuff, 600):
            assert result.diastolic < result.mean < result.systolic
            errors.append(result.systolic - TRUTH.systolic)
    assert abs(fmean(errors)) < 2
    assert 3 < stdev(errors) <= 8


def test_cuff_values_stay_ordered_at_a_weak_pulse():
    cuff = Cuff(3)
    cuff.schedule(0, 60)
    weak = msgspec.structs.replace(TRUTH, systolic=70.0, diastolic=52.0)
    assert all(result.diastolic < result.mean < result.systolic for _, result in _run(cuff, 2000, weak))


def test_same_seed_same_cuff():
    results = []
    for _ in range(2):
        cuff = Cuff(7)
        cuff.schedule(0, 60)
        results.append(_run(cuff, 600))
    assert results[0] == results[1]
