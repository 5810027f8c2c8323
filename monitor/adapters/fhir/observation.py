"""One Observation: a measurement, or what keeps it from being one. Pure.

`subject` is not read: whose device it is, is said in this monitor. A result without a time of its own may be an old one told again, so its
values are questionable. Everything is told as a spot measurement: FHIR is stored and forwarded, and what is hours old must not look new.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from monitor.adapters.base import CodecSettings
from monitor.adapters.device_time import NO_TIME, DeviceTime, device_time
from monitor.adapters.doubts import Doubt
from monitor.adapters.fhir.codes import PANELS, quantity_of, unit_of
from monitor.adapters.quantities import Quantity, number_of
from monitor.adapters.said import DeviceMeasurement, DeviceValue, Kind, Origin, Sender, Unmapped, clipped, measured, missing
from schemas.measurement import Mode

Json = dict[str, Any]

_TAKEN: Final = frozenset({"final", "amended", "corrected"})
_DOUBTED: Final = {"preliminary": Doubt.ONGOING, "unknown": Doubt.DEVICE_SAYS_QUESTIONABLE}
_NOT_USED: Final = {
    "entered-in-error": "entered in error",
    "cancelled": "cancelled",
    "registered": "registered, no result yet",
}
STATUSES: Final = _TAKEN | _DOUBTED.keys() | _NOT_USED.keys()
_ERRORS: Final = frozenset({"error", "not-a-number", "negative-infinity", "positive-infinity"})  # why a value is absent: it was measured
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_LABORATORY: Final = "laboratory"
_TEST_DATA: Final = "HTEST"


class Wrong(ValueError):
    """It is no Observation; the text says what is wrong and where."""


class Context(msgspec.Struct, frozen=True):
    """What holds of all its values."""

    received_at_ms: int
    mode: Mode
    sender: Sender
    time: DeviceTime
    message_id: str
    doubts: frozenset[Doubt]


def read_observation(resource: Json, received_at_ms: int, settings: CodecSettings) -> list[DeviceMeasurement | Unmapped]:
    """At most one measurement, and what of it has no place. Raises Wrong."""
    status = resource.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise Wrong(f"Observation.status: {status!r:.40} is none")
    if not isinstance(resource.get("code"), dict):
        raise Wrong("Observation.code is missing")
    context = _context(resource, status, received_at_ms, settings)
    values: list[DeviceValue] = []
    unmapped: list[Unmapped] = []
    for part in _parts(resource):
        why: Quantity | str = _not_used(resource, status) or quantity_of(_codings(part.get("code")))
        if isinstance(why, Quantity):
            values.append(_value(part, why, context.doubts))
        elif not _is_heading(resource, part):
            unmapped.append(Unmapped(received_at_ms, context.mode, _origin(part), why, context.sender, context.time, context.message_id))
    told: list[DeviceMeasurement | Unmapped] = []
    if values:
        told.append(
            DeviceMeasurement(
                received_at_ms,
                context.mode,
                tuple(values),
                context.sender,
                context.time,
                Kind.APERIODIC,
                message_id=context.message_id,
            )
        )
    return told + unmapped


def _context(resource: Json, status: str, received_at_ms: int, settings: CodecSettings) -> Context:
    time = _time(resource, settings)
    doubts = {_DOUBTED[status]} if status in _DOUBTED else set()
    if time.at_ms is None:
        doubts.add(Doubt.AGE_UNKNOWN)
    mode = Mode.SIMULATED if _is_test_data(resource) else Mode.REAL
    return Context(received_at_ms, mode, _sender(resource), time, _message_id(resource), frozenset(doubts))


def _parts(resource: Json) -> Iterator[Json]:
    """Itself, and its components."""
    yield resource
    components = resource.get("component", [])
    if not isinstance(components, list) or not all(isinstance(part, dict) and isinstance(part.get("code"), dict) for part in components):
        raise Wrong("Observation.component must be a list of objects with a code")
    yield from components


def _is_heading(resource: Json, part: Json) -> bool:
    """The name of a panel stands over its components and has no value of its own."""
    codes = {coding.get("code") for coding in _codings(part.get("code"))}
    has_value = any(key.startswith("value") for key in part)
    return part is resource and bool(resource.get("component")) and not has_value and (bool(codes & PANELS) or not codes)


def _not_used(resource: Json, status: str) -> str:
    if status in _NOT_USED:
        return _NOT_USED[status]
    categories = resource.get("category", [])
    codes = [coding.get("code") for one in (categories if isinstance(categories, list) else []) for coding in _codings(one)]
    return "a laboratory's result" if _LABORATORY in codes else ""


def _value(part: Json, quantity: Quantity, doubts: frozenset[Doubt]) -> DeviceValue:
    """Null where there is none, where it is only a bound (`<70`), where it is no quantity, and where it is said to be absent as well."""
    origin = _origin(part)
    said = part.get("valueQuantity")
    if "dataAbsentReason" in part:
        codes = {coding.get("code") for coding in _codings(part["dataAbsentReason"])}
        is_error = bool(codes & _ERRORS) or any(key.startswith("value") for key in part)
        return missing(quantity, origin, doubts | {Doubt.DEVICE_SAYS_INVALID if is_error else Doubt.NOT_MEASURED})
    if said is None and not any(key.startswith("value") for key in part):
        return missing(quantity, origin, doubts)
    if not isinstance(said, dict) or said.get("comparator") or isinstance(said.get("value"), str | bool):
        return missing(quantity, origin, doubts | {Doubt.NOT_A_NUMBER})
    return measured(quantity, number_of(str(said.get("value"))), unit_of(said), origin, doubts)


def _origin(part: Json) -> Origin:
    """Code, number and unit as they stood."""
    codings = _codings(part.get("code"))
    first = codings[0] if codings else {}
    said = part.get("valueQuantity")
    if isinstance(said, dict):
        value = f"{said.get('comparator') or ''}{_text(said.get('value'))}"
        return Origin(_code_text(first), clipped(value), clipped(_text(said.get("code")) or _text(said.get("unit"))))
    other = next((_text(value) for key, value in part.items() if key.startswith("value")), "")
    return Origin(_code_text(first), clipped(other))


def _code_text(coding: Json) -> str:
    return clipped(f"{_text(coding.get('system'))}|{_text(coding.get('code'))}") if coding else ""


def _codings(concept: object) -> list[Json]:
    codings = concept.get("coding", []) if isinstance(concept, dict) else []
    return [one for one in codings if isinstance(one, dict) and isinstance(one.get("code"), str)] if isinstance(codings, list) else []


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _time(resource: Json, settings: CodecSettings) -> DeviceTime:
    """The end of a period: then the value held. A day without an hour is no instant."""
    period = resource.get("effectivePeriod")
    of_period = (period.get("end") or period.get("start")) if isinstance(period, dict) else None
    text = resource.get("effectiveDateTime") or resource.get("effectiveInstant") or of_period
    if not isinstance(text, str):
        return NO_TIME
    return device_time(clipped(text), _moment(text), settings.zone)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _DATE_TIME.fullmatch(text) else None
    except ValueError:
        return None


def _sender(resource: Json) -> Sender:
    """By identifier, else by reference; a name alone tells no two devices apart."""
    device = resource.get("device")
    if not isinstance(device, dict):
        return Sender()
    identifier = device.get("identifier")
    value = _text(identifier.get("value")) if isinstance(identifier, dict) else ""
    return Sender(clipped(value or _text(device.get("reference"))), clipped(_text(device.get("display"))))


def _message_id(resource: Json) -> str:
    """The same when it is sent again: its identifier, else its id; with the version, where it has one."""
    identifiers = resource.get("identifier")
    first = identifiers[0] if isinstance(identifiers, list) and identifiers else None
    value = f"{_text(first.get('system'))}|{_text(first.get('value'))}" if isinstance(first, dict) else _text(resource.get("id"))
    meta = resource.get("meta")
    version = _text(meta.get("versionId")) if isinstance(meta, dict) else ""
    return clipped(f"{value}/{version}") if value else ""


def _is_test_data(resource: Json) -> bool:
    meta = resource.get("meta")
    return isinstance(meta, dict) and any(label.get("code") == _TEST_DATA for label in _codings({"coding": meta.get("security", [])}))
