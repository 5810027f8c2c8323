"""The check for revoked access runs for as long as the program does; that it died is on every screen."""

import asyncio
from pathlib import Path

import pytest

from monitor import app
from monitor.app import Installation
from monitor.settings import read_settings


async def test_a_dead_check_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REFRESH_S", 0)
    installation = Installation(read_settings({}, data_dir=tmp_path, port=0))
    tried = asyncio.Event()

    async def broken() -> None:
        tried.set()
        raise ZeroDivisionError("x")

    async with installation.api.router.lifespan_context(installation.api):
        assert installation.registry.system().recording_impaired is None
        monkeypatch.setattr(installation.access, "refresh", broken)
        await asyncio.wait_for(tried.wait(), 10)
        for _ in range(5):
            await asyncio.sleep(0)
        assert installation.registry.system().recording_impaired == "the check for revoked access died: ZeroDivisionError('x')"
