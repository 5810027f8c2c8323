"""A memory store that commits when it is told to, and fails when it is told to."""

import asyncio
from collections import deque

from monitor.store.memory import MemoryStore
from monitor.store.ports import Batch, StoreFailed


class HeldStore(MemoryStore):
    """`is_held` False: commits on the next turn of the loop. `asked` counts the appends, tried again ones too."""

    def __init__(self) -> None:
        super().__init__()
        self.is_held = False
        self.asked = 0
        self.waiting: deque[tuple[Batch, asyncio.Future[None]]] = deque()

    def append(self, batch: Batch) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self.asked += 1
        self.waiting.append((batch, done))
        if not self.is_held:
            loop.call_soon(self.commit)
        return done

    def commit(self) -> None:
        """The oldest batch is on disk now."""
        batch, done = self.waiting.popleft()
        committed = super().append(batch)
        error = committed.exception()
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def fail(self, kind: str) -> None:
        """The oldest batch is not on disk."""
        self.waiting.popleft()[1].set_exception(StoreFailed(kind, f"made to fail: {kind}"))

    def release(self) -> None:
        """From now on commits go through."""
        self.is_held = False
        while self.waiting:
            self.commit()

    @property
    def all_seqs(self) -> dict[str, list[int]]:
        return {session: [entry.seq for entry in log] for session, log in self.logs.items()}
