"""What every store does, on each store there is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from monitor.store.memory import MemoryStore
from monitor.store.ports import MAX_ASIDE_ROWS, MAX_ASIDE_TEXT, MAX_RAW_BYTES, Aside, Batch, Store, StoreFailed
from schemas.log import Entry, Measured
from schemas.measurement import Reason, Validity
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.store.files import opened, read
from tests.unit.store.logs import (
    ORDER,
    PATIENT,
    SESSION,
    START_MS,
    bound,
    created,
    log,
    measured,
    note,
    phase,
    position,
    reading,
    seal,
    unbound,
)

OTHER = "S-000002"


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else opened(tmp_path / "data")
    yield made
    await made.close()


async def refused(store: Store, batch: Batch) -> str:
    """The kind that the batch failed with."""
    with pytest.raises(StoreFailed) as failed:
        await store.append(batch)
    return failed.value.kind


# Appending


async def test_entries_come_back_as_they_were(store: Store) -> None:
    entries = log(50)
    await store.append(Batch(entries[:20]))
    await store.append(Batch(entries[20:]))
    assert await read(store, SESSION) == entries


async def test_sessions_in_one_batch_keep_apart(store: Store) -> None:
    one, two = log(30), log(30, OTHER)
    await store.append(Batch([entry for pair in zip(one, two, strict=True) for entry in pair]))
    assert await read(store, SESSION) == one
    assert await read(store, OTHER) == two


async def test_an_empty_batch_is_done(store: Store) -> None:
    await store.append(Batch())
    assert await store.sessions(open_only=False) == []


async def test_a_log_begins_with_its_creation(store: Store) -> None:
    assert await refused(store, Batch([note(1)])) == "constraint"
    assert await refused(store, Batch([measured(1)])) == "constraint"
    assert await store.session(SESSION) is None


async def test_a_session_is_created_once(store: Store) -> None:
    await store.append(Batch([created()]))
    again = msgspec.structs.replace(created(), seq=2)
    assert await refused(store, Batch([again])) == "constraint"
    assert await read(store, SESSION) == [created()]


@pytest.mark.parametrize("seq", [1, 2, 3, 5, 6])
async def test_a_log_has_no_hole_and_no_double(store: Store, seq: int) -> None:
    await store.append(Batch(log(3)))
    assert await refused(store, Batch([note(seq)])) == "constraint"
    await store.append(Batch([note(4)]))
    assert await read(store, SESSION) == [*log(3), note(4)]


async def test_a_session_has_an_id_of_its_form(store: Store) -> None:
    assert await refused(store, Batch([created("room-1")])) == "constraint"


async def test_a_batch_is_all_or_nothing(store: Store) -> None:
    await store.append(Batch(log(3)))
    bad = Batch(
        [note(4), created(OTHER), note(6)],
        [seal(1, 4)],
        [position(9)],
        [Aside(START_MS, None, "malformed", "$", "not JSON", b"{")],
    )
    assert await refused(store, bad) == "constraint"
    assert await read(store, SESSION) == log(3)
    assert await store.session(OTHER) is None
    assert await store.seals(SESSION) == []
    assert await store.positions() == {}
    assert await store.aside(10) == []
    await store.append(Batch([note(4), created(OTHER)], [seal(1, 4)]))
    assert await read(store, OTHER) == [created(OTHER)]


# Reading


@pytest.mark.parametrize(("since", "until"), [(0, None), (1, None), (7, 20), (20, 20), (29, 30), (0, 1), (30, None), (5, 999)])
async def test_a_part_of_a_log(store: Store, since: int, until: int | None) -> None:
    await store.append(Batch(log(30)))
    assert await read(store, SESSION, since, until) == log(30)[since:until]


async def test_chunks_are_bounded_and_in_order(store: Store) -> None:
    entries = log(4_500)
    await store.append(Batch(entries))
    chunks = [chunk async for chunk in store.entries(SESSION)]
    assert [len(chunk) for chunk in chunks] == [2_000, 2_000, 500]
    assert [entry.seq for chunk in chunks for entry in chunk] == list(range(1, 4_501))


@pytest.mark.parametrize("session", [OTHER, "nonsense", ""])
async def test_an_unknown_session_is_empty(store: Store, session: str) -> None:
    await store.append(Batch(log(3)))
    assert await read(store, session) == []
    assert await store.session(session) is None
    assert await store.events(session) == []
    assert await store.seals(session) == []
    trends = await store.trend(session, (Vital.SPO2,), since_ms=0, until_ms=START_MS, max_points=10)
    assert trends[Vital.SPO2].value == []


async def test_events_are_what_is_not_a_measurement(store: Store) -> None:
    await store.append(Batch([*log(30), phase(31, Phase.BASELINE)]))
    events = await store.events(SESSION)
    assert [entry.seq for entry in events] == [1, 10, 20, 30, 31]
    assert not any(isinstance(entry.body, Measured) for entry in events)
    assert [entry.seq for entry in await store.events(SESSION, since_seq=10, limit=2)] == [20, 30]
    assert [entry.seq for entry in await store.events(SESSION, kinds=frozenset({"phase_ordered", "session_created"}))] == [1, 31]
    assert await store.events(SESSION, kinds=frozenset()) == []


async def test_seals_come_in_order(store: Store) -> None:
    await store.append(Batch(log(30), [seal(1, 10)]))
    await store.append(Batch(seals=[seal(11, 20), seal(21, 30)]))
    assert await store.seals(SESSION) == [seal(1, 10), seal(11, 20), seal(21, 30)]
    assert await store.seals(SESSION, since_seq=9, limit=2) == [seal(1, 10), seal(11, 20)]
    assert await store.seals(SESSION, since_seq=10, limit=1) == [seal(11, 20)]
    assert await store.seals(SESSION, since_seq=20) == [seal(21, 30)]
    assert await store.seals(SESSION, since_seq=30) == []


async def test_a_seal_closes_only_what_is_on_record(store: Store) -> None:
    await store.append(Batch(log(5)))
    assert await refused(store, Batch(seals=[seal(1, 6)])) == "constraint"
    assert await refused(store, Batch(seals=[seal(1, 1, OTHER)])) == "constraint"
    await store.append(Batch([note(6)], [seal(1, 6)]))
    assert await refused(store, Batch(seals=[seal(1, 6)])) == "constraint"


# Derived rows


async def test_a_session_as_its_log_tells_it(store: Store) -> None:
    await store.append(Batch([created(room="Room 7"), measured(2), phase(3, Phase.BASELINE), measured(4)]))
    row = await store.session(SESSION)
    assert row is not None
    assert (row.id, row.room, row.phase, row.created_at_ms, row.closed_at_ms) == (SESSION, "Room 7", Phase.BASELINE, START_MS, None)
    assert (row.patient, row.order, row.last_seq) == (PATIENT, ORDER, 4)


@pytest.mark.parametrize("end", [Phase.CLOSED, Phase.ABORTED])
async def test_a_session_that_ended_is_not_open(store: Store, end: Phase) -> None:
    await store.append(Batch([created(), created(OTHER), phase(2, end), measured(3)]))
    assert [row.id for row in await store.sessions(open_only=True)] == [OTHER]
    ended, other = await store.sessions(open_only=False)
    assert (ended.id, ended.closed_at_ms, ended.last_seq) == (SESSION, START_MS + 2_000, 3)
    assert (other.id, other.closed_at_ms, other.last_seq) == (OTHER, None, 1)


async def test_sessions_are_numbered_on(store: Store) -> None:
    assert await store.next_session_no() == 1
    await store.append(Batch([created("S-000041")]))
    assert await store.next_session_no() == 42


async def test_a_device_belongs_to_one_session(store: Store) -> None:
    await store.append(Batch([created(), created(OTHER), bound(2, "sim-room-1")]))
    assert await refused(store, Batch([bound(2, "sim-room-1", OTHER)])) == "constraint"
    await store.append(Batch([unbound(3, "sim-room-1"), bound(2, "sim-room-1", OTHER)]))
    assert await refused(store, Batch([bound(4, "sim-room-1")])) == "constraint"


async def test_the_end_of_a_session_frees_its_devices(store: Store) -> None:
    await store.append(Batch([created(), bound(2, "sim-room-1"), bound(3, "sim-room-2"), phase(4, Phase.ABORTED)]))
    await store.append(Batch([created(OTHER), bound(2, "sim-room-1", OTHER), bound(3, "sim-room-2", OTHER)]))
    assert await refused(store, Batch([bound(5, "sim-room-1")])) == "constraint"


async def test_positions_are_the_newest_of_each_device(store: Store) -> None:
    await store.append(Batch([created()], positions=[position(1), position(2), position(1, "sim-room-2")]))
    await store.append(Batch(positions=[position(3)]))
    await store.append(Batch(positions=[position(1, boot="boot-2")]))
    assert await store.positions() == {"sim-room-1": position(1, boot="boot-2"), "sim-room-2": position(1, "sim-room-2")}


# Kept aside


async def test_refused_input_is_kept_as_it_came(store: Store) -> None:
    rows = [Aside(START_MS + n, "sim-room-1" if n else None, "malformed", "frame", f"number {n}", bytes([n, 0, 255])) for n in range(5)]
    await store.append(Batch(aside=rows))
    assert await store.aside(3) == rows[2:]
    assert await store.aside(99) == rows
    assert await store.aside(0) == []


async def test_refused_input_is_cut(store: Store) -> None:
    await store.append(Batch(aside=[Aside(START_MS, None, "x" * 9_000, "y" * 9_000, "z" * 9_000, b"r" * 9_000)]))
    (row,) = await store.aside(1)
    assert (len(row.reason), len(row.where), len(row.detail)) == (MAX_ASIDE_TEXT,) * 3
    assert len(row.raw) == MAX_RAW_BYTES


async def test_only_the_newest_refused_input_is_kept(store: Store) -> None:
    for first in range(0, 2 * MAX_ASIDE_ROWS, 4_000):
        await store.append(Batch(aside=[Aside(n, None, "busy", "", "", b"") for n in range(first, first + 4_000)]))
    rows = await store.aside(3 * MAX_ASIDE_ROWS)
    assert [row.at_ms for row in rows] == list(range(MAX_ASIDE_ROWS, 2 * MAX_ASIDE_ROWS))


# Trends


def rates(values: list[int | None]) -> list[Entry]:
    """A log with one heart rate a second; None is a reading that is invalid."""
    return [
        created(),
        *(
            measured(
                seq,
                SESSION,
                reading(Vital.HEART_RATE, value)
                if value is not None
                else reading(Vital.HEART_RATE, None, Validity.INVALID, Reason.NOT_MEASURED),
            )
            for seq, value in enumerate(values, start=2)
        ),
    ]


async def test_a_trend_of_few_points_is_every_point(store: Store) -> None:
    await store.append(Batch(rates([70_000, 71_000, None, 72_500])))
    trends = await store.trend(SESSION, (Vital.HEART_RATE, Vital.SPO2), since_ms=START_MS, until_ms=START_MS + 9_999, max_points=40)
    assert trends[Vital.SPO2].value == []
    heart_rate = trends[Vital.HEART_RATE]
    assert heart_rate.value == [70.0, 71.0, None, 72.5]
    assert heart_rate.at_ms == [START_MS + 1_000 * seq for seq in (2, 3, 4, 5)]
    assert heart_rate.measured_at_ms == [START_MS + 1_000 * seq - 350 for seq in (2, 3, 4, 5)]
    assert heart_rate.validity == [Validity.VALID, Validity.VALID, Validity.INVALID, Validity.VALID]
    assert heart_rate.reason[2] is Reason.NOT_MEASURED


@pytest.mark.parametrize("max_points", [2, 3, 10, 101])
async def test_a_trend_keeps_every_peak_within_its_bound(store: Store, max_points: int) -> None:
    values: list[int | None] = [80_000 + n % 7 * 100 for n in range(1_000)]
    values[333], values[777] = 20_000, 240_000
    await store.append(Batch(rates(values)))
    trend = (await store.trend(SESSION, (Vital.HEART_RATE,), since_ms=START_MS, until_ms=START_MS + 1_100_000, max_points=max_points))[
        Vital.HEART_RATE
    ]
    assert 2 <= len(trend.value) <= max_points
    assert {20.0, 240.0} <= set(trend.value)
    assert trend.at_ms == sorted(trend.at_ms)


async def test_a_trend_holds_only_its_window(store: Store) -> None:
    await store.append(Batch(rates([60_000 + 1_000 * n for n in range(100)])))
    trend = (await store.trend(SESSION, (Vital.HEART_RATE,), since_ms=START_MS + 12_000, until_ms=START_MS + 14_000, max_points=100))[
        Vital.HEART_RATE
    ]
    assert trend.value == [70.0, 71.0, 72.0]


async def test_an_invalid_value_is_never_drawn(store: Store) -> None:
    entries = rates([70_000] * 20)
    entries[10] = measured(11, SESSION, reading(Vital.HEART_RATE, 999_000, Validity.INVALID, Reason.OUT_OF_RANGE))
    await store.append(Batch(entries))
    trend = (await store.trend(SESSION, (Vital.HEART_RATE,), since_ms=START_MS, until_ms=START_MS + 21_999, max_points=44))[
        Vital.HEART_RATE
    ]
    assert trend.value.count(None) == 1
    assert trend.reason[trend.value.index(None)] is Reason.OUT_OF_RANGE
    assert 999.0 not in trend.value


# The end


async def test_what_was_appended_before_the_end_is_on_record(store: Store) -> None:
    waiting = [store.append(Batch([entry])) for entry in log(20)]
    await store.close()
    assert all(done.done() and done.exception() is None for done in waiting)
    assert await refused(store, Batch([note(21)])) == "closed"
    with pytest.raises(StoreFailed, match="closed"):
        await store.ping()


async def test_it_answers(store: Store) -> None:
    await store.append(Batch(log(12)))
    await store.ping()
    counts = await store.counts()
    assert (counts["sessions"], counts["open_sessions"], counts["entries"], counts["waiting"], counts["aside"]) == (1, 1, 12, 0, 0)


async def test_many_batches_at_once_all_end(store: Store) -> None:
    sessions = [f"S-{number:06d}" for number in range(1, 41)]
    logs = {session: log(15, session) for session in sessions}
    await asyncio.gather(*(store.append(Batch([logs[session][n]])) for n in range(15) for session in sessions))
    for session in sessions:
        assert await read(store, session) == logs[session]
