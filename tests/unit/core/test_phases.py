"""The phases and what a session can be told in each: every step there is, every refusal by name, and that a refusal changes nothing."""

import pytest

from monitor.core.phases import refuse_step
from monitor.core.refused import Refused
from schemas.alert import AlertState, Why
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.log import (
    MAX_MICROGRAMS,
    AlertAcknowledged,
    AlertChanged,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Input,
    Measured,
    MonitorRestarted,
    NoteAdded,
    PhaseOrdered,
    RateSet,
)
from schemas.measurement import Mode
from schemas.session import Phase
from tests.unit.core.bedside import CALM, INFUSION, WATCHED, Bedside, created

P = Phase
# The whole table, written out: from -> to, for a session with an infusion and for one that is only watched.
STEPS = {
    P.PLANNED: ({P.BASELINE, P.ABORTED}, {P.BASELINE, P.ABORTED}),
    P.BASELINE: ({P.INFUSING, P.ABORTED}, {P.RECOVERY, P.ABORTED}),
    P.INFUSING: ({P.PAUSED, P.RECOVERY, P.ABORTED}, {P.PAUSED, P.RECOVERY, P.ABORTED}),
    P.PAUSED: ({P.INFUSING, P.RECOVERY, P.ABORTED}, {P.RECOVERY, P.ABORTED}),
    P.RECOVERY: ({P.CLOSED, P.ABORTED}, {P.CLOSED, P.ABORTED}),
    P.CLOSED: (set(), set()),
    P.ABORTED: (set(), set()),
}


@pytest.mark.parametrize("now", list(Phase))
@pytest.mark.parametrize("then", list(Phase))
def test_every_step(now: Phase, then: Phase) -> None:
    with_infusion, watched = STEPS[now]
    assert (refuse_step(now, then, INFUSION) is None) is (then in with_infusion)
    assert (refuse_step(now, then, WATCHED) is None) is (then in watched)


def bed_in(phase: Phase) -> Bedside:
    """A session in `phase`, by the shortest way."""
    bed = Bedside()
    bed.bind()
    bed.join()
    if phase is P.PLANNED:
        return bed
    if phase is P.ABORTED:
        bed.order(P.ABORTED)
        return bed
    bed.order(P.BASELINE)
    way = {P.INFUSING: (P.INFUSING,), P.PAUSED: (P.INFUSING, P.PAUSED), P.RECOVERY: (P.INFUSING, P.RECOVERY)}
    for step in way.get(phase, (P.INFUSING, P.RECOVERY, P.CLOSED) if phase is P.CLOSED else ()):
        bed.wait(1)
        bed.order(step, override="test")
    return bed


INFUSING_ONLY = {P.INFUSING}
JUDGED = {P.INFUSING, P.PAUSED, P.RECOVERY}
OPEN = {P.PLANNED, P.BASELINE, *JUDGED}
ALWAYS = set(Phase)
NEVER: set[Phase] = set()
COMMANDS: list[tuple[str, Input, set[Phase], str]] = [
    ("rate", RateSet("anna", 500), INFUSING_ONLY, "not_infusing"),
    ("rate below nothing", RateSet("anna", -1), NEVER, "not_infusing out_of_range"),
    ("rate beyond all", RateSet("anna", MAX_MICROGRAMS + 1), NEVER, "not_infusing out_of_range"),
    ("bolus", BolusGiven(5_000, "anna"), JUDGED, "not_infusing"),
    ("bolus below nothing", BolusGiven(-1, "anna"), NEVER, "not_infusing out_of_range"),
    ("bind another", DeviceBound("anna", "d2", Mode.REAL, "monitor"), OPEN, "session_ended"),
    ("bind again", DeviceBound("anna", "d1", Mode.REAL, "monitor"), NEVER, "already_bound session_ended"),
    ("unbind", DeviceUnbound("anna", "d1"), ALWAYS, ""),
    ("unbind a stranger", DeviceUnbound("anna", "d9"), NEVER, "not_bound"),
    ("a stranger joins", DeviceJoined("boot", "d9", ()), NEVER, "not_bound"),
    ("leave", DeviceLeft("d1", "bye"), ALWAYS, ""),
    ("announce", DeviceAnnounced("d1", (Fact("standby", turn=Turn.START),), Mode.SIMULATED, 0, 0), ALWAYS, ""),
    ("a stranger announces", DeviceAnnounced("d9", (Fact("x"),), Mode.SIMULATED, 0, 0), NEVER, "not_bound"),
    ("a stranger leaves", DeviceLeft("d9", "bye"), NEVER, "not_bound"),
    ("note", NoteAdded("anna", "calm"), ALWAYS, ""),
    ("restart", MonitorRestarted("1"), ALWAYS, ""),
    ("go back to the plan", PhaseOrdered("anna", None, P.PLANNED), NEVER, "phase_step"),
    ("acknowledge nothing", AlertAcknowledged("HR-H1.1", "anna", None), NEVER, "no_such_alert"),
    ("create again", created(), NEVER, "not_a_command"),
    ("measure as a command", Measured(1, "d1", 0, Mode.REAL, (), 0), NEVER, "not_a_command"),
]


