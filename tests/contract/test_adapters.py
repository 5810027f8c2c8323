"""What every adapter's codec does, whatever its protocol; and that the suite notices the codecs that do not."""

from itertools import cycle, islice

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.adapters.base import Codec, CodecSettings, StreamCodec
from monitor.adapters.quantities import Quantity
from monitor.adapters.registry import BUILT_IN
from monitor.adapters.said import DeviceMeasurement, DeviceValue, Origin, Said
from schemas.measurement import Mode
from tests.contract.adapter_laws import (
    MEGABYTE,
    assert_sound,
    law_of_bounds,
    law_of_cuts,
    law_of_fresh_starts,
    law_of_reads,
    law_of_recovery,
    law_of_truncation,
    measurements,
    said_to,
)
from tests.contract.specimens import make_of, specimen_of

PATIENTLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACES = st.lists(st.integers(0, 10_000), max_size=12)


STREAMS = tuple(name for name in BUILT_IN if isinstance(make_of(name)(), StreamCodec))
every_adapter = pytest.mark.parametrize("name", BUILT_IN)
every_stream = pytest.mark.parametrize("name", STREAMS)


@every_adapter
def test_the_specimen_says_a_number_and_a_missing_one(name: str) -> None:
    values = [value for item in measurements(said_to(make_of(name)(), specimen_of(name).inputs)) for value in item.values]
    assert any(value.value_milli is not None for value in values)
    assert any(value.value_milli is None for value in values)


@every_adapter
def test_what_is_said_can_be_written_down_and_read_again(name: str) -> None:
    said = said_to(make_of(name)(), specimen_of(name).inputs)
    assert msgspec.json.decode(msgspec.json.encode(said), type=list[Said]) == said


@every_adapter
def test_codecs_share_nothing(name: str) -> None:
    law_of_fresh_starts(make_of(name), specimen_of(name).inputs)


@every_adapter
@PATIENTLY
@given(data=st.data())
def test_no_input_is_too_strange(name: str, data: st.DataObject) -> None:
    """Arbitrary input, between valid input and after it."""
    specimen = specimen_of(name)
    piece = st.one_of(specimen.arbitrary, st.sampled_from(specimen.inputs))
    said_to(make_of(name)(), data.draw(st.lists(piece, max_size=8)))


@every_stream
@PATIENTLY
@given(places=PLACES)
def test_cuts_change_nothing(name: str, places: list[int]) -> None:
    law_of_reads(make_of(name), b"".join(specimen_of(name).inputs), places)


@every_stream
def test_a_byte_at_a_time_changes_nothing(name: str) -> None:
    data = b"".join(specimen_of(name).inputs)
    law_of_reads(make_of(name), data, range(len(data)))


@every_stream
@PATIENTLY
@given(places=PLACES, damage=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 2), st.integers(0, 255)), min_size=1, max_size=6))
def test_cuts_change_nothing_of_damaged_bytes(name: str, places: list[int], damage: list[tuple[int, int, int]]) -> None:
    """Bytes lost, added and altered: whatever it says then, it says for every cut."""
    data = bytearray(b"".join(specimen_of(name).inputs))
    for place, removed, byte in damage:
        place %= len(data)
        data[place : place + removed] = bytes([byte])
    law_of_cuts(make_of(name), bytes(data), places)


@every_stream
@PATIENTLY
@given(length=st.integers(0, 10_000))
def test_half_an_item_is_no_value(name: str, length: int) -> None:
    inputs = specimen_of(name).inputs
    law_of_truncation(make_of(name), inputs, length % (sum(map(len, inputs)) + 1))


@every_stream
@PATIENTLY
@given(garbage=st.binary(max_size=2_000))
def test_garbage_passes(name: str, garbage: bytes) -> None:
    specimen = specimen_of(name)
    law_of_recovery(make_of(name), garbage, specimen.inputs, specimen.recovers_within)


@every_stream
@pytest.mark.parametrize(
    "pattern", [b"\0", b"A", b"\xff\x01\x80\x7f", bytes(range(256))], ids=["zeros", "letters", "framing", "every-byte"]
)
def test_a_megabyte_of_garbage_is_bounded(name: str, pattern: bytes) -> None:
    law_of_bounds(make_of(name), bytes(islice(cycle(pattern), MEGABYTE)))


