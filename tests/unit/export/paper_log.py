"""A log that holds what paper must show: gaps, late, doubtful and invalid values, corrections, a restart, hostile words."""

from monitor.core.limits import encode_limits
from schemas.alert import AlertState, Why
from schemas.log import (
    AlertChanged,
    BaselineSet,
    BolusGiven,
    DrugDrawn,
    DrugWasted,
    Entry,
    EntryVoided,
    LimitChanged,
    LimitProposed,
    Measured,
    MonitorRestarted,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    WasteWitnessed,
    decode_body,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Baseline, Phase
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.core.bedside import default_limits
from tests.unit.export.session_log import Log, alert_of

MINUTE = 60_000
GAP_S = 240
SIGNED = (
    '{"by":"anna","kind":"signed_off","meaning":"fit to leave with the escort","name":"A. Meyer",'
    f'"under":{{"digest":"{"ab" * 32}","root":"cm9vdA==","seq":507,"size":41}}}}'
)
HOSTILE = "<b>=cmd|' /C calc'!A0</b> \u202eevil\u2066 \x07 {nb} \u4f60 %PDF-1.7 endstream ) Tj /JS (app.alert(1))"


def value(vital: Vital, milli: int | None, validity: Validity = Validity.VALID, reason: Reason = Reason.NONE) -> Reading:
    return Reading(reason=reason, validity=validity, value_milli=milli, vital=vital)


def say(log: Log, *readings: Reading, measured_ms: int | None = None) -> Entry:
    at_ms = log.at_ms + 1_000
    body = Measured(
        counter=len(log.entries),
        device="sim-room-1",
        measured_at_ms=at_ms if measured_ms is None else measured_ms,
        mode=Mode.SIMULATED,
        readings=readings,
        received_at_ms=at_ms,
    )
    return log.say(body, seal=False)


def streams(log: Log, seconds: int, rate: int = 72) -> None:
    for second in range(seconds):
        rates = value(Vital.HEART_RATE, (rate + second % 5) * 1000), value(Vital.RESPIRATORY_RATE, 14_000)
        say(log, *rates, value(Vital.SPO2, 97_000), value(Vital.ETCO2, 38_000))


def cuff(log: Log, systolic: int, diastolic: int, validity: Validity = Validity.VALID, reason: Reason = Reason.NONE) -> Entry:
    late_ms = log.at_ms - 3 * MINUTE if reason is Reason.LATE else None
    pairs = ((Vital.SYSTOLIC_BP, systolic), (Vital.DIASTOLIC_BP, diastolic), (Vital.MEAN_BP, (systolic + 2 * diastolic) // 3))
    return say(log, *(value(vital, mmhg * 1000, validity, reason) for vital, mmhg in pairs), measured_ms=late_ms)


def paper_log() -> Log:
    log = Log()
    log.create(limits=encode_limits(default_limits())[0])
    log.bind()
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.BASELINE))
    log.say(ObservationCharted(by="anna", note=HOSTILE, sign=Charted.SEDATION, value=5))
    log.say(DrugDrawn(amount_ug=50_000, by="anna", concentration_ug_per_ml=50_000, lot="LOT-A17"))
    cuff(log, 121, 71)
    streams(log, 120)
    log.say(PhaseOrdered(by="anna", override="patient asked", phase=Phase.INFUSING))
    log.say(BaselineSet(baselines=(Baseline(count=3, value_milli=121_000, vital=Vital.SYSTOLIC_BP),)))
    streams(log, 300)
    cuff(log, 163, 88)
    wrong = log.say(RateSet(by="anna", rate_ug_per_min=9_000))
    log.say(EntryVoided(by="ben", reason="meant for room 4", voids=wrong.seq))
    log.say(BolusGiven(amount_ug=5_250, by="anna"))
    log.say(LimitProposed(by="anna", direction="high", limit_milli=190_000, reason="known", rule="BP-H1", vital=Vital.SYSTOLIC_BP))
    change = {"direction": "high", "new_milli": 190_000, "old_milli": 180_000, "rule": "BP-H1", "vital": Vital.SYSTOLIC_BP}
    log.say(LimitChanged(by="anna", confirmed_by="ben", **change))
    log.say(AlertChanged(alert=alert_of(), why=Why.IMMEDIATE))
    log.at_ms += GAP_S * 1000  # the line is cut
    say(log, value(Vital.HEART_RATE, 91_000, Validity.VALID, Reason.LATE), measured_ms=log.at_ms - 2 * MINUTE)
    cuff(log, 158, 84, Validity.VALID, Reason.LATE)
    cuff(log, 199, 111, Validity.QUESTIONABLE, Reason.JUMP)
    cuff(log, 44, 31, Validity.INVALID, Reason.PULSE_PRESSURE)
    log.say(AlertChanged(alert=alert_of(AlertState.RESOLVED), why=Why.CONDITION_ENDED))
    log.say(MonitorRestarted(version="1.2.3"), after_ms=90_000)
    streams(log, 60, rate=66)
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.RECOVERY), after_ms=30 * MINUTE)
    cuff(log, 132, 77)
    waste = log.say(DrugWasted(amount_ug=7_000, by="anna", note=None))
    log.say(WasteWitnessed(by="ben", waste=waste.seq))
    log.say(NoteAdded(by="anna", text="line one\nline two " + "long " * 380))
    log.say(decode_body(SIGNED))
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.CLOSED), after_ms=80 * MINUTE)
    return log
