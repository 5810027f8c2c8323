"""A door with a store in memory, a clock that is set by hand and a hasher that is fast instead of hard."""

from typing import Literal

from argon2 import PasswordHasher

from monitor.access.control import AccessControl
from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import AccessKind

START_MS = 1_795_000_000_000


class HandClock:
    """Wall time that moves when a test says so."""

    def __init__(self, at_ms: int = START_MS) -> None:
        self.at_ms = at_ms

    def __call__(self) -> int:
        return self.at_ms

    def pass_s(self, seconds: float) -> None:
        self.at_ms += round(seconds * 1_000)


class CountingHasher(PasswordHasher):
    """Argon2id at its cheapest. `verified` counts how often a password was really compared: what a guesser wants."""

    def __init__(self, time_cost: int = 1) -> None:
        super().__init__(time_cost=time_cost, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's own name
        self.verified += 1
        return super().verify(hash, password)


class Door(AccessControl):
    """Access control with what a test wants to look at."""

    def __init__(self, store: MemoryAccessStore, clock: HandClock, hasher: CountingHasher) -> None:
        super().__init__(store, clock, hasher=hasher)
        self.store = store
        self.clock = clock
        self.hasher = hasher

    async def logged(self) -> list[AccessKind]:
        """Kinds of the access log, oldest first."""
        return [row.kind for row in reversed(await self.store.access_log(limit=1_000))]
