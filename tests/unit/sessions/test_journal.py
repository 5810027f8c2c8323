"""One line for people, of every kind of entry."""

import msgspec
import pytest

from monitor.sessions.journal import describe, happened, journal_lines
from schemas.alert import Alert, AlertKind, AlertState, Priority, Why
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.limits import Before, Effect
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertNotified,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    AudioResumed,
    BaselineSet,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    DrugDrawn,
    DrugWasted,
    Entry,
    EntryVoided,
    GateFinding,
    GatesJudged,
    LimitAwaitsConfirmation,
    LimitChanged,
    LimitConfirmed,
    LimitProposed,
    Measured,
    MonitorRestarted,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    ScreensChanged,
    SignedOff,
    WasteWitnessed,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.patient import PatientCorrected
from schemas.session import Baseline, Phase
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.core.bedside import created


def _announced(*facts: Fact, text: str | None = None, waited_ms: int = 0) -> DeviceAnnounced:
    return DeviceAnnounced("d1", facts, Mode.SIMULATED, 90_000, 90_000 - waited_ms, text)


ALERT = Alert(
    acknowledged_at_ms=None, acknowledged_by=None, cause="heart_rate_high", escalation=0, id="HR-H1.1", kind=AlertKind.PHYSIOLOGICAL,
    priority=Priority.HIGH, raised_at_ms=0, reason="HR 140 >= 131 for 15 s", rule="HR-H1",
    shown_at_ms=None, since_ms=0, state=AlertState.ACTIVE,
    title="Severe tachycardia", vital=Vital.HEART_RATE,
)  # fmt: skip
READINGS = (
    Reading(Reason.NONE, Validity.VALID, 72_500, Vital.HEART_RATE),
    Reading(Reason.NOT_MEASURED, Validity.INVALID, None, Vital.SPO2),
)
FINDING = GateFinding(Effect.OVERRIDE, "G-BP2", "SBP 164 >= 160", "High blood pressure")
LINES: list[tuple[Body, str]] = [
    (Measured(1, "d1", 0, Mode.REAL, READINGS, 0), "HR 72.5, SpO2 -"),
    (created(), "Session planned in Room 1 by anna: 35 mg over 40 min"),
    (DeviceBound("anna", "d1", Mode.SIMULATED, "a bed"), "d1 bound by anna (simulated: a bed)"),
    (DeviceUnbound("anna", "d1"), "d1 unbound by anna"),
    (DeviceJoined("boot", "d1", ()), "d1 connected"),
    (DeviceLeft("d1", "bye"), "d1 disconnected: bye"),
    (
        _announced(Fact("infusion_rate", unit="mL/h", value_milli=12_500), Fact("dose_given", unit="mg")),
        "d1 says: infusion rate 12.5 mL/h, dose given -",
    ),
    (_announced(Fact("drug"), text="Ketamin"), "d1 says: drug Ketamin"),
    (_announced(Fact("bolus_volume", unit="mL", value_milli=500), text="by hand"), "d1 says: bolus volume 0.5 mL: by hand"),
    (
        _announced(Fact("stopped", turn=Turn.START), Fact("infusion_rate", unit="mL/h", value_milli=0), text="door open"),
        "d1 says: door open (begins), infusion rate 0 mL/h",
    ),
    (_announced(Fact("standby", turn=Turn.START)), "d1 says: standby (begins)"),
    (_announced(Fact("connected", turn=Turn.START), text="serial:/dev/ttyUSB0"), "d1 says: its line is up"),
    (_announced(Fact("connected", turn=Turn.END), text="unplugged"), "d1 says: its line is lost, unplugged"),
    (_announced(Fact("connected", turn=Turn.END)), "d1 says: its line is lost"),
    (
        _announced(Fact("11:INA2", Priority.HIGH, Turn.END), text="syringe empty", waited_ms=61_000),
        "d1 says: syringe empty (high priority, ends) (said 61 s before it came)",
    ),
    (PhaseOrdered("anna", None, Phase.PAUSED), "paused ordered by anna"),
    (PhaseOrdered("anna", "no time", Phase.INFUSING), "infusing ordered by anna, overriding: no time"),
    (RateSet("anna", 875), "Rate 0.875 mg/min set by anna"),
    (BolusGiven(5_000, "anna"), "Bolus 5 mg recorded by anna"),
    (AlertAcknowledged("HR-H1.1", "anna", None), "HR-H1.1 acknowledged by anna"),
    (AlertAcknowledged("HR-H1.1", "anna", "moved"), "HR-H1.1 acknowledged by anna: moved"),
    (NoteAdded("anna", "=1+1"), "anna: =1+1"),
    (DrugDrawn(50_000, "anna", 50_000, "A17"), "Drawn 50 mg of 50 mg/ml, lot A17, by anna"),
    (DrugWasted(15_000, "anna", "dropped"), "Wasted 15 mg by anna, waits for a witness: dropped"),
    (WasteWitnessed("ben", 12), "Waste of entry 12 witnessed by ben"),
    (SignedOff("anna", "fit to leave", "A. Meyer"), "Signed by A. Meyer (anna): fit to leave"),
    (EntryVoided("anna", "meant for room 4", 12), "Entry 12 was made in error, marked by anna: meant for room 4"),
    (PatientCorrected("anna", "K-17", "K-71", "read wrongly"), "Patient code K-17, not K-71, corrected by anna: read wrongly"),
    (
        PatientCorrected("anna", None, "K-71", "another's", is_late=True),
        "Patient code none, not K-71, corrected by anna, after the session was signed for or had ended: another's",
    ),
    (MonitorRestarted("1.2"), "Monitor restarted (1.2); nobody watched since the entry before"),
    (BaselineSet((Baseline(3, 125_000, Vital.SYSTOLIC_BP),)), "Baseline: SBP 125 (of 3)"),
    (BaselineSet(()), "Baseline: none"),
    (AlertChanged(ALERT, Why.ONSET_PASSED), "HR-H1.1 Severe tachycardia raised: HR 140 >= 131 for 15 s"),
    (AlertShown("HR-H1.1", "anna", 1_250), "HR-H1.1 shown to anna after 1.25 s"),
    (AlertNotified("HR-H1.1", "webhook", "answered 204", is_delivered=True), "HR-H1.1 sent by webhook: delivered, answered 204"),
    (AlertNotified("HR-H1.1", "webhook", "answered 500", is_delivered=False), "HR-H1.1 sent by webhook: NOT delivered, answered 500"),
    (ScreensChanged(("anna", "ben"), 3), "3 screens watch (anna, ben)"),
    (ScreensChanged((), 0), "0 screens watch"),
    (AudioPaused("anna", 60_000), "Sound paused for 60 s by anna"),
    (AudioPauseEnded("anna"), "Sound pause ended by anna"),
    (AudioResumed("new_alert"), "Sound is back (new alert)"),
    (ObservationCharted("anna", None, Charted.SEDATION, 4), "MOAA/S 4 charted by anna"),
    (ObservationCharted("anna", "after water", Charted.NAUSEA, 0), "nausea 0 charted by anna: after water"),
    (GatesJudged(Before.START, ()), "Gates before start: all open"),
    (
        GatesJudged(Before.START, (GateFinding(Effect.CAUTION, "G-BP1", "SBP 145 > 140", "Raised blood pressure"),)),
        "Gates before start: Raised blood pressure (caution: SBP 145 > 140)",
    ),
    (LimitProposed("anna", "high", 150_000, "tall", "BP-M1", Vital.SYSTOLIC_BP), "BP-M1: SBP limit 150 proposed by anna: tall"),
    (LimitConfirmed("ben", 1), "Proposal 1 confirmed by ben"),
    (
        LimitChanged("anna", "ben", "high", 150_000, 160_000, "BP-M1", Vital.SYSTOLIC_BP),
        "BP-M1: SBP limit 160 -> 150 by anna, confirmed by ben",
    ),
    (LimitAwaitsConfirmation(1, "BP-H1"), "BP-H1: proposal 1 waits for a second person"),
    (RemeasureRequested("BP-H1.1", Vital.SYSTOLIC_BP, 120_000), "Second SBP asked for within 120 s (BP-H1.1)"),
    (AlertChanged(ALERT, Why.UNSEEN), "HR-H1.1 Severe tachycardia shown on no screen: the second channel is used: HR 140 >= 131 for 15 s"),
    (ObservationCharted("anna", "sudden", Charted.CHEST_PAIN, 1), "chest pain yes charted by anna: sudden"),
    (AlertShown("HR-H1.1", "anna", 340), "HR-H1.1 shown to anna after 0.34 s"),
    (AlertNotified("HR-H1.1", "webhook", "200", is_delivered=True), "HR-H1.1 sent by webhook: delivered, 200"),
    (AlertNotified("HR-H1.1", "none", "no channel", is_delivered=False), "HR-H1.1 sent by none: NOT delivered, no channel"),
    (ScreensChanged(("anna", "ben"), 2), "2 screens watch (anna, ben)"),
    (LimitProposed("anna", "high", 145_000, "a runner", "HR-H1", Vital.HEART_RATE), "HR-H1: HR limit 145 proposed by anna: a runner"),
    (
        LimitChanged("anna", "ben", "high", 145_000, 131_000, "HR-H1", Vital.HEART_RATE),
        "HR-H1: HR limit 131 -> 145 by anna, confirmed by ben",
    ),
    (LimitChanged("anna", None, "high", 120_000, 131_000, "HR-H1", Vital.HEART_RATE), "HR-H1: HR limit 131 -> 120 by anna"),
    (LimitAwaitsConfirmation(1, "HR-H1"), "HR-H1: proposal 1 waits for a second person"),
    (GatesJudged(Before.START, (FINDING,)), "Gates before start: High blood pressure (override: SBP 164 >= 160)"),
]


