"""Virtual Bluetooth LE devices: the bytes of their characteristics. Pure. Numbers are whole; None where the device has none."""

import struct
from collections.abc import Sequence
from typing import Final

NO_NUMBER: Final = 0x07FF


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
