"""What a device says beside its vital signs: what a pump is set to and has given, an alarm or a state of the device's own.

It is recorded and shown, and no rule judges it: the words are the device's, and what they mean for the patient is for people to say.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from schemas.alert import Priority
from schemas.measurement import Mode

LINE: Final = "connected"  # the fact that the device's own line to its gateway is up
MAX_FACTS: Final = 32  # of one announcement
MAX_STANDING: Final = 64  # of one device, of which the oldest go


class Turn(StrEnum):
    """Where an occurrence stands."""

    START = "start"
    END = "end"

    __hash__ = str.__hash__


Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
UnitText = Annotated[str, msgspec.Meta(max_length=20)]


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of them. Fields in canonical (alphabetical) order.

    `turn` None: a figure or a word that stands until it is said anew, its number in `value_milli` (thousandths of `unit`; None where it is
    a word, or where the device has none now). Otherwise an alarm or a state that begins or ends: `name` is the same for both ends and
    `priority` the device's own.
    """

    name: str
    priority: Priority | None = None
    turn: Turn | None = None
    unit: str = ""
    value_milli: int | None = None


class Announcement(msgspec.Struct, frozen=True):
    """What a device said at one instant, by its sender's clock; `text`: in its own words, where it used any."""

    said_at_ms: int
    facts: tuple[Fact, ...]
    text: str | None = None


class DeviceAnnounced(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="device_announced"):
    """An entry of the log, an input: an announcement of a device that is bound to the session. `said_at_ms`: when
    it was said, by the monitor's clock; well before `received_at_ms` where it waited on the way. `text`: the device's own words."""

    device: str
    facts: tuple[Fact, ...]
    mode: Mode
    received_at_ms: int
    said_at_ms: int
    text: Said | None = None
