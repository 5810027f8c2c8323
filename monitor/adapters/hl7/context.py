"""Who speaks, when, and whether for real: what a message says once for all of its observations. Pure. The patient's fields are not read."""

from datetime import tzinfo

from monitor.adapters.device_time import DeviceTime
from monitor.adapters.hl7.heading import Header
from monitor.adapters.hl7.message import Message, Segment, components_of
from monitor.adapters.hl7.rows import Row, read_row
from monitor.adapters.hl7.stamp import stamp_time, zone_of
from monitor.adapters.said import Sender, clipped
from schemas.measurement import Mode


class Observed:
    """One OBR and its OBX. `head` is None for observations before any OBR. `time`: its own, else the message's."""

    def __init__(self, head: Segment | None, time: DeviceTime, *, has_time: bool) -> None:
        self.head = head
        self.time = time
        self.rows: list[Row] = []
        self.is_all_spot = has_time  # dated, and of nothing but cuffs


class Context:
    """`zone`: of the device's clock, where the message gives none. `lines`: the rows that are lines of text."""

    def __init__(self, message: Message, header: Header, at_ms: int, zone: tzinfo | None) -> None:
        heading = header.heading
        self.at_ms = at_ms
        self.mode = Mode.SIMULATED if heading.is_simulated else Mode.REAL
        self.lines: list[Row] = []
        self._header = header
        self._zone = zone
        self._zone_of_message = zone_of(header.time)
        self._times: dict[str, DeviceTime] = {}
        self._items = 0
        self._id = f"/{header.number}/{header.raw_time}/{heading.program}" if header.number else ""
        place = next((segment.raw(3) for segment in message.named("PV1")), "")
        self._sender = Sender(clipped(heading.device), clipped(heading.model), clipped(place.strip("^ ")))
        self.observed = [each for each in self._read(message) if each.rows]

    def _read(self, message: Message) -> list[Observed]:
        """In order. The equipment that OBX-18 names is that of the rows after it too. One row in demo mode makes all of it a demo."""
        marks, sender, base = message.marks, self._sender, self._sender
        found = [current := Observed(None, self._time(self._header.time), has_time=False)]
        own: dict[str, DeviceTime | None] = {"": None}  # by OBX-14 as it stands
        for line in message.lines:
            name = line.partition(marks.field)[0]
            if name == "OBX":
                form, content, stamp = read_row(line, marks)
                if form.device and (form.device, form.model or base.model) != (sender.device, sender.model):
                    sender = Sender(form.device, form.model or base.model, base.place)
                if stamp not in own:
                    text = components_of(stamp, marks)[0]
                    own[stamp] = self._time(text) if text else None
                time = own[stamp]
                row = Row(form, content, sender, time or current.time, time is not None)
                current.rows.append(row)
                if form.is_streamed:
                    current.is_all_spot = False
                if form.is_line:
                    self.lines.append(row)
                if form.is_demo:
                    self.mode = Mode.SIMULATED
            elif name == "OBR":
                head = Segment(line, marks)
                text = head.part(7)
                found.append(current := Observed(head, self._time(text or self._header.time), has_time=bool(text)))
        return found

    def _time(self, text: str) -> DeviceTime:
        if (time := self._times.get(text)) is None:
            time = self._times[text] = stamp_time(text, self._zone_of_message, self._zone)
        return time

    def next_id(self) -> str:
        """Of the next item of the message, the same when the message is sent again. Empty where the message has no id."""
        self._items += 1
        return clipped(f"{self._items}{self._id}") if self._id else ""
