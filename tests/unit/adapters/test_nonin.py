"""Nonin's packets: each bit, each way to lose a byte; and a packet that others took down."""

import pytest

from monitor.adapters.base import AdapterError, CodecSettings, Setup
from monitor.adapters.doubts import Doubt
from monitor.adapters.nonin.adapter import ADAPTER
from monitor.adapters.nonin.codec import FORMAT, NoninCodec
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceMeasurement, DeviceValue, Fault, Origin, Undecoded
from monitor.clock import ManualClock
from schemas.measurement import Validity
from simulators.devices.nonin import ARTIFACT, DISCONNECTED, GREEN, OUT_OF_TRACK, RED, SENSOR_ALARM, YELLOW, NoninState, packet, wide_packet
from tests.contract.adapter_laws import law_of_bounds, law_of_cuts, law_of_recovery, law_of_truncation, measurements
from tests.support.samples import sample

NOW_MS = 1_795_344_067_000
NORMAL = NoninState(97, 72)
FORMAT_7 = CodecSettings(options={FORMAT: "7"})


def _said(data: bytes, settings: CodecSettings = CodecSettings()) -> list[object]:  # noqa: B008
    codec = NoninCodec(settings)
    return [*codec.feed(data, NOW_MS), *codec.closed(NOW_MS)]


def _values(state: NoninState) -> dict[Quantity, DeviceValue]:
    (item,) = _said(packet(state))
    assert isinstance(item, DeviceMeasurement)
    return {value.quantity: value for value in item.values}


def _numbers(said: list[object]) -> list[tuple[int | None, ...]]:
    return [tuple(value.value_milli for value in item.values) for item in said if isinstance(item, DeviceMeasurement)]


@pytest.mark.parametrize("rate", [18, 72, 127, 128, 141, 255, 256, 300])
def test_the_rate_has_nine_bits(rate: int) -> None:
    """Read as eight and eight they would be wrong from 128 on."""
    assert _values(NoninState(97, rate))[Quantity.PULSE_RATE] == DeviceValue(Quantity.PULSE_RATE, rate * 1000, Origin("HR", str(rate)))


def test_a_pulse_rate_is_no_heart_rate() -> None:
    assert list(_values(NORMAL)) == [Quantity.SPO2, Quantity.PULSE_RATE]


def test_no_value_is_null_and_never_the_value_before() -> None:
    said = _said(packet(NORMAL) + packet(NoninState(None, None)) + packet(NoninState(None, 72)))
    assert _numbers(said) == [(97_000, 72_000), (None, None), (None, 72_000)]


@pytest.mark.parametrize("spo2", [0, 101, 126, 128, 255])
def test_what_no_oximeter_measures_is_no_number(spo2: int) -> None:
    value = _values(NoninState(spo2, 72))[Quantity.SPO2]
    assert (value.value_milli, value.doubts, value.origin.value) == (None, (Doubt.NOT_A_NUMBER,), str(spo2))


@pytest.mark.parametrize(
    ("bit", "doubt", "validity"),
    [
        (RED, Doubt.LOW_PERFUSION, Validity.QUESTIONABLE),
        (YELLOW, Doubt.POOR_SIGNAL, Validity.QUESTIONABLE),
        (ARTIFACT, Doubt.INTERFERENCE, Validity.QUESTIONABLE),
        (SENSOR_ALARM, Doubt.SENSOR_OFF, Validity.INVALID),
        (OUT_OF_TRACK, Doubt.PULSE_SEARCH, Validity.INVALID),
        (DISCONNECTED, Doubt.NO_SENSOR, Validity.INVALID),
    ],
)
@pytest.mark.parametrize("where", ["status", "pulse"])
def test_what_one_frame_says_holds_of_the_packet(where: str, bit: int, doubt: Doubt, validity: Validity) -> None:
    state = NoninState(97, 72, status=bit) if where == "status" else NoninState(97, 72, pulse=bit)
    for value in _values(state).values():
        assert (value.doubts, value.validity) == ((doubt,), validity)
        assert (value.value_milli is None) is (validity is Validity.INVALID)


def test_control_a_green_pulse_is_no_doubt() -> None:
    assert [value.doubts for value in _values(NoninState(97, 72, pulse=GREEN)).values()] == [(), ()]


