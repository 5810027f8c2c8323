"""Thinning: what SQL reduces and what Python reduces is the same, and no extreme is lost."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store.memory import MemoryStore
from monitor.store.ports import Batch
from monitor.store.trend import Window
from schemas.log import Entry
from schemas.measurement import Reason, Validity
from schemas.vitals import Vital
from tests.unit.store.files import opened
from tests.unit.store.logs import SESSION, START_MS, created, measured, note, reading

_VITALS = (Vital.HEART_RATE, Vital.SPO2)
_one = st.builds(reading, st.sampled_from(_VITALS), st.none() | st.integers(0, 300_000), st.sampled_from(Validity), st.sampled_from(Reason))
_several = st.lists(_one, max_size=2, unique_by=lambda each: each.vital).map(tuple)


@st.composite
def logs(draw: st.DrawFn) -> list[Entry]:
    at_ms, entries = START_MS, [created()]
    for seq, (step_ms, readings) in enumerate(draw(st.lists(st.tuples(st.integers(0, 4_000), _several), max_size=60)), start=2):
        at_ms += step_ms
        entries.append(measured(seq, SESSION, *readings, at_ms=at_ms) if readings else note(seq))
    return entries


@settings(max_examples=60)
@given(logs(), st.integers(-2_000, 60_000), st.integers(0, 90_000), st.integers(2, 40))
def test_the_file_gives_the_trend_that_memory_gives(entries: list[Entry], since: int, span: int, max_points: int) -> None:
    async def run(folder: Path) -> None:
        on_disk, in_memory = opened(folder), MemoryStore()
        window = {"since_ms": START_MS + since, "until_ms": START_MS + since + span, "max_points": max_points}
        for first in range(0, len(entries), 5):
            await on_disk.append(Batch(entries[first : first + 5]))
            await in_memory.append(Batch(entries[first : first + 5]))
        found = await on_disk.trend(SESSION, _VITALS, **window)
        assert found == await in_memory.trend(SESSION, _VITALS, **window)
        assert all(len(trend.value) <= max_points for trend in found.values())
        await on_disk.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


@given(logs(), st.integers(2, 40))
def test_extremes_are_kept_exactly(entries: list[Entry], max_points: int) -> None:
    async def run() -> None:
        store = MemoryStore()
        await store.append(Batch(entries))
        trends = await store.trend(SESSION, _VITALS, since_ms=START_MS, until_ms=START_MS + 300_000, max_points=max_points)
        for vital, trend in trends.items():
            drawn = [value for value in trend.value if value is not None]
            there = [
                each.value_milli / 1000
                for entry in entries
                for each in getattr(entry.body, "readings", ())
                if each.vital is vital and each.validity is not Validity.INVALID and each.value_milli is not None
            ]
            assert (min(drawn, default=None), max(drawn, default=None)) == (min(there, default=None), max(there, default=None))

    asyncio.run(run())


@pytest.mark.parametrize("max_points", [1, 0, -5])
def test_fewer_than_two_points_hold_no_extremes(max_points: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Window(_VITALS, 0, 1_000, max_points)
