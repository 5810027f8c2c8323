"""Signs the state of the installation's tree: every minute, at 256 new leaves, when a session ends, and when an export asks.

A look a second at two counters of the store; a checkpoint is one read of the new leaves, some hashing and one small transaction. If that
fails it is said on every screen and tried again at the next look.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from monitor.clock import Clock
from monitor.core.checkpoint import Checkpoint
from monitor.core.merkle import Frontier
from monitor.export.bundle.job import Job
from monitor.export.keyring import Keyring
from monitor.export.proof_files import proven
from monitor.lasting import Lasting
from monitor.store.ports import StoreFailed
from monitor.store.proofs import MAX_LEAVES, CheckpointRow, Grown, ProofStore

LOOK_MS: Final = 1_000
EVERY_MS: Final = 60_000
EVERY_LEAVES: Final = 256
BEHIND: Final = (
    "the record could not be signed: what was recorded since the last checkpoint can be changed unnoticed by who holds the database"
)


class Checkpoints:
    """Owned by the event loop. `report` is told of trouble, and None when it is over."""

    def __init__(self, store: ProofStore, keyring: Keyring, clock: Clock, report: Callable[[str | None], None]) -> None:
        self.store = store
        self.keyring = keyring
        self._clock = clock
        self._report = report
        self._turn = asyncio.Lock()
        self._frontier: Frontier | None = None
        self._ended = 0
        self._due_ms = 0
        self._task = Lasting("the signing of checkpoints")
        self.latest: CheckpointRow | None = None

    def start(self, on_death: Callable[[str], None]) -> None:
        self._task.start(self._run(), on_death)

    async def stop(self) -> None:
        """With a last checkpoint over all that is on record, where the store lets it."""
        await self._task.stop()
        await self._try()

    async def _run(self) -> None:
        while True:
            if self._is_due(self.store.grown()):
                await self._try()
            await self._clock.sleep_until(self._clock.now_ms() + LOOK_MS)

    def _is_due(self, grown: Grown) -> bool:
        size = 0 if self.latest is None else self.latest.size
        if grown.leaves <= size:
            return self._frontier is None  # once, so that `latest` is known
        return grown.ended != self._ended or grown.leaves - size >= EVERY_LEAVES or self._clock.now_ms() >= self._due_ms

    async def _try(self) -> None:
        try:
            await self.now()
        except StoreFailed as failed:
            self._report(f"{BEHIND} ({failed.kind})")
        else:
            self._report(None)

    async def now(self) -> CheckpointRow | None:
        """Signs what is on record by now, and returns the newest checkpoint; None where nothing was ever sealed. Raises StoreFailed."""
        async with self._turn:
            grown = self.store.grown()
            frontier = self._frontier = self._frontier or await self._resumed()
            while frontier.size < grown.leaves:
                await self._sign_to(frontier, min(grown.leaves, frontier.size + MAX_LEAVES))
            self._ended, self._due_ms = grown.ended, self._clock.now_ms() + EVERY_MS
            return self.latest

    async def prove(self, job: Job) -> None:
        """Gives the job proofs under a checkpoint of this moment; under the newest, where the store takes none now. Raises StoreFailed."""
        with suppress(StoreFailed):  # `_run` says it on every screen
            await self.now()
        await proven(job, self.store, self.keyring)

    async def _resumed(self) -> Frontier:
        """The tree as the last checkpoint knows it."""
        self.latest = latest = await self.store.latest_checkpoint()
        if latest is None:
            return Frontier()
        frontier = await self.store.prove(lambda node_at: Frontier(latest.size, node_at))
        if frontier.root != latest.root:
            raise StoreFailed("corrupt", f"the seals on record are not those that the checkpoint of {latest.size} was signed for")
        return frontier

    async def _sign_to(self, frontier: Frontier, size: int) -> None:
        try:
            nodes = [node for leaf in await self.store.leaf_hashes(frontier.size, size - frontier.size) for node in frontier.append(leaf)]
            signed: Checkpoint = self.keyring.sign(frontier.size, frontier.root)
            row = CheckpointRow(frontier.size, self._clock.now_ms(), signed.root, signed.note)
            await self.store.add_checkpoint(row, nodes)
        except BaseException:
            self._frontier = None  # it may be ahead of what is on disk
            raise
        self.latest = row
