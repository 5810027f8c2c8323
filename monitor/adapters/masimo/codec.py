"""Masimo serial ASCII output. Pure.

    02/24/18 04:48:53 SN=0000145838 SPO2=097% BPM=080 PI=04.96% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=000800

Dashes: no value. Older oximeters write no SN and fewer digits of ALARM (2) and EXC (3). The bits are those that public decoders of Rad-5,
Rad-7 and Rad-8 logs agree on. The line has no checksum, so every field is held to its full width: a line that lost a byte is refused as
a whole rather than read as another number.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

from monitor.adapters.base import CodecSettings, StreamCodec
from monitor.adapters.device_time import DeviceTime, device_time
from monitor.adapters.doubts import Doubt
from monitor.adapters.lines import MAX_LINE, LineSplitter, TooLong
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import (
    Condition,
    DeviceEvent,
    DeviceMeasurement,
    DeviceStatus,
    DeviceValue,
    Fault,
    Origin,
    Phase,
    Said,
    Sender,
    Unmapped,
    clipped,
    measured,
    missing,
    undecoded,
)
from schemas.alert import AlertKind
from schemas.measurement import Mode

_LINE: Final = re.compile(r"(\d\d/\d\d/\d\d \d\d:\d\d:\d\d)((?: +[A-Z0-9]+=[^ =]*)+) *", re.ASCII)
_VALUES: Final = {
    "SPO2": (Quantity.SPO2, re.compile(r"(\d\d\d|---)%", re.ASCII), "%"),
    "BPM": (Quantity.PULSE_RATE, re.compile(r"(\d\d\d|---)", re.ASCII), "/min"),
    "PI": (Quantity.PERFUSION_INDEX, re.compile(r"(\d\d\.\d\d|--\.--)%", re.ASCII), "%"),
    "SPCO": (Quantity.CARBOXYHAEMOGLOBIN, re.compile(r"(\d\d\.\d|--\.-)%", re.ASCII), "%"),
    "SPMET": (Quantity.METHAEMOGLOBIN, re.compile(r"(\d\d\.\d|--\.-)%", re.ASCII), "%"),
}
_NEEDED: Final = frozenset({"SPO2", "BPM", "ALARM", "EXC"})
_OWN: Final = frozenset({*_VALUES, "SN", "ALARM", "EXC"})
_BITS: Final = re.compile(r"[0-9A-F]+", re.ASCII)
_BIT_WIDTHS: Final = {(2, 3), (4, 6)}  # digits of ALARM and EXC: older and newer oximeters
_WITHOUT_VALUE: Final = re.compile(r"[-+.%]*", re.ASCII)

_ORDINARY: Final = 0x800  # the signal processing's name, set all the time
_EXCEPTIONS: Final = {
    0x1: Doubt.NO_SENSOR,
    0x2: Doubt.SENSOR_FAULT,
    0x4: Doubt.LOW_PERFUSION,
    0x8: Doubt.PULSE_SEARCH,
    0x10: Doubt.INTERFERENCE,
    0x20: Doubt.SENSOR_OFF,
    0x40: Doubt.INTERFERENCE,
    0x400: Doubt.POOR_SIGNAL,
    0x1000: Doubt.NO_SENSOR,
}
_NAMED_EXCEPTIONS: Final = sum(_EXCEPTIONS) | _ORDINARY
_LIMIT_ALARMS: Final = {
    0x1: (Quantity.SPO2, "SpO2 high"),
    0x2: (Quantity.SPO2, "SpO2 low"),
    0x4: (Quantity.PULSE_RATE, "pulse rate high"),
    0x8: (Quantity.PULSE_RATE, "pulse rate low"),
}
_CONDITIONS: Final = {0x20: Condition.SOUND_OFF, 0x40: Condition.BATTERY_LOW}
_ACTIVE: Final = 0x10  # some alarm is on: says nothing that the others do not


class MasimoCodec(StreamCodec):
    max_pending = MAX_LINE

    def __init__(self, settings: CodecSettings) -> None:
        self._zone = settings.zone
        self._lines = LineSplitter()
        self._alarms = 0

    @property
    def pending(self) -> int:
        return self._lines.pending

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        said: list[Said] = []
        for line in self._lines.feed(data):
            if isinstance(line, TooLong):
                said.append(undecoded(Fault.TOO_LONG, line.beginning, received_at_ms))
            elif (fields := _fields(line)) is None:
                said.append(undecoded(Fault.MALFORMED, line, received_at_ms))
            else:
                said += self._read(*fields, received_at_ms)
        return said

    def closed(self, at_ms: int) -> list[Said]:
        rest = self._lines.rest()
        return [undecoded(Fault.TRUNCATED, rest, at_ms)] if rest else []

    def _read(self, stamp: str, fields: dict[str, str], at_ms: int) -> list[Said]:
        time = device_time(stamp, _moment(stamp), self._zone)
        serial = fields.get("SN", "")
        sender = Sender(device="" if _is_without_value(serial) else clipped(serial))
        doubts = _doubts(int(fields["EXC"], 16))
        values = tuple(_value(name, text, doubts) for name, text in fields.items() if name in _VALUES)
        unmapped = [
            Unmapped(at_ms, Mode.REAL, Origin(clipped(name), clipped(text)), sender=sender, time=time)
            for name, text in fields.items()
            if name not in _OWN and not _is_without_value(text)
        ]
        changes = self._changes(int(fields["ALARM"], 16), sender, time, at_ms)
        return [DeviceMeasurement(at_ms, Mode.REAL, values, sender, time), *unmapped, *changes]

    def _changes(self, alarms: int, sender: Sender, time: DeviceTime, at_ms: int) -> list[Said]:
        """What switched since the line before. A bit without a name here is an alarm all the same."""
        switched = (alarms ^ self._alarms) & ~_ACTIVE
        self._alarms = alarms
        said: list[Said] = []
        for bit in (1 << place for place in range(switched.bit_length()) if switched >> place & 1):
            if bit in _CONDITIONS:
                said.append(DeviceStatus(at_ms, _CONDITIONS[bit], bool(alarms & bit), sender=sender))
                continue
            about, text = _LIMIT_ALARMS.get(bit, (None, f"alarm {bit:04X}"))
            kind = None if about is None else AlertKind.PHYSIOLOGICAL
            phase = Phase.START if alarms & bit else Phase.END
            origin = Origin("ALARM", f"{bit:04X}")
            said.append(
                DeviceEvent(
                    at_ms,
                    Mode.REAL,
                    f"ALARM-{bit:04X}",
                    phase,
                    text,
                    sender,
                    time,
                    kind,
                    about=about,
                    origin=origin,
                    is_silenced=bool(alarms & 0x20),
                )
            )
        return said


def _fields(line: bytes) -> tuple[str, dict[str, str]] | None:
    """Time stamp and fields of a line that is whole; None for any other."""
    if not line.isascii() or (match := _LINE.fullmatch(line.decode("ascii"))) is None:
        return None
    pairs = [field.partition("=") for field in match[2].split()]
    fields = {name: text for name, _, text in pairs}
    is_whole = (
        len(fields) == len(pairs)  # two lines whose break was lost hold a field twice
        and fields.keys() >= _NEEDED
        and all(form.fullmatch(fields[name]) for name, (_, form, _) in _VALUES.items() if name in fields)
        and all(_BITS.fullmatch(fields[name]) for name in ("ALARM", "EXC"))
        and (len(fields["ALARM"]), len(fields["EXC"])) in _BIT_WIDTHS
    )
    return (match[1], fields) if is_whole else None


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, "%m/%d/%y %H:%M:%S")  # noqa: DTZ007 - local time: `device_time` gives it its zone
    except ValueError:
        return None


def _doubts(exceptions: int) -> frozenset[Doubt]:
    doubts = {doubt for bit, doubt in _EXCEPTIONS.items() if exceptions & bit}
    if exceptions & ~_NAMED_EXCEPTIONS:
        doubts.add(Doubt.DEVICE_EXCEPTION)
    return frozenset(doubts)


def _value(name: str, text: str, doubts: frozenset[Doubt]) -> DeviceValue:
    quantity, _, unit = _VALUES[name]
    origin = Origin(name, text, "%" if text.endswith("%") else "")
    digits = text.removesuffix("%")
    return missing(quantity, origin, doubts) if "-" in digits else measured(quantity, Decimal(digits), unit, origin, doubts)


def _is_without_value(text: str) -> bool:
    return _WITHOUT_VALUE.fullmatch(text) is not None
