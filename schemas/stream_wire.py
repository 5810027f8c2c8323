"""What the monitor streams to a screen on `/stream`: JSON text frames, encoded once for all subscribers.

`hello`, then either `resumed` (the frames missed since `?stream=..&since=..` follow) or `snapshot`; then `update`s as commits land and a
`heartbeat` every second. `position` rises by one with every update. Times are integer UTC milliseconds of the monitor's clock. A screen
ages each value by its own clock from the moment the frame came, starting at `age_ms`. A screen too slow for its bounded queue gets a
fresh `snapshot` in place of what it missed: readings may be coalesced, alerts are all in it.
"""

from typing import Annotated, Final

import msgspec

from schemas.alert import Alert, AlertKind, AlertState, Priority, Why
from schemas.measurement import Mode, Reason, Validity
from schemas.session import Baseline, Order, Patient, Phase, RecordState
from schemas.signs import Charted
from schemas.vitals import Vital

PROTOCOL: Final = 1


class VitalNow(msgspec.Struct, frozen=True):
    """The newest value of one vital sign. `value` is in its unit, null where there is none. Past `current_for_ms` of age it must not look
    current, past `gone_after_ms` it is struck through."""

    vital: Vital
    value: float | None
    validity: Validity
    reason: Reason
    measured_at_ms: int
    received_at_ms: int
    age_ms: int  # at the moment of encoding, by the monitor's clock
    current_for_ms: int
    gone_after_ms: int
    device: str


class SaidNow(msgspec.Struct, frozen=True):
    """Of what a device announced, what stands since `at_ms`. `is_state`: an alarm or a state of its own, else a figure or a word."""

    at_ms: int
    is_state: bool
    name: str
    priority: Priority | None
    text: str | None
    unit: str
    value: float | None


class DeviceNow(msgspec.Struct, frozen=True):
    device: str
    mode: Mode
    source: str
    is_connected: bool
    says: tuple[SaidNow, ...] = ()


class Presented(msgspec.Struct, frozen=True):
    """Alerts of one cause, presented as one: `alert` is the highest of them, `also` the others. `sound`: it calls now (raised, nobody has
    answered, no pause). `is_flashing`: nobody has answered."""

    alert: str
    also: tuple[str, ...]
    is_flashing: bool
    sound: bool


class ObservationNow(msgspec.Struct, frozen=True):
    """What is charted of one sign, and since when it stands."""

    at_ms: int
    by: str
    sign: Charted
    value: int


class LimitNow(msgspec.Struct, frozen=True):
    """A limit that is this patient's own, or (`proposal` given) is waiting for a second person. In the unit of the vital sign."""

    by: str
    direction: str
    limit: float
    ordinary: float  # that of the rule set
    proposal: int | None
    rule: str
    vital: Vital


class VialNow(msgspec.Struct, frozen=True):
    """A vial or syringe that was drawn."""

    at_ms: int
    by: str
    concentration_ug_per_ml: int
    drawn_ug: int
    lot: str
    seq: int


class WasteNow(msgspec.Struct, frozen=True):
    """What was wasted. `witness` null: waits for a second person, and does not count yet."""

    at_ms: int
    by: str
    note: str | None
    seq: int
    wasted_ug: int
    witness: str | None


class SignatureNow(msgspec.Struct, frozen=True):
    """Who has signed for the discharge. `under`: the state of the record that was signed."""

    at_ms: int
    by: str
    meaning: str
    name: str
    under: RecordState | None = None


class SessionNow(msgspec.Struct, frozen=True):
    """A session as it stands: everything a tile or the head of a session page shows."""

    id: str
    room: str
    patient: Patient
    order: Order
    phase: Phase
    phase_since_ms: int
    created_at_ms: int
    started_at_ms: int | None  # first start of the infusion
    stopped_at_ms: int | None
    rate_ug_per_min: int
    given_ug: int  # at `given_at_ms`; the screen adds rate x time
    given_at_ms: int
    mode: Mode  # real unless any device is not
    devices: tuple[DeviceNow, ...]
    vitals: tuple[VitalNow, ...]
    baselines: tuple[Baseline, ...]
    alerts: tuple[Alert, ...]  # all that are not resolved, highest first; pending ones included
    cuff_interval_ms: int
    last_seq: int
    presented: tuple[Presented, ...] = ()  # one for each cause with a raised alert, highest first
    audio_paused_until_ms: int | None = None
    audio_paused_by: str | None = None
    observations: tuple[ObservationNow, ...] = ()
    own_limits: tuple[LimitNow, ...] = ()
    vials: tuple[VialNow, ...] = ()
    wastes: tuple[WasteNow, ...] = ()
    signed_off: SignatureNow | None = None
    indication: str | None = None
    first_dose_at_ms: int | None = None
    last_dose_at_ms: int | None = None  # of doses that are given at once


