"""Painting a long session in a process of its own: it takes seconds, in which a thread of the monitor would hold up what comes in."""

import asyncio
import multiprocessing
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

from monitor.export.pdf.gather import Gathered

APART_FROM_MS: Final = 3_600_000  # a shorter session is painted in less time than a process takes to begin
BLOCK: Final = 100_000
_BEHIND: Final = 10  # nice value: below the monitor, above what judges old logs

_one_at_a_time = threading.Lock()  # the others wait in a thread each: as many as exports are written at a time


async def painted_apart(paint: Callable[[Gathered, BinaryIO], None], about: Gathered) -> AsyncIterator[bytes]:
    """`paint`: of a module, for the other process has to find it. Raises what it raises, OSError where its file finds no room, and
    BrokenProcessPool where the process was killed."""
    is_long = about.last_ms - about.first_ms >= APART_FROM_MS
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="infusion-paper-")
    try:
        path = Path(folder.name) / "paper.pdf"
        await asyncio.to_thread(_in_a_process if is_long else _into, paint, about, path)
        file = await asyncio.to_thread(path.open, "rb")
        with file:
            while block := await asyncio.to_thread(file.read, BLOCK):
                yield block
    finally:
        await asyncio.to_thread(folder.cleanup)


def _into(paint: Callable[[Gathered, BinaryIO], None], about: Gathered, path: Path) -> None:
    with path.open("wb") as file:
        paint(about, file)


def _in_a_process(paint: Callable[[Gathered, BinaryIO], None], about: Gathered, path: Path) -> None:
    """Started anew, not forked: it shares no file and no socket with the monitor, and what is sent there holds no key."""
    context = multiprocessing.get_context("spawn")
    with _one_at_a_time, ProcessPoolExecutor(1, mp_context=context, initializer=os.nice, initargs=(_BEHIND,)) as pool:
        pool.submit(_into, paint, about, path).result()
