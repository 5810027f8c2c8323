"""What a screen is told: the age of a number, its state, and nothing that is history as if it were now."""

import pytest

from monitor.sessions.views import is_now, session_now, vitals_now
from schemas.log import Measured
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Phase
from schemas.stream_wire import DeviceNow
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM, CALM_CUFF, Bedside


def test_a_session_as_it_stands() -> None:
    bed = Bedside()
    bed.start()
    start_ms = bed.now_ms
    bed.stream(10, hr=140)
    bed.wait(2)
    now = session_now(bed.engine, "Room 1", 77, bed.now_ms)
    assert (now.id, now.room, now.phase, now.last_seq, now.mode) == ("S-000001", "Room 1", Phase.INFUSING, 77, Mode.SIMULATED)
    assert (now.started_at_ms, now.phase_since_ms, now.stopped_at_ms) == (start_ms, start_ms, None)
    assert (now.rate_ug_per_min, now.given_ug, now.given_at_ms) == (875, 175, bed.now_ms)
    assert now.devices == (DeviceNow("d1", Mode.SIMULATED, "a simulated bed", True),)
    assert [alert.rule for alert in now.alerts][:1] == ["HR-H1"]
    assert now.cuff_interval_ms == 300_000
    assert {baseline.vital for baseline in now.baselines} == {Vital.HEART_RATE, Vital.SPO2, *(SHORT_CUFF)}
    by_vital = {vital.vital: vital for vital in now.vitals}
    assert set(by_vital) == {Vital.HEART_RATE, Vital.SPO2, *SHORT_CUFF}, "what nobody gives is not shown"
    heart = by_vital[Vital.HEART_RATE]
    assert (heart.value, heart.age_ms, heart.current_for_ms, heart.gone_after_ms, heart.device) == (140.0, 2_000, 5_000, 5_000, "d1")
    cuff = by_vital[Vital.SYSTOLIC_BP]
    assert (cuff.value, cuff.age_ms, cuff.current_for_ms, cuff.gone_after_ms) == (125.0, 12_000, 300_000, 450_000)


SHORT_CUFF = {Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP}


@pytest.mark.parametrize(
    ("said", "validity", "reason"),
    [
        ({"spo2": None}, Validity.INVALID, Reason.NOT_MEASURED),
        ({"spo2": 101.0}, Validity.INVALID, Reason.OUT_OF_RANGE),
    ],
)
def test_a_value_that_is_invalid_is_no_number(said: dict[str, float | None], validity: Validity, reason: Reason) -> None:
    bed = Bedside()
    bed.start()
    bed.say(**said)
    (now,) = (vital for vital in session_now(bed.engine, "", 0, bed.now_ms).vitals if vital.vital is Vital.SPO2)
    assert (now.value, now.validity, now.reason, now.age_ms) == (None, validity, reason, 0)


def test_a_questionable_value_is_a_number_with_a_mark() -> None:
    bed = Bedside()
    bed.start()
    bed.say(spo2=65)
    (now,) = (vital for vital in session_now(bed.engine, "", 0, bed.now_ms).vitals if vital.vital is Vital.SPO2)
    assert (now.value, now.validity) == (65.0, Validity.QUESTIONABLE)


def test_a_value_ages_while_its_source_is_frozen() -> None:
    bed = Bedside()
    bed.start()
    for _ in range(10):
        bed.wait(1)
        bed.say(**CALM, counter_step=0)
    ages = {vital.vital: vital.age_ms for vital in session_now(bed.engine, "", 0, bed.now_ms).vitals}
    assert ages[Vital.HEART_RATE] == 10_000


def test_with_its_device_a_value_is_gone() -> None:
    bed = Bedside()
    bed.start()
    bed.unbind()
    now = session_now(bed.engine, "", 0, bed.now_ms)
    assert (now.vitals, now.devices, now.mode) == ((), (), Mode.REAL)


@pytest.mark.parametrize("reason", list(Reason))
def test_history_is_never_now(reason: Reason) -> None:
    history = {Reason.LATE, Reason.NOT_ADVANCING, Reason.SECOND_SOURCE}
    assert is_now(Reading(reason, Validity.VALID, 72_000, Vital.HEART_RATE)) is (reason not in history)


@pytest.mark.parametrize(
    ("validity", "value_milli", "shown"),
    [
        (Validity.VALID, 72_500, 72.5),
        (Validity.QUESTIONABLE, 72_500, 72.5),
        (Validity.INVALID, 400_000, None),
        (Validity.INVALID, None, None),
    ],
)
def test_the_newest_values_of_an_update(validity: Validity, value_milli: int | None, shown: float | None) -> None:
    bed = Bedside()
    bed.start()
    bed.join(hr=10)
    reading = Reading(Reason.NONE, validity, value_milli, Vital.HEART_RATE)
    body = Measured(1, "d1", bed.now_ms - 500, Mode.REAL, (reading,), bed.now_ms - 200)
    (now,) = vitals_now([(body, reading)], bed.engine.channels, bed.now_ms)
    assert (now.value, now.age_ms, now.current_for_ms, now.device, now.measured_at_ms) == (shown, 200, 50_000, "d1", bed.now_ms - 500)
    (future,) = vitals_now([(body, reading)], bed.engine.channels, bed.now_ms - 1_000)
    assert future.age_ms == 0


def test_calm_values_are_calm() -> None:
    """The builder's own numbers raise nothing: else these tests would speak of something else."""
    bed = Bedside()
    bed.start()
    bed.say(**CALM, **CALM_CUFF)
    assert session_now(bed.engine, "", 0, bed.now_ms).alerts == ()
