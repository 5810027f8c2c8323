"""What the engine adds to its parts: deadlines that move with a device's interval, answers by cause, order, time that never goes back."""

import msgspec
import pytest

from monitor.core.engine import NEVER_MS
from monitor.core.refused import Refused
from schemas.alert import AlertState, Why
from schemas.limits import Clause, Direction, Term
from schemas.log import DeviceLeft, MonitorRestarted
from schemas.measurement import Mode
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM, CALM_CUFF, START_MS, Bedside, default_limits, transitions, with_rules


def infusing() -> Bedside:
    bed = Bedside()
    bed.start()
    bed.wait(10)
    return bed


# --- intervals ------------------------------------------------------------------------------------------------------------------------


def started_with(**intervals_s: float) -> Bedside:
    bed = Bedside()
    bed.bind()
    bed.join(**intervals_s)
    bed.order(Phase.BASELINE)
    bed.say(**CALM, **CALM_CUFF)
    bed.start_all_the_same()
    return bed


@pytest.mark.parametrize(
    ("declared_s", "rule", "after_s"),
    [
        ({}, "TEC-L2", 5),
        ({"hr": 0.2}, "TEC-L2", 5),  # a fast device has no less time
        ({"hr": 10}, "TEC-L2", 50),
        ({"hr": 60}, "TEC-L2", 300),
        ({"hr": 3_600}, "TEC-L2", 300),  # the longest that counts: no declaration switches staleness off
        ({"hr": 3_600, "spo2": 3_600}, "TEC-H1", 1_800),
        ({"hr": 60}, "TEC-H1", 1_800),  # both must be silent, so the slower one sets the time
        ({}, "TEC-L1", 450),
        ({"sbp": 120}, "TEC-L1", 180),
        ({"sbp": 120}, "TEC-M3", 240),
        ({"sbp": 3_600}, "TEC-L1", 1_350),
        ({"sbp": 0}, "TEC-L1", 0.001),
    ],
)
def test_silence_is_measured_in_the_devices_own_interval(declared_s: dict[str, float], rule: str, after_s: float) -> None:
    bed = started_with(**declared_s)
    since_s = bed.since_start_s
    bed.wait(4_000)
    assert bed.changes(rule)[0][0] == since_s + after_s


def test_a_device_that_rejoins_with_a_shorter_interval_is_overdue_at_once_and_not_before() -> None:
    bed = started_with(hr=60)
    bed.wait(100)
    bed.join(hr=1)
    rejoined_s = bed.since_start_s
    bed.wait(0)
    assert bed.changes("TEC-L2") == [(rejoined_s, "active", "onset_passed")], "the log's time does not go back"
    alert = bed.alert("TEC-L2")
    assert alert is not None
    assert (alert.since_ms, alert.reason) == (START_MS, "no usable HR for 100 s, last HR 72")


def test_a_device_that_takes_over_brings_its_own_interval() -> None:
    """The cuff of a device that declares a minute is overdue after a minute and a half, although five minutes are usual."""
    bed = Bedside()
    bed.to_baseline()
    bed.join(sbp=60)
    bed.start_all_the_same()
    bed.wait(100)  # all streams are missing and raised by now: nothing else asks to be woken
    bed.say(sbp=120)
    said_s = bed.since_start_s
    bed.wait(600)
    assert bed.changes("TEC-L1") == [(said_s + 90, "active", "onset_passed")]


def test_with_its_device_an_interval_goes_too() -> None:
    bed = started_with(hr=60)
    bed.unbind()
    bed.wait(5)
    assert bed.changes("TEC-L2") == [(5, "active", "onset_passed")]
    bed.bind("d2")
    bed.join("d2")
    bed.say(device="d2", hr=72)
    said_s = bed.since_start_s
    bed.wait(10)
    assert bed.changes("TEC-L2")[-1] == (said_s + 5, "active", "onset_passed")


# --- acknowledgement ------------------------------------------------------------------------------------------------------------------


def test_an_answer_counts_for_the_lesser_alerts_of_the_same_cause() -> None:
    bed = infusing()
    bed.stream(61, hr=140, spo2=88)
    made = bed.acknowledge("HR-H1.1")
    answered = {change.alert.rule: change.alert for _, change in transitions(made)}
    assert set(answered) == {"HR-H1", "HR-M1", "HR-L1"}
    assert {(alert.state, alert.acknowledged_by, alert.acknowledged_at_ms) for alert in answered.values()} == {
        (AlertState.ACKNOWLEDGED, "anna", bed.now_ms)
    }
    assert bed.state("OX-H2") is AlertState.ACTIVE, "another cause"


