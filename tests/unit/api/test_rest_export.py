"""Exports over REST: they verify, they are in the access log first, and not everybody gets them."""

import io
import zipfile
from pathlib import Path

import pytest

from monitor.access.ports import AccessKind, AccessLogRow, AccessStoreFailed
from monitor.access.roles import Role
from monitor.export.verify import verify_file
from monitor.store.ports import Batch
from tests.unit.api.house import House
from tests.unit.ingest.frames import frame, measurement
from tests.unit.store.logs import created


async def recorded(home: House) -> str:
    """A session with a hundred measurements."""
    session, device = await home.bound()
    for seq in range(1, 11):
        home.clock.advance(1_000)
        made = [measurement(10 * seq + index, measured_at=home.now()) for index in range(10)]
        assert (await home.send(device, frame(seq, boot="b1", measurements=made))).status_code == 200
    return session


async def test_a_jsonl_export_verifies(home: House, tmp_path: Path) -> None:
    session = await recorded(home)
    answer = await home.get(f"/api/v1/sessions/{session}/export", Role.AUDITOR)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{session}.jsonl"'
    path = tmp_path / "out.jsonl"
    path.write_bytes(answer.content)
    assert verify_file(path).exit_code == 0
    assert answer.content.count(b'"kind":"measurement"') == 100


async def test_a_csv_export_is_a_table_and_comes_with_its_manifest_in_an_archive(home: House, tmp_path: Path) -> None:
    session = await recorded(home)
    table = (await home.get(f"/api/v1/sessions/{session}/export", format="csv")).content
    assert table.startswith(b"session,seq,kind")
    archive = await home.get(f"/api/v1/sessions/{session}/export", format="csv_zip")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
        assert files.testzip() is None
        assert files.read(f"{session}.csv") == table
        files.extractall(tmp_path)
    assert verify_file(tmp_path / f"{session}.csv").exit_code == 0


async def test_an_export_stands_in_the_access_log_before_it_goes_out(home: House) -> None:
    session = await recorded(home)
    await home.get(f"/api/v1/sessions/{session}/export", Role.AUDITOR)
    rows = [row for row in await home.access._store.access_log() if row.kind is AccessKind.EXPORT]
    assert [(row.who, row.what, row.detail) for row in rows] == [("auditor", session, "jsonl")]


async def test_without_the_access_log_there_is_no_export(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await recorded(home)

    async def fails(_: list[AccessLogRow]) -> None:
        raise AccessStoreFailed("full")

    monkeypatch.setattr(home.access._store, "log_access", fails)
    refused = await home.get(f"/api/v1/sessions/{session}/export")
    assert (refused.status_code, refused.json()["reason"]) == (503, "access_store_failed")


async def test_admins_do_not_export(home: House) -> None:
    session = await recorded(home)
    assert (await home.get(f"/api/v1/sessions/{session}/export", Role.ADMIN)).status_code == 403


async def test_an_unknown_format_is_refused(home: House) -> None:
    session = await home.session()
    assert (await home.get(f"/api/v1/sessions/{session}/export", format="doc")).status_code == 422


async def test_without_names_it_verifies_and_the_access_log_says_so(home: House, tmp_path: Path) -> None:
    session = await recorded(home)
    answer = await home.get(f"/api/v1/sessions/{session}/export", Role.AUDITOR, format="bundle", deidentified="true")
    assert answer.headers["content-disposition"] == f'attachment; filename="{session}.deidentified.bundle.zip"'
    path = tmp_path / "out.zip"
    path.write_bytes(answer.content)
    assert any("De-identified" in line for line in verify_file(path).lines)
    with zipfile.ZipFile(path) as archive:
        assert "access.jsonl" not in archive.namelist()
        assert b"A.B." not in archive.read("record.jsonl")
    rows = [row for row in await home.access._store.access_log() if row.kind is AccessKind.EXPORT]
    assert [(row.what, row.detail) for row in rows] == [(session, "bundle de-identified")]
    full = await home.get(f"/api/v1/sessions/{session}/export", Role.AUDITOR)
    assert b"A.B." in full.content


async def test_a_session_from_before_there_were_salts_is_refused_by_name(home: House) -> None:
    await home.store.append(Batch([created("S-000050")]))
    refused = await home.get("/api/v1/sessions/S-000050/export", Role.AUDITOR, deidentified="true")
    assert (refused.status_code, refused.json()["reason"]) == (409, "not_salted")
    assert "infusion-monitor/log/1" in refused.json()["detail"]
    assert not [row for row in await home.access._store.access_log() if row.kind is AccessKind.EXPORT]
    assert (await home.get("/api/v1/sessions/S-000050/export", Role.AUDITOR)).status_code == 200
