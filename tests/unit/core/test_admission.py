"""Is a value plausible, credible beside its neighbours, and from the right source? Boundaries to a thousandth, and an oracle for cuffs."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.admission import CUFF_VITALS, doubt, judge_cuff, judge_value, plain
from schemas.alert import AlertState
from schemas.measurement import Reading, Reason, Validity
from schemas.vitals import VITAL_SIGNS, Vital
from tests.unit.core.bedside import CALM, SHORT, Bedside, default_limits

# From the clinical evidence, section 5.4; the codes' table must say the same.
PLAUSIBLE = {
    "hr": (20, 300), "pr": (20, 300), "sbp": (30, 300), "dbp": (10, 250), "map": (15, 280), "spo2": (1, 100), "rr": (0, 80),
    "etco2": (0, 150),
}  # fmt: skip
EDGES = [
    (short, value_milli, is_inside)
    for short, (low, high) in PLAUSIBLE.items()
    for value_milli, is_inside in (
        (low * 1000 - 1, False),
        (low * 1000, True),
        (low * 1000 + 1, True),
        (high * 1000 - 1, True),
        (high * 1000, True),
        (high * 1000 + 1, False),
    )
]


def bed_with_device() -> Bedside:
    bed = Bedside()
    bed.to_baseline()
    return bed


@pytest.mark.parametrize(("short", "value_milli", "is_inside"), EDGES)
def test_the_plausible_range_is_inclusive_to_a_thousandth(short: str, value_milli: int, is_inside: bool) -> None:
    reading = judge_value(SHORT[short], value_milli)
    expected = (Validity.VALID, Reason.NONE) if is_inside else (Validity.INVALID, Reason.OUT_OF_RANGE)
    assert (reading.validity, reading.reason, reading.value_milli) == (*expected, value_milli)


@pytest.mark.parametrize("vital", list(Vital))
@pytest.mark.parametrize("value_milli", [-1, -(2**53), 2**53])
def test_the_absurd_is_kept_and_marked(vital: Vital, value_milli: int) -> None:
    assert judge_value(vital, value_milli) == Reading(Reason.OUT_OF_RANGE, Validity.INVALID, value_milli, vital)


def test_no_value_is_not_zero() -> None:
    assert judge_value(Vital.SPO2, None) == Reading(Reason.NOT_MEASURED, Validity.INVALID, None, Vital.SPO2)


# --- one cuff cycle -------------------------------------------------------------------------------------------------------------------

pressures = st.one_of(
    st.none(), st.integers(0, 320_000), st.integers(30_000, 250_000), st.sampled_from([30_000, 100_000, 150_000, 200_000])
)


def cuff_oracle(sbp: int | None, dbp: int | None, map_: int | None) -> dict[str, str]:
    """The table of PMC7015776 and the cross check, written once more: each value is ok, absent, implausible, crossed or weak."""
    said = {"sbp": sbp, "dbp": dbp, "map": map_}
    plausible = {name: value is None or PLAUSIBLE[name][0] * 1000 <= value <= PLAUSIBLE[name][1] * 1000 for name, value in said.items()}
    order = [value for value in (sbp, map_, dbp) if value is not None]
    is_crossed = order != sorted(order, reverse=True) or (sbp is not None and sbp == dbp)
    is_weak = False
    if sbp is not None and dbp is not None:
        least = 50_000 if sbp > 200_000 else 30_000 if sbp > 150_000 else 15_000 if sbp > 100_000 else 10_000
        is_weak = sbp - dbp < least
    whole = "crossed" if not all(plausible.values()) or is_crossed else "weak" if is_weak else "ok"
    return {name: "absent" if value is None else "implausible" if not plausible[name] else whole for name, value in said.items()}


@settings(max_examples=300)
@given(pressures, pressures, pressures)
def test_a_cuff_agrees_with_the_oracle(sbp: int | None, dbp: int | None, map_: int | None) -> None:
    said = {"sbp": sbp, "dbp": dbp, "map": map_}
    readings = judge_cuff([judge_value(SHORT[name], value) for name, value in said.items()], default_limits().admission)
    words = {
        Reason.NONE: "ok",
        Reason.NOT_MEASURED: "absent",
        Reason.OUT_OF_RANGE: "implausible",
        Reason.CROSS_FIELD: "crossed",
        Reason.PULSE_PRESSURE: "weak",
    }
    assert {short: words[reading.reason] for short, reading in zip(said, readings, strict=True)} == cuff_oracle(sbp, dbp, map_)
    for reading in readings:
        expected = {"ok": Validity.VALID, "weak": Validity.QUESTIONABLE}.get(words[reading.reason], Validity.INVALID)
        assert reading.validity is expected
    assert [reading.value_milli for reading in readings] == [sbp, dbp, map_], "a value is kept whatever the verdict"


@pytest.mark.parametrize(
    ("sbp", "dbp", "reason"),
    [
        (200.001, 150.001, Reason.NONE), (200.001, 150.002, Reason.PULSE_PRESSURE),
        (200, 170, Reason.NONE), (200, 170.001, Reason.PULSE_PRESSURE),
        (150, 135, Reason.NONE), (150, 135.001, Reason.PULSE_PRESSURE), (100, 90, Reason.NONE), (100, 90.001, Reason.PULSE_PRESSURE),
        (200, 115, Reason.NONE),  # a mean of 143: the event we exist to catch, never discarded
    ],
)  # fmt: skip
def test_a_weak_pulse_pressure_is_questionable(sbp: float, dbp: float, reason: Reason) -> None:
    assert bed_with_device().readings(sbp=sbp, dbp=dbp)["sbp"].reason is reason


def test_without_a_table_no_pulse_pressure_is_weak() -> None:
    admission = msgspec.structs.replace(default_limits().admission, pulse_pressure=())
    readings = [judge_value(SHORT[name], value) for name, value in (("sbp", 120_000), ("dbp", 119_000))]
    assert judge_cuff(readings, admission) == readings


def test_other_vital_signs_of_the_measurement_are_not_voided_with_the_cuff() -> None:
    readings = bed_with_device().readings(hr=72, sbp=110, dbp=120)
    assert (readings["hr"].reason, readings["sbp"].reason) == (Reason.NONE, Reason.CROSS_FIELD)


def test_late_values_are_checked_beside_their_neighbours_too() -> None:
    bed = bed_with_device()
    bed.say(hr=72)
    readings = bed.readings(sbp=110, dbp=120, behind_ms=60_000)
    assert (readings["sbp"].reason, readings["sbp"].validity) == (Reason.LATE, Validity.INVALID)


# --- jumps ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vital", "before", "value", "after_s", "reason"),
    [
        ("hr", 100, 140, 3, Reason.NONE),  # 40 % exactly
        ("hr", 100, 140.001, 3, Reason.JUMP),
        ("hr", 100, 140.001, 3.001, Reason.NONE),
        ("hr", 100, 59.999, 1, Reason.JUMP),
        ("hr", 100, 60, 1, Reason.NONE),
        ("spo2", 98, 90, 2, Reason.NONE),  # 8 exactly
        ("spo2", 98, 89.999, 2, Reason.JUMP),
        ("spo2", 98, 89.999, 2.001, Reason.NONE),
        ("spo2", 80, 88.001, 2, Reason.JUMP),  # a rise that fast is an artefact too: it must end no alert
        ("spo2", 98, 69.999, 60, Reason.UNCALIBRATED),
        ("spo2", 98, 70, 60, Reason.NONE),
        ("rr", 12, 40, 1, Reason.NONE),
    ],
)
def test_a_jump_is_questionable(vital: str, before: float, value: float, after_s: float, reason: Reason) -> None:
    bed = bed_with_device()
    bed.say(**{vital: before})
    bed.wait(after_s)
    reading = bed.readings(**{vital: value})[vital]
    assert reading.reason is reason
    assert reading.validity is (Validity.VALID if reason is Reason.NONE else Validity.QUESTIONABLE)


def test_the_very_first_value_may_be_uncalibrated() -> None:
    assert bed_with_device().readings(spo2=65)["spo2"].reason is Reason.UNCALIBRATED


def test_after_a_jump_the_new_level_is_believed() -> None:
    bed = bed_with_device()
    bed.say(hr=72)
    seen = []
    for value in (140, 139, 72):
        bed.wait(1)
        seen.append(bed.readings(hr=value)["hr"].reason)
    assert seen == [Reason.JUMP, Reason.NONE, Reason.JUMP]


def test_what_is_questionable_is_raised_late_and_ends_nothing() -> None:
    """SpO2 of 65 % is outside the calibrated range: raised when it has held 30 s, and a jump back up does not end it."""
    bed = Bedside()
    bed.start()
    bed.wait(10)
    since_s = bed.since_start_s
    bed.say(spo2=65)
    for _ in range(30):
        bed.wait(1)
        bed.say(spo2=65)
    assert bed.changes("OX-H1") == [(since_s, "pending", "condition_began"), (since_s + 30, "active", "onset_passed")]
    bed.wait(1)
    bed.say(spo2=98)
    assert bed.state("OX-H1") is AlertState.ACTIVE
    bed.wait(1)
    bed.say(spo2=98)
    assert bed.state("OX-H1") is AlertState.LATCHED


def test_valid_evidence_shortens_the_wait_to_the_ordinary_onset() -> None:
    bed = Bedside()
    bed.start()
    bed.wait(1)
    since_s = bed.since_start_s
    bed.say(**{**CALM, "spo2": 88})  # a drop of 10 in a second: questionable
    bed.stream(20, spo2=88)
    assert bed.changes("OX-H2") == [(since_s, "pending", "condition_began"), (since_s + 15, "active", "onset_passed")]


def test_valid_evidence_after_the_ordinary_onset_raises_at_once() -> None:
    bed = Bedside()
    bed.start()
    bed.wait(1)
    since_s = bed.since_start_s
    bed.say(spo2=65)
    bed.wait(16)
    bed.say(spo2=75)
    assert bed.changes("OX-H2") == [(since_s, "pending", "condition_began"), (since_s + 16, "active", "onset_passed")]
    assert bed.changes("OX-H1")[-1] == (since_s + 16, "active", "onset_passed")


def test_valid_evidence_at_the_very_onset_raises_with_it() -> None:
    bed = Bedside()
    bed.start()
    bed.wait(1)
    bed.say(spo2=65)
    bed.wait(15)
    made = bed.say(spo2=75)
    assert [state for _, state, _ in bed.changes("OX-H2", made)] == ["active"], "in that moment, not when somebody looks"


def test_a_questionable_value_of_one_vital_sign_does_not_weaken_another() -> None:
    """An oximeter outside its range must not make the heart rate wait, nor keep its alert from ending."""
    bed = Bedside()
    bed.start()
    bed.wait(10)
    since_s = bed.since_start_s + 1
    bed.stream(15, hr=140, spo2=65)
    assert bed.changes("HR-H1")[0] == (since_s, "pending", "condition_began")
    bed.stream(1, hr=140, spo2=65)
    assert bed.changes("HR-H1")[1] == (since_s + 15, "active", "onset_passed")
    bed.wait(4)
    bed.stream(1, hr=100, spo2=65)
    assert bed.state("HR-H1") is AlertState.LATCHED


def test_a_doubt_that_is_past_its_age_weakens_nothing() -> None:
    """BP-H3 looks at the heart rate too. One that jumped a minute ago, and was lost then, does not make its cuffs questionable."""
    bed = Bedside()
    bed.start()
    bed.wait(1)
    bed.say(hr=150)
    bed.wait(60)
    since_s = bed.since_start_s
    bed.say(sbp=78, map=60)
    bed.wait(30)
    bed.say(sbp=78, map=60)
    assert bed.changes("BP-H3") == [(since_s, "pending", "condition_began"), (since_s + 30, "active", "confirmed")]


# --- sources --------------------------------------------------------------------------------------------------------------------------


def two_devices() -> Bedside:
    bed = bed_with_device()
    bed.bind("d2")
    bed.join("d2")
    return bed


def test_the_first_device_with_a_value_is_the_source() -> None:
    bed = two_devices()
    bed.say(hr=72)
    assert bed.readings(device="d2", hr=140)["hr"] == Reading(Reason.SECOND_SOURCE, Validity.VALID, 140_000, Vital.HEART_RATE)
    assert bed.engine.channels[Vital.HEART_RATE].value_milli == 72_000


def test_a_probe_that_is_off_keeps_nobody_out() -> None:
    bed = two_devices()
    assert bed.readings(hr=None)["hr"].reason is Reason.NOT_MEASURED
    assert bed.readings(device="d2", hr=80)["hr"].reason is Reason.NONE
    assert bed.readings(hr=72)["hr"].reason is Reason.SECOND_SOURCE


def test_a_source_that_is_unbound_gives_way_and_its_value_is_gone() -> None:
    bed = two_devices()
    bed.say(hr=72)
    bed.unbind("d1")
    assert bed.engine.channels[Vital.HEART_RATE].value_milli is None
    assert bed.engine.channels[Vital.HEART_RATE].device is None
    assert bed.readings(device="d2", hr=140)["hr"].reason is Reason.NONE, "nobody's value before it: no jump"


def test_two_feeders_are_never_interleaved() -> None:
    bed = two_devices()
    bed.say(device="d1", spo2=70)
    for _ in range(600):
        bed.wait(1)
        bed.say(device="d2", spo2=95)
        bed.say(device="d1", spo2=70)
        assert bed.engine.channels[Vital.SPO2].value_milli == 70_000


@given(
    vital=st.sampled_from(list(VITAL_SIGNS)),
    value=st.integers(0, 300_000),
    change=st.integers(-60_000, 60_000),
    elapsed_ms=st.integers(0, 20_000),
)
def test_what_is_plain_is_valid_and_never_in_doubt(vital: Vital, value: int, change: int, elapsed_ms: int) -> None:
    admission = default_limits().admission
    before = value - change
    low, high, step = plain(vital, admission)
    if low <= value <= high and abs(change) <= step:
        assert judge_value(vital, value) == Reading(Reason.NONE, Validity.VALID, value, vital)
        assert doubt(vital, value, before, elapsed_ms, admission) is Reason.NONE


@pytest.mark.parametrize("vital", CUFF_VITALS)
def test_no_value_of_a_cuff_is_plain_by_itself(vital: Vital) -> None:
    low, high, _ = plain(vital, default_limits().admission)
    assert low > high


@pytest.mark.parametrize(
    ("vital", "value", "before", "elapsed_ms", "reason"),
    [
        (Vital.SPO2, 90_000, 98_000, 2_000, Reason.NONE),
        (Vital.SPO2, 89_999, 98_000, 2_000, Reason.JUMP),
        (Vital.SPO2, 89_999, 98_000, 2_001, Reason.NONE),
        (Vital.HEART_RATE, 140_000, 100_000, 3_000, Reason.NONE),
        (Vital.HEART_RATE, 140_001, 100_000, 3_000, Reason.JUMP),
        (Vital.HEART_RATE, 140_001, 100_000, 3_001, Reason.NONE),
    ],
)
def test_a_jump_begins_beyond_its_step_and_within_its_time(vital: Vital, value: int, before: int, elapsed_ms: int, reason: Reason) -> None:
    assert doubt(vital, value, before, elapsed_ms, default_limits().admission) is reason


def test_most_of_a_calm_patient_is_plain() -> None:
    """Else the shortcut would be none."""
    admission = default_limits().admission
    for vital, step in ((Vital.HEART_RATE, 8_000), (Vital.SPO2, 3_000)):
        assert plain(vital, admission)[2] >= step
