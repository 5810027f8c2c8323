"""Faults of device and way: each appears on the wire as it says, in its time, and changes nothing before it."""

from statistics import fmean

import msgspec
import pytest

from schemas.device_wire import Frame
from schemas.instant import to_ms
from schemas.vitals import Unit, Vital
from simulators.bed import encode
from simulators.events import Apnoea, Averaging, Desaturation, LowPerfusion, SameLimb
from simulators.faults import CUFFS, STREAMS, faults_at
from simulators.wire_events import (
    ClockDrift,
    CounterRollsOver,
    Duplicated,
    Flapping,
    Flood,
    Late,
    Restarted,
    Sentinel,
    UnitError,
    UnitMistake,
)
from tests.unit.simulators.played import START_MS, Played

HEART_RATE, SPO2, SYSTOLIC = Vital.HEART_RATE, Vital.SPO2, Vital.SYSTOLIC_BP
FROM_S, TO_S = 480, 540
SPELL = {"from_min": 8, "to_min": 9}
RIGHT = Played()


@pytest.mark.parametrize("value", [0, -1, -999, 127])
def test_a_sentinel_stands_where_the_value_is_missing(value: int):
    played = Played(Sentinel(**SPELL, vitals=(SPO2,), value=value))
    assert set(played.values(SPO2, FROM_S, TO_S)) == {value}
    assert played.values(SPO2, 0, FROM_S) == RIGHT.values(SPO2, 0, FROM_S)
    assert played.values(HEART_RATE, 0, 840) == RIGHT.values(HEART_RATE, 0, 840)
    assert SPO2 in played.hidden[FROM_S]


def test_kilopascals_under_the_label_of_millimetres():
    pressures = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)
    played = Played(UnitMistake(from_min=11, to_min=12, vitals=pressures, mistake=UnitError.KILOPASCAL))
    (wrong,), (right,) = played.numbers(SYSTOLIC, 660, 720), RIGHT.numbers(SYSTOLIC, 660, 720)
    assert wrong == pytest.approx(right / 7.50062, abs=0.01)
    assert {reading.unit for part in played.parts(660, 720) for reading in part.readings if reading.vital is SYSTOLIC} == {Unit.MMHG}


def test_a_fraction_under_the_label_of_percent():
    played = Played(UnitMistake(**SPELL, vitals=(SPO2,), mistake=UnitError.FRACTION))
    assert max(played.numbers(SPO2, FROM_S, TO_S)) <= 1.0


def test_a_wrong_label_on_a_right_number():
    played = Played(UnitMistake(**SPELL, vitals=(SPO2,), mistake=UnitError.LABEL))
    assert played.values(SPO2, 0, 840) == RIGHT.values(SPO2, 0, 840)
    units = {reading.unit for part in played.parts(FROM_S, TO_S) for reading in part.readings if reading.vital is SPO2}
    assert units == {Unit.PER_MINUTE}


def test_duplicates_have_the_counter_of_the_first():
    counters = [part.counter for part in Played(Duplicated(**SPELL)).parts(FROM_S, TO_S)]
    assert counters == [counter for counter in sorted(set(counters)) for _ in range(2)]
    assert Played(Duplicated(**SPELL, share=0.3)).frames[:FROM_S] == RIGHT.frames[:FROM_S]


def test_what_is_late_comes_in_its_order_and_all_of_it():
    played = Played(Late(from_min=8, to_min=9, delay_s=12))
    fresh: list[int] = []
    for second in range(840):
        for part in played.frames[second].measurements:
            if not fresh or part.counter > fresh[-1]:
                fresh.append(part.counter)
                if FROM_S + 12 <= second < TO_S:
                    assert second * 1000 - (to_ms(part.measured_at) - START_MS) == 12_000
    assert fresh == [part.counter for part in RIGHT.parts(0, 840)]
    assert played.parts(TO_S + 1, 840) == RIGHT.parts(TO_S + 1, 840)


