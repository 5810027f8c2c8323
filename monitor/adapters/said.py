"""What a codec can say. One stream of items, in the order of the wire, whatever the protocol.

`received_at_ms` is the arrival of the bytes that completed the item, by the clock of the machine the adapter runs on. Texts are as on the
wire and at most MAX_TEXT characters (`clipped`). A codec says only what the device said: no last value, no average, no guess.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from monitor.adapters.device_time import NO_TIME, DeviceTime
from monitor.adapters.doubts import Doubt, validity_of
from monitor.adapters.quantities import Quantity, convert, converts
from schemas.alert import AlertKind, Priority
from schemas.measurement import Mode, Validity

MAX_TEXT: Final = 200
MAX_EXCERPT: Final = 64


class Kind(StrEnum):
    """How often a measurement comes, which is how long it may stand."""

    CONTINUOUS = "continuous"
    APERIODIC = "aperiodic"  # a cuff, a spot check: may be an old one told again, `time` tells
    SETTING = "setting"  # set on the device: not measured
    MANUAL = "manual"  # entered on the device by a person

    __hash__ = str.__hash__


class Sender(msgspec.Struct, frozen=True, cache_hash=True):
    """Who speaks, in the wire's own words. One connection may carry many (a gateway, a rack of pumps): these tell them apart."""

    device: str = ""  # serial number, EUI-64, enrolment code; empty: the wire does not say
    model: str = ""
    place: str = ""  # bed, rack slot


class Origin(msgspec.Struct, frozen=True):
    """One field of the wire before any table touched it."""

    code: str
    value: str = ""
    unit: str = ""
    channel: str = ""  # what tells two fields of one code apart: OBX-4, a handle


class DeviceValue(msgspec.Struct, frozen=True):
    """`value_milli`: thousandths of the quantity's unit; null exactly where `validity` is invalid. Made by `measured` or `missing`."""

    quantity: Quantity
    value_milli: int | None
    origin: Origin
    doubts: tuple[Doubt, ...] = ()  # sorted, each once

    @property
    def validity(self) -> Validity:
        return validity_of(self.doubts)


class DeviceText(msgspec.Struct, frozen=True):
    """A field that is words: drug, mode, posture."""

    name: str
    origin: Origin


class DeviceMeasurement(msgspec.Struct, frozen=True, tag=True):
    """What belongs to one instant: one line, one cuff inflation, one pump state. Several in one message are several of these.

    `mode` is simulated where the device says demo or test. `message_id` is the wire's own, for dropping what is sent twice. `is_forwarded`:
    whoever sends it keeps what cannot be sent and sends it later, so `time` tells whether it is of now.
    """

    received_at_ms: int
    mode: Mode
    values: tuple[DeviceValue, ...]
    sender: Sender = Sender()
    time: DeviceTime = NO_TIME
    kind: Kind = Kind.CONTINUOUS
    texts: tuple[DeviceText, ...] = ()
    message_id: str = ""
    is_forwarded: bool = False


class Phase(StrEnum):
    START = "start"
    CONTINUE = "continue"
    END = "end"

    __hash__ = str.__hash__


class DeviceEvent(msgspec.Struct, frozen=True, tag=True):
    """Something the device itself announces: its own alarms, a bolus, a stop. `key` is the same from start to end of one occurrence.

    A codec that learns states instead of changes tells each change once. A new connection starts afresh: what holds then is told as START,
    what ended meanwhile is not told, so a reader drops a device's open events when the connection is lost.
    """

    received_at_ms: int
    mode: Mode
    key: str
    phase: Phase
    text: str
    sender: Sender = Sender()
    time: DeviceTime = NO_TIME
    kind: AlertKind | None = None  # null: not an alarm, or the device does not say which
    priority: Priority | None = None  # null: the device does not say
    about: Quantity | None = None
    origin: Origin | None = None
    limits: str = ""  # the device's own, as on the wire
    is_silenced: bool = False
    message_id: str = ""


class Condition(StrEnum):
    """What can hold of a device for a while."""

    CONNECTED = "connected"  # the shell tells it of its line, a codec of a device behind a gateway or a broker
    STANDBY = "standby"
    BATTERY_LOW = "battery_low"
    SOUND_OFF = "sound_off"  # the device's own alarms are silenced
    CLOCK_NOT_SET = "clock_not_set"

    __hash__ = str.__hash__


class DeviceStatus(msgspec.Struct, frozen=True, tag=True):
    """`holds` became true or false. Told at each change, and at the first sight of a connection if it holds then."""

    received_at_ms: int
    condition: Condition
    holds: bool
    why: str = ""
    sender: Sender = Sender()


class Unmapped(msgspec.Struct, frozen=True, tag=True):
    """A field that was read and has no place: an unknown code, or a number and a name that contradict each other. Kept, never guessed."""

    received_at_ms: int
    mode: Mode
    origin: Origin
    why: str = "unknown code"
    sender: Sender = Sender()
    time: DeviceTime = NO_TIME
    message_id: str = ""


class Fault(StrEnum):
    TOO_LONG = "too_long"  # beyond the bound; the rest is skipped up to where the next item can begin
    MALFORMED = "malformed"
    CHECKSUM = "checksum"
    TRUNCATED = "truncated"  # the connection ended inside it
    UNSUPPORTED = "unsupported"  # well formed, of a kind this codec does not read

    __hash__ = str.__hash__


class Undecoded(msgspec.Struct, frozen=True, tag=True):
    """Bytes that are no item of the protocol. `excerpt`: their beginning. Nothing of them is used."""

    received_at_ms: int
    fault: Fault
    excerpt: bytes
    detail: str = ""


class Reply(msgspec.Struct, frozen=True, tag=True):
    """Bytes for the device. With `when_kept` they wait until all that was said before is on disk; if it cannot be, `otherwise` goes out."""

    data: bytes
    when_kept: bool = False
    otherwise: bytes = b""


Told = DeviceMeasurement | DeviceEvent | DeviceStatus | Unmapped | Undecoded
Said = Told | Reply


def measured(quantity: Quantity, number: Decimal | None, unit: str, origin: Origin, doubts: frozenset[Doubt] = frozenset()) -> DeviceValue:
    """A value from the number on the wire (`number_of`; None: it was not one) in a UCUM unit. With an invalidating doubt it is null."""
    if number is None:
        return missing(quantity, origin, doubts | {Doubt.NOT_A_NUMBER})
    if not converts(quantity, unit):
        return missing(quantity, origin, doubts | {Doubt.UNKNOWN_UNIT})
    value_milli = convert(quantity, number, unit)
    if value_milli is None:
        return missing(quantity, origin, doubts | {Doubt.NOT_A_NUMBER})
    ordered = tuple(sorted(doubts))
    return DeviceValue(quantity, None if validity_of(ordered) is Validity.INVALID else value_milli, origin, ordered)


def missing(quantity: Quantity, origin: Origin, doubts: frozenset[Doubt] = frozenset()) -> DeviceValue:
    """No value now. Without a doubt that says why, it is `not_measured`."""
    ordered = tuple(sorted(doubts))
    if validity_of(ordered) is not Validity.INVALID:
        ordered = tuple(sorted({*doubts, Doubt.NOT_MEASURED}))
    return DeviceValue(quantity, None, origin, ordered)


def undecoded(fault: Fault, raw: bytes, received_at_ms: int, detail: str = "") -> Undecoded:
    return Undecoded(received_at_ms, fault, bytes(raw[:MAX_EXCERPT]), clipped(detail))


def clipped(text: str) -> str:
    """At most MAX_TEXT characters of it, for fields whose length the wire decides."""
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
