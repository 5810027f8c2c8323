"""The limit beside which ingest is read: SQLite itself on the same disk in the same run, WAL, synchronous=FULL, the same row."""

import time
from pathlib import Path

import pysqlite3.dbapi2 as sqlite3

ROWS_PER_COMMIT = 1_000


def rows_per_s(folder: Path, seconds: float) -> float:
    """Rows a second that one connection writes with executemany, ROWS_PER_COMMIT a transaction."""
    connection = sqlite3.connect(folder / "limit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE reading (session INTEGER, seq INTEGER, vital INTEGER, value INTEGER, validity INTEGER, reason INTEGER, mode INTEGER,"
        " device INTEGER, counter INTEGER, measured INTEGER, received INTEGER, at INTEGER, PRIMARY KEY (session, seq, vital)) WITHOUT ROWID"
    )
    written, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        base = written // 3
        rows = [
            (1, base + n // 3, n % 3, 72_000, 0, 0, 1, 1, base + n, 1_763_800_000_000, 1_763_800_000_000, 1_763_800_000_000)
            for n in range(ROWS_PER_COMMIT)
        ]
        rows = [(row[0], written + n, *row[2:]) for n, row in enumerate(rows)]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO reading VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        connection.execute("COMMIT")
        written += ROWS_PER_COMMIT
    connection.close()
    return written / elapsed
