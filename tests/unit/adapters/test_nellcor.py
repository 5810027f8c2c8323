"""Nellcor's line: each flag, each trap; and the lines of a real oximeter, where they are at hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.nellcor.codec import NellcorCodec
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
from schemas.measurement import Validity
from simulators.devices.nellcor import NellcorState, headings, line
from tests.support.samples import sample

AT = datetime(2026, 7, 1, 12, 0, 0)
NOW_MS = 1_795_344_067_000
NORMAL = NellcorState(97, 80)


def _said(*lines: bytes, zone: str | None = None) -> list[object]:
    codec = NellcorCodec(CodecSettings(zone=ZoneInfo(zone) if zone else None))
    return [item for data in lines for item in codec.feed(data, NOW_MS)]


def _measured(*lines: bytes) -> list[DeviceMeasurement]:
    return [item for item in _said(*lines) if isinstance(item, DeviceMeasurement)]


def test_a_line_says_who_when_and_what() -> None:
    item, amplitude = _said(headings(), line(AT, NORMAL), zone="Europe/Berlin")
    assert isinstance(item, DeviceMeasurement)
    assert (item.sender.model, item.time.text, item.time.at_ms) == ("N-560", "01-Jul-26 12:00:00", parse_ms("2026-07-01T10:00:00Z"))
    assert item.values == (
        DeviceValue(Quantity.SPO2, 97_000, Origin("%SpO2", "97")),
        DeviceValue(Quantity.PULSE_RATE, 80_000, Origin("BPM", "80")),
    )
    assert isinstance(amplitude, Unmapped)
    assert amplitude.origin == Origin("PA", "88")


def test_dashes_are_null_and_never_the_value_before() -> None:
    states = (NORMAL, NellcorState(None, None, None), NellcorState(97, None))
    numbers = [[value.value_milli for value in item.values] for item in _measured(*[line(AT, state) for state in states])]
    assert numbers == [[97_000, 80_000], [None, None], [97_000, None]]


def test_zero_is_no_number() -> None:
    (item,) = _measured(line(AT, NellcorState(0, 0)))
    assert [value.doubts for value in item.values] == [(Doubt.NOT_A_NUMBER,)] * 2


@pytest.mark.parametrize(
    ("flag", "doubts", "validity"),
    [
        ("LM", {Doubt.PULSE_SEARCH, Doubt.INTERFERENCE}, Validity.INVALID),
        ("LP", {Doubt.PULSE_SEARCH}, Validity.INVALID),
        ("MO", {Doubt.INTERFERENCE}, Validity.QUESTIONABLE),
        ("PS", {Doubt.PULSE_SEARCH}, Validity.INVALID),
        ("SD", {Doubt.NO_SENSOR}, Validity.INVALID),
        ("SO", {Doubt.SENSOR_OFF}, Validity.INVALID),
        ("ZZ", {Doubt.DEVICE_EXCEPTION}, Validity.QUESTIONABLE),  # letters nobody has a name for are not fine
        ("PH", set(), Validity.VALID),
        ("AO", set(), Validity.VALID),
        ("LB", set(), Validity.VALID),
    ],
)
def test_a_flag_is_a_named_doubt(flag: str, doubts: set[Doubt], validity: Validity) -> None:
    (item,) = _measured(line(AT, NellcorState(97, 80, flags=(flag,))))
    for value in item.values:
        assert (set(value.doubts), value.validity) == (doubts, validity)
        assert (value.value_milli is None) is (validity is Validity.INVALID)


def test_an_alarm_is_told_when_it_begins_and_when_it_ends() -> None:
    lines = [line(AT, NellcorState(88, 80, flags=flags)) for flags in (("SL",), ("SL",), ("SL", "AS"), ("AS",), ())]
    events = [item for item in _said(headings(), *lines) if isinstance(item, DeviceEvent)]
    assert [(item.phase, item.about, item.limits, item.is_silenced) for item in events] == [
        (Phase.START, Quantity.SPO2, "95-100%", False),
        (Phase.END, Quantity.SPO2, "95-100%", True),
    ]
    conditions = [(item.condition, item.holds, item.why) for item in _said(*lines) if isinstance(item, DeviceStatus)]
    assert conditions == [(Condition.SOUND_OFF, True, "alarms silenced"), (Condition.SOUND_OFF, False, "")]


@pytest.mark.parametrize("star", ["spo2", "rate"])
@pytest.mark.parametrize("pushes", [False, True], ids=["takes-a-space", "pushes-the-rest"])
def test_a_star_is_no_part_of_the_number(star: str, pushes: bool) -> None:
    data = line(AT, NellcorState(88, 131, flags=("SL",)), star=star)
    (item,) = _measured(data.replace(b"*", b"* ") if pushes else data)
    assert [value.value_milli for value in item.values] == [88_000, 131_000]


@pytest.mark.parametrize("state", [NellcorState(100, 105, flags=("AO",)), NellcorState(97, 80), NellcorState(100, 72, 104)])
def test_a_line_that_lost_a_byte_from_a_nellcor_never_says_another_number(state: NellcorState) -> None:
    """Each byte in turn: either the line is refused, or its numbers are the ones it had."""
    whole = line(AT, state)
    refused = 0
    for place in range(len(whole)):
        said = _said(whole[:place] + whole[place + 1 :], b"\n")
        refused += any(isinstance(item, Undecoded) for item in said)
        for item in said:
            if isinstance(item, DeviceMeasurement):
                assert [value.value_milli for value in item.values] == [state.spo2 * 1000, state.pulse_rate * 1000]  # type: ignore[operator]
    assert refused > 30


@pytest.mark.parametrize(
    "data",
    [
        line(AT, NORMAL).replace(b" 97 ", b"097 "),
        line(AT, NORMAL).replace(b" 97 ", b" 9- "),
        line(AT, NORMAL).replace(b"12:00", b"12.00"),
        line(AT, NORMAL).replace(b" 80", b" 8\xb2"),
        b"    Command?\r\n",
    ],
    ids=["zeros-in-front", "half-dashes", "no-time", "other-digits", "menu"],
)
def test_a_line_that_is_not_whole_is_refused(data: bytes) -> None:
    (item,) = _said(data)
    assert isinstance(item, Undecoded)
    assert (item.fault, item.excerpt) == (Fault.MALFORMED, data.rstrip(b"\r\n")[:64])


def test_a_stored_trend_is_not_read_as_now() -> None:
    trend = headings().replace(b"CRC:XXXX", b"TREND   ").replace(b"     Status", b"")
    said = _said(headings(), line(AT, NORMAL), trend, line(AT, NellcorState(70, 40)), headings(), line(AT, NORMAL))
    assert [item.values[0].value_milli for item in said if isinstance(item, DeviceMeasurement)] == [97_000, 97_000]
    assert [item.fault for item in said if isinstance(item, Undecoded)] == [Fault.UNSUPPORTED]


@pytest.mark.parametrize("stamp", [b"31-Feb-26", b"01-Juk-26"])
def test_a_date_that_does_not_exist_is_no_time(stamp: bytes) -> None:
    (item,) = _measured(line(AT, NORMAL).replace(b"01-Jul-26", stamp))
    assert (item.time.at_ms, item.time.basis) == (None, TimeBasis.IMPOSSIBLE)


REAL_LINES = headings() + b"".join(
    line(datetime(2004, 1, 7, 11, 24, second), NellcorState(100, rate, amplitude, flags))
    for second, rate, amplitude, flags in (
        (50, 105, 88, ("AO",)),
        (52, 104, 23, ("AO",)),
        (54, 102, 36, ("MO", "AO")),
        (56, 101, 104, ("MO", "AO")),
        (58, 101, 26, ("AO",)),
    )
)


@pytest.mark.filterwarnings("default:.*were NOT read:UserWarning")
def test_lines_of_a_real_n_560() -> None:
    """Logged by others: the virtual oximeter writes what it wrote, the codec reads what a person does."""
    real = sample("serial/nellcor_n560.txt")
    if real is not None:
        assert [data.strip() for data in real.read_bytes().splitlines()] == [data.strip() for data in REAL_LINES.splitlines()]
    said = _said(REAL_LINES if real is None else real.read_bytes())
    read = [
        (item.sender.model, item.time.text[-2:], *[value.value_milli for value in item.values], item.values[0].doubts)
        for item in said
        if isinstance(item, DeviceMeasurement)
    ]
    assert read == [
        ("N-560", "50", 100_000, 105_000, ()),
        ("N-560", "52", 100_000, 104_000, ()),
        ("N-560", "54", 100_000, 102_000, (Doubt.INTERFERENCE,)),
        ("N-560", "56", 100_000, 101_000, (Doubt.INTERFERENCE,)),
        ("N-560", "58", 100_000, 101_000, ()),
    ]
    assert not [item for item in said if isinstance(item, Undecoded)]
    assert [item.condition for item in said if isinstance(item, DeviceStatus)] == [Condition.SOUND_OFF]