@every_stream
def test_a_megabyte_that_begins_well_is_bounded(name: str) -> None:
    """The beginning of an item that never ends."""
    first: bytes = specimen_of(name).inputs[0]
    law_of_bounds(make_of(name), first[: len(first) // 2] + b"7" * MEGABYTE)


# --- negative controls: codecs that break one law each -------------------------------------------------------------------------------


class _Lines(StreamCodec):
    """A number in each line; `-` is missing. Each subclass does one thing wrong."""

    max_pending = 64

    def __init__(self, settings: CodecSettings = CodecSettings()) -> None:  # noqa: B008
        self._held = b""

    @property
    def pending(self) -> int:
        return len(self._held)

    def _value(self, text: str) -> int | None:
        return int(text) * 1000 if text.isdecimal() else None

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        *lines, self._held = (self._held + data).split(b"\n")
        return [self._measurement(line.decode("latin-1"), received_at_ms) for line in lines if line]

    def _measurement(self, text: str, at_ms: int) -> DeviceMeasurement:
        return DeviceMeasurement(at_ms, Mode.REAL, (DeviceValue(Quantity.SPO2, self._value(text), Origin("SPO2", text)),))


class _ReadsChunks(_Lines):
    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        return [self._measurement(line.decode("latin-1"), received_at_ms) for line in data.split(b"\n") if line.isdigit()]


class _TellsHalfLines(_Lines):
    def closed(self, at_ms: int) -> list[Said]:
        return [self._measurement(self._held.decode("latin-1"), at_ms)] if self._held else []


class _NeverRecovers(_Lines):
    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        if not data.replace(b"\n", b"").isdigit():
            self._held = b"x"
        return [] if self._held == b"x" else super().feed(data, received_at_ms)


class _Shares(_Lines):
    memory: list[Said] = []  # noqa: RUF012

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        self.memory.extend(super().feed(data, received_at_ms))
        return list(self.memory)


GOOD = (b"97\n", b"98\n")


def test_control_a_codec_that_reads_chunks_is_found() -> None:
    law_of_cuts(_Lines, b"97\n98\n", [1, 4])
    with pytest.raises(AssertionError):
        law_of_cuts(_ReadsChunks, b"97\n98\n", [1, 4])


def test_control_a_half_number_is_found() -> None:
    law_of_truncation(_Lines, GOOD, 4)
    with pytest.raises(AssertionError):
        law_of_truncation(_TellsHalfLines, GOOD, 4)


def test_control_a_codec_that_does_not_recover_is_found() -> None:
    law_of_recovery(_Lines, b"\n", GOOD)
    with pytest.raises(AssertionError):
        law_of_recovery(_NeverRecovers, b"?\n", GOOD)


def test_control_a_codec_that_hoards_is_found() -> None:
    with pytest.raises(AssertionError):
        law_of_bounds(_Lines, b"7" * MEGABYTE)


def test_control_codecs_that_share_are_found() -> None:
    law_of_fresh_starts(_Lines, GOOD)
    with pytest.raises(AssertionError):
        law_of_fresh_starts(_Shares, GOOD)


@pytest.mark.parametrize(
    "value",
    [
        DeviceValue(Quantity.SPO2, 0, Origin("SPO2", "---")),
        DeviceValue(Quantity.SPO2, None, Origin("SPO2", "---")),
        DeviceValue(Quantity.SPO2, 97_000.0, Origin("SPO2", "097")),
        DeviceValue(Quantity.SPO2, 97_000, Origin("SPO2", "9" * 201)),
    ],
    ids=["zero-for-missing", "null-without-reason", "float", "unbounded-text"],
)
def test_control_an_unsound_value_is_found(value: DeviceValue) -> None:
    with pytest.raises(AssertionError):
        assert_sound(DeviceMeasurement(1_795_344_067_000, Mode.REAL, (value,)))


def test_control_a_codec_of_messages_is_no_stream() -> None:
    """SDC, MQTT and BLE codecs take whole messages: the laws of cuts are not asked of them."""
    assert not issubclass(Codec, StreamCodec)
