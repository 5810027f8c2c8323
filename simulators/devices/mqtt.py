"""A virtual device that publishes JSON to a broker: its payloads (pure), and the client with its Last Will."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from simulators.devices.carried import Deliver

TOPIC: Final = "infusion/v1"
_UNITS: Final = {"spo2": "%", "etco2": "mm[Hg]", "systolic_bp": "mm[Hg]", "diastolic_bp": "mm[Hg]", "mean_bp": "mm[Hg]"}


def reading(
    number: int, at: datetime | None, values: Mapping[str, float | None], *, kind: str = "continuous", doubts: tuple[str, ...] = ()
) -> bytes:
    """`values`: by the name of the vital sign, in its own unit. `at`: aware; None for a device without a clock."""
    told = [{"code": code, "value": value, "unit": _UNITS.get(code, "/min"), "doubts": list(doubts)} for code, value in values.items()]
    stamp = {} if at is None else {"measured_at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"}
    return json.dumps({"id": str(number), "kind": kind, "mode": "simulated", **stamp, "values": told}).encode()


def event(number: int, key: str, phase: str, text: str) -> bytes:
    said = {"id": str(number), "key": key, "phase": phase, "text": text, "kind": "physiological", "priority": "medium", "mode": "simulated"}
    return json.dumps(said).encode()


@asynccontextmanager
async def publisher(host: str, port: int, device: str) -> AsyncIterator[Any]:
    """A connected client whose Last Will is `offline`: `await client.publish(f"{TOPIC}/{device}/reading", reading(...), qos=1)`."""
    from aiomqtt import Client, Will  # here because it is an extra

    status = f"{TOPIC}/{device}/status"
    will = Will(status, b"offline", qos=1, retain=True)
    async with Client(host, port, identifier=f"device-{device}", will=will, keepalive=15) as client:
        await client.publish(status, b"online", qos=1, retain=True)
        yield client


@asynccontextmanager
async def publishing(host: str, port: int, device: str) -> AsyncIterator[Deliver[bytes]]:
    """Every item is a reading; published is what the broker has acknowledged."""
    from aiomqtt import MqttError

    async def deliver(payload: bytes) -> str:
        await client.publish(f"{TOPIC}/{device}/reading", payload, qos=1)
        return "published"

    try:
        async with publisher(host, port, device) as client:
            yield deliver
    except MqttError as error:
        raise ConnectionError(str(error)) from error
