"""What a device and the monitor say to each other: JSON text frames on `/ingest/ws`, or one `Frame` as the body of `POST /api/v1/ingest`.

A connection: the device sends `hello`, the monitor answers `welcome` with the last frame it has on disk; the device sends `frame`s with
rising `seq` and keeps each until it is acknowledged. `ack` is cumulative and sent only after the commit is on disk; after a reconnect
the device sends again what was not acknowledged, and the monitor drops what it has. `refused` names why one frame was not taken: the
device must not send that frame again. At most `max_in_flight` frames may wait for an answer; beyond that the monitor stops reading the
connection (TCP backpressure), it drops nothing.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from schemas.alert import Priority
from schemas.announcement import MAX_FACTS, Name, Said, Turn, UnitText
from schemas.measurement import Mode
from schemas.vitals import Unit, Vital

PROTOCOL: Final = 1
MAX_FRAME_BYTES: Final = 1_048_576
MAX_MEASUREMENTS: Final = 2_000
MAX_ANNOUNCEMENTS: Final = 100
Counter = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]  # `$` alone also fits before a last line break
Doubted = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_]{0,31}$(?!\n)")]
Line = Annotated[str, msgspec.Meta(max_length=200)]


class WireReading(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """`value` null: the device has none now (probe off, cuff failed). Never 0 for missing.

    `doubt`: why the device itself does not vouch for its value, in a word of its own (`low_perfusion`); left out where it does. Such a
    value is questionable: it may raise an alert late and never ends one.
    """

    vital: Vital
    value: float | None
    unit: Unit
    doubt: Doubted = ""


class WireMeasurement(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    counter: Counter
    measured_at: datetime
    readings: Annotated[tuple[WireReading, ...], msgspec.Meta(min_length=1, max_length=16)]


class WireFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """As `schemas.announcement.Fact`; `value` in `unit`, null where the device has none now."""

    name: Name
    value: float | None = None
    unit: UnitText = ""
    turn: Turn | None = None
    priority: Priority | None = None


class WireAnnouncement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the device says beside its vital signs, recorded and shown and judged by nothing: a pump's figures, its own alarms and states.
    `text`: the device's own words for it."""

    at: datetime
    facts: Annotated[tuple[WireFact, ...], msgspec.Meta(min_length=1, max_length=MAX_FACTS)]
    text: Said | None = None


class WireInterval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vital: Vital
    interval_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)]


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="hello"):
    """First frame of the device. `boot` changes when the device restarts its counters. `mode` must be the registered one."""

    protocol: int
    device: Id
    boot: Id
    mode: Mode
    source: Line
    intervals: Annotated[tuple[WireInterval, ...], msgspec.Meta(max_length=16)] = ()


class Frame(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", tag="frame"):
    """`seq` rises by one with each frame of a boot, starting at 1. `boot` is needed over HTTP, where there is no hello. A frame holds at
    least one measurement or one announcement.

    `sent_at`: the device's own clock when the frame went out. It says how old its measurements are, whatever that clock shows, so that one
    that waited since before the device was bound to this patient is not recorded as this patient's.
    """

    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    measurements: Annotated[tuple[WireMeasurement, ...], msgspec.Meta(max_length=MAX_MEASUREMENTS)]
    boot: Id | None = None
    sent_at: datetime | None = None
    announcements: Annotated[tuple[WireAnnouncement, ...], msgspec.Meta(max_length=MAX_ANNOUNCEMENTS)] = ()


class Bye(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="bye"):
    why: Line


class Welcome(msgspec.Struct, frozen=True, tag_field="type", tag="welcome"):
    """`last_seq`: the last frame of this boot that is on disk. `now` and `clock_speed` let a simulator live by the monitor's clock."""

    protocol: int
    last_seq: int
    max_in_flight: int
    now: datetime
    clock_speed: float
    session: str | None


class Invalid(msgspec.Struct, frozen=True):
    """A value of an acknowledged frame that was kept as invalid, and why."""

    where: str
    reason: str


class Ack(msgspec.Struct, frozen=True, tag_field="type", tag="ack", omit_defaults=True):
    """Every frame up to `seq` is on disk."""

    seq: int
    invalid: tuple[Invalid, ...] = ()


class RefusedReason(StrEnum):
    MALFORMED = "malformed"  # not JSON, or not of the form above
    UNKNOWN_VITAL = "unknown_vital"
    UNKNOWN_UNIT = "unknown_unit"
    WRONG_UNIT = "wrong_unit"  # a known unit, not the one of this vital sign
    NOT_A_NUMBER = "not_a_number"  # bool, string, NaN, infinity or beyond a double
    TIME_NOT_UTC = "time_not_utc"
    TIME_NOT_AWARE = "time_not_aware"
    TIME_MALFORMED = "time_malformed"
    TOO_LARGE = "too_large"
    SEQUENCE_GAP = "sequence_gap"  # a frame before this one is missing: send from last_seq + 1
    DEVICE_UNBOUND = "device_unbound"  # bound to no open session: counted and shown, kept in no record
    UNKNOWN_DEVICE = "unknown_device"
    WRONG_MODE = "wrong_mode"  # a simulator says it is real, or the reverse
    PROTOCOL = "protocol"  # unknown version, or a frame before hello
    BUSY = "busy"  # the store does not keep up or does not work: keep the frame and send it again later


class Refused(msgspec.Struct, frozen=True, tag_field="type", tag="refused"):
    """What, where, what to do. `seq` is null where the frame could not be read far enough to tell."""

    seq: int | None
    reason: RefusedReason
    where: str
    detail: str


class RemeasureNow(msgspec.Struct, frozen=True, tag_field="type", tag="remeasure"):
    """The monitor asks for another cuff value. A device that cannot start its cuff ignores it."""

    vital: Vital
    within_s: float


DeviceSays = Hello | Frame | Bye
MonitorSays = Welcome | Ack | Refused | RemeasureNow
