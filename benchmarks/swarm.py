"""A swarm of devices on real WebSockets: registers, opens sessions, sends frames as fast as acknowledgements allow or at a given rate.

Runs in a process of its own beside the server; its own share of the machine is part of what is measured.
"""

import asyncio
import time
from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection, connect

from schemas.instant import format_ms

T = TypeVar("T")
CUFF = ',{"vital":"systolic_bp","value":118,"unit":"mm[Hg]"},{"vital":"diastolic_bp","value":74,"unit":"mm[Hg]"}'
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Bench:
    """One monitor under load: its address and a logged-in clinician."""

    def __init__(self, url: str, http: httpx2.AsyncClient) -> None:
        self.url = url
        self.http = http

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.http.post(f"/api/v1{path}", json=body, headers={"Origin": self.url})
        if answer.status_code >= 300:
            raise RuntimeError(f"POST {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    async def open_sessions(self, count: int, prefix: str, *, infusing: bool = True) -> list[tuple[str, str, str]]:
        """`count` sessions with one device each: (session, device, token). They are infusing, or wait in their baseline for `begin`."""

        async def one(number: int) -> tuple[str, str, str]:
            device = f"{prefix}-{number}"
            token = (await self.post("/devices", {"device": device, "mode": "simulated", "source": "load generator"}))["token"]
            body = {
                "room": f"{prefix} {number}",
                "patient": {"label": "L.G.", "birth_year": 1980, "weight_kg": 70},
                "order": {"treatment": "ketamine_iv", "dose_mg": 35, "duration_min": 40},
            }
            session = (await self.post("/sessions", body))["id"]
            await self.post(f"/sessions/{session}/bindings", {"device": device})
            await self.post(f"/sessions/{session}/phase", {"phase": "baseline"})
            if infusing:
                await self._begin(session)
            return session, device, token

        return list(await _few_at_once(one(number) for number in range(count)))

    async def begin(self, sessions: list[str]) -> None:
        """Start the infusions."""
        await _few_at_once(self._begin(session) for session in sessions)

    async def _begin(self, session: str) -> None:
        await self.post(f"/sessions/{session}/phase", {"phase": "infusing", "override": "load test"})

    async def device(self, device: str, token: str) -> "Device":
        socket = await connect(
            f"{self.url.replace('http', 'ws', 1)}/ingest/ws",
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            max_queue=256,
        )
        await socket.send(
            _encode(
                {"type": "hello", "protocol": 1, "device": device, "boot": "bench", "mode": "simulated", "source": "load generator"}
            ).decode()
        )
        welcome = _decode(await socket.recv())
        if welcome["type"] != "welcome":
            raise RuntimeError(str(welcome))
        return Device(socket, welcome["max_in_flight"])


async def _few_at_once(jobs: Iterable[Awaitable[T]]) -> list[T]:
    gate = asyncio.Semaphore(8)

    async def gated(job: Awaitable[T]) -> T:
        async with gate:
            return await job

    return list(await asyncio.gather(*(gated(job) for job in jobs)))


class Device:
    """One connection. Frames are numbered here; `acked` is the last one on disk."""

    def __init__(self, socket: ClientConnection, max_in_flight: int) -> None:
        self.socket = socket
        self.window = max_in_flight
        self.seq = 0
        self.counter = 0
        self.acked = 0
        self.readings = 0

    def frame(self, measurements: int, values: tuple[int, int, int] = (72, 98, 14), *, has_cuff: bool = False) -> str:
        """A frame of `measurements` x 3 readings, a millisecond apart; with a calm cuff value each where `has_cuff`."""
        self.seq += 1
        at_ms = now_ms()
        cuff = (
            ',{"vital":"systolic_bp","value":118,"unit":"mm[Hg]"},{"vital":"diastolic_bp","value":74,"unit":"mm[Hg]"}' if has_cuff else ""
        )
        parts = []
        for step in range(measurements):
            self.counter += 1
            moment = format_ms(at_ms - measurements + 1 + step)
            parts.append(
                f'{{"counter":{self.counter},"measured_at":"{moment}","readings":['
                f'{{"vital":"heart_rate","value":{values[0]},"unit":"/min"}},'
                f'{{"vital":"spo2","value":{values[1]},"unit":"%"}},'
                f'{{"vital":"respiratory_rate","value":{values[2]},"unit":"/min"}}{cuff}]}}'
            )
        self.readings += 3 * measurements
        return f'{{"type":"frame","seq":{self.seq},"measurements":[{",".join(parts)}]}}'

    async def flood(self, until: float, measurements: int) -> int:
        """Closed loop: keep the window full until `until` (perf_counter), then wait for the last acknowledgement. Readings on disk."""
        window = min(self.window, 16)
        while time.perf_counter() < until or self.acked < self.seq:
            while self.seq - self.acked < window and time.perf_counter() < until:
                await self.socket.send(self.frame(measurements))
            answer = _decode(await self.socket.recv())
            if answer["type"] == "ack":
                self.acked = answer["seq"]
            elif answer["type"] == "refused":
                raise RuntimeError(str(answer))
        return self.acked * measurements * 3
