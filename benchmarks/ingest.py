"""How many readings a second are durable, judged, chained and streamed: closed loop over 50 connections, acknowledged means on disk."""

import asyncio
import time
from pathlib import Path

import msgspec

from benchmarks.screen import Screen
from benchmarks.swarm import Bench, Device

MEASUREMENTS_PER_FRAME = 20
_devices: list[Device] = []


class Ingest(msgspec.Struct, frozen=True):
    readings_per_s: float
    cpu_s_per_100k: float
    frames_seen: int


async def measure_ingest(bench: Bench, opened: list[tuple[str, str, str]] | None, seconds: float, pid: int) -> Ingest:
    """One round with a screen attached; the first round opens the connections."""
    if opened is not None:
        _devices.extend([await bench.device(device, token) for _, device, token in opened])
    async with Screen.open(bench) as screen:
        before, cpu_before, started = [device.acked for device in _devices], cpu_s(pid), time.perf_counter()
        await asyncio.gather(*(device.flood(started + seconds, MEASUREMENTS_PER_FRAME) for device in _devices))
        elapsed, cpu = time.perf_counter() - started, cpu_s(pid) - cpu_before
    frames = sum(device.acked - was for device, was in zip(_devices, before, strict=True))
    readings = frames * MEASUREMENTS_PER_FRAME * 3
    if screen.updates == 0:
        raise RuntimeError("no update reached the screen: nothing was streamed")
    return Ingest(readings / elapsed, cpu / readings * 100_000, screen.updates)


def cpu_s(pid: int) -> float:
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
