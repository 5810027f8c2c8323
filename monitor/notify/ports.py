"""What the rest of the monitor asks of a channel."""

from typing import Final, Protocol

import msgspec

from schemas.alert import Priority
from schemas.measurement import Mode

SEND_WITHIN_S: Final = 5.0


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One call for a person. `id` is the same for every attempt and channel, so a receiver can drop repeats. `why`: unseen, escalated,
    nobody_watching or path_silent. `room` is empty where it is about the monitor itself. `mode`: simulated is never a patient's."""

    id: str
    at_ms: int
    room: str
    title: str
    priority: Priority
    reason: str
    why: str
    escalation: int
    mode: Mode
    link: str


class Delivery(msgspec.Struct, frozen=True):
    """What became of an attempt. `detail` goes on record: no address, no secret, nothing that the other side said."""

    is_delivered: bool
    detail: str


class Notifier(Protocol):
    """One channel. `name` goes on record with each attempt."""

    name: str

    async def send(self, notice: Notice) -> Delivery:
        """One attempt, without a retry. Whoever calls gives up after SEND_WITHIN_S; an exception counts as not delivered."""
        ...

    async def close(self) -> None: ...


def headline(notice: Notice) -> str:
    """The first line that a person reads."""
    mark = "" if notice.mode is Mode.REAL else f"{notice.mode} ".upper()
    return f"{mark}{str(notice.priority).upper()} {notice.room or 'Infusion Monitor'}: {notice.title}"