def test_a_drifting_clock_is_ahead_by_what_it_gained():
    played = Played(ClockDrift(from_min=8, to_min=12, ppm=10_000))
    ahead = [
        to_ms(one.measured_at) - to_ms(other.measured_at) for one, other in zip(played.parts(0, 840), RIGHT.parts(0, 840), strict=True)
    ]
    assert ahead[479] == ahead[-1] == 0
    assert max(ahead) == pytest.approx(2_400, abs=15)


def test_a_counter_rolls_over():
    counters = [part.counter for part in Played(CounterRollsOver(from_min=6, to_min=13, modulus=64)).parts(361, 770)]
    assert max(counters) == 63
    assert min(counters) == 0


def test_a_flood_has_many_measurements_with_counters_of_their_own():
    played = Played(Flood(**SPELL, per_s=50))
    assert all(len(frame.measurements) == 50 for frame in played.frames[FROM_S:TO_S])
    counters = [part.counter for part in played.parts(0, 840)]
    assert counters == sorted(set(counters))


def test_a_flapping_line_is_down_for_its_share_of_the_time():
    event = Flapping(**SPELL, every_s=10, down_s=3)
    down = [faults_at((event,), second / 60).is_disconnected for second in range(470, 550)]
    assert sum(down) == 18
    assert down[10:20] == [True] * 3 + [False] * 7
    with pytest.raises(ValueError, match="never comes back"):
        Flapping(**SPELL, every_s=10, down_s=10)


def test_a_restarted_monitor_counts_from_one_again():
    played = Played(Restarted(**SPELL))
    assert played.boots[TO_S - 1] == 1
    assert played.boots[TO_S] == 2
    assert played.frames[TO_S].measurements[0].counter == 1
    assert played.hidden[FROM_S] == STREAMS | CUFFS


def test_probe_and_cuff_on_one_arm():
    """Cuffs are inflated for about half a minute from 0.5, 2.5 and 4.5 min on."""
    played = Played(SameLimb(from_min=0, to_min=6))
    missing = [second for second, value in enumerate(played.values(SPO2, 0, 360)) if value is None]
    assert 80 < len(missing) < 105
    assert all(28 <= second % 120 <= 66 for second in missing)


def test_a_cold_hand_gives_fewer_values_and_lower_ones():
    played = Played(LowPerfusion(from_min=6, to_min=13))
    values = played.values(SPO2, 400, 780)
    assert 0.3 < values.count(None) / len(values) < 0.5
    assert fmean(played.numbers(SPO2, 400, 780)) < fmean(RIGHT.numbers(SPO2, 400, 780)) - 1


def test_a_long_average_is_behind_the_patient():
    fall = Desaturation(from_min=8, to_min=9, lowest=80)
    quick, slow = Played(fall), Played(fall, Averaging(from_min=7, to_min=12, vital=SPO2, over_s=40))
    assert min(quick.numbers(SPO2, 480, 600)) < 83
    assert min(slow.numbers(SPO2, 480, 600)) > min(quick.numbers(SPO2, 480, 600)) + 2


def test_a_capnograph_finds_no_breath_in_an_apnoea():
    played = Played(Apnoea(**SPELL), capnograph=True)
    assert None not in played.values(Vital.ETCO2, 0, FROM_S)
    assert played.values(Vital.ETCO2, FROM_S + 10, TO_S - 2) == [None] * 48
    assert Vital.ETCO2 not in {reading.vital for part in RIGHT.parts(0, 60) for reading in part.readings}


def test_what_is_sent_is_of_the_wire_s_form_whatever_is_wrong():
    played = Played(
        Sentinel(**SPELL, vitals=(SPO2,), value=-999),
        UnitMistake(**SPELL, vitals=(HEART_RATE,), mistake=UnitError.LABEL),
        Duplicated(**SPELL),
        Flood(**SPELL, per_s=20),
        minutes=9,
    )
    for frame in played.frames[FROM_S:TO_S]:
        assert msgspec.json.decode(encode(frame), type=Frame) == frame
