"""ORU^R01 (IHE PCD-01): what a message measured, by instants. Pure but for the cuffs that one connection has told.

A monitor repeats its last cuff in every message. Where the cuff has a time of its own, that time tells it; where it has none, the same
numbers again are the same cuff, told with the time and the id of the message that brought them first. The first of a connection may be an
old one: nobody can tell, so it is questionable. So is one whose own time stands in a zone that nobody knows.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from monitor.adapters.device_time import DeviceTime
from monitor.adapters.doubts import Doubt
from monitor.adapters.hl7.codes import Meaning, code_of, meaning_of
from monitor.adapters.hl7.context import Context, Observed
from monitor.adapters.hl7.message import Segment
from monitor.adapters.hl7.values import has_value, kind_of, origin_of, value_of
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceMeasurement, DeviceText, DeviceValue, Kind, Origin, Said, Sender, Unmapped, clipped
from schemas.measurement import Mode

_MAX_CUFFS: Final = 256  # devices behind one connection
_TEXTS: Final = {  # of pumps; by name, for their numbers differ
    "MDC_DRUG_NAME_TYPE": "drug",
    "MDC_DRUG_NAME_LABEL": "drug",
    "MDC_PUMP_DRUG_LIBRARY_NAME": "drug_library",
    "MDC_PUMP_SOURCE_CHANNEL_LABEL": "channel",
    "MDC_PUMP_INFUSING_STATUS": "infusing",
    "MDC_PUMP_CURRENT_DELIVERY_STATUS": "delivery",
    "MDC_PUMP_NOT_DELIVERING_REASON": "not_delivering",
}
_PUMP: Final = "MDC_DEV_PUMP_"
_OTHER_SOURCE: Final = "another source of the same quantity is taken"


class _Row(msgspec.Struct, frozen=True):
    meaning: Meaning
    value: DeviceValue


class _Group:
    """What becomes one DeviceMeasurement."""

    def __init__(self) -> None:
        self.rows: list[_Row] = []
        self.texts: list[DeviceText] = []


_Key = tuple[Sender, DeviceTime, Kind, bool]  # whether the time is known to be that of the values


class Observations:
    """Of one connection."""

    def __init__(self) -> None:
        self._cuffs: dict[Sender, DeviceMeasurement] = {}

    def read(self, context: Context, observed: Iterable[Observed]) -> list[Said]:
        groups: dict[_Key, _Group] = {}
        unmapped: list[Unmapped] = []
        for each in observed:
            _sort(context, each, groups, unmapped)
        said: list[Said] = [self._measurement(context, key, group, unmapped) for key, group in groups.items()]
        return said + unmapped

    def _measurement(self, context: Context, key: _Key, group: _Group, unmapped: list[Unmapped]) -> DeviceMeasurement:
        sender, time, kind, is_dated = key
        taken: dict[Quantity, DeviceValue] = {}
        for row in sorted(group.rows, key=lambda row: (row.value.value_milli is None, row.meaning.rank)):  # a number before none
            taken.setdefault(row.value.quantity, row.value)
        values = tuple(row.value for row in group.rows if taken[row.value.quantity] is row.value)
        others = [row.value.origin for row in group.rows if taken[row.value.quantity] is not row.value]
        unmapped += [Unmapped(context.at_ms, context.mode, origin, _OTHER_SOURCE, sender, time, context.next_id()) for origin in others]
        item_id = _cuff_id(time, values) if kind is Kind.APERIODIC and is_dated else context.next_id()
        if kind is Kind.APERIODIC and is_dated and time.at_ms is None:
            values = _of_unknown_age(values)  # its clock's zone is not known: it may be an hour old, or a day
        told = DeviceMeasurement(context.at_ms, context.mode, values, sender, time, kind, tuple(group.texts), item_id)
        return told if is_dated else self._undated(told)

    def _undated(self, told: DeviceMeasurement) -> DeviceMeasurement:
        """A cuff that does not say when."""
        if all(value.value_milli is None for value in told.values):
            return told
        before = self._cuffs.pop(told.sender, None)
        is_same = before is not None and _numbers(before) == _numbers(told)
        if before is None or (is_same and any(Doubt.AGE_UNKNOWN in value.doubts for value in before.values)):
            told = msgspec.structs.replace(told, values=_of_unknown_age(told.values))
        if before is not None and is_same:
            told = msgspec.structs.replace(told, time=before.time, message_id=before.message_id)
        if len(self._cuffs) >= _MAX_CUFFS:
            del self._cuffs[next(iter(self._cuffs))]
        self._cuffs[told.sender] = told
        return told


def _sort(context: Context, observed: Observed, groups: dict[_Key, _Group], unmapped: list[Unmapped]) -> None:
    """The observations of one OBR into groups of one sender, one time and one kind."""
    meanings = [meaning_of(code_of(segment, 3)) for segment in observed.rows]
    is_all_spot = observed.has_time and all(meaning.is_spot for meaning in meanings if isinstance(meaning, Meaning))
    for segment, meaning in zip(observed.rows, meanings, strict=True):
        sender = context.sender_of(segment)
        time, is_own = context.time_of(segment, observed)
        if isinstance(meaning, Meaning):
            kind = kind_of(segment, is_spot=meaning.is_spot)
            is_dated = kind is not Kind.APERIODIC or is_own or is_all_spot
            group = groups.setdefault((sender, time, kind, is_dated), _Group())
            group.rows.append(_Row(meaning, value_of(segment, meaning.quantity)))
        elif name := _TEXTS.get(code_of(segment, 3).name.upper()):
            group = groups.setdefault((sender, time, Kind.CONTINUOUS, True), _Group())
            group.texts.append(DeviceText(name, origin_of(segment)[0]))
        elif code_of(segment, 3).name.upper().startswith(_PUMP) and (order := _order(observed)) is not None:
            group = groups.setdefault((sender, time, Kind.CONTINUOUS, True), _Group())
            if order not in group.texts:
                group.texts.append(order)
        elif has_value(segment) or not _is_container(segment):
            origin = origin_of(segment)[0]
            unmapped.append(Unmapped(context.at_ms, context.mode, origin, meaning, sender, time, context.next_id()))


def _numbers(told: DeviceMeasurement) -> tuple[Mode, list[tuple[Quantity, int | None]]]:
    """What makes it the same cuff; those of a demo are others."""
    return told.mode, [(value.quantity, value.value_milli) for value in told.values]


def _order(observed: Observed) -> DeviceText | None:
    """A pump writes the drug where others write what kind of observation it is."""
    text = "" if observed.head is None else clipped(observed.head.text(4))
    return DeviceText("order", Origin("OBR-4", text)) if text else None


def _cuff_id(time: DeviceTime, values: tuple[DeviceValue, ...]) -> str:
    """The same for each repetition; another when numbers are added or corrected."""
    return clipped(f"cuff {time.text} {'/'.join(value.origin.value for value in values)}")


def _of_unknown_age(values: tuple[DeviceValue, ...]) -> tuple[DeviceValue, ...]:
    return tuple(
        value if value.value_milli is None else msgspec.structs.replace(value, doubts=tuple(sorted({*value.doubts, Doubt.AGE_UNKNOWN})))
        for value in values
    )


def _is_container(segment: Segment) -> bool:
    """A line that only opens a device or a channel."""
    return segment.part(11).upper() in ("X", "") and not segment.raw(2)
