"""An invented ward for the dashboard's tests: sessions, values and their history, all from schemas and all repeatable."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec.structs import replace

from schemas.alert import Alert, AlertKind, AlertState, Priority, Why
from schemas.measurement import Mode, Reason, Validity
from schemas.session import Baseline, Order, Patient, Phase, Treatment
from schemas.stream_wire import AlertStep, DeviceNow, Happened, SessionNow, VitalNow
from schemas.vitals import VITAL_SIGNS, Vital

START_MS = 1_795_340_467_000  # 2026-11-22T09:41:07Z
CUFF_MS = 300_000
MINUTE_MS = 60_000
RISE_MS = 600_000
BASE = {
    Vital.HEART_RATE: 72.0,
    Vital.SYSTOLIC_BP: 124.0,
    Vital.DIASTOLIC_BP: 78.0,
    Vital.MEAN_BP: 93.0,
    Vital.SPO2: 97.0,
    Vital.RESPIRATORY_RATE: 15.0,
}


def vital(name: Vital, value: float | None, *, age_ms: int = 400, now_ms: int = START_MS, reason: Reason = Reason.NONE) -> VitalNow:
    """A value that is `age_ms` old at `now_ms`, with the budgets of limits.toml."""
    is_cuff = VITAL_SIGNS[name].is_cuff
    return VitalNow(
        vital=name,
        value=value,
        validity=Validity.VALID
        if value is not None and reason is Reason.NONE
        else Validity.QUESTIONABLE
        if value is not None
        else Validity.INVALID,
        reason=reason,
        measured_at_ms=now_ms - age_ms,
        received_at_ms=now_ms - age_ms,
        age_ms=age_ms,
        current_for_ms=CUFF_MS if is_cuff else 5_000,
        gone_after_ms=CUFF_MS * 3 // 2 if is_cuff else 60_000,
        device="monitor-b1",
    )


def vitals(now_ms: int = START_MS, *, cuff_age_ms: int = 131_000, **values: float | None) -> tuple[VitalNow, ...]:
    """All six vital signs; `values` replace the ordinary ones by name, None leaves a sensor without a value."""
    found: list[VitalNow] = []
    for name, ordinary in BASE.items():
        value = values.get(name.value, ordinary)
        age_ms = cuff_age_ms if VITAL_SIGNS[name].is_cuff else 400
        reason = Reason.NOT_MEASURED if value is None else Reason.NONE
        found.append(vital(name, value, age_ms=age_ms, now_ms=now_ms, reason=reason))
    return tuple(found)


def alert(
    rule: str,
    title: str,
    reason: str,
    *,
    priority: Priority = Priority.HIGH,
    kind: AlertKind = AlertKind.PHYSIOLOGICAL,
    state: AlertState = AlertState.ACTIVE,
    since_ms: int = START_MS - 62_000,
    cause: str = "",
    by: str | None = None,
    vital: Vital | None = None,
) -> Alert:
    return Alert(
        acknowledged_at_ms=None if by is None else since_ms + 30_000,
        acknowledged_by=by,
        cause=cause or rule.lower().replace("-", "_"),
        escalation=0,
        id=f"{rule}.1",
        kind=kind,
        priority=priority,
        raised_at_ms=None if state is AlertState.PENDING else since_ms,
        reason=reason,
        rule=rule,
        shown_at_ms=None,
        since_ms=since_ms,
        state=state,
        title=title,
        vital=vital,
    )


def session(number: int, room: str, label: str, birth_year: int | None = 1980, **changes: Any) -> SessionNow:
    """A session that is infusing 35 mg over 40 min since 16 min, calm and real; `changes` replace its fields."""
    started_ms = START_MS - 16 * MINUTE_MS
    calm = SessionNow(
        id=f"S-{number:06d}",
        room=room,
        patient=Patient(birth_year=birth_year, label=label, weight_g=70_000),
        order=Order(dose_ug=35_000, duration_ms=40 * MINUTE_MS, treatment=Treatment.KETAMINE_IV),
        phase=Phase.INFUSING,
        phase_since_ms=started_ms,
        created_at_ms=started_ms - 15 * MINUTE_MS,
        started_at_ms=started_ms,
        stopped_at_ms=None,
        rate_ug_per_min=875,
        given_ug=14_000,
        given_at_ms=START_MS,
        mode=Mode.REAL,
        devices=(DeviceNow(device=f"monitor-b{number}", mode=Mode.REAL, source="bedside monitor", is_connected=True),),
        vitals=vitals(),
        baselines=baselines(),
        alerts=(),
        cuff_interval_ms=CUFF_MS,
        last_seq=100,
    )
    one = replace(calm, **changes)
    return replace(one, first_dose_at_ms=one.started_at_ms)


def baselines() -> tuple[Baseline, ...]:
    values = ((Vital.HEART_RATE, 70), (Vital.SYSTOLIC_BP, 122), (Vital.DIASTOLIC_BP, 76), (Vital.SPO2, 98), (Vital.RESPIRATORY_RATE, 14))
    return tuple(Baseline(count=3, value_milli=value * 1000, vital=name) for name, value in values)


def ward() -> list[SessionNow]:
    """Six rooms: one of each priority, one technical, one recovering, one in its baseline."""
    fast = vitals(cuff_age_ms=48_000, heart_rate=116.0, systolic_bp=148.0, diastolic_bp=90.0, mean_bp=109.0)
    rest = {"rate_ug_per_min": 0, "vitals": vitals(heart_rate=66.0)}
    stopped_ms = START_MS - 22 * MINUTE_MS
    recovery = {"phase": Phase.RECOVERY, "phase_since_ms": stopped_ms, "stopped_at_ms": stopped_ms, "given_ug": 35_000}
    before = {"phase": Phase.BASELINE, "phase_since_ms": START_MS - 4 * MINUTE_MS, "started_at_ms": None, "baselines": (), "given_ug": 0}
    return [
        session(1, "1", "M.K.", 1971, vitals=fast, alerts=(tachycardia(),), given_ug=27_100),
        session(2, "2", "T.B.", 1965, vitals=vitals(cuff_age_ms=330_000)),
        hypertensive(),
        session(4, "4", "C.D.", 1958, **{**rest, **recovery}),
        session(5, "5", "A.R.", 1990, vitals=_without_spo2(), alerts=(no_signal(),), given_ug=7_000),
        session(6, "6", "L.W.", 1979, **{**rest, **before}),
    ]


def hypertensive() -> SessionNow:
    """Room 3: the worst of the ward. Three alerts of two causes."""
    numbers = vitals(
        cuff_age_ms=108_000, heart_rate=112.0, systolic_bp=184.0, diastolic_bp=108.0, mean_bp=133.0, spo2=96.0, respiratory_rate=16.0
    )
    about_pressure = partial(alert, cause="blood_pressure_high", vital=Vital.SYSTOLIC_BP)
    alerts = (
        about_pressure("BP-H1", "Severe hypertension", "SBP 184 >= 180, confirmed by 2 cuffs, +47 % of baseline 125"),
        about_pressure("BP-M1", "Hypertension", "SBP 184 >= 160, +47 % of baseline 125", priority=Priority.MEDIUM),
        alert("HR-L1", "Rise of heart rate", "HR 112 >= 100", priority=Priority.LOW, vital=Vital.HEART_RATE),
    )
    return session(3, "3", "J.S.", 1984, vitals=numbers, alerts=alerts, given_ug=21_200)


def tachycardia() -> Alert:
    reason = "HR 116 >= 111, for 34 s"
    return alert("HR-M1", "Tachycardia", reason, priority=Priority.MEDIUM, since_ms=START_MS - 34_000, vital=Vital.HEART_RATE)


def no_signal() -> Alert:
    priority, kind, since_ms = Priority.MEDIUM, AlertKind.TECHNICAL, START_MS - 42_000
    return alert("TEC-M2", "SpO2 lost", "no usable SpO2 for 30 s", priority=priority, kind=kind, since_ms=since_ms, vital=Vital.SPO2)


def _without_spo2() -> tuple[VitalNow, ...]:
    """SpO2 was 95 and has been silent for 42 s."""
    return tuple(vital(Vital.SPO2, 95.0, age_ms=42_000) if one.vital is Vital.SPO2 else one for one in vitals(heart_rate=78.0))


def simulated(one: SessionNow, mode: Mode = Mode.SIMULATED, source: str = "patient model, seed 7") -> SessionNow:
    return replace(one, mode=mode, devices=(DeviceNow(device="sim-room-1", mode=mode, source=source, is_connected=True),))


def history(one: SessionNow, name: Vital, since_ms: int, until_ms: int) -> Iterator[tuple[int, float]]:
    """(at_ms, value) of a vital sign: rises after the start to what the session shows now. A stream every 2 s, a cuff every 5 min."""
    now = next((each for each in one.vitals if each.vital is name), None)
    if now is None or now.value is None:
        return
    is_cuff = VITAL_SIGNS[name].is_cuff
    step_ms = CUFF_MS if is_cuff else 2_000
    last_ms = now.received_at_ms if is_cuff else until_ms
    rest = BASE[name]
    for at_ms in range(last_ms - (last_ms - since_ms) // step_ms * step_ms, last_ms + 1, step_ms):
        began = one.started_at_ms
        share = (
            0.0
            if began is None or at_ms < began
            else (1 - math.exp((began - at_ms) / RISE_MS)) / (1 - math.exp((began - last_ms) / RISE_MS))
        )
        wave = math.sin(at_ms / 9_000) + math.sin(at_ms / 31_000)
        size = {Vital.SPO2: 0.4}.get(name, 0.0 if is_cuff else 1.6)
        yield at_ms, round(rest + (now.value - rest) * share + wave * size)


def story(one: SessionNow) -> list[Happened]:
    """The journal of a session, in the words of the monitor."""
    began = one.created_at_ms
    bound = ", ".join(f"{each.device} bound by vega ({each.mode}: {each.source})" for each in one.devices)
    lines = [
        _line(began, "session_created", f"Session planned in {one.room} by vega: 35 mg over 40 min"),
        _line(began + 20_000, "device_bound", bound),
        _line(began + 60_000, "phase_ordered", "baseline ordered by vega", phase=Phase.BASELINE),
    ]
    if one.started_at_ms is not None:
        lines.append(_line(one.started_at_ms, "baseline_set", "Baseline: HR 70 (of 60), SBP 122 (of 3), SpO2 98 (of 60)"))
        lines.append(_line(one.started_at_ms, "phase_ordered", "infusing ordered by vega", phase=Phase.INFUSING))
        lines.append(_line(one.started_at_ms + 4_000, "rate_set", "Rate 0.875 mg/min set by vega", rate_ug_per_min=875))
    if one.stopped_at_ms is not None:
        lines.append(_line(one.stopped_at_ms, "phase_ordered", "recovery ordered by vega", phase=Phase.RECOVERY))
    for each in one.alerts:
        step = AlertStep(each.kind, each.priority, each.state, each.title, Why.ONSET_PASSED)
        lines.append(_line(each.since_ms, "alert_changed", f"{each.id} {each.title} raised: {each.reason}", alert=each.id, step=step))
    return [replace(line, session=one.id, seq=seq) for seq, line in enumerate(lines, 1)]


def _line(at_ms: int, kind: str, text: str, **fields: Any) -> Happened:
    return Happened(session="", seq=0, at_ms=at_ms, kind=kind, text=text, **fields)