@pytest.mark.parametrize(("body", "line"), LINES)
def test_a_line(body: Body, line: str) -> None:
    assert describe(body) == line
    entry = happened(Entry(5, body, 7, "S-000001"))
    assert (entry.session, entry.seq, entry.at_ms, entry.text) == ("S-000001", 7, 5, line)
    assert entry.kind == type(body).__struct_config__.tag


def test_every_kind_has_a_line() -> None:
    assert {type(body) for body, _ in LINES} == set(Body.__args__)


@pytest.mark.parametrize("why", list(Why))
def test_every_transition_has_its_words(why: Why) -> None:
    words = {describe(AlertChanged(msgspec.structs.replace(ALERT), other)) for other in Why}
    assert len(words) == len(Why)
    assert describe(AlertChanged(ALERT, why)).endswith(": HR 140 >= 131 for 15 s")


DRAWN: list[tuple[Body, dict[str, object]]] = [
    (PhaseOrdered("anna", None, Phase.PAUSED), {"phase": "paused"}),
    (RateSet("anna", 0), {"rate_ug_per_min": 0}),
    (BolusGiven(5_000, "anna"), {"amount_ug": 5_000}),
    (AlertAcknowledged("HR-H1.1", "anna", None), {"alert": "HR-H1.1"}),
    (AlertShown("HR-H1.1", "anna", 340), {"alert": "HR-H1.1"}),
    (
        AlertChanged(ALERT, Why.ONSET_PASSED),
        {
            "alert": "HR-H1.1",
            "step": {
                "kind": "physiological",
                "priority": "high",
                "state": "active",
                "title": "Severe tachycardia",
                "why": "onset_passed",
            },
        },
    ),
    (NoteAdded("anna", "pale"), {}),
]


