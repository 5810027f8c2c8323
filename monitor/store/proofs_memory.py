"""The tree on a store that keeps nothing beyond its own life: for tests, and the plain statement of what is asked."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from monitor.core.merkle import Node, NodeAt
from monitor.store.memory import MemoryStore
from monitor.store.ports import StoreFailed
from monitor.store.proofs import MAX_LEAVES, CheckpointRow, Grown, Leaf
from schemas.session import OPEN_PHASES

_T = TypeVar("_T")


class MemoryProofStore:
    """Beside a MemoryStore, whose seals it looks at."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.checkpoints: list[CheckpointRow] = []
        self.nodes: dict[tuple[int, int], bytes] = {}

    def grown(self) -> Grown:
        return Grown(len(self._store.leaves), sum(row.phase not in OPEN_PHASES for row in self._store.rows.values()))

    async def leaf_hashes(self, first: int, limit: int = MAX_LEAVES) -> list[bytes]:
        return [value for _, value in self._store.leaves[first : first + limit]]

    async def leaves_of(self, session: str) -> list[Leaf]:
        return [Leaf(index, seal.last_seq) for index, (seal, _) in enumerate(self._store.leaves) if seal.session == session]

    async def prove(self, work: Callable[[NodeAt], _T]) -> _T:
        return work(self._node_at)

    def _node_at(self, level: int, index: int) -> bytes:
        if level:
            return self.nodes[level, index]
        if not 0 <= index < len(self._store.leaves):
            raise KeyError((level, index))
        return self._store.leaves[index][1]

    async def add_checkpoint(self, row: CheckpointRow, nodes: Sequence[Node]) -> None:
        if self._store.fails is not None:
            raise StoreFailed(self._store.fails)
        last = self.checkpoints[-1].size if self.checkpoints else 0
        if not last < row.size <= len(self._store.leaves):
            raise StoreFailed(
                "constraint", f"a checkpoint of {row.size} leaves after one of {last}, with {len(self._store.leaves)} on record"
            )
        self.nodes.update({(level, index): value for level, index, value in nodes})
        self.checkpoints.append(row)

    async def latest_checkpoint(self) -> CheckpointRow | None:
        return self.checkpoints[-1] if self.checkpoints else None

    async def checkpoint_over(self, size: int) -> CheckpointRow | None:
        return next((row for row in self.checkpoints if row.size >= size), None)
