"""A log entry in one line for people: the journal of a session page, the text column of an export. Pure."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from msgspec.structs import replace

from monitor.core.reason import is_yes_no
from monitor.sessions.told_figures import ToldFigures
from schemas.alert import Why
from schemas.announcement import LINE, DeviceAnnounced, Fact, Turn
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
    SessionCreated,
    SignedOff,
    WasteWitnessed,
)
from schemas.patient import PatientCorrected
from schemas.session import RecordState
from schemas.signs import SIGNS
from schemas.stream_wire import AlertStep, Happened
from schemas.vitals import VITAL_SIGNS, format_milli

_LATE_S = 10
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
    Why.UNSEEN: "shown on no screen: the second channel is used",
    Why.ESCALATED: "escalated, nobody has acknowledged it",
    Why.REMINDED: "is still there",
    Why.PHASE_ENDED: "ended with its phase",
    Why.SESSION_ENDED: "ended with the session",
}


def happened(entry: Entry) -> Happened:
    """An entry as a screen's journal shows it."""
    body = entry.body
    kind = str(type(body).__struct_config__.tag)
    line = Happened(session=entry.session, seq=entry.seq, at_ms=entry.at_ms, kind=kind, text=describe(body))
    match body:
        case AlertChanged():
            alert = body.alert
            return replace(line, alert=alert.id, step=AlertStep(alert.kind, alert.priority, alert.state, alert.title, body.why))
        case AlertAcknowledged() | AlertShown() | AlertNotified() | RemeasureRequested():
            return replace(line, alert=body.alert)
        case EntryVoided():
            return replace(line, voids=body.voids)
        case PhaseOrdered():
            return replace(line, phase=body.phase)
        case RateSet():
            return replace(line, rate_ug_per_min=body.rate_ug_per_min)
        case BolusGiven():
            return replace(line, amount_ug=body.amount_ug)
        case _:
            return line


def journal_lines(entries: Iterable[Entry]) -> Iterator[Happened]:
    """Entries of one session, in order, as its journal tells them: of the figures of its devices those alone that are news."""
    figures = ToldFigures()
    return (happened(entry) for entry in entries if figures.is_news(entry))


def describe(body: Body) -> str:
    """What happened, in words. Text that people wrote stays as they wrote it."""
    match body:
        case AlertShown() | AlertNotified() | ScreensChanged() | AudioPaused() | AudioPauseEnded() | AudioResumed():
            return _signal(body)
        case LimitProposed() | LimitConfirmed() | LimitChanged() | LimitAwaitsConfirmation():
            return _limit(body)
        case ObservationCharted():
            return f"{SIGNS[body.sign].label} {_charted(body)} charted by {body.by}{f': {body.note}' if body.note else ''}"
        case GatesJudged():
            found = "; ".join(f"{finding.title} ({finding.effect}: {finding.reason})" for finding in body.findings)
            return f"Gates before {body.before}: {found or 'all open'}"
        case Measured():
            values = (
                f"{VITAL_SIGNS[reading.vital].label} {format_milli(reading.value_milli) if reading.value_milli is not None else '-'}"
                for reading in body.readings
            )
            return ", ".join(values)
        case SessionCreated():
            order = body.order
            over = f" over {order.duration_ms / 60000:g} min" if order.duration_ms or not order.dose_ug else f" {order.treatment}"
            return f"Session planned in {body.room} by {body.by}: {order.dose_ug / 1000:g} mg{over}"
        case DeviceBound() | DeviceUnbound() | DeviceJoined() | DeviceAnnounced() | DeviceLeft():
            return _device(body)
        case PhaseOrdered():
            override = f", overriding: {body.override}" if body.override else ""
            signed = f", signed {body.name}{_under(body.under)}" if body.name else ""
            return f"{body.phase} ordered by {body.by}{override}{signed}"
        case AlertAcknowledged():
            comment = f": {body.comment}" if body.comment else ""
            return f"{body.alert} acknowledged by {body.by}{comment}"
        case NoteAdded() | EntryVoided() | SignedOff():
            return _said(body)
        case PatientCorrected():
            late = ", after the session was signed for or had ended" if body.is_late else ""
            return f"Patient code {body.code or 'none'}, not {body.old_code or 'none'}, corrected by {body.by}{late}: {body.reason}"
        case RateSet() | BolusGiven() | DrugDrawn() | DrugWasted() | WasteWitnessed():
            return _drug(body)
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


def _device(body: DeviceBound | DeviceUnbound | DeviceJoined | DeviceAnnounced | DeviceLeft) -> str:
    match body:
        case DeviceBound():
            read_back = f", read back: {body.read_back}" if body.read_back else ""
            return f"{body.device} bound by {body.by} ({body.mode}: {body.source}){read_back}"
        case DeviceUnbound():
            return f"{body.device} unbound by {body.by}"
        case DeviceJoined():
            return f"{body.device} connected"
        case DeviceAnnounced():
            return _announced(body)
        case DeviceLeft():
            return f"{body.device} disconnected: {body.why}"


