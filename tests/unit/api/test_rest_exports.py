"""Many sessions in one archive: each verifies, each is in the access log, one that cannot be made keeps no other back."""

import asyncio
import gc
import io
import zipfile
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from monitor.access.ports import AccessKind, AccessStoreFailed
from monitor.access.roles import Role
from monitor.api import export_jobs
from monitor.export.formats import Format
from monitor.export.verify import verify_file
from tests.unit.api.house import House
from tests.unit.api.test_rest_export import recorded

EXPORTS = "/api/v1/exports"


async def over(home: House, role: Role = Role.AUDITOR) -> dict[str, Any]:
    while (now := (await home.get(EXPORTS, role)).json())["state"] in {"waiting", "writing"}:  # noqa: ASYNC110 - files are written in threads
        await asyncio.sleep(0.01)
    return dict(now)


async def test_each_chosen_session_is_in_the_archive_and_verifies(home: House, tmp_path: Path) -> None:
    sessions = [await recorded(home), await home.session(room="Room 9")]
    assert (await home.get(EXPORTS, Role.AUDITOR)).status_code == 404
    asked = await home.post(EXPORTS, {"sessions": sessions, "format": "jsonl"}, Role.AUDITOR)
    assert (asked.status_code, asked.json()["total"]) == (202, 2)
    now = await over(home)
    assert (now["state"], now["done"], now["failed"]) == ("ready", 2, [])
    data = (await home.get(f"{EXPORTS}/file", Role.AUDITOR)).content
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        assert files.namelist() == [f"{session}.jsonl" for session in sessions]
        files.extractall(tmp_path)
    assert all(verify_file(tmp_path / f"{session}.jsonl").is_verified for session in sessions)
    rows = [row for row in await home.access._store.access_log(limit=1_000) if row.kind is AccessKind.EXPORT]
    assert sorted((row.who, row.what, row.detail) for row in rows) == [("auditor", session, "jsonl") for session in sessions]
    assert (await home.get(f"{EXPORTS}/file", Role.CLINICIAN)).status_code == 404, "nobody else's"
    assert (await home.get(EXPORTS, Role.ADMIN)).status_code == 403


async def test_one_that_cannot_be_made_is_named_and_the_others_are_there(home: House) -> None:
    session = await recorded(home)
    await home.post(EXPORTS, {"sessions": ["S-000999", session], "format": "jsonl"}, Role.AUDITOR)
    now = await over(home)
    assert (now["state"], now["done"], len(now["failed"])) == ("ready", 2, 1)
    assert now["failed"][0].startswith("S-000999: ")
    await home.post(EXPORTS, {"sessions": ["S-000999"]}, Role.AUDITOR)
    assert (await over(home))["state"] == "failed"
    assert (await home.get(f"{EXPORTS}/file", Role.AUDITOR)).status_code == 404


async def test_nothing_is_written_that_the_access_log_does_not_take(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await recorded(home)

    async def fails(*_: object) -> None:
        raise AccessStoreFailed("full")

    monkeypatch.setattr(home.access._store, "log_access", fails)
    await home.post(EXPORTS, {"sessions": [session]}, Role.AUDITOR)
    now = await over(home)
    assert (now["state"], now["bytes"]) == ("failed", 0)
    assert "AccessStoreFailed" in now["why"]


async def test_the_bounds_are_named(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [await recorded(home), await home.session(room="Room 9")]
    monkeypatch.setattr(export_jobs, "MAX_BYTES", 1)
    put, go_on = export_jobs._put, Event()

    def held(archive: Path, file: Path) -> None:
        go_on.wait(10)
        put(archive, file)

    monkeypatch.setattr(export_jobs, "_put", held)
    asked = [await home.post(EXPORTS, {"sessions": sessions, "format": "jsonl"}, Role.AUDITOR) for _ in range(2)]
    assert (asked[1].status_code, asked[1].json()["reason"]) == (409, "busy")
    go_on.set()
    assert "the archive is full" in (await over(home))["failed"][0]
    monkeypatch.setattr(export_jobs, "MAX_PEOPLE", 1)
    go_on.clear()
    await home.post(EXPORTS, {"sessions": sessions, "format": "jsonl"}, Role.AUDITOR)
    assert (await home.post(EXPORTS, {"sessions": sessions}, Role.CLINICIAN)).status_code == 409, "no room"
    go_on.set()
    await over(home)
    assert (await home.post(EXPORTS, {"sessions": sessions}, Role.CLINICIAN)).status_code == 202, "the one that is over falls out"
    assert (await home.get(EXPORTS, Role.AUDITOR)).status_code == 404
    await over(home, Role.CLINICIAN)
    assert (await home.post(EXPORTS, {"sessions": ["../etc"]}, Role.AUDITOR)).status_code == 422


def test_an_archive_goes_with_the_monitor_that_made_it_and_nothing_is_complained_of() -> None:
    job = export_jobs._Job(("S-000001",), Format.JSONL)
    folder = job.path.parent
    assert folder.is_dir()
    del job
    gc.collect()
    assert not folder.exists()
