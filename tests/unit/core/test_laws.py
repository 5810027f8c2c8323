"""The laws of the core, each over random lives of a session (histories.py)."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.core.replay import is_output, replay
from schemas.alert import Alert, AlertState, Priority, Why
from schemas.limits import Direction, RuleKind, Term
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    BaselineSet,
    DeviceJoined,
    DeviceUnbound,
    Entry,
    LimitChanged,
    Measured,
    MonitorRestarted,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    canonical,
    decode_entry,
)  # fmt: skip
from schemas.measurement import Reason, Validity
from schemas.session import Phase
from schemas.signs import Sign
from schemas.vitals import Vital
from tests.unit.core.bedside import RAISED, SIGNALS, Bedside, default_limits, transitions
from tests.unit.core.histories import History, bedside, histories, play

A = AlertState
RULES = {rule.id: rule for rule in default_limits().rule}
JUDGED = {Phase.INFUSING, Phase.PAUSED, Phase.RECOVERY}

# Every transition of an occurrence there is: (before, after, why). None is "not there yet".
ALLOWED = {
    (None, A.PENDING, Why.CONDITION_BEGAN),
    (None, A.ACTIVE, Why.IMMEDIATE),
    (None, A.ACTIVE, Why.ONSET_PASSED),  # missing data: nothing is pending before it
    (A.PENDING, A.ACTIVE, Why.ONSET_PASSED),
    (A.PENDING, A.ACTIVE, Why.IMMEDIATE),
    (A.PENDING, A.ACTIVE, Why.CONFIRMED),
    (A.PENDING, A.ACTIVE, Why.NOT_CONFIRMED_IN_TIME),
    (A.PENDING, A.WITHDRAWN, Why.CONDITION_ENDED),
    (A.PENDING, A.WITHDRAWN, Why.NOT_CONFIRMED),
    (A.PENDING, A.WITHDRAWN, Why.SESSION_ENDED),
    (A.ACTIVE, A.ACKNOWLEDGED, Why.ACKNOWLEDGED),
    (A.ACTIVE, A.LATCHED, Why.CONDITION_ENDED),
    (A.ACTIVE, A.RESOLVED, Why.CONDITION_ENDED),
    (A.ACTIVE, A.RESOLVED, Why.SESSION_ENDED),
    (A.ACKNOWLEDGED, A.RESOLVED, Why.CONDITION_ENDED),
    (A.ACKNOWLEDGED, A.RESOLVED, Why.SESSION_ENDED),
    (A.LATCHED, A.ACTIVE, Why.RECURRED),
    (A.LATCHED, A.RESOLVED, Why.ACKNOWLEDGED),
    (A.LATCHED, A.RESOLVED, Why.SESSION_ENDED),
    (A.PENDING, A.WITHDRAWN, Why.PHASE_ENDED),
    (A.ACTIVE, A.LATCHED, Why.PHASE_ENDED),
    (A.ACTIVE, A.RESOLVED, Why.PHASE_ENDED),
    (A.ACKNOWLEDGED, A.RESOLVED, Why.PHASE_ENDED),
}
OVER = {A.RESOLVED, A.WITHDRAWN}
some = settings(max_examples=40)


# --- (a) replay -----------------------------------------------------------------------------------------------------------------------


@some
@given(histories())
def test_a_log_replays_to_itself(history: History) -> None:
    log = play(history)
    assert list(replay(log)) == []


@some
@given(histories())
def test_a_log_replays_after_its_canonical_bytes(history: History) -> None:
    lines = [canonical(entry) for entry in play(history)]
    assert list(replay(decode_entry(line) for line in lines)) == []
    assert [canonical(decode_entry(line)) for line in lines] == lines


@settings(max_examples=30)
@given(histories(), st.data())
def test_a_log_that_lacks_an_output_does_not_replay(history: History, data: st.DataObject) -> None:
    """Negative control: the law would notice."""
    log = play([*history, (0, "say", ("d1", 1, 0, {"spo2": 70.0}))])
    outputs = [index for index, entry in enumerate(log[:-1]) if is_output(entry.body)]  # a log may end before its last one
    index = data.draw(st.sampled_from(outputs))
    assert list(replay(log[:index] + log[index + 1 :])) != []


# --- (b) deadlines --------------------------------------------------------------------------------------------------------------------


@some
@given(histories(), st.lists(st.integers(1, 40_000), min_size=1, max_size=10))
def test_who_looks_in_between_changes_nothing(history: History, looks_ms: list[int]) -> None:
    """Outputs fire at their deadline, not at the tick that noticed it."""

    def look_often(bed: Bedside, milliseconds: int) -> None:
        until_ms = bed.now_ms + milliseconds
        for look_ms in looks_ms:
            bed.now_ms = min(until_ms, bed.now_ms + look_ms)
            bed.number(bed.engine.advance(bed.now_ms))
        bed.now_ms = until_ms

    assert play(history, look_often) == play(history)


@some
@given(histories())
def test_the_wake_is_never_late(history: History) -> None:
    """Woken exactly when it asks for it, the engine emits each output at the very instant it is due."""

    def woken(bed: Bedside, milliseconds: int) -> None:
        until_ms = bed.now_ms + milliseconds
        while (wake_ms := bed.engine.wake_ms) <= until_ms:
            for entry in bed.number(bed.engine.advance(wake_ms)):
                assert entry.at_ms == wake_ms, "noticed after it was due"
            assert bed.engine.wake_ms > wake_ms, "asks to be woken at once for ever"
        bed.now_ms = until_ms

    assert play(history, woken) == play(history)


# --- (c) what never ends an alert -----------------------------------------------------------------------------------------------------


@some
@given(histories())
def test_only_usable_readings_end_a_condition(history: History) -> None:
    """Silence and time never do, nor do invalid, late, frozen and second-source readings; questionable ones end no breach of a limit."""
    for cause, effects in inputs_and_effects(play(history)):
        usable, valid = spoken(cause)
        for change in effects:
            if not all(isinstance(sign, Vital) for sign in signs_of(change.alert)):
                continue  # what people chart and what is worked out has its own tests
            if change.why in {Why.CONDITION_ENDED, Why.NOT_CONFIRMED}:
                vitals = signs_of(change.alert)
                is_missing = RULES[change.alert.rule].kind is RuleKind.MISSING
                assert vitals & (usable if is_missing else valid), (change, cause)
            elif change.alert.state in OVER | {A.LATCHED}:
                assert isinstance(cause.body, PhaseOrdered) or change.why is Why.ACKNOWLEDGED


@some
@given(histories())
def test_readings_that_say_nothing_change_nothing(history: History) -> None:
    for cause, effects in inputs_and_effects(play(history)):
        if isinstance(cause.body, Measured) and not spoken(cause)[0]:
            assert [change for change in effects if any(isinstance(sign, Vital) for sign in signs_of(change.alert))] == []


# --- (d) what is true raises ----------------------------------------------------------------------------------------------------------


@some
@given(histories())
def test_a_condition_that_lasts_is_raised(history: History) -> None:
    """An oracle over the log: valid readings at or beyond a limit, from the first one on, for the rule's onset: then it is raised."""
    holds: dict[str, int] = {}  # rule -> since when its condition holds by valid readings
    states: dict[str, AlertState] = {}
    moved: set[str] = set()
    baselines: dict[Vital, int] = {}
    is_judged = False
    log = play(history)
    for entry, after in zip(log, [*log[1:], None], strict=True):
        body = entry.body
        if isinstance(body, BaselineSet):
            baselines = {baseline.vital: baseline.value_milli for baseline in body.baselines}
        elif isinstance(body, AlertChanged):
            states[body.alert.rule] = body.alert.state
        elif isinstance(body, LimitChanged):
            moved.add(body.rule)
        elif isinstance(body, PhaseOrdered):
            is_judged = body.phase in JUDGED
            holds = holds if is_judged else {}
        elif isinstance(body, Measured) and is_judged:
            for reading in body.readings:
                if reading.reason is Reason.NONE and reading.validity is Validity.VALID:
                    assert reading.value_milli is not None
                    note_breaches(reading.vital, reading.value_milli, entry.at_ms, baselines, holds)
        if after is not None and after.at_ms == entry.at_ms:
            continue  # more happened at this instant
        for rule_id, since_ms in holds.items():
            if rule_id in moved:
                continue  # judged by the patient's own limit: test_own_limits.py
            if after is None or after.at_ms > since_ms + RULES[rule_id].onset_s * 1000:
                assert states.get(rule_id) in RAISED, (rule_id, entry)


