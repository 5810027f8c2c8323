"""Entries made in error: the row stays, and what it said does not count from the correction on."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.refused import Refused
from monitor.core.replay import replay
from schemas.alert import AlertState
from schemas.log import BolusGiven, EntryVoided, NoteAdded, ObservationCharted, PhaseOrdered, RateSet
from schemas.patient import PatientCorrected
from schemas.session import Phase
from schemas.signs import Charted
from tests.unit.core.bedside import Bedside, infusing
from tests.unit.core.histories import History, bedside, histories, play

PLANNED_UG_PER_MIN = 875


def void(bed: Bedside, seq: int, by: str = "ben") -> None:
    bed.apply(EntryVoided(by=by, reason="wrong room", voids=seq))


def given_ug(bed: Bedside) -> int:
    return bed.engine.dose.given_ug(bed.now_ms)


@settings(max_examples=40)
@given(histories())
def test_without_corrections_the_account_from_the_entries_is_the_running_one(history: History) -> None:
    bed = bedside()
    play(history, bed=bed)
    dose, _ = bed.engine.corrections.dose()
    assert dose.given_ug(bed.now_ms) == given_ug(bed)
    assert dose.rate_ug_per_min == bed.engine.dose.rate_ug_per_min


def integral_ug(bed: Bedside) -> int:
    """What went in by the entries that count, worked out by intervals: another way than the core's."""
    gone = {entry.body.voids for entry in bed.log if isinstance(entry.body, EntryVoided)}
    rate, resumed, phase, changes, boluses = 0, PLANNED_UG_PER_MIN, Phase.PLANNED, [], 0
    for entry in bed.log:
        body = entry.body
        if isinstance(body, PhaseOrdered):
            if phase is Phase.INFUSING:
                resumed = rate
            phase, rate = body.phase, resumed if body.phase is Phase.INFUSING else 0
        elif isinstance(body, RateSet) and entry.seq not in gone:
            rate = body.rate_ug_per_min
        elif isinstance(body, BolusGiven) and entry.seq not in gone:
            boluses += body.amount_ug
        changes.append((entry.at_ms, rate))
    changes.append((bed.now_ms, 0))
    return boluses + sum(rate * (until - since) for (since, rate), (until, _) in pairwise(changes)) // 60_000


