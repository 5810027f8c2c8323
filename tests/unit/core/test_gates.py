"""Gates before the start and before the discharge: what closes them, who can pass, and what the record says of it."""

from collections.abc import Callable, Mapping
from functools import partial

import pytest
from msgspec.structs import replace

from monitor.core.refused import Refused
from schemas.limits import Before, Effect
from schemas.log import DrugDrawn, Entry, GatesJudged, SignedOff
from schemas.session import Order, Phase, Treatment
from schemas.signs import Charted
from tests.unit.core.bedside import CALM, CALM_CUFF, EXCLUDED, INFUSION, PREPARED, WATCHED, Bedside, infusing

C = Charted
Make = Callable[[], Bedside]  # each test makes its own
REASON = "the patient and I agreed"


def at_start(order: Order = INFUSION, charted: Mapping[Charted, int] | None = None, **baseline: float) -> Bedside:
    """A minute before the start, with a whole baseline."""
    bed = Bedside(order=order)
    bed.to_baseline()
    for sign, value in (charted or {}).items():
        bed.chart(sign, value)
    for _ in range(2):
        bed.wait(60)
        values = {**CALM, **CALM_CUFF, **baseline}
        bed.say(**{**values, "map": (values["sbp"] + 2 * values["dbp"]) // 3})
    return bed


def at_discharge(minutes: int = 60, charted: Mapping[Charted, int] | None = None, **last: float) -> Bedside:
    bed = infusing()
    bed.stream(30)
    bed.order(Phase.RECOVERY)
    for sign, value in {C.SEDATION: 5, C.DISSOCIATION: 0, C.DISCHARGE_SCORE: 10, **(charted or {})}.items():
        bed.chart(sign, value)
    for _ in range(minutes * 60):  # one value a second: nothing is missing in the end
        bed.wait(1)
        bed.say(hr=72, spo2=last.get("spo2", 98))
    bed.say(**{**CALM_CUFF, **{name: value for name, value in last.items() if name != "spo2"}})
    return bed


def judged(entries: list[Entry]) -> dict[str, Effect]:
    body = next(entry.body for entry in entries if isinstance(entry.body, GatesJudged))
    return {finding.gate: finding.effect for finding in body.findings}


def order_of(mg_per_kg: float, minutes: float) -> Order:
    return Order(dose_ug=round(mg_per_kg * 70_000), duration_ms=round(minutes * 60_000), treatment=Treatment.KETAMINE_IV)


def test_all_open_is_written_down_too() -> None:
    assert judged(at_start().order(Phase.INFUSING)) == {}


CAUTIONS = [
    ("G-BP1", partial(at_start, sbp=141), partial(at_start, sbp=140)),
    ("G-HR1", partial(at_start, hr=101), partial(at_start, hr=100)),
    ("G-MED", partial(at_start, charted={C.OPIOID: 1}), partial(at_start, charted={C.OPIOID: 0})),
    ("G-DO1", partial(at_start, order_of(0.6, 48)), partial(at_start, order_of(0.5, 40))),
]
CLOSED = [
    ("G-BP2", partial(at_start, sbp=160), partial(at_start, sbp=159)),
    ("G-BP2", partial(at_start, dbp=100), partial(at_start, dbp=99)),
    ("G-HR2", partial(at_start, hr=49), partial(at_start, hr=50)),
    ("G-HR2", partial(at_start, hr=121), partial(at_start, hr=120)),
    ("G-OX1", partial(at_start, spo2=93), partial(at_start, spo2=94)),
    ("G-RR", partial(at_start, rr=31), partial(at_start, rr=30)),
    ("G-CI2", partial(at_start, charted={C.PREGNANCY: 1}), at_start),
    ("G-ADM", partial(at_start, charted={C.CONSENT: 0}), at_start),
    ("G-DO2", partial(at_start, order_of(1.1, 60)), partial(at_start, order_of(1.0, 60))),
    ("G-DO2", partial(at_start, order_of(0.5, 39)), partial(at_start, order_of(0.5, 40))),
]
HARD = [
    ("G-BP3", partial(at_start, sbp=181), partial(at_start, sbp=180)),
    ("G-BP3", partial(at_start, dbp=111), partial(at_start, dbp=110)),
    ("G-BP3", partial(at_start, sbp=89, dbp=60), partial(at_start, sbp=90, dbp=60)),
    ("G-OX2", partial(at_start, spo2=89), partial(at_start, spo2=90)),
    ("G-CI1", partial(at_start, charted={C.ALLERGY: 1}), at_start),
    ("G-DO3", partial(at_start, order_of(3, 5)), partial(at_start, order_of(2, 5))),
]


def names(rows: list[tuple[str, Make, Make]]) -> list[str]:
    return [gate for gate, _, _ in rows]


@pytest.mark.parametrize(("gate", "bed", "near"), CAUTIONS, ids=names(CAUTIONS))
def test_a_caution_is_passed_and_recorded(gate: str, bed: Make, near: Make) -> None:
    patient = bed()
    assert judged(patient.order(Phase.INFUSING)) == {gate: Effect.CAUTION}
    assert patient.engine.phase is Phase.INFUSING
    assert judged(near().order(Phase.INFUSING)) == {}


@pytest.mark.parametrize(("gate", "bed", "near"), CLOSED, ids=names(CLOSED))
def test_a_closed_gate_wants_a_reason(gate: str, bed: Make, near: Make) -> None:
    patient = bed()
    for reason in (None, "", "  "):
        with pytest.raises(Refused) as refused:
            patient.order(Phase.INFUSING, reason)
        assert refused.value.reason == "gate_closed"
        assert gate in refused.value.detail
        assert patient.engine.phase is Phase.BASELINE
    assert judged(patient.order(Phase.INFUSING, REASON))[gate] is Effect.OVERRIDE
    assert gate not in judged(near().order(Phase.INFUSING, REASON))


@pytest.mark.parametrize(("gate", "bed", "near"), HARD, ids=names(HARD))
def test_nobody_passes_a_hard_gate(gate: str, bed: Make, near: Make) -> None:
    with pytest.raises(Refused) as refused:
        bed().order(Phase.INFUSING, REASON)
    assert refused.value.reason == "gate_hard"
    assert gate in refused.value.detail
    assert Effect.HARD not in judged(near().order(Phase.INFUSING, REASON)).values()


def test_what_was_not_asked_is_not_taken_for_a_no() -> None:
    bed = Bedside()
    bed.bind()
    bed.order(Phase.BASELINE)
    findings = {finding.gate: finding.reason for finding in bed.engine.gate_findings(Before.START, bed.now_ms)}
    assert findings.keys() == {"G-CI0", "G-CI2", "G-ADM", "G-BASE"}
    for sign in (*PREPARED, *EXCLUDED):
        bed.chart(sign, 1 if sign in PREPARED else 0)
    assert [finding.gate for finding in bed.engine.gate_findings(Before.START, bed.now_ms)] == ["G-BASE"]


def test_a_start_without_a_baseline_says_so_in_the_record() -> None:
    bed = Bedside()
    bed.to_baseline()
    with pytest.raises(Refused) as refused:
        bed.order(Phase.INFUSING)
    assert refused.value.reason == "baseline_incomplete"
    assert judged(bed.order(Phase.INFUSING, REASON)) == {"G-BASE": Effect.OVERRIDE}


def test_no_gate_stands_before_watching() -> None:
    bed = at_start(WATCHED, sbp=190)
    assert not [entry for entry in bed.order(Phase.RECOVERY) if isinstance(entry.body, GatesJudged)]


def test_without_an_order_no_share_of_it_is_known() -> None:
    bed = at_start(WATCHED)
    bed.order(Phase.RECOVERY)
    bed.wait(60)
    assert {finding.gate for finding in bed.engine.gate_findings(Before.DISCHARGE, bed.now_ms)} >= {"D-SED", "D-DIS", "D-SCO"}


def test_to_look_at_the_gates_changes_nothing() -> None:
    bed, other = infusing(), infusing()
    for _ in range(50):
        bed.wait(61)
        other.wait(61)
        bed.engine.gate_findings(Before.DISCHARGE, bed.now_ms)
    assert bed.log == other.log


DISCHARGE = [
    ("D-TIME", partial(at_discharge, 59)),
    ("D-BP", partial(at_discharge, sbp=151)),
    ("D-BP", partial(at_discharge, sbp=99)),
    ("D-BP", partial(at_discharge, dbp=100, map=106)),
    ("D-OX", partial(at_discharge, spo2=93)),
    ("D-SED", partial(at_discharge, charted={C.SEDATION: 4})),
    ("D-SED", partial(at_discharge, charted={C.AGITATION: -1})),
    ("D-NAU", partial(at_discharge, charted={C.NAUSEA: 2})),
    ("D-DIS", partial(at_discharge, charted={C.DISSOCIATION: 5})),
    ("D-SCO", partial(at_discharge, charted={C.DISCHARGE_SCORE: 8})),
    ("D-ESC", partial(at_discharge, charted={C.ESCORT: 0})),
    ("D-ALR", partial(at_discharge, charted={C.SEIZURE: 1})),
]


@pytest.mark.parametrize(("gate", "bed"), DISCHARGE, ids=[gate for gate, _ in DISCHARGE])
def test_a_discharge_before_its_time_wants_a_reason(gate: str, bed: Make) -> None:
    patient = bed()
    with pytest.raises(Refused, match=gate):
        patient.order(Phase.CLOSED, "")
    assert gate in judged(patient.order(Phase.CLOSED, REASON))


def test_a_patient_who_is_well_may_leave() -> None:
    patient = at_discharge()
    given_ug = patient.engine.dose.given_ug(patient.now_ms)
    patient.apply(DrugDrawn(given_ug, "anna", 50_000, "A17"))
    patient.apply(SignedOff("anna", "fit to leave", "A. Meyer"))
    assert judged(patient.order(Phase.CLOSED, "")) == {}


def test_a_low_saturation_that_was_always_low_keeps_nobody() -> None:
    bed = Bedside()
    bed.start({"spo2": 93.0})
    bed.order(Phase.RECOVERY)
    bed.wait(3_600)
    bed.say(**{**CALM, **CALM_CUFF, "spo2": 93.0})
    findings = {finding.gate for finding in bed.engine.gate_findings(Before.DISCHARGE, bed.now_ms)}
    assert "D-OX" not in findings


def test_the_order_may_be_without_a_duration() -> None:
    """Nothing can be said of its rate then, and nothing is."""
    bed = at_start(replace(INFUSION, duration_ms=0))
    assert judged(bed.order(Phase.INFUSING, REASON)) == {}
