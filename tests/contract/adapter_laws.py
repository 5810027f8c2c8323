"""The laws of a codec, as functions of a codec's maker: `test_adapters` applies them to every adapter, and to codecs that break them."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import strategies as st

from monitor.adapters.base import Codec, CodecSettings, StreamCodec
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.quantities import MAX_MAGNITUDE
from monitor.adapters.said import (
    MAX_EXCERPT,
    MAX_TEXT,
    DeviceEvent,
    DeviceMeasurement,
    DeviceStatus,
    DeviceValue,
    Reply,
    Said,
    Undecoded,
    Unmapped,
)
from schemas.instant import MAX_INSTANT_MS
from schemas.measurement import Validity

AT_MS = 1_795_344_067_000
MEGABYTE = 1_048_576
Make = Callable[[], Codec[Any]]


class Specimen(msgspec.Struct, frozen=True):
    """`inputs`: a valid course of what the codec takes, in order, with a number and a missing value at least; for a byte stream each begins
    and ends an item of the protocol. `arbitrary`: anything at all of the codec's input type, for codecs that take more than bytes.
    `recovers_within`: garbage that looks like a beginning may swallow so many courses with it (protocols framed by a length)."""

    inputs: tuple[Any, ...]
    arbitrary: st.SearchStrategy[Any] = st.binary(max_size=400)
    settings: CodecSettings = CodecSettings()
    recovers_within: int = 1


def said_to(codec: Codec[Any], inputs: Iterable[Any]) -> list[Said]:
    """All that a connection says from its opening to its end. Every item is held to `assert_sound`, and the memory to its bound."""
    said = codec.opened(AT_MS)
    for data in inputs:
        said += codec.feed(data, AT_MS)
        if isinstance(codec, StreamCodec):
            assert codec.pending <= codec.max_pending
    if codec.next_wake_ms is not None:
        said += codec.woken(at_ms := max(AT_MS, codec.next_wake_ms))
        assert _lies_ahead(codec.next_wake_ms, at_ms), "a shell would call it for ever"
    said += codec.closed(AT_MS)
    for item in said:
        assert_sound(item)
    return said


def _lies_ahead(wake_ms: int | None, at_ms: int) -> bool:
    return wake_ms is None or wake_ms > at_ms


def assert_sound(item: Said) -> None:
    """What holds of every item, whoever says it."""
    if isinstance(item, Reply):
        assert isinstance(item.data, bytes)
        return
    assert type(item) in {DeviceMeasurement, DeviceEvent, DeviceStatus, Unmapped, Undecoded}
    assert item.received_at_ms >= AT_MS
    assert all(len(text) <= MAX_TEXT for text in _texts(msgspec.to_builtins(item)))
    if isinstance(item, Undecoded):
        assert len(item.excerpt) <= MAX_EXCERPT
    if isinstance(item, DeviceMeasurement | DeviceEvent | Unmapped):
        assert (item.time.at_ms is not None) is (item.time.basis in {TimeBasis.WIRE, TimeBasis.CONFIGURED})
        assert item.time.at_ms is None or abs(item.time.at_ms) <= MAX_INSTANT_MS
    if isinstance(item, DeviceMeasurement):
        assert item.values or item.texts
        for value in item.values:
            _assert_value(value)


def _assert_value(value: DeviceValue) -> None:
    assert (value.value_milli is None) is (value.validity is Validity.INVALID), f"null where invalid, and only there: {value}"
    assert value.doubts == tuple(sorted(set(value.doubts)))
    if value.value_milli is not None:
        assert type(value.value_milli) is int
        assert abs(value.value_milli) <= MAX_MAGNITUDE * 1000
        assert any(digit in value.origin.value for digit in "0123456789"), f"a number that is not on the wire: {value}"


def _texts(built: Any) -> list[str]:
    if isinstance(built, dict):
        return [text for part in built.values() for text in _texts(part)]
    if isinstance(built, list | tuple):
        return [text for part in built for text in _texts(part)]
    return [built] if isinstance(built, str) else []


def measurements(said: Sequence[Said]) -> list[DeviceMeasurement]:
    return [item for item in said if isinstance(item, DeviceMeasurement)]


def cut_apart(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The same bytes in other reads; empty reads among them."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


def law_of_cuts(make: Make, data: bytes, places: Sequence[int]) -> None:
    """What is said does not depend on how the bytes came: whole, cut at these places, or each alone."""
    law_of_reads(make, data, places)
    law_of_reads(make, data, range(len(data)))


def law_of_reads(make: Make, data: bytes, places: Iterable[int]) -> None:
    """What is said of the bytes cut at these places is what is said of the whole."""
    assert said_to(make(), cut_apart(data, places)) == said_to(make(), [data])


def law_of_truncation(make: Make, inputs: tuple[bytes, ...], length: int) -> None:
    """A connection that ends early has said nothing that the whole would not say: no half number."""
    whole = measurements(said_to(make(), inputs))
    short = measurements(said_to(make(), [b"".join(inputs)[:length]]))
    assert short == whole[: len(short)]


def law_of_recovery(make: Make, garbage: bytes, inputs: tuple[bytes, ...], swallowed: int = 1) -> None:
    """After any garbage the codec finds the protocol again: the course after those that were swallowed is read to its last measurement."""
    last = measurements(said_to(make(), inputs))[-1]
    after = measurements(said_to(make(), [garbage, *inputs * swallowed, *inputs]))
    assert after
    assert after[-1] == last


def law_of_bounds(make: Make, garbage: bytes) -> None:
    """A megabyte of nothing: no exception, bounded memory, and not more said than bytes came."""
    reads = [garbage[begin : begin + 4_096] for begin in range(0, len(garbage), 4_096)]
    assert len(said_to(make(), reads)) <= len(garbage)


def law_of_fresh_starts(make: Make, inputs: tuple[Any, ...]) -> None:
    """A second connection says what the first said: nothing is shared between codecs."""
    assert said_to(make(), inputs) == said_to(make(), inputs)
