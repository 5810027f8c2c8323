"""The tree in the store's file: SQL on the readers, writes through the writer's thread. The writer writes leaves, with their seals."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from monitor.core.merkle import Node, NodeAt
from monitor.store.access_sql import Read, Write
from monitor.store.connection import Connection
from monitor.store.ledger import Ledger
from monitor.store.many import insert
from monitor.store.ports import StoreFailed
from monitor.store.proofs import MAX_LEAVES, CheckpointRow, Grown, Leaf
from monitor.store.rows import session_no

_T = TypeVar("_T")
_LEAF: Final = "SELECT hash FROM leaf WHERE leaf_no = ?"
_NODE: Final = "SELECT hash FROM tree_node WHERE level = ? AND place = ?"
_LEAVES: Final = "SELECT hash FROM leaf WHERE leaf_no > ? ORDER BY leaf_no LIMIT ?"
_LEAVES_OF: Final = "SELECT leaf_no - 1, last_seq FROM seal WHERE session_no = ? ORDER BY last_seq"
_CHECKPOINT: Final = "SELECT size, at_ms, root, note FROM checkpoint"
_EDGES: Final = "SELECT coalesce((SELECT max(size) FROM checkpoint), 0), coalesce((SELECT max(leaf_no) FROM leaf), 0)"


class SqlProofStore:
    """`ledger`: who keeps what is on record."""

    def __init__(self, write: Write, read: Read, ledger: Callable[[], Ledger]) -> None:
        self._write = write
        self._read = read
        self._ledger = ledger

    def grown(self) -> Grown:
        ledger = self._ledger()
        return Grown(ledger.next_leaf_no - 1, ledger.ended)

    async def leaf_hashes(self, first: int, limit: int = MAX_LEAVES) -> list[bytes]:
        return await self._read(lambda connection: [row[0] for row in connection.execute(_LEAVES, (first, limit))])

    async def leaves_of(self, session: str) -> list[Leaf]:
        number = session_no(session)
        return await self._read(lambda connection: [Leaf(*row) for row in connection.execute(_LEAVES_OF, (number,))])

    async def prove(self, work: Callable[[NodeAt], _T]) -> _T:
        return await self._read(_prove, work)

    async def add_checkpoint(self, row: CheckpointRow, nodes: Sequence[Node]) -> None:
        refusal = await self._write(lambda connection: _add(connection, row, nodes))
        if refusal is not None:
            raise StoreFailed("constraint", refusal)

    async def latest_checkpoint(self) -> CheckpointRow | None:
        return await self._read(_checkpoint, "ORDER BY size DESC LIMIT 1", ())

    async def checkpoint_over(self, size: int) -> CheckpointRow | None:
        return await self._read(_checkpoint, "WHERE size >= ? ORDER BY size LIMIT 1", (size,))


def _prove(connection: Connection, work: Callable[[NodeAt], _T]) -> _T:
    def node_at(level: int, index: int) -> bytes:
        row = connection.execute(_NODE, (level, index)).fetchone() if level else connection.execute(_LEAF, (index + 1,)).fetchone()
        if row is None:
            raise KeyError((level, index))
        found: bytes = row[0]
        return found

    return work(node_at)


def _checkpoint(connection: Connection, which: str, values: tuple[int, ...]) -> CheckpointRow | None:
    row = connection.execute(f"{_CHECKPOINT} {which}", values).fetchone()
    return None if row is None else CheckpointRow(*row)


def _add(connection: Connection, row: CheckpointRow, nodes: Sequence[Node]) -> str | None:
    """Why not; None where it was added."""
    last, leaves = connection.execute(_EDGES).fetchone()
    if not last < row.size <= leaves:
        return f"a checkpoint of {row.size} leaves after one of {last}, with {leaves} on record"
    insert(connection, "tree_node", 3, nodes)
    connection.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?)", (row.size, row.at_ms, row.root, row.note))
    return None
