"""What of a device's words goes to the monitor as measured, and what stays behind in the spool's notes. Pure.

The wire carries vital signs, null, and a word for what the device itself doubts; a value that may be an old one told again becomes null. A
setting, an event or a number that is no vital sign has no place among them (`announcing` says which go out beside them); demo data never
goes out as a patient's. Nothing of that is lost: it becomes a note, and is counted.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

import msgspec

from monitor.adapters.device_time import DeviceTime, TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import vital_of
from monitor.adapters.said import Condition, DeviceEvent, DeviceMeasurement, DeviceStatus, Kind, Sender, Told, Undecoded, Unmapped
from monitor.gateway.forwarded import LATE_MS, SenderClocks
from monitor.store.spool import Kept, Note
from schemas.device_wire import WireReading
from schemas.measurement import Mode
from schemas.vitals import MILLI, VITAL_SIGNS, Vital

_MEASURED: Final = frozenset({Kind.CONTINUOUS, Kind.APERIODIC})
_WAITED_MS: Final = 60_000  # a stream of a device on its own line that comes so much later than usual is history: some stamp whole minutes
_LOSES: Final = 2e-3  # such a device's clock may lose minutes a day
_REMEMBERED: Final = 256  # of what was sent last; what is sent again after more than that is kept a second time, as history
_encode: Final = msgspec.json.Encoder().encode


class Addressee(msgspec.Struct, frozen=True):
    """An enrolled device, and how its words are known: `sender` is what the wire calls it (device or place), empty: whoever speaks."""

    device: str
    mode: Mode
    sender: str = ""


class Telling:
    """Of one adapter. `told_within_ms`: how old a cuff's value may be when it is told first and still count as measured then."""

    def __init__(self, addressees: Sequence[Addressee], told_within_ms: int) -> None:
        self._addressees = addressees
        self._told_within_ms = told_within_ms
        self._pinned: Sender | None = None  # who speaks, where no sender is configured
        self._clocks = SenderClocks()  # of those that forward
        self._own_clocks = SenderClocks(max_skew_ms=None, drift=_LOSES)  # of devices on a line of their own: they may be hours wrong

    def take(self, told: Iterable[Told]) -> tuple[list[Kept], list[Note]]:
        rows: list[Kept] = []
        notes: list[Note] = []
        for item in told:
            if isinstance(item, DeviceMeasurement):
                self._measurement(item, rows, notes)
                continue
            if isinstance(item, DeviceStatus) and item.condition is Condition.CONNECTED and not item.holds:
                self._pinned = None  # another device may hang on the line when it comes back
            sender = Sender() if isinstance(item, Undecoded) else item.sender
            notes.append(Note(self._device_of(sender), _KIND_OF[type(item)], item.received_at_ms, _encode(item)))
        return rows, notes

    def device_of(self, sender: Sender, mode: Mode) -> str | None:
        """Whose words these are; None for those of a stranger, or of a demo where a real device is enrolled."""
        addressee = self._addressee(sender)
        if addressee is None or self._is_another(sender, addressee) or (addressee.mode is Mode.REAL and mode is not Mode.REAL):
            return None
        return addressee.device

    def devices_of(self, sender: Sender) -> list[str]:
        """The enrolled devices that a line's or a device's state is said of: all of the line where it names none."""
        if not sender.device and not sender.place:
            return [addressee.device for addressee in self._addressees]
        found = self._addressee(sender)
        return [] if found is None or self._is_another(sender, found) else [found.device]

    def said_ms(self, sender: Sender, time: DeviceTime, arrived_ms: int) -> int:
        """When something was said, by the sender's own clock as far as that is known."""
        return arrived_ms if time.at_ms is None else self._own_clocks.by_its_clock_ms(sender, time.at_ms, arrived_ms)

    def _device_of(self, sender: Sender) -> str:
        found = self._addressee(sender)
        return found.device if found is not None else ""

    def _addressee(self, sender: Sender) -> Addressee | None:
        for addressee in self._addressees:
            if not addressee.sender or addressee.sender in (sender.device, sender.place):
                return addressee
        return None

    def _is_another(self, sender: Sender, addressee: Addressee) -> bool:
        """Whether a second device speaks where one was expected: two patients in one stream would be the worst of all."""
        if addressee.sender or not _is_named(sender):
            return False
        pinned = self._pinned or sender
        return (sender.device, sender.place) != (pinned.device, pinned.place)

    def _measurement(self, item: DeviceMeasurement, rows: list[Kept], notes: list[Note]) -> None:
        addressee = self._addressee(item.sender)
        device = addressee.device if addressee is not None else ""

        def note(kind: str) -> None:
            notes.append(Note(device, kind, item.received_at_ms, _encode(item)))

        if addressee is None or self._is_another(item.sender, addressee):
            note("stranger")
            return
        if self._pinned is None and not addressee.sender and _is_named(item.sender):
            self._pinned = item.sender
        if addressee.mode is Mode.REAL and item.mode is not Mode.REAL:
            note("demo")
        elif item.kind not in _MEASURED:
            note("setting")
        else:
            readings, left = _readings(item)
            if left:
                note(left)
            if readings:
                rows.append(self._row(device, item, readings))

    def _row(self, device: str, item: DeviceMeasurement, readings: tuple[WireReading, ...]) -> Kept:
        arrived_ms, at_ms = item.received_at_ms, item.time.at_ms
        said_by = f"{item.sender.device}/{item.sender.place}"
        if item.is_forwarded and item.kind is Kind.CONTINUOUS and at_ms is not None:
            return self._forwarded(device, item, at_ms, readings)
        told = ((f"message of {said_by}", item.message_id),) if item.message_id else ()
        has_clock = item.time.text and (item.kind is not Kind.CONTINUOUS or item.time.basis is not TimeBasis.IMPOSSIBLE)
        if has_clock:  # a device whose clock stands says the same again: nothing new was measured, and silence will tell
            codes = ",".join(sorted(value.origin.code for value in item.values))
            told = ((f"{codes} of {said_by}", item.time.text), *told)
        is_stream = item.kind is Kind.CONTINUOUS
        within_ms = _WAITED_MS if is_stream else self._told_within_ms
        by_its_clock = self._own_clocks.measured_ms if is_stream else self._own_clocks.by_its_clock_ms
        measured_ms = None if at_ms is None else by_its_clock(item.sender, at_ms, arrived_ms)
        if measured_ms is None or arrived_ms - measured_ms <= within_ms:
            return Kept(device, arrived_ms, arrived_ms, readings, is_stream=is_stream, told=told)
        return Kept(device, measured_ms, arrived_ms, readings, is_stream=is_stream, is_old=True, told=told)

    def _forwarded(self, device: str, item: DeviceMeasurement, at_ms: int, readings: tuple[WireReading, ...]) -> Kept:
        """Of a sender that keeps what it cannot send: it may send some of it twice, and none of it counts as now for coming now."""
        arrived_ms = item.received_at_ms
        codes = ",".join(sorted(value.origin.code for value in item.values))
        name = f"{item.sender.device}/{item.sender.place} {item.message_id or f'{item.time.text} {codes}'}"
        told = ((f"sent before {crc32(name.encode()) % _REMEMBERED}", name),)
        measured_ms = self._clocks.measured_ms(item.sender, at_ms, arrived_ms)
        if measured_ms is None:
            readings = tuple(msgspec.structs.replace(reading, doubt=Doubt.AGE_UNKNOWN.value) for reading in readings)
        if measured_ms is None or arrived_ms - measured_ms <= LATE_MS:
            return Kept(device, arrived_ms, arrived_ms, readings, told=told)
        return Kept(device, measured_ms, arrived_ms, readings, is_old=True, told=told)


def _is_named(sender: Sender) -> bool:
    return bool(sender.device or sender.place)


def _readings(item: DeviceMeasurement) -> tuple[tuple[WireReading, ...], str]:
    """What goes out, and the kind of note that keeps the rest; empty where there is none."""
    made: dict[Vital, WireReading] = {}
    left = ""
    for value in item.values:
        vital = vital_of(value.quantity)
        if vital is None:
            left = left or "other"
            continue
        milli = None if Doubt.AGE_UNKNOWN in value.doubts else value.value_milli
        if value.doubts and value.doubts != (Doubt.NOT_MEASURED,):
            left = "doubt"
        if vital in made and (made[vital].value is not None or milli is None):
            left = left or "other"  # the same sign from a second probe: the first that has a number speaks
            continue
        unit = VITAL_SIGNS[vital].unit
        made[vital] = WireReading(vital, None, unit) if milli is None else WireReading(vital, milli / MILLI, unit, *value.doubts[:1])
    return tuple(made.values()), left


_KIND_OF: Final = {DeviceEvent: "event", DeviceStatus: "status", Unmapped: "unmapped", Undecoded: "undecoded"}
