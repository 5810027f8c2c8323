"""Bluetooth LE: short floats, each flag and status bit, and notifications that others took down."""

import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.ble.codec import BleCodec, Notification, uuid_of
from monitor.adapters.ble.fields import sfloat
from monitor.adapters.ble.oximetry import NONIN
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Condition, DeviceMeasurement, DeviceStatus, Fault, Kind, Undecoded, Unmapped
from schemas.instant import parse_ms
from schemas.measurement import Mode, Validity
from simulators.devices import ble
from tests.support.samples import sample

NOW_MS = 1_795_344_067_000
AT = (2026, 7, 1, 12, 0, 0)
BERLIN = CodecSettings(zone=ZoneInfo("Europe/Berlin"))


def _said(short: str, *data: bytes, settings: CodecSettings = CodecSettings()) -> list[Any]:  # noqa: B008
    codec, uuid = BleCodec(settings), NONIN if short == "DF19" else uuid_of(short)
    return [item for each in data for item in codec.feed(Notification(uuid, each), NOW_MS)]


def _measured(short: str, data: bytes, settings: CodecSettings = CodecSettings()) -> DeviceMeasurement:  # noqa: B008
    item = _said(short, data, settings=settings)[0]
    assert isinstance(item, DeviceMeasurement)
    return item


def _numbers(item: DeviceMeasurement) -> dict[Quantity, int | None]:
    return {value.quantity: value.value_milli for value in item.values}


@pytest.mark.parametrize(
    ("bits", "number"),
    [
        (0x0061, "97"),
        (0xF3E8, "100.0"),
        (0xF384, "90.0"),
        (0x0FFF, "-1"),
        (0x1001, "10"),
        (0x7001, "10000000"),
        (0x8001, "0.00000001"),
        (0xF7FF, "204.7"),  # a mantissa that is NaN alone
        (0x07FF, None),
        (0x0800, None),
        (0x07FE, None),
        (0x0802, None),
        (0x0801, None),
    ],
)
def test_a_short_float(bits: int, number: str | None) -> None:
    assert sfloat(bits).number == (None if number is None else Decimal(number))


@pytest.mark.parametrize("rate", [30, 72, 255, 256, 300])
def test_a_heart_rate_of_one_byte_or_two(rate: int) -> None:
    assert _numbers(_measured("2A37", ble.heart_rate(rate))) == {Quantity.HEART_RATE: rate * 1000}


@pytest.mark.parametrize(
    ("contact", "doubts"), [(None, ()), (True, ()), (False, (Doubt.SENSOR_OFF,))], ids=["cannot-tell", "touches", "does-not-touch"]
)
def test_a_strap_that_does_not_touch_says_nothing(contact: bool | None, doubts: tuple[Doubt, ...]) -> None:
    (value,) = _measured("2A37", ble.heart_rate(72, contact=contact)).values
    assert (value.doubts, value.value_milli) == (doubts, None if doubts else 72_000)


def test_no_heart_rate_is_no_asystole() -> None:
    (value,) = _measured("2A37", ble.heart_rate(0)).values
    assert (value.value_milli, value.doubts) == (None, (Doubt.NOT_MEASURED,))


def test_beat_intervals_are_kept_as_they_are() -> None:
    _, kept = _said("2A37", ble.heart_rate(72, intervals=(853, 860)))
    assert isinstance(kept, Unmapped)
    assert (kept.origin.value, kept.origin.unit) == ("853 860", "1/1024 s")


def test_a_cuff_says_what_it_measured_and_when() -> None:
    item = _measured("2A35", ble.cuff(124, 86, 97, at=AT, rate=51, user=2, status=0), BERLIN)
    assert _numbers(item) == {
        Quantity.SYSTOLIC_BP: 124_000,
        Quantity.DIASTOLIC_BP: 86_000,
        Quantity.MEAN_BP: 97_000,
        Quantity.PULSE_RATE: 51_000,
    }
    assert (item.kind, item.time.at_ms) == (Kind.APERIODIC, parse_ms("2026-07-01T10:00:00Z"))
    assert [text.origin.value for text in item.texts] == ["2"]