class AlertStep(msgspec.Struct, frozen=True):
    """One transition of one alert, as far as a drawing needs it."""

    kind: AlertKind
    priority: Priority
    state: AlertState
    title: str
    why: Why


class Happened(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of the log that is not a measurement, as a screen shows it in the journal. `text` says it all in words; the fields after it
    are what of it is drawn or grouped, and are left out where the entry has none of it."""

    session: str
    seq: int
    at_ms: int
    kind: str
    text: str
    alert: str | None = None  # id of the alert it is about
    step: AlertStep | None = None  # alert_changed
    phase: Phase | None = None  # phase_ordered
    rate_ug_per_min: int | None = None  # rate_set
    amount_ug: int | None = None  # bolus_given
    voids: int | None = None  # the entry that this one marks as made in error


class UnboundNow(msgspec.Struct, frozen=True):
    """A device that sends readings which belong to no session."""

    device: str
    mode: Mode
    source: str
    readings: int
    last_at_ms: int


class SystemNow(msgspec.Struct, frozen=True):
    """The monitor's own state. `recording_impaired` is a technical alert: what is shown may not be on record. `warnings`: what does not
    work as it should and holds nothing up, such as a second channel that is not there."""

    recording_impaired: str | None
    refused: int
    unbound: tuple[UnboundNow, ...]
    viewers: int
    watching: int = 0  # of these, clinicians' screens that are visible and can sound
    warnings: tuple[str, ...] = ()


class StreamHello(msgspec.Struct, frozen=True, tag_field="type", tag="hello"):
    protocol: int
    stream: str
    now_ms: int
    clock_speed: float
    version: str
    site_zone: str
    user: str
    role: str


class Snapshot(msgspec.Struct, frozen=True, tag_field="type", tag="snapshot"):
    position: int
    now_ms: int
    sessions: tuple[SessionNow, ...]
    journal: tuple[Happened, ...]
    system: SystemNow


class Update(msgspec.Struct, frozen=True, tag_field="type", tag="update", omit_defaults=True):
    """Since the last update: values (session -> newest of each vital sign), whole sessions whose state changed, ended sessions, journal."""

    position: int
    now_ms: int
    vitals: dict[str, tuple[VitalNow, ...]] = {}
    sessions: tuple[SessionNow, ...] = ()
    ended: tuple[str, ...] = ()
    journal: tuple[Happened, ...] = ()
    system: SystemNow | None = None


class Heartbeat(msgspec.Struct, frozen=True, tag_field="type", tag="heartbeat"):
    position: int
    now_ms: int


class Resumed(msgspec.Struct, frozen=True, tag_field="type", tag="resumed"):
    since: int
    position: int


class ShownAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    session: Annotated[str, msgspec.Meta(max_length=64)]
    alert: Annotated[str, msgspec.Meta(max_length=64)]


class Canary(msgspec.Struct, frozen=True, tag_field="type", tag="canary"):
    """A test alert that has run the whole way of a real one. A screen answers with `shown` and shows nothing."""

    id: str
    now_ms: int


class ScreenReady(msgspec.Struct, frozen=True, tag_field="type", tag="ready", forbid_unknown_fields=True):
    """A screen says, every 5 s and at each change, whether it is visible and whether its sound is proven to work. Without one for 15 s it
    counts as not watching."""

    visible: bool
    sound: bool


class ScreenShown(msgspec.Struct, frozen=True, tag_field="type", tag="shown", forbid_unknown_fields=True):
    """A screen has drawn these: alerts by session and id, or a canary by its id with an empty session."""

    alerts: Annotated[tuple[ShownAlert, ...], msgspec.Meta(max_length=200)]


ScreenSays = ScreenReady | ScreenShown
StreamFrame = StreamHello | Snapshot | Update | Heartbeat | Resumed | Canary
