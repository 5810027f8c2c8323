"""Rows for the access log from a process beside the monitor, or without one: the one thing that such a process writes."""

from pathlib import Path

from monitor.access.ports import AccessLogRow, AccessStoreFailed
from monitor.store.access_sql import append_rows
from monitor.store.connection import DatabaseError, connect_writer, failure
from monitor.store.data_folder import DATABASE
from monitor.store.ports import StoreFailed


def append_beside(data_dir: Path, rows: list[AccessLogRow]) -> None:
    """On disk when it returns. Raises AccessStoreFailed, `locked` where the monitor's own writing lasted for more than two seconds.

    The end of the chain is read under the lock with which SQLite lets one process write at a time, so rows of two never follow the same
    one. That lock is held for one commit; the monitor's writer waits for it as for any other. The tables must be those of this version:
    `open_reader` says so.
    """
    try:
        connection = connect_writer(data_dir / DATABASE)
        try:
            connection.execute("BEGIN IMMEDIATE")
            append_rows(connection, rows)
            connection.execute("COMMIT")
        finally:
            connection.close()  # what was not committed is rolled back
    except DatabaseError as error:
        failed = failure(error)
        raise AccessStoreFailed(failed.kind, failed.detail) from error
    except StoreFailed as error:
        raise AccessStoreFailed(error.kind, error.detail) from error