@pytest.mark.parametrize(("body", "fields"), DRAWN)
def test_what_of_an_entry_is_drawn_stands_beside_its_words(body: Body, fields: dict[str, object]) -> None:
    """And what it has not is left out of the frame."""
    told = msgspec.to_builtins(happened(Entry(5, body, 7, "S-000001")))
    assert {name: value for name, value in told.items() if name not in {"session", "seq", "at_ms", "kind", "text"}} == fields


def _rate(ml_h: int, volume_ml: int) -> DeviceAnnounced:
    return _announced(
        Fact("infusion_rate", unit="mL/h", value_milli=ml_h * 1000), Fact("volume_infused", unit="mL", value_milli=volume_ml * 1000)
    )


def _told(*bodies: Body) -> list[int]:
    return [line.seq for line in journal_lines(Entry(seq, body, seq, "S-000001") for seq, body in enumerate(bodies))]


def test_a_pump_that_says_its_figures_again_and_again_is_told_at_each_change_of_its_rate() -> None:
    """Its volume alone runs on by itself, and what is said of it between two changes is not another line."""
    volume = _announced(Fact("volume_infused", unit="mL", value_milli=9_000))
    assert _told(_rate(12, 1), _rate(12, 2), volume, _rate(12, 3), _rate(20, 4), _rate(20, 5), _rate(12, 6)) == [0, 4, 6]


def test_a_change_of_drug_or_strength_is_told() -> None:
    drugs = [_announced(Fact("drug"), text=name) for name in ("Ketamin", "Ketamin", "Propofol")]
    strengths = [_announced(Fact("concentration", unit="mg/mL", value_milli=milli)) for milli in (10_000, 10_000, 50_000)]
    assert _told(*drugs, *strengths) == [0, 2, 3, 5]


def test_two_pumps_change_their_rates_each_for_itself() -> None:
    other = msgspec.structs.replace(_rate(20, 1), device="d2")
    assert _told(_rate(12, 1), other, _rate(12, 2), other) == [0, 1]


def test_what_begins_and_ends_and_what_is_no_announcement_is_told_each_time() -> None:
    state = [_announced(Fact("standby", turn=turn)) for turn in (Turn.START, Turn.START, Turn.END)]
    assert _told(_rate(12, 1), *state, NoteAdded("anna", "pale"), NoteAdded("anna", "pale"), _rate(12, 2)) == [0, 1, 2, 3, 4, 5]
