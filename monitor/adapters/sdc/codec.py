"""What a report of a device's information base says. Pure; the shell makes reports of the library's objects.

A metric is known by its code and its unit and told apart by its handle: one code stands in several units (vol %, kPa and mmHg of one gas).
Every value has its own time of determination; an intermittent one (a cuff) is told by it, however often it is repeated.
"""

import math
from datetime import UTC, datetime
from typing import Final

import msgspec

from monitor.adapters.base import Codec, CodecSettings
from monitor.adapters.cuffs import Cuffs
from monitor.adapters.device_time import NO_TIME, DeviceTime, device_time
from monitor.adapters.doubts import Doubt
from monitor.adapters.nomenclature import MDC, UNIT_NUMBERS, Meaning
from monitor.adapters.quantities import Quantity, converts, number_of
from monitor.adapters.said import (
    DeviceEvent,
    DeviceMeasurement,
    DeviceValue,
    Kind,
    Origin,
    Phase,
    Said,
    Sender,
    Unmapped,
    clipped,
    measured,
    missing,
)
from monitor.adapters.sources import Sources
from schemas.alert import AlertKind, Priority
from schemas.measurement import Mode

NOMENCLATURE: Final = "urn:oid:1.2.840.10004.1.1.1.0.0.1"  # of IEEE 11073; a code that names no system is of it
_DOUBTS: Final = {
    "Vld": frozenset[Doubt](),
    "Vldated": frozenset[Doubt](),
    "Qst": frozenset({Doubt.DEVICE_SAYS_QUESTIONABLE}),
    "Ong": frozenset({Doubt.ONGOING}),
    "Calib": frozenset({Doubt.CALIBRATING}),
    "NA": frozenset({Doubt.NOT_MEASURED}),
}
_INVALID: Final = frozenset({Doubt.DEVICE_SAYS_INVALID})  # Inv, and overflow and underflow: the number is none
_KINDS: Final = {"Phy": AlertKind.PHYSIOLOGICAL, "Tec": AlertKind.TECHNICAL}
_PRIORITIES: Final = {"Hi": Priority.HIGH, "Me": Priority.MEDIUM, "Lo": Priority.LOW}
_SETTINGS: Final = frozenset({"Set", "Preset"})
_MAX_SEEN: Final = 1_024


class Code(msgspec.Struct, frozen=True):
    """`system`: empty for the nomenclature of IEEE 11073."""

    number: str
    system: str = ""

    @property
    def text(self) -> str:
        return f"{self.system}:{self.number}" if self.system not in {"", NOMENCLATURE} else self.number


class Metric(msgspec.Struct, frozen=True):
    """A numeric metric's state beside its description. `value`: empty where it has none; `at`: Unix seconds. Words as on the wire."""

    handle: str
    code: Code
    unit: Code
    category: str = "Msrmt"
    availability: str = "Cont"
    value: str = ""
    validity: str = "Vld"
    mode: str = "Real"
    at: float | None = None


class Condition(msgspec.Struct, frozen=True):
    """An alert condition's state beside its description. `about`: the code of its source."""

    handle: str
    code: Code
    is_present: bool
    kind: str = "Oth"
    priority: str = "None"
    text: str = ""
    limits: str = ""
    about: Code | None = None
    is_silenced: bool = False
    at: float | None = None


class Report(msgspec.Struct, frozen=True):
    """`is_first`: the whole of what held when the connection was made. `is_operated`: the device is neither in demo nor in service."""

    sender: Sender
    metrics: tuple[Metric, ...] = ()
    conditions: tuple[Condition, ...] = ()
    is_first: bool = False
    is_operated: bool = True


