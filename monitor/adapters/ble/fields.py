"""The fields a characteristic is made of, little endian, and their way into values. Pure."""

import struct
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

import msgspec

from monitor.adapters.device_time import DeviceTime, device_time
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceValue, Origin, measured, missing

_SPECIAL: Final = {0x07FF: "NaN", 0x0800: "NRes", 0x07FE: "+INF", 0x0802: "-INF", 0x0801: "reserved"}
_ALL: Final = 100  # %
_MANTISSA_SIGN, _EXPONENT_SIGN = 0x800, 0x8


class NotWhole(Exception):
    """The characteristic ends inside a field, or after the last one its flags name; what it says cannot be trusted."""


class Fields:
    """Reads from the front. Raises NotWhole."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def number(self, size: int) -> int:
        """Unsigned."""
        return int.from_bytes(self._take(size), "little")

    def rest(self, size: int) -> list[int]:
        """Whole numbers of `size` bytes up to the end."""
        return [self.number(size) for _ in range(-(-(len(self._data) - self._place) // size))]

    def sfloat(self) -> "Field":
        return sfloat(self.number(2))

    def time(self, zone: tzinfo | None) -> DeviceTime:
        """Seven bytes. A year, month or day of 0 is the standard's word for a date that is not known."""
        year, *others = struct.unpack("<HBBBBB", self._take(7))
        text = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}".format(year, *others)
        if 0 in (year, others[0], others[1]):
            return DeviceTime(text)
        try:
            return device_time(text, datetime(year, *others), zone)  # noqa: DTZ001 - local: `device_time` gives it its zone
        except ValueError:
            return device_time(text, None, zone)

    def end(self) -> None:
        if self._place != len(self._data):
            raise NotWhole

    def _take(self, size: int) -> bytes:
        taken = self._data[self._place : self._place + size]
        if len(taken) != size:
            raise NotWhole
        self._place += size
        return taken


class Field(msgspec.Struct, frozen=True):
    """`number`: None where the wire says that there is none; `text` says it then."""

    number: Decimal | None
    text: str


def sfloat(bits: int) -> Field:
    """IEEE 11073's short float: four bits of exponent to ten, twelve of mantissa, both signed; five patterns are no number."""
    if bits in _SPECIAL:
        return Field(None, _SPECIAL[bits])
    exponent, mantissa = bits >> 12, bits & 0xFFF
    exponent = (exponent ^ _EXPONENT_SIGN) - _EXPONENT_SIGN
    mantissa = (mantissa ^ _MANTISSA_SIGN) - _MANTISSA_SIGN
    number = Decimal(mantissa).scaleb(exponent)
    return Field(number, f"{number:f}")


def whole(number: int, none: int | None = None) -> Field:
    """`none`: the number that stands for no value."""
    return Field(None if number == none else Decimal(number), str(number))


def value_of(quantity: Quantity, origin: Origin, field: Field, unit: str, doubts: frozenset[Doubt] = frozenset()) -> DeviceValue:
    """Zero and below are no measurement of anything that is read here; devices write 0 where they have none. Nor is SpO2 above 100 %."""
    if field.number is None or field.number <= 0:
        return missing(quantity, origin, doubts)
    is_beyond = quantity is Quantity.SPO2 and field.number > _ALL
    return measured(quantity, None if is_beyond else field.number, unit, origin, doubts)


def named(bits: int, names: dict[int, Doubt], fine: int = 0) -> frozenset[Doubt]:
    """Doubts of the bits that are set; `fine`: those that are none. A bit without a name here is not fine."""
    doubts = {doubt for bit, doubt in names.items() if bits >> bit & 1}
    if bits & ~fine & ~sum(1 << bit for bit in names):
        doubts.add(Doubt.DEVICE_EXCEPTION)
    return frozenset(doubts)