STEPS = st.lists(
    st.tuples(
        st.integers(1, 600),
        st.one_of(
            st.tuples(st.just("rate"), st.integers(0, 5_000)),
            st.tuples(st.just("bolus"), st.integers(1, 20_000)),
            st.tuples(st.just("chart"), st.integers(0, 5)),
            st.tuples(st.just("phase"), st.sampled_from((Phase.PAUSED, Phase.INFUSING))),
            st.tuples(st.just("void"), st.integers(0, 50)),
        ),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(STEPS)
def test_dose_and_signs_follow_what_counts_and_the_log_replays(steps: list[tuple[int, tuple[str, object]]]) -> None:
    bed = infusing()
    for seconds, (kind, detail) in steps:
        bed.wait(seconds)
        entered = [entry.seq for entry in bed.log if isinstance(entry.body, RateSet | BolusGiven | ObservationCharted | NoteAdded)]
        try:
            if kind == "rate":
                bed.apply(RateSet("anna", int(str(detail))))
            elif kind == "bolus":
                bed.apply(BolusGiven(int(str(detail)), "anna"))
            elif kind == "chart":
                bed.chart(Charted.SEDATION, int(str(detail)))
            elif kind == "phase":
                bed.order(Phase(str(detail)))
            elif entered:
                void(bed, entered[int(str(detail)) % len(entered)])
        except Refused as refused:
            bed.number(refused.steps)
        assert given_ug(bed) == integral_ug(bed)
    gone = {entry.body.voids for entry in bed.log if isinstance(entry.body, EntryVoided)}
    charted = [e.body for e in bed.log if isinstance(e.body, ObservationCharted) and e.body.sign is Charted.SEDATION and e.seq not in gone]
    stands = bed.engine.charted.get(Charted.SEDATION)
    assert (None if stands is None else stands[0]) == (charted[-1] if charted else None)
    bed.wait(0)  # what the last input made due at its own instant
    assert list(replay(bed.log)) == []


def test_a_sign_goes_back_to_what_was_charted_before() -> None:
    bed = infusing()
    bed.chart(Charted.SEDATION, 5)
    bed.wait(60)
    wrong = bed.chart(Charted.SEDATION, 1)[0].seq
    assert bed.state("SED-H1") is AlertState.ACTIVE
    bed.wait(30)
    void(bed, wrong)
    assert bed.engine.charted[Charted.SEDATION][0].value == 5
    assert bed.state("SED-H1") is AlertState.LATCHED, "the condition is over; that it was raised waits for an answer"
    bed.wait(600 - 90)
    assert bed.state("SED-L1") is AlertState.ACTIVE, "the next check is due since the one that counts"


def test_what_was_charted_anew_stands_when_an_earlier_entry_goes() -> None:
    bed = infusing()
    wrong = bed.chart(Charted.SEDATION, 1)[0].seq
    bed.wait(60)
    bed.chart(Charted.SEDATION, 4)
    charted_at_ms = bed.now_ms
    bed.wait(30)
    void(bed, wrong)
    assert (bed.engine.charted[Charted.SEDATION][0].value, bed.engine.channels[Charted.SEDATION].seen_at_ms) == (4, charted_at_ms)


def test_where_nothing_was_charted_before_it_nothing_is_known_and_no_alert_ends_by_that() -> None:
    bed = infusing()
    wrong = bed.chart(Charted.SEDATION, 1)[0].seq
    void(bed, wrong)
    assert Charted.SEDATION not in bed.engine.charted
    assert bed.state("SED-H1") is AlertState.ACTIVE
    bed.chart(Charted.SEDATION, 5)
    assert bed.state("SED-H1") is AlertState.LATCHED


def test_an_overdose_that_was_a_slip_is_taken_back_and_its_alert_latches() -> None:
    bed = infusing()
    wrong = bed.apply(BolusGiven(50_000, "anna"))[0].seq
    assert bed.state("INF-H1") is AlertState.ACTIVE
    void(bed, wrong)
    assert bed.state("INF-H1") is AlertState.LATCHED


@pytest.mark.parametrize(("kind", "reason"), [(PhaseOrdered, "not_correctable"), (None, "no_such_entry"), (EntryVoided, "no_such_entry")])
def test_what_cannot_be_corrected_says_so(kind: type | None, reason: str) -> None:
    bed = infusing()
    void(bed, bed.apply(NoteAdded("anna", "for another room"))[0].seq)
    seq = 9_999 if kind is None else next(entry.seq for entry in reversed(bed.log) if isinstance(entry.body, kind))
    with pytest.raises(Refused) as refused:
        void(bed, seq)
    assert refused.value.reason == reason


def test_once_is_enough_and_after_the_end_it_is_too_late() -> None:
    bed = infusing()
    note = bed.apply(NoteAdded("anna", "for another room"))[0].seq
    void(bed, note)
    with pytest.raises(Refused, match="by ben"):
        void(bed, note, by="anna")
    other = bed.apply(NoteAdded("anna", "x"))[0].seq
    bed.order(Phase.ABORTED, "over")
    with pytest.raises(Refused) as refused:
        void(bed, other)
    assert refused.value.reason == "session_ended"


def test_the_patient_is_the_one_that_was_said_last_and_nothing_is_judged_by_it() -> None:
    bed = infusing()
    created, alerts, given = bed.engine.created.patient, bed.engine.alerts, given_ug(bed)
    assert bed.engine.corrections.patient(created) == created
    for old, new in ((None, "A-17"), ("A-17", None), (None, "B-2")):
        bed.apply(PatientCorrected(by="ben", code=new, old_code=old, reason="mistyped"))
        found = bed.engine.corrections.patient(created)
        assert (found.code, found.label, found.birth_year, found.weight_g) == (new, created.label, created.birth_year, created.weight_g)
    assert (bed.engine.alerts, given_ug(bed)) == (alerts, given)