@pytest.mark.parametrize(("body", "allowed", "reasons"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
@pytest.mark.parametrize("phase", list(Phase))
def test_every_command_in_every_phase(phase: Phase, body: Input, allowed: set[Phase], reasons: str) -> None:
    bed = bed_in(phase)
    if phase in allowed:
        made = bed.apply(body)
        assert made[0].body == body
        return
    before = (bed.engine.phase, bed.engine.dose.given_ug(bed.now_ms), bed.engine.dose.rate_ug_per_min, dict(bed.engine.devices))
    with pytest.raises(Refused) as refused:
        bed.apply(body)
    assert refused.value.reason in reasons.split()
    assert refused.value.detail
    assert refused.value.steps == []
    assert (bed.engine.phase, bed.engine.dose.given_ug(bed.now_ms), bed.engine.dose.rate_ug_per_min, dict(bed.engine.devices)) == before


def test_what_fell_due_before_a_refusal_is_given_all_the_same() -> None:
    bed = Bedside()
    bed.start()
    bed.now_ms += 20_000
    with pytest.raises(Refused) as refused:
        bed.apply(AlertAcknowledged("HR-H1.1", "anna", None))
    raised = [body.alert.rule for _, body in refused.value.steps if isinstance(body, AlertChanged) and body.why is Why.ONSET_PASSED]
    assert raised == ["TEC-L2", "TEC-L3", "TEC-M1", "TEC-M2"]


def test_the_way_of_a_session_through_its_times() -> None:
    bed = Bedside()
    bed.start()
    engine, start_ms = bed.engine, bed.now_ms
    seen = [engine.stopped_at_ms]
    bed.wait(60)
    bed.order(P.PAUSED)
    seen.append(engine.stopped_at_ms)
    assert seen == [None, None]
    bed.wait(60)
    bed.order(P.RECOVERY)
    stopped_ms = bed.now_ms
    bed.wait(60)
    bed.order(P.CLOSED)
    assert (engine.started_at_ms, engine.stopped_at_ms, engine.phase_since_ms) == (start_ms, stopped_ms, bed.now_ms)


def test_a_session_that_never_infused_never_stopped() -> None:
    bed = Bedside(order=WATCHED)
    bed.to_baseline()
    bed.order(P.RECOVERY)
    assert (bed.engine.started_at_ms, bed.engine.stopped_at_ms) == (None, None)


@pytest.mark.parametrize("end", [P.CLOSED, P.ABORTED])
def test_with_the_session_its_alerts_end_and_nothing_more_falls_due(end: Phase) -> None:
    bed = Bedside()
    bed.start()
    bed.wait(10)
    bed.say(sbp=184, dbp=90, map=110)
    bed.stream(20, hr=140)
    bed.order(P.RECOVERY)
    made = bed.order(end)
    ended = {body.alert.rule: (body.alert.state, body.why.value) for entry in made if isinstance(body := entry.body, AlertChanged)}
    assert ended["HR-H1"] == (AlertState.RESOLVED, "session_ended")
    assert ended["BP-H1"] == (AlertState.WITHDRAWN, "session_ended")
    assert bed.engine.alerts() == ()
    assert bed.wait(100_000) == []


def test_the_change_from_infusing_to_recovery_ends_no_alert() -> None:
    bed = Bedside()
    bed.start()
    bed.wait(10)
    bed.stream(20, hr=140)
    before = [alert for alert in bed.engine.alerts() if alert.rule == "HR-H1"]
    bed.order(P.PAUSED)
    bed.order(P.RECOVERY)
    assert [alert for alert in bed.engine.alerts() if alert.rule == "HR-H1"] == before


@pytest.mark.parametrize("phase", [P.PLANNED, P.BASELINE])
def test_before_the_infusion_nothing_is_judged(phase: Phase) -> None:
    bed = bed_in(phase)
    bed.say(hr=200, spo2=50, sbp=250, dbp=140, map=180)
    bed.wait(10_000)
    assert bed.engine.alerts() == ()


def test_what_is_true_at_the_start_begins_at_the_start() -> None:
    """Immediate, by onset, by cuff: each from the moment of the start, without waiting for the next value."""
    bed = Bedside(order=WATCHED)  # no gate stands before watching
    bed.to_baseline()
    bed.say(**{**CALM, "hr": 135.0, "spo2": 79.0, "sbp": 184.0})
    start_s = bed.since_start_s
    bed.order(P.RECOVERY)
    assert bed.changes("OX-H1") == [(start_s, "active", "immediate")]
    bed.wait(120)
    assert bed.changes("HR-H1") == [(start_s, "pending", "condition_began"), (start_s + 15, "active", "onset_passed")]
    assert bed.changes("BP-H1")[-1] == (start_s + 120, "active", "not_confirmed_in_time")


@pytest.mark.parametrize(("age_s", "begins"), [(5, True), (5.001, False)])
def test_what_was_true_too_long_ago_does_not_begin_at_the_start(age_s: float, begins: bool) -> None:
    """Past its age a value says nothing: that it is missing will be raised instead."""
    bed = Bedside()
    bed.to_baseline()
    bed.say(hr=135)
    bed.wait(age_s)
    bed.start_all_the_same()
    assert (bed.alert("HR-H1") is not None) is begins
