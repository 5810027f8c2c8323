"""Stores on disk for tests. The tables are made once and copied: making them loads Alembic, which takes a second."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from monitor.store.connection import connect_writer
from monitor.store.data_folder import DATABASE
from monitor.store.filing import FilingPace
from monitor.store.migrations import upgrade
from monitor.store.ports import Store
from monitor.store.sqlite import SqliteStore
from schemas.log import Entry

QUICK = FilingPace(session_rows=3, horizon_ms=2_000, unfiled_rows=8)  # so that short logs go through every way of being filed


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / DATABASE
        connection = connect_writer(path)
        upgrade(path, connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.close()
        return path.read_bytes()


def empty(folder: Path) -> Path:
    """A data folder whose tables are there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / DATABASE).write_bytes(_template())
    return folder


def opened(folder: Path, pace: FilingPace = QUICK, **bounds: int) -> SqliteStore:
    """A store in a folder that is new or was used before."""
    if not (folder / DATABASE).exists():
        empty(folder)
    return SqliteStore.open(folder, pace=pace, **bounds)


def copied(folder: Path, to: Path) -> Path:
    """What a power cut that lost nothing would leave: the files as they are now."""
    return Path(shutil.copytree(folder, to))


async def read(store: Store, session: str, since_seq: int = 0, until_seq: int | None = None) -> list[Entry]:
    return [entry async for chunk in store.entries(session, since_seq=since_seq, until_seq=until_seq) for entry in chunk]
