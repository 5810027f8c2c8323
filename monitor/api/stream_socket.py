"""What both WebSockets need: tasks that end together, and sending to somebody who may be gone or may not read."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fastapi import WebSocket, WebSocketDisconnect

T = TypeVar("T")


async def first_to_end(*jobs: Awaitable[T]) -> T:
    """The result of the job that ended first (the first named, of several). The others are cancelled and awaited: none is left behind,
    and an error of one that ended together with it is raised, not swallowed."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    results = [task.result() for task in tasks if task in done]
    return results[0]


async def send_text(websocket: WebSocket, text: str, within_s: float) -> None:
    """Raises WebSocketDisconnect where it is gone, TimeoutError where it does not take it."""
    async with asyncio.timeout(within_s):
        try:
            await websocket.send_text(text)
        except RuntimeError as closed:
            raise _closed_by_server(closed) from closed


async def close(websocket: WebSocket, code: int, reason: str, within_s: float) -> None:
    """As `send_text`. A reason is cut to the 123 bytes that a close frame holds beside its code (RFC 6455, 5.5)."""
    async with asyncio.timeout(within_s):
        try:
            await websocket.close(code, reason.encode()[:123].decode("utf-8", "ignore"))
        except RuntimeError as closed:
            raise _closed_by_server(closed) from closed


def _closed_by_server(error: RuntimeError) -> WebSocketDisconnect:
    """The server closes a connection by itself after a ping without answer, a text that is not UTF-8 or one that is too long. Until the
    application has read that, uvicorn answers its sends with a RuntimeError (another end of the line raises WebSocketDisconnect)."""
    return WebSocketDisconnect(1006, str(error))
