"""What a device session wants done. The shell does it in order and reports back where it says so."""

from enum import IntEnum

import msgspec

from monitor.ingest.ports import Aside
from schemas.announcement import Announcement
from schemas.device_wire import MonitorSays
from schemas.log import Interval
from schemas.measurement import Measurement


class Closing(IntEnum):
    """WebSocket close codes. 4400-4499 are ours; after 4401 and 4403 the device should not try again by itself."""

    NORMAL = 1000
    MALFORMED = 4400
    TOKEN_ENDED = 4401
    NOT_YOURS = 4403  # the token is another device's, or another mode's
    NO_HELLO = 4408
    REPLACED = 4409  # the device opened a newer connection
    NOT_READING = 4410


class Join(msgspec.Struct, frozen=True):
    """Ask the recorder for the last frame on disk, then call `joined`."""

    boot: str
    intervals: tuple[Interval, ...]


class Take(msgspec.Struct, frozen=True):
    """Give the recorder this frame, then call `settled`, `failed` or `not_taken`."""

    seq: int
    measurements: list[Measurement]
    received_at_ms: int
    sent_at_ms: int | None = None
    announced: tuple[Announcement, ...] = ()


class Skip(msgspec.Struct, frozen=True):
    """The frame is refused: tell the recorder that it counts as taken, then call `settled` or `failed`."""

    seq: int


class Say(msgspec.Struct, frozen=True):
    what: MonitorSays


class Keep(msgspec.Struct, frozen=True):
    aside: Aside


class Close(msgspec.Struct, frozen=True):
    """Nothing that comes after it is read."""

    code: Closing
    why: str


Todo = Join | Take | Skip | Say | Keep | Close
