"""Group commit: what waits together is one transaction; a batch that contradicts the record fails alone; order is kept."""

import asyncio
from pathlib import Path

import pytest

from monitor.store.connection import connect
from monitor.store.data_folder import DATABASE
from monitor.store.ports import Batch, Position, StoreFailed
from monitor.store.sqlite import SqliteStore
from monitor.store.writer import Work, Writer
from schemas.log import Entry
from tests.unit.store.files import opened, read
from tests.unit.store.held import held
from tests.unit.store.logs import SESSION, bound, created, event, log, measured, note, position, seal

OTHER = "S-000002"


async def outcomes(*waiting: asyncio.Future[None]) -> list[str | None]:
    """What kind of failure each ended with; None where it is on record."""
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(end is None or isinstance(end, StoreFailed) for end in ends), ends
    return [end.kind if isinstance(end, StoreFailed) else None for end in ends]


async def test_what_waits_together_is_one_commit(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.append(Batch([created()]))
    before = store.writer.groups
    async with held(store):
        waiting = [store.append(Batch([measured(seq)])) for seq in range(2, 102)]
        assert (await store.counts())["waiting"] == 100
    assert await outcomes(*waiting) == [None] * 100
    assert store.writer.groups == before + 1
    assert (await store.counts())["waiting"] == 0
    await store.close()


async def test_all_answers_of_a_group_come_in_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(tmp_path)
    await store.append(Batch([created()]))
    loop, calls = asyncio.get_running_loop(), 0
    call = loop.call_soon_threadsafe

    def counted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        return call(*arguments)

    async with held(store):
        waiting = [store.append(Batch([measured(seq)])) for seq in range(2, 52)]
        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    await asyncio.gather(*waiting)
    monkeypatch.undo()
    assert calls <= 2, "one for the job that held the writer, one for the group"
    await store.close()


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(Batch([measured(3)]), id="seq on record"),
        pytest.param(Batch([measured(9)]), id="seq ahead"),
        pytest.param(Batch([note(1, "S-000077")]), id="unknown session"),
        pytest.param(Batch([bound(1, "x", "S-000077")]), id="binding in an unknown session"),
        pytest.param(Batch([created(OTHER), bound(2, "taken", OTHER)]), id="device bound elsewhere"),
        pytest.param(Batch(seals=[seal(1, 3)]), id="seal on record"),
        pytest.param(Batch([note(5, text="\ud800")]), id="text without UTF-8"),
        pytest.param(Batch([measured(5, device="\ud800")]), id="device without UTF-8"),
        pytest.param(Batch([note(5, text="x" * 2_001)]), id="text beyond its bound"),
        pytest.param(Batch([measured(5, at_ms=2**63)]), id="time beyond 64 bits"),
        pytest.param(Batch([event(5, note(5).body, at_ms=2**63)]), id="time of an event beyond 64 bits"),
        pytest.param(Batch([note(5)], positions=[Position("d", "b", 2**63)]), id="position beyond 64 bits"),
        pytest.param(Batch([note(5)], positions=[Position("\ud800", "b", 1)]), id="position without UTF-8"),
    ],
)
async def test_a_poison_batch_fails_alone(tmp_path: Path, poison: Batch) -> None:
    store = opened(tmp_path)
    await store.append(Batch([created(), bound(2, "taken"), measured(3)], seals=[seal(1, 3)]))
    async with held(store):
        before = store.append(Batch([note(4)], positions=[position(1)]))
        bad = store.append(poison)
        after = store.append(Batch([measured(5)], positions=[position(2)]))
    assert await outcomes(before, bad, after) == [None, "constraint", None]
    assert [entry.seq for entry in await read(store, SESSION)] == [1, 2, 3, 4, 5]
    assert await read(store, OTHER) == []
    assert await store.positions() == {"sim-room-1": position(2)}
    await store.close()
    again = opened(tmp_path)
    assert [entry.seq for entry in await read(again, SESSION)] == [1, 2, 3, 4, 5]
    await again.close()


class TogetherOrNotAtAll(Writer):
    """What the tests above must catch: one batch takes the others of its group with it."""

    def _failed(self, works: list[Work], error: StoreFailed) -> None:
        for work in works:
            work.error = error


async def test_without_the_second_try_a_poison_batch_takes_others_with_it(tmp_path: Path) -> None:
    """Negative control."""
    store = opened(tmp_path)
    await store.append(Batch([created(), bound(2, "taken"), measured(3)]))
    store.writer.__class__ = TogetherOrNotAtAll
    async with held(store):
        waiting = [store.append(Batch([note(4)])), store.append(Batch([created(OTHER), bound(2, "taken", OTHER)]))]
    assert await outcomes(*waiting) == ["constraint", "constraint"]
    await store.close()


