"""What a device publishes, as JSON. Pure. The form is this project's own; docs/reference/adapters.md describes it.

infusion/v1/oxi-1/reading  {"id": "17", "measured_at": "2026-11-22T10:41:07Z", "values": [{"code": "spo2", "value": 97, "unit": "%"}]}
infusion/v1/oxi-1/event    {"id": "18", "key": "spo2-low", "phase": "start", "text": "SpO2 low", "kind": "physiological"}
infusion/v1/oxi-1/status   online or offline, the second as the Last Will
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.adapters.device_time import NO_TIME, DeviceTime, device_time
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
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
from schemas.alert import AlertKind, Priority
from schemas.measurement import Mode

MAX_PAYLOAD: Final = 16_384  # bytes; a reading of sixteen values is 1,500
_CODES: Final = {quantity.value: quantity for quantity in Quantity}
_DOUBTS: Final = {doubt.value: doubt for doubt in Doubt}
_Text = Annotated[str, msgspec.Meta(max_length=200)]


class _Value(msgspec.Struct):
    code: _Text
    value: msgspec.Raw = msgspec.Raw(b"null")
    unit: _Text = ""
    doubts: Annotated[list[str], msgspec.Meta(max_length=16)] = []


class _Reading(msgspec.Struct):
    values: Annotated[list[_Value], msgspec.Meta(min_length=1, max_length=32)]
    id: _Text = ""
    measured_at: _Text = ""
    kind: Kind = Kind.CONTINUOUS
    mode: Mode = Mode.REAL


class _Event(msgspec.Struct):
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    phase: Phase
    text: _Text
    id: _Text = ""
    measured_at: _Text = ""
    mode: Mode = Mode.REAL
    kind: AlertKind | None = None
    priority: Priority | None = None
    about: _Text = ""
    limits: _Text = ""


_reading: Final = msgspec.json.Decoder(_Reading).decode
_event: Final = msgspec.json.Decoder(_Event).decode
Malformed: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)


def read_reading(payload: bytes, sender: Sender, at_ms: int, zone: ZoneInfo | None, *, may_be_old: bool) -> list[Said]:
    """`may_be_old`: where the reading does not say when, nobody knows. Raises one of Malformed."""
    reading = _reading(payload)
    time = _time(reading.measured_at, zone)
    doubts = frozenset({Doubt.AGE_UNKNOWN}) if may_be_old and time.at_ms is None else frozenset()
    message_id = clipped(reading.id)
    values: list[DeviceValue] = []
    unmapped: list[Said] = []
    for value in reading.values:
        origin = Origin(value.code, clipped(_shown(value.value)), value.unit)
        if (quantity := _CODES.get(value.code)) is None:
            unmapped.append(Unmapped(at_ms, reading.mode, origin, sender=sender, time=time, message_id=message_id))
        else:
            values.append(_value(quantity, value, origin, doubts))
    if not values:
        return unmapped
    told = DeviceMeasurement(at_ms, reading.mode, tuple(values), sender, time, reading.kind, message_id=message_id, is_forwarded=True)
    return [told, *unmapped]


def read_event(payload: bytes, sender: Sender, at_ms: int, zone: ZoneInfo | None) -> list[Said]:
    """Raises one of Malformed."""
    event = _event(payload)
    told = DeviceEvent(
        at_ms,
        event.mode,
        event.key,
        event.phase,
        event.text,
        sender,
        _time(event.measured_at, zone),
        event.kind,
        event.priority,
        _CODES.get(event.about),
        limits=event.limits,
        message_id=event.id,
    )
    return [told]


def _value(quantity: Quantity, value: _Value, origin: Origin, doubts: frozenset[Doubt]) -> DeviceValue:
    doubts |= {_DOUBTS.get(doubt, Doubt.DEVICE_EXCEPTION) for doubt in value.doubts}
    if bytes(value.value).strip() == b"null":
        return missing(quantity, origin, doubts - {Doubt.AGE_UNKNOWN})
    return measured(quantity, _number(origin.value), value.unit, origin, doubts)


def _shown(raw: msgspec.Raw) -> str:
    """As on the wire; null is no text."""
    text = bytes(raw).strip().decode("utf-8", "replace")
    return "" if text == "null" else text


def _number(text: str) -> Decimal | None:
    """JSON's own numbers alone: a text is none."""
    try:
        number = Decimal(text) if text[:1] in "-0123456789" and len(text) <= 32 else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _time(text: str, zone: ZoneInfo | None) -> DeviceTime:
    if not text:
        return NO_TIME
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    return device_time(text, moment, zone)
