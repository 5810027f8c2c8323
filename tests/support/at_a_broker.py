"""A broker and a device at it, both of other hands, as processes."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.certificates import Issued
from tests.support.heard import PATIENCE_S
from tests.support.node import NODE

SCRIPTS = Path(__file__).parent / "compose"


@asynccontextmanager
async def script(name: str, *arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """The running script, and the first line it says."""
    process = await asyncio.create_subprocess_exec(str(NODE), str(SCRIPTS / name), *arguments, stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def broker(tls: Issued | None = None) -> AsyncIterator[tuple[Process, int]]:
    files = () if tls is None else (str(tls.key), str(tls.certificate))
    async with script("broker.mjs", "0", *files) as (process, port):
        yield process, int(port)
