"""The session log: one ordered, append-only sequence of entries with one `seq` for all.

An entry is an input (what a device or a person said) or an output (what the core made of the inputs before it). Replaying the inputs
gives back exactly the outputs. The canonical bytes of an entry are RFC 8785 restricted to strings, integers, booleans and null (the
limits inside `session_created` hold decimals and are carried as their own canonical text), so that a verifier in any language can
rebuild them; `chain` says how they are hashed.
"""

from typing import Annotated, Final, get_args

import msgspec

from schemas.alert import Alert, Why
from schemas.announcement import DeviceAnnounced
from schemas.limits import Before, Effect
from schemas.measurement import Mode, Reading
from schemas.patient import PatientCorrected
from schemas.session import Baseline, Order, Patient, Phase, RecordState, RequestId, Salt, Text
from schemas.signs import Charted
from schemas.vitals import Vital

FORMAT: Final = "infusion-monitor/log/1"
SALTED_FORMAT: Final = "infusion-monitor/log/2"  # its chain is over entries in which commitments stand for what identifies people
MAX_MICROGRAMS: Final = 10_000_000  # 10 g: beyond any dose, within every reader's integers
Micrograms = Annotated[int, msgspec.Meta(ge=0, le=MAX_MICROGRAMS)]


class Measured(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="measurement"):
    """Input: a measurement as it was received, each value with admission's verdict."""

    counter: int
    device: str
    measured_at_ms: int
    mode: Mode
    readings: tuple[Reading, ...]
    received_at_ms: int


class SessionCreated(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="session_created"):
    """Input, always the first entry. `limits` is the canonical JSON text of the rule set in force. `indication`: the preset it was opened
    with. `salt`: 32 random bytes in hex, of the commitments that stand for what identifies people where the log is hashed; in a
    de-identified log `sha256:` and the SHA-256 of those bytes; absent in logs from before, which cannot be de-identified."""

    by: str
    limits: str
    limits_sha256: str
    order: Order
    patient: Patient
    room: str
    indication: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    request: RequestId | None = None
    salt: Salt | None = None


class DeviceBound(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="device_bound"):
    """Input: from here on the device's readings belong to this session. `mode` and `source` are the device's registered ones. `read_back`:
    the sentence with room, patient and device that the person confirmed at the bedside; absent where nobody was asked."""

    by: str
    device: str
    mode: Mode
    source: str
    read_back: Text | None = None
    request: RequestId | None = None


class DeviceUnbound(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="device_unbound"):
    by: str
    device: str
    request: RequestId | None = None


class Interval(msgspec.Struct, frozen=True):
    """How often a device renews a vital sign, as the device declares it."""

    interval_ms: int
    vital: Vital


class DeviceJoined(msgspec.Struct, frozen=True, tag_field="kind", tag="device_joined"):
    """Input: the device opened a connection. A new `boot` resets what was known of its counter and clock."""

    boot: str
    device: str
    intervals: tuple[Interval, ...]


class DeviceLeft(msgspec.Struct, frozen=True, tag_field="kind", tag="device_left"):
    device: str
    why: str


class PhaseOrdered(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="phase_ordered"):
    """Input: a person moves the session on. `override` is the reason given where a gate had to be overridden; it is signed for: `name` as
    printed, `under` what the record was."""

    by: str
    override: Text | None
    phase: Phase
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | None = None
    request: RequestId | None = None
    under: RecordState | None = None


class RateSet(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="rate_set"):
    """Input: the pump's rate as the clinician set it. This system records it and never drives a pump."""

    by: str
    rate_ug_per_min: Micrograms
    request: RequestId | None = None


class BolusGiven(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="bolus_given"):
    amount_ug: Micrograms
    by: str
    request: RequestId | None = None


class AlertAcknowledged(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="alert_acknowledged"):
    alert: str
    by: str
    comment: Text | None
    request: RequestId | None = None


