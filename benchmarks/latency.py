"""From a device's send to a subscriber's receipt: readings at 1 Hz x 3 over one connection a session, and alerts that
a value raises at once."""

import asyncio
import random
import time
from typing import Any

import msgspec

from benchmarks.screen import Screen
from benchmarks.swarm import Bench, Device

_decode = msgspec.json.Decoder().decode
QUIET_SPO2, LOW_SPO2 = 86, 79  # a fall of 7 is no jump; 79 <= 80 raises OX-H1 without delay


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure_latency(bench: Bench, *, sessions: int, seconds: int) -> dict[str, float]:
    """p50 and p99 in milliseconds, and how many of the due alerts arrived."""
    opened = await bench.open_sessions(sessions, "latency")
    devices = {session: await bench.device(device, token) for session, device, token in opened}
    sent: dict[tuple[str, int], float] = {}
    low_sent: dict[str, float] = {}
    readings: list[float] = []
    alerts: dict[str, float] = {}

    def on_update(frame: dict[str, Any], came: float) -> None:
        for session, vitals in frame.get("vitals", {}).items():
            for vital in vitals:
                if vital["vital"] == "heart_rate":
                    began = sent.pop((session, round(vital["value"])), None)
                    if began is not None:
                        readings.append((came - began) * 1000)
        for view in frame.get("sessions", ()):
            if view["id"] in low_sent and view["id"] not in alerts and any(alert["rule"] == "OX-H1" for alert in view["alerts"]):
                alerts[view["id"]] = (came - low_sent[view["id"]]) * 1000

    async def drive(session: str, device: Device, start: float, dice: random.Random) -> None:
        reader = asyncio.create_task(_drain(device))
        falls_at = dice.randrange(seconds // 2, seconds)
        for second in range(seconds):
            await asyncio.sleep(max(0.0, start + second - time.perf_counter()))
            heart_rate = 60 + second % 40  # each value once in 40 s, so that an update can be told
            text = device.frame(1, (heart_rate, LOW_SPO2 if second >= falls_at else QUIET_SPO2, 14))
            began = time.perf_counter()
            sent[(session, heart_rate)] = began
            if second == falls_at:
                low_sent[session] = began
            await device.socket.send(text)
        await asyncio.sleep(1)
        reader.cancel()

    async with Screen.open(bench) as screen:
        screen.on_update = on_update
        dice = random.Random(1)
        origin = time.perf_counter() + 0.5
        await asyncio.gather(*(drive(session, device, origin + dice.random(), dice) for session, device in devices.items()))
    return {
        "latency.sessions": float(sessions),
        "latency.reading_to_subscriber_p50_ms": percentile(readings, 0.50),
        "latency.reading_to_subscriber_p99_ms": percentile(readings, 0.99),
        "latency.reading_to_alert_p50_ms": percentile(list(alerts.values()), 0.50),
        "latency.reading_to_alert_p99_ms": percentile(list(alerts.values()), 0.99),
        "latency.alerts_due": float(len(low_sent)),
        "latency.alerts_seen": float(len(alerts)),
    }


async def _drain(device: Device) -> None:
    while True:
        answer = _decode(await device.socket.recv())
        if answer["type"] == "refused":
            raise RuntimeError(str(answer))