def note_breaches(vital: Vital, value_milli: int, at_ms: int, baselines: dict[Vital, int], holds: dict[str, int]) -> None:
    for rule in RULES.values():
        terms = [clause.all[0] for clause in rule.any if len(clause.all) == 1 and clause.all[0].vital is vital]
        if rule.confirm is not None or not terms:
            continue
        if any(is_beyond(term, value_milli, baselines.get(vital)) for term in terms):
            holds.setdefault(rule.id, at_ms)
        else:
            holds.pop(rule.id, None)


def is_beyond(term: Term, value_milli: int, baseline_milli: int | None) -> bool:
    """The rule set's words, read anew: in units and floats, not in thousandths."""
    value, baseline = value_milli / 1000, None if baseline_milli is None else baseline_milli / 1000
    if term.limit is not None:
        limit = term.limit
        if baseline is not None and term.unless_baseline_below is not None and baseline < term.unless_baseline_below:
            limit = baseline + (term.then_change or 0)
    elif baseline is None:
        return False
    else:
        limit = baseline + (term.change or 0) if term.change is not None else baseline * (1 + (term.change_percent or 0) / 100)
        limit = max(limit, term.floor or 0)
    if value == limit:
        return term.at_limit
    return value > limit if term.direction is Direction.HIGH else value < limit


