"""What follows a raised alert: the second channel, escalation, reminders, the pause of the sound, and one presentation for each cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.refused import Refused
from monitor.core.signals import present
from schemas.alert import Alert, AlertKind, AlertState, Priority
from schemas.log import AlertChanged, AlertNotified, AlertShown, AudioPaused, AudioPauseEnded, AudioResumed, Entry, ScreensChanged
from schemas.session import Phase
from schemas.signs import Charted
from tests.unit.core.bedside import Bedside, infusing

A, P = AlertState, Priority


def shown(bed: Bedside, alert: str, by: str = "anna") -> list[Entry]:
    return bed.apply(AlertShown(alert, by, 40))


def desaturated() -> Bedside:
    """OX-H1.1 is raised now."""
    bed = infusing()
    bed.say(spo2=79)
    return bed


def resumed(entries: list[Entry]) -> list[str]:
    return [entry.body.why for entry in entries if isinstance(entry.body, AudioResumed)]


# --- shown, escalated, reminded -------------------------------------------------------------------------------------------------------


def test_an_alert_nobody_sees_is_said_to_be_unseen_and_escalated_twice() -> None:
    bed = desaturated()
    raised_s = bed.since_start_s
    bed.wait(600)
    assert bed.signals("OX-H1") == [(raised_s + 10, "unseen"), (raised_s + 30, "escalated"), (raised_s + 60, "escalated")]
    alert = bed.alert("OX-H1")
    assert alert is not None
    assert (alert.escalation, alert.shown_at_ms) == (2, None)


def test_an_alert_that_was_shown_is_not_unseen() -> None:
    bed = desaturated()
    raised_s = bed.since_start_s
    bed.wait(9.999)
    shown(bed, "OX-H1.1")
    bed.wait(1)
    shown(bed, "OX-H1.1", by="ben")
    bed.wait(100)
    alert = bed.alert("OX-H1")
    assert alert is not None
    assert alert.shown_at_ms == alert.raised_at_ms + 9_999  # type: ignore[operator]
    assert bed.signals("OX-H1") == [(raised_s + 30, "escalated"), (raised_s + 60, "escalated")]


def test_an_answer_ends_escalation() -> None:
    bed = desaturated()
    raised_s = bed.since_start_s
    bed.wait(31)
    bed.acknowledge("OX-H1.1")
    bed.wait(100)
    assert bed.signals("OX-H1") == [(raised_s + 10, "unseen"), (raised_s + 30, "escalated")]


def test_what_is_latched_is_escalated_too() -> None:
    """The dip is over, and still nobody has looked."""
    bed = desaturated()
    raised_s = bed.since_start_s
    bed.stream(100, spo2=98)
    assert bed.state("OX-H1") is A.LATCHED
    assert (raised_s + 60, "escalated") in bed.signals("OX-H1")


def test_only_high_alerts_are_escalated() -> None:
    bed = infusing()
    bed.stream(200, hr=115)
    assert [why for _, why in bed.signals("HR-M1")] == ["unseen"]


def test_who_acknowledged_is_reminded_while_it_lasts() -> None:
    bed = desaturated()
    bed.acknowledge("OX-H1.1")
    answered_s = bed.since_start_s
    bed.wait(400)
    assert bed.signals("OX-H1") == [(answered_s + 180, "reminded"), (answered_s + 360, "reminded")]
    bed.say(spo2=98)
    bed.wait(400)
    assert len(bed.signals("OX-H1")) == 2


def test_nobody_is_reminded_of_a_low_alert() -> None:
    bed = infusing()
    bed.wait(1)
    bed.acknowledge("TEC-L2.1")
    bed.wait(400)
    assert bed.signals("TEC-L2") == []


def test_a_receipt_for_what_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="no open alert"):
        shown(infusing(), "OX-H1.1")


def test_a_receipt_for_what_is_not_raised_yet_is_none() -> None:
    bed = infusing()
    bed.say(hr=140)
    shown(bed, "HR-H1.1")
    bed.stream(30, hr=140)
    assert (bed.changes("HR-H1")[-1][0] + 10, "unseen") in bed.signals("HR-H1")


def test_missing_screens_are_not_waited_for_on_screens() -> None:
    bed = infusing()
    bed.apply(ScreensChanged((), 0))
    bed.wait(100)
    assert bed.state("INF-M2") is A.ACTIVE
    assert bed.signals("INF-M2") == []


def test_the_second_channel_answers_in_the_record_alone() -> None:
    bed = desaturated()
    assert len(bed.apply(AlertNotified("OX-H1.1", "webhook", "200", is_delivered=True))) == 1


# --- the pause ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1, 60, 120])
def test_a_pause_ends_by_itself(seconds: int) -> None:
    bed = infusing()
    bed.apply(AudioPaused("anna", seconds * 1000))
    assert bed.engine.signals.paused_by == "anna"
    until_ms = bed.now_ms + seconds * 1000
    assert resumed(bed.stream(seconds - 1) + bed.wait(0.999)) == []
    made = bed.stream(2)
    ends = [(entry.at_ms, entry.body.why) for entry in made if isinstance(entry.body, AudioResumed)]
    assert ends == [(until_ms, "time_passed")]
    assert bed.engine.signals.paused_until_ms is None


@pytest.mark.parametrize("milliseconds", [0, -1, 120_001])
def test_a_pause_that_is_too_long_is_refused(milliseconds: int) -> None:
    with pytest.raises(Refused, match="at most 120 s"):
        infusing().apply(AudioPaused("anna", milliseconds))


def test_a_person_may_end_it() -> None:
    bed = infusing()
    bed.apply(AudioPaused("anna", 60_000))
    assert resumed(bed.apply(AudioPauseEnded("ben"))) == ["ended_by_person"]
    assert resumed(bed.apply(AudioPauseEnded("ben"))) == []
    assert resumed(bed.wait(100)) == []


def test_the_end_of_the_session_ends_it() -> None:
    bed = infusing()
    bed.apply(AudioPaused("anna", 120_000))
    assert resumed(bed.order(Phase.ABORTED)) == ["session_ended"]


def test_a_second_pause_takes_the_place_of_the_first() -> None:
    bed = infusing()
    bed.apply(AudioPaused("anna", 60_000))
    bed.stream(50)
    bed.apply(AudioPaused("ben", 120_000))
    assert resumed(bed.stream(119)) == []
    assert resumed(bed.stream(1)) == ["time_passed"]


def test_a_lesser_alert_of_a_cause_that_calls_does_not_end_it() -> None:
    """Deep desaturation calls and was paused: that the saturation is also below 90, 92 and 94 is no news."""
    bed = desaturated()
    shown(bed, "OX-H1.1")
    bed.apply(AudioPaused("anna", 40_000))
    made = []
    for _ in range(40):
        made += bed.stream(1, spo2=79)
        for alert in bed.engine.alerts():
            if alert.state is A.ACTIVE and alert.shown_at_ms is None:
                made += shown(bed, alert.id)
    raised = {entry.body.alert.rule for entry in made if isinstance(entry.body, AlertChanged) and entry.body.alert.state is A.ACTIVE}
    assert raised >= {"OX-H2", "OX-M1", "OX-L1"}
    assert resumed(made) == ["time_passed"]


def test_a_higher_alert_of_the_same_cause_ends_it() -> None:
    bed = infusing()
    bed.stream(21, spo2=91)
    assert bed.state("OX-M1") is A.ACTIVE
    bed.apply(AudioPaused("anna", 120_000))
    made = bed.stream(16, spo2=89)
    assert bed.state("OX-H2") is A.ACTIVE
    assert resumed(made) == ["new_alert"]


def test_two_of_one_cause_at_one_instant_end_it() -> None:
    """Neither had called before the other."""
    bed = infusing()
    bed.chart(Charted.SEVERE_HEADACHE)
    bed.apply(AudioPaused("anna", 120_000))
    made = bed.say(sbp=205, dbp=90, map=128)
    assert (bed.state("BP-H1"), bed.state("BP-H2")) == (A.ACTIVE, A.ACTIVE)
    assert resumed(made) == ["new_alert"]


def test_what_has_been_answered_holds_no_pause() -> None:
    """Somebody has answered the desaturation. A lesser alert that comes after it is news to whoever hears it."""
    bed = desaturated()
    bed.acknowledge("OX-H1.1")
    bed.apply(AudioPaused("anna", 120_000))
    assert resumed(bed.stream(20, spo2=79)) == ["new_alert"]


# --- one presentation for each cause --------------------------------------------------------------------------------------------------


def alert(number: int, cause: str, priority: Priority, state: AlertState) -> Alert:
    is_raised = state is not A.PENDING
    return Alert(
        acknowledged_at_ms=None,
        acknowledged_by=None,
        cause=cause,
        escalation=0,
        id=f"X-{number}.1",
        kind=AlertKind.PHYSIOLOGICAL,
        priority=priority,
        raised_at_ms=number * 1000 if is_raised else None,
        reason="",
        rule=f"X-{number}",
        shown_at_ms=None,
        since_ms=0,
        state=state,
        title="",
        vital=None,
    )


ALERTS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(Priority), st.sampled_from((A.PENDING, A.ACTIVE, A.ACKNOWLEDGED, A.LATCHED)))
).map(lambda rows: [alert(number, *row) for number, row in enumerate(rows, 1)])
RANK = [P.LOW, P.MEDIUM, P.HIGH]


@given(ALERTS, st.booleans())
def test_every_raised_alert_is_presented_once_and_the_highest_of_its_cause_first(alerts: list[Alert], is_paused: bool) -> None:
    presented = present(alerts, is_paused=is_paused)
    by_id = {one.id: one for one in alerts}
    listed = [name for group in presented for name in (group.alert, *group.also)]
    assert sorted(listed) == sorted(one.id for one in alerts if one.state is not A.PENDING)
    for group in presented:
        members = [by_id[name] for name in (group.alert, *group.also)]
        assert len({one.cause for one in members}) == 1
        assert RANK.index(members[0].priority) == max(RANK.index(one.priority) for one in members)
        assert group.is_flashing is any(one.state in {A.ACTIVE, A.LATCHED} for one in members)
        assert group.sound is (group.is_flashing and not is_paused)
    assert len({by_id[group.alert].cause for group in presented}) == len(presented)
    ranks = [RANK.index(by_id[group.alert].priority) for group in presented]
    assert ranks == sorted(ranks, reverse=True)
