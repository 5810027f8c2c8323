"""The canary through the real store, and the figures of an installation as a program reads them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from monitor.app import Installation
from monitor.clock import ManualClock
from monitor.sessions.canary import DEVICE, EVERY_MS, ONSET_S
from monitor.settings import SettingsError, read_settings
from monitor.store.sqlite import open_reader
from tests.unit.core.bedside import INFUSION, PATIENT

TOKEN = "a-token-of-sixteen-bytes-or-more"
COUNT = 5


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Installation]:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    built = Installation(read_settings({}, data_dir=tmp_path / "data", metrics_token_file=token), ManualClock())
    async with built.api.router.lifespan_context(built.api):
        yield built


async def figures(house: Installation) -> dict[str, float]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(house.api), base_url="http://monitor.example") as http:
        answer = await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
    }


async def came_through(house: Installation, count: int) -> None:
    """So many canaries, each after its minute and its second."""
    clock = house.clock
    assert isinstance(clock, ManualClock)
    for number in range(1, count + 1):
        for wait_ms in (EVERY_MS, round(ONSET_S * 1000)):
            clock.advance(wait_ms)
            for _ in range(10):
                await asyncio.sleep(0)
        async with asyncio.timeout(20):
            while (await figures(house))["infusion_canary_seconds_count"] < number:  # noqa: ASYNC110 - a thread writes to the disk
                await asyncio.sleep(0.005)
        for _ in range(10):
            await asyncio.sleep(0)


async def test_it_runs_through_the_real_store_and_leaves_one_position(house: Installation, tmp_path: Path) -> None:
    session = await house.registry.create(room="Room 1", patient=PATIENT, order=INFUSION, by="anna")
    before = await house.store.counts()
    await came_through(house, COUNT)
    found = await figures(house)
    assert (found["infusion_canary_seconds_count"], found["infusion_canary_failed_total"]) == (COUNT, 0)
    assert all(house.registry.checks.values())
    after = await house.store.counts()
    assert (after["sessions"], after["entries"]) == (before["sessions"], before["entries"])
    assert [row.id for row in await house.store.sessions(open_only=False)] == [session]
    assert {name: position.seq for name, position in (await house.store.positions()).items()} == {DEVICE: COUNT}
    assert await house.registry.create(room="Room 2", patient=PATIENT, order=INFUSION, by="anna") == "S-000002"


async def test_the_record_of_sessions_is_whole_beside_it(house: Installation, tmp_path: Path) -> None:
    session = await house.registry.create(room="Room 1", patient=PATIENT, order=INFUSION, by="anna")
    await came_through(house, 2)
    await house.registry.settled()
    reader = open_reader(tmp_path / "data")
    try:
        seqs = [entry.seq for entries in [entries async for entries in reader.entries(session)] for entry in entries]
    finally:
        await reader.close()
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_short_token_stops_the_start(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("short")
    with pytest.raises(SettingsError, match="INFUSION_METRICS_TOKEN_FILE"):
        Installation(read_settings({}, data_dir=tmp_path / "data", metrics_token_file=token))
    assert not (tmp_path / "data").exists(), "nothing was opened"
