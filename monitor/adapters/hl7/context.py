"""Who speaks, when, and whether for real: what a message says once for all of its observations. Pure. The patient's fields are not read."""

from datetime import tzinfo

import msgspec

from monitor.adapters.device_time import DeviceTime
from monitor.adapters.hl7.heading import Header
from monitor.adapters.hl7.message import Message, components_of, field_of
from monitor.adapters.hl7.rows import Row, Told, read_row
from monitor.adapters.hl7.stamp import stamp_time, time_of_message
from monitor.adapters.said import Sender, clipped
from schemas.measurement import Mode


class Run(msgspec.Struct):
    """Rows one behind the other, of one sender and one time. `has_own_time`: else it is that of the OBR, or of the message."""

    sender: Sender
    time: DeviceTime
    has_own_time: bool
    told: list[Told]


class Observed(msgspec.Struct):
    """One OBR and its OBX. `head`: as it stands; empty before any OBR. `time`: its own (`has_time`), else the message's."""

    head: str
    time: DeviceTime
    has_time: bool
    runs: list[Run]

    @property
    def rows(self) -> list[Row]:
        return [Row(form, content, run.sender, run.time) for run in self.runs for form, content, _ in run.told]

    @property
    def is_all_spot(self) -> bool:
        """Dated, and of nothing but cuffs."""
        return self.has_time and not any(form.is_streamed for run in self.runs for form, _, _ in run.told)


class Context:
    """`zone`: of the device's clock, where the message gives none. `lines`: the rows that are lines of text."""

    def __init__(self, message: Message, header: Header, at_ms: int, zone: tzinfo | None) -> None:
        heading = header.heading
        self.at_ms = at_ms
        self.mode = Mode.SIMULATED if heading.is_simulated else Mode.REAL
        self.lines: list[Row] = []
        self._zone = zone
        self.marks = message.marks
        time, self._zone_of_message = time_of_message(header.time, zone)
        self._times: dict[str, DeviceTime | None] = {header.raw_time: time if header.time else None, "": None}  # by the field as it stands
        self._items = 0
        self._id = f"/{header.number}/{header.raw_time}/{heading.program}" if header.number else ""
        place = next((segment.raw(3) for segment in message.named("PV1")), "")
        self._sender = Sender(heading.device, heading.model, clipped(place.strip("^ ")))
        self.observed = [each for each in self._read(message.lines, time, header.raw_time) if each.runs]

    def _read(self, lines: list[str], time_of_message: DeviceTime, raw_time: str) -> list[Observed]:
        """In order. The equipment that OBX-18 names is that of the rows after it too. One row in demo mode makes all of it a demo."""
        marks, sender, base = self.marks, self._sender, self._sender
        current = Observed("", time_of_message, False, [])
        found = [current]
        row, order = f"OBX{marks.field}", f"OBR{marks.field}"
        likely = raw_time or "\n"  # which no row holds
        run: Run | None = None
        last = ""  # OBX-14 of the run
        for line in lines:
            name = line[:4]
            if name == row or name == "OBX":
                told = read_row(line, marks, likely)
                form, content, stamp = told
                if form.device and (form.device != sender.device or (form.model or base.model) != sender.model):
                    sender = Sender(form.device, form.model or base.model, base.place)
                    run = None
                if run is None or stamp != last:
                    last, likely = stamp, stamp or likely
                    time = self._time(stamp)
                    run = Run(sender, time or current.time, time is not None, [])
                    current.runs.append(run)
                run.told.append(told)
                if form.is_line:
                    self.lines.append(Row(form, content, run.sender, run.time))
                if form.is_demo:
                    self.mode = Mode.SIMULATED
            elif name == order or name == "OBR":
                run, stamp = None, field_of(line, marks, 7)
                likely, time = stamp or likely, self._time(stamp)
                found.append(current := Observed(line, time or time_of_message, time is not None, []))
        return found

    def _time(self, field: str) -> DeviceTime | None:
        """None: it is empty."""
        if field not in self._times:
            text = components_of(field, self.marks)[0]
            self._times[field] = stamp_time(text, self._zone_of_message, self._zone) if text else None
        return self._times[field]

    def next_id(self) -> str:
        """Of the next item of the message, the same when the message is sent again. Empty where the message has no id."""
        self._items += 1
        return clipped(f"{self._items}{self._id}") if self._id else ""
