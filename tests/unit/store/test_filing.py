"""Measurements lie in `arrival` for a while and end under their session; nobody who reads can tell, and a crash at any point loses none."""

from pathlib import Path

import pytest

from monitor.store.connection import connect_reader
from monitor.store.data_folder import DATABASE
from monitor.store.filing import FilingPace
from monitor.store.ports import Batch, StoreFailed
from monitor.store.sqlite import SqliteStore
from tests.unit.store.files import QUICK, copied, opened, read
from tests.unit.store.logs import SESSION, START_MS, created, measured, note, position

NEVER = FilingPace(session_rows=1 << 30, horizon_ms=1 << 40, unfiled_rows=1 << 30)


def rows(folder: Path, table: str) -> int:
    connection = connect_reader(folder / DATABASE)
    count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return int(count)


async def fill(store: SqliteStore, sessions: int, seqs: range) -> None:
    """One measurement a second in each session."""
    for seq in seqs:
        batch = Batch([measured(seq, f"S-{number:06d}", device=f"d-{number}") for number in range(1, sessions + 1)])
        batch.positions = [position(seq, f"d-{number}") for number in range(1, sessions + 1)]
        await store.append(batch)


async def created_store(folder: Path, pace: FilingPace, sessions: int) -> SqliteStore:
    store = opened(folder, pace)
    await store.append(Batch([created(f"S-{number:06d}") for number in range(1, sessions + 1)]))
    return store


@pytest.mark.parametrize(
    ("pace", "at_most"),
    [
        pytest.param(FilingPace(session_rows=4, horizon_ms=1 << 40, unfiled_rows=1 << 30), 20 * 4 + 20, id="a page full"),
        pytest.param(FilingPace(session_rows=1 << 20, horizon_ms=5_000, unfiled_rows=1 << 30), 20 * 8, id="waited long"),
        pytest.param(FilingPace(session_rows=1 << 20, horizon_ms=1 << 40, unfiled_rows=100), 120, id="many wait"),
    ],
)
async def test_each_reason_to_file_bounds_what_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pace: FilingPace, at_most: int
) -> None:
    monkeypatch.setattr("monitor.store.filing.SLICE_ROWS", 40)
    store = await created_store(tmp_path, pace, 20)
    await fill(store, 20, range(2, 62))
    counts = await store.counts()
    assert counts["unfiled"] <= at_most
    assert rows(tmp_path, "measurement") == 20 * 60 - counts["unfiled"]
    assert rows(tmp_path, "arrival") <= 20, "what was filed is cleared"
    assert len(store._ledger.waiting) <= 20
    await store.close()


async def test_what_waits_is_read_like_the_rest(tmp_path: Path) -> None:
    store = await created_store(tmp_path, NEVER, 2)
    await fill(store, 2, range(2, 32))
    await store.append(Batch([note(32)]))
    assert rows(tmp_path, "measurement") == 0
    found = await read(store, SESSION)
    assert [entry.seq for entry in found] == list(range(1, 33))
    assert found[9] == measured(10, device="d-1")
    assert [entry.seq for entry in await read(store, SESSION, 5, 8)] == [6, 7, 8]
    await store.close()


async def test_the_end_files_everything(tmp_path: Path) -> None:
    store = await created_store(tmp_path, NEVER, 3)
    await fill(store, 3, range(2, 22))
    await store.close()
    assert (rows(tmp_path, "measurement"), rows(tmp_path, "arrival")) == (60, 0)
    connection = connect_reader(tmp_path / DATABASE)
    found = connection.execute("SELECT device, boot, seq FROM device_position ORDER BY device").fetchall()
    assert found == [(f"d-{number}", "boot-1", 21) for number in (1, 2, 3)]
    connection.close()


@pytest.mark.parametrize("pace", [QUICK, NEVER, FilingPace()])
async def test_a_crash_at_any_point_loses_nothing(tmp_path: Path, pace: FilingPace) -> None:
    """The files are copied while the store lives; each copy is opened as after a crash, filed further and read."""
    store = await created_store(tmp_path / "data", pace, 3)
    for seq in range(2, 30):
        await fill(store, 3, range(seq, seq + 1))
        if seq % 7 == 0:
            crashed = opened(copied(tmp_path / "data", tmp_path / f"crash-{seq}"))
            for number in (1, 2, 3):
                assert [entry.seq for entry in await read(crashed, f"S-{number:06d}")] == list(range(1, seq + 1))
            assert (await crashed.positions())["d-2"] == position(seq, "d-2")
            await fill(crashed, 3, range(seq + 1, seq + 12))
            await crashed.close()
            again = opened(tmp_path / f"crash-{seq}", NEVER)
            assert await read(again, SESSION) == [created(), *(measured(n, device="d-1") for n in range(2, seq + 12))]
            await again.close()
    await store.close()


async def test_filing_that_fails_leaves_all_as_durable_as_before(tmp_path: Path) -> None:
    """The transaction takes it back; the rows still wait."""
    store = await created_store(tmp_path, QUICK, 3)
    await fill(store, 3, range(2, 8))
    await store.write(
        lambda connection: connection.execute("CREATE TRIGGER broken BEFORE INSERT ON measurement BEGIN SELECT raise(abort, 'no'); END")
    )
    with pytest.raises(StoreFailed):
        await fill(store, 3, range(8, 20))
    await store.write(lambda connection: connection.execute("DROP TRIGGER broken"))
    stored = len(await read(store, SESSION))
    await fill(store, 3, range(stored + 1, stored + 9))
    assert await read(store, SESSION) == [created(), *(measured(n, device="d-1") for n in range(2, stored + 9))]
    await store.close()


async def test_a_damaged_arrival_is_named(tmp_path: Path) -> None:
    store = await created_store(tmp_path, NEVER, 1)
    await fill(store, 1, range(2, 5))
    await store.write(lambda connection: connection.execute("UPDATE arrival SET body = x'00' WHERE arrival_no = 2"))
    copy = copied(tmp_path, tmp_path.with_name("copy"))
    await store.close()
    with pytest.raises(StoreFailed, match="arrival 2 cannot be read") as failed:
        opened(copy)
    assert failed.value.kind == "corrupt"


async def test_a_long_read_does_not_hold_back_the_write_ahead_log(tmp_path: Path) -> None:
    store = await created_store(tmp_path, QUICK, 1)
    await store.append(Batch([measured(seq, device="d-1") for seq in range(2, 6_002)]))
    chunks = store.entries(SESSION)
    assert len(await anext(chunks)) == 2_000
    await store.append(Batch([measured(seq, device="d-1") for seq in range(6_002, 8_002)]))
    checkpoint = await store._readers.read(lambda _: store.writer.connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone())
    assert checkpoint[0] == 0, "no reader is in the way"
    assert [entry.seq async for chunk in chunks for entry in chunk] == list(range(2_001, 6_002))
    await store.close()


async def test_time_that_stands_still_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.store.filing.SLICE_ROWS", 16)
    store = await created_store(tmp_path, FilingPace(session_rows=1 << 20, horizon_ms=1_000, unfiled_rows=50), 4)
    for seq in range(2, 100):
        await store.append(Batch([measured(seq, f"S-{number:06d}", at_ms=START_MS) for number in range(1, 5)]))
    assert (await store.counts())["unfiled"] <= 50 + 4
    await store.close()
