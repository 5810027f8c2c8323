"""The tree is signed every minute, at 256 leaves, at the end of a session and when asked; what fails is said and tried again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.core import merkle
from monitor.core.checkpoint import read_checkpoint
from monitor.core.merkle import Frontier, leaf_hash
from monitor.export.checkpoints import BEHIND, EVERY_LEAVES, EVERY_MS, LOOK_MS, Checkpoints
from monitor.export.keyring import Keyring, open_keyring
from monitor.store.memory import MemoryStore
from monitor.store.ports import Batch, StoreFailed
from monitor.store.proofs_memory import MemoryProofStore
from schemas.log import PhaseOrdered, canonical
from schemas.session import Phase
from tests.unit.store.logs import created, event, note, seal


class House:
    """A store that is written to, and what signs it."""

    def __init__(self, keyring: Keyring) -> None:
        self.store, self.clock, self.said = MemoryStore(), ManualClock(), list[str | None]()
        self.proofs = MemoryProofStore(self.store)
        self.keyring = keyring
        self.checkpoints = self.another()
        self.seq = 0

    def another(self) -> Checkpoints:
        return Checkpoints(self.proofs, self.keyring, self.clock, self.said.append)

    async def write(self, leaves: int = 1) -> None:
        for _ in range(leaves):
            self.seq += 1
            await self.store.append(Batch([created() if self.seq == 1 else note(self.seq)], [seal(self.seq, self.seq)]))

    async def pass_ms(self, ms: int) -> None:
        for _ in range(max(1, ms // LOOK_MS)):
            self.clock.advance(min(ms, LOOK_MS))
            for _ in range(4):
                await asyncio.sleep(0)

    @property
    def sizes(self) -> list[int]:
        return [row.size for row in self.proofs.checkpoints]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(open_keyring(tmp_path, 5))
    house.checkpoints.start(lambda text: house.said.append(f"died: {text}"))
    await house.pass_ms(LOOK_MS)
    yield house
    await house.checkpoints.stop()


async def test_every_minute_where_something_was_sealed(house: House) -> None:
    await house.write()
    await house.pass_ms(EVERY_MS - 2 * LOOK_MS)
    assert house.sizes == []
    await house.pass_ms(3 * LOOK_MS)
    assert house.sizes == [1]
    await house.pass_ms(3 * EVERY_MS)
    assert house.sizes == [1]
    assert set(house.said) == {None}


async def test_at_256_leaves_and_at_the_end_of_a_session(house: House) -> None:
    await house.write(EVERY_LEAVES - 1)
    await house.pass_ms(LOOK_MS)
    assert house.sizes == []
    await house.write()
    await house.pass_ms(LOOK_MS)
    assert house.sizes == [EVERY_LEAVES]
    house.seq += 1
    end = event(house.seq, PhaseOrdered("ana", None, Phase.CLOSED))
    await house.store.append(Batch([end], [seal(house.seq, house.seq)]))
    await house.pass_ms(LOOK_MS)
    assert house.sizes == [EVERY_LEAVES, EVERY_LEAVES + 1]


async def test_what_is_signed_is_the_root_over_all_seals_and_the_kept_nodes_prove_them(house: House) -> None:
    await house.write(600)
    row = await house.checkpoints.now()
    assert row is not None
    found = read_checkpoint(row.note)
    frontier = Frontier()
    for each in house.store.sealed["S-000001"]:
        frontier.append(leaf_hash(canonical(each)))
    assert (found.origin, found.size, found.root) == (house.keyring.origin, 600, frontier.root)
    assert row.root == frontier.root
    assert await house.proofs.prove(lambda node_at: merkle.range_hash(node_at, 0, 600)) == frontier.root
    assert await house.checkpoints.now() == row


async def test_a_restart_goes_on_with_the_same_tree(house: House) -> None:
    await house.write(300)
    await house.checkpoints.now()
    await house.write(300)
    row = await house.another().now()
    assert row is not None
    assert row.size == 600
    assert await house.proofs.prove(lambda node_at: merkle.range_hash(node_at, 0, 600)) == row.root


async def test_a_store_that_fails_is_said_and_tried_again(house: House) -> None:
    await house.write()
    house.store.fails = "full"
    await house.pass_ms(EVERY_MS + LOOK_MS)
    assert house.said[-1] == f"{BEHIND} (full)"
    assert house.sizes == []
    house.store.fails = None
    await house.pass_ms(LOOK_MS)
    assert house.sizes == [1]
    assert house.said[-1] is None


async def test_seals_that_were_changed_under_a_checkpoint_are_said_at_the_next_start(house: House) -> None:
    await house.write(5)
    await house.checkpoints.now()
    house.store.leaves[2] = (house.store.leaves[2][0], bytes(32))
    with pytest.raises(StoreFailed, match="not those that the checkpoint of 5 was signed for"):
        await house.another().now()


async def test_a_last_one_is_signed_at_the_stop(house: House) -> None:
    await house.write(3)
    await house.checkpoints.stop()
    assert house.sizes == [3]


async def test_nothing_recorded_is_nothing_signed(house: House) -> None:
    assert await house.checkpoints.now() is None