class NoteAdded(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="note_added"):
    by: str
    text: Text
    request: RequestId | None = None


class ObservationCharted(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="observation_charted"):
    """Input: what a person saw, asked or confirmed. It stands until it is charted anew. `value`: in the unit of `schemas.signs`."""

    by: str
    note: Text | None
    sign: Charted
    value: int
    request: RequestId | None = None


class EntryVoided(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="entry_voided"):
    """Input: the entry `voids` was made in error. It stays in the log and counts no more from here on."""

    by: str
    reason: Text
    voids: Annotated[int, msgspec.Meta(ge=1)]
    request: RequestId | None = None


class DrugDrawn(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="drug_drawn"):
    """Input: a vial or syringe was made ready. `concentration_ug_per_ml`: 50 mg/ml is 50,000."""

    amount_ug: Annotated[int, msgspec.Meta(ge=1, le=MAX_MICROGRAMS)]
    by: str
    concentration_ug_per_ml: Annotated[int, msgspec.Meta(ge=1, le=MAX_MICROGRAMS)]
    lot: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    request: RequestId | None = None


class DrugWasted(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="drug_wasted"):
    """Input: what was drawn and not given was destroyed. It counts once another person has witnessed it."""

    amount_ug: Annotated[int, msgspec.Meta(ge=1, le=MAX_MICROGRAMS)]
    by: str
    note: Text | None
    request: RequestId | None = None


class WasteWitnessed(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="waste_witnessed"):
    """Input: a second person has seen the waste of the entry `waste`."""

    by: str
    waste: Annotated[int, msgspec.Meta(ge=1)]
    request: RequestId | None = None


class SignedOff(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="signed_off"):
    """Input: a clinician signs for the discharge. `name` as printed; `meaning`: what the signature says; `under`: what the record was."""

    by: str
    meaning: Text
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    request: RequestId | None = None
    under: RecordState | None = None


class AudioPaused(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="audio_paused"):
    """Input: the sound of this session's alerts rests for `for_ms`, never longer than the rule set allows. What is seen stays."""

    by: str
    for_ms: Annotated[int, msgspec.Meta(ge=1, le=120_000)]
    request: RequestId | None = None


class AudioPauseEnded(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="audio_pause_ended"):
    """Input: a person ends the pause before its time."""

    by: str
    request: RequestId | None = None


class LimitProposed(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="limit_proposed"):
    """Input: another limit for this patient, in thousandths. It counts at once unless it loosens a rule of high priority."""

    by: str
    direction: str  # 'high' or 'low', of the term
    limit_milli: int
    reason: Text
    rule: str
    vital: Vital
    request: RequestId | None = None


class LimitConfirmed(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="limit_confirmed"):
    """Input: a second person agrees to a proposed limit."""

    by: str
    proposal: int
    request: RequestId | None = None


class AlertShown(msgspec.Struct, frozen=True, tag_field="kind", tag="alert_shown"):
    """Input: a screen that can be seen and heard has shown the alert. `latency_ms`: from its raising to the screen's receipt."""

    alert: str
    by: str
    latency_ms: int


class ScreensChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="screens_changed"):
    """Input: how many screens that can be seen and heard watch now, and whose they are."""

    people: tuple[str, ...]
    screens: int


class AlertNotified(msgspec.Struct, frozen=True, tag_field="kind", tag="alert_notified"):
    """Input: the second channel was asked to carry an alert. `detail`: what it answered, without addresses or secrets."""

    alert: str
    channel: str
    detail: Text
    is_delivered: bool


class MonitorRestarted(msgspec.Struct, frozen=True, tag_field="kind", tag="monitor_restarted"):
    """Input: the process was started again and rebuilt this session from its log. Between the last entry and this one nobody watched."""

    version: str


class BaselineSet(msgspec.Struct, frozen=True, tag_field="kind", tag="baseline_set"):
    """Output: the personal baseline, frozen when the infusion starts."""

    baselines: tuple[Baseline, ...]


class AlertChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="alert_changed"):
    """Output: one transition of one alert, with its named reason. `at_ms` of the entry is the deadline it fell due at."""

    alert: Alert
    why: Why


class RemeasureRequested(msgspec.Struct, frozen=True, tag_field="kind", tag="remeasure_requested"):
    """Output: a cuff value beyond a limit asks for another one."""

    alert: str
    vital: Vital
    within_ms: int


class GateFinding(msgspec.Struct, frozen=True):
    """A gate that is not open, and why."""

    effect: Effect
    gate: str
    reason: str
    title: str


class GatesJudged(msgspec.Struct, frozen=True, tag_field="kind", tag="gates_judged"):
    """Output: what stood against a step that was taken all the same. Empty where nothing did."""

    before: Before
    findings: tuple[GateFinding, ...]


class AudioResumed(msgspec.Struct, frozen=True, tag_field="kind", tag="audio_resumed"):
    """Output: the sound is back. `why`: time_passed, new_alert, ended_by_person, session_ended."""

    why: str


class LimitChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="limit_changed"):
    """Output: from here on this session is judged by another limit. `confirmed_by` None: no second person was needed."""

    by: str
    confirmed_by: str | None
    direction: str
    new_milli: int
    old_milli: int
    rule: str
    vital: Vital


class LimitAwaitsConfirmation(msgspec.Struct, frozen=True, tag_field="kind", tag="limit_awaits_confirmation"):
    """Output: the proposal would loosen a rule of high priority: a second person must confirm it."""

    proposal: int
    rule: str


Input = (
    Measured
    | SessionCreated
    | DeviceBound
    | DeviceUnbound
    | DeviceJoined
    | DeviceLeft
    | DeviceAnnounced
    | PhaseOrdered
    | RateSet
    | BolusGiven
    | AlertAcknowledged
    | NoteAdded
    | ObservationCharted
    | EntryVoided
    | PatientCorrected
    | DrugDrawn
    | DrugWasted
    | WasteWitnessed
    | SignedOff
    | AudioPaused
    | AudioPauseEnded
    | LimitProposed
    | LimitConfirmed
    | AlertShown
    | ScreensChanged
    | AlertNotified
    | MonitorRestarted
)
# What a person's request makes: each carries its id, so that a request sent again is not done again.
ASKED: Final = tuple(body for body in get_args(Input) if "request" in body.__struct_fields__)
Output = BaselineSet | AlertChanged | RemeasureRequested | GatesJudged | AudioResumed | LimitChanged | LimitAwaitsConfirmation
Body = Input | Output
OUTPUT_KINDS: Final = frozenset(
    {
        "baseline_set",
        "alert_changed",
        "remeasure_requested",
        "gates_judged",
        "audio_resumed",
        "limit_changed",
        "limit_awaits_confirmation",
    }
)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry of a session's log. `at_ms` never goes back within a log."""

    at_ms: int
    body: Body
    seq: int
    session: str


class Seal(msgspec.Struct, frozen=True):
    """Closes the entries `first_seq..last_seq`: digest = SHA-256(previous digest || canonical bytes of each entry and a newline)."""

    at_ms: int
    digest: str  # lower-case hex
    first_seq: int
    last_seq: int
    session: str


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Entry)
_body_decoder: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def canonical(value: object) -> bytes:
    """Canonical bytes: keys sorted, no white space, RFC 8785 escapes."""
    return _encoder.encode(value)


def decode_entry(line: bytes | str) -> Entry:
    """One line of a log. Raises msgspec.MsgspecError with what and where."""
    return _decoder.decode(line)


def decode_body(text: bytes | str) -> Body:
    """The body of an entry. Raises msgspec.MsgspecError with what and where."""
    body: Body = _body_decoder.decode(text)
    return body
