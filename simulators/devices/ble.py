"""Virtual Bluetooth LE devices: their characteristics and the bytes of them. Pure. Numbers are whole; None where the device has none."""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

NO_NUMBER: Final = 0x07FF
FROM_STORAGE, DEMO = 1 << 9, 1 << 10  # measurement status of an oximeter
NOT_ON_PATIENT: Final = 1 << 11  # its sensor status
NONIN_SEARCHES: Final = 0x01 | 0x08  # status of a Nonin without a finger
_BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"


class Characteristic(msgspec.Struct, frozen=True):
    """`flag`: notify, indicate or read. `value`: of one that is read."""

    uuid: str
    service: str
    flag: str
    value: bytes = b""


class Notified(msgspec.Struct, frozen=True):
    """`later`: what is said of it to somebody who listens only afterwards; empty: then it is lost."""

    characteristic: str
    data: bytes
    later: bytes = b""


HEART_RATE, CUFF, CONTINUOUS, SPOT_CHECK = (_BASE.format(short) for short in ("2a37", "2a35", "2a5f", "2a5e"))
NONIN: Final = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"
_CUFF_FEATURE, _OXIMETER_FEATURE = _BASE.format("2a49"), _BASE.format("2a60")
_STRAPS, _CUFFS, _OXIMETERS = (_BASE.format(short) for short in ("180d", "1810", "1822"))


def _oximeter(characteristic: str, flag: str, features: int) -> tuple[Characteristic, ...]:
    """With both statuses, of which it uses the bits named above."""
    able = struct.pack("<HH", features | 0b11, FROM_STORAGE | DEMO) + struct.pack("<I", NOT_ON_PATIENT)[:3]
    return Characteristic(characteristic, _OXIMETERS, flag), Characteristic(_OXIMETER_FEATURE, _OXIMETERS, "read", able)


DEVICES: Final[Mapping[str, Sequence[Characteristic]]] = {
    "ble-strap": (Characteristic(HEART_RATE, _STRAPS, "notify"),),
    "ble-cuff": (Characteristic(CUFF, _CUFFS, "indicate"), Characteristic(_CUFF_FEATURE, _CUFFS, "read", bytes(2))),
    "ble-plx": _oximeter(CONTINUOUS, "notify", 0),
    "ble-spot-check": _oximeter(SPOT_CHECK, "indicate", 0b1100),  # keeps its results, and their time
    "ble-nonin": (Characteristic(NONIN, "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b", "notify"),),
}
"""Which virtual device has which characteristics."""


def clock_of(at: datetime) -> tuple[int, int, int, int, int, int]:
    """Year to second, as a device keeps it: without a zone."""
    return at.year, at.month, at.day, at.hour, at.minute, at.second


def sfloat(mantissa: int | None, exponent: int = 0) -> bytes:
    """`mantissa`: -2045 to 2045; `exponent` of ten: -8 to 7."""
    return struct.pack("<H", NO_NUMBER if mantissa is None else (exponent & 0xF) << 12 | mantissa & 0xFFF)


def heart_rate(rate: int, *, contact: bool | None = None, intervals: Sequence[int] = ()) -> bytes:
    """2A37. `contact`: None where the strap cannot tell. `intervals`: 1/1024 s."""
    flags = (rate > 255) | (0 if contact is None else 4 | contact << 1) | bool(intervals) << 4
    return (
        struct.pack("<B", flags) + struct.pack("<H" if rate > 255 else "<B", rate) + b"".join(struct.pack("<H", each) for each in intervals)
    )


def cuff(
    systolic: int | None,
    diastolic: int | None,
    mean: int | None,
    *,
    exponent: int = 0,
    is_kpa: bool = False,
    at: tuple[int, int, int, int, int, int] | None = None,
    rate: int | None = None,
    user: int | None = None,
    status: int | None = None,
) -> bytes:
    """2A35, and 2A36 with the cuff's pressure first. `at`: year to second, on the cuff's own clock."""
    flags = is_kpa | (at is not None) << 1 | (rate is not None) << 2 | (user is not None) << 3 | (status is not None) << 4
    return (
        bytes([flags])
        + b"".join(sfloat(each, exponent) for each in (systolic, diastolic, mean))
        + (b"" if at is None else struct.pack("<HBBBBB", *at))
        + (b"" if rate is None else sfloat(rate))
        + (b"" if user is None else bytes([user]))
        + (b"" if status is None else struct.pack("<H", status))
    )


def continuous(spo2: int | None, rate: int | None, *, status: int | None = None, sensor: int | None = None, fast: bool = False) -> bytes:
    """2A5F."""
    flags = fast | (status is not None) << 2 | (sensor is not None) << 3
    pair = sfloat(spo2) + sfloat(rate)
    return bytes([flags]) + pair + (pair if fast else b"") + _words(status, sensor)


def spot_check(
    spo2: int | None,
    rate: int | None,
    *,
    at: tuple[int, int, int, int, int, int] | None = None,
    status: int | None = None,
    sensor: int | None = None,
    is_clock_unset: bool = False,
) -> bytes:
    """2A5E."""
    flags = (at is not None) | (status is not None) << 1 | (sensor is not None) << 2 | is_clock_unset << 4
    time = b"" if at is None else struct.pack("<HBBBBB", *at)
    return bytes([flags]) + sfloat(spo2) + sfloat(rate) + time + _words(status, sensor)


def nonin(spo2: int | None, rate: int | None, *, status: int = 0x15, amplitude: int = 496) -> bytes:
    """Nonin's continuous oximetry. `amplitude`: hundredths of a %."""
    return struct.pack(">BBBHHBH", 10, status, 27, amplitude, 314, 127 if spo2 is None else spo2, 511 if rate is None else rate)


def _words(status: int | None, sensor: int | None) -> bytes:
    return (b"" if status is None else struct.pack("<H", status)) + (b"" if sensor is None else struct.pack("<I", sensor)[:3])
