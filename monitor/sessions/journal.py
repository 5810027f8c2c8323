"""A log entry in one line for people: the journal of a session page, the text column of an export. Pure."""

from typing import assert_never

from schemas.alert import Why
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    BaselineSet,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Entry,
    Measured,
    MonitorRestarted,
    NoteAdded,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    SessionCreated,
)
from schemas.stream_wire import Happened
from schemas.vitals import VITAL_SIGNS, format_milli

_WHY = {
    Why.CONDITION_BEGAN: "began, waiting for its onset",
    Why.ONSET_PASSED: "raised",
    Why.CONFIRMED: "raised, confirmed",
    Why.NOT_CONFIRMED_IN_TIME: "raised without a second cuff",
    Why.IMMEDIATE: "raised at once",
    Why.RECURRED: "is there again",
    Why.ACKNOWLEDGED: "acknowledged",
    Why.CONDITION_ENDED: "condition ended",
    Why.NOT_CONFIRMED: "not confirmed, withdrawn",
    Why.PHASE_ENDED: "ended with its phase",
    Why.SESSION_ENDED: "ended with the session",
}


def happened(entry: Entry) -> Happened:
    """An entry as a screen's journal shows it."""
    kind = str(type(entry.body).__struct_config__.tag)
    return Happened(session=entry.session, seq=entry.seq, at_ms=entry.at_ms, kind=kind, text=describe(entry.body))


def describe(body: Body) -> str:
    """What happened, in words. Text that people wrote stays as they wrote it."""
    match body:
        case Measured():
            values = (
                f"{VITAL_SIGNS[reading.vital].label} {format_milli(reading.value_milli) if reading.value_milli is not None else '-'}"
                for reading in body.readings
            )
            return ", ".join(values)
        case SessionCreated():
            order = body.order
            return f"Session planned in {body.room} by {body.by}: {order.dose_ug / 1000:g} mg over {order.duration_ms / 60000:g} min"
        case DeviceBound():
            return f"{body.device} bound by {body.by} ({body.mode}: {body.source})"
        case DeviceUnbound():
            return f"{body.device} unbound by {body.by}"
        case DeviceJoined():
            return f"{body.device} connected"
        case DeviceLeft():
            return f"{body.device} disconnected: {body.why}"
        case PhaseOrdered():
            override = f", overriding: {body.override}" if body.override else ""
            return f"{body.phase} ordered by {body.by}{override}"
        case RateSet():
            return f"Rate {body.rate_ug_per_min / 1000:g} mg/min set by {body.by}"
        case BolusGiven():
            return f"Bolus {body.amount_ug / 1000:g} mg recorded by {body.by}"
        case AlertAcknowledged():
            comment = f": {body.comment}" if body.comment else ""
            return f"{body.alert} acknowledged by {body.by}{comment}"
        case NoteAdded():
            return f"{body.by}: {body.text}"
        case MonitorRestarted():
            return f"Monitor restarted ({body.version}); nobody watched since the entry before"
        case BaselineSet():
            values = (
                f"{VITAL_SIGNS[baseline.vital].label} {format_milli(baseline.value_milli)} (of {baseline.count})"
                for baseline in body.baselines
            )
            return "Baseline: " + (", ".join(values) or "none")
        case AlertChanged():
            return f"{body.alert.id} {body.alert.title} {_WHY[body.why]}: {body.alert.reason}"
        case RemeasureRequested():
            return f"Second {VITAL_SIGNS[body.vital].label} asked for within {body.within_ms / 1000:g} s ({body.alert})"
        case _:
            assert_never(body)
