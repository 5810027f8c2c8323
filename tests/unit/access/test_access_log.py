"""The access log: what must be written, what is folded, what the bounds are."""

import pytest

from monitor.access import log as log_module
from monitor.access.log import AccessLog
from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import AccessKind, AccessLogRow, AccessStoreFailed
from monitor.access.roles import Person, Role
from tests.unit.access.door import Door, HandClock


class FullStore(MemoryAccessStore):
    async def log_access(self, rows: list[AccessLogRow]) -> None:
        raise AccessStoreFailed("full")


@pytest.fixture
def log(store: MemoryAccessStore, clock: HandClock) -> AccessLog:
    return AccessLog(store, clock)


async def deny(log: AccessLog, what: str = "POST /api/v1/sessions", *, who: str | None = "a.ruiz") -> None:
    await log.note(AccessKind.DENIED, who=who, address="10.0.0.7", what=what, detail="not_allowed")


async def test_first_refusal_is_written_at_once_and_repeats_are_counted(log: AccessLog, store: MemoryAccessStore, clock: HandClock) -> None:
    for _ in range(100):
        await deny(log)
    assert [row.times for row in await store.access_log()] == [1]
    clock.pass_s(60)
    await deny(log)
    assert [row.times for row in await store.access_log()] == [1, 99, 1]


async def test_flush_writes_what_is_only_counted(log: AccessLog, store: MemoryAccessStore) -> None:
    for _ in range(3):
        await deny(log)
    await log.flush()
    await log.flush()
    assert [row.times for row in await store.access_log()] == [2, 1]


async def test_different_refusals_are_not_folded_into_one(log: AccessLog, store: MemoryAccessStore) -> None:
    await deny(log)
    await deny(log, who="m.kern")
    await deny(log, "DELETE /api/v1/x")
    assert len(await store.access_log()) == 3


async def test_strangers_fill_no_disk_and_hide_nobody_we_know(log: AccessLog, store: MemoryAccessStore, clock: HandClock) -> None:
    for number in range(5_000):
        await deny(log, f"GET /{number}", who=None)
    await deny(log)
    rows = await store.access_log(limit=1_000)
    assert len(rows) == log_module.MAX_ROWS_OF_STRANGERS + 1
    assert rows[0].who == "a.ruiz"
    assert log.unwritten == 5_000 - log_module.MAX_ROWS_OF_STRANGERS
    assert len(log._folds) < log_module.MAX_FOLDS + 1
    clock.pass_s(60)
    await deny(log, "GET /later", who=None)
    assert (await store.access_log(limit=1))[0].what == "GET /later"


async def test_refusal_stands_and_is_counted_where_its_row_cannot_be_written(clock: HandClock) -> None:
    log = AccessLog(FullStore(), clock)
    await deny(log)
    assert log.unwritten == 1


async def test_what_must_be_recorded_fails_where_it_cannot_be(clock: HandClock) -> None:
    with pytest.raises(AccessStoreFailed):
        await AccessLog(FullStore(), clock).record(AccessKind.EXPORT, who="m.kern", address=None, what="S-000001")


async def test_export_is_recorded_before_it_begins(door: Door) -> None:
    await door.exporting(Person("m.kern", "M. Kern", Role.CLINICIAN), "10.0.0.7", session="S-000001", form="csv")
    row = (await door.store.access_log(limit=1))[0]
    assert (row.kind, row.who, row.what, row.detail, row.address) == (AccessKind.EXPORT, "m.kern", "S-000001", "csv", "10.0.0.7")


async def test_log_is_read_newest_first_page_by_page(log: AccessLog, store: MemoryAccessStore) -> None:
    for number in range(5):
        await log.record(AccessKind.EXPORT, who="m.kern", address=None, what=str(number))
    first = await store.access_log(limit=2)
    second = await store.access_log(before_no=first[-1].no, limit=10)
    assert [row.what for row in (*first, *second)] == ["4", "3", "2", "1", "0"]
    assert [row.no for row in (*first, *second)] == [5, 4, 3, 2, 1]


async def test_texts_are_cut(log: AccessLog, store: MemoryAccessStore) -> None:
    await deny(log, "x" * 10_000)
    assert len((await store.access_log())[0].what) == 200
