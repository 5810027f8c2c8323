"""The rules beyond single vital signs: each is raised by what it is for, not by what is just inside, and ends as it should."""

from collections.abc import Callable

import msgspec
import pytest

from schemas.alert import AlertState, Priority
from schemas.log import AlertShown, BolusGiven, DeviceLeft, RateSet, RemeasureRequested, ScreensChanged
from schemas.session import Phase
from schemas.signs import Charted
from tests.unit.core.bedside import CALM_CUFF, Bedside, infusing

C = Charted
Act = Callable[[Bedside], object]


class Case(msgspec.Struct, frozen=True):
    """`act` makes the rule raise `after_s` later at the latest; after `near` it is silent; after `end` it is over (or latched)."""

    rule: str
    act: Act
    near: Act
    end: Act | None = None
    after_s: float = 0


def charting(sign: Charted, value: int = 1) -> Act:
    return lambda bed: bed.chart(sign, value)


def streaming(seconds: int, **said: float | None) -> Act:
    return lambda bed: bed.stream(seconds, **said)


def cuffs(*systolics: float, every_s: float = 60, **said: float | None) -> Act:
    def act(bed: Bedside) -> None:
        for systolic in systolics:
            bed.wait(every_s)
            bed.say(sbp=systolic, dbp=systolic - 45, map=systolic - 30, hr=said.get("hr", 72.0), spo2=98.0)

    return act


def both(*acts: Act) -> Act:
    def act(bed: Bedside) -> None:
        for one in acts:
            one(bed)

    return act


