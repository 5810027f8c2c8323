"""What each virtual device says of a second that its patient's monitor shows. Pure; it remembers a number or a cuff from its `make` on."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any, Final

import msgspec

from schemas.vitals import Vital
from simulators.devices import ble, cms50, fhir, hl7, masimo, mqtt, nellcor, nonin, sdc, vital_recorder
from simulators.devices.pump import VirtualPump

Shown = Mapping[Vital, float | None]
"""What the patient's monitor has in this second: None or absent, no value."""
Speech = Callable[[datetime, Shown], Any]
"""Bytes, or what else its wire carries. Empty or None: it has nothing to say of this."""
_SPOT_CHECK_S: Final = 30
_EGATEWAY: Final = timezone(timedelta(hours=2))  # the offset in its stamps
_MONTYPES: Final = {
    Vital.HEART_RATE: "ECG_HR",
    Vital.SPO2: "PLETH_SPO2",
    Vital.RESPIRATORY_RATE: "RESP_RR",
    Vital.ETCO2: "CO2_CONC",
    Vital.SYSTOLIC_BP: "NIBP_SBP",
    Vital.DIASTOLIC_BP: "NIBP_DBP",
    Vital.MEAN_BP: "NIBP_MBP",
}
_HANDLES: Final = {Vital.HEART_RATE: "hr", Vital.SPO2: "spo2", Vital.SYSTOLIC_BP: "nibp.sys", Vital.DIASTOLIC_BP: "nibp.dia"}


class Virtual(msgspec.Struct, frozen=True):
    """`make`: by the name that the device gives itself. `wires`: the kinds of wire it can hang on, the usual one first. `adapter`: the one
    that reads it, where that has another name."""

    title: str
    wires: tuple[str, ...]
    make: Callable[[str], Speech]
    adapter: str = ""


def _whole(shown: Shown) -> tuple[int | None, int | None]:
    """SpO2 and pulse as an oximeter shows them: without a finger, none."""
    spo2, pulse = shown.get(Vital.SPO2), shown.get(Vital.HEART_RATE)
    return (None, None) if spo2 is None else (round(spo2), None if pulse is None else round(pulse))


def _masimo(at: datetime, shown: Shown) -> bytes:
    spo2, pulse = _whole(shown)
    index, exceptions = (None, masimo.SENSOR_OFF) if spo2 is None else (4.96, 0)
    return masimo.line(at, masimo.MasimoState(spo2, pulse, perfusion_index=index, exceptions=exceptions))


def _nellcor(at: datetime, shown: Shown) -> bytes:
    spo2, pulse = _whole(shown)
    amplitude, flags = (None, ("SO",)) if spo2 is None else (88, ())
    return nellcor.line(at, nellcor.NellcorState(spo2, pulse, amplitude, flags))


def _nonin(_: datetime, shown: Shown) -> bytes:
    spo2, pulse = _whole(shown)
    return nonin.packet(nonin.NoninState(spo2, pulse, status=nonin.SENSOR_ALARM if spo2 is None else 0))


def _cms50(_: datetime, shown: Shown) -> bytes:
    spo2, pulse = _whole(shown)
    return cms50.second(cms50.Cms50State(spo2, pulse, is_finger_out=spo2 is None))


def _oximeter(says: Speech) -> Callable[[str], Speech]:
    """A cuff is no part of an oximeter: it has nothing to say of one."""
    return lambda _: lambda at, shown: says(at, shown) if Vital.SPO2 in shown else b""


def _fhir(_: str) -> Speech:
    return fhir.bundle


def _hl7(dialect: hl7.Dialect, zone: timezone = UTC) -> Callable[[str], Speech]:
    """A monitor that sends each second all of its display, the last cuff among it. `zone`: of its clock."""

    def make(_: str) -> Speech:
        numbers = count(1)
        cuff: hl7.Cuff | None = None

        def say(at: datetime, shown: Shown) -> bytes:
            nonlocal cuff
            local = at.astimezone(zone)
            if (pressures := _cuff(shown)) is not None:
                cuff = hl7.Cuff(*pressures, local)
            if Vital.SPO2 not in shown:
                return b""
            heart_rate, spo2, breaths = (_rounded(shown.get(vital)) for vital in (Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE))
            pulse = None if spo2 is None else heart_rate
            return dialect(local, next(numbers), hl7.Hl7State(heart_rate, spo2, pulse, breaths, cuff=cuff))

        return say

    return make


def _mqtt(_: str) -> Speech:
    numbers = count(1)
    return lambda at, shown: mqtt.reading(
        next(numbers), at, {vital.value: value for vital, value in shown.items()}, kind="aperiodic" if _cuff(shown) else "continuous"
    )


def _vital_recorder(code: str) -> Speech:
    """A cuff is in the upload after it, under its own time."""

    def say(at: datetime, shown: Shown) -> bytes:
        tracks = {_MONTYPES[vital]: value for vital, value in shown.items() if vital in _MONTYPES}
        return vital_recorder.zlib_json(code, [vital_recorder.Room("BED-1", tracks, cuff_at=at.timestamp())], at.timestamp())

    return say


