"""The file's tables through time. `upgrade` brings a file to the newest form in one transaction; a newer file is refused, never touched."""

from pathlib import Path
from typing import Final

from monitor.store.connection import Connection, DatabaseError, failure
from monitor.store.ports import StoreFailed

HEAD: Final = "0004"
FOLDER: Final = Path(__file__).parent


def upgrade(path: Path, connection: Connection) -> None:
    """`connection` looks which form the file has; Alembic, which takes half a second to load, is only loaded where there is work.

    Raises StoreFailed (`too_new`, or what the disk says)."""
    try:
        version = version_of(connection)
        if version == HEAD:
            return
        from monitor.store.migrations.run import known_versions, run_upgrade

        if version is not None and version not in known_versions():
            raise StoreFailed("too_new", f"{path} was written by a newer version of the monitor (its tables are {version}, known: {HEAD})")
        run_upgrade(path)
    except DatabaseError as error:
        raise failure(error) from error


def version_of(connection: Connection) -> str | None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])
