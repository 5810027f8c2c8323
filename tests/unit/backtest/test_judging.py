"""A log under another rule set: its alerts, and what becomes of what people did then."""

import msgspec
import pytest
from hypothesis import given, settings

from monitor.backtest import judging
from monitor.backtest.comparing import compare
from monitor.backtest.figures import summarise
from monitor.backtest.judging import Judged
from monitor.backtest.log_file import LogBroken
from monitor.backtest.rule_set import THEIR_OWN, RuleSet
from monitor.backtest.wording import refused_lines
from monitor.core.engine import Engine, Step
from monitor.core.refused import Refused
from schemas.alert import Priority
from schemas.log import AlertAcknowledged, Entry, Input, Measured, NoteAdded, PhaseOrdered
from schemas.session import Phase
from tests.unit.backtest.logs import backtested, moved, only, raised_in, rule_set, shipped, with_rule
from tests.unit.core.bedside import CALM, CALM_CUFF, START_MS, Bedside
from tests.unit.core.histories import History, histories, play

STREAM_RULES = ("HR-M1", "OX-M1")  # absolute limits on streams, without a baseline, a second cuff or a latch


def begun() -> Bedside:
    bed = Bedside()
    bed.start()
    bed.wait(10)
    return bed


def under(log: list[Entry], rules: RuleSet | None = None) -> Judged:
    return backtested(log, shipped(), rules or shipped()).b


# --- the same rules -------------------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(histories())
def test_under_its_own_rule_set_a_log_gives_its_own_alerts(history: History) -> None:
    log = play(history)
    result = backtested(log, THEIR_OWN, shipped())
    for judged in (result.a, result.b):
        assert [(raised.alert, raised.raised_at_ms, raised.ended_ms) for raised in judged.raised] == raised_in(log)
        assert judged.refused == {}
    assert result.parted_at_ms is None
    assert (result.began_ms, result.ended_ms) == (log[0].at_ms, log[-1].at_ms)
    assert result.readings == sum(len(entry.body.readings) for entry in log if isinstance(entry.body, Measured))


# --- other rules ----------------------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(histories())
def test_a_stricter_limit_never_detects_later_and_misses_nothing(history: History) -> None:
    a, b = only(*STREAM_RULES), moved(only(*STREAM_RULES), by=4)
    result = backtested(play(history), rule_set(a), rule_set(b))
    found = compare(result.a.raised, result.b.raised)
    assert (found.missed, found.lowered) == ((), ())
    for episode in found.episodes:
        assert episode.b_ms is not None
        assert episode.a_ms is None or episode.b_ms <= episode.a_ms


@settings(max_examples=40)
@given(histories())
def test_a_longer_onset_never_detects_earlier(history: History) -> None:
    a = only(*STREAM_RULES)
    result = backtested(play(history), rule_set(a), rule_set(with_rule(a, "HR-M1", onset_s=45.0)))
    found = compare(result.a.raised, result.b.raised)
    assert found.added == ()
    assert all(episode.b_ms is None or (episode.a_ms is not None and episode.a_ms <= episode.b_ms) for episode in found.episodes)


def test_another_limit_raises_at_another_time_with_its_own_reason() -> None:
    bed = begun()
    bed.stream(40, hr=134)
    result = backtested(bed.log, rule_set(only("HR-H1")), rule_set(with_rule(only("HR-H1"), "HR-H1", onset_s=30.0)))
    (then,), (now,) = result.a.raised, result.b.raised
    assert now.raised_at_ms - then.raised_at_ms == 15_000
    assert (then.began_ms, then.ended_ms) == (now.began_ms, None)
    assert (then.reason, now.reason) == tuple(f"HR 134 >= 131 for {onset} s, +86 % of baseline 72" for onset in (15, 30))


def test_a_latched_alert_that_recurs_calls_again() -> None:
    bed = begun()
    bed.stream(20, hr=134)
    bed.stream(5, hr=72)
    bed.stream(3, hr=134)
    first, again = under(bed.log, rule_set(only("HR-H1"))).raised
    assert (first.alert, again.alert) == ("HR-H1.1", "HR-H1.1")
    assert (first.is_recurrence, again.is_recurrence) == (False, True)
    assert (again.began_ms, again.ended_ms) == (again.raised_at_ms, None)
    assert first.ended_ms is not None
    assert first.ended_ms < again.raised_at_ms


def test_what_falls_due_after_the_last_input_and_before_the_last_entry_is_raised() -> None:
    bed = begun()
    bed.stream(1)
    bed.wait(40)
    bed.apply(NoteAdded("anna", "no signal"))
    assert "TEC-H1" in [raised.rule for raised in under(bed.log).raised]


def test_nothing_is_raised_past_the_end_of_the_log() -> None:
    bed = begun()
    bed.stream(1)
    bed.wait(30)  # the log ends with the last alert that fell due in it: that is how far time is known to have come
    result = backtested(bed.log, shipped(), rule_set(with_rule(only("TEC-H1"), "TEC-H1", after_s=31.0)))
    assert result.ended_ms == bed.log[-1].at_ms == START_MS + 161_000
    assert result.b.raised == ()


def test_second_cuffs_are_counted() -> None:
    bed = begun()
    bed.say(sbp=184, dbp=90, map=110)
    assert under(bed.log).cuffs_asked == 1
    assert under(bed.log, rule_set(only("HR-H1"))).cuffs_asked == 0


def test_a_rule_set_that_raises_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MAX_RAISED", 3)
    bed = begun()
    for _ in range(4):
        bed.stream(35, hr=114)
        bed.stream(5, hr=72)
    with pytest.raises(LogBroken, match=r"line \d+: more than 3 alerts in one session, the last by HR-M1"):
        under(bed.log, rule_set(only("HR-M1")))


