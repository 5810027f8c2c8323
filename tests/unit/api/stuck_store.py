"""A store whose disk hangs, or refuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from monitor.store.memory import MemoryStore
from monitor.store.ports import Batch, StoreFailed


class StuckStore(MemoryStore):
    """While `is_stuck` its commits do not end; `release` ends them all. With `failure` each commit fails."""

    def __init__(self) -> None:
        super().__init__()
        self.is_stuck = False
        self.failure: str | None = None
        self._stuck: list[tuple[Batch, asyncio.Future[None]]] = []

    def append(self, batch: Batch) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.failure is not None:
            done.set_exception(StoreFailed(self.failure))
            return done
        if not self.is_stuck:
            return super().append(batch)
        self._stuck.append((batch, done))
        return done

    @asynccontextmanager
    async def released(self) -> AsyncIterator[None]:
        """At the end it works again, else nothing that waits for it could end."""
        try:
            yield
        finally:
            await self.release()

    async def release(self) -> None:
        self.is_stuck = False
        for batch, done in self._stuck:
            await super().append(batch)
            done.set_result(None)
        self._stuck.clear()
