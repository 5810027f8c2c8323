"""Checkpoints beside the writer: from the write-ahead log into the file, and onto the disk, while commits go on.

A checkpoint of 4,000 pages takes 20 to 200 ms, most of it in the sync of the file; in the writer's thread every answer would wait for it.
Here a second connection copies and syncs what was committed when it began. Then the writer itself has only the few pages to add that came
in meanwhile (`tail_due`), after which SQLite begins the log anew. Two connections that write and checkpoint at once are what SQLite before
3.51.3 got wrong; `connection` refuses those.
"""

import os
import threading
from pathlib import Path
from typing import Final

from monitor.store.connection import DatabaseError, connect_writer, failure
from monitor.store.ports import RETRYABLE, StoreFailed

PAGES: Final = 4_000  # 16 MB in the log before a checkpoint begins; while it runs the log grows by what is committed meanwhile


class Checkpointer:
    """One thread, woken by the writer. `failed` is set where the disk failed: the store must then end."""

    def __init__(self, path: Path) -> None:
        """Raises StoreFailed."""
        self._connection = connect_writer(path)
        # Open as long as the database is: closing any handle of the file would drop the locks of all connections of this process.
        self._handle = os.open(path, os.O_RDONLY)
        self._wake = threading.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="store-checkpointer", daemon=True)
        self.idle = threading.Event()
        self.idle.set()
        self.tail_due = False
        self.failed: StoreFailed | None = None

    def start(self) -> None:
        self._thread.start()

    def begin(self) -> None:
        """From the writer's thread, when there is enough to do; nothing happens while one runs or its tail is due."""
        if self.idle.is_set() and not self.tail_due:
            self.idle.clear()
            self._wake.set()

    def stop(self) -> None:
        """Ends the thread; a checkpoint under way is finished."""
        self._is_ending = True
        self._wake.set()
        self._thread.join()

    def close(self) -> None:
        """After every other connection is closed."""
        self._connection.close()
        os.close(self._handle)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._is_ending:
                return
            try:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                os.fsync(self._handle)
                self.tail_due = True
            except DatabaseError as error:
                failed = failure(error)
                if failed.kind not in RETRYABLE:
                    self.failed = failed
            except OSError as error:
                self.failed = StoreFailed("io", f"the database cannot be synced: {error}")
            self.idle.set()
