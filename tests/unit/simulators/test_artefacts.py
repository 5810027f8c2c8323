"""Artefacts: wrong numbers from a right patient, right numbers at wrong times, and not a number changed before they begin."""

import pytest

from schemas.device_wire import WireMeasurement
from schemas.instant import to_ms
from schemas.vitals import VITAL_SIGNS, Vital
from simulators.artefacts import Delivery, wrong_cuff
from simulators.bedside_monitor import measurement
from simulators.events import ClockStep, CuffDisturbed, CuffWrong, Disordered, Motion, Noise
from simulators.faults import CUFFS, NO_FAULTS, STREAMS, Faults, faults_at
from simulators.scenario import parse_scenario
from simulators.seeds import seeded
from simulators.sensors import ERROR_SD, SETTLING_S, CuffResult
from tests.unit.simulators.played import START_MS, Played

HEART_RATE, SPO2, SYSTOLIC = Vital.HEART_RATE, Vital.SPO2, Vital.SYSTOLIC_BP


def test_motion_draws_the_oximeter_to_85_loses_it_and_adds_beats():
    moved, still = Played(Motion(from_min=8, to_min=9)), Played()
    assert moved.frames[:480] == still.frames[:480]
    assert None in moved.values(SPO2, 500, 540)
    assert min(moved.numbers(SPO2, 500, 540)) < 90
    assert max(moved.numbers(HEART_RATE, 480, 540)) > max(still.numbers(HEART_RATE, 480, 540)) + 5
    assert moved.truth == still.truth


def test_noise_counts_most_beats_twice():
    noisy, still = Played(Noise(from_min=8, to_min=8.5)), Played()
    assert noisy.frames[:480] == still.frames[:480]
    assert max(noisy.numbers(HEART_RATE, 480, 512)) > 1.6 * max(still.numbers(HEART_RATE, 480, 512))
    assert noisy.values(SPO2, 0, 800) == still.values(SPO2, 0, 800)


def test_a_sign_is_hidden_until_the_averages_have_forgotten():
    hidden = Played(Noise(from_min=8, to_min=8.5)).hidden
    assert hidden[479] == frozenset()
    assert hidden[480] == hidden[509] == hidden[509 + SETTLING_S[HEART_RATE]] == {HEART_RATE}
    assert hidden[510 + SETTLING_S[HEART_RATE]] == frozenset()


@pytest.mark.parametrize("wrong", list(CuffWrong))
def test_a_disturbed_cuff_is_wrong_in_its_own_way(wrong: CuffWrong):
    rng = seeded(1, "test")
    right = CuffResult(126, 78, 95)
    for _ in range(50):
        got = wrong_cuff(right, wrong, rng)
        if wrong is CuffWrong.IMPOSSIBLE:
            assert got.systolic <= got.diastolic or got.systolic < VITAL_SIGNS[SYSTOLIC].plausible_min
            continue
        assert got.diastolic < got.mean < got.systolic
        assert (got.systolic - 126 >= 25) == (wrong is CuffWrong.HIGH)
        assert (got.systolic - 126 <= -25) == (wrong is CuffWrong.LOW)
        assert (got.systolic - got.diastolic < 10) == (wrong is CuffWrong.NARROW)


def test_a_cuff_is_disturbed_in_its_spell_alone():
    """Cuffs end in minutes 1, 3 and 5 of the baseline, then in 11.5, 16.5 and 21.5."""
    disturbed = Played(CuffDisturbed(from_min=15, to_min=18, wrong=CuffWrong.HIGH), minutes=24).numbers(SYSTOLIC, 0, 1440)
    right = Played(minutes=24).numbers(SYSTOLIC, 0, 1440)
    differences = [one - other for one, other in zip(disturbed, right, strict=True)]
    assert [difference for difference in differences if difference] == differences[4:5]
    assert differences[4] >= 25


