"""What a device may say, and what it may not: no number that is none, no text for a number, no guessed unit, no time without its zone."""

import json
from typing import Any

import msgspec
import pytest

from schemas.device_wire import MAX_MEASUREMENTS, DeviceSays, Frame, Hello
from schemas.instant import InstantError, to_ms

_decode = msgspec.json.Decoder(DeviceSays).decode
READING: dict[str, Any] = {"vital": "heart_rate", "value": 72.5, "unit": "/min"}
MEASUREMENT: dict[str, Any] = {"counter": 1, "measured_at": "2026-11-22T10:41:07.123Z", "readings": [READING]}
FRAME: dict[str, Any] = {"type": "frame", "seq": 1, "measurements": [MEASUREMENT]}
HELLO: dict[str, Any] = {"type": "hello", "protocol": 1, "device": "sim-room-1", "boot": "b1", "mode": "simulated", "source": "a bed"}


def frame_with(value: str) -> bytes:
    """A frame whose value stands there as this text."""
    return json.dumps(FRAME).replace("72.5", value).encode()


def test_a_good_frame_and_a_good_hello_are_taken() -> None:
    assert isinstance(_decode(json.dumps(FRAME)), Frame)
    assert isinstance(_decode(json.dumps(HELLO)), Hello)


@pytest.mark.parametrize("value", ["72", "72.5", "-1", "0", "1e2", "null", "1e308", "0.0000001"])
def test_numbers_that_are_numbers(value: str) -> None:
    said = _decode(frame_with(value))
    assert isinstance(said, Frame)
    assert said.measurements[0].readings[0].value == json.loads(value)


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "true",
        "false",
        '"72"',
        '"NaN"',
        '""',
        "[72]",
        '{"value":72}',
        "072",
        "+72",
        "72.",
        ".5",
        "0x48",
        "1_000",
    ],
)
def test_numbers_that_are_none(value: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        _decode(frame_with(value))


WRONG_FRAMES: dict[str, dict[str, Any]] = {
    "an unknown vital sign": {**READING, "vital": "heartrate"},
    "an unknown unit": {**READING, "unit": "bpm"},
    "another case": {**READING, "unit": "MM[HG]"},
    "no unit": {"vital": "heart_rate", "value": 72.5},
    "no value": {"vital": "heart_rate", "unit": "/min"},
    "a key too many": {**READING, "quality": 1},
}


@pytest.mark.parametrize("reading", WRONG_FRAMES.values(), ids=WRONG_FRAMES.keys())
def test_readings_that_are_none(reading: dict[str, Any]) -> None:
    with pytest.raises(msgspec.MsgspecError):
        _decode(json.dumps({**FRAME, "measurements": [{**MEASUREMENT, "readings": [reading]}]}))


@pytest.mark.parametrize(
    "changes",
    [
        {"counter": -1}, {"counter": 2**53}, {"counter": 1.0}, {"counter": "1"}, {"counter": True}, {"counter": None},
        {"readings": []}, {"readings": [READING] * 17}, {"measured_at": "yesterday"}, {"measured_at": ""},
        {"measured_at": "2026-13-01T00:00:00Z"}, {"measured_at": "2026-11-22"}, {"extra": 1},
    ],
)  # fmt: skip
def test_measurements_that_are_none(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.MsgspecError):
        _decode(json.dumps({**FRAME, "measurements": [{**MEASUREMENT, **changes}]}))


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0}, {"seq": 2**53}, {"seq": -1}, {"seq": True},
        {"measurements": [MEASUREMENT] * (MAX_MEASUREMENTS + 1)},
        {"type": "frames"}, {"boot": ""}, {"boot": "a b"}, {"boot": "x" * 65}, {"boot": "a\n"}, {"extra": 1},
    ],
)  # fmt: skip
def test_frames_that_are_none(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.MsgspecError):
        _decode(json.dumps({**FRAME, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"device": "../etc"}, {"device": "-x"}, {"device": "sim-room-1\n"}, {"mode": "test"}, {"source": "x" * 201},
        {"intervals": [{"vital": "spo2", "interval_s": 0}]}, {"intervals": [{"vital": "spo2", "interval_s": 3601}]},
        {"intervals": [{"vital": "spo2", "interval_s": -1}]}, {"protocol": "1"},
    ],
)  # fmt: skip
def test_hellos_that_are_none(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.MsgspecError):
        _decode(json.dumps({**HELLO, **changes}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11-22T10:41:07.123", "time_not_aware"),
        ("2026-11-22T10:41:07.123+01:00", "time_not_utc"),
        ("2026-11-22T10:41:07.123-05:00", "time_not_utc"),
        ("2026-11-22T10:41:07.123+00:01", "time_not_utc"),
    ],
)
def test_a_time_is_aware_and_in_utc(text: str, reason: str) -> None:
    said = _decode(json.dumps({**FRAME, "measurements": [{**MEASUREMENT, "measured_at": text}]}))
    assert isinstance(said, Frame)
    with pytest.raises(InstantError) as refused:
        to_ms(said.measurements[0].measured_at)
    assert refused.value.reason == reason