# --- (e) order and identity -----------------------------------------------------------------------------------------------------------


@some
@given(histories())
def test_every_transition_is_in_the_table(history: History) -> None:
    log = play(history)
    assert all(before.at_ms <= after.at_ms for before, after in pairwise(log)), "time goes back"
    last: dict[str, Alert] = {}
    for at_ms, change in transitions(log):
        alert = change.alert
        before = last.get(alert.id)
        assert (before.state if before else None, alert.state, change.why) in ALLOWED
        if before is None:
            of_rule = [other for other in last.values() if other.rule == alert.rule]
            assert alert.id == f"{alert.rule}.{len(of_rule) + 1}", "an occurrence has its own number"
            assert all(other.state in OVER for other in of_rule), "one occurrence at a time"
        assert alert.since_ms <= at_ms
        assert (alert.raised_at_ms is None) is (alert.state in {A.PENDING, A.WITHDRAWN})
        assert alert.raised_at_ms is None or alert.since_ms <= alert.raised_at_ms <= at_ms
        assert alert.acknowledged_by is None or alert.acknowledged_at_ms is not None
        last[alert.id] = alert


@some
@given(histories())
def test_what_the_engine_shows_is_what_the_log_says(history: History) -> None:
    bed = bedside()
    last = {change.alert.id: change.alert for _, change in transitions(play(history, bed=bed))}
    shown = {alert.id: bare(alert) for alert in bed.engine.alerts()}
    assert shown == {name: bare(alert) for name, alert in last.items() if alert.state not in OVER}


def bare(alert: Alert) -> Alert:
    """Without what its signals write on it."""
    return replace(alert, shown_at_ms=None, escalation=0)


LIVES: list[History] = [
    [(0, "stretch", (20, {"hr": 140.0})), (0, "stretch", (2, {"hr": 72.0})), (0, "stretch", (20, {"hr": 140.0})), (0, "acknowledge", 0)],
    [(0, "stretch", (5, {"hr": 140.0})), (0, "stretch", (2, {"hr": 72.0}))],
    [(0, "stretch", (20, {"hr": 140.0})), (0, "stretch", (2, {"hr": 72.0})), (0, "acknowledge", 0)],
    [(0, "stretch", (20, {"hr": 140.0})), (0, "acknowledge", 0), (0, "stretch", (2, {"hr": 72.0})), (0, "stretch", (50, {"hr": 115.0}))],
    [(0, "stretch", (40, {"hr": 112.0})), (0, "stretch", (2, {"hr": 72.0}))],
    [(0, "say", ("d1", 1, 0, {"sbp": 184})), (40_000, "say", ("d1", 1, 0, {"sbp": 184})), (40_000, "say", ("d1", 1, 0, {"sbp": 205}))],
    [(10_000, "say", ("d1", 1, 0, {"spo2": 79.0}))],
    [(0, "say", ("d1", 1, 0, {"sbp": 184})), (5_000, "say", ("d1", 1, 0, {"sbp": 205}))],
    [(0, "say", ("d1", 1, 0, {"sbp": 184})), (40_000, "say", ("d1", 1, 0, {"sbp": 130}))],
    [(0, "say", ("d1", 1, 0, {"sbp": 184})), (130_000, "order", Phase.ABORTED)],
    [(0, "say", ("d1", 1, 0, {"sbp": 184})), (10_000, "order", Phase.ABORTED)],
    [(0, "stretch", (20, {"hr": 140.0})), (0, "acknowledge", 0), (0, "order", Phase.ABORTED)],
    [(0, "stretch", (20, {"hr": 140.0})), (0, "stretch", (2, {"hr": 72.0})), (0, "order", Phase.ABORTED)],
    [(0, "rate", 1_750), (0, "stretch", (5, {})), (0, "order", Phase.RECOVERY)],
    [(610_000, "acknowledge", 0), (0, "order", Phase.PAUSED)],
    [(0, "rate", 1_750), (0, "stretch", (2, {})), (0, "acknowledge", 0), (0, "order", Phase.RECOVERY)],
    [(610_000, "order", Phase.PAUSED)],
    [(610_000, "chart", ("sedation", 5)), (0, "stretch", (20, {"hr": 140.0})), (30_000, "order", Phase.PAUSED)],
]