def test_a_stepped_clock_changes_stamps_alone():
    stepped, right = Played(ClockStep(from_min=8, to_min=9, step_s=-120)), Played()
    offsets = [
        to_ms(one.measurements[0].measured_at) - to_ms(other.measurements[0].measured_at)
        for one, other in zip(stepped.frames, right.frames, strict=True)
    ]
    assert offsets == [-120_000 if 480 <= second < 540 else 0 for second in range(len(offsets))]
    assert stepped.values(HEART_RATE, 0, 840) == right.values(HEART_RATE, 0, 840)


def test_disorder_loses_nothing_and_never_gives_an_empty_frame():
    disordered, right = Played(Disordered(from_min=8, to_min=10, share=0.5)), Played()
    came = [part for frame in disordered.frames for part in frame.measurements]
    sent = [part for frame in right.frames for part in frame.measurements]
    assert all(frame.measurements for frame in disordered.frames)
    assert set(sent) <= set(came)
    assert len(came) > len(sent)  # some came twice
    assert [part.counter for part in came] != sorted(part.counter for part in came)
    assert came[-100:] == sent[-100:]


def test_what_is_held_back_comes_within_its_longest_time():
    delivery = Delivery(1)
    disorder = Disordered(from_min=0, to_min=1, share=0.9, longest_s=5)
    first_s: dict[int, int] = {}
    for second in range(60):
        for part in delivery.due(second, (_said(second),), disorder if second < 50 else None):
            first_s.setdefault(part.counter, second)
    assert sorted(first_s) == list(range(60))
    assert max(came_s - counter for counter, came_s in first_s.items()) <= 5


def _said(counter: int) -> WireMeasurement:
    return measurement(counter, START_MS + counter * 1000, {HEART_RATE: 72.0})


@pytest.mark.parametrize(
    ("faults", "hidden"),
    [
        (NO_FAULTS, frozenset()),
        (Faults(motion=True), STREAMS),
        (Faults(noise=Noise(from_min=0, to_min=1)), {HEART_RATE}),
        (Faults(lost=frozenset({SPO2})), {SPO2}),
        (Faults(stuck=frozenset({SPO2})), {SPO2}),
        (Faults(cuff_fails=True), CUFFS),
        (Faults(cuff=CuffDisturbed(from_min=0, to_min=1, wrong=CuffWrong.LOW)), CUFFS),
        (Faults(is_frozen=True), STREAMS | CUFFS),
        (Faults(is_disconnected=True), STREAMS | CUFFS),
        (Faults(clock_s=-60.0), frozenset()),
        (Faults(delivery=Disordered(from_min=0, to_min=1)), frozenset()),
    ],
)
def test_what_a_fault_hides(faults: Faults, hidden: frozenset[Vital]):
    assert faults.hides == hidden


def test_artefacts_can_be_written_in_a_scenario_file():
    text = """
title = "Artefacts"
description = "One of each kind."
[patient]
label = "A.B."
weight_kg = 70
[order]
dose_mg_per_kg = 0.5
duration_min = 40
"""
    for kind, more in (
        ("motion", ""),
        ("noise", "factor = 1.5"),
        ("cuff_disturbed", 'wrong = "narrow"'),
        ("clock_step", "step_s = -60"),
        ("disordered", "share = 0.4"),
    ):
        text += f'[[event]]\nkind = "{kind}"\nfrom_min = 10\nto_min = 12\n{more}\n'
    faults = faults_at(parse_scenario("artefacts", text).event, 11.0)
    assert faults.motion
    assert faults.clock_s == -60.0
    assert faults.noise is not None and faults.cuff is not None and faults.delivery is not None  # noqa: PT018


def test_the_stated_error_is_the_one_that_the_cuff_makes():
    """Four cuffs on each of thirty arms, beside the truth of the moment."""
    errors: list[float] = []
    for seed in range(30):
        played = Played(minutes=12, seed=seed)
        for second, frame in enumerate(played.frames):
            for part in frame.measurements:
                errors += [
                    reading.value - played.truth[second].systolic
                    for reading in part.readings
                    if reading.vital is SYSTOLIC and reading.value is not None
                ]
    sd = (sum(error**2 for error in errors) / len(errors)) ** 0.5
    assert sd == pytest.approx(ERROR_SD[SYSTOLIC], rel=0.2)
