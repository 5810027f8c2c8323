"""What every store answers to whoever looks back, on each store there is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pysqlite3.dbapi2 as sqlite3
import pytest

from monitor.store.data_folder import DATABASE
from monitor.store.memory import MemoryStore
from monitor.store.ports import Batch, Store, StoreFailed
from monitor.store.review import Kept, NewOutcome, PastQuery, ReviewStore
from monitor.store.review_memory import MemoryReviewStore
from monitor.store.sqlite import SqliteStore
from schemas.log import Entry, PhaseOrdered, SessionCreated
from schemas.outcomes import Instrument, Outcome, in_force
from schemas.session import Order, Patient, Phase, Treatment
from tests.unit.store.files import opened
from tests.unit.store.logs import ORDER, START_MS, event, note

HOUR_MS = 3_600_000
Both = tuple[Store, ReviewStore]


@pytest.fixture(params=["memory", "sqlite"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Both]:
    if request.param == "memory":
        memory = MemoryStore()
        yield memory, MemoryReviewStore(memory)
        return
    store = opened(tmp_path / "data")
    yield store, store.review
    await store.close()


def session(number: int, *, room: str = "Room 1", label: str = "A. B.", code: str | None = None, order: Order = ORDER) -> list[Entry]:
    name = f"S-{number:06d}"
    created = SessionCreated("ana", "{}", "0" * 64, order, Patient(1980, label, 70_000, code), room)
    return [Entry(START_MS + number * HOUR_MS, created, 1, name), note(2, name)]


def ended(number: int, **fields: Any) -> list[Entry]:
    log = session(number, **fields)
    return [*log, event(3, PhaseOrdered("ana", None, Phase.CLOSED), log[0].session, log[0].at_ms + 60_000)]


async def furnish(both: Both, *logs: list[Entry]) -> None:
    await both[0].append(Batch([entry for log in logs for entry in log]))


async def ids(both: Both, **query: Any) -> list[int]:
    return [int(row.id[2:]) for row in await both[1].past(PastQuery(**query))]


async def test_the_newest_session_is_first_and_a_page_begins_where_the_last_ended(both: Both) -> None:
    await furnish(both, *(ended(number) for number in range(1, 8)))
    assert await ids(both, limit=3) == [7, 6, 5]
    assert await ids(both, limit=3, before="S-000005") == [4, 3, 2]
    assert await ids(both, limit=3, before="S-000002") == [1]


async def test_every_filter_leaves_out_what_it_says(both: Both) -> None:
    watched = Order(0, 0, Treatment.NONE)
    await furnish(
        both, ended(1), ended(2, room="Room 2"), ended(3, label="Q. Z."), ended(4, order=watched), ended(5, code="K-0017"), session(6)
    )
    assert await ids(both) == [6, 5, 4, 3, 2, 1]
    assert await ids(both, room="Room 2") == [2]
    assert await ids(both, label="q. z") == [3]
    assert await ids(both, label="%") == []
    assert await ids(both, treatment=Treatment.NONE) == [4]
    assert await ids(both, code="K-0017") == [5]
    assert await ids(both, ended=True) == [5, 4, 3, 2, 1]
    assert await ids(both, since_ms=START_MS + 3 * HOUR_MS, until_ms=START_MS + 5 * HOUR_MS) == [4, 3]


async def test_a_session_is_the_same_whoever_asks(both: Both) -> None:
    await furnish(both, ended(1, code="K-0017"), ended(2))
    assert await both[1].past(PastQuery()) == (await both[0].sessions(open_only=False))[::-1]
    row = await both[0].session("S-000001")
    assert row is not None
    assert row.patient == Patient(1980, "A. B.", 70_000, "K-0017")


async def test_figures_are_kept_by_form_and_replaced(both: Both) -> None:
    store = both[1]
    await furnish(both, ended(1), ended(2), session(3))
    assert await store.without_figures(1, 10) == ["S-000002", "S-000001"]
    await store.keep(Kept("S-000001", 1, 0, "{}"))
    assert await store.without_figures(1, 10) == ["S-000002"]
    assert await store.figures(["S-000001", "S-000002"], 1) == {"S-000001": "{}"}
    assert await store.without_figures(2, 1) == ["S-000002"]
    assert await store.figures(["S-000001"], 2) == {}
    await store.keep(Kept("S-000001", 2, 1, "[]"))
    assert await store.figures(["S-000001"], 2) == {"S-000001": "[]"}


async def test_those_with_a_high_alert_and_those_that_may_have_one(both: Both) -> None:
    await furnish(both, ended(1), ended(2), session(3), ended(4))
    await both[1].keep(Kept("S-000001", 1, 2, "{}"))
    await both[1].keep(Kept("S-000002", 1, 0, "{}"))
    assert await ids(both, had_high=True) == [3, 1]


async def test_codes_are_counted(both: Both) -> None:
    await furnish(both, ended(1, code="K-002"), ended(2, code="K-001"), session(3, code="K-002"), ended(4))
    rows = await both[1].codes(after="", limit=10)
    assert [(row.code, row.sessions, row.newest_ms) for row in rows] == [
        ("K-001", 1, START_MS + 2 * HOUR_MS),
        ("K-002", 2, START_MS + 3 * HOUR_MS),
    ]
    assert [row.code for row in await both[1].codes(after="K-001", limit=1)] == ["K-002"]


# Outcome scores


def score(value: int | None = 14, *, corrects: int | None = None, **fields: Any) -> NewOutcome:
    usual = {"code": "K-001", "instrument": Instrument.PHQ9, "taken_on": "2026-11-02", "entered_at_ms": START_MS, "by": "ana"}
    return NewOutcome(**{**usual, **fields}, value_milli=None if value is None else value * 1000, corrects=corrects)


async def test_scores_come_back_in_the_order_they_were_entered(both: Both) -> None:
    store = both[1]
    first = await store.add_outcome(score())
    other = await store.add_outcome(score(3, code="K-002"))
    second = await store.add_outcome(score(9, taken_on="2026-11-09"))
    assert [first.no, other.no, second.no] == [1, 2, 3]
    assert await store.outcomes("K-001") == [first, second]
    assert await store.first_broken_outcome() is None


async def test_a_correction_is_a_row_of_its_own_and_the_old_one_stays(both: Both) -> None:
    store = both[1]
    await store.add_outcome(score())
    await store.add_outcome(score(4, corrects=1, reason="misread"))
    await store.add_outcome(score(None, corrects=2, reason="another patient's"))
    rows = await store.outcomes("K-001")
    assert [(row.no, row.value_milli, row.corrects) for row in rows] == [(1, 14_000, None), (2, 4_000, 1), (3, None, 2)]
    assert in_force(rows) == []
    assert in_force(rows[:2]) == [rows[1]]


@pytest.mark.parametrize(
    "bad",
    [
        score(4, corrects=9),
        score(4, corrects=1, code="K-002"),
        score(4, corrects=1, instrument=Instrument.GAD7),
        score(None),
        score(4, corrects=2),
    ],
    ids=["no such row", "another patient's", "another instrument's", "no value", "corrected already"],
)
async def test_what_corrects_nothing_is_refused_and_leaves_no_trace(both: Both, bad: NewOutcome) -> None:
    store = both[1]
    await store.add_outcome(score())
    await store.add_outcome(score(15))
    await store.add_outcome(score(16, corrects=2))
    with pytest.raises(StoreFailed) as failed:
        await store.add_outcome(bad)
    assert failed.value.kind == "constraint"
    assert [row.no for row in await store.outcomes("K-001")] == [1, 2, 3]


async def test_a_score_can_be_neither_changed_nor_removed_in_the_file(tmp_path: Path) -> None:
    store = opened(tmp_path / "data")
    await store.review.add_outcome(score())
    await store.close()
    connection = sqlite3.connect(tmp_path / "data" / DATABASE)
    for statement in ("UPDATE outcome SET value_milli = 0", "DELETE FROM outcome"):
        with pytest.raises(sqlite3.DatabaseError, match="only ever added"):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE outcome SET value_milli = 3000 WHERE no = 2",
        "DELETE FROM outcome WHERE no = 2",
        "UPDATE outcome SET \"by\" = 'ben' WHERE no = 2",
    ],
)
async def test_who_gets_past_that_is_found_by_the_chain(tmp_path: Path, change: str) -> None:
    """And what was not changed is not called broken."""
    store = opened(tmp_path / "data")
    for value in (14, 12, 9):
        await store.review.add_outcome(score(value))
    assert await store.review.first_broken_outcome() is None
    await store.close()
    connection = sqlite3.connect(tmp_path / "data" / DATABASE)
    for verb in ("UPDATE", "DELETE"):
        connection.execute(f"DROP TRIGGER outcome_no_{verb}")
    connection.execute(change)
    connection.commit()
    connection.close()
    again = SqliteStore.open(tmp_path / "data")
    assert await again.review.first_broken_outcome() == 2
    await again.close()


def test_a_row_holds_what_was_entered() -> None:
    assert msgspec.structs.asdict(score().numbered(7)) == msgspec.structs.asdict(score()) | {"no": 7}
    assert set(Outcome.__struct_fields__) == set(NewOutcome.__struct_fields__) | {"no"}