def test_every_allowed_transition_happens() -> None:
    """The table says no more than what is: each of its rows is seen in some life."""
    seen: set[tuple[AlertState | None, AlertState, Why]] = set()
    for history in LIVES:
        last: dict[str, AlertState] = {}
        for _, change in transitions(play(history)):
            seen.add((last.get(change.alert.id), change.alert.state, change.why))
            last[change.alert.id] = change.alert.state
    assert seen == ALLOWED


# --- (f) latching ---------------------------------------------------------------------------------------------------------------------


@some
@given(histories())
def test_a_high_alert_stays_until_a_person_answers(history: History) -> None:
    for _, change in transitions(play(history)):
        alert = change.alert
        if alert.priority is Priority.HIGH and alert.state is A.RESOLVED and change.why is not Why.SESSION_ENDED:
            assert alert.acknowledged_by == "anna"


# --- reading a log --------------------------------------------------------------------------------------------------------------------


def inputs_and_effects(log: Sequence[Entry]) -> list[tuple[Entry, list[AlertChanged]]]:
    """Each input with the transitions that stand behind it at the same instant. What fell due later is a cause of its own."""
    found: list[tuple[Entry, list[AlertChanged]]] = []
    for entry in log:
        if not is_output(entry.body):
            found.append((entry, []))
        elif isinstance(entry.body, AlertChanged) and entry.body.why not in SIGNALS:
            if entry.at_ms > found[-1][0].at_ms or entry.body.why in {Why.ONSET_PASSED, Why.NOT_CONFIRMED_IN_TIME}:
                assert entry.body.alert.state in {A.PENDING, A.ACTIVE}, "time alone only raises"
                continue
            found[-1][1].append(entry.body)
    return found


def spoken(cause: Entry) -> tuple[set[Vital], set[Vital]]:
    """(vital signs with a usable new value, those of them that are valid)"""
    if not isinstance(cause.body, Measured):
        return set(), set()
    silent = {Reason.LATE, Reason.NOT_ADVANCING, Reason.SECOND_SOURCE}
    usable = {reading.vital: reading.validity for reading in cause.body.readings if reading.reason not in silent}
    usable = {vital: validity for vital, validity in usable.items() if validity is not Validity.INVALID}
    return set(usable), {vital for vital, validity in usable.items() if validity is Validity.VALID}


def signs_of(alert: Alert) -> set[Sign]:
    rule = RULES[alert.rule]
    return {term.sign for clause in (*rule.any, *rule.immediate) for term in clause.all} | set(rule.silent)


def test_histories_are_not_calm() -> None:
    """A generator that makes nothing happen proves nothing."""
    seen: Counter[str] = Counter()

    @settings(max_examples=100, database=None, derandomize=True)
    @given(histories())
    def collect(history: History) -> None:
        log = play(history)
        for entry in log:
            if isinstance(entry.body, Measured):
                seen.update(reading.reason.value for reading in entry.body.readings)
        seen.update(type(entry.body).__name__ for entry in log)
        seen.update(entry.body.why.value for entry in log if isinstance(entry.body, AlertChanged))

    collect()
    names = {type_.__name__ for type_ in (AlertAcknowledged, DeviceUnbound, DeviceJoined, MonitorRestarted, RemeasureRequested, RateSet)}
    whys = {why.value for why in Why}
    rare = {name: seen[name] for name in names | whys | {reason.value for reason in Reason} if seen[name] <= 5}
    assert rare == {}
