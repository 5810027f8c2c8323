"""Masimo's line: each field, each bit, each trap; and the lines of real oximeters, where they are at hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.masimo.codec import MasimoCodec
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import (
    Condition,
    DeviceEvent,
    DeviceMeasurement,
    DeviceStatus,
    DeviceValue,
    Fault,
    Origin,
    Phase,
    Undecoded,
    Unmapped,
)
from schemas.instant import parse_ms
from schemas.measurement import Mode, Validity
from simulators.devices.masimo import MasimoState, line, older_line
from tests.support.samples import sample

AT = datetime(2026, 7, 1, 12, 0, 0)
NOW_MS = 1_795_344_067_000


def _said(*lines: bytes, zone: str | None = None) -> list[object]:
    codec = MasimoCodec(CodecSettings(zone=ZoneInfo(zone) if zone else None))
    return [item for data in lines for item in codec.feed(data, NOW_MS)]


def _values(state: MasimoState) -> dict[Quantity, DeviceValue]:
    first = _said(line(AT, state))[0]
    assert isinstance(first, DeviceMeasurement)
    return {value.quantity: value for value in first.values}


def test_a_line_says_who_when_and_what() -> None:
    said = _said(line(AT, MasimoState(97, 80, 4.96)), zone="Europe/Berlin")
    assert len(said) == 1
    (item,) = said
    assert isinstance(item, DeviceMeasurement)
    assert (item.mode, item.received_at_ms, item.sender.device) == (Mode.REAL, NOW_MS, "0000145838")
    assert (item.time.text, item.time.at_ms) == ("07/01/26 12:00:00", parse_ms("2026-07-01T10:00:00Z"))
    assert [(value.quantity, value.value_milli, value.origin) for value in item.values[:3]] == [
        (Quantity.SPO2, 97_000, Origin("SPO2", "097%", "%")),
        (Quantity.PULSE_RATE, 80_000, Origin("BPM", "080")),
        (Quantity.PERFUSION_INDEX, 4_960, Origin("PI", "04.96%", "%")),
    ]
    assert all(value.doubts == (Doubt.NOT_MEASURED,) for value in item.values[3:])  # SpCO and SpMet: dashes


def test_dashes_are_null_and_never_the_value_before() -> None:
    before, after = (item for item in _said(line(AT, MasimoState(97, 80)), line(AT, MasimoState(None, None, None))))
    assert isinstance(before, DeviceMeasurement)
    assert isinstance(after, DeviceMeasurement)
    assert before.values[0].value_milli == 97_000
    assert [value.value_milli for value in after.values] == [None] * 5


def test_a_pulse_rate_is_no_heart_rate() -> None:
    assert Quantity.HEART_RATE not in _values(MasimoState(97, 80))


@pytest.mark.parametrize(
    ("bit", "doubt", "validity"),
    [
        (0x1, Doubt.NO_SENSOR, Validity.INVALID),
        (0x2, Doubt.SENSOR_FAULT, Validity.INVALID),
        (0x4, Doubt.LOW_PERFUSION, Validity.QUESTIONABLE),
        (0x8, Doubt.PULSE_SEARCH, Validity.INVALID),
        (0x10, Doubt.INTERFERENCE, Validity.QUESTIONABLE),
        (0x20, Doubt.SENSOR_OFF, Validity.INVALID),
        (0x40, Doubt.INTERFERENCE, Validity.QUESTIONABLE),
        (0x400, Doubt.POOR_SIGNAL, Validity.QUESTIONABLE),
        (0x1000, Doubt.NO_SENSOR, Validity.INVALID),
        (0x8000, Doubt.DEVICE_EXCEPTION, Validity.QUESTIONABLE),  # a bit nobody has a name for is not fine
    ],
)
def test_an_exception_is_a_named_doubt(bit: int, doubt: Doubt, validity: Validity) -> None:
    """A number beside a sensor that is off is not believed; beside low perfusion it is doubted."""
    value = _values(MasimoState(97, 80, exceptions=bit))[Quantity.SPO2]
    assert (value.doubts, value.validity) == ((doubt,), validity)
    assert value.value_milli == (None if validity is Validity.INVALID else 97_000)
    assert value.origin.value == "097%"


def test_control_the_ordinary_bit_is_no_doubt() -> None:
    assert _values(MasimoState(97, 80))[Quantity.SPO2].doubts == ()


def test_an_alarm_is_told_when_it_begins_and_when_it_ends() -> None:
    lines = [line(AT, MasimoState(88, 80, alarms=bits)) for bits in (0x12, 0x12, 0x32, 0x20, 0)]
    events = [(item.phase, item.about, item.is_silenced) for item in _said(*lines) if isinstance(item, DeviceEvent)]
    assert events == [(Phase.START, Quantity.SPO2, False), (Phase.END, Quantity.SPO2, True)]
    conditions = [(item.condition, item.holds) for item in _said(*lines) if isinstance(item, DeviceStatus)]
    assert conditions == [(Condition.SOUND_OFF, True), (Condition.SOUND_OFF, False)]


def test_a_low_battery_and_an_unnamed_alarm_are_told() -> None:
    said = _said(line(AT, MasimoState(97, 80, alarms=0x140)))[1:]
    assert [type(item) for item in said] == [DeviceStatus, DeviceEvent]
    assert said[0].condition is Condition.BATTERY_LOW  # type: ignore[attr-defined]
    assert said[1].text == "alarm 0100"  # type: ignore[attr-defined]


def test_a_field_without_a_name_here_is_kept_unmapped() -> None:
    data = line(AT, MasimoState(97, 80)).replace(b"DESAT=--", b"DESAT=07").replace(b" ALARM", b" PVI=12% ALARM")
    assert [(item.origin.code, item.origin.value) for item in _said(data) if isinstance(item, Unmapped)] == [
        ("DESAT", "07"),
        ("PVI", "12%"),
    ]


@pytest.mark.parametrize(
    ("zone", "basis"), [(None, TimeBasis.NO_ZONE), ("Europe/Berlin", TimeBasis.CONFIGURED)], ids=["zone-unknown", "zone-set"]
)
def test_the_wall_clock_needs_its_zone(zone: str | None, basis: TimeBasis) -> None:
    (item,) = _said(line(AT, MasimoState(97, 80)), zone=zone)
    assert isinstance(item, DeviceMeasurement)
    assert item.time.basis is basis


def test_a_date_that_does_not_exist_is_no_time() -> None:
    (item,) = _said(line(AT, MasimoState(97, 80)).replace(b"07/01", b"13/41"), zone="UTC")
    assert isinstance(item, DeviceMeasurement)
    assert (item.time.at_ms, item.time.basis) == (None, TimeBasis.IMPOSSIBLE)


@pytest.mark.parametrize("whole", [line(AT, MasimoState(97, 80, alarms=0x12)), older_line(AT, MasimoState(97, 80, alarms=0x12))])
def test_a_line_that_lost_a_byte_never_says_another_number(whole: bytes) -> None:
    """Each byte in turn: either the line is refused, or its numbers are the ones it had."""
    wanted = {Quantity.SPO2: 97_000, Quantity.PULSE_RATE: 80_000, Quantity.PERFUSION_INDEX: 4_960}
    refused = 0
    for place in range(len(whole)):
        said = _said(whole[:place] + whole[place + 1 :])
        refused += any(isinstance(item, Undecoded) for item in said)
        for item in said:
            if isinstance(item, DeviceMeasurement):
                got = {value.quantity: value.value_milli for value in item.values if value.value_milli is not None}
                assert got == {quantity: wanted[quantity] for quantity in got}, whole[:place] + b"?" + whole[place + 1 :]
    assert refused > 40


@pytest.mark.parametrize(
    "data",
    [
        line(AT, MasimoState(97, 80)).replace(b"SPO2=097%", b"SPO2=97%"),
        line(AT, MasimoState(97, 80)).replace(b"SPO2=097%", b"SPO2=0-7%"),
        line(AT, MasimoState(97, 80)).replace(b"BPM=080", b"BPM=08\xb0"),
        line(AT, MasimoState(97, 80)).replace(b" EXC=000800", b""),
        line(AT, MasimoState(97, 80)).replace(b"EXC=000800", b"EXC=0008G0"),
        line(AT, MasimoState(97, 80)).rstrip() + b" SPO2=098%\r\n",
        "07/01/26 12:00:00 SPO2=09\N{ARABIC-INDIC DIGIT SEVEN}% BPM=080 ALARM=00 EXC=800\n".encode(),
    ],
    ids=["narrow", "half-dashes", "not-ascii", "no-exceptions", "not-hex", "twice", "other-digits"],
)
def test_a_line_that_is_not_whole_is_refused(data: bytes) -> None:
    (item,) = _said(data)
    assert isinstance(item, Undecoded)
    assert (item.fault, item.excerpt) == (Fault.MALFORMED, data.rstrip()[:64])


REAL_LINES = (
    older_line(datetime(2010, 9, 15, 15, 10, 29), MasimoState(97, 64, 11.82, alarms=0x20)),
    line(datetime(2018, 2, 24, 4, 48, 53), MasimoState(97, 80, 4.96)),
    line(datetime(2018, 2, 24, 4, 48, 56), MasimoState(97, 81, 5.13)),
    line(datetime(2018, 2, 24, 4, 48, 58), MasimoState(97, 80, 5.31)),
)


@pytest.mark.filterwarnings("default:.*were NOT read:UserWarning")
def test_lines_of_real_oximeters() -> None:
    """A Rad-8 and an older oximeter, logged by others: the virtual device writes what they wrote, the codec reads what a person does."""
    real = sample("serial/masimo_rad8.txt")
    if real is not None:
        assert [data.strip() for data in real.read_bytes().splitlines()] == [data.strip() for data in REAL_LINES]
    said = _said(b"".join(REAL_LINES) if real is None else real.read_bytes())
    read = [
        (item.sender.device, item.time.text, *[value.value_milli for value in item.values[:3]])
        for item in said
        if isinstance(item, DeviceMeasurement)
    ]
    assert read == [
        ("", "09/15/10 15:10:29", 97_000, 64_000, 11_820),
        ("0000145838", "02/24/18 04:48:53", 97_000, 80_000, 4_960),
        ("0000145838", "02/24/18 04:48:56", 97_000, 81_000, 5_130),
        ("0000145838", "02/24/18 04:48:58", 97_000, 80_000, 5_310),
    ]
    assert not [item for item in said if isinstance(item, Undecoded | Unmapped)]
    assert all(value.validity is Validity.VALID for item in said if isinstance(item, DeviceMeasurement) for value in item.values[:3])