def test_an_answer_to_a_lesser_alert_leaves_the_higher_ones() -> None:
    bed = infusing()
    bed.stream(61, hr=140)
    bed.acknowledge("HR-M1.1")
    states = {rule: bed.state(rule) for rule in ("HR-H1", "HR-M1", "HR-L1")}
    assert states == {"HR-H1": AlertState.ACTIVE, "HR-M1": AlertState.ACKNOWLEDGED, "HR-L1": AlertState.ACKNOWLEDGED}


def test_an_answer_leaves_its_equals_of_the_same_cause() -> None:
    bed = infusing()
    for _ in range(2):
        bed.say(sbp=170, dbp=90, map=110)
        bed.wait(31)
    bed.acknowledge("BP-M1.1")
    assert (bed.state("BP-M1"), bed.state("BP-M2")) == (AlertState.ACKNOWLEDGED, AlertState.ACTIVE)


def test_a_new_alert_of_the_same_cause_is_not_answered_in_advance() -> None:
    bed = infusing()
    bed.stream(31, hr=115)
    bed.acknowledge("HR-M1.1")
    bed.stream(16, hr=140)
    assert bed.state("HR-H1") is AlertState.ACTIVE


@pytest.mark.parametrize("seconds", [5, 40])
def test_what_cannot_be_answered_is_refused(seconds: int) -> None:
    bed = infusing()
    bed.stream(seconds, hr=140)
    if seconds == 40:
        bed.acknowledge("HR-H1.1")
    with pytest.raises(Refused, match="onset time" if seconds == 5 else "anna did so") as refused:
        bed.acknowledge("HR-H1.1")
    assert refused.value.reason == "not_open"


def test_a_latched_alert_ends_when_it_is_answered() -> None:
    bed = infusing()
    bed.stream(20, hr=140)
    bed.wait(4)
    bed.say(hr=72)
    made = [(at_ms, change) for at_ms, change in transitions(bed.acknowledge("HR-H1.1")) if change.alert.rule == "HR-H1"]
    assert [(change.alert.state, change.why) for _, change in made] == [(AlertState.RESOLVED, Why.ACKNOWLEDGED)]
    assert made[0][1].alert.acknowledged_by == "anna"


def test_a_latched_alert_stays_while_all_is_well() -> None:
    bed = infusing()
    bed.stream(20, hr=140)
    bed.wait(4)
    bed.stream(30, hr=72)
    assert bed.state("HR-H1") is AlertState.LATCHED


def test_a_condition_that_is_questionably_there_again_begins_with_the_answer() -> None:
    """Latched, then a questionable breach, then the answer: the occurrence ends and the next one begins, with no reading in between."""
    bed = infusing()
    bed.say(spo2=79)
    bed.wait(3)
    bed.say(spo2=98)
    bed.wait(1)
    bed.say(spo2=65)
    assert bed.state("OX-H1") is AlertState.LATCHED
    made = transitions(bed.acknowledge("OX-H1.1"))
    assert [(change.alert.id, change.alert.state) for _, change in made if change.alert.rule == "OX-H1"] == [
        ("OX-H1.1", AlertState.RESOLVED),
        ("OX-H1.2", AlertState.PENDING),
    ]


# --- what others read -----------------------------------------------------------------------------------------------------------------


def test_alerts_stand_by_priority_then_unanswered_then_oldest() -> None:
    bed = infusing()
    bed.say(sbp=184, dbp=90, map=110)  # pending: last, whatever their priority
    bed.stream(62, hr=140, spo2=88)
    bed.acknowledge("OX-H2.1")
    bed.say(spo2=88, hr=140, sbp=150, dbp=90, map=110)
    order = [(alert.rule, alert.state.value) for alert in bed.engine.alerts()]
    assert order[:2] == [("HR-H1", "active"), ("OX-H2", "acknowledged")]
    ranks = [{"high": 0, "medium": 1, "low": 2}[alert.priority] for alert in bed.engine.alerts() if alert.state is not AlertState.PENDING]
    assert ranks == sorted(ranks)
    assert [state for _, state in order if state == "pending"] == [state for _, state in order][len(ranks) :]


@pytest.mark.parametrize(
    ("modes", "mode"),
    [
        ([], Mode.REAL),
        ([Mode.REAL], Mode.REAL),
        ([Mode.REAL, Mode.REPLAYED], Mode.REPLAYED),
        ([Mode.REPLAYED, Mode.SIMULATED, Mode.REAL], Mode.SIMULATED),
    ],
)
def test_a_session_is_real_only_if_every_device_is(modes: list[Mode], mode: Mode) -> None:
    bed = Bedside()
    for index, each in enumerate(modes):
        bed.bind(f"d{index}", each)
    assert bed.engine.mode is mode


def test_a_device_is_connected_from_its_joining_to_its_leaving_or_a_restart() -> None:
    bed = Bedside()
    bed.bind()
    seen = []
    for change in (None, DeviceLeft("d1", "bye"), None, MonitorRestarted("1")):
        if change is None:
            bed.join()
        else:
            bed.apply(change)
        seen.append(bed.engine.devices["d1"].is_connected)
    assert seen == [True, False, True, False]


