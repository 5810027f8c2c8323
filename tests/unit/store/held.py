"""A store whose writer stands still, so that a test decides what waits together."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.store.sqlite import SqliteStore


@asynccontextmanager
async def held(store: SqliteStore) -> AsyncIterator[None]:
    """Within, nothing is written; what is appended waits and then forms one group."""
    stands, goes = threading.Event(), threading.Event()

    def stand(_: object) -> None:
        stands.set()
        goes.wait()

    standing = asyncio.ensure_future(store.write(stand))
    await asyncio.get_running_loop().run_in_executor(None, stands.wait)
    try:
        yield
    finally:
        goes.set()
        await standing
