"""Frames as devices send them, built for tests."""

import json
from typing import Any

HELLO: dict[str, Any] = {
    "type": "hello",
    "protocol": 1,
    "device": "sim-room-1",
    "boot": "b1",
    "mode": "simulated",
    "source": "simulator",
    "intervals": [{"vital": "spo2", "interval_s": 1}],
}
READINGS = [
    {"vital": "heart_rate", "value": 72, "unit": "/min"},
    {"vital": "spo2", "value": 97.5, "unit": "%"},
    {"vital": "systolic_bp", "value": None, "unit": "mm[Hg]"},
]


def text(message: object) -> str:
    return json.dumps(message)


def measurement(counter: int = 1, **fields: Any) -> dict[str, Any]:
    return {"counter": counter, "measured_at": "2026-11-22T10:41:07.123Z", "readings": READINGS, **fields}


def frame(seq: int = 1, **fields: Any) -> dict[str, Any]:
    """A good frame of one measurement; its counter is its seq. `fields` replace or add."""
    return {"type": "frame", "seq": seq, "measurements": [measurement(seq)], **fields}


def with_reading(**fields: Any) -> str:
    """A frame of one reading, some of it replaced."""
    return text(frame(7, measurements=[measurement(readings=[{"vital": "spo2", "value": 97.5, "unit": "%", **fields}])]))


def hello(**fields: Any) -> str:
    return text({**HELLO, **fields})
