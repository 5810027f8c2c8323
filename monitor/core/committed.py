r"""The committed form of a log's entries: what identifies people is replaced by commitments, the rest stays as it is.

The chain of a salted log is over the committed forms, so that the log with the commitments alone, the de-identified one, stands under the
same seals. It is a log of the same schema and gives back the same alerts.

    commitment = "withheld:" hex HMAC-SHA256(key, canonical JSON of the value)      key = HMAC-SHA256(salt, label)
    label      = "{seq}/{field}" of a text, "person/" canonical JSON of the name of a person

A person has one commitment through one log and another one in the next; equal texts have different ones. Who is told a key and the value
can check that one commitment and no other. `FIELDS` says of every field of every kind of entry whether it identifies anybody.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from schemas.alert import Alert
from schemas.announcement import DeviceAnnounced, Fact
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertNotified,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    AudioResumed,
    BaselineSet,
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
    Interval,
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
    canonical,
)
from schemas.measurement import Reading
from schemas.patient import PatientCorrected
from schemas.session import SHOWN_SALT, Baseline, Order, Patient, RecordState

PREFIX: Final = "withheld:"
UNREVIEWED: Final = '"unreviewed"'  # of a rule: no person
_REVIEWER: Final = re.compile(r'"reviewer":("(?:[^"\\]|\\.)*")', re.DOTALL)  # in canonical JSON; within a text its quotes are escaped

Hide = Callable[[bytes, str, Any], Any]  # salt, label, value -> what stands for it
Kept = Literal["kept"]


def commitment(salt: bytes, label: str, text: bytes) -> str:
    """`text`: the canonical JSON of the value. 73 characters."""
    return PREFIX + digest(digest(salt, label.encode(), "sha256"), text, "sha256").hex()


def is_shown_salt(salt: str) -> bool:
    """Whether the log that begins with this salt is a de-identified one."""
    return salt.startswith(SHOWN_SALT)


def _text(salt: bytes, label: str, value: str) -> str:
    return commitment(salt, label, canonical(value))


def _person(salt: bytes, _: str, name: str) -> str:
    text = canonical(name)
    return commitment(salt, f"person/{text.decode()}", text)


def _people(salt: bytes, label: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Sorted: the order of the names would say something of them."""
    return tuple(sorted(_person(salt, label, name) for name in names))


def _patient(salt: bytes, label: str, patient: Patient) -> Patient:
    """One commitment for all three: a year alone would be guessed in a hundred tries by who is told its key."""
    said = {"birth_year": patient.birth_year, "code": patient.code, "label": patient.label}
    return replace(patient, birth_year=None, label=commitment(salt, label, canonical(said)), code=None)


def _alert(salt: bytes, label: str, alert: Alert) -> Alert:
    name = alert.acknowledged_by
    return alert if name is None else replace(alert, acknowledged_by=_person(salt, label, name))


def _rule_set(salt: bytes, _: str, limits: str) -> str:
    """The names of its reviewers are replaced where they stand: nothing else of the text changes."""

    def hidden(found: re.Match[str]) -> str:
        name = found[1]
        return found[0] if name == UNREVIEWED else f'"reviewer":"{commitment(salt, f"person/{name}", name.encode())}"'

    return _REVIEWER.sub(hidden, limits)


def _salt(salt: bytes, _: str, __: str) -> str:
    return SHOWN_SALT + sha256(salt).hexdigest()


def _fields(kept: str = "", **hidden: Hide) -> dict[str, Hide | Kept]:
    return {**hidden, **dict.fromkeys(kept.split(), "kept")}


# Rooms, devices, times, doses, lots and weights are kept: without them the record says nothing.
FIELDS: Final[dict[type[msgspec.Struct], dict[str, Hide | Kept]]] = {
    Measured: _fields("counter device measured_at_ms mode readings received_at_ms"),
    SessionCreated: _fields(  # `limits_sha256` is of the limits as they stand beside it
        "indication limits_sha256 order request room", by=_person, limits=_rule_set, patient=_patient, salt=_salt
    ),
    DeviceBound: _fields("device mode request", by=_person, read_back=_text, source=_text),
    DeviceUnbound: _fields("device request", by=_person),
    DeviceJoined: _fields("boot device intervals"),
    DeviceLeft: _fields("device why"),
    DeviceAnnounced: _fields("device facts mode received_at_ms said_at_ms", text=_text),
    PhaseOrdered: _fields("phase request under", by=_person, name=_person, override=_text),
    RateSet: _fields("rate_ug_per_min request", by=_person),
    BolusGiven: _fields("amount_ug request", by=_person),
    AlertAcknowledged: _fields("alert request", by=_person, comment=_text),
    NoteAdded: _fields("request", by=_person, text=_text),
    ObservationCharted: _fields("request sign value", by=_person, note=_text),
    EntryVoided: _fields("request voids", by=_person, reason=_text),
    PatientCorrected: _fields("is_late request", by=_person, code=_text, old_code=_text, reason=_text),
    DrugDrawn: _fields("amount_ug concentration_ug_per_ml lot request", by=_person),
    DrugWasted: _fields("amount_ug request", by=_person, note=_text),
    WasteWitnessed: _fields("request waste", by=_person),
    SignedOff: _fields("request under", by=_person, meaning=_text, name=_person),
    AudioPaused: _fields("for_ms request", by=_person),
    AudioPauseEnded: _fields("request", by=_person),
    LimitProposed: _fields("direction limit_milli request rule vital", by=_person, reason=_text),
    LimitConfirmed: _fields("proposal request", by=_person),
    AlertShown: _fields("alert latency_ms", by=_person),
    ScreensChanged: _fields("screens", people=_people),
    AlertNotified: _fields("alert channel is_delivered", detail=_text),
    MonitorRestarted: _fields("version"),
    BaselineSet: _fields("baselines"),
    AlertChanged: _fields("why", alert=_alert),
    RemeasureRequested: _fields("alert vital within_ms"),
    GatesJudged: _fields("before findings"),
    AudioResumed: _fields("why"),
    LimitChanged: _fields("direction new_milli old_milli rule vital", by=_person, confirmed_by=_person),
    LimitAwaitsConfirmation: _fields("proposal rule"),
    # what stands within them
    Alert: _fields(
        "acknowledged_at_ms cause escalation id kind priority raised_at_ms reason rule shown_at_ms since_ms state title vital",
        acknowledged_by=_person,
    ),
    Baseline: _fields("count value_milli vital"),
    Fact: _fields("name priority turn unit value_milli"),
    GateFinding: _fields("effect gate reason title"),
    Interval: _fields("interval_ms vital"),
    Order: _fields("dose_ug duration_ms treatment"),
    Patient: _fields("weight_g", birth_year=_patient, label=_patient, code=_patient),
    Reading: _fields("reason validity value_milli vital"),
    RecordState: _fields("digest root seq size"),
}
_HIDDEN: Final = {kind: tuple((name, how) for name, how in fields.items() if how != "kept") for kind, fields in FIELDS.items()}


def committed(entry: Entry, salt: str) -> Entry:
    """`salt`: of the log's first entry. What is withheld already, of a de-identified log, stands as it is; so does what is null."""
    body = entry.body
    hidden = () if is_shown_salt(salt) else _HIDDEN[type(body)]
    if not hidden:
        return entry
    key = bytes.fromhex(salt)
    changed = {name: how(key, f"{entry.seq}/{name}", value) for name, how in hidden if (value := getattr(body, name)) is not None}
    if "limits" in changed:
        changed["limits_sha256"] = sha256(changed["limits"].encode()).hexdigest()
    return replace(entry, body=replace(body, **changed))
