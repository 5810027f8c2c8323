"""ORU^R01 (IHE PCD-01): what a message measured, by instants. Pure but for the cuffs that one connection has told.

A monitor repeats its last cuff in every message; `cuffs` knows it again.
"""

from collections import defaultdict
from operator import attrgetter
from typing import Final

import msgspec

from monitor.adapters.cuffs import Cuffs
from monitor.adapters.device_time import DeviceTime
from monitor.adapters.hl7.context import Context, Observed
from monitor.adapters.hl7.message import field_of, text_of
from monitor.adapters.hl7.pumps import Pumps
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceMeasurement, DeviceText, DeviceValue, Kind, Origin, Said, Sender, Unmapped, clipped

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
_quantity_of: Final = attrgetter("quantity")
_APERIODIC: Final = Kind.APERIODIC
_OTHER_SOURCE: Final = "another source of the same quantity is taken"


class _Group(msgspec.Struct):
    """What becomes one DeviceMeasurement."""

    values: list[tuple[int, DeviceValue]] = []  # with the rank of the source
    texts: list[DeviceText] = []


_Key = tuple[Sender, DeviceTime, Kind, bool]  # whether the time is known to be that of the values
_Groups = defaultdict[_Key, _Group]


class Observations:
    """Of one connection."""

    def __init__(self) -> None:
        self._cuffs = Cuffs()
        self._pumps = Pumps()

    def read(self, context: Context) -> list[Said]:
        groups: _Groups = defaultdict(_Group)
        unmapped: list[Unmapped] = []
        for observed in context.observed:
            _sort(context, observed, groups, unmapped)
        said: list[Said] = [self._measurement(context, key, group, unmapped) for key, group in groups.items()]
        for (sender, time, _, _), group in groups.items():
            if group.texts:
                said += self._pumps.changes(context, sender, time, group.texts)
        return said + unmapped

    def _measurement(self, context: Context, key: _Key, group: _Group, unmapped: list[Unmapped]) -> DeviceMeasurement:
        sender, time, kind, is_dated = key
        values, others = _taken(group.values)
        unmapped += [
            Unmapped(context.at_ms, context.mode, value.origin, _OTHER_SOURCE, sender, time, context.next_id()) for value in others
        ]
        is_dated_cuff = kind is _APERIODIC and is_dated
        message_id = "" if is_dated_cuff else context.next_id()
        told = DeviceMeasurement(context.at_ms, context.mode, values, sender, time, kind, tuple(group.texts), message_id)
        if is_dated_cuff:
            return self._cuffs.dated(told)
        return told if is_dated else self._cuffs.undated(told)


def _taken(found: list[tuple[int, DeviceValue]]) -> tuple[tuple[DeviceValue, ...], list[DeviceValue]]:
    """One value of each quantity, and the others: a number before none, then by the rank of the source, then by their order."""
    values = tuple([value for _, value in found])
    if len({*map(_quantity_of, values)}) == len(values):
        return values, []
    places: dict[Quantity, int] = {}
    for place in sorted(range(len(values)), key=lambda place: (values[place].value_milli is None, found[place][0])):
        places.setdefault(values[place].quantity, place)
    taken = set(places.values())  # by place: two rows can say the very same
    return tuple(values[place] for place in sorted(taken)), [value for place, value in enumerate(values) if place not in taken]


def _sort(context: Context, observed: Observed, groups: _Groups, unmapped: list[Unmapped]) -> None:
    """The observations of one OBR into groups of one sender, one time and one kind."""
    is_all_spot = observed.is_all_spot
    for run in observed.runs:
        group = kind = None
        for form, content, _ in run.told:
            if content.ranked is not None:
                if group is None or form.kind is not kind:
                    kind = form.kind
                    is_dated = kind is not _APERIODIC or run.has_own_time or is_all_spot
                    group = groups[run.sender, run.time, kind, is_dated]
                group.values.append(content.ranked)
            elif form.is_line:
                continue
            elif name := _TEXTS.get(form.name):
                groups[run.sender, run.time, Kind.CONTINUOUS, True].texts.append(DeviceText(name, content.origin))
            elif form.name.startswith(_PUMP) and (order := _order(context, observed)) is not None:
                texts = groups[run.sender, run.time, Kind.CONTINUOUS, True].texts
                if order not in texts:
                    texts.append(order)
            elif not (content.is_none and form.is_container):
                next_id = context.next_id()
                unmapped.append(Unmapped(context.at_ms, context.mode, content.origin, form.why_none, run.sender, run.time, next_id))


def _order(context: Context, observed: Observed) -> DeviceText | None:
    """A pump writes the drug where others write what kind of observation it is."""
    text = clipped(text_of(field_of(observed.head, context.marks, 4), context.marks))
    return DeviceText("order", Origin("OBR-4", text)) if text else None