# --- what people did then -------------------------------------------------------------------------------------------------------------


def test_an_answer_to_an_alert_that_does_not_exist_is_taken_for_the_cause() -> None:
    bed = begun()
    bed.stream(40, hr=134)
    bed.acknowledge("HR-H1.1")
    bed.stream(5, hr=72)
    judged = under(bed.log, rule_set(with_rule(only("HR-M1"), "HR-M1", latch=True)))
    assert judged.refused == {"alert_acknowledged: taken for the open alert of the same cause": 1}
    (raised,) = judged.raised
    assert raised.rule == "HR-M1"
    assert [(refusal.kind, refusal.why) for refusal in judged.refusals] == [("alert_acknowledged", "no open alert HR-H1.1 in this session")]


def test_an_answer_to_another_occurrence_is_taken_for_the_open_one_of_the_rule() -> None:
    """A surge that only the stricter set saw: what was the first occurrence then is the second here."""
    bed = begun()
    bed.stream(40, hr=108)
    bed.stream(5, hr=72)
    bed.stream(40, hr=114)
    bed.acknowledge("HR-M1.1")
    bed.stream(5, hr=72)
    stricter = moved(only("HR-M1"), by=6)
    judged = under(bed.log, rule_set(stricter))
    assert [raised.alert for raised in judged.raised] == ["HR-M1.1", "HR-M1.2"]
    assert judged.refused == {"alert_acknowledged: taken for the open alert of the same rule": 1}


def test_an_answer_for_which_nothing_is_open_is_left_out() -> None:
    bed = begun()
    bed.stream(40, hr=134)
    bed.acknowledge("HR-H1.1")
    judged = under(bed.log, rule_set(only("OX-M1")))
    assert judged.refused == {"alert_acknowledged: left out": 1}


def test_a_start_without_the_baseline_that_this_rule_set_asks_for_is_ordered_with_an_override() -> None:
    bed = Bedside()
    bed.to_baseline()
    for _ in range(2):
        bed.wait(60)
        bed.say(**{**CALM, **CALM_CUFF})
    bed.order(Phase.INFUSING)
    bed.wait(10)
    bed.stream(20, hr=134)
    limits = only("HR-H1")
    needy = msgspec.structs.replace(limits, baseline=msgspec.structs.replace(limits.baseline, min_cuffs=3))
    result = backtested(bed.log, rule_set(limits), rule_set(needy))
    assert result.b.refused == {"phase_ordered: ordered with an override": 1}
    assert "2 of 3 cuff values" in result.b.refusals[0].why
    assert len(result.b.raised) == 1
    assert result.parted_at_ms is None


def test_a_step_that_cannot_be_taken_is_left_out() -> None:
    bed = begun()
    bed.order(Phase.RECOVERY)
    impossible = [entry for entry in bed.log if getattr(entry.body, "phase", None) is not Phase.INFUSING]
    assert under(impossible).refused == {"phase_ordered: left out": 1}


class _Gated(Engine):
    """Refuses to start under a rule set of that name, whatever the reason given."""

    def apply(self, body: Input, at_ms: int) -> list[Step]:
        if isinstance(body, PhaseOrdered) and body.phase is Phase.INFUSING and self.limits.version == "gated":
            raise Refused("gate_closed", "no consent")
        return super().apply(body, at_ms)


def test_where_one_set_goes_on_and_the_other_does_not_the_parting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "Engine", _Gated)
    bed = begun()
    bed.stream(40, hr=134)
    gated = msgspec.structs.replace(only("HR-H1"), version="gated")
    result = backtested(bed.log, rule_set(only("HR-H1")), rule_set(gated))
    started_ms = next(entry.at_ms for entry in bed.log if getattr(entry.body, "phase", None) is Phase.INFUSING)
    assert result.parted_at_ms == started_ms
    assert result.b.refused == {"phase_ordered: left out": 1}
    assert result.judged_ms == result.ended_ms - started_ms  # by the phases of A
    lines = list(refused_lines(summarise(rule_set(only("HR-H1")), rule_set(gated), [result], [])))
    assert lines[0] == "B  1 x phase_ordered: left out"
    assert lines[1].endswith("cannot be compared: B refused: no consent")


def test_a_measurement_of_a_device_that_is_not_bound_is_left_out() -> None:
    bed = begun()
    bed.stream(3)
    stranger = [
        msgspec.structs.replace(entry, body=msgspec.structs.replace(entry.body, device="d9")) if isinstance(entry.body, Measured) else entry
        for entry in bed.log
    ]
    judged = under(stranger)
    assert judged.refused["measurement: left out"] == 5
    assert judged.refusals[0].why == "d9 is not bound to the session"


def test_refusals_are_all_counted_and_the_first_described() -> None:
    bed = begun()
    bed.stream(40, hr=134)
    bed.acknowledge("HR-H1.1")
    answers = [Entry(bed.now_ms, AlertAcknowledged("HR-H1.1", "anna", None), 0, "S-000001")] * 50
    judged = under([*bed.log, *answers])
    assert sum(judged.refused.values()) == 50
    assert len(judged.refusals) == judging.MAX_REFUSALS


def test_priorities_come_with_the_alert() -> None:
    bed = begun()
    bed.stream(40, hr=134)
    found = under(bed.log, rule_set(only("HR-H1", "HR-M1"))).raised
    assert [(raised.rule, raised.priority) for raised in found] == [("HR-H1", Priority.HIGH), ("HR-M1", Priority.MEDIUM)]