def test_kilopascals_are_converted_and_kept() -> None:
    value = _measured("2A35", ble.cuff(165, 115, 129, exponent=-1, is_kpa=True)).values[0]
    assert (value.value_milli, value.origin.value, value.origin.unit) == (123_760, "16.5", "kPa")


def test_what_a_cuff_does_not_know_is_null() -> None:
    assert _numbers(_measured("2A35", ble.cuff(None, 86, 0))) == {
        Quantity.SYSTOLIC_BP: None,
        Quantity.DIASTOLIC_BP: 86_000,
        Quantity.MEAN_BP: None,
    }


def test_a_pressure_during_inflation_is_no_blood_pressure() -> None:
    (value,) = _measured("2A36", ble.cuff(140, None, None)).values
    assert (value.quantity, value.value_milli, value.doubts) == (Quantity.CUFF_PRESSURE, 140_000, (Doubt.ONGOING,))


@pytest.mark.parametrize(
    ("at", "settings", "basis"),
    [
        (None, BERLIN, TimeBasis.NONE),
        ((0, 0, 0, 0, 0, 0), BERLIN, TimeBasis.NONE),
        ((0, 1, 1, 12, 0, 0), BERLIN, TimeBasis.NONE),
        ((2026, 2, 31, 12, 0, 0), BERLIN, TimeBasis.IMPOSSIBLE),
        ((2026, 7, 1, 25, 0, 0), BERLIN, TimeBasis.IMPOSSIBLE),
        (AT, CodecSettings(), TimeBasis.NO_ZONE),
        (AT, BERLIN, TimeBasis.CONFIGURED),
    ],
)
def test_a_time_that_is_not_known_stays_unknown(at: Any, settings: CodecSettings, basis: TimeBasis) -> None:
    """And then a cuff may be an old one, told again when the device connects; a pressure that is being pumped up is not."""
    item = _measured("2A35", ble.cuff(124, 86, 97, at=at), settings)
    assert item.time.basis is basis
    assert item.values[0].doubts == (() if basis is TimeBasis.CONFIGURED else (Doubt.AGE_UNKNOWN,))
    assert item.values[0].value_milli == 124_000
    assert _measured("2A5E", ble.spot_check(97, 66, at=at), settings).values[0].doubts == item.values[0].doubts


@pytest.mark.parametrize(
    ("bit", "doubt"),
    [
        (0, Doubt.INTERFERENCE),
        *((bit, Doubt.DEVICE_SAYS_QUESTIONABLE) for bit in (1, 2, 3, 4, 5)),
        (6, Doubt.DEVICE_EXCEPTION),
        (15, Doubt.DEVICE_EXCEPTION),
    ],
)
def test_what_a_cuff_doubts_is_questionable(bit: int, doubt: Doubt) -> None:
    value = _measured("2A35", ble.cuff(124, 86, 97, at=AT, status=1 << bit), BERLIN).values[0]
    assert (value.doubts, value.validity, value.value_milli) == ((doubt,), Validity.QUESTIONABLE, 124_000)


@pytest.mark.parametrize(
    ("bit", "doubts"),
    [
        (0, {Doubt.DEVICE_EXCEPTION}),
        (5, set()),  # continuous is ongoing
        (6, {Doubt.EARLY_ESTIMATE}),
        (7, set()),
        (8, set()),
        (10, set()),
        (11, {Doubt.TEST}),
        (12, {Doubt.CALIBRATING}),
        (13, {Doubt.NOT_MEASURED}),
        (14, {Doubt.DEVICE_SAYS_QUESTIONABLE}),
        (15, {Doubt.DEVICE_SAYS_INVALID}),
    ],
)
def test_each_word_about_a_measurement(bit: int, doubts: set[Doubt]) -> None:
    item = _measured("2A5F", ble.continuous(97, 66, status=1 << bit))
    assert [set(value.doubts) for value in item.values] == [doubts, doubts]
    assert item.mode is (Mode.SIMULATED if bit in {10, 11} else Mode.REAL)
    assert all((value.value_milli is None) is (value.validity is Validity.INVALID) for value in item.values)