# --- time -----------------------------------------------------------------------------------------------------------------------------


def test_of_equal_deadlines_the_first_rule_comes_first() -> None:
    bed = infusing()
    bed.wait(1)
    bed.say(hr=115, spo2=93.5)
    at_ms = bed.now_ms + 30_000
    bed.wait(31)
    assert [change.alert.rule for when_ms, change in transitions(bed.log) if when_ms == at_ms] == ["HR-M1", "OX-L1", "TEC-H1"]


def test_an_input_with_an_earlier_time_is_taken_at_the_last_one() -> None:
    bed = infusing()
    last_ms = bed.now_ms
    bed.now_ms -= 60_000
    assert {entry.at_ms for entry in bed.say(hr=72)} == {last_ms}
    assert {entry.at_ms for entry in bed.order(Phase.PAUSED)} == {last_ms}
    assert bed.engine.advance(START_MS) == []


def test_a_measurement_of_a_device_that_is_not_bound_is_the_callers_fault() -> None:
    bed = infusing()
    with pytest.raises(KeyError):
        bed.say(device="d9", hr=72)


def test_a_session_without_rules_in_force_asks_for_no_wake() -> None:
    bed = Bedside()
    assert bed.engine.wake_ms == NEVER_MS
    bed.to_baseline()
    bed.wait(1)
    assert bed.engine.wake_ms == NEVER_MS


# --- rule sets other than the default -------------------------------------------------------------------------------------------------


def test_an_immediate_value_breaches_by_itself() -> None:
    """A rule for the systolic pressure with an immediate limit for the diastolic one: the latter must not be silent."""
    limits = default_limits()
    high = Term(vital=Vital.SYSTOLIC_BP, direction=Direction.HIGH, limit=180.0)
    far = Term(vital=Vital.DIASTOLIC_BP, direction=Direction.HIGH, limit=120.0)
    rule = msgspec.structs.replace(
        next(rule for rule in limits.rule if rule.id == "BP-H1"), any=(Clause(all=(high,)),), immediate=(Clause(all=(far,)),), adjust=()
    )
    bed = Bedside(with_rules(rule))
    bed.to_baseline()
    bed.start_all_the_same()
    bed.say(sbp=150, dbp=121)
    assert bed.changes("BP-H1") == [(0, "active", "immediate")]


def test_a_rule_of_recovery_alone_begins_and_ends_with_it() -> None:
    limits = default_limits()
    rules = tuple(
        msgspec.structs.replace(rule, phases=(Phase.PAUSED,)) for rule in limits.rule if rule.id in {"HR-H1", "TEC-H1", "OX-H1", "BP-H1"}
    )
    bed = Bedside(with_rules(*rules))
    bed.start()
    bed.wait(100)
    bed.say(hr=140, spo2=79, sbp=184)
    bed.wait(40)
    bed.say(hr=140, spo2=79)
    assert transitions(bed.log) == []
    paused_s = bed.since_start_s
    bed.order(Phase.PAUSED)
    bed.wait(16)
    assert bed.changes("HR-H1") == [(paused_s, "pending", "condition_began"), (paused_s + 15, "active", "onset_passed")]
    assert bed.changes("OX-H1") == [(paused_s, "active", "immediate")]
    made = bed.order(Phase.INFUSING)
    ended = {change.alert.rule: (change.alert.state.value, change.why.value) for _, change in transitions(made)}
    assert ended == {
        "HR-H1": ("latched", "phase_ended"),
        "OX-H1": ("latched", "phase_ended"),
        "BP-H1": ("withdrawn", "phase_ended"),
    }
    for alert in ("HR-H1.1", "OX-H1.1"):
        bed.acknowledge(alert)
    bed.wait(3_600)
    assert bed.engine.alerts() == ()
    silent_s = bed.since_start_s
    bed.order(Phase.PAUSED)
    bed.wait(0)
    assert bed.changes("TEC-H1") == [(silent_s, "active", "onset_passed")], "silent for an hour: true at once, and not before"


def test_an_onset_rule_may_have_immediate_values() -> None:
    limits = default_limits()
    far = Term(vital=Vital.HEART_RATE, direction=Direction.HIGH, limit=180.0)
    rule = msgspec.structs.replace(next(rule for rule in limits.rule if rule.id == "HR-H1"), immediate=(Clause(all=(far,)),))
    bed = Bedside(with_rules(rule))
    bed.start()
    bed.wait(10)
    bed.say(hr=140)
    bed.wait(5)
    bed.say(hr=180)
    assert bed.changes("HR-H1") == [(130, "pending", "condition_began"), (135, "active", "immediate")]
