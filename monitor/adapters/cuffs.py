"""A cuff that a monitor repeats in every message, known again. Pure.

Where a cuff has a time of its own, that time tells it. Where it has none, the same numbers again are the same cuff, told with the time and
the id of what brought them first. The first of a connection may be an old one: nobody can tell, so it is questionable. So is one whose own
time stands in a zone that nobody knows.
"""

from typing import Final

import msgspec

from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceMeasurement, DeviceValue, Sender, clipped
from schemas.measurement import Mode

_MAX_CUFFS: Final = 256  # devices behind one connection; beyond it the one told longest ago is forgotten, and its next is questionable


class Cuffs:
    """Of one connection."""

    def __init__(self) -> None:
        self._last: dict[Sender, DeviceMeasurement] = {}

    def dated(self, told: DeviceMeasurement) -> DeviceMeasurement:
        """`told.time` is the cuff's own. The id is the same for each repetition, and another when numbers are added or corrected."""
        message_id = clipped(f"cuff {told.time.text} {'/'.join(value.origin.value for value in told.values)}")
        values = told.values if told.time.at_ms is not None else _of_unknown_age(told.values)
        return msgspec.structs.replace(told, values=values, message_id=message_id)

    def undated(self, told: DeviceMeasurement) -> DeviceMeasurement:
        """`told.time` is that of the message."""
        if all(value.value_milli is None for value in told.values):
            return told
        before = self._last.pop(told.sender, None)
        if before is None:
            told = msgspec.structs.replace(told, values=_of_unknown_age(told.values))
        elif _numbers(before) == _numbers(told):
            is_unknown = any(Doubt.AGE_UNKNOWN in value.doubts for value in before.values)
            values = _of_unknown_age(told.values) if is_unknown else told.values
            told = msgspec.structs.replace(told, values=values, time=before.time, message_id=before.message_id)
        if len(self._last) >= _MAX_CUFFS:
            del self._last[next(iter(self._last))]
        self._last[told.sender] = told
        return told


def _numbers(told: DeviceMeasurement) -> tuple[Mode, list[tuple[Quantity, int | None]]]:
    """What makes it the same cuff; those of a demo are others."""
    return told.mode, [(value.quantity, value.value_milli) for value in told.values]


def _of_unknown_age(values: tuple[DeviceValue, ...]) -> tuple[DeviceValue, ...]:
    return tuple(
        value if value.value_milli is None else msgspec.structs.replace(value, doubts=tuple(sorted({*value.doubts, Doubt.AGE_UNKNOWN})))
        for value in values
    )
