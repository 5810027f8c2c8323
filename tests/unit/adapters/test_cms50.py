"""CMS50D+: each field, each flag, and what stands in for the checksum it does not have."""

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.cms50.codec import Cms50Codec
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceEvent, DeviceMeasurement, Fault, Origin, Phase, Undecoded
from schemas.measurement import Validity
from simulators.devices.cms50 import Cms50State, frame, second

NOW_MS = 1_795_344_067_000
NORMAL = Cms50State(97, 72)


def _said(data: bytes) -> list[object]:
    codec = Cms50Codec(CodecSettings())
    return [*codec.feed(data, NOW_MS), *codec.closed(NOW_MS)]


def _measured(data: bytes) -> list[DeviceMeasurement]:
    return [item for item in _said(data) if isinstance(item, DeviceMeasurement)]


def _numbers(data: bytes) -> list[tuple[int | None, ...]]:
    return [tuple(value.value_milli for value in item.values) for item in _measured(data)]


@pytest.mark.parametrize("rate", [30, 72, 127, 128, 141, 254])
def test_the_top_bit_of_the_rate_is_in_another_byte(rate: int) -> None:
    value = _measured(second(Cms50State(97, rate)))[0].values[1]
    assert (value.quantity, value.value_milli, value.origin) == (Quantity.PULSE_RATE, rate * 1000, Origin("PR", str(rate)))


def test_bytes_by_hand() -> None:
    """Bit by bit from the published layout: strength 5; wave 64; bar 8 and bit 7 of the rate; 130 - 128; 99."""
    assert _numbers(bytes([0x85, 0x40, 0x48, 0x02, 0x63]) * 3) == [(99_000, 130_000)]


@pytest.mark.parametrize(
    ("data", "doubt"),
    [
        (bytes([0x88, 0, 0, 0, 0]), Doubt.NOT_MEASURED),
        (second(Cms50State(None, None)), Doubt.NOT_MEASURED),
        (bytes([0x88, 0, 0x40, 127, 101]), Doubt.NOT_A_NUMBER),
    ],
    ids=["zeros", "ones", "beyond-100"],
)
def test_no_value_is_null(data: bytes, doubt: Doubt) -> None:
    (item, *_) = _measured(data * 3)
    assert [value.value_milli for value in item.values] == [None, None]
    assert item.values[0].doubts == (doubt,)


@pytest.mark.parametrize(
    ("state", "doubt"),
    [
        (Cms50State(97, 72, is_finger_out=True), Doubt.SENSOR_OFF),
        (Cms50State(97, 72, is_probe_error=True), Doubt.SENSOR_FAULT),
        (Cms50State(97, 72, is_searching=True), Doubt.PULSE_SEARCH),
    ],
)
def test_a_flag_is_a_named_doubt_for_its_second(state: Cms50State, doubt: Doubt) -> None:
    """One frame of a second that says so is enough, and the second after is free of it."""
    data = second(NORMAL) * 5
    data = data[:400] + frame(state) + data[405:]
    assert sorted(item.values[0].doubts for item in _measured(data)) == [(), (), (), (), (doubt,)]
    assert all((value.value_milli is None) is (value.validity is Validity.INVALID) for item in _measured(data) for value in item.values)


def test_sixty_frames_are_one_measurement() -> None:
    assert len(_measured(second(NORMAL) * 10)) == 10


def test_a_number_that_stood_in_one_frame_alone_is_not_told() -> None:
    """One altered byte can make a sound frame."""
    for wrong in (frame(Cms50State(61, 72)), frame(Cms50State(97, 8)), frame(Cms50State(33, 200))):
        for place in range(0, 900, 5):
            data = second(NORMAL) * 3
            assert set(_numbers(data[:place] + wrong + data[place + 5 :])) == {(97_000, 72_000)}


def test_a_lost_or_added_byte_never_alters_a_number() -> None:
    data = second(NORMAL) * 2
    for place in range(300, 420):
        for damaged in (data[:place] + data[place + 1 :], data[:place] + b"\x11" + data[place:]):
            assert set(_numbers(damaged)) == {(97_000, 72_000)}
            assert Fault.MALFORMED in [item.fault for item in _said(damaged) if isinstance(item, Undecoded)]


def test_a_fall_is_told_when_it_begins_and_when_it_ends() -> None:
    falling = Cms50State(90, 72, is_dropping=True)
    said = _said(second(NORMAL) + second(falling) * 2 + second(NORMAL) * 2)
    assert [(item.phase, item.about) for item in said if isinstance(item, DeviceEvent)] == [
        (Phase.START, Quantity.SPO2),
        (Phase.END, Quantity.SPO2),
    ]