class SdcCodec(Codec[Report]):
    def __init__(self, settings: CodecSettings) -> None:  # noqa: ARG002 - an information base needs no zone and no options
        self._sources = Sources()
        self._cuffs = Cuffs()
        self._present: dict[str, bool] = {}
        self._seen: set[tuple[str, str]] = set()

    def feed(self, data: Report, received_at_ms: int) -> list[Said]:
        said: list[Said] = []
        groups: dict[tuple[DeviceTime, Kind, Mode], list[DeviceValue]] = {}
        for metric in data.metrics:
            kind = _kind(metric)
            if data.is_first and kind is Kind.CONTINUOUS:
                continue  # of any age; the next report brings a new one
            mode = Mode.REAL if data.is_operated and metric.mode == "Real" else Mode.SIMULATED
            meaning = _meaning(metric.code)
            if meaning is None or not converts(meaning.quantity, _unit(metric.unit)):
                said += self._unmapped(data.sender, mode, metric, received_at_ms, meaning)
            elif self._sources.takes(("", meaning.quantity), metric.handle, received_at_ms, has_number=bool(metric.value)):
                groups.setdefault((_time(metric.at), kind, mode), []).append(_value(meaning.quantity, metric))
        measurements: list[Said] = []
        for (time, kind, mode), values in groups.items():
            told = DeviceMeasurement(received_at_ms, mode, tuple(values), data.sender, time, kind, is_forwarded=True)
            if kind is Kind.APERIODIC:
                told = self._cuffs.undated(told) if time == NO_TIME else self._cuffs.dated(told)
            measurements.append(told)
        events = [event for condition in data.conditions for event in self._event(data, condition, received_at_ms)]
        return [*measurements, *said, *events]

    def _unmapped(self, sender: Sender, mode: Mode, metric: Metric, at_ms: int, meaning: Meaning | None) -> list[Said]:
        """Once for each handle."""
        if (sender.device, metric.handle) in self._seen:
            return []
        if len(self._seen) >= _MAX_SEEN:
            self._seen.clear()
        self._seen.add((sender.device, metric.handle))
        why = "unknown code" if meaning is None else "a unit that is not known or does not convert"
        return [Unmapped(at_ms, mode, _origin(metric), why, sender, _time(metric.at))]

    def _event(self, report: Report, condition: Condition, at_ms: int) -> list[Said]:
        """At each change. What is absent at the first sight was not there."""
        if self._present.get(condition.handle, False) is condition.is_present:
            return []
        if len(self._present) >= _MAX_SEEN and condition.handle not in self._present:
            del self._present[next(iter(self._present))]
        self._present[condition.handle] = condition.is_present
        about = None if condition.about is None else _meaning(condition.about)
        return [
            DeviceEvent(
                at_ms,
                Mode.REAL if report.is_operated else Mode.SIMULATED,
                clipped(condition.handle),
                Phase.START if condition.is_present else Phase.END,
                clipped(condition.text or condition.code.text or condition.handle),
                report.sender,
                _time(condition.at),
                _KINDS.get(condition.kind),
                _PRIORITIES.get(condition.priority),
                None if about is None else about.quantity,
                Origin(clipped(condition.code.text), channel=clipped(condition.handle)),
                clipped(condition.limits),
                condition.is_silenced,
            )
        ]


def _meaning(code: Code) -> Meaning | None:
    is_known = code.system in {"", NOMENCLATURE} and code.number.isascii() and code.number.isdigit() and len(code.number) < 10
    return MDC.get(int(code.number)) if is_known else None


def _unit(code: Code) -> str:
    is_known = code.system in {"", NOMENCLATURE} and code.number.isascii() and code.number.isdigit() and len(code.number) < 10
    return UNIT_NUMBERS.get(int(code.number), ("", ""))[0] if is_known else ""


def _kind(metric: Metric) -> Kind:
    if metric.category in _SETTINGS:
        return Kind.SETTING
    return Kind.CONTINUOUS if metric.availability == "Cont" else Kind.APERIODIC


def _value(quantity: Quantity, metric: Metric) -> DeviceValue:
    doubts, origin = _DOUBTS.get(metric.validity, _INVALID), _origin(metric)
    if not metric.value:
        return missing(quantity, origin, doubts)
    return measured(quantity, number_of(metric.value), _unit(metric.unit), origin, doubts)


def _origin(metric: Metric) -> Origin:
    return Origin(clipped(metric.code.text), clipped(metric.value), clipped(metric.unit.text), clipped(metric.handle))


def _time(at: float | None) -> DeviceTime:
    if at is None:
        return NO_TIME
    try:
        moment = datetime.fromtimestamp(at, UTC) if math.isfinite(at) else None
    except (ValueError, OverflowError, OSError):
        moment = None
    return device_time(clipped(f"{at:.3f}"), moment, None)