def _announced(body: DeviceAnnounced) -> str:
    waited_s = (body.received_at_ms - body.said_at_ms) // 1000
    late = f" (said {waited_s} s before it came)" if waited_s > _LATE_S else ""
    is_said = body.text is None or any(fact.turn is not None or fact.value_milli is None for fact in body.facts)
    return f"{body.device} says: {facts_text(body, body.facts)}{'' if is_said else f': {body.text}'}{late}"


def facts_text(body: DeviceAnnounced, facts: Iterable[Fact]) -> str:
    """Some of its facts in words."""
    return ", ".join(_fact(fact, body.text) for fact in facts)


def _fact(fact: Fact, text: str | None) -> str:
    """A number stands as it was said, whatever words came with it."""
    if fact.turn is None:
        word = "-" if text is None else text
        said = word if fact.value_milli is None else f"{format_milli(fact.value_milli)} {fact.unit}".rstrip()
        return f"{fact.name.replace('_', ' ')} {said}"
    if fact.name == LINE:
        lost = "its line is lost" if text is None else f"its line is lost, {text}"
        return "its line is up" if fact.turn is Turn.START else lost
    priority = "" if fact.priority is None else f"{fact.priority} priority, "
    what = fact.name.replace("_", " ") if text is None else text
    return f"{what} ({priority}{'begins' if fact.turn is Turn.START else 'ends'})"


def _said(body: NoteAdded | EntryVoided | SignedOff) -> str:
    if isinstance(body, NoteAdded):
        return f"{body.by}: {body.text}"
    if isinstance(body, SignedOff):
        return f"Signed by {body.name} ({body.by}): {body.meaning}{_under(body.under)}"
    return f"Entry {body.voids} was made in error, marked by {body.by}: {body.reason}"


def _under(state: RecordState | None) -> str:
    """The state of the record that was signed: enough of the digest to find it, all of it stands in the record."""
    if state is None:
        return ""
    checkpoint = "" if state.size is None else f", checkpoint {state.size}"
    return f" [under entry {state.seq}, digest {state.digest[:16]}{checkpoint}]"


def _drug(body: RateSet | BolusGiven | DrugDrawn | DrugWasted | WasteWitnessed) -> str:
    match body:
        case RateSet():
            return f"Rate {body.rate_ug_per_min / 1000:g} mg/min set by {body.by}"
        case BolusGiven():
            return f"Bolus {body.amount_ug / 1000:g} mg recorded by {body.by}"
        case DrugDrawn():
            return f"Drawn {body.amount_ug / 1000:g} mg of {body.concentration_ug_per_ml / 1000:g} mg/ml, lot {body.lot}, by {body.by}"
        case DrugWasted():
            return f"Wasted {body.amount_ug / 1000:g} mg by {body.by}, waits for a witness{f': {body.note}' if body.note else ''}"
        case WasteWitnessed():
            return f"Waste of entry {body.waste} witnessed by {body.by}"


def _charted(body: ObservationCharted) -> str:
    return ("no", "yes")[body.value] if is_yes_no(body.sign) else str(body.value)


def _signal(body: AlertShown | AlertNotified | ScreensChanged | AudioPaused | AudioPauseEnded | AudioResumed) -> str:
    match body:
        case AlertShown():
            return f"{body.alert} shown to {body.by} after {body.latency_ms / 1000:g} s"
        case AlertNotified():
            return f"{body.alert} sent by {body.channel}: {'delivered' if body.is_delivered else 'NOT delivered'}, {body.detail}"
        case ScreensChanged():
            return f"{body.screens} screens watch" + (f" ({', '.join(body.people)})" if body.people else "")
        case AudioPaused():
            return f"Sound paused for {body.for_ms / 1000:g} s by {body.by}"
        case AudioPauseEnded():
            return f"Sound pause ended by {body.by}"
        case AudioResumed():
            return f"Sound is back ({body.why.replace('_', ' ')})"


def _limit(body: LimitProposed | LimitConfirmed | LimitChanged | LimitAwaitsConfirmation) -> str:
    match body:
        case LimitProposed():
            limit = f"{VITAL_SIGNS[body.vital].label} limit {format_milli(body.limit_milli)}"
            return f"{body.rule}: {limit} proposed by {body.by}: {body.reason}"
        case LimitConfirmed():
            return f"Proposal {body.proposal} confirmed by {body.by}"
        case LimitChanged():
            second = f", confirmed by {body.confirmed_by}" if body.confirmed_by else ""
            limits = f"{format_milli(body.old_milli)} -> {format_milli(body.new_milli)}"
            return f"{body.rule}: {VITAL_SIGNS[body.vital].label} limit {limits} by {body.by}{second}"
        case LimitAwaitsConfirmation():
            return f"{body.rule}: proposal {body.proposal} waits for a second person"