async def test_a_position_that_stands_alone_is_kept(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.append(Batch(positions=[position(7, "unbound-device")]))
    await store.close()
    again = opened(tmp_path)
    assert await again.positions() == {"unbound-device": position(7, "unbound-device")}
    await again.close()


async def test_at_its_bound_the_store_is_busy_and_keeps_order(tmp_path: Path) -> None:
    store = opened(tmp_path, max_waiting=10)
    await store.append(Batch([created(), created(OTHER)]))
    async with held(store):
        taken = store.append(Batch([measured(seq) for seq in range(2, 12)]))
        refused = store.append(Batch([measured(12)]))
    assert await outcomes(taken, refused) == [None, "busy"]
    behind, elsewhere = store.append(Batch([measured(13)])), store.append(Batch([note(2, OTHER)]))
    assert await outcomes(behind, elsewhere) == ["busy", None], "what follows a refused batch waits for it"
    again = [store.append(Batch([measured(12)])), store.append(Batch([measured(13)]))]
    assert await outcomes(*again) == [None, None]
    assert await outcomes(store.append(Batch([measured(15)]))) == ["constraint"], "now a hole is a hole again"
    assert [entry.seq for entry in await read(store, SESSION)] == list(range(1, 14))
    await store.close()


async def test_another_process_that_holds_the_lock_is_waited_for_then_named(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.append(Batch([created()]))
    await store.write(lambda connection: connection.execute("PRAGMA busy_timeout=1").fetchone())
    other = connect(tmp_path / DATABASE, cache_kib=64)
    other.execute("BEGIN IMMEDIATE")
    held_up = store.append(Batch([measured(2)]))
    assert await outcomes(held_up) == ["locked"]
    behind = store.append(Batch([measured(3)]))
    assert await outcomes(behind) == ["locked"]
    assert await read(store, SESSION) == [created()]
    other.execute("ROLLBACK")
    assert await outcomes(store.append(Batch([measured(2)])), store.append(Batch([measured(3)]))) == [None, None]
    other.close()
    await store.close()


async def test_a_caller_that_gave_up_changes_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    async with held(store):
        given_up = store.append(Batch(log(5)))
        given_up.cancel()
    await store.append(Batch([measured(6)]))
    assert [entry.seq for entry in await read(store, SESSION)] == [1, 2, 3, 4, 5, 6]
    assert (await store.counts())["waiting"] == 0
    await store.close()


async def test_a_bug_in_the_writer_ends_the_store_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[object] = []
    monkeypatch.setattr("threading.excepthook", died.append)
    store = opened(tmp_path)
    await store.append(Batch([created()]))
    monkeypatch.setattr(store.writer, "_plan", lambda *_: 1 / 0)
    async with held(store):
        waiting = [store.append(Batch([measured(2)])), store.append(Batch([measured(3)]))]
    assert await outcomes(*waiting) == ["io", "io"]
    assert await outcomes(store.append(Batch([measured(4)]))) == ["io"]
    late = asyncio.get_running_loop().create_future()
    store.writer.put(Work(Batch([measured(4)]), None, late, 1), asyncio.get_running_loop())
    assert await outcomes(late) == ["io"], "also what slipped in while it died"
    with pytest.raises(StoreFailed, match="the writer died"):
        await store.ping()
    assert await read(store, SESSION) == [created()], "the record can still be read"
    await store.close()
    assert len(died) == 1


async def test_one_process_can_use_a_store_in_several_event_loops_one_after_the_other(tmp_path: Path) -> None:
    """A command makes the store in one loop and serves in the next."""

    def run(store: SqliteStore, entries: list[Entry]) -> None:
        async def append() -> None:
            await store.append(Batch(entries))

        asyncio.run(append())

    store = opened(tmp_path)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, run, store, [created()])
    await loop.run_in_executor(None, run, store, [measured(2)])
    assert [entry.seq for entry in await read(store, SESSION)] == [1, 2]
    await store.close()


async def test_the_write_ahead_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints beside the writer, their rest by the writer, and then the log begins anew: it does not grow with what is written."""
    monkeypatch.setattr("monitor.store.checkpointer.PAGES", 50)
    store = opened(tmp_path)
    await store.append(Batch([created()]))
    sizes = []
    for seq in range(2, 802, 4):
        await store.append(Batch([note(n, text=f"{n}" * 300) for n in range(seq, seq + 4)]))
        assert await asyncio.get_running_loop().run_in_executor(None, store._checkpointer.idle.wait, 20)
        sizes.append((tmp_path / f"{DATABASE}-wal").stat().st_size)
    assert max(sizes) < 100 * 4_200
    assert (tmp_path / DATABASE).stat().st_size > 2 * 100 * 4_200, "it was written many times over"
    await store.close()
    assert not (tmp_path / f"{DATABASE}-wal").exists()
