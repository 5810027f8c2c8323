"""Painting a long session in a process of its own: it takes seconds, in which a thread of the monitor would hold up what comes in."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from monitor.export.pdf.gather import Gathered

APART_FROM_MS: Final = 3_600_000  # a shorter session is painted in less time than a process takes to begin
_BEHIND: Final = 10  # nice value: below the monitor, above what judges old logs

_one_at_a_time = threading.Lock()  # the others wait in a thread each: as many as exports are written at a time


async def painted_apart(paint: Callable[[Gathered], bytes], about: Gathered) -> bytes:
    """`paint`: of a module, for the other process has to find it. Raises what it raises, and BrokenProcessPool where the process
    was killed."""
    if about.last_ms - about.first_ms < APART_FROM_MS:
        return await asyncio.to_thread(paint, about)
    return await asyncio.to_thread(_in_a_process, paint, about)


def _in_a_process(paint: Callable[[Gathered], bytes], about: Gathered) -> bytes:
    """Started anew, not forked: it shares no file and no socket with the monitor, and what is sent there holds no key."""
    context = multiprocessing.get_context("spawn")
    with _one_at_a_time, ProcessPoolExecutor(1, mp_context=context, initializer=os.nice, initargs=(_BEHIND,)) as pool:
        return pool.submit(paint, about).result()