def test_a_green_and_a_red_pulse_are_not_a_yellow_one() -> None:
    value = _values(NoninState(97, 72, status=GREEN, pulse=RED))[Quantity.SPO2]
    assert value.doubts == (Doubt.POOR_SIGNAL,)  # both bits in one frame: that is yellow
    frames = bytearray(packet(NoninState(97, 72, pulse=GREEN)))
    frames[51] |= RED  # another frame
    frames[54] += RED
    (item,) = _said(bytes(frames))
    assert isinstance(item, DeviceMeasurement)
    assert item.values[0].doubts == (Doubt.LOW_PERFUSION,)


@pytest.mark.parametrize("settings", [CodecSettings(), FORMAT_7], ids=["format-2", "format-7"])
def test_a_lost_or_altered_byte_costs_the_packet_and_never_alters_a_number(settings: CodecSettings) -> None:
    make = packet if settings is not FORMAT_7 else wide_packet
    whole, course = (97_000, 72_000), make(NORMAL) * 3
    for place in range(125, 250):
        for damaged in (course[:place] + course[place + 1 :], course[:place] + bytes([course[place] ^ 0x11]) + course[place + 1 :]):
            said = _said(damaged, settings)
            assert _numbers(said) in ([whole, whole], [whole]), place
            assert [item.fault for item in said if isinstance(item, Undecoded)]


@pytest.mark.parametrize("frames", [range(1), range(7, 8), range(24, 25), range(3, 10)])
def test_a_packet_without_all_its_frames_is_refused(frames: range) -> None:
    """Whole frames are gone, so every sum is right: the count tells."""
    short = b"".join(packet(NoninState(60, 40))[5 * place : 5 * place + 5] for place in range(25) if place not in frames)
    said = _said(packet(NORMAL) + short + packet(NORMAL))
    assert _numbers(said) == [(97_000, 72_000)] * 2
    assert [item.fault for item in said if isinstance(item, Undecoded)] == [Fault.MALFORMED]


def test_a_connection_may_begin_anywhere_in_a_packet() -> None:
    for begin in range(125):
        assert _numbers(_said(packet(NoninState(60, 40))[begin:] + packet(NORMAL)))[-1:] == [(97_000, 72_000)]


def test_half_a_packet_is_told_when_the_connection_ends() -> None:
    (item,) = _said(packet(NORMAL)[:77])
    assert isinstance(item, Undecoded)
    assert item.fault is Fault.TRUNCATED


def test_format_7_says_the_same_and_keeps_the_laws() -> None:
    inputs = (wide_packet(NORMAL), wide_packet(NoninState(None, 141, pulse=RED), (0, 65_535, 33_000)), wide_packet(NoninState(95, 70)))
    same = packet(NORMAL) + packet(NoninState(None, 141, pulse=RED)) + packet(NoninState(95, 70))
    assert _said(b"".join(inputs), FORMAT_7) == _said(same)

    def make() -> NoninCodec:
        return NoninCodec(FORMAT_7)

    law_of_cuts(make, b"".join(inputs), [3, 126, 200])
    law_of_truncation(make, inputs, 200)
    law_of_recovery(make, b"\x81\x80" * 99, inputs)
    law_of_bounds(make, b"\x81\x01\x00\x48" * 20_000)


def test_control_one_format_is_not_the_other() -> None:
    assert not measurements(_said(packet(NORMAL) * 2, FORMAT_7))
    assert not measurements(_said(wide_packet(NORMAL) * 2))


def test_a_format_there_is_not_is_refused_at_once() -> None:
    setup = Setup("tcp:host:1", ManualClock(NOW_MS), lambda: iter([1.0]), CodecSettings(options={FORMAT: "13"}))
    with pytest.raises(AdapterError, match="2 and 7"):
        ADAPTER.make_adapter(setup)


@pytest.mark.filterwarnings("default:.*were NOT read:UserWarning")
def test_a_packet_that_others_took_down() -> None:
    """Of an OEM III: the virtual module sends what it sent."""
    real = sample("serial/nonin_oem3_format2_hr72_spo2_97.bin")
    if real is not None:
        assert real.read_bytes() == packet(NORMAL)
    assert _numbers(_said(packet(NORMAL) if real is None else real.read_bytes())) == [(97_000, 72_000)]