@pytest.mark.parametrize(
    ("bit", "doubt"),
    [
        (0, Doubt.DEVICE_EXCEPTION),
        (1, Doubt.SENSOR_FAULT),
        (3, Doubt.POOR_SIGNAL),
        (5, Doubt.LOW_PERFUSION),
        (6, Doubt.INTERFERENCE),
        (7, Doubt.PULSE_SEARCH),
        (10, Doubt.INTERFERENCE),
        (11, Doubt.SENSOR_OFF),
        (13, Doubt.SENSOR_OFF),
        (14, Doubt.SENSOR_FAULT),
        (15, Doubt.NO_SENSOR),
        (16, Doubt.DEVICE_EXCEPTION),
        (23, Doubt.DEVICE_EXCEPTION),
    ],
)
def test_each_word_about_a_sensor(bit: int, doubt: Doubt) -> None:
    """Three bytes of them."""
    spot = ble.spot_check(97, 66, at=AT, sensor=1 << bit)
    for item in (_measured("2A5F", ble.continuous(97, 66, sensor=1 << bit)), _measured("2A5E", spot, BERLIN)):
        assert [value.doubts for value in item.values] == [(doubt,), (doubt,)]


def test_the_first_pair_is_the_one_that_is_read() -> None:
    data = bytearray(ble.continuous(97, 66, fast=True, status=0))
    data[5:9] = ble.sfloat(80) + ble.sfloat(40)
    assert _numbers(_measured("2A5F", bytes(data))) == {Quantity.SPO2: 97_000, Quantity.PULSE_RATE: 66_000}


def test_a_stored_result_is_not_of_now() -> None:
    stored, now = ble.spot_check(80, 66, at=AT, status=1 << 9), ble.spot_check(97, 66, at=AT)
    assert _numbers(_measured("2A5E", stored, BERLIN))[Quantity.SPO2] == 80_000  # its time says when
    assert _numbers(_measured("2A5E", stored))[Quantity.SPO2] is None  # nothing says when
    assert _numbers(_measured("2A5F", ble.continuous(80, 66, status=1 << 9)))[Quantity.SPO2] is None
    assert _numbers(_measured("2A5E", now))[Quantity.SPO2] == 97_000


def test_a_clock_that_is_not_set_gives_no_time_and_is_told_once() -> None:
    unset, good = ble.spot_check(97, 66, at=AT, is_clock_unset=True), ble.spot_check(97, 66, at=AT)
    said = _said("2A5E", good, unset, unset, good, settings=BERLIN)
    assert [(item.condition, item.holds) for item in said if isinstance(item, DeviceStatus)] == [
        (Condition.CLOCK_NOT_SET, True),
        (Condition.CLOCK_NOT_SET, False),
    ]
    times = [item.time.at_ms for item in said if isinstance(item, DeviceMeasurement)]
    assert times[1:3] == [None, None]
    assert times[0] == times[3] == parse_ms("2026-07-01T10:00:00Z")


@pytest.mark.parametrize(("spo2", "rate"), [(97, 66), (100, 300), (None, 66), (97, None), (None, None)])
def test_nonin_writes_the_high_byte_first(spo2: int | None, rate: int | None) -> None:
    numbers = _numbers(_measured("DF19", ble.nonin(spo2, rate)))
    assert numbers == {
        Quantity.SPO2: None if spo2 is None else spo2 * 1000,
        Quantity.PULSE_RATE: None if rate is None else rate * 1000,
        Quantity.PERFUSION_INDEX: 4_960,
    }