def _sdc(_: str) -> Speech:
    def say(at: datetime, shown: Shown) -> sdc.Determined | None:
        values = {_HANDLES[vital]: value for vital, value in shown.items() if vital in _HANDLES}
        return (at.timestamp(), values) if values else None

    return say


def _strap(_: datetime, shown: Shown) -> ble.Notified | None:
    if Vital.HEART_RATE not in shown:
        return None
    rate = _rounded(shown[Vital.HEART_RATE])
    return ble.Notified(ble.HEART_RATE, ble.heart_rate(rate or 0, contact=rate is not None))


def _ble_cuff(at: datetime, shown: Shown) -> ble.Notified | None:
    """Its clock has UTC. A result that nobody heard is told later, with its time."""
    if (pressures := _cuff(shown)) is None:
        return None
    data = ble.cuff(*pressures, at=ble.clock_of(at), status=0)
    return ble.Notified(ble.CUFF, data, later=data)


def _plx(_: datetime, shown: Shown) -> ble.Notified | None:
    if Vital.SPO2 not in shown:
        return None
    spo2, pulse = _whole(shown)
    sensor = ble.NOT_ON_PATIENT if spo2 is None else 0
    return ble.Notified(ble.CONTINUOUS, ble.continuous(spo2, pulse, status=ble.DEMO, sensor=sensor))


def _spot_check(_: str) -> Speech:
    """Every half minute, with a finger in it."""
    seconds = count()

    def say(at: datetime, shown: Shown) -> ble.Notified | None:
        spo2, pulse = _whole(shown)
        if Vital.SPO2 not in shown or next(seconds) % _SPOT_CHECK_S or spo2 is None:
            return None
        now, later = (ble.spot_check(spo2, pulse, at=ble.clock_of(at), status=status) for status in (ble.DEMO, ble.DEMO | ble.FROM_STORAGE))
        return ble.Notified(ble.SPOT_CHECK, now, later)

    return say


def _ble_nonin(_: datetime, shown: Shown) -> ble.Notified | None:
    if Vital.SPO2 not in shown:
        return None
    spo2, pulse = _whole(shown)
    return ble.Notified(ble.NONIN, ble.nonin(spo2, pulse, **({"status": ble.NONIN_SEARCHES} if spo2 is None else {})))


def _cuff(shown: Shown) -> tuple[int, int, int] | None:
    systolic, diastolic, mean = (_rounded(shown.get(vital)) for vital in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP))
    return None if systolic is None or diastolic is None or mean is None else (systolic, diastolic, mean)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


_SERIAL: Final = ("pty", "tcp")
VIRTUAL: Final[Mapping[str, Virtual]] = {
    "bcc": Virtual("B. Braun Space pump in a SpaceStation, asked over BCC", ("tcp",), VirtualPump),
    "ble-cuff": Virtual("Bluetooth LE blood pressure cuff", ("ble",), lambda _: _ble_cuff, "ble"),
    "ble-nonin": Virtual("Nonin 3150 or 3230, Bluetooth LE", ("ble",), lambda _: _ble_nonin, "ble"),
    "ble-plx": Virtual("Bluetooth LE pulse oximeter, continuous", ("ble",), lambda _: _plx, "ble"),
    "ble-spot-check": Virtual("Bluetooth LE pulse oximeter, spot checks", ("ble",), _spot_check, "ble"),
    "ble-strap": Virtual("Bluetooth LE heart rate strap", ("ble",), lambda _: _strap, "ble"),
    "cms50": Virtual("Contec CMS50D+", _SERIAL, _oximeter(_cms50)),
    "fhir": Virtual("gateway that posts FHIR Observations", ("http",), _fhir),
    "hl7-ge": Virtual("GE B40 monitor, HL7 over MLLP; it tells of no cuff", ("mllp",), _hl7(hl7.ge), "hl7"),
    "hl7-mindray": Virtual("Mindray monitor behind an eGateway, HL7 over MLLP", ("mllp",), _hl7(hl7.mindray, _EGATEWAY), "hl7"),
    "hl7-philips": Virtual("Philips Efficia monitor, HL7 over MLLP", ("mllp",), _hl7(hl7.philips), "hl7"),
    "masimo": Virtual("Masimo oximeter", _SERIAL, _oximeter(_masimo)),
    "mqtt": Virtual("device that publishes JSON to a broker", ("mqtt",), _mqtt),
    "nellcor": Virtual("Nellcor oximeter", _SERIAL, _oximeter(_nellcor)),
    "nonin": Virtual("Nonin oximeter", _SERIAL, _oximeter(_nonin)),
    "sdc": Virtual("monitor that provides IEEE 11073 SDC", ("sdc",), _sdc),
    "vital-recorder": Virtual("Vital Recorder with one bed", ("http",), _vital_recorder),
}
"""By the name of the adapter that reads it; of Bluetooth's and HL7's there are several."""