def recovering(minutes: float, systolic: float) -> Act:
    """`minutes` after the stop, with a cuff every five of them."""

    def act(bed: Bedside) -> None:
        bed.order(Phase.RECOVERY)
        for _ in range(int(minutes // 5)):
            bed.wait(300)
            bed.say(**{**CALM_CUFF, "sbp": systolic})
        bed.wait(minutes % 5 * 60)

    return act


def screens(count: int) -> Act:
    return lambda bed: bed.apply(ScreensChanged(("anna",) * count, count))


def second_device(**said: float | None) -> Act:
    def act(bed: Bedside) -> None:
        if "d2" not in bed.engine.devices:
            bed.bind("d2")
        for _ in range(35):
            bed.wait(1)
            bed.say(hr=72, spo2=98)
            bed.say(device="d2", **said)

    return act


def frozen(bed: Bedside) -> None:
    for _ in range(12):
        bed.wait(1)
        bed.say(counter_step=0, hr=72, spo2=98)


def clock_step(by_s: float) -> Act:
    def act(bed: Bedside) -> None:
        bed.stream(5)
        bed.skew_ms["d1"] = round(by_s * 1000)
        bed.stream(2)

    return act


def rate(percent: float) -> Act:
    return lambda bed: bed.apply(RateSet("anna", round(875 * percent / 100)))


def bolus(milligrams: float) -> Act:
    return lambda bed: bed.apply(BolusGiven(round(milligrams * 1000), "anna"))


CATALOGUE = (
    Case("BP-H2", both(charting(C.CHEST_PAIN), cuffs(161)), both(charting(C.CHEST_PAIN), cuffs(144))),
    Case("BP-H4", both(charting(C.SYNCOPE), cuffs(89)), both(charting(C.SYNCOPE), cuffs(91))),
    Case("BP-L2", cuffs(140, 152, 168), cuffs(128, 127, 129)),
    Case("DX-M1", cuffs(95, 95, hr=96), cuffs(95, 95, hr=90)),
    Case("DX-M2", both(charting(C.CORONARY_DISEASE), cuffs(175, 175, hr=118)), cuffs(175, 175, hr=118)),
    Case("HR-H3", streaming(12, hr=0), streaming(12, hr=None), streaming(3, hr=72)),
    Case("RR-H1", streaming(21, rr=0), streaming(19, rr=0), streaming(3, rr=14)),
    Case("RR-H2", streaming(17, rr=8), streaming(17, rr=9), streaming(3, rr=12)),
    Case("RR-M1", streaming(32, rr=9), streaming(32, rr=10), streaming(3, rr=12)),
    Case("RR-M2", streaming(32, rr=31), streaming(32, rr=30), streaming(3, rr=20)),
    Case("RR-L1", streaming(62, rr=25), streaming(62, rr=24), streaming(3, rr=20)),
    Case("CO-M1", streaming(62, etco2=50), streaming(62, etco2=49), streaming(3, etco2=40)),
    Case("SED-H1", charting(C.SEDATION, 2), charting(C.SEDATION, 3), charting(C.SEDATION, 5)),
    Case("SED-M1", charting(C.SEDATION, 3), charting(C.SEDATION, 4), charting(C.SEDATION, 5)),
    Case("DIS-H1", charting(C.AGITATION, 3), charting(C.AGITATION, 2), charting(C.AGITATION, 0)),
    Case("DIS-M1", charting(C.DISTRESS, 7), charting(C.DISTRESS, 6), charting(C.DISTRESS, 2)),
    Case("GI-H1", both(charting(C.SEDATION, 3), charting(C.VOMITING)), charting(C.VOMITING), charting(C.VOMITING, 0)),
    Case("GI-M1", charting(C.VOMITING), charting(C.NAUSEA, 3), charting(C.VOMITING, 0)),
    Case("SYM-H1", charting(C.SEIZURE), charting(C.DYSPNOEA), charting(C.SEIZURE, 0)),
    Case("SYM-M1", charting(C.DYSPNOEA), charting(C.PAIN, 9), charting(C.DYSPNOEA, 0)),
    Case("SED-L1", streaming(1), both(charting(C.SEDATION, 5), streaming(1)), charting(C.SEDATION, 5), after_s=600),
    Case("INF-H1", rate(111), rate(110), rate(100)),
    Case("INF-M3", streaming(1), both(rate(97), streaming(1)), rate(0), after_s=2_460),
    Case("INF-M1", streaming(76, hr=140), streaming(70, hr=140), rate(0)),
    Case("REC-L1", recovering(61, 155), recovering(59, 155)),
    Case("REC-M1", recovering(91, 155), recovering(91, 149)),
    Case("TEC-L4", streaming(32, pr=93), streaming(32, pr=92), streaming(3, pr=72)),
    Case("TEC-L5", second_device(spo2=92), second_device(spo2=93), second_device(spo2=98)),
    Case("TEC-L6", streaming(75, spo2=65), streaming(50, spo2=65), streaming(3, spo2=98)),
    Case("TEC-L7", cuffs(20, 20), cuffs(20, 125, 20), cuffs(125)),
    Case("TEC-M4", cuffs(20, 20, 20), cuffs(20, 20), cuffs(125)),
    Case("TEC-L8", clock_step(30), clock_step(1), streaming(40)),
    Case("TEC-M5", frozen, streaming(12), streaming(3)),
    Case("TEC-M6", lambda bed: bed.apply(DeviceLeft("d1", "gone")), streaming(12), lambda bed: bed.join(), after_s=10),
    Case("INF-M2", screens(0), screens(1), screens(1), after_s=30),
    Case("DEL-M1", streaming(45, hr=115), streaming(35, hr=115), lambda bed: bed.apply(AlertShown("HR-M1.1", "anna", 10))),
)  # fmt: skip


@pytest.mark.parametrize("case", CATALOGUE, ids=lambda case: case.rule)
def test_what_it_is_for_raises_it(case: Case) -> None:
    bed = infusing()
    case.act(bed)
    bed.wait(case.after_s)
    assert bed.state(case.rule) in {AlertState.ACTIVE, AlertState.LATCHED}, bed.engine.alerts()


@pytest.mark.parametrize("case", CATALOGUE, ids=lambda case: case.rule)
def test_what_is_just_inside_does_not(case: Case) -> None:
    bed = infusing()
    case.near(bed)
    bed.wait(min(case.after_s, 590))
    assert all(state in {"pending", "withdrawn"} for _, state, _ in bed.changes(case.rule)), bed.changes(case.rule)


@pytest.mark.parametrize("case", [case for case in CATALOGUE if case.end is not None], ids=lambda case: case.rule)
def test_it_ends_and_what_is_high_waits_for_an_answer(case: Case) -> None:
    bed = infusing()
    case.act(bed)
    bed.wait(case.after_s)
    raised = bed.alert(case.rule)
    assert raised is not None
    assert case.end is not None
    case.end(bed)
    assert bed.state(case.rule) is (AlertState.LATCHED if raised.priority is Priority.HIGH else None)


def test_a_charted_sign_that_is_true_before_the_start_raises_at_the_start() -> None:
    bed = Bedside()
    bed.to_baseline()
    bed.chart(C.CHEST_PAIN)
    bed.order(Phase.INFUSING, "the reason")
    assert bed.state("SYM-H1") is AlertState.ACTIVE


def test_what_is_derived_from_a_cuff_asks_for_a_cuff() -> None:
    bed = infusing()
    cuffs(95, hr=96)(bed)
    asked = [entry.body for entry in bed.log if isinstance(entry.body, RemeasureRequested)]
    assert [(body.alert, body.vital.value) for body in asked] == [("DX-M1.1", "systolic_bp")]


def test_the_dose_that_is_reached_is_found_at_its_instant() -> None:
    """35 mg at 875 ug/min: after 40 min exactly; the alert a minute later."""
    bed = infusing()
    started_ms = bed.engine.started_at_ms
    assert started_ms is not None
    bed.wait(2_500)
    raised = bed.alert("INF-M3")
    assert raised is not None
    assert raised.since_ms == started_ms + 2_400_000
    assert raised.raised_at_ms == started_ms + 2_460_000
    assert raised.reason.startswith("dose given 100 % of order >= 100") or "dose given 100 >= 100" in raised.reason


def test_a_bolus_beyond_the_order_is_found_at_once() -> None:
    bed = infusing()
    bolus(38)(bed)
    assert bed.state("INF-H1") is None
    bolus(2)(bed)
    assert bed.state("INF-H1") is AlertState.ACTIVE


def test_a_high_alert_that_its_phase_ends_still_wants_an_answer() -> None:
    bed = infusing()
    rate(120)(bed)
    bed.order(Phase.RECOVERY)
    assert bed.state("INF-H1") is AlertState.LATCHED
    bed.acknowledge("INF-H1.1")
    assert bed.state("INF-H1") is None


@pytest.mark.parametrize(
    ("act", "rule", "reason"),
    [
        (streaming(76, hr=140), "INF-M1", "unanswered high alerts: 1 and rate 100 % of order for 60 s"),
        (cuffs(20, 20), "TEC-L7", "failed cuffs in a row: 2"),
        (rate(120), "INF-H1", "rate 120 > 110"),
    ],
)
def test_what_is_worked_out_is_said_in_words(act: Act, rule: str, reason: str) -> None:
    bed = infusing()
    act(bed)
    alert = bed.alert(rule)
    assert alert is not None
    assert alert.reason == reason
