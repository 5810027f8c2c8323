"""The demo's past sessions are sessions like any other: whole, judged the same again, discharged, and said to be simulated."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.cli.demo_past import DAY_MS, PAST, live_past
from monitor.core.replay import replay
from monitor.review.past import Past
from monitor.settings import Settings, read_settings
from monitor.store.review import PastQuery
from monitor.store.sqlite import SqliteStore
from schemas.log import Entry
from schemas.measurement import Mode
from schemas.session import Phase

NOW_MS = 1_763_800_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({}, data_dir=tmp_path)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore.open(settings.data_dir)
    yield opened
    await opened.close()


async def entries_of(store: SqliteStore, session: str) -> list[Entry]:
    return [entry async for chunk in store.entries(session) for entry in chunk]


async def test_they_are_ended_signed_for_and_tell_their_age(store: SqliteStore, settings: Settings) -> None:
    await live_past(store, settings, NOW_MS)
    page = await Past(store, store.review, "UTC").page(PastQuery(limit=10))
    found = page.sessions[::-1]
    assert [each.session for each in found] == [f"S-{no:06d}" for no in range(1, len(PAST) + 1)]
    assert [each.created_at_ms for each in found] == sorted(NOW_MS - ended.days * DAY_MS for ended in PAST)
    for each in found:
        assert each.phase is Phase.CLOSED
        assert each.modes == (Mode.SIMULATED,)
        assert each.given_ug == each.order.dose_ug
        kinds = [type(entry.body).__name__ for entry in await entries_of(store, each.session)]
        assert "SignedOff" in kinds
    assert [bool(each.alerts.high) for each in found] == [ended.scenario == "hypertensive-surge" for ended in PAST]


async def test_they_are_judged_the_same_again_and_stand_under_their_chain(store: SqliteStore, settings: Settings) -> None:
    await live_past(store, settings, NOW_MS)
    for no in range(1, len(PAST) + 1):
        entries = await entries_of(store, f"S-{no:06d}")
        assert list(replay(entries)) == []
        seals = await store.seals(f"S-{no:06d}")
        assert seals[-1].last_seq == entries[-1].seq


async def test_a_patient_has_a_course_with_scores(store: SqliteStore, settings: Settings) -> None:
    await live_past(store, settings, NOW_MS)
    course = await Past(store, store.review, "UTC").course("SIM-1988-U", NOW_MS)
    scored = [ended for ended in PAST if ended.phq9 is not None]
    assert len(course.sessions) == len(scored) >= 2
    assert course.is_whole
    days = [datetime.fromtimestamp((NOW_MS - ended.days * DAY_MS) / 1000, UTC).date().isoformat() for ended in scored]
    assert [(row.value_milli, row.taken_on) for row in course.outcomes] == [
        (1000 * (ended.phq9 or 0), day) for ended, day in zip(scored, days, strict=True)
    ]


async def test_a_folder_with_sessions_gets_no_second_past(store: SqliteStore, settings: Settings) -> None:
    await live_past(store, settings, NOW_MS)
    await live_past(store, settings, NOW_MS + DAY_MS)
    assert await store.next_session_no() == len(PAST) + 1
