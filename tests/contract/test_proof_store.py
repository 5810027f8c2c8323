"""What every store answers to whoever proves: one leaf for each seal in the order of the commits, nodes and checkpoints that only grow."""

from collections.abc import AsyncIterator
from pathlib import Path

import pysqlite3.dbapi2 as sqlite3
import pytest

from monitor.core import merkle
from monitor.core.merkle import EMPTY_ROOT, Frontier, leaf_hash
from monitor.store.connection import connect_writer
from monitor.store.data_folder import DATABASE
from monitor.store.memory import MemoryStore
from monitor.store.migrations import upgrade
from monitor.store.migrations.run import run_upgrade
from monitor.store.ports import Batch, Store, StoreFailed
from monitor.store.proofs import CheckpointRow, Leaf, ProofStore
from monitor.store.proofs_memory import MemoryProofStore
from schemas.log import PhaseOrdered, Seal, canonical
from schemas.session import Phase
from tests.unit.store.files import opened
from tests.unit.store.logs import SESSION, created, event, log, measured, seal

OTHER = "S-000002"
Both = tuple[Store, ProofStore]


@pytest.fixture(params=["memory", "sqlite"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Both]:
    if request.param == "memory":
        memory = MemoryStore()
        yield memory, MemoryProofStore(memory)
        return
    store = opened(tmp_path / "data")
    yield store, store.proofs
    await store.close()


def hash_of(seal: Seal) -> bytes:
    return leaf_hash(canonical(seal))


async def test_each_seal_is_a_leaf_in_the_order_of_the_commits(both: Both) -> None:
    store, proofs = both
    assert proofs.grown() == (0, 0)
    mine, other = [seal(1, 2), seal(3, 5)], [seal(1, 3, OTHER), seal(4, 4, OTHER)]
    await store.append(Batch(log(2), [mine[0]]))
    await store.append(Batch(log(4, OTHER), other))
    await store.append(Batch([measured(3), measured(4), measured(5)], [mine[1]]))
    assert proofs.grown() == (4, 0)
    assert await proofs.leaf_hashes(0) == [hash_of(each) for each in (mine[0], *other, mine[1])]
    assert await proofs.leaf_hashes(1, 2) == [hash_of(each) for each in other]
    assert await proofs.leaf_hashes(4) == []
    assert await proofs.leaves_of(SESSION) == [Leaf(0, 2), Leaf(3, 5)]
    assert await proofs.leaves_of("S-000009") == []
    assert await proofs.prove(lambda node_at: merkle.inclusion(node_at, 3, 4)) == [
        hash_of(other[1]),
        merkle.node_hash(hash_of(mine[0]), hash_of(other[0])),
    ]


async def test_a_refused_batch_takes_no_leaf(both: Both) -> None:
    store, proofs = both
    await store.append(Batch(log(2), [seal(1, 2)]))
    with pytest.raises(StoreFailed):
        await store.append(Batch([measured(3)], [seal(3, 3), seal(4, 9)]))
    await store.append(Batch([measured(3)], [seal(3, 3)]))
    assert proofs.grown().leaves == 2
    assert await proofs.leaf_hashes(0) == [hash_of(seal(1, 2)), hash_of(seal(3, 3))]
    assert await proofs.leaves_of(SESSION) == [Leaf(0, 2), Leaf(1, 3)]


async def test_an_ended_session_is_counted(both: Both) -> None:
    store, proofs = both
    await store.append(Batch([created(), event(2, PhaseOrdered("ana", None, Phase.ABORTED))], [seal(1, 2)]))
    assert proofs.grown() == (1, 1)


async def test_a_checkpoint_comes_after_the_last_and_covers_no_more_than_is_there(both: Both) -> None:
    store, proofs = both
    await store.append(Batch(log(4), [seal(1, 1), seal(2, 2), seal(3, 4)]))
    assert await proofs.latest_checkpoint() is None
    assert await proofs.checkpoint_over(1) is None
    first, second = CheckpointRow(1, 7, b"r1", "note 1"), CheckpointRow(3, 8, b"r3", "note 3")
    await proofs.add_checkpoint(first, [])
    await proofs.add_checkpoint(second, [(8, 0, b"n" * 32)])
    for row in (first, second, CheckpointRow(2, 9, b"", ""), CheckpointRow(4, 9, b"", "")):
        with pytest.raises(StoreFailed, match="checkpoint of") as failed:
            await proofs.add_checkpoint(row, [])
        assert failed.value.kind == "constraint"
    assert await proofs.latest_checkpoint() == second
    assert [await proofs.checkpoint_over(size) for size in (0, 1, 2, 3, 4)] == [first, first, second, second, None]
    assert await proofs.prove(lambda node_at: node_at(8, 0)) == b"n" * 32
    for level, index in ((8, 1), (0, 3), (16, 0)):
        with pytest.raises((KeyError, StoreFailed)):
            await proofs.prove(lambda node_at, level=level, index=index: node_at(level, index))  # type: ignore[misc]


async def test_a_store_that_was_closed_goes_on_where_it_was(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.append(Batch(log(2), [seal(1, 2)]))
    await store.close()
    store = opened(tmp_path)
    await store.append(Batch([measured(3)], [seal(3, 3)]))
    assert store.proofs.grown().leaves == 2
    assert await store.proofs.leaf_hashes(0) == [hash_of(seal(1, 2)), hash_of(seal(3, 3))]
    await store.close()


@pytest.mark.parametrize("table", ["leaf", "tree_node", "checkpoint"])
@pytest.mark.parametrize("how", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
async def test_nobody_changes_the_tree_with_an_sql_shell(tmp_path: Path, table: str, how: str) -> None:
    store = opened(tmp_path)
    await store.append(Batch(log(2), [seal(1, 2)]))
    await store.proofs.add_checkpoint(CheckpointRow(1, 7, EMPTY_ROOT, "note"), [(8, 0, bytes(32))])
    await store.close()
    connection = sqlite3.connect(tmp_path / DATABASE)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        connection.execute(how.format(table).replace("rowid = rowid", "hash = x''" if table != "checkpoint" else "at_ms = 1"))
    connection.close()


async def test_seals_from_before_the_tree_become_its_first_leaves_once(tmp_path: Path) -> None:
    """In the order of their times, whatever their sessions."""
    path = tmp_path / DATABASE
    run_upgrade(path, "0002")
    old = [seal(1, 2), seal(1, 3, OTHER), seal(3, 4), seal(4, 4, OTHER), seal(5, 9)]
    connection = connect_writer(path)
    for each in sorted(old, key=lambda each: each.session):
        number = int(each.session[2:])
        connection.execute(
            "INSERT INTO seal VALUES (?, ?, ?, ?, ?)", (number, each.last_seq, each.first_seq, each.at_ms, bytes.fromhex(each.digest))
        )
    upgrade(path, connection)
    upgrade(path, connection)
    connection.close()
    store = opened(tmp_path)
    frontier = Frontier()
    for value in await store.proofs.leaf_hashes(0):
        frontier.append(value)
    assert await store.proofs.leaf_hashes(0) == [hash_of(each) for each in old]
    assert await store.seals(OTHER) == [old[1], old[3]]
    assert await store.proofs.leaves_of(OTHER) == [Leaf(1, 3), Leaf(3, 4)]
    assert await store.proofs.prove(lambda node_at: merkle.range_hash(node_at, 0, 5)) == frontier.root
    await store.close()
