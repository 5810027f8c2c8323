"""Who speaks, when, and whether for real: what a message says once for all of its observations. Pure. The patient's fields are not read."""

from collections.abc import Iterator
from datetime import tzinfo

import msgspec

from monitor.adapters.device_time import DeviceTime
from monitor.adapters.hl7.message import Message, Segment
from monitor.adapters.hl7.stamp import stamp_time, zone_of
from monitor.adapters.hl7.values import flags_of
from monitor.adapters.said import Sender, clipped
from schemas.measurement import Mode


class Observed(msgspec.Struct, frozen=True):
    """One OBR and its OBX. `head` is None for observations before any OBR."""

    head: Segment | None
    rows: list[Segment]

    @property
    def has_time(self) -> bool:
        return self.head is not None and bool(self.head.part(7))


class Context:
    """`zone`: of the device's clock, where the message gives none."""

    def __init__(self, message: Message, at_ms: int, zone: tzinfo | None) -> None:
        self.at_ms = at_ms
        self.mode = _mode(message)
        self.sender = _sender(message)
        self._message = message
        self._zone = zone
        self._zone_of_message = zone_of(message.header.part(7))
        self._senders: dict[int, Sender] = {}
        self._items = 0

    def observed(self) -> Iterator[Observed]:
        """In order. The equipment that OBX-18 names is that of the lines after it too."""
        current = Observed(None, [])
        sender = self.sender
        for segment in self._message.segments:
            if segment.name == "OBR":
                if current.rows:
                    yield current
                current = Observed(segment, [])
            elif segment.name == "OBX":
                sender = self._equipment(segment) or sender
                self._senders[id(segment)] = sender
                current.rows.append(segment)
        if current.rows:
            yield current

    def _equipment(self, segment: Segment) -> Sender | None:
        """OBX-18, but not of an attribute: there a pump writes its ward."""
        device = segment.part(18) or segment.part(18, 3)
        if not device or segment.part(3, 2).upper().startswith("MDC_ATTR_"):
            return None
        return Sender(clipped(device), clipped(segment.part(18, 2)) or self.sender.model, self.sender.place)

    def sender_of(self, segment: Segment) -> Sender:
        return self._senders[id(segment)]

    def time_of(self, segment: Segment, observed: Observed) -> tuple[DeviceTime, bool]:
        """The observation's own time (OBX-14), else that of its OBR, else that of the message; and whether it is its own."""
        own = segment.part(14)
        text = own or (observed.head.part(7) if observed.head is not None else "") or self._message.header.part(7)
        return stamp_time(text, self._zone_of_message, self._zone), bool(own)

    def next_id(self) -> str:
        """Of the next item of the message, the same when the message is sent again. Empty where the message has no id."""
        header = self._message.header
        self._items += 1
        return clipped(f"{self._items}/{header.raw(10)}/{header.raw(7)}/{header.raw(3)}") if header.raw(10) else ""


def _sender(message: Message) -> Sender:
    """MSH-3 names a device only where it says of what kind the identifier is; else it is the name of a program."""
    header = message.header
    place = next((segment.raw(3) for segment in message.named("PV1")), "")
    device = header.part(3, 2) if header.part(3, 3) else ""
    model = header.part(3) or header.part(3, 2) or header.part(4)
    return Sender(clipped(device), clipped(model), clipped(place.strip("^ ")))


def _mode(message: Message) -> Mode:
    """Training and debugging messages, and those of a device in its demo mode, are no patient's."""
    if message.header.part(11).upper() in ("T", "D") or any("DEMO" in flags_of(segment) for segment in message.named("OBX")):
        return Mode.SIMULATED
    return Mode.REAL
