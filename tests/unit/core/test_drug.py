"""The drug's account: drawn = given + wasted before a witness + left, for any schedule; and what the discharge says to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.refused import Refused
from monitor.core.replay import replay
from schemas.limits import Before
from schemas.log import BolusGiven, DrugDrawn, DrugWasted, EntryVoided, RateSet, SignedOff, WasteWitnessed
from schemas.session import Phase
from tests.unit.core.bedside import Bedside, infusing

AMOUNTS = st.integers(1, 60_000)
STEPS = st.lists(
    st.tuples(
        st.integers(1, 900),
        st.one_of(
            st.tuples(st.just("draw"), AMOUNTS),
            st.tuples(st.just("waste"), AMOUNTS),
            st.tuples(st.just("witness"), st.integers(0, 9)),
            st.tuples(st.just("rate"), st.integers(0, 3_000)),
            st.tuples(st.just("bolus"), AMOUNTS),
            st.tuples(st.just("void"), st.integers(0, 30)),
        ),
    ),
    max_size=30,
)


def draw(bed: Bedside, amount_ug: int) -> int:
    return bed.apply(DrugDrawn(amount_ug, "anna", 50_000, "A17"))[0].seq


def waste(bed: Bedside, amount_ug: int) -> int:
    return bed.apply(DrugWasted(amount_ug, "anna", None))[0].seq


def left_ug(bed: Bedside) -> int:
    return bed.engine.drug.unaccounted_ug(bed.engine.dose.given_ug(bed.now_ms))


def against(bed: Bedside) -> dict[str, str]:
    return {finding.gate: finding.reason for finding in bed.engine.gate_findings(Before.DISCHARGE, bed.now_ms)}


def step(bed: Bedside, kind: str, detail: int) -> None:
    if kind == "draw":
        draw(bed, detail)
    elif kind == "waste":
        waste(bed, detail)
    elif kind == "rate":
        bed.apply(RateSet("anna", detail))
    elif kind == "bolus":
        bed.apply(BolusGiven(detail, "anna"))
    else:
        of = DrugWasted if kind == "witness" else DrugDrawn | DrugWasted | BolusGiven | RateSet
        entries = [entry.seq for entry in bed.log if isinstance(entry.body, of)]
        if entries:
            seq = entries[detail % len(entries)]
            bed.apply(WasteWitnessed("ben", seq) if kind == "witness" else EntryVoided("ben", "slip", seq))


@settings(max_examples=80)
@given(STEPS)
def test_drawn_is_given_and_wasted_and_left(steps: list[tuple[int, tuple[str, int]]]) -> None:
    bed = infusing()
    for seconds, (kind, detail) in steps:
        bed.wait(seconds)
        try:
            step(bed, kind, detail)
        except Refused as refused:
            bed.number(refused.steps)
        gone = {entry.body.voids for entry in bed.log if isinstance(entry.body, EntryVoided)}
        seen = {entry.body.waste for entry in bed.log if isinstance(entry.body, WasteWitnessed)}
        counting = [entry for entry in bed.log if entry.seq not in gone]
        drawn = sum(entry.body.amount_ug for entry in counting if isinstance(entry.body, DrugDrawn))
        wasted = sum(entry.body.amount_ug for entry in counting if isinstance(entry.body, DrugWasted) and entry.seq in seen)
        assert drawn == bed.engine.dose.given_ug(bed.now_ms) + wasted + left_ug(bed)
    bed.wait(0)  # what the last input made due at its own instant
    assert list(replay(bed.log)) == []


def test_the_discharge_waits_until_the_balance_is_zero_before_a_witness() -> None:
    bed = infusing()
    draw(bed, 50_000)
    bed.wait(40 * 60 - 10)
    bed.order(Phase.RECOVERY)
    assert left_ug(bed) == 15_000
    assert against(bed)["D-DRUG"] == "mg of drug not accounted for 15 > 0.5"
    seq = waste(bed, 15_000)
    assert "D-DRUG" in against(bed), "nobody has seen it"
    with pytest.raises(Refused) as refused:
        bed.apply(WasteWitnessed("anna", seq))
    assert refused.value.reason == "second_person_needed"
    bed.apply(WasteWitnessed("ben", seq))
    assert "D-DRUG" not in against(bed)
    with pytest.raises(Refused) as refused:
        bed.apply(WasteWitnessed("cleo", seq))
    assert refused.value.reason == "already_witnessed"


def test_more_given_than_drawn_is_not_accounted_for_either() -> None:
    bed = infusing()
    bed.wait(20 * 60)
    bed.order(Phase.RECOVERY)
    assert against(bed)["D-DRUG"].startswith("mg of drug not accounted for -17.6")


def test_the_discharge_is_signed_for_in_recovery() -> None:
    bed = infusing()
    signature = SignedOff("anna", "fit to leave", "A. Meyer")
    with pytest.raises(Refused) as refused:
        bed.apply(signature)
    assert refused.value.reason == "not_in_recovery"
    bed.order(Phase.RECOVERY)
    assert against(bed)["D-SGN"] == "no sign-off"
    bed.apply(signature)
    assert "D-SGN" not in against(bed)


def test_who_has_not_seen_it_cannot_witness_it() -> None:
    bed = infusing()
    draw(bed, 40_000)
    note = bed.log[-1].seq
    seq = waste(bed, 5_000)

    def refused(waste: int, by: str) -> str:
        with pytest.raises(Refused) as refused:
            bed.apply(WasteWitnessed(by=by, waste=waste))
        return refused.value.reason

    assert refused(note, "ben") == "no_such_entry", "that was drawn, not wasted"
    assert refused(seq, "anna") == "second_person_needed"
    bed.apply(WasteWitnessed(by="ben", waste=seq))
    assert refused(seq, "carla") == "already_witnessed"


def test_after_the_end_the_account_is_closed() -> None:
    bed = infusing()
    bed.order(Phase.ABORTED, "over")
    with pytest.raises(Refused) as refused:
        draw(bed, 40_000)
    assert refused.value.reason == "session_ended"
