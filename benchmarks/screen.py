"""A screen: one subscriber of /stream that notes when each frame came."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from websockets.asyncio.client import connect

from benchmarks.swarm import Bench

_decode = msgspec.json.Decoder().decode


class Screen:
    """`on_update(frame, perf_counter)` is called for each update."""

    def __init__(self) -> None:
        self.updates = 0
        self.on_update: Callable[[dict[str, Any], float], None] | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, bench: Bench) -> AsyncIterator["Screen"]:
        cookie = "; ".join(f"{name}={value}" for name, value in bench.http.cookies.items())
        screen = cls()
        async with connect(
            f"{bench.url.replace('http', 'ws', 1)}/stream",
            additional_headers={"Cookie": cookie, "Origin": bench.url},
            compression=None,
            max_size=None,
            max_queue=1024,
        ) as socket:

            async def read() -> None:
                async for text in socket:
                    came = time.perf_counter()
                    frame = _decode(text)
                    if frame["type"] == "update":
                        screen.updates += 1
                        if screen.on_update is not None:
                            screen.on_update(frame, came)

            first = _decode(await socket.recv())
            if first["type"] != "hello":
                raise RuntimeError(str(first))
            reader = asyncio.create_task(read())
            try:
                yield screen
            finally:
                reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reader
