"""Nellcor N-560 / N-595, real-time display of the data port. Pure.

    N-560    VERSION 1.61.00    CRC:XXXX  SpO2 Limit: 95-100%    PR Limit: 59-148BPM
                                 ADULT           25SAT-S
    TIME                 %SpO2   BPM     PA     Status
    07-Jan-04 11:24:54   100     102      36    MO             AO

The three heading lines come again and again. Dashes: no value; `*`: outside the oximeter's limits. There is no checksum, so the numbers
are held to their columns: a line that lost a byte is refused rather than read as another number. Whether `*` takes the place of a space or
pushes the rest on is not known: both are read. Under a heading with TREND stored lines of past hours follow: none of them is read.
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

_NUMBER: Final = r"([1-9]\d\d| [1-9]\d|  \d|---)"
_GAP: Final = r"(\*    |\*     |     )"
_LINE: Final = re.compile(
    rf"(\d\d-[A-Za-z]{{3}}-\d\d \d\d:\d\d:\d\d)   {_NUMBER}{_GAP}{_NUMBER}{_GAP}{_NUMBER}\*?((?: +[A-Z]{{2}})*) *", re.ASCII
)
_HEADING: Final = re.compile(r"(\S+) +VERSION .*", re.ASCII)
_LIMITS: Final = re.compile(r"SpO2 Limit: *(\d+- *\d+%) +PR Limit: *(\d+- *\d+BPM)", re.ASCII)
_OTHER_HEADINGS: Final = re.compile(r" *TIME +%S[pP]O2 +BPM +PA( +Status)? *| +[A-Z]+ +\d+SAT-S\b.*", re.ASCII)
_NAMES: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS: Final = {name: month for month, name in enumerate(_NAMES, start=1)}

_DOUBTS: Final = {
    "LM": frozenset({Doubt.PULSE_SEARCH, Doubt.INTERFERENCE}),
    "LP": frozenset({Doubt.PULSE_SEARCH}),
    "MO": frozenset({Doubt.INTERFERENCE}),
    "PS": frozenset({Doubt.PULSE_SEARCH}),
    "SD": frozenset({Doubt.NO_SENSOR}),
    "SO": frozenset({Doubt.SENSOR_OFF}),
}
_ALARMS: Final = {
    "LM": (Quantity.PULSE_RATE, "loss of pulse with interference"),
    "LP": (Quantity.PULSE_RATE, "loss of pulse"),
    "PH": (Quantity.PULSE_RATE, "pulse rate high"),
    "PL": (Quantity.PULSE_RATE, "pulse rate low"),
    "SH": (Quantity.SPO2, "SpO2 high"),
    "SL": (Quantity.SPO2, "SpO2 low"),
}
_CONDITIONS: Final = {
    "AO": (Condition.SOUND_OFF, "alarms off"),
    "AS": (Condition.SOUND_OFF, "alarms silenced"),
    "LB": (Condition.BATTERY_LOW, ""),
}
_KNOWN: Final = frozenset({*_DOUBTS, *_ALARMS, *_CONDITIONS})


class NellcorCodec(StreamCodec):
    max_pending = MAX_LINE

    def __init__(self, settings: CodecSettings) -> None:
        self._zone = settings.zone
        self._lines = LineSplitter()
        self._sender = Sender()
        self._limits: dict[Quantity, str] = {}
        self._is_trend = False
        self._flags: frozenset[str] = frozenset()

    @property
    def pending(self) -> int:
        return self._lines.pending

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        said: list[Said] = []
        for line in self._lines.feed(data):
            if isinstance(line, TooLong):
                said.append(undecoded(Fault.TOO_LONG, line.beginning, received_at_ms))
            else:
                said += self._take(line, line.decode("ascii", "replace"), received_at_ms)
        return said

    def closed(self, at_ms: int) -> list[Said]:
        rest = self._lines.rest()
        return [undecoded(Fault.TRUNCATED, rest, at_ms)] if rest else []

    def _take(self, line: bytes, text: str, at_ms: int) -> list[Said]:
        if (match := _LINE.fullmatch(text)) is not None:
            if self._is_trend:
                return [undecoded(Fault.UNSUPPORTED, line, at_ms, "stored trend, not now")]
            return self._read(match, at_ms)
        if (match := _HEADING.fullmatch(text)) is not None:
            self._is_trend = "TREND" in text
            self._sender = Sender(model=clipped(match[1]))
            limits = _LIMITS.search(text)
            self._limits = {} if limits is None else {Quantity.SPO2: clipped(limits[1]), Quantity.PULSE_RATE: clipped(limits[2])}
            return []
        return [] if not text.strip() or _OTHER_HEADINGS.fullmatch(text) else [undecoded(Fault.MALFORMED, line, at_ms)]

    def _read(self, match: re.Match[str], at_ms: int) -> list[Said]:
        stamp, spo2, _, rate, _, amplitude, rest = match.groups()
        time = device_time(stamp, _moment(stamp), self._zone)
        flags = frozenset(rest.split())
        doubts = frozenset(doubt for flag in flags for doubt in _DOUBTS.get(flag, ()))
        if flags - _KNOWN:
            doubts |= {Doubt.DEVICE_EXCEPTION}
        values = (_value(Quantity.SPO2, "%SpO2", spo2, "%", doubts), _value(Quantity.PULSE_RATE, "BPM", rate, "/min", doubts))
        fields = [Origin("Status", flag) for flag in sorted(flags - _KNOWN)]
        if amplitude != "---":
            fields.insert(0, Origin("PA", amplitude.strip()))
        unmapped = [Unmapped(at_ms, Mode.REAL, origin, sender=self._sender, time=time) for origin in fields]
        return [DeviceMeasurement(at_ms, Mode.REAL, values, self._sender, time), *unmapped, *self._changes(flags, time, at_ms)]

    def _changes(self, flags: frozenset[str], time: DeviceTime, at_ms: int) -> list[Said]:
        """What switched since the line before."""
        before, self._flags = self._flags, flags
        said: list[Said] = []
        for condition in Condition:
            whys = {flag: why for flag, (named, why) in _CONDITIONS.items() if named is condition}
            holds = whys.keys() & flags
            if bool(holds) is not bool(whys.keys() & before):
                said.append(DeviceStatus(at_ms, condition, bool(holds), ", ".join(whys[flag] for flag in sorted(holds)), self._sender))
        for flag in sorted((flags ^ before) & _ALARMS.keys()):
            about, text = _ALARMS[flag]
            phase = Phase.START if flag in flags else Phase.END
            said.append(
                DeviceEvent(
                    at_ms,
                    Mode.REAL,
                    flag,
                    phase,
                    text,
                    self._sender,
                    time,
                    AlertKind.PHYSIOLOGICAL,
                    about=about,
                    origin=Origin("Status", flag),
                    limits=self._limits.get(about, ""),
                    is_silenced=bool(flags & {"AO", "AS"}),
                )
            )
        return said


def _value(quantity: Quantity, code: str, text: str, unit: str, doubts: frozenset[Doubt]) -> DeviceValue:
    """Zero is no number that an oximeter measures."""
    origin, digits = Origin(code, text.strip()), text.strip()
    if digits == "---":
        return missing(quantity, origin, doubts)
    return measured(quantity, None if digits == "0" else Decimal(digits), unit, origin, doubts)


def _moment(stamp: str) -> datetime | None:
    """Two digits of year: of this century. Months by our own table, since those of the library follow the machine's language."""
    day, month, rest = stamp.split("-")
    year, hour, minute, second = (int(rest[place : place + 2]) for place in (0, 3, 6, 9))
    try:
        return datetime(2000 + year, _MONTHS[month.upper()], int(day), hour, minute, second)  # noqa: DTZ001 - local: `device_time` gives its zone
    except (KeyError, ValueError):
        return None
