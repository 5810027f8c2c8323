"""The SQLite library: which one, how connections are set up, and what its errors mean to a caller.

pysqlite3 brings its own SQLite. Versions before 3.51.3 can corrupt a WAL database when two connections write and checkpoint at once, so
they are refused.
"""

from pathlib import Path
from typing import Any, Final

import pysqlite3.dbapi2 as sqlite3

from monitor.store.ports import StoreFailed

OLDEST_SQLITE: Final = (3, 51, 3)
BUSY_TIMEOUT_MS: Final = 2_000  # how long another process may hold the database before a commit fails with `locked`
READER_CACHE_KIB: Final = 4_096
WRITER_CACHE_KIB: Final = 16_384

Connection = Any  # pysqlite3 is published without types
Row = Any
IntegrityError: Final = sqlite3.IntegrityError
DatabaseError: Final = sqlite3.DatabaseError

_FULL, _BUSY, _LOCKED, _CORRUPT, _NOTADB = 13, 5, 6, 11, 26


class SqliteTooOld(StoreFailed):
    """The SQLite library has the WAL-reset fault."""

    def __init__(self, version: str) -> None:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        super().__init__("too_old", f"SQLite {version} can damage a database in WAL mode; {wanted} or newer is needed (package pysqlite3)")


def check_sqlite_version(version: str = sqlite3.sqlite_version) -> str:
    """The version in use. Raises SqliteTooOld."""
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        raise SqliteTooOld(version)
    return version


def connect(path: Path, *, cache_kib: int) -> Connection:
    """A connection without implicit transactions. Raises StoreFailed."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute(f"PRAGMA cache_size=-{cache_kib}")
    except DatabaseError as error:
        raise failure(error) from error
    return connection


def connect_writer(path: Path) -> Connection:
    """WAL, and every commit synced. Checkpoints are the writer's: an automatic one would hide a failed sync. Raises StoreFailed."""
    connection = connect(path, cache_kib=WRITER_CACHE_KIB)
    try:
        path.chmod(0o600)  # SQLite gives -wal and -shm the same
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("PRAGMA journal_size_limit=67108864")  # what a reader pinned once does not stay on the disk for ever
    except (DatabaseError, OSError) as error:
        connection.close()
        raise failure(error) from error
    return connection


def connect_reader(path: Path) -> Connection:
    """Cannot write, whatever it is asked. Raises StoreFailed."""
    connection = connect(path, cache_kib=READER_CACHE_KIB)
    try:
        connection.execute("PRAGMA query_only=1")
    except DatabaseError as error:
        connection.close()
        raise failure(error) from error
    return connection


def failure(error: Exception) -> StoreFailed:
    """An error of the library as what the caller can do about it; what is not foreseen counts as a failed disk, the careful reading."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if isinstance(error, IntegrityError):
        return StoreFailed("constraint", str(error))
    if primary == _FULL:
        return StoreFailed("full", f"{error} ({name})")
    if primary in {_BUSY, _LOCKED}:
        return StoreFailed("locked", f"{error} ({name})")
    if primary in {_CORRUPT, _NOTADB}:
        return StoreFailed("corrupt", f"{error} ({name})")
    return StoreFailed("io", f"{error} ({name})")
