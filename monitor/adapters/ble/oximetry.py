"""Pulse oximeter: continuous (2A5F), spot check (2A5E), and Nonin's continuous oximetry. Pure; each raises NotWhole."""

from decimal import Decimal
from typing import Final

import msgspec

from monitor.adapters.base import CodecSettings
from monitor.adapters.ble.fields import Field, Fields, NotWhole, named, value_of, whole
from monitor.adapters.device_time import NO_TIME, DeviceTime
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Condition, DeviceMeasurement, DeviceStatus, Kind, Origin, Said
from schemas.measurement import Mode

_FAST, _SLOW, _STATUS, _SENSOR, _AMPLITUDE = 0x01, 0x02, 0x04, 0x08, 0x10  # flags of 2A5F
_TIME, _SPOT_STATUS, _SPOT_SENSOR, _SPOT_AMPLITUDE, _CLOCK_NOT_SET = 0x01, 0x02, 0x04, 0x08, 0x10  # flags of 2A5E
_ONGOING, _VALIDATED, _FROM_STORAGE, _DEMO = 1 << 5, 0b11 << 7, 1 << 9, 1 << 10
_FINE: Final = _VALIDATED | _FROM_STORAGE | _DEMO
_MEASUREMENT: Final = {
    5: Doubt.ONGOING,
    6: Doubt.EARLY_ESTIMATE,
    11: Doubt.TEST,
    12: Doubt.CALIBRATING,
    13: Doubt.NOT_MEASURED,
    14: Doubt.DEVICE_SAYS_QUESTIONABLE,
    15: Doubt.DEVICE_SAYS_INVALID,
}
_SENSORS: Final = {
    0: Doubt.DEVICE_EXCEPTION,  # the display is behind the measurement
    1: Doubt.SENSOR_FAULT,
    2: Doubt.POOR_SIGNAL,
    3: Doubt.POOR_SIGNAL,
    4: Doubt.POOR_SIGNAL,
    5: Doubt.LOW_PERFUSION,
    6: Doubt.INTERFERENCE,
    7: Doubt.PULSE_SEARCH,  # nothing pulsates
    8: Doubt.DEVICE_SAYS_QUESTIONABLE,
    9: Doubt.EARLY_ESTIMATE,
    10: Doubt.INTERFERENCE,
    11: Doubt.SENSOR_OFF,
    12: Doubt.DEVICE_EXCEPTION,  # a sensor it does not know
    13: Doubt.SENSOR_OFF,
    14: Doubt.SENSOR_FAULT,
    15: Doubt.NO_SENSOR,
}
NONIN: Final = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"
_NONIN_LENGTH: Final = 10
_NONIN_STATUS: Final = {1: Doubt.POOR_SIGNAL, 3: Doubt.PULSE_SEARCH}
_NONIN_BATTERY: Final = 0x20
_NONIN_FINE: Final = 0x01 | 0x04 | 0x10 | _NONIN_BATTERY  # in step with the display, passed its own test, finger well placed


def continuous(fields: Fields, at_ms: int, _: CodecSettings) -> list[Said]:
    """The fast and the slow pair are the same two numbers averaged otherwise: not read. That it goes on is what continuous means."""
    flags, spo2, rate = fields.number(1), fields.sfloat(), fields.sfloat()
    for flag in (_FAST, _SLOW):
        if flags & flag:
            fields.number(4)
    status = fields.number(2) if flags & _STATUS else 0
    sensor = fields.number(3) if flags & _SENSOR else 0
    amplitude = fields.sfloat() if flags & _AMPLITUDE else None
    fields.end()
    words = _Words(status & ~_ONGOING, sensor, flags >> 5)
    return [_measurement("2A5F", (spo2, rate, amplitude), words, NO_TIME, Kind.CONTINUOUS, at_ms)]


def spot_check(fields: Fields, at_ms: int, settings: CodecSettings) -> list[Said]:
    flags, spo2, rate = fields.number(1), fields.sfloat(), fields.sfloat()
    time = fields.time(settings.zone) if flags & _TIME else NO_TIME
    status = fields.number(2) if flags & _SPOT_STATUS else 0
    sensor = fields.number(3) if flags & _SPOT_SENSOR else 0
    amplitude = fields.sfloat() if flags & _SPOT_AMPLITUDE else None
    fields.end()
    is_unset = bool(flags & _CLOCK_NOT_SET)
    if is_unset:
        time = DeviceTime(time.text)
    words = _Words(status, sensor, flags >> 5)
    measurement = _measurement("2A5E", (spo2, rate, amplitude), words, time, Kind.APERIODIC, at_ms)
    return [measurement, DeviceStatus(at_ms, Condition.CLOCK_NOT_SET, is_unset)]


def nonin(fields: Fields, at_ms: int, _: CodecSettings) -> list[Said]:
    """Ten bytes: its length, status, battery, amplitude, seconds since it runs, SpO2, pulse rate; of two bytes the high one first."""
    data = bytes(fields.rest(1))
    if len(data) != _NONIN_LENGTH or data[0] != _NONIN_LENGTH:
        raise NotWhole
    status, amplitude, rate = data[1], int.from_bytes(data[3:5], "big"), int.from_bytes(data[8:10], "big")
    doubts = named(status, _NONIN_STATUS, fine=_NONIN_FINE)
    values = (
        value_of(Quantity.SPO2, Origin("DF19 SpO2", str(data[7])), whole(data[7], 127), "%", doubts),
        value_of(Quantity.PULSE_RATE, Origin("DF19 PR", str(rate)), whole(rate, 511), "/min", doubts),
        value_of(Quantity.PERFUSION_INDEX, Origin("DF19 PAI", str(amplitude), "0.01 %"), _hundredths(amplitude), "%", doubts),
    )
    return [DeviceMeasurement(at_ms, Mode.REAL, values), DeviceStatus(at_ms, Condition.BATTERY_LOW, bool(status & _NONIN_BATTERY))]


def _hundredths(number: int) -> Field:
    return Field(Decimal(number).scaleb(-2), str(number))


class _Words(msgspec.Struct, frozen=True):
    """What the device says about its numbers: measurement status, device and sensor status, flags without a meaning."""

    status: int
    sensor: int
    strange: int


def _measurement(
    code: str, numbers: tuple[Field, Field, Field | None], words: _Words, time: DeviceTime, kind: Kind, at_ms: int
) -> DeviceMeasurement:
    """A stored result whose time cannot be known is none of now: null. A spot check without one may be: questionable."""
    doubts = named(words.status, _MEASUREMENT, fine=_FINE) | named(words.sensor, _SENSORS)
    if words.strange:
        doubts |= {Doubt.DEVICE_EXCEPTION}
    is_old = bool(words.status & _FROM_STORAGE)
    if time.at_ms is None and (is_old or kind is Kind.APERIODIC):
        doubts |= {Doubt.NOT_MEASURED if is_old else Doubt.AGE_UNKNOWN}
    named_fields = zip((Quantity.SPO2, Quantity.PULSE_RATE, Quantity.PERFUSION_INDEX), numbers, ("%", "/min", "%"), strict=True)
    values = tuple(
        value_of(quantity, Origin(f"{code} {quantity.value}", field.text), field, unit, doubts)
        for quantity, field, unit in named_fields
        if field is not None
    )
    is_simulated = words.status & _DEMO or Doubt.TEST in doubts
    mode = Mode.SIMULATED if is_simulated else Mode.REAL
    return DeviceMeasurement(at_ms, mode, values, time=time, kind=Kind.APERIODIC if is_old else kind)
