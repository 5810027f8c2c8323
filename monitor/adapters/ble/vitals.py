"""Heart rate (2A37), blood pressure (2A35), cuff pressure during inflation (2A36). Pure; each raises NotWhole."""

from typing import Final

from monitor.adapters.base import CodecSettings
from monitor.adapters.ble.fields import Field, Fields, named, value_of, whole
from monitor.adapters.device_time import NO_TIME
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceMeasurement, DeviceText, Kind, Origin, Said, Unmapped, clipped
from schemas.measurement import Mode

_WIDE, _CONTACT, _HAS_CONTACT, _ENERGY, _INTERVALS = 0x01, 0x02, 0x04, 0x08, 0x10
_KPA, _TIME, _RATE, _USER, _STATUS = 0x01, 0x02, 0x04, 0x08, 0x10
_NO_USER: Final = 255
_CUFF_STATUS: Final = {
    0: Doubt.INTERFERENCE,  # the body moved
    1: Doubt.DEVICE_SAYS_QUESTIONABLE,  # the cuff is loose
    2: Doubt.DEVICE_SAYS_QUESTIONABLE,  # the pulse is irregular
    3: Doubt.DEVICE_SAYS_QUESTIONABLE,  # the pulse is above the range of the cuff
    4: Doubt.DEVICE_SAYS_QUESTIONABLE,  # or below it
    5: Doubt.DEVICE_SAYS_QUESTIONABLE,  # improper position
}


def heart_rate(fields: Fields, at_ms: int, _: CodecSettings) -> list[Said]:
    flags = fields.number(1)
    rate = fields.number(2 if flags & _WIDE else 1)
    energy = [fields.number(2)] if flags & _ENERGY else []
    intervals = fields.rest(2) if flags & _INTERVALS else []
    fields.end()
    doubts = {Doubt.SENSOR_OFF} if flags & _HAS_CONTACT and not flags & _CONTACT else set()
    if flags & ~(_WIDE | _CONTACT | _HAS_CONTACT | _ENERGY | _INTERVALS):
        doubts.add(Doubt.DEVICE_EXCEPTION)
    value = value_of(Quantity.HEART_RATE, Origin("2A37", str(rate)), whole(rate), "/min", frozenset(doubts))
    others = [
        *(Origin("2A37 energy", str(joules), "kJ") for joules in energy),
        *([Origin("2A37 RR", clipped(" ".join(map(str, intervals))), "1/1024 s")] if intervals else []),
    ]
    return [DeviceMeasurement(at_ms, Mode.REAL, (value,)), *(Unmapped(at_ms, Mode.REAL, origin) for origin in others)]


def blood_pressure(fields: Fields, at_ms: int, settings: CodecSettings) -> list[Said]:
    names = (Quantity.SYSTOLIC_BP, Quantity.DIASTOLIC_BP, Quantity.MEAN_BP)
    return [_cuff("2A35", names, fields, at_ms, settings)]


def cuff_pressure(fields: Fields, at_ms: int, settings: CodecSettings) -> list[Said]:
    """The first of its three pressures; the others are not used."""
    return [_cuff("2A36", (Quantity.CUFF_PRESSURE,), fields, at_ms, settings)]


def _cuff(code: str, names: tuple[Quantity, ...], fields: Fields, at_ms: int, settings: CodecSettings) -> DeviceMeasurement:
    flags = fields.number(1)
    unit = "kPa" if flags & _KPA else "mm[Hg]"
    pressures = [fields.sfloat() for _ in range(3)]
    time = fields.time(settings.zone) if flags & _TIME else NO_TIME
    rate: Field | None = fields.sfloat() if flags & _RATE else None
    user = fields.number(1) if flags & _USER else _NO_USER
    doubts = named(fields.number(2) if flags & _STATUS else 0, _CUFF_STATUS)
    fields.end()
    if flags & ~(_KPA | _TIME | _RATE | _USER | _STATUS):
        doubts |= {Doubt.DEVICE_EXCEPTION}
    if Quantity.CUFF_PRESSURE in names:
        doubts |= {Doubt.ONGOING}
    elif time.at_ms is None:  # cuffs send what they stored when they connect
        doubts |= {Doubt.AGE_UNKNOWN}
    of = [(name, pressure, unit) for name, pressure in zip(names, pressures, strict=False)]
    if rate is not None:
        of.append((Quantity.PULSE_RATE, rate, "/min"))
    values = tuple(value_of(name, Origin(code, field.text, unit), field, unit, doubts) for name, field, unit in of)
    texts = () if user == _NO_USER else (DeviceText("user", Origin(code, str(user))),)
    return DeviceMeasurement(at_ms, Mode.REAL, values, time=time, kind=Kind.APERIODIC, texts=texts)