@pytest.mark.parametrize(
    ("status", "doubts"),
    [(0x15, ()), (0x17, (Doubt.POOR_SIGNAL,)), (0x1D, (Doubt.PULSE_SEARCH,)), (0x55, (Doubt.DEVICE_EXCEPTION,)), (0x35, ())],
)
def test_what_nonin_doubts(status: int, doubts: tuple[Doubt, ...]) -> None:
    assert _measured("DF19", ble.nonin(97, 66, status=status)).values[0].doubts == doubts


def test_nonin_tells_of_its_battery() -> None:
    said = _said("DF19", ble.nonin(97, 66), ble.nonin(97, 66, status=0x35), ble.nonin(97, 66, status=0x35))
    assert [(item.condition, item.holds) for item in said if isinstance(item, DeviceStatus)] == [(Condition.BATTERY_LOW, True)]


@pytest.mark.parametrize(
    ("short", "data"),
    [
        ("2A37", ble.heart_rate(72, contact=True, intervals=(853,))),
        ("2A35", ble.cuff(124, 86, 97, at=AT, rate=51, user=1, status=0)),
        ("2A5E", ble.spot_check(97, 66, at=AT, status=0, sensor=0)),
        ("2A5F", ble.continuous(97, 66, fast=True, status=0, sensor=0)),
        ("DF19", ble.nonin(97, 66)),
    ],
)
def test_one_byte_less_or_more_is_refused(short: str, data: bytes) -> None:
    """A cuff of Beurer's writes a user that its flags deny: every number behind it would be another."""
    assert isinstance(_said(short, data)[0], DeviceMeasurement)
    for wrong in (*(data[:length] for length in range(len(data))), data + b"\0"):
        if short == "2A37" and len(wrong) == 2:
            continue  # no interval at all is whole
        (item,) = _said(short, wrong)
        assert isinstance(item, Undecoded), wrong.hex()
        assert item.fault is Fault.MALFORMED


def test_a_characteristic_that_is_not_read_is_told() -> None:
    (item,) = _said("2A19", b"\x64")
    assert isinstance(item, Undecoded)
    assert item.fault is Fault.UNSUPPORTED


VECTORS = {
    "0064005a00": ble.continuous(100, 90),
    "00e8f384f3": b"\0" + ble.sfloat(1000, -1) + ble.sfloat(900, -1),
    "167c0056006100e807060f11111b33000000": ble.cuff(124, 86, 97, at=(2024, 6, 15, 17, 17, 27), rate=51, status=0),
    "167c0056006100e807060f11111b33002700": ble.cuff(124, 86, 97, at=(2024, 6, 15, 17, 17, 27), rate=51, status=0x27),
}


@pytest.mark.filterwarnings("default:.*were NOT read:UserWarning")
def test_notifications_that_others_took_down() -> None:
    """The virtual devices write the same bytes; the codec reads what those who wrote them down say."""
    real = sample("ble/vectors.json")
    if real is not None:
        assert [vector["bytes"] for vector in json.loads(real.read_text())] == list(VECTORS)
    assert [data.hex() for data in VECTORS.values()] == list(VECTORS)
    first, tenths = (_measured("2A5F", data) for data in list(VECTORS.values())[:2])
    assert _numbers(first) == _numbers(tenths) == {Quantity.SPO2: 100_000, Quantity.PULSE_RATE: 90_000}
    good, doubted = (_measured("2A35", data, BERLIN) for data in list(VECTORS.values())[2:])
    assert [value.value_milli for value in good.values] == [124_000, 86_000, 97_000, 51_000]
    assert (good.time.text, good.time.at_ms) == ("2024-06-15T17:17:27", parse_ms("2024-06-15T15:17:27Z"))
    assert (good.values[0].doubts, doubted.values[0].doubts) == ((), (Doubt.DEVICE_SAYS_QUESTIONABLE, Doubt.INTERFERENCE))
